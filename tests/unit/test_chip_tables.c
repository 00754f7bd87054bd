/* From a chip to numbers by the tables: every row of the guides' one, every bin of every chip,
 * every model of a Mac, against lists that are not the catalog. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/machine.h"
#include "tuning/catalog.h"
#include "tuning/chip.h"

static struct chip_catalog catalog;
static struct chip_answer answer;
static struct chip_machine machine;

static int setup(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    chip_catalog_init(&catalog);
    if (chip_catalog_load(&catalog, catalog_folder(), &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    chip_catalog_release(&catalog);
    return 0;
}

/* A Mac of this chip and memory. */
static const struct chip_answer *mac(const char *chip, const char *memory)
{
    test_machine_set(&(struct test_machine){.chip = chip, .macos = true}, &machine);
    machine.memory_bytes = test_bytes_of(memory);
    chip_decide(&catalog, &machine, &answer);
    return &answer;
}

static void is(const struct chip_answer *a, bool listed, const char *limit, double fraction,
               const char *profile, int recommended)
{
    assert_int_equal(a->listed, listed);
    assert_string_equal(a->limit, limit);
    assert_float_equal(a->cpu_fraction, fraction, 1e-9);
    assert_string_equal(chip_profile_name((int)a->profile), profile);
    assert_int_equal(a->recommended_gb, recommended);
    assert_true(a->reason[0] != '\0');
}

static void reason_has(const char *part)
{
    if (!strstr(answer.reason, part)) {
        fail_msg("'%s' does not say '%s'", answer.reason, part);
    }
}

/* Opens a fixture, without its head. */
static FILE *rows_of(const char *path)
{
    char head[512];
    FILE *f = fopen(path, "r");
    if (f) {
        assert_non_null(fgets(head, sizeof head, f));
    }
    return f;
}

static FILE *fixture(const char *name)
{
    char path[1024];
    const char *source = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/chips/%s", source ? source : ".", name);
    FILE *f = rows_of(path);
    if (!f) {
        fail_msg("cannot read %s", path);
    }
    return f;
}

/* Cuts a line into its fields. */
static size_t cut(char *line, char mark, char *fields[], size_t max)
{
    static char none[1];
    size_t count = 0;
    for (size_t i = 0; i < max; i++) {
        fields[i] = none;
    }
    line[strcspn(line, "\r\n")] = '\0';
    while (line && count < max) {
        char *end = strchr(line, mark);
        if (end) {
            *end = '\0';
        }
        fields[count++] = line;
        line = end ? end + 1 : NULL;
    }
    return count;
}

static void lower(char *text)
{
    for (; *text; text++) {
        *text = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
    }
}

/* What the fixture gives for one chip: its lowest row and its top one. */
struct chip_rows {
    int lowest_gb, lowest_limit, top_gb;
    char fraction[8], profile[16];
};
static struct chip_rows rows_for(const char *chip)
{
    char line[256], *field[5];
    struct chip_rows r = {0};
    FILE *f = fixture("limits.csv");
    while (fgets(line, sizeof line, f)) {
        assert_int_equal(cut(line, ',', field, 5), 5);
        if (strcmp(field[0], chip) != 0) {
            continue;
        }
        const int gb = (int)strtol(field[1], NULL, 10);
        if (!r.lowest_gb || gb < r.lowest_gb) {
            r.lowest_gb = gb;
            r.lowest_limit = (int)strtol(field[2], NULL, 10);
            snprintf(r.fraction, sizeof r.fraction, "%s", field[3]);
            snprintf(r.profile, sizeof r.profile, "%s", field[4]);
        }
        r.top_gb = gb > r.top_gb ? gb : r.top_gb;
    }
    fclose(f);
    return r;
}

