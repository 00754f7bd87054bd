#include "tests/fault/scene.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char compose_old[] = "services:\n  ollama:\n    environment:\n      A: 1\n# end\n";
static const char compose_new[] = "services:\n  ollama:\n    environment:\n      A: 1\n"
                                  "      OLLAMA_NUM_PARALLEL: 6 # longer than before\n# end\n";

const struct scene_file scene_files[SCENE_FILES] = {
    {"/home/u/ai/compose.yml", "/home/u/ai/compose.yml", compose_old, compose_new, 0640, 0},
    {"/home/u/link.env", "/home/u/conf/real.env", "A=1\nB=2\nC=3\n", "A=7\n", 0644, 0},
    {"/home/u/conf/units/x.d/own.conf", "/home/u/conf/units/x.d/own.conf", NULL,
     "[Service]\nEnvironment=X=1\n", 0644, 1},
    {"/home/u/ai/gone.yml", "/home/u/ai/gone.yml", "override: true\n", NULL, 0600, 1},
};

const char *const scene_value_names[SCENE_VALUES] = {"kern.maxfiles", "pmset sleep"};
const char scene_value_old[] = "122880", scene_value_new[] = "1048576";

static int value_of(const char *name)
{
    return strcmp(name, scene_value_names[0]) == 0 ? 0 : 1;
}

static int read_value(void *ctx, const char *name, char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    struct scene *s = ctx;

    if (!disk_other_begin(s->disk, "read a value")) {
        return err_set(err, ERR_IO, "it does not answer");
    }
    (void)snprintf(out, JOURNAL_VALUE_BYTES, "%s", s->value_now[value_of(name)]);
    disk_other_end(s->disk);
    return 0;
}

static int set_value(void *ctx, const char *name, const char *value, struct err *err)
{
    struct scene *s = ctx;

    if (!disk_other_begin(s->disk, "set a value")) {
        return err_set(err, ERR_DENIED, "only root may");
    }
    s->sets++;
    (void)snprintf(s->value_now[value_of(name)], JOURNAL_VALUE_BYTES, "%s",
                   s->clamp_to != NULL ? s->clamp_to : value);
    disk_other_end(s->disk);
    return 0;
}

static int restart(void *ctx, size_t unit, bool back, struct err *err)
{
    struct scene *s = ctx;

    if (s->disk->dead) { /* a program that was killed restarts nothing */
        return err_set(err, ERR_IO, "dead");
    }
    s->restarts++;
    s->running_new[unit] = s->undoing == back;
    if (s->restarts == s->signal_at) {
        (void)raise(SIGTERM);
        return err_set(err, ERR_STATE, "a signal ended the waiting for it");
    }
    return 0;
}

static int verify(void *ctx, size_t unit, bool back, struct err *err)
{
    const struct scene *s = ctx;

    if (!back && (int)unit == s->refuse_unit) {
        return err_set(err, ERR_STATE, "the service does not take it");
    }
    return s->running_new[unit] == (s->undoing == back)
               ? 0
               : err_set(err, ERR_STATE, "it runs with other settings");
}

void scene_init(struct scene *s)
{
    *s = (struct scene){.refuse_unit = -1, .state_folder = "/home/u/state/tunetop"};
    s->disk = disk_new(geteuid());
    s->ops = disk_ops(s->disk);
    s->control = (struct control_ops){.ctx = s, .restart = restart, .verify = verify};
    s->value_ops = (struct value_ops){.ctx = s, .read = read_value, .set = set_value};
    for (size_t i = 0; i < SCENE_VALUES; i++) {
        (void)snprintf(s->value_now[i], JOURNAL_VALUE_BYTES, "%s", scene_value_old);
    }
    disk_make_folder(s->disk, "/home", 0755, 0);
    disk_make_folder(s->disk, "/home/u", 0755, geteuid());
    disk_make_folder(s->disk, "/home/u/ai", 0755, geteuid());
    disk_make_folder(s->disk, "/home/u/conf", 0755, geteuid());
    disk_make_folder(s->disk, "/home/u/state", 0755, geteuid());
    disk_link(s->disk, "/home/u/link.env", "conf/real.env");
    for (size_t i = 0; i < SCENE_FILES; i++) {
        if (scene_files[i].old != NULL) {
            disk_put(s->disk, scene_files[i].real, scene_files[i].old, scene_files[i].mode);
            disk_find(s->disk, scene_files[i].real)->attributes = 1 + (int)i;
        }
    }
    disk_all_safe(s->disk);
}

