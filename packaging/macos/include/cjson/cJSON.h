/*
 * Prototypes of cJSON, for ./dev macos only. Written from the documentation of cJSON.
 */
#ifndef PACKAGING_MACOS_CJSON_H
#define PACKAGING_MACOS_CJSON_H

#include <stddef.h>

#define CJSON_VERSION_MAJOR 1 /* what Homebrew has in 2026 */
#define CJSON_VERSION_MINOR 7
#define CJSON_VERSION_PATCH 19

typedef int cJSON_bool;
typedef struct cJSON {
    struct cJSON *next, *prev, *child;
    int type;
    char *valuestring;
    int valueint;
    double valuedouble;
    char *string;
} cJSON;
typedef struct cJSON_Hooks {
    void *(*malloc_fn)(size_t size);
    void (*free_fn)(void *memory);
} cJSON_Hooks;

#define cJSON_False (1 << 0)
#define cJSON_True (1 << 1)
#define cJSON_NULL (1 << 2)
#define cJSON_Number (1 << 3)
#define cJSON_String (1 << 4)
#define cJSON_Array (1 << 5)
#define cJSON_Object (1 << 6)
#define cJSON_Raw (1 << 7)
#define cJSON_ArrayForEach(element, array)                                                         \
    for ((element) = (array) != NULL ? (array)->child : NULL; (element) != NULL;                   \
         (element) = (element)->next)

const char *cJSON_Version(void);
void cJSON_InitHooks(cJSON_Hooks *hooks);
void cJSON_free(void *memory);
void cJSON_Delete(cJSON *item);
cJSON *cJSON_Parse(const char *text);
cJSON *cJSON_ParseWithLength(const char *text, size_t size);
cJSON *cJSON_ParseWithLengthOpts(const char *text, size_t size, const char **end,
                                 cJSON_bool require_nul);
char *cJSON_Print(const cJSON *item);
char *cJSON_PrintUnformatted(const cJSON *item);
int cJSON_GetArraySize(const cJSON *array);
cJSON *cJSON_GetArrayItem(const cJSON *array, int index);
cJSON *cJSON_GetObjectItem(const cJSON *object, const char *name);
cJSON *cJSON_GetObjectItemCaseSensitive(const cJSON *object, const char *name);
char *cJSON_GetStringValue(const cJSON *item);
double cJSON_GetNumberValue(const cJSON *item);
cJSON_bool cJSON_IsFalse(const cJSON *item);
cJSON_bool cJSON_IsTrue(const cJSON *item);
cJSON_bool cJSON_IsBool(const cJSON *item);
cJSON_bool cJSON_IsNull(const cJSON *item);
cJSON_bool cJSON_IsNumber(const cJSON *item);
cJSON_bool cJSON_IsString(const cJSON *item);
cJSON_bool cJSON_IsArray(const cJSON *item);
cJSON_bool cJSON_IsObject(const cJSON *item);
cJSON *cJSON_CreateNull(void);
cJSON *cJSON_CreateBool(cJSON_bool value);
cJSON *cJSON_CreateNumber(double value);
cJSON *cJSON_CreateString(const char *value);
cJSON *cJSON_CreateRaw(const char *text);
cJSON *cJSON_CreateArray(void);
cJSON *cJSON_CreateObject(void);
cJSON *cJSON_Duplicate(const cJSON *item, cJSON_bool recurse);
cJSON_bool cJSON_AddItemToArray(cJSON *array, cJSON *item);
cJSON_bool cJSON_AddItemToObject(cJSON *object, const char *name, cJSON *item);
cJSON_bool cJSON_ReplaceItemInObjectCaseSensitive(cJSON *object, const char *name, cJSON *item);
void cJSON_DeleteItemFromObjectCaseSensitive(cJSON *object, const char *name);
cJSON *cJSON_DetachItemViaPointer(cJSON *parent, cJSON *item);
cJSON_bool cJSON_ReplaceItemViaPointer(cJSON *parent, cJSON *item, cJSON *replacement);
cJSON *cJSON_DetachItemFromObjectCaseSensitive(cJSON *object, const char *name);
cJSON *cJSON_AddNullToObject(cJSON *object, const char *name);
cJSON *cJSON_AddTrueToObject(cJSON *object, const char *name);
cJSON *cJSON_AddFalseToObject(cJSON *object, const char *name);
cJSON *cJSON_AddBoolToObject(cJSON *object, const char *name, cJSON_bool value);
cJSON *cJSON_AddNumberToObject(cJSON *object, const char *name, double value);
cJSON *cJSON_AddStringToObject(cJSON *object, const char *name, const char *value);
cJSON *cJSON_AddRawToObject(cJSON *object, const char *name, const char *text);
cJSON *cJSON_AddObjectToObject(cJSON *object, const char *name);
cJSON *cJSON_AddArrayToObject(cJSON *object, const char *name);

#endif
