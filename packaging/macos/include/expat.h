/*
 * Prototypes of expat, for ./dev macos only: what tuning/config/plist.c uses. Written from expat's
 * documentation.
 */
#ifndef PACKAGING_MACOS_EXPAT_H
#define PACKAGING_MACOS_EXPAT_H

typedef char XML_Char;
typedef char XML_LChar;
typedef unsigned char XML_Bool;
typedef long XML_Index;
typedef struct XML_ParserStruct *XML_Parser;

#define XML_TRUE ((XML_Bool)1)
#define XML_FALSE ((XML_Bool)0)

enum XML_Status { XML_STATUS_ERROR, XML_STATUS_OK, XML_STATUS_SUSPENDED };
enum XML_Error { XML_ERROR_NONE, XML_ERROR_NO_MEMORY };

typedef void (*XML_StartElementHandler)(void *data, const XML_Char *name, const XML_Char **atts);
typedef void (*XML_EndElementHandler)(void *data, const XML_Char *name);
typedef void (*XML_CharacterDataHandler)(void *data, const XML_Char *text, int len);
typedef void (*XML_EntityDeclHandler)(void *data, const XML_Char *name, int parameter,
                                      const XML_Char *value, int size, const XML_Char *base,
                                      const XML_Char *system, const XML_Char *public_id,
                                      const XML_Char *notation);

XML_Parser XML_ParserCreate(const XML_Char *encoding);
void XML_ParserFree(XML_Parser parser);
void XML_SetUserData(XML_Parser parser, void *data);
void XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start,
                           XML_EndElementHandler end);
void XML_SetCharacterDataHandler(XML_Parser parser, XML_CharacterDataHandler handler);
void XML_SetEntityDeclHandler(XML_Parser parser, XML_EntityDeclHandler handler);
enum XML_Status XML_Parse(XML_Parser parser, const char *text, int size, int is_final);
enum XML_Status XML_StopParser(XML_Parser parser, XML_Bool resumable);
XML_Index XML_GetCurrentByteIndex(XML_Parser parser);
int XML_GetCurrentByteCount(XML_Parser parser);
enum XML_Error XML_GetErrorCode(XML_Parser parser);
const XML_LChar *XML_ErrorString(enum XML_Error code);

#endif