static void test_the_table_row_by_row(void **state)
{
    char line[256], *field[5], limit[32], memory[32];
    int rows = 0;
    FILE *f = fixture("limits.csv");
    (void)state;
    while (fgets(line, sizeof line, f)) {
        assert_int_equal(cut(line, ',', field, 5), 5);
        snprintf(limit, sizeof limit, "%sG", field[2]);
        is(mac(field[0], field[1]), true, limit, strtod(field[3], NULL), field[4],
           rows_for(field[0]).top_gb);
        reason_has("of the chip table");
        /* What the kernel of Linux tells of the same machine is still the row; so is the brand
         * string. */
        char brand[64];
        snprintf(brand, sizeof brand, "Apple %.*s",
                 (int)(strstr(field[0], " Base") ? strlen(field[0]) - 5 : strlen(field[0])),
                 field[0]);
        snprintf(memory, sizeof memory, "%.2f", strtod(field[1], NULL) * 0.96);
        is(mac(brand, memory), true, limit, strtod(field[3], NULL), field[4],
           rows_for(field[0]).top_gb);
        rows++;
    }
    fclose(f);
    assert_int_equal(rows, 17);
}

/* The table as the guide itself has it, where that is beside the source. */
static void test_the_table_of_the_guide(void **state)
{
    char line[512], path[1024], *field[8], limit[32], memory[32];
    const char *source = getenv("abs_srcdir");
    int rows = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/../shared/guides/000_a1afef76a9febbbc.txt",
             source ? source : ".");
    FILE *f = fopen(path, "r");
    if (!f) {
        print_message("# not tested: %s is not there\n", path);
        return;
    }
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "| **M", 5) != 0 || cut(line, '|', field, 8) != 7) {
            continue;
        }
        char chip[32], profile[32];
        double fraction = 0;
        int gb = 0, limit_gb = 0;
        if (sscanf(field[1], " **%31[^*]**", chip) != 1 || sscanf(field[2], " %dGB", &gb) != 1 ||
            sscanf(field[3], " %dG ", &limit_gb) != 1 || sscanf(field[4], " %lf", &fraction) != 1 ||
            sscanf(field[5], " %31s", profile) != 1) {
            continue; /* the table of benchmarks */
        }
        lower(profile);
        snprintf(limit, sizeof limit, "%dG", limit_gb);
        snprintf(memory, sizeof memory, "%d", gb);
        mac(chip, memory);
        is(&answer, true, limit, fraction, profile, answer.recommended_gb);
        rows++;
    }
    fclose(f);
    assert_int_equal(rows, 17);
}

/* What TUNING's rules give, worked out here a second time, from the fixture's rows only. */
static void expect_bin(const char *chip, double gb)
{
    char name[64], profile[16], limit[32];
    snprintf(name, sizeof name, "%s%s", chip + strlen("Apple "),
             strchr(chip + 6, ' ') ? "" : " Base");
    const struct chip_rows r = rows_for(name);
    if (r.lowest_gb && gb >= r.lowest_gb) {
        assert_true(answer.listed);
        return; /* the numbers: test_the_table_row_by_row, and the row is checked there */
    }
    assert_false(answer.listed);
    double cap = r.lowest_limit, fraction = strtod(r.fraction, NULL);
    snprintf(profile, sizeof profile, "%s", r.profile);
    if (!r.lowest_gb) {
        const int generation = (int)strtol(chip + 7, NULL, 10);
        const char *kind = strrchr(chip, ' ') + 1;
        const bool ultra = strcmp(kind, "Ultra") == 0, max = strcmp(kind, "Max") == 0;
        assert_true(chip[6] == 'A' || generation >= 5 || (ultra && generation == 3));
        cap = chip[6] == 'A'             ? 8
              : ultra || max             ? fmax(32, gb / 4)
              : strcmp(kind, "Pro") == 0 ? 24
                                         : 16;
        fraction = chip[6] == 'A' ? 0.65 : ultra || max ? 0.85 : cap > 16 ? 0.80 : 0.75;
        snprintf(profile, sizeof profile, "%s",
                 chip[6] == 'A' ? "conservative"
                 : ultra || max ? "ultra"
                 : cap > 16     ? "high"
                                : "optimized");
    }
    snprintf(limit, sizeof limit, "%.0fG", fmin(cap, floor(gb * 0.75)));
    assert_string_equal(answer.limit, limit);
    assert_float_equal(answer.cpu_fraction, fraction, 1e-9);
    assert_string_equal(chip_profile_name((int)answer.profile), profile);
    reason_has("by rule");
}

