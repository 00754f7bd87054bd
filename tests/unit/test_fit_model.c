/*
 * What installed models take, against bytes worked out by hand from published numbers, and whether
 * they fit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "tuning/fit_model.h"

static const double GIB = 0x1p30;

static void assert_bytes(double is, double wanted)
{
    if (!(fabs(is - wanted) <= 1)) {
        fail_msg("%.1f bytes, not %.1f", is, wanted);
    }
}

/* One answer of /api/show, made from the numbers of a model's config.json (Hugging Face; the name
 * of the repository stands in each row) as llama.cpp's converter writes them. */
struct published {
    const char *name, *source, *architecture;
    double file_bytes; /* as the library of Ollama lists it, Q4_K_M unless said otherwise */
    int context, layers, embedding, heads, kv_heads; /* kv_heads -1: a list, which comes as null */
    int key, value;                                  /* 0: not written */
    const char *more;                                /* further keys, each with a comma in front */
    int every, first, key_width; /* tensors of keys in layers first, first + every, ...; 0: none */
    double token_bytes;          /* by hand: f16 keys and values of one token */
    double state_bytes;          /* by hand: of one request */
    enum fit_bound bound;
};

static const struct published models[] = {
    /* 2 x 32 layers x 8 heads x 128 x 2 bytes */
    {"llama3.1:8b", "meta-llama/Llama-3.1-8B-Instruct", "llama", 4.92e9, 131072, 32, 4096, 32, 8, 0,
     0, "", 1, 0, 1024, 131072, 0, FIT_EXACT},
    /* 2 x 36 x 8 x 128 x 2; head_dim is 128 and not 4096 / 32 by chance only */
    {"qwen3:8b", "Qwen/Qwen3-8B", "qwen3", 5.23e9, 40960, 36, 4096, 32, 8, 128, 128, "", 1, 0, 1024,
     147456, 0, FIT_EXACT},
    /* 2 x 48 x 4 x 128 x 2; 2048 / 32 would be 64 */
    {"qwen3:30b-a3b", "Qwen/Qwen3-30B-A3B", "qwen3moe", 18.6e9, 262144, 48, 2048, 32, 4, 128, 128,
     "", 1, 0, 512, 98304, 0, FIT_EXACT},
    /* 2 x 24 x 8 x 64 x 2; every second layer looks back over 128 tokens */
    {"gpt-oss:20b", "openai/gpt-oss-20b", "gptoss", 13.8e9, 131072, 24, 2880, 64, 8, 64, 64,
     ",\"gptoss.attention.sliding_window\":128", 1, 0, 512, 49152, 0, FIT_SLIDING},
    /* 2 x 48 x 8 x 256 x 2; five of six layers look back over 1,024 tokens */
    {"gemma3:12b", "google/gemma-3-12b-it", "gemma3", 8.15e9, 131072, 48, 3840, 16, 8, 256, 256,
     ",\"gemma3.attention.sliding_window\":1024", 1, 0, 2048, 393216, 0, FIT_SLIDING},
    /* 2 x 40 x 8 x 128 x 2; 5120 / 32 would be 160 */
    {"mistral-nemo", "mistralai/Mistral-Nemo-Instruct-2407", "llama", 7.07e9, 131072, 40, 5120, 32,
     8, 128, 128, "", 1, 0, 1024, 163840, 0, FIT_EXACT},
    /* 2 x 40 x 10 x 128 x 2; keys, values and questions lie in one tensor */
    {"phi4", "microsoft/phi-4", "phi3", 9.05e9, 16384, 40, 5120, 40, 10, 0, 0,
     ",\"phi3.attention.sliding_window\":0", 0, 0, 0, 204800, 0, FIT_EXACT},
    /* 2 x 48 x 8 x 128 x 2 */
    {"deepseek-r1:14b", "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "qwen2", 8.99e9, 131072, 48,
     5120, 40, 8, 0, 0, "", 1, 0, 1024, 196608, 0, FIT_EXACT},
    /* 27 x 16 x (192 + 128) x 2: what the older conversion keeps whole */
    {"deepseek-v2:16b", "deepseek-ai/DeepSeek-V2-Lite-Chat", "deepseek2", 8.91e9, 163840, 27, 2048,
     16, 16, 192, 128, ",\"deepseek2.attention.kv_lora_rank\":512", 0, 0, 0, 276480, 0, FIT_LATENT},
    /* 4 attention layers of 40: 2 x 4 x 4 x 128 x 2. A state of 3 x (3072 + 2 x 1 x 128) + 128 x
     * 3072 values of 4 bytes, counted for 40 layers */
    {"granite4:tiny-h", "ibm-granite/granite-4.0-h-tiny", "granitehybrid", 4.23e9, 1048576, 40,
     1536, 12, -1, 0, 0,
     ",\"granitehybrid.ssm.conv_kernel\":4,\"granitehybrid.ssm.inner_size\":3072"
     ",\"granitehybrid.ssm.state_size\":128,\"granitehybrid.ssm.group_count\":1",
     10, 5, 512, 8192, 64512000, FIT_RECURRENT},
    /* Every fourth of 48 layers: 2 x 12 x 2 x 256 x 2. A state of 3 x (4096 + 2 x 16 x 128) + 128 x
     * 4096 values, counted for 48 layers */
    {"qwen3-next:80b", "Qwen/Qwen3-Next-80B-A3B-Instruct", "qwen3next", 50.1e9, 262144, 48, 2048,
     16, 2, 256, 256,
     ",\"qwen3next.ssm.conv_kernel\":4,\"qwen3next.ssm.inner_size\":4096"
     ",\"qwen3next.ssm.state_size\":128,\"qwen3next.ssm.group_count\":16"
     ",\"qwen3next.full_attention_interval\":4",
     4, 3, 512, 24576, 105381888, FIT_RECURRENT},
    /* 2 x 80 x 8 x 128 x 2 */
    {"llama3.3:70b", "meta-llama/Llama-3.3-70B-Instruct", "llama", 42.5e9, 131072, 80, 8192, 64, 8,
     128, 128, "", 1, 0, 1024, 327680, 0, FIT_EXACT},
};
enum { MODELS = sizeof models / sizeof *models };

