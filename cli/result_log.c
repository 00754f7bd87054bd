#include "cli/result_log.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { REASONS = 34, WIDTH = 100 }; /* columns, as the reasons of cli/result_text.c */
enum { LINES_SHOWN = 10 };          /* what led to the last one */

static const struct service_log *log_of(const struct service_job *job)
{
    return job->failed ? watch_log(job->failed) : NULL;
}

static const char *why_of(const struct service_log *log)
{
    const char *why = service_log_why(log);

    return why                                           ? why
           : log_lines_count(service_log_lines(log)) > 0 ? NULL
                                                         : "it wrote nothing since its restart";
}

cJSON *result_log_json(const struct services_apply *services, const char *name)
{
    for (size_t i = 0; services && i < services->job_count; i++) {
        const struct service_log *log = log_of(&services->jobs[i]);

        if (!log || strcmp(services->jobs[i].name, name) != 0) {
            continue;
        }
        const struct log_lines *lines = service_log_lines(log);
        const size_t count = log_lines_count(lines);
        cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();

        for (size_t k = count > LINES_SHOWN ? count - LINES_SHOWN : 0; k < count; k++) {
            cJSON_AddItemToArray(list, cJSON_CreateString(log_lines_at(lines, k)->text));
        }
        json_add_text_or_null(o, "from", service_log_words(log));
        cJSON_AddItemToObject(o, "lines", list);
        json_add_text_or_null(o, "last", log_lines_last(lines));
        json_add_text_or_null(o, "why", why_of(log));
        return o;
    }
    return cJSON_CreateNull();
}

static void line_text(struct text_page *p, const struct service_job *job,
                      const struct service_log *log, bool alone)
{
    const char *last = log_lines_last(service_log_lines(log)), *why = why_of(log);
    char words[LOG_LINE_BYTES + 600], of[256];

    snprintf(of, sizeof of, alone ? "its log" : "the log of %.200s", job->name);
    if (last) {
        snprintf(words, sizeof words, "The last line of %s: %s", of, last);
    } else if (!service_log_words(log)) {
        snprintf(words, sizeof words, "Nobody knows where %s is: 'log' in tunetop.yaml says it",
                 of);
    } else {
        snprintf(words, sizeof words, "No line of %s says more: %.320s", of,
                 why ? why : "there is no word in what it wrote");
    }
    text_tab(p, REASONS);
    text_wrap(p, last ? STYLE_TEXT : STYLE_DIM, REASONS, WIDTH, words);
    text_end(p);
}

void result_log_text(struct text_page *p, const struct services_apply *services, size_t unit)
{
    size_t of_unit = 0;

    for (size_t i = 0; services && i < services->job_count; i++) {
        of_unit += services->jobs[i].unit == unit;
    }

    for (size_t i = 0; services && i < services->job_count; i++) {
        const struct service_job *job = &services->jobs[i];
        const struct service_log *log = log_of(job);

        if (log && job->unit == unit) {
            line_text(p, job, log, of_unit == 1);
        }
    }
}
