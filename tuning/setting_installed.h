/*
 * What an installed server lists as its settings, against the catalog: names that the catalog does
 * not know, names that it expects in that version and that are gone, and what may have become of
 * them. Pure: the text of the list is handed in, as it was printed, by whomever.
 */
#ifndef TUNING_SETTING_INSTALLED_H
#define TUNING_SETTING_INSTALLED_H

#include "tuning/setting.h"

enum {
    INSTALLED_NAMES_MAX = 1024, /* ComfyUI has 106 flags, Ollama 21 variables */
    INSTALLED_NAME_BYTES = 64,
};
/* Of "main.py --help"; 18 KB in the longest that was seen. */
#define INSTALLED_TEXT_MAX (256u * 1024u)

struct installed_names {
    size_t count, left_out; /* left_out: no room, or too long for a name */
    char names[INSTALLED_NAMES_MAX][INSTALLED_NAME_BYTES];
};
/* The list that `ollama serve --help` prints under "Environment Variables:", the options that
 * argparse prints under "options:" ("optional arguments:" before Python 3.10), without --help.
 * -ERR_PARSE: there is no such list. None twice, in the order of the text. */
int installed_parse_ollama(const char *text, size_t size, struct installed_names *out,
                           struct err *err);
int installed_parse_comfyui(const char *text, size_t size, struct installed_names *out,
                            struct err *err);

enum installed_change {
    INSTALLED_NEW,     /* listed, and not in the catalog */
    INSTALLED_GONE,    /* by the catalog that version has and lists it, and it does not */
    INSTALLED_RENAMED, /* gone, and `other` stands in its place: told, or the nearest new name */
    INSTALLED_IDLE,    /* listed, though by the catalog it does nothing there, or harm */
    INSTALLED_CHANGES
};
struct installed_difference {
    enum installed_change change;
    const char *name, *other; /* other: of INSTALLED_RENAMED, else NULL */
    int verdict;              /* of INSTALLED_IDLE, enum setting_verdict */
    const char *reason;       /* of INSTALLED_IDLE, else NULL */
};
struct installed_comparison {
    size_t
        count; /* in the order of enum installed_change, then as listed, then as in the catalog */
    struct installed_difference rows[2 * INSTALLED_NAMES_MAX];
    size_t same;     /* listed, and the catalog knows them */
    size_t unlisted; /* by the catalog it has them too, and its list never names them */
};
/* owner: SETTING_OWNER_OLLAMA (its variables) or SETTING_OWNER_COMFYUI (its flags). version "" is
 * the newest. The texts of the rows live as long as `names` and the catalog. */
void installed_compare(const struct setting_catalog *c, int owner, const char *version,
                       const struct installed_names *names, struct installed_comparison *out);

#endif
