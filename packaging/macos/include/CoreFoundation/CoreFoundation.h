/*
 * Prototypes of CoreFoundation, for ./dev macos only: the getters that sampling/darwin uses.
 * Written from Apple's reference documentation.
 */
#ifndef PACKAGING_MACOS_COREFOUNDATION_H
#define PACKAGING_MACOS_COREFOUNDATION_H

#include <stdint.h>

typedef unsigned char Boolean;
typedef signed long CFIndex;
typedef unsigned long CFTypeID, CFOptionFlags;
typedef uint32_t CFStringEncoding;
typedef const void *CFTypeRef;
typedef const struct __CFAllocator *CFAllocatorRef;
typedef const struct __CFString *CFStringRef;
typedef const struct __CFData *CFDataRef;
typedef const struct __CFNumber *CFNumberRef;
typedef const struct __CFDictionary *CFDictionaryRef;
typedef struct __CFDictionary *CFMutableDictionaryRef;
typedef CFIndex CFNumberType;

enum { kCFStringEncodingUTF8 = 0x08000100 };
enum { kCFNumberSInt64Type = 4, kCFNumberDoubleType = 13 };
extern const CFAllocatorRef kCFAllocatorDefault;

void CFRelease(CFTypeRef object);
CFTypeID CFGetTypeID(CFTypeRef object);
CFTypeID CFDataGetTypeID(void);
CFTypeID CFStringGetTypeID(void);
CFTypeID CFNumberGetTypeID(void);
CFTypeID CFDictionaryGetTypeID(void);
CFIndex CFDataGetLength(CFDataRef data);
const uint8_t *CFDataGetBytePtr(CFDataRef data);
CFStringRef CFStringCreateWithCString(CFAllocatorRef allocator, const char *text,
                                      CFStringEncoding encoding);
Boolean CFStringGetCString(CFStringRef string, char *out, CFIndex size, CFStringEncoding encoding);
Boolean CFNumberGetValue(CFNumberRef number, CFNumberType type, void *out);
const void *CFDictionaryGetValue(CFDictionaryRef dictionary, const void *key);

#endif
