#include "cli/print.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/output.h"

void print_begin(struct print *p, const struct options *o, bool utf8, size_t max)
{
    *p = (struct print){.page = {.color = text_wants_color(o->color),
                                 .ascii = o->ascii || !utf8,
                                 .width = text_terminal_width()}};
    buf_init(&p->out, max);
    p->page.out = &p->out;
}

void print_json(struct print *p, cJSON *root)
{
    char *text = json_print_pretty(root);

    p->page.ascii = false; /* JSON is UTF-8 wherever it goes */
    buf_puts(&p->out, text);
    buf_puts(&p->out, "\n");
    free(text);
    cJSON_Delete(root);
}

int print_end(struct print *p, struct err *err)
{
    if (p->page.ascii) {
        output_to_ascii(p->out.data);
        p->out.size = strlen(p->out.data);
    }
    const int rc = output_write(p->out.data, p->out.size, err);
    buf_release(&p->out);
    return rc;
}
