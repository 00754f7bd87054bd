#include "cli/other_machine.h"

#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/utf8.h"

struct word {
    const char *word;
    enum chip_card card;
};

/* The card of the first row whose word stands in the chip's name, else `other`. */
static enum chip_card look_up(const char *chip, const struct word *rows, size_t count,
                              enum chip_card other)
{
    char lower[128];
    snprintf(lower, sizeof lower, "%s", chip);
    for (char *at = lower; *at; at++) {
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    for (size_t i = 0; i < count; i++) {
        if (strstr(lower, rows[i].word)) {
            return rows[i].card;
        }
    }
    return other;
}

/* Words by which a card is AMD's or, of those with memory of their own, neither AMD's nor
 * NVIDIA's. */
static enum chip_card card_of(const char *chip)
{
    static const struct word rows[] = {{"radeon", CARD_AMD},
                                       {"instinct", CARD_AMD},
                                       {"rx ", CARD_AMD},
                                       {"intel arc", CARD_OTHER},
                                       {"nvidia", CARD_NVIDIA}};
    return look_up(chip, rows, sizeof rows / sizeof *rows, CARD_NVIDIA);
}

/* Boards and processors whose GPU runs models in the memory of the machine. */
static enum chip_card shared_card_of(const char *chip)
{
    static const struct word rows[] = {
        {"gb10", CARD_NVIDIA},      {"dgx spark", CARD_NVIDIA}, {"jetson", CARD_NVIDIA},
        {"ryzen ai max", CARD_AMD}, {"strix halo", CARD_AMD},
    };
    return look_up(chip, rows, sizeof rows / sizeof *rows, CARD_NONE);
}

/* The least and the most that is taken for the memory of a machine: 256 MiB, 64 TiB. */
static const double SIZE_MIN = 0x1p28, SIZE_MAX_BYTES = 0x1p46;

static int parse_size(const char *option, const char *text, double *out, struct err *err)
{
    if (size_parse(text, strlen(text), SIZE_TYPED, out) < 0) {
        return err_set(err, ERR_USAGE, "'%s' takes a size as 48, 48G or 24,564 MiB, not '%s'",
                       option, text);
    }
    if (*out < SIZE_MIN || *out > SIZE_MAX_BYTES) {
        return err_set(err, ERR_USAGE, "'%s' takes 0.25 to 65536 GB, not '%s'", option, text);
    }
    return 0;
}

int other_machine(const struct options *o, struct chip_machine *out, struct err *err)
{
    struct chip_name name;
    chip_machine_init(out);
    chip_name_parse(o->chip, &name);
    utf8_sanitise(o->chip, strlen(o->chip), out->chip, sizeof out->chip, NULL);
    out->macos = name.apple;
    out->gpu_cores = (int)o->gpu_cores;
    int rc = parse_size("--memory", o->memory, &out->memory_bytes, err);
    if (rc == 0 && o->vram) {
        rc = parse_size("--vram", o->vram, &out->vram_bytes, err);
        if (rc == 0 && name.apple) {
            rc = err_set(err, ERR_USAGE,
                         "'--vram' is the memory of a card; '%s' shares the memory of the machine",
                         name.text);
        }
        out->card = card_of(o->chip);
        out->card_count = 1;
    } else if (rc == 0 && !name.apple) {
        out->card = shared_card_of(o->chip);
        out->card_shares_memory = out->card != CARD_NONE;
    }
    return rc;
}