static void number(struct buf *b, const char *architecture, const char *key, int value)
{
    if (value != 0) {
        buf_printf(b, ",\"%s.%s\":", architecture, key);
        if (value < 0) {
            buf_puts(b, "null");
        } else {
            buf_printf(b, "%d", value);
        }
    }
}

/* The answer as Ollama 0.33 gives it: lists are null, tensors are there. */
static void show_text(const struct published *p, struct buf *b)
{
    bool first = true;
    buf_printf(b, "{\"model_info\":{\"general.architecture\":\"%s\"", p->architecture);
    number(b, p->architecture, "block_count", p->layers);
    number(b, p->architecture, "context_length", p->context);
    number(b, p->architecture, "embedding_length", p->embedding);
    number(b, p->architecture, "attention.head_count", p->heads);
    number(b, p->architecture, "attention.head_count_kv", p->kv_heads);
    number(b, p->architecture, "attention.key_length", p->key);
    number(b, p->architecture, "attention.value_length", p->value);
    buf_printf(b, "%s,\"tokenizer.ggml.tokens\":null},\"tensors\":[", p->more);
    for (int i = p->first; p->every > 0 && i < p->layers; i += p->every) {
        buf_printf(b,
                   "%s{\"name\":\"blk.%d.attn_k.weight\",\"type\":\"Q4_K\",\"shape\":[%d,%d]},"
                   "{\"name\":\"blk.%d.attn_v.weight\",\"type\":\"Q6_K\",\"shape\":[%d,%d]}",
                   first ? "" : ",", i, p->embedding, p->key_width, i, p->embedding, p->key_width);
        first = false;
    }
    buf_puts(b, "]}");
}

static void model_of(const struct published *p, struct fit_model *out)
{
    struct ollama_shape shape;
    struct err err = ERR_INIT;
    struct buf b;
    buf_init(&b, 1024 * 1024);
    show_text(p, &b);
    assert_false(b.truncated);
    if (ollama_parse_show(b.data, b.size, &shape, &err) < 0) {
        fail_msg("%s: %s", p->name, err.msg);
    }
    fit_model_of(&shape, p->file_bytes, out);
    buf_release(&b);
}

