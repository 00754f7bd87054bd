/* What Ollama tells of installed models: answers of real servers, and answers that are none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "sampling/service/ollama_model.h"

static struct ollama_installed list[4];
static size_t count, left_out;

static int tags(const char *body)
{
    struct err err = ERR_INIT;
    const int rc = ollama_parse_tags(body, strlen(body), list, 4, &count, &left_out, &err);
    assert_true(rc == 0 || err.msg[0] != '\0');
    return rc;
}

static void test_tags(void **state)
{
    (void)state;
    /* 0.33.0-rc2, shortened to what differs. */
    assert_int_equal(
        tags("{\"models\":[{\"name\":\"mid:latest\",\"model\":\"mid:latest\","
             "\"modified_at\":\"2026-11-21T18:07:24.908643292Z\",\"size\":68501667,"
             "\"digest\":\"92ece2ed72b40f97c10271cf925bb5486b15f4a8f363112c26a937640c70b0bf\","
             "\"details\":{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"llama\","
             "\"families\":[\"llama\"],\"parameter_size\":\"34.23M\","
             "\"quantization_level\":\"F16\",\"context_length\":32768,\"embedding_length\":512},"
             "\"capabilities\":[\"completion\"]},"
             "{\"name\":\"gpt-oss:120b-cloud\",\"model\":\"gpt-oss:120b-cloud\",\"size\":384,"
             "\"remote_model\":\"gpt-oss:120b\",\"remote_host\":\"https://ollama.com:443\","
             "\"digest\":\"569662207105\",\"details\":{\"format\":\"\"}}]}"),
        0);
    assert_int_equal(count, 2);
    assert_int_equal(left_out, 0);
    assert_string_equal(list[0].name, "mid:latest");
    assert_string_equal(list[0].digest,
                        "92ece2ed72b40f97c10271cf925bb5486b15f4a8f363112c26a937640c70b0bf");
    assert_string_equal(list[0].format, "gguf");
    assert_string_equal(list[0].quantization, "F16");
    assert_string_equal(list[0].parameter_size, "34.23M");
    assert_float_equal(list[0].size_bytes, 68501667, 0);
    assert_int_equal(list[0].context, 32768);
    assert_false(list[0].remote);
    assert_true(list[1].remote);
    assert_int_equal(list[1].context, 0);
    /* 0.24.0 tells no context. */
    assert_int_equal(tags("{\"models\":[{\"name\":\"tiny:latest\",\"size\":347969,\"digest\":\"d\","
                          "\"details\":{\"format\":\"gguf\",\"parameter_size\":\"166K\"}}]}"),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].context, 0);
    assert_int_equal(tags("{\"models\":[]}"), 0);
    assert_int_equal(count, 0);
}

static void test_hostile_tags(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",      "{", "[]", "{\"models\":{}}", "{\"models\":7}",
                                        "<html>"};
    count = 77;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(tags(wrong[i]), -ERR_PARSE);
    }
    assert_int_equal(count, 77);
    assert_int_equal(tags("{\"models\":[7,null,{},{\"name\":\"\"},{\"name\":3},"
                          "{\"name\":\"a\\u001b[31mb\\nc\",\"size\":-5,\"digest\":[],"
                          "\"details\":\"none\"},"
                          "{\"name\":\"b\",\"size\":1e300,\"details\":{\"context_length\":-1}},"
                          "{\"name\":\"c\"},{\"name\":\"d\"},{\"name\":\"e\"},{\"name\":\"f\"}]}"),
                     0);
    assert_int_equal(count, 4);
    assert_int_equal(left_out, 2);
    assert_null(strchr(list[0].name, '\033'));
    assert_null(strchr(list[0].name, '\n'));
    assert_true(isnan(list[0].size_bytes) && isnan(list[1].size_bytes));
    assert_int_equal(list[1].context, 0);
}

static struct ollama_shape shape;

static int show(const char *body)
{
    struct err err = ERR_INIT;
    const int rc = ollama_parse_show(body, strlen(body), &shape, &err);
    assert_true(rc == 0 || err.msg[0] != '\0');
    return rc;
}