void scene_beside(struct scene *s, const struct scene *of, const char *state_folder)
{
    *s = (struct scene){.refuse_unit = -1, .disk = of->disk, .state_folder = state_folder};
    s->ops = disk_ops(s->disk);
}

void scene_release(struct scene *s)
{
    edited_release(&s->edited);
    disk_free(s->disk);
}

static int open_journal(struct scene *s)
{
    struct journal_place place = {.folder = s->state_folder};

    err_clear(&s->err);
    return journal_open(&s->journal, &s->ops, &place, true, &s->err);
}

static struct file_text text_of(const char *text)
{
    return (struct file_text){text, text == NULL ? 0 : strlen(text)};
}

int scene_apply(struct scene *s)
{
    static const char *const first[] = {"ollama", "open-webui"}, *const second[] = {"comfyui"};
    static const char *const third[] = {"system"};
    static const struct unit units[SCENE_UNITS + 1] = {
        {.name = "ollama", .services = first, .service_count = 2},
        {.name = "comfyui", .services = second, .service_count = 1},
        {.name = "system", .services = third, .service_count = 1}};
    static const struct unit older = {.name = "ollama",
                                      .services = first,
                                      .service_count = 1,
                                      .restarts = first,
                                      .restart_count = 1};
    const bool only = s->values == ONLY_VALUES;
    struct change changes[SCENE_FILES];
    struct value_change values[SCENE_VALUES];
    struct transaction t = {.files = &s->ops,
                            .journal = &s->journal,
                            .user = geteuid(),
                            .profile = "high",
                            .units = only ? units + SCENE_UNITS : units,
                            .unit_count = only                     ? 1
                                          : s->values != NO_VALUES ? SCENE_UNITS + 1
                                                                   : SCENE_UNITS,
                            .changes = changes,
                            .change_count = only ? 0 : SCENE_FILES,
                            .values = values,
                            .value_count = s->values != NO_VALUES ? SCENE_VALUES : 0,
                            .value_ops = &s->value_ops,
                            .all_or_nothing = s->all_or_nothing,
                            .control = s->use_control ? &s->control : NULL};

    for (size_t i = 0; i < SCENE_FILES; i++) {
        changes[i] = (struct change){.path = scene_files[i].path,
                                     .before = text_of(scene_files[i].old),
                                     .after = text_of(scene_files[i].new),
                                     .make_folders = true,
                                     .unit = scene_files[i].unit};
    }
    for (size_t i = 0; i < SCENE_VALUES; i++) {
        values[i] = (struct value_change){scene_value_names[i], scene_value_old, scene_value_new,
                                          only ? 0 : SCENE_UNITS};
    }
    if (s->only_restart) {
        t.units = &older;
        t.unit_count = 1;
        t.change_count = t.value_count = 0;
    }
    s->result = (struct transaction_result){.state = JOURNAL_ROLLED_BACK};
    int rc = open_journal(s);
    if (rc == 0) {
        rc = transaction_run(&t, &s->result, &s->err);
        journal_close(&s->journal);
    }
    return rc;
}

int scene_undo(struct scene *s, const char *id)
{
    struct undo u = {.files = &s->ops,
                     .journal = &s->journal,
                     .user = geteuid(),
                     .id = id,
                     .value_ops = s->values != NO_VALUES ? &s->value_ops : NULL,
                     .control = s->use_control ? &s->control : NULL};

    s->undoing = true;
    s->result = (struct transaction_result){.state = JOURNAL_ROLLED_BACK};
    edited_release(&s->edited);
    int rc = open_journal(s);
    if (rc == 0) {
        rc = undo_run(&u, &s->result, &s->edited, &s->err);
        journal_close(&s->journal);
    }
    return rc;
}

