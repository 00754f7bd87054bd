/*
 * Prototypes of IOKit's user-space library, for ./dev macos only: what sampling/darwin uses.
 * Written from Apple's reference documentation.
 */
#ifndef PACKAGING_MACOS_IOKITLIB_H
#define PACKAGING_MACOS_IOKITLIB_H

#include <CoreFoundation/CoreFoundation.h>
#include <mach/mach.h>

typedef mach_port_t io_object_t;
typedef io_object_t io_registry_entry_t, io_iterator_t, io_service_t, io_connect_t;
typedef char io_name_t[128];
typedef uint32_t IOOptionBits;
#define IO_OBJECT_NULL ((io_object_t)0)
#define kIOReturnSuccess KERN_SUCCESS
#define kIODeviceTreePlane "IODeviceTree"
#define kIOServicePlane "IOService"

kern_return_t IOObjectRelease(io_object_t object);
io_object_t IOIteratorNext(io_iterator_t iterator);
io_registry_entry_t IORegistryEntryFromPath(mach_port_t main_port, const char *path);
kern_return_t IORegistryEntryGetChildIterator(io_registry_entry_t entry, const char *plane,
                                              io_iterator_t *out);
kern_return_t IORegistryEntryGetName(io_registry_entry_t entry, io_name_t name);
CFTypeRef IORegistryEntryCreateCFProperty(io_registry_entry_t entry, CFStringRef key,
                                          CFAllocatorRef allocator, IOOptionBits options);
CFMutableDictionaryRef IOServiceMatching(const char *name);
kern_return_t IOServiceGetMatchingServices(mach_port_t main_port, CFDictionaryRef matching,
                                           io_iterator_t *out);

#endif