static const struct published *find(const char *name)
{
    for (size_t i = 0; i < MODELS; i++) {
        if (strcmp(models[i].name, name) == 0) {
            return &models[i];
        }
    }
    fail_msg("no model %s", name);
    return NULL;
}

static void test_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODELS; i++) {
        const struct published *p = &models[i];
        struct fit_model m;
        model_of(p, &m);
        if (!m.known || m.bound != p->bound || m.layers != p->layers || m.context != p->context) {
            fail_msg("%s (%s): known %d, bound %d, %d layers", p->name, p->source, m.known,
                     (int)m.bound, m.layers);
        }
        const double token = fit_model_cache_bytes(&m, 256, 1, FIT_CACHE_F16) - p->state_bytes;
        if (fabs(token - 256 * p->token_bytes) > 0.5 ||
            fabs(m.state_bytes - p->state_bytes) > 0.5) {
            fail_msg("%s (%s): %.0f bytes a token, not %.0f; state %.0f, not %.0f", p->name,
                     p->source, token / 256, p->token_bytes, m.state_bytes, p->state_bytes);
        }
        assert_true((m.bound == FIT_EXACT) == (fit_bound_clause((int)m.bound)[0] == '\0'));
    }
}

static void test_cache(void **state)
{
    (void)state;
    struct fit_model m;
    model_of(find("llama3.1:8b"), &m);
    /* llama.cpp's log: "KV self size = 1024.00 MiB" at 8,192 tokens of f16, 544.00 of q8_0. */
    assert_bytes(fit_model_cache_bytes(&m, 8192, 1, FIT_CACHE_F16), 1024 * 0x1p20);
    assert_bytes(fit_model_cache_bytes(&m, 8192, 1, FIT_CACHE_Q8_0), 544 * 0x1p20);
    assert_bytes(fit_model_cache_bytes(&m, 8192, 1, FIT_CACHE_Q4_0), 288 * 0x1p20);
    assert_bytes(fit_model_cache_bytes(&m, 8192, 1, FIT_CACHE_F32), 2048 * 0x1p20);
    assert_bytes(fit_model_cache_bytes(&m, 4096, 2, FIT_CACHE_F16), 1024 * 0x1p20);
    /* A request has whole blocks of 256. */
    assert_bytes(fit_model_cache_bytes(&m, 8000, 1, FIT_CACHE_F16), 1024 * 0x1p20);
    assert_true(isnan(fit_model_cache_bytes(&m, 8192, 1, FIT_CACHE_COUNT)));
}

static void test_cache_names(void **state)
{
    (void)state;
    for (int i = 0; i < FIT_CACHE_COUNT; i++) {
        assert_int_equal(fit_cache_of(fit_cache_name(i)), i);
    }
    assert_int_equal(fit_cache_of(""), FIT_CACHE_F16);
    assert_int_equal(fit_cache_of("Q8_0"), FIT_CACHE_Q8_0); /* Ollama lowers it */
    assert_int_equal(fit_cache_of("banana"), -1);
    assert_string_equal(fit_cache_name(-1), "");
    assert_string_equal(fit_cache_name(FIT_CACHE_COUNT), "");
    assert_true(isnan(fit_cache_value_bytes(-1)));
}

/* A machine whose GPU may take this much, with so much beside it. */
static struct fit_place place(double gpu_gib, double more_gib)
{
    return (struct fit_place){.budget = {gpu_gib * GIB, false, "what the GPU may take"},
                              .gpu = true,
                              .more_bytes = more_gib * GIB};
}

static struct fit_result judge(const char *name, int64_t context, int parallel, int cache,
                               const struct fit_place *p)
{
    struct fit_model m;
    struct fit_result r;
    const struct fit_wish wish = {context, parallel, cache};
    model_of(find(name), &m);
    fit_model_judge(&m, &wish, p, &r);
    return r;
}

static void test_whole(void **state)
{
    (void)state;
    const struct fit_place p = place(24, 8);
    const struct fit_result r = judge("qwen3:8b", 4096, 2, FIT_CACHE_F16, &p);
    assert_int_equal(r.verdict, FIT_WHOLE);
    assert_string_equal(fit_verdict_name((int)r.verdict), "whole");
    assert_bytes(r.cache_bytes, 1.125 * GIB);
    assert_bytes(r.need_bytes, 5.23e9 + 1.125 * GIB + 0.75 * GIB);
    assert_bytes(r.cpu_bytes, 0);
    assert_int_equal(r.gpu_layers, 36);
    assert_int_equal(r.context_alone, 40960); /* what it was trained for */
    assert_int_equal(r.context_largest, 40960);
    assert_false(r.cache_refused);
}

