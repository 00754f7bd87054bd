/* json_parse() on anything: no crash, no over-read, and what it accepts can be printed and read
 * again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = ERR_INIT;
    cJSON *root = json_parse((const char *)data, size, &err);
    if (root == NULL) {
        if (err.code != ERR_PARSE && err.code != ERR_TOO_BIG) {
            abort();
        }
        if (err.where[0] == '\0' || err.msg[0] == '\0') {
            abort();
        }
        return 0;
    }
    if (err.code != 0) {
        abort();
    }
    double number;
    char text[16];
    (void)json_number(root, "a", &number);
    (void)json_copy_text(root, "a", text, sizeof(text));
    char *line = json_print_line(root);
    cJSON *again = json_parse(line, strlen(line), &err);
    if (again == NULL) {
        abort();
    }
    cJSON_Delete(again);
    free(line);
    cJSON_Delete(root);
    return 0;
}