/* Of what is sold as so many GB: macOS tells all of it, Linux what firmware and kernel leave, in
 * GiB or MiB, as free and nvidia-smi print it. */
static void reported(double gb, int how, char out[32])
{
    switch (how) {
    case 0:
        snprintf(out, 32, "%.0fB", gb * 0x1p30);
        break;
    case 1:
        snprintf(out, 32, "%.1f GiB", gb * 0.9625); /* 15.4 of 16 */
        break;
    default:
        snprintf(out, 32, "%.0f MiB", gb * 1024 * 0.9995); /* 24,564 of 24,576 */
        break;
    }
}
enum { REPORTS = 3 };

static void check_bins(FILE *f, int wanted)
{
    char line[512], *field[10], *sizes[8];
    int rows = 0;
    while (fgets(line, sizeof line, f)) {
        assert_true(cut(line, ',', field, 10) >= 9);
        const int p = (int)strtol(field[2], NULL, 10), e = (int)strtol(field[3], NULL, 10),
                  gpu = (int)strtol(field[4], NULL, 10), s = (int)strtol(field[8], NULL, 10);
        /* What the sources do not tell themselves. */
        const bool inferred = strcmp(field[0], "Apple M5 Ultra") == 0 ||
                              (strcmp(field[0], "Apple M5") == 0 && gpu == 8);
        const size_t count = cut(field[6], '|', sizes, 8);
        for (size_t i = 0; i < count * REPORTS; i++) {
            char told[32];
            const char *sold = sizes[i / REPORTS];
            const double gb = strtod(sold, NULL);
            reported(gb, (int)(i % REPORTS), told);
            test_machine_set(&(struct test_machine){field[0], 0, true, p + s, e, gpu, CARD_NONE, 0},
                             &machine);
            machine.memory_bytes = test_bytes_of(told);
            chip_decide(&catalog, &machine, &answer);
            if (answer.memory_gb != gb || strstr(answer.reason, "is known")) {
                fail_msg("%s, %s told as %s: %g GB, %s", field[0], sold, told, answer.memory_gb,
                         answer.reason);
            }
            assert_string_equal(answer.name.text, field[0]);
            assert_non_null(answer.bin);
            assert_int_equal(answer.bin_count, 1);
            assert_int_equal(answer.bin->super_cores, s);
            assert_int_equal(answer.bin->performance_cores, p);
            assert_int_equal(answer.bin->efficiency_cores, e);
            assert_int_equal(answer.bin->gpu_cores, gpu);
            assert_int_equal(answer.bin->year, strtol(field[1], NULL, 10));
            assert_float_equal(answer.bandwidth_gb_s, strtod(field[7], NULL), 1e-9);
            assert_float_equal(answer.bin->neural_tops, strtod(field[5], NULL), 1e-9);
            assert_int_equal(answer.device, DEVICE_MPS);
            assert_int_equal(answer.threads.llm, p + s + e - 2);
            assert_true(answer.limit_bytes <= 0.75 * gb * 0x1p30);
            assert_int_equal(answer.bin->inferred, inferred);
            assert_int_equal(strstr(answer.reason, "inferred") != NULL, inferred);
            expect_bin(field[0], gb);
            if (i % REPORTS == 0) {
                /* Without its cores it is this bin or one of others with that memory. */
                test_machine_set(&(struct test_machine){.chip = field[0], .macos = true}, &machine);
                machine.memory_bytes = test_bytes_of(told);
                chip_decide(&catalog, &machine, &answer);
                assert_in_range(answer.bin_count, 1, 3);
                assert_true(answer.bandwidth_gb_s >= strtod(field[7], NULL));
                expect_bin(field[0], gb);
            }
        }
        rows++;
    }
    fclose(f);
    assert_int_equal(rows, wanted);
}

/* A chip of the table with less memory than its lowest row: that row's profile and share, and at
 * most its limit or three quarters. */