static void test_longest(void **state)
{
    (void)state;
    /* 8 GiB - 4.92e9 - 0.75 GiB leave 2,864,627,... bytes: / 131,072 = 21,764 tokens, in blocks of
     * 256: 21,760. */
    const struct fit_place p = place(8, 8);
    struct fit_result r = judge("llama3.1:8b", 4096, 1, FIT_CACHE_F16, &p);
    const double left = 8 * GIB - 4.92e9 - 0.75 * GIB;
    assert_int_equal(r.context_alone, (int64_t)(left / 131072) / 256 * 256);
    assert_int_equal(r.context_largest, r.context_alone);
    /* What is said to fit does, and a block more does not. */
    r = judge("llama3.1:8b", r.context_alone, 1, FIT_CACHE_F16, &p);
    assert_int_equal(r.verdict, FIT_WHOLE);
    r = judge("llama3.1:8b", r.context_alone + 1, 1, FIT_CACHE_F16, &p);
    assert_int_equal(r.verdict, FIT_PART);
    assert_true(r.cpu_bytes > 0 && r.cpu_bytes <= 256 * 131072.0);
    /* Four at once have a quarter each. */
    r = judge("llama3.1:8b", 4096, 4, FIT_CACHE_F16, &p);
    assert_int_equal(r.context_largest, (int64_t)(left / 131072 / 4) / 256 * 256);
    assert_true(r.context_alone >= 4 * r.context_largest);
    assert_true(r.context_alone < 4 * (r.context_largest + 256));
    /* A cache of half the size, nearly twice as long. */
    r = judge("llama3.1:8b", 4096, 1, FIT_CACHE_Q8_0, &p);
    assert_int_equal(r.context_alone, (int64_t)(left / 131072 * 2 * 32 / 34) / 256 * 256);
}

static void test_part_and_not(void **state)
{
    (void)state;
    struct fit_place p = place(24, 40);
    struct fit_result r = judge("llama3.3:70b", 4096, 1, FIT_CACHE_F16, &p);
    const double need = 42.5e9 + 1.25 * GIB + 0.75 * GIB;
    assert_int_equal(r.verdict, FIT_PART);
    assert_bytes(r.cpu_bytes, need - 24 * GIB);
    /* 81 equal parts of 40.8 GiB: (24 - 0.75) / (40.8 / 81) */
    assert_int_equal(r.gpu_layers, (int)((23.25 * GIB) / ((42.5e9 + 1.25 * GIB) / 81)));
    assert_int_equal(r.context_largest, 0);
    assert_int_equal(r.context_alone, 0);
    p.more_bytes = 8 * GIB;
    r = judge("llama3.3:70b", 4096, 1, FIT_CACHE_F16, &p);
    assert_int_equal(r.verdict, FIT_NOT);
    p.gpu = false; /* nothing stays anywhere else */
    p.more_bytes = 0;
    r = judge("llama3.3:70b", 4096, 1, FIT_CACHE_F16, &p);
    assert_int_equal(r.verdict, FIT_NOT);
    p = place(64, 0);
    p.gpu = false;
    r = judge("llama3.3:70b", 4096, 1, FIT_CACHE_F16, &p);
    assert_int_equal(r.verdict, FIT_WHOLE);
    assert_int_equal(r.gpu_layers, 0);
}

static void test_trained_context(void **state)
{
    (void)state;
    const struct fit_place p = place(24, 8);
    const struct fit_result r = judge("phi4", 262144, 1, FIT_CACHE_F16, &p);
    assert_int_equal(r.context_tokens, 16384);
    assert_bytes(r.cache_bytes, 16384 * 204800.0);
}