int scene_recover(struct scene *s, bool keep_edited, struct recover_result *out)
{
    struct recover r = {.files = &s->ops,
                        .journal = &s->journal,
                        .user = geteuid(),
                        .keep_edited = keep_edited,
                        .value_ops = s->values != NO_VALUES ? &s->value_ops : NULL,
                        .control = s->use_control ? &s->control : NULL};

    *out = (struct recover_result){.outcome = RECOVER_NOTHING};
    int rc = open_journal(s);
    if (rc == 0) {
        rc = recover_run(&r, out, &s->err);
        journal_close(&s->journal);
    }
    return rc;
}

static bool is(struct scene *s, const struct scene_file *f, const char *text)
{
    const struct disk_inode *n = disk_find(s->disk, f->real);

    if (!disk_has(s->disk, f->real, text)) {
        return false;
    }
    /* Whoever changes a file keeps what it is; one that is made again after it was removed has no
     * extended attributes. */
    return n == NULL || ((n->mode & 07777) == f->mode && n->uid == geteuid() &&
                         (f->old == NULL || f->new == NULL || n->attributes != 0));
}

enum scene_files_state scene_file(struct scene *s, size_t i)
{
    const struct scene_file *f = &scene_files[i];

    return is(s, f, f->old) ? ALL_OLD : is(s, f, f->new) ? ALL_NEW : MIXED;
}

enum scene_files_state scene_unit_files(struct scene *s, unsigned unit)
{
    size_t old = 0, new = 0, all = 0;

    for (size_t i = 0; i < SCENE_FILES; i++) {
        if (scene_files[i].unit == unit) {
            all++;
            old += is(s, &scene_files[i], scene_files[i].old);
            new += is(s, &scene_files[i], scene_files[i].new);
        }
    }
    return old == all ? ALL_OLD : new == all ? ALL_NEW : MIXED;
}

enum scene_files_state scene_unit_values(const struct scene *s)
{
    size_t old = 0, new = 0, all = 0;

    for (size_t i = s->power_lost ? 1 : 0; i < SCENE_VALUES; i++) {
        all++;
        old += strcmp(s->value_now[i], scene_value_old) == 0;
        new += strcmp(s->value_now[i], scene_value_new) == 0;
    }
    return old == all ? ALL_OLD : new == all ? ALL_NEW : MIXED;
}

void scene_lose_power(struct scene *s, enum disk_data data, enum disk_names names)
{
    disk_power_cut(s->disk, data, names);
    s->power_lost = true;
    (void)snprintf(s->value_now[0], JOURNAL_VALUE_BYTES, "%s", scene_value_old);
}

size_t scene_strays(struct scene *s)
{
    static const char *const folders[] = {"/home/u", "/home/u/ai", "/home/u/conf",
                                          "/home/u/conf/units", "/home/u/conf/units/x.d"};
    size_t strays = 0;

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t found = disk_count(s->disk, folders[i], ".tunetop");
        if (found > 0) {
            (void)printf("# stray: %zu in %s\n", found, folders[i]);
        }
        strays += found;
    }
    /* Folders without the file that they were made for. */
    if (disk_find(s->disk, "/home/u/conf/units") != NULL &&
        disk_find(s->disk, scene_files[2].real) == NULL) {
        (void)printf("# stray: the folder of own.conf\n");
        strays++;
    }
    return strays;
}

bool scene_journal(struct scene *s, struct journal_list *out)
{
    struct journal_place place = {.folder = s->state_folder};
    struct journal j;
    struct err err = ERR_INIT;

    if (journal_open(&j, &s->ops, &place, false, &err) < 0) {
        return false;
    }
    bool read = journal_read(&j, out, &err) == 0;
    journal_close(&j);
    return read;
}
