/*
 * What a row of the settings catalog says, in words for a person: shared by `settings`, the Tuning
 * tab and the manual. Each adds to `out`; nothing where there is nothing to say.
 */
#ifndef TUNING_SETTING_WORDS_H
#define TUNING_SETTING_WORDS_H

#include "base/buf.h"
#include "tuning/setting.h"

/* "from ollama 0.30.0 on, on macos, with mps, for the value 0": when a case holds; "always" without
 * any condition. */
void setting_add_condition(struct buf *out, const struct setting *s, const struct setting_case *c);
/* What a formula makes of a value; "" without one. */
const char *setting_formula_sentence(int formula);
/* "integer from 1 to 64; 1 unless set", "f16, q8_0, q4_0; f16 unless set" */
void setting_add_values(struct buf *out, const struct setting *s);
/* "from ollama 0.1.33 on, gone in ollama 0.12.0" */
void setting_add_versions(struct buf *out, const struct setting *s);
/* The real name and what becomes of the value, which may be NULL: "LLAMA_ARG_THREADS: the same
 * value", "--reserve-vram = 2". */
void setting_add_use(struct buf *out, const struct setting *s, const char *use, const char *value);

#endif