static void test_unknown(void **state)
{
    (void)state;
    const struct fit_place p = place(24, 8), nowhere = {.budget = {NAN, false, ""}, .gpu = true};
    const struct fit_wish wish = {4096, 1, FIT_CACHE_F16}, no_type = {4096, 1, -1};
    struct fit_model m;
    struct fit_result r;
    fit_model_of(NULL, 5e9, &m);
    fit_model_judge(&m, &wish, &p, &r);
    assert_int_equal(r.verdict, FIT_UNKNOWN);
    assert_null(fit_verdict_name((int)r.verdict));
    assert_true(isnan(r.need_bytes));
    assert_int_equal(r.context_alone, -1);
    model_of(find("qwen3:8b"), &m);
    fit_model_judge(&m, &wish, &nowhere, &r);
    assert_int_equal(r.verdict, FIT_UNKNOWN);
    assert_true(r.need_bytes > 5e9); /* what it needs is known all the same */
    fit_model_judge(&m, &no_type, &p, &r);
    assert_int_equal(r.verdict, FIT_UNKNOWN);
    m.weight_bytes = NAN;
    fit_model_judge(&m, &wish, &p, &r);
    assert_int_equal(r.verdict, FIT_UNKNOWN);
    assert_bytes(r.cache_bytes, 0.5625 * GIB);
}

static void shape_of(const char *text, struct fit_model *out)
{
    struct ollama_shape s;
    struct err err = ERR_INIT;
    assert_int_equal(ollama_parse_show(text, strlen(text), &s, &err), 0);
    fit_model_of(&s, 1e9, out);
}

#define HEAD "{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":4"

static void test_lists(void **state)
{
    (void)state;
    struct fit_model m;
    /* Heads of each layer, told: none in two of them. */
    shape_of(HEAD ",\"x.attention.key_length\":64,\"x.attention.value_length\":32,"
                  "\"x.attention.head_count_kv\":[2,0,4,0]}}",
             &m);
    assert_true(m.known);
    assert_bytes(m.cache_values, 6 * 96);
    assert_int_equal(m.bound, FIT_EXACT);
    /* The list was left out, the tensors were not; a layer without values keeps its keys twice. */
    shape_of(HEAD ",\"x.attention.head_count_kv\":null},\"tensors\":["
                  "{\"name\":\"blk.0.attn_k.weight\",\"shape\":[512,128]},"
                  "{\"name\":\"blk.0.attn_v.weight\",\"shape\":[512,64]},"
                  "{\"name\":\"blk.3.attn_k.weight\",\"shape\":[512,128]}]}",
             &m);
    assert_true(m.known);
    assert_bytes(m.cache_values, 128 + 64 + 2 * 128);
    /* Neither: every head counts. */
    shape_of(HEAD ",\"x.embedding_length\":512,\"x.attention.head_count\":8,"
                  "\"x.attention.head_count_kv\":null}}",
             &m);
    assert_true(m.known);
    assert_int_equal(m.bound, FIT_ALL_HEADS);
    assert_bytes(m.cache_values, 4 * 8 * 128);
    /* No key at all: the old way, each head has its own. */
    shape_of(HEAD ",\"x.embedding_length\":512,\"x.attention.head_count\":8}}", &m);
    assert_int_equal(m.bound, FIT_EXACT);
    assert_bytes(m.cache_values, 4 * 8 * 128);
    /* Nothing to count with. */
    shape_of(HEAD ",\"x.attention.head_count_kv\":8}}", &m);
    assert_false(m.known);
    shape_of(HEAD "}}", &m);
    assert_false(m.known);
}

static void test_no_cache(void **state)
{
    (void)state;
    struct fit_model m;
    struct fit_result r;
    const struct fit_place p = place(24, 8);
    const struct fit_wish wish = {4096, 8, FIT_CACHE_F16};
    /* An embedding model reads and keeps nothing. */
    shape_of("{\"model_info\":{\"general.architecture\":\"nomic-bert\","
             "\"nomic-bert.block_count\":12,\"nomic-bert.context_length\":2048,"
             "\"nomic-bert.embedding_length\":768,\"nomic-bert.attention.head_count\":12}}",
             &m);
    fit_model_judge(&m, &wish, &p, &r);
    assert_int_equal(r.verdict, FIT_WHOLE);
    assert_bytes(r.cache_bytes, 0);
    assert_int_equal(r.context_alone, 2048);
    /* Mamba keeps states only: 64 layers x ((4 - 1) x 5120 + 16 x 5120) x 4 bytes a request
     * (state-spaces/mamba-2.8b-hf). */
    shape_of("{\"model_info\":{\"general.architecture\":\"mamba\",\"mamba.block_count\":64,"
             "\"mamba.embedding_length\":2560,\"mamba.attention.head_count\":0,"
             "\"mamba.attention.head_count_kv\":0,\"mamba.ssm.conv_kernel\":4,"
             "\"mamba.ssm.inner_size\":5120,\"mamba.ssm.state_size\":16}}",
             &m);
    assert_true(m.known);
    assert_int_equal(m.bound, FIT_RECURRENT);
    assert_bytes(m.state_bytes, 64 * 19 * 5120 * 4.0);
    fit_model_judge(&m, &wish, &p, &r);
    assert_bytes(r.cache_bytes, 8 * m.state_bytes);
    assert_true(r.context_alone > 1000000); /* as long as anybody wants */
}

