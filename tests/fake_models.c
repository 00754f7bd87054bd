#include "tests/fake_models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fake_models_content(const char *request, size_t size)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strstr(request, "\r\nContent-Length: ");
    if (end == NULL)
        return NULL;
    size_t wanted = length != NULL && length < end ? strtoul(length + 18, NULL, 10) : 0;
    return size >= (size_t)(end + 4 - request) + wanted ? end + 4 : NULL;
}

static const char tags[] =
    "{\"models\":[{\"name\":\"llama3.1:8b\",\"model\":\"llama3.1:8b\",\"size\":4920753328,"
    "\"digest\":\"46e0c10c039e\",\"details\":{\"format\":\"gguf\",\"family\":\"llama\","
    "\"parameter_size\":\"8.0B\",\"quantization_level\":\"Q4_K_M\",\"context_length\":131072}},"
    "{\"name\":\"gemma3:12b\",\"model\":\"gemma3:12b\",\"size\":8149190253,"
    "\"digest\":\"f4031aab637d\",\"details\":{\"format\":\"gguf\",\"family\":\"gemma3\","
    "\"parameter_size\":\"12.2B\",\"quantization_level\":\"Q4_K_M\"}},"
    "{\"name\":\"broken:latest\",\"size\":1000000,\"digest\":\"0\",\"details\":{}},"
    "{\"name\":\"gpt-oss:120b-cloud\",\"size\":384,\"digest\":\"569662207105\","
    "\"remote_model\":\"gpt-oss:120b\",\"remote_host\":\"https://ollama.com:443\"}]}";

static const char llama[] =
    "{\"modelfile\":\"\",\"model_info\":{\"general.architecture\":\"llama\","
    "\"general.parameter_count\":8030261248,\"llama.attention.head_count\":32,"
    "\"llama.attention.head_count_kv\":8,\"llama.block_count\":32,"
    "\"llama.context_length\":131072,\"llama.embedding_length\":4096,"
    "\"llama.vocab_size\":128256,\"tokenizer.ggml.tokens\":null},\"tensors\":[]}";

static const char gemma[] =
    "{\"modelfile\":\"\",\"model_info\":{\"general.architecture\":\"gemma3\","
    "\"general.parameter_count\":12187325040,\"gemma3.attention.head_count\":16,"
    "\"gemma3.attention.head_count_kv\":8,\"gemma3.attention.key_length\":256,"
    "\"gemma3.attention.value_length\":256,\"gemma3.attention.sliding_window\":1024,"
    "\"gemma3.block_count\":48,\"gemma3.context_length\":131072,"
    "\"gemma3.embedding_length\":3840},\"tensors\":[]}";

/* Loading: what was asked, one a line, is what /asked tells. */
static char asked[4096];

static int load(const char *path, const char *content, struct text *out, fake_put_fn put)
{
    const size_t used = strlen(asked);

    snprintf(asked + used, sizeof(asked) - used, "%s %s\n", path, content);
    if (strstr(content, "\"broken:latest\"") != NULL) {
        put(out, "{\"error\":\"the runner ended\\nthe runner ended\"}");
        return 500;
    }
    if (strcmp(path, "/api/generate") == 0 && strstr(content, "embed") != NULL) {
        put(out, "{\"error\":\"it does not support generate\"}");
        return 400;
    }
    put(out, "{\"done\":true}");
    return 200;
}

int fake_models_answer(const char *path, const char *content, struct text *out, fake_put_fn put)
{
    if (strcmp(path, "/api/tags") == 0) {
        put(out, "%s", tags);
    } else if (strcmp(path, "/api/show") == 0 && strstr(content, "\"llama3.1:8b\"") != NULL) {
        put(out, "%s", llama);
    } else if (strcmp(path, "/api/show") == 0 && strstr(content, "\"gemma3:12b\"") != NULL) {
        put(out, "%s", gemma);
    } else if (strcmp(path, "/api/show") == 0) {
        put(out, "{\"error\":\"model not found\"}");
        return 404;
    } else if (strcmp(path, "/api/generate") == 0 || strcmp(path, "/api/embed") == 0) {
        return load(path, content, out, put);
    } else if (strcmp(path, "/asked") == 0) {
        put(out, "%s", asked);
    } else {
        return 404;
    }
    return 200;
}
