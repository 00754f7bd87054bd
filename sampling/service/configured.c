/*
 * The services that tunetop.yaml names: rows from the start, shown even while they are down. The
 * list is a recorded read (CONFIGURED_KEY), so that a replay has the rows of the machine that was
 * recorded; whoever plays it has a list of his own, which says nothing about that machine.
 *
 * The read is a JSON list, one object a service: name, kind, url and, as far as there are any,
 * other_url, version, and remote. Nothing of a token: a replay asks nobody.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "sampling/service/running.h"

#define CONFIGURED_KEY "services configured"
enum { CONFIGURED_MAX_BYTES = CONFIG_SERVICES * 1024 }; /* a row is 550 bytes at most, unescaped */

static void set_url(struct running *r, const struct config_url *u)
{
    config_url_text(u, r->url);
    r->port = u->port;
    r->below_path = u->path[0] != '\0';
}

static void add_one(struct services *s, const struct config_service *c)
{
    struct running *r = services_row(s, c->kind);
    struct config_url u;
    struct err err = ERR_INIT;
    char standard[64];
    snprintf(standard, sizeof(standard), "http://127.0.0.1:%u", service_kinds[c->kind]->ports[0]);
    const char *url = c->url != NULL ? c->url : standard;
    if (r == NULL)
        return;
    r->configured = true;
    utf8_copy(r->name, sizeof(r->name), c->name);
    utf8_copy(r->told_version, sizeof(r->told_version), c->version != NULL ? c->version : "");
    if (config_parse_url(url, &u, &err) < 0)
        return; /* refused when it was loaded */
    set_url(r, &u);
    r->remote = !u.loopback && !services_has_address(u.host);
    token_init(&r->token, c);
    if (strcmp(u.host, "localhost") == 0 || c->url == NULL) { /* either of its addresses */
        utf8_copy(u.host, sizeof(u.host), "::1");
        u.ipv6 = true;
        config_url_text(&u, r->other_url);
    }
}

static void note_rows(const struct services *s)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < s->count; i++) {
        const struct running *r = s->list[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(list, row);
        cJSON_AddStringToObject(row, "name", r->name);
        cJSON_AddStringToObject(row, "kind", r->ops->name);
        cJSON_AddStringToObject(row, "url", r->url);
        if (r->other_url[0] != '\0')
            cJSON_AddStringToObject(row, "other_url", r->other_url);
        if (r->told_version[0] != '\0')
            cJSON_AddStringToObject(row, "version", r->told_version);
        if (r->remote)
            cJSON_AddTrueToObject(row, "remote");
    }
    char *text = json_print_line(list);
    reader_note(s->reader, CONFIGURED_KEY, text, strlen(text), 0);
    cJSON_free(text);
    cJSON_Delete(list);
}

/* --- in a replay --- */

static int kind_named(const char *name)
{
    for (int kind = 0; kind < SERVICE_KIND_COUNT; kind++) {
        if (strcmp(service_kinds[kind]->name, name) == 0)
            return kind;
    }
    return -1;
}

static bool take_row(struct services *s, const cJSON *row)
{
    struct config_url u, other;
    struct err err = ERR_INIT;
    int kind = kind_named(json_text(row, "kind", ""));
    const char *other_url = json_text(row, "other_url", "");
    if (kind < 0 || json_text(row, "name", "")[0] == '\0' ||
        config_parse_url(json_text(row, "url", ""), &u, &err) < 0 ||
        (other_url[0] != '\0' && config_parse_url(other_url, &other, &err) < 0))
        return false;
    struct running *r = services_row(s, kind);
    if (r == NULL)
        return false;
    r->configured = true;
    (void)json_copy_text(row, "name", r->name, sizeof(r->name));
    (void)json_copy_text(row, "version", r->told_version, sizeof(r->told_version));
    set_url(r, &u);
    if (other_url[0] != '\0')
        config_url_text(&other, r->other_url);
    r->remote = cJSON_IsTrue(json_get(row, "remote"));
    return true;
}

static void take_recorded(struct services *s)
{
    struct err err = ERR_INIT;
    struct buf text;
    buf_init(&text, CONFIGURED_MAX_BYTES);
    if (reader_recorded(s->reader, CONFIGURED_KEY, &text, &err) == 0) {
        cJSON *list = json_parse(text.data, text.size, &err);
        const cJSON *row = cJSON_IsArray(list) ? list->child : NULL;
        bool whole = cJSON_IsArray(list);
        for (size_t i = 0; row != NULL && i < CONFIG_SERVICES; row = row->next, i++)
            whole = take_row(s, row) && whole;
        if (!whole) /* of a newer tunetop, or edited */
            log_write(LOG_WARN, "'%s' in the recording holds what this tunetop does not know",
                      CONFIGURED_KEY);
        cJSON_Delete(list);
    }
    buf_release(&text);
}

void configured_add(struct services *s)
{
    if (reader_kind(s->reader) == READER_RECORDING) {
        take_recorded(s);
        return;
    }
    for (size_t i = 0; s->config != NULL && i < s->config->service_count; i++) {
        if (s->config->services[i].kind < SERVICE_KIND_COUNT)
            add_one(s, &s->config->services[i]);
    }
    if (s->count > 0)
        note_rows(s);
}