static void test_refused_cache(void **state)
{
    (void)state;
    struct fit_model m;
    /* "K cache type q8_0 with block size 32 does not divide n_embd_head_k=16" */
    shape_of(HEAD ",\"x.attention.key_length\":16,\"x.attention.head_count_kv\":4}}", &m);
    assert_false(fit_model_takes_cache(&m, FIT_CACHE_Q8_0));
    assert_false(fit_model_takes_cache(&m, FIT_CACHE_Q4_0));
    assert_true(fit_model_takes_cache(&m, FIT_CACHE_F16));
    model_of(find("llama3.1:8b"), &m);
    assert_true(fit_model_takes_cache(&m, FIT_CACHE_Q8_0));
}

static void test_place(void **state)
{
    (void)state;
    struct chip_machine m;
    struct chip_answer a = {.device = DEVICE_CUDA, .memory_gb = 64};
    struct fit_place p;
    chip_machine_init(&m);
    m.memory_bytes = 64 * GIB;
    m.card = CARD_NVIDIA;
    m.card_count = 1;
    m.vram_bytes = 24 * GIB;
    fit_place_of(&m, &a, NAN, NAN, &p);
    assert_true(p.gpu);
    assert_bytes(p.budget.bytes, 24 * GIB);
    assert_bytes(p.more_bytes, 48 * GIB);
    m.card_count = 2;
    fit_place_of(&m, &a, NAN, 48 * GIB, &p); /* a model is spread over both */
    assert_bytes(p.budget.bytes, 48 * GIB);
    assert_string_equal(p.budget.what, "the memory of all cards");
    a.device = DEVICE_MPS;
    fit_place_of(&m, &a, 53084 * 0x1p20, NAN, &p);
    assert_bytes(p.budget.bytes, 53084 * 0x1p20);
    assert_bytes(p.more_bytes, 64 * GIB - 53084 * 0x1p20);
    a.device = DEVICE_CPU;
    m.memory_limit_bytes = 8 * GIB;
    fit_place_of(&m, &a, NAN, NAN, &p);
    assert_false(p.gpu);
    assert_bytes(p.budget.bytes, 6 * GIB);
    assert_bytes(p.more_bytes, 0);
}

static void test_ollama_context(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        double gib;
        int64_t context;
    } rows[] = {
        {"", 0, 4096},           {"", 22.9, 4096},       {"", 23, 32768},
        {"", 46.9, 32768},       {"", 47, 262144},       {"0.33.0", 24, 32768},
        {"0.33.0-rc2", 8, 4096}, {"0.15.5", 64, 262144}, {"0.15.4", 64, 4096},
        {"0.6.7", 64, 4096},     {"0.6.6", 64, 2048},    {"0.5.13", 0, 2048},
        {"not one", 24, 32768},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(fit_ollama_context(rows[i].version, rows[i].gib * GIB), rows[i].context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),       cmocka_unit_test(test_cache),
        cmocka_unit_test(test_cache_names),     cmocka_unit_test(test_whole),
        cmocka_unit_test(test_longest),         cmocka_unit_test(test_part_and_not),
        cmocka_unit_test(test_trained_context), cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_lists),           cmocka_unit_test(test_no_cache),
        cmocka_unit_test(test_refused_cache),   cmocka_unit_test(test_place),
        cmocka_unit_test(test_ollama_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
