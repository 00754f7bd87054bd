/*
 * A snapshot as text: one fact a line, a word and its values. "!N" stands for a value that the
 * library refused with its code N. Lines of a card follow its "card", processes come last.
 *
 *   nvml 1 / state CODE / driver TEXT / library TEXT / left_out CARDS PROCESSES
 *   card BUS CODE / uuid TEXT / name TEXT / FACT VALUE ...
 *   process CARD PID BYTES PERCENT
 */
#include <string.h>

#include "sampling/disk.h"
#include "sampling/nvidia/nvidia.h"
#include "sampling/scan.h"

enum { FORMAT = 1 };

static const char *const fact_names[NVIDIA_FACT_COUNT] = {
#define FACT(id, name) name,
    NVIDIA_FACTS(FACT)
#undef FACT
};

/* ---------------------------------------------------------------- writing */

static void put_text(struct buf *out, const char *word, const char *text)
{
    char escaped[4 * NVML_NAME_BYTES];

    if (text[0] != '\0') {
        disk_escape(text, escaped, sizeof escaped);
        buf_printf(out, "%s %s\n", word, escaped);
    }
}

static void put_fact(struct buf *out, const struct nvidia_fact *f)
{
    if (f->code == NVML_SUCCESS) {
        buf_printf(out, " %llu", (unsigned long long)f->value);
    } else {
        buf_printf(out, " !%d", f->code);
    }
}

void nvidia_encode(const struct nvidia_snapshot *s, struct buf *out)
{
    buf_printf(out, "nvml %d\nstate %d\n", FORMAT, s->code);
    put_text(out, "driver", s->driver);
    put_text(out, "library", s->library);
    buf_printf(out, "left_out %u %u\n", s->cards_left_out, s->processes_left_out);
    for (uint32_t i = 0; i < s->card_count; i++) {
        const struct nvidia_card *card = &s->cards[i];

        buf_printf(out, "card %s %d\n", card->bus[0] != '\0' ? card->bus : "-", card->code);
        put_text(out, "uuid", card->uuid);
        put_text(out, "name", card->name);
        for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
            buf_puts(out, fact_names[k]);
            put_fact(out, &card->facts[k]);
            buf_putc(out, '\n');
        }
    }
    for (uint32_t i = 0; i < s->process_count; i++) {
        const struct nvidia_process *p = &s->processes[i];

        buf_printf(out, "process %u %u", p->card, p->pid);
        put_fact(out, &p->bytes);
        put_fact(out, &p->percent);
        buf_putc(out, '\n');
    }
}

/* ---------------------------------------------------------------- reading */

static bool take_u32(struct span *rest, uint32_t *out)
{
    uint64_t value;

    if (!scan_u64(rest, &value) || value > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static bool take_code(struct span *rest, int *out)
{
    uint32_t value;

    if (!take_u32(rest, &value) || value > NVML_CODE_MAX) {
        return false;
    }
    *out = (int)value;
    return true;
}

static bool take_fact(struct span *rest, struct nvidia_fact *out)
{
    struct span text = scan_trim(*rest);

    *out = (struct nvidia_fact){.code = NVML_SUCCESS};
    if (span_starts(text, "!")) {
        text.at++;
        text.size--;
        *rest = text;
        return take_code(rest, &out->code) && out->code != NVML_SUCCESS;
    }
    return scan_u64(rest, &out->value);
}

static bool take_text(struct span rest, char *out, size_t out_size)
{
    struct span word;

    return scan_word(&rest, &word) && disk_unescape(word.at, word.size, out, out_size);
}

static bool take_card(struct span rest, struct nvidia_snapshot *s)
{
    struct span bus;

    if (s->card_count >= NVIDIA_CARDS_MAX || s->process_count > 0 || !scan_word(&rest, &bus)) {
        return false;
    }
    struct nvidia_card *card = &s->cards[s->card_count++];
    memset(card, 0, sizeof *card);
    for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
        card->facts[k].code = NVML_ERROR_NO_DATA; /* until its line comes */
    }
    return (span_is(bus, "-") || disk_keep_word(bus, card->bus, sizeof card->bus)) &&
           take_code(&rest, &card->code);
}

static bool take_process(struct span rest, struct nvidia_snapshot *s)
{
    if (s->process_count >= NVIDIA_PROCESSES_MAX) {
        return false;
    }
    struct nvidia_process *p = &s->processes[s->process_count++];
    return take_u32(&rest, &p->card) && p->card < s->card_count && take_u32(&rest, &p->pid) &&
           take_fact(&rest, &p->bytes) && take_fact(&rest, &p->percent);
}

static bool take_card_line(struct span word, struct span rest, struct nvidia_card *card)
{
    if (span_is(word, "uuid")) {
        return take_text(rest, card->uuid, sizeof card->uuid);
    }
    if (span_is(word, "name")) {
        return take_text(rest, card->name, sizeof card->name);
    }
    for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
        if (span_is(word, fact_names[k])) {
            return take_fact(&rest, &card->facts[k]);
        }
    }
    return true; /* of a later version of tunetop */
}

static bool take_line(struct span line, struct nvidia_snapshot *s)
{
    struct span word;

    if (!scan_word(&line, &word)) {
        return true;
    }
    if (span_is(word, "state")) {
        return take_code(&line, &s->code);
    }
    if (span_is(word, "driver")) {
        return take_text(line, s->driver, sizeof s->driver);
    }
    if (span_is(word, "library")) {
        return take_text(line, s->library, sizeof s->library);
    }
    if (span_is(word, "left_out")) {
        return take_u32(&line, &s->cards_left_out) && take_u32(&line, &s->processes_left_out);
    }
    if (span_is(word, "card")) {
        return take_card(line, s);
    }
    if (span_is(word, "process")) {
        return take_process(line, s);
    }
    return s->card_count == 0 || take_card_line(word, line, &s->cards[s->card_count - 1]);
}

int nvidia_decode(const char *text, size_t size, struct nvidia_snapshot *out, struct err *err)
{
    struct span rest = span_of(text, size), line, word;
    uint64_t format;
    unsigned number = 1;

    out->code = NVML_SUCCESS;
    out->driver[0] = out->library[0] = '\0';
    out->card_count = out->cards_left_out = out->process_count = out->processes_left_out = 0;
    if (!scan_line(&rest, &line) || !scan_word(&line, &word) || !span_is(word, "nvml") ||
        !scan_u64(&line, &format) || format != FORMAT) {
        return err_set(err, ERR_PARSE, "what is told of the cards is not in a form known here");
    }
    while (scan_line(&rest, &line)) {
        number++;
        if (!take_line(line, out)) {
            return err_set(err, ERR_PARSE, "what is told of the cards is wrong in line %u", number);
        }
    }
    return 0;
}