static void test_show(void **state)
{
    (void)state;
    /* 0.33.0-rc2, without its template and most tensors. */
    assert_int_equal(
        show("{\"modelfile\":\"# Modelfile\\nFROM /x\",\"template\":\"{{ .Prompt }}\","
             "\"details\":{\"family\":\"llama\"},\"model_info\":{"
             "\"general.architecture\":\"llama\",\"general.file_type\":1,"
             "\"general.parameter_count\":34232832,\"general.quantization_version\":2,"
             "\"llama.attention.head_count\":8,\"llama.attention.head_count_kv\":8,"
             "\"llama.attention.layer_norm_rms_epsilon\":0.00001,\"llama.block_count\":8,"
             "\"llama.context_length\":32768,\"llama.embedding_length\":512,"
             "\"llama.feed_forward_length\":2048,\"llama.rope.dimension_count\":64,"
             "\"llama.vocab_size\":654,\"tokenizer.ggml.scores\":null,"
             "\"tokenizer.ggml.tokens\":null},\"tensors\":["
             "{\"name\":\"output.weight\",\"type\":\"F16\",\"shape\":[512,654]},"
             "{\"name\":\"blk.0.attn_k.weight\",\"type\":\"F16\",\"shape\":[512,512]},"
             "{\"name\":\"blk.0.attn_v.weight\",\"type\":\"F16\",\"shape\":[512,256]}]}"),
        0);
    assert_string_equal(shape.architecture, "llama");
    assert_float_equal(shape.parameters, 34232832, 0);
    assert_int_equal(shape.layers, 8);
    assert_int_equal(shape.heads, 8);
    assert_int_equal(shape.kv_heads, 8);
    assert_int_equal(shape.embedding, 512);
    assert_int_equal(shape.context, 32768);
    assert_int_equal(shape.vocabulary, 654);
    assert_true(shape.tensors);
    assert_int_equal(shape.key_width[0], 512);
    assert_int_equal(shape.value_width[0], 256);
    assert_int_equal(shape.key_width[1], 0);
    assert_false(shape.recurrent);
    assert_int_equal(shape.sliding_window, 0);
    assert_int_equal(shape.latent_rank, 0);
}

static void test_own_context(void **state)
{
    (void)state;
#define WITH(parameters)                                                                           \
    "{\"parameters\":" parameters ",\"model_info\":{\"general.architecture\":\"x\","               \
    "\"x.block_count\":1}}"
    static const struct {
        const char *body;
        int64_t context;
    } rows[] = {
        {WITH("\"num_ctx                        8192\""), 8192},
        {WITH("\"stop                           \\\"num_ctx 5\\\"\\nnum_ctx 32768\\nseed 1\""),
         32768},
        {WITH("\"num_ctx 1\\nnum_ctx 2\""), 2},
        {WITH("\"num_ctx -1\""), 0},
        {WITH("\"num_ctxs 7\""), 0},
        {WITH("\"num_ctx 99999999999999999999\""), 0},
        {WITH("\"num_ctx 999999999999\""), 0},
        {WITH("7"), 0},
        {WITH("\"\""), 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(show(rows[i].body), 0);
        assert_int_equal(shape.own_context, rows[i].context);
        assert_true(shape.completes);
    }
    assert_int_equal(show("{\"capabilities\":[\"embedding\",7],\"model_info\":{"
                          "\"general.architecture\":\"x\",\"x.block_count\":1}}"),
                     0);
    assert_false(shape.completes);
    assert_int_equal(show("{\"capabilities\":[\"vision\",\"completion\"],\"model_info\":{"
                          "\"general.architecture\":\"x\",\"x.block_count\":1}}"),
                     0);
    assert_true(shape.completes);
}

static void test_hostile_show(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"error\":\"model 'nope' not found\"}",
        "{\"model_info\":[]}",
        "{\"model_info\":{\"general.architecture\":7}}",
        "{\"model_info\":{\"general.architecture\":\"\"}}",
        "{\"model_info\":{\"general.architecture\":\"x\"}}",
        "{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":0}}",
        "{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":-1}}",
        "{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":1.5}}",
        "{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":513}}",
        "{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":1e300}}",
        "{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":NaN}}",
    };
    shape.layers = 77;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (show(wrong[i]) != -ERR_PARSE) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
    assert_int_equal(shape.layers, 77); /* what is wrong changes nothing */
    /* Numbers that cannot be are not told; tensors of other layers and shapes are nothing. */
    assert_int_equal(show("{\"model_info\":{\"general.architecture\":\"x\",\"x.block_count\":2,"
                          "\"x.attention.head_count\":1e12,\"x.attention.head_count_kv\":[1,2,3],"
                          "\"x.context_length\":-4,\"x.embedding_length\":\"wide\","
                          "\"general.parameter_count\":-1},\"tensors\":["
                          "{\"name\":\"blk.2.attn_k.weight\",\"shape\":[1,2]},"
                          "{\"name\":\"blk.99999999999999999999.attn_k.weight\",\"shape\":[1,2]},"
                          "{\"name\":\"blk..attn_k.weight\",\"shape\":[1,2]},{\"name\":\"blk.1\"},"
                          "{\"name\":\"blk.0.attn_k.weight\",\"shape\":[1]},"
                          "{\"name\":\"blk.0.attn_k.weight\",\"shape\":[1,-2]},"
                          "{\"name\":\"blk.0.attn_k.weight\",\"shape\":7},"
                          "{\"name\":\"blk.0.attn_k.bias\",\"shape\":[1,2]},{\"name\":7},7,null]}"),
                     0);
    assert_int_equal(shape.layers, 2);
    assert_int_equal(shape.heads, 0);
    assert_int_equal(shape.kv_heads, -1);
    assert_false(shape.heads_listed);
    assert_int_equal(shape.context, 0);
    assert_int_equal(shape.embedding, 0);
    assert_true(isnan(shape.parameters));
    assert_false(shape.tensors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),         cmocka_unit_test(test_hostile_tags),
        cmocka_unit_test(test_show),         cmocka_unit_test(test_own_context),
        cmocka_unit_test(test_hostile_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
