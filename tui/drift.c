#include "tui/drift.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"

enum { TOLD = 3, TEXT_BYTES = 128 };

static void put_value(struct buf *b, const cJSON *row, const char *key, const char *none)
{
    char text[TEXT_BYTES];
    buf_puts(b, json_copy_text(row, key, text, sizeof text) ? text : none);
}

static void put_row(struct buf *b, const cJSON *row)
{
    char service[TEXT_BYTES], setting[TEXT_BYTES];
    (void)json_copy_text(row, "service", service, sizeof service);
    (void)json_copy_text(row, "setting", setting, sizeof setting);
    buf_printf(b, "%s%s of %s is ", b->size > 0 ? "; " : "", setting, service);
    put_value(b, row, "in_file", "not");
    buf_puts(b, " in its file, ");
    put_value(b, row, "in_process", "not set");
    buf_puts(b, " in its process");
}

/* Why the one service that was left out was; "" of none or of several. */
static void take_left_out(const cJSON *root, char *out, size_t size)
{
    const cJSON *list = json_get(root, "skipped");
    out[0] = '\0';
    if (cJSON_GetArraySize(list) == 1)
        (void)json_copy_text(cJSON_GetArrayItem(list, 0), "reason", out, size);
}

static int parse(const char *verify, size_t size, struct assess_drift *out, char *left_out,
                 size_t left_out_size, struct err *err)
{
    memset(out, 0, sizeof *out);
    cJSON *root = json_parse(verify, size, err);
    left_out[0] = '\0';
    if (root == NULL)
        return -err->code;
    take_left_out(root, left_out, left_out_size);
    if (!cJSON_IsArray(json_get(root, "rows"))) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "what verify said has no rows");
    }
    struct buf why;
    const cJSON *row;
    buf_init(&why, sizeof out->why - 1);
    cJSON_ArrayForEach(row, json_get(root, "rows")) {
        if (!cJSON_IsTrue(json_get(row, "drifted")))
            continue;
        if (out->count++ < TOLD)
            put_row(&why, row);
    }
    if (out->count > TOLD)
        buf_printf(&why, "; and %zu more", out->count - TOLD);
    if (out->count > 0)
        buf_puts(&why, ": what a file says holds from the next start on");
    utf8_copy(out->why, sizeof out->why, why.data);
    buf_release(&why);
    cJSON_Delete(root);
    return 0;
}

int drift_parse(const char *verify, size_t size, struct assess_drift *out, struct err *err)
{
    char left_out[TEXT_BYTES];
    return parse(verify, size, out, left_out, sizeof left_out, err);
}

void drift_unseen(struct assess_drift *out, int64_t wall_ns, const char *why)
{
    memset(out, 0, sizeof *out);
    utf8_sanitise(why, strlen(why), out->trouble, sizeof out->trouble, NULL);
    if (out->trouble[0] == '\0')
        utf8_copy(out->trouble, sizeof out->trouble, "verify did not say why");
    out->trouble_ns = wall_ns;
}

/* The last line with something in it, without our own name: the cause stands there. */
static void last_line(const char *text, char *out, size_t size)
{
    static const char prefix[] = "tunetop: ";
    const char *from = "";
    size_t length = 0;
    for (const char *line = text; line != NULL && *line != '\0';) {
        const size_t n = strcspn(line, "\r\n");
        if (strspn(line, " \t") < n) {
            from = line;
            length = n;
        }
        line += n + (line[n] != '\0');
    }
    if (length >= sizeof prefix - 1 && strncmp(from, prefix, sizeof prefix - 1) == 0) {
        from += sizeof prefix - 1;
        length -= sizeof prefix - 1;
    }
    utf8_sanitise(from, length, out, size, NULL);
}

void drift_answer(const struct drift_answer *a, struct assess_drift *out)
{
    struct err err = ERR_INIT;
    char last[sizeof out->trouble], why[2 * sizeof out->trouble + 2], end[64];
    char left_out[sizeof out->trouble];
    const int rc = parse(a->output != NULL ? a->output : "", a->output_size, out, left_out,
                         sizeof left_out, &err);
    if (rc == 0 && (out->count > 0 || a->status == 0))
        return; /* where something has drifted it ends with a status of its own */
    last_line(a->errors, last, sizeof last);
    snprintf(why, sizeof why, "%s%s%s", last, last[0] != '\0' && left_out[0] != '\0' ? ": " : "",
             left_out);
    if (a->status > 128)
        snprintf(end, sizeof end, "verify was ended by signal %d", a->status - 128);
    else
        snprintf(end, sizeof end, "verify ended with status %d and said nothing", a->status);
    drift_unseen(out, a->wall_ns,
                 why[0] != '\0'        ? why
                 : a->status != 0      ? end
                 : a->output_size == 0 ? "verify said nothing"
                                       : err.msg);
}
