#include "tuning/catalog.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"

const char *catalog_folder(void)
{
    const char *folder = getenv("TUNETOP_DATADIR");
    return folder && *folder == '/' ? folder : PKGDATADIR;
}

int catalog_load(const char *folder, const char *name, const struct schema_field *fields, void *out,
                 struct arena *arena, struct err *err)
{
    /* Places in the file keep this name as long as what was read from it. */
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    struct buf text;
    struct err inner = ERR_INIT;
    buf_init(&text, CATALOG_MAX_BYTES);
    int rc = file_read(path, &text, &inner);
    if (rc == 0) {
        rc = schema_load_yaml(path, text.data, text.size, fields, out, arena, err);
    } else if (rc == -ERR_PARSE || rc == -ERR_TOO_BIG) { /* not a regular file, or a huge one */
        rc = err_set(err, ERR_CONFIG, "%s", inner.msg);
        err_at(err, "%s", path);
    } else {
        *err = inner;
    }
    buf_release(&text);
    return rc;
}
