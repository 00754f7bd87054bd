/*
 * What a recording keeps of a read: key and text, separated by a newline. However the text is made,
 * no name of the user or the host stands in what was kept of the texts that may hold one.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sampling/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, size_t size, const char *word)
{
    const size_t n = strlen(word);
    const char *end = text + size;
    for (const char *at = text; (at = memmem(at, (size_t)(end - at), word, n)) != NULL; at++) {
        if ((at == text || !is_word(at[-1])) && (at + n == end || !is_word(at[n]))) {
            return true;
        }
    }
    return false;
}

static bool is_clean(const char *text, size_t size)
{
    return !has_word(text, size, "zaphod") && !has_word(text, size, "magrathea");
}

/* Every name and every text of it: in its printed form an escape may stand before a name. */
static void require_clean_json(const cJSON *item)
{
    for (; item != NULL; item = item->next) {
        require(item->string == NULL || is_clean(item->string, strlen(item->string)));
        require(!cJSON_IsString(item) || is_clean(item->valuestring, strlen(item->valuestring)));
        require(item->string == NULL || strcmp(item->string, "prompt") != 0);
        require_clean_json(item->child);
    }
}

static void check_http(const struct buf *out)
{
    struct err err = ERR_INIT;
    const char *newline = memchr(out->data, '\n', out->size);
    if (newline == NULL) {
        return;
    }
    const char *body = newline + 1;
    cJSON *root = json_parse(body, out->size - (size_t)(body - out->data), &err);
    require_clean_json(root);
    cJSON_Delete(root);
}

static bool begins(const char *key, const char *head)
{
    return strncmp(key, head, strlen(head)) == 0;
}

/* "file /proc/123/cmdline" */
static bool is_command_line(const char *key)
{
    static const char head[] = "file /proc/";
    const char *number = key + sizeof head - 1;
    return begins(key, head) && strcmp(number + strspn(number, "0123456789"), "/cmdline") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct scrub_identity id = {
        .users = {"zaphod"}, .hosts = {"magrathea"}, .homes = {"/deep/zaphod"}};
    const char *text = (const char *)data, *end = text + size;
    char key[256];
    const char *newline = size > 0 ? memchr(text, '\n', size) : NULL;
    const size_t key_size = newline != NULL ? (size_t)(newline - text) : size;
    if (key_size >= sizeof key || memchr(text, '\0', key_size) != NULL) {
        return 0;
    }
    memcpy(key, text, key_size);
    key[key_size] = '\0';
    const char *body = newline != NULL ? newline + 1 : end;
    const size_t body_size = (size_t)(end - body);

    struct scrub *s = scrub_new(&id);
    struct buf key_out, out;
    buf_init(&key_out, 4096);
    buf_init(&out, (size_t)1 << 22);
    if (scrub_read(s, key, 0, body, body_size, &key_out, &out)) {
        /* Keys are the program's own words: what stands behind these is a path of the kernel. */
        const char *path = strchr(key, ' ');
        const bool kernel = begins(key, "list /") || begins(key, "link /") ||
                            begins(key, "probe ") || begins(key, "sysconf ") ||
                            (path && (begins(path, " /proc/") || begins(path, " /sys/")));
        require(key_out.size == strlen(key_out.data));
        require(kernel || is_clean(key_out.data, key_out.size));
        if (begins(key, "http GET ")) {
            check_http(&out);
        } else if (begins(key, "probe disk ") || is_command_line(key)) {
            require(is_clean(out.data, out.size));
        }
        require(out.size <= 8 * body_size + 256); /* addresses grow by that at most */
    }
    buf_clear(&out);
    scrub_text(s, body, body_size, &out);
    require(is_clean(out.data, out.size));
    buf_release(&key_out);
    buf_release(&out);
    scrub_free(s);
    return 0;
}
