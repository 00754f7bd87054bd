/*
 * What a person types: the first byte chooses between a command line (a word a line), a template of
 * --format, a time, a key's name or an address, and a token. What is taken is within its limits,
 * what is not has a message.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/options.h"
#include "cli/status_format.h"
#include "sampling/service/discovery.h"
#include "sampling/service/token.h"
#include "tui/action.h"
#include "tui/fuzzy.h"
#include "tui/mouse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 300 };

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void run_options(char *text)
{
    static char program[] = "tunetop";
    char *argv[WORDS_MAX + 1] = {program};
    int argc = 1;
    for (char *at = text; at != NULL && argc < WORDS_MAX;) {
        char *newline = strchr(at, '\n');
        if (newline != NULL) {
            *newline++ = '\0';
        }
        argv[argc++] = at;
        at = newline;
    }
    struct options o;
    struct err err = ERR_INIT;
    if (options_parse(argc, argv, &o, &err) != 0) {
        require(err.code == ERR_USAGE && err.msg[0] != '\0');
        return;
    }
    require(o.command < COMMAND_COUNT && o.help_about < COMMAND_COUNT);
    require(o.gap_s >= 0.05 && o.gap_s <= 60);
    require(o.interval_s == 0 || (o.interval_s >= 0.2 && o.interval_s <= 60));
    require(o.speed == 0 || (o.speed >= 0.1 && o.speed <= 100000));
    require(o.count >= 0 && o.view >= -1 && o.shell >= -1);
    struct buf help;
    buf_init(&help, 1 << 16);
    options_help(o.help_about, &help);
    require(!help.truncated);
    buf_release(&help);
}

static void run_format(char *text)
{
    static const char status[] =
        "{\"cpu\":{\"utilization_ratio\":0.5,\"frequency_hz\":4.4e9},\"memory\":{\"used_bytes\":1e308,"
        "\"total_bytes\":null},\"services\":[{\"name\":\"ollama\",\"state\":\"up\",\"queue\":{"
        "\"waiting\":3}},{\"name\":\"a.queue\"}],\"models\":[{\"name\":\"qwen2.5:7b\",\"size_bytes\":"
        "-1}],\"disks\":7}";
    struct err err = ERR_INIT;
    struct buf out;
    cJSON *json = json_parse(status, sizeof status - 1, &err);
    require(json != NULL);
    for (int round = 0; round < 2; round++) {
        buf_init(&out, 1 << 20);
        const int rc = status_format(text, round == 0 ? json : NULL, round == 0, &out, &err);
        require(rc == 0 || (err.code == ERR_USAGE && err.msg[0] != '\0'));
        buf_release(&out);
    }
    cJSON_Delete(json);
}

static void run_time(char *text)
{
    int64_t first = 0, second = 0;
    char again[64];
    if (clock_parse_rfc3339(text, &first) == 0 && first > 0) {
        clock_format_rfc3339(first, again, sizeof again);
        require(clock_parse_rfc3339(again, &second) == 0);
        require(first - second >= 0 && first - second < NS_PER_MS);
    }
    double value;
    int64_t whole;
    uint64_t positive;
    const size_t size = strlen(text);
    if (number_u64(text, size, 10, &positive) == 0 && positive <= INT64_MAX) {
        require(number_i64(text, size, &whole) == 0 && (uint64_t)whole == positive);
    }
    if (number_i64(text, size, &whole) == 0 && size < 300) {
        require(number_double(text, size, &value) == 0);
    }
}

static void run_name(char *text)
{
    char label[400], url[128];
    const uint32_t key = key_of_name(text);
    action_unknown_key(key, UI_OVERVIEW, label, sizeof label);
    require(strlen(label) < sizeof label && label[0] != '\0');
    const enum action action = action_of_key(key, UI_TUNING);
    require(action < ACTION_COUNT);
    action_key_label(action, false, label, 8);
    require(strlen(label) < 8);

    const size_t size = strlen(text);
    if (size > 0 && size <= FUZZY_NAME && strchr(text, ' ') == NULL) {
        require(fuzzy_score(text, text) >= FUZZY_WHOLE);
    }
    require(fuzzy_score(text, "") > 0 && fuzzy_score("set OLLAMA_NUM_PARALLEL", text) >= 0);
    struct mouse mouse;
    if (mouse_parse(text, &mouse) > 0) {
        require(mouse.x >= 0 && mouse.y >= 0 && mouse.kind <= MOUSE_WHEEL_DOWN);
    }
    (void)fuzzy_words("the processes by disk reads and writes", text);

    static const char *const names[] = {"status", "", "stream", NULL, "a", "services"};
    (void)nearest_name(text, names, sizeof names / sizeof *names);

    uint16_t port = 0;
    bool remote = false;
    struct config_url parsed;
    struct err err = ERR_INIT;
    if (discovery_ollama_host(text, url, sizeof url, &port, &remote)) {
        require(port != 0 && strlen(url) < sizeof url);
    }
    if (config_parse_url(text, &parsed, &err) == 0) {
        char once[CONFIG_URL_TEXT], twice[CONFIG_URL_TEXT];
        config_url_text(&parsed, once);
        require(config_parse_url(once, &parsed, &err) == 0);
        require(strcmp(once, config_url_text(&parsed, twice)) == 0);
    }
}

static void run_token(char *text)
{
    static const char name[] = "TUNETOP_FUZZ_TOKEN";
    const struct config_service service = {.token_env = name};
    struct service_token token;
    struct err err = ERR_INIT;
    require(setenv(name, text, 1) == 0);
    token_init(&token, &service);
    if (token_load(&token, &err) >= 0) {
        require(token.text != NULL && token.text[0] != '\0');
        require(strlen(token.text) <= TOKEN_MAX_BYTES);
        for (const char *c = token.text; *c != '\0'; c++) {
            require(*c > ' ' && *c <= '~');
        }
        require(token_load(&token, &err) == 0);
    } else {
        require(err.code != 0 && token.text == NULL);
        /* Not a word of it in the message, if it is long enough to be no word of ours. */
        require(strlen(text) < 24 || strstr(err.msg, text) == NULL);
    }
    token_release(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const runs[])(char *text) = {run_options, run_format, run_time, run_name,
                                               run_token};
    if (size == 0) {
        return 0;
    }
    /* A copy of its exact size: whoever reads one byte too many is caught. */
    char *text = malloc(size);
    require(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    runs[(unsigned char)(data[0] - '0') % (sizeof runs / sizeof *runs)](text);
    free(text);
    return 0;
}
