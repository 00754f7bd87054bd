#include "tuning/flag_sets.h"

#include <stddef.h>
#include <string.h>

enum { FLAGS_MAX = 9 };

static const char *const sets[][FLAGS_MAX] = {
    {"--gpu-only", "--highvram", "--normalvram", "--lowvram", "--novram", "--cpu"},
    {"--cache-classic", "--cache-lru", "--cache-none", "--cache-ram", "--high-ram"},
    {"--use-split-cross-attention", "--use-quad-cross-attention", "--use-pytorch-cross-attention",
     "--use-sage-attention", "--use-flash-attention", "--use-ck-attention"},
    {"--force-upcast-attention", "--dont-upcast-attention"},
    {"--cuda-malloc", "--disable-cuda-malloc"},
    {"--force-fp32", "--force-fp16"},
    {"--fp16-vae", "--fp32-vae", "--bf16-vae"},
    {"--fp32-unet", "--fp64-unet", "--bf16-unet", "--fp16-unet", "--fp8_e4m3fn-unet",
     "--fp8_e5m2-unet", "--fp8_e8m0fnu-unet"},
    {"--fp8_e4m3fn-text-enc", "--fp8_e5m2-text-enc", "--fp16-text-enc", "--fp32-text-enc",
     "--bf16-text-enc"},
};

const char *const *flag_set_of(const char *flag)
{
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        for (size_t f = 0; f < FLAGS_MAX && sets[k][f]; f++) {
            if (strcmp(sets[k][f], flag) == 0) {
                return sets[k];
            }
        }
    }
    return NULL;
}