static void test_below_the_lowest_rows(void **state)
{
    static const char *const sold[] = {"4", "8", "16", "24", "32", "48"};
    char line[256], *field[5], limit[32];
    size_t tried = 0;
    (void)state;
    FILE *f = fixture("limits.csv");
    while (fgets(line, sizeof line, f)) {
        cut(line, ',', field, 5);
        const struct chip_rows r = rows_for(field[0]);
        for (size_t i = 0; i < sizeof sold / sizeof *sold; i++) {
            const double gb = strtod(sold[i], NULL);
            if (gb >= r.lowest_gb) {
                continue;
            }
            snprintf(limit, sizeof limit, "%.0fG", fmin(r.lowest_limit, floor(gb * 0.75)));
            is(mac(field[0], sold[i]), false, limit, strtod(r.fraction, NULL), r.profile, r.top_gb);
            reason_has("by rule");
            tried++;
        }
    }
    fclose(f);
    assert_true(tried > 40);
}

static void test_every_bin(void **state)
{
    (void)state;
    check_bins(fixture("chips.csv"), 43);
    assert_int_equal(catalog.shipped.chips.count, 43);
    assert_int_equal(catalog.shipped.limits.count, 17);
}

static void test_every_bin_of_the_facts(void **state)
{
    char path[1024];
    const char *source = getenv("abs_srcdir");
    (void)state;
    snprintf(path, sizeof path, "%s/../shared/facts/apple-chips.csv", source ? source : ".");
    FILE *f = rows_of(path);
    if (!f) {
        print_message("# not tested: %s is not there\n", path);
        return;
    }
    check_bins(f, 43);
}

/* A line with fields that may stand in double quotes. */
static size_t cut_quoted(char *line, char *fields[], size_t max)
{
    static char none[1];
    size_t count = 0;
    for (size_t i = 0; i < max; i++) {
        fields[i] = none;
    }
    line[strcspn(line, "\r\n")] = '\0';
    while (count < max) {
        const bool quoted = *line == '"';
        fields[count++] = line += quoted;
        char *end = strchr(line, quoted ? '"' : ',');
        if (!end) {
            break;
        }
        *end = '\0';
        line = end + 1 + quoted;
        if (quoted && line[-1] == '\0') {
            break;
        }
    }
    return count;
}

/* Each has this name, chip and year in the catalog, and the chip has bins. */
static size_t check_models(FILE *f)
{
    char line[512], *field[4];
    const struct chip_bin *bins[CHIP_BINS];
    size_t rows = 0;
    while (fgets(line, sizeof line, f)) {
        assert_int_equal(cut_quoted(line, field, 4), 4);
        const struct chip_model *m = chip_catalog_model(&catalog, field[0]);
        if (strncmp(field[0], "VirtualMac", 10) == 0) {
            assert_null(m); /* a virtual machine says so by its chip */
            continue;
        }
        if (!m) {
            print_message("# %s is missing\n", field[0]);
            continue; /* and is counted */
        }
        assert_string_equal(m->name, field[1]);
        assert_string_equal(m->chip, field[2]);
        assert_int_equal(m->year, strtol(field[3], NULL, 10));
        if (chip_catalog_bins(&catalog, m->chip, bins) == 0) {
            fail_msg("%s has the unknown chip %s", m->id, m->chip);
        }
        rows++;
    }
    fclose(f);
    return rows;
}

static void test_models(void **state)
{
    (void)state;
    assert_int_equal(check_models(fixture("models.csv")), 59);
    assert_int_equal(catalog.shipped.models.count, 59);
    assert_null(chip_catalog_model(&catalog, "Mac99,1"));
    assert_null(chip_catalog_model(&catalog, ""));
}

static void test_models_of_the_facts(void **state)
{
    char path[1024];
    const char *source = getenv("abs_srcdir");
    (void)state;
    snprintf(path, sizeof path, "%s/../shared/facts/apple-models.csv", source ? source : ".");
    FILE *f = rows_of(path);
    if (!f) {
        print_message("# not tested: %s is not there\n", path);
        return;
    }
    assert_int_equal(check_models(f), 59);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_row_by_row),
        cmocka_unit_test(test_the_table_of_the_guide),
        cmocka_unit_test(test_below_the_lowest_rows),
        cmocka_unit_test(test_every_bin),
        cmocka_unit_test(test_every_bin_of_the_facts),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_models_of_the_facts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
