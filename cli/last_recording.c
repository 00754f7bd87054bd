#include "cli/last_recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/file.h"
#include "cli/place.h"

enum { PATH_BYTES = LAST_RECORDING_BYTES - 1 };

static const char file_name[] = "tunetop/last-recording";

/* Makes the folders in front of the last name of path that are missing: for their owner only, as
 * the XDG specification wants it. The nearest one that is there must be ours. */
static int make_folders(const char *path, struct err *err)
{
    char dir[PATH_BYTES];
    struct stat st;
    size_t there = strlen(path);
    if (there >= sizeof dir) {
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", path);
    }
    do { /* back to what is there */
        while (there > 0 && path[--there] != '/') {
        }
        memcpy(dir, path, there + 1);
        dir[there > 0 ? there : 1] = '\0';
    } while (there > 0 && stat(dir, &st) != 0);
    if (stat(dir, &st) != 0 || st.st_uid != geteuid()) {
        return err_set(err, ERR_DENIED, "the folder '%s' is another user's", dir);
    }
    for (const char *slash; (slash = strchr(path + there + 1, '/'));) {
        there = (size_t)(slash - path);
        memcpy(dir, path, there);
        dir[there] = '\0';
        if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
            return err_sys(err, err_code_of_errno(errno), errno, "cannot make the folder '%s'",
                           dir);
        }
    }
    return 0;
}

int last_recording_keep(const char *dir, struct err *err)
{
    struct buf path, text;
    int rc = 0;
    char *real = realpath(dir, NULL);
    if (!real) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot find '%s'", dir);
    }
    buf_init(&path, PATH_BYTES);
    buf_init(&text, LAST_RECORDING_BYTES);
    buf_printf(&text, "%s\n", real);
    free(real);
    if (!place_state(file_name, &path) || path.truncated || text.truncated) {
        rc = err_set(err, ERR_NOENT, "neither XDG_STATE_HOME nor HOME names a folder");
    } else if ((rc = caller_begin(err)) == 0) { /* under sudo in his folder, as his own */
        rc = make_folders(path.data, err);
        rc = rc == 0 ? file_put(path.data, text.data, text.size, err) : rc;
        caller_end();
    }
    buf_release(&path);
    buf_release(&text);
    return rc;
}

int last_recording_find(struct buf *out, struct err *err)
{
    struct buf path;
    struct stat st;
    struct err inner = ERR_INIT;
    buf_init(&path, PATH_BYTES);
    int rc = place_state(file_name, &path) ? file_read(path.data, out, &inner) : -ERR_NOENT;
    if (rc == 0 && out->size > 0 && out->data[out->size - 1] == '\n') {
        out->data[--out->size] = '\0';
    }
    if (rc == -ERR_NOENT) {
        rc = err_set(err, ERR_NOENT,
                     "there is no last recording yet; make one with 'tunetop record DIR', or name "
                     "a folder: '--replay DIR'");
    } else if (rc < 0) {
        *err = inner;
    } else if (out->data[0] != '/' || strlen(out->data) != out->size) {
        rc = err_set(err, ERR_PARSE,
                     "'%s' does not hold a path; 'tunetop record DIR' makes it anew", path.data);
    } else if (stat(out->data, &st) != 0) {
        rc = err_sys(err, ERR_NOENT, errno,
                     "the last recording, '%.200s', cannot be opened any more; make another with "
                     "'tunetop record DIR', or name a folder: '--replay DIR'",
                     out->data);
    }
    buf_release(&path);
    return rc;
}
