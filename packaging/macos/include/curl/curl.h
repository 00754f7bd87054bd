/*
 * Prototypes of the libcurl that comes with macOS, for ./dev macos only: what sampling/http.c uses.
 * Written from libcurl's manual pages (libcurl-easy(3), libcurl-multi(3), libcurl-symbols); the
 * numbers are libcurl's ABI. 8.4.0 is the version of macOS 13.6 and later.
 */
#ifndef PACKAGING_MACOS_CURL_H
#define PACKAGING_MACOS_CURL_H

#include <stddef.h>
#include <stdint.h>

#define LIBCURL_VERSION_NUM 0x080400
#define LIBCURL_VERSION "8.4.0"
#define CURL_ERROR_SIZE 256
#define CURL_GLOBAL_DEFAULT 3L
#define CURL_HTTP_VERSION_1_1 2
#define CURLPROTO_HTTP (1 << 0)
#define CURLPROTO_HTTPS (1 << 1)
#define CURLPIPE_NOTHING 0L
#define CURL_WAIT_POLLIN 0x0001
#define CURL_WAIT_POLLPRI 0x0002
#define CURL_WAIT_POLLOUT 0x0004

typedef void CURL;
typedef void CURLM;
typedef int64_t curl_off_t;
typedef int curl_socket_t;
struct curl_slist {
    char *data;
    struct curl_slist *next;
};

typedef enum {
    CURLE_OK = 0,
    CURLE_UNSUPPORTED_PROTOCOL = 1,
    CURLE_URL_MALFORMAT = 3,
    CURLE_COULDNT_RESOLVE_PROXY = 5,
    CURLE_COULDNT_RESOLVE_HOST = 6,
    CURLE_COULDNT_CONNECT = 7,
    CURLE_WEIRD_SERVER_REPLY = 8,
    CURLE_REMOTE_ACCESS_DENIED = 9,
    CURLE_PARTIAL_FILE = 18,
    CURLE_HTTP_RETURNED_ERROR = 22,
    CURLE_WRITE_ERROR = 23,
    CURLE_OUT_OF_MEMORY = 27,
    CURLE_OPERATION_TIMEDOUT = 28,
    CURLE_SSL_CONNECT_ERROR = 35,
    CURLE_ABORTED_BY_CALLBACK = 42,
    CURLE_TOO_MANY_REDIRECTS = 47,
    CURLE_GOT_NOTHING = 52,
    CURLE_SEND_ERROR = 55,
    CURLE_RECV_ERROR = 56,
    CURLE_PEER_FAILED_VERIFICATION = 60,
    CURLE_BAD_CONTENT_ENCODING = 61,
    CURLE_FILESIZE_EXCEEDED = 63
} CURLcode;

typedef enum {
    CURLOPT_WRITEDATA = 10001,
    CURLOPT_URL = 10002,
    CURLOPT_PROXY = 10004,
    CURLOPT_ERRORBUFFER = 10010,
    CURLOPT_POSTFIELDS = 10015,
    CURLOPT_USERAGENT = 10018,
    CURLOPT_HTTPHEADER = 10023,
    CURLOPT_HEADERDATA = 10029,
    CURLOPT_XFERINFODATA = 10057,
    CURLOPT_PRIVATE = 10103,
    CURLOPT_NOPROXY = 10177,
    CURLOPT_RESOLVE = 10203,
    CURLOPT_UNIX_SOCKET_PATH = 10231,
    CURLOPT_PROTOCOLS_STR = 10318,
    CURLOPT_WRITEFUNCTION = 20011,
    CURLOPT_HEADERFUNCTION = 20079,
    CURLOPT_XFERINFOFUNCTION = 20219,
    CURLOPT_MAXFILESIZE_LARGE = 30117,
    CURLOPT_LOW_SPEED_LIMIT = 19,
    CURLOPT_LOW_SPEED_TIME = 20,
    CURLOPT_NOPROGRESS = 43,
    CURLOPT_NOBODY = 44,
    CURLOPT_FAILONERROR = 45,
    CURLOPT_POST = 47,
    CURLOPT_FOLLOWLOCATION = 52,
    CURLOPT_FRESH_CONNECT = 74,
    CURLOPT_FORBID_REUSE = 75,
    CURLOPT_HTTPGET = 80,
    CURLOPT_HTTP_VERSION = 84,
    CURLOPT_BUFFERSIZE = 98,
    CURLOPT_NOSIGNAL = 99,
    CURLOPT_IPRESOLVE = 113,
    CURLOPT_TIMEOUT_MS = 155,
    CURLOPT_CONNECTTIMEOUT_MS = 156,
    CURLOPT_HTTP_TRANSFER_DECODING = 157,
    CURLOPT_HTTP_CONTENT_DECODING = 158,
    CURLOPT_PROTOCOLS = 181,
    CURLOPT_QUICK_EXIT = 322
} CURLoption;

typedef enum {
    CURLINFO_RESPONSE_CODE = 0x200002,
    CURLINFO_HEADER_SIZE = 0x20000b,
    CURLINFO_REQUEST_SIZE = 0x20000c,
    CURLINFO_SIZE_DOWNLOAD_T = 0x600008,
    CURLINFO_OS_ERRNO = 0x200019,
    CURLINFO_CONTENT_TYPE = 0x100012,
    CURLINFO_PRIVATE = 0x100015,
    CURLINFO_PRIMARY_IP = 0x100020,
    CURLINFO_TOTAL_TIME_T = 0x600032,
    CURLINFO_NAMELOOKUP_TIME_T = 0x600033,
    CURLINFO_CONNECT_TIME_T = 0x600034,
    CURLINFO_PRETRANSFER_TIME_T = 0x600035,
    CURLINFO_STARTTRANSFER_TIME_T = 0x600036
} CURLINFO;

typedef enum { CURLM_CALL_MULTI_PERFORM = -1, CURLM_OK = 0 } CURLMcode;
typedef enum { CURLMSG_NONE, CURLMSG_DONE } CURLMSG;
typedef enum {
    CURLMOPT_PIPELINING = 3,
    CURLMOPT_MAXCONNECTS = 6,
    CURLMOPT_MAX_HOST_CONNECTIONS = 7,
    CURLMOPT_MAX_TOTAL_CONNECTIONS = 13
} CURLMoption;

typedef struct {
    CURLMSG msg;
    CURL *easy_handle;
    union {
        void *whatever;
        CURLcode result;
    } data;
} CURLMsg;

struct curl_waitfd {
    curl_socket_t fd;
    short events, revents;
};

CURLcode curl_global_init(long flags);
void curl_global_cleanup(void);
char *curl_version(void);

/* The first fields; there are more behind them, and the library owns the struct. */
typedef enum { CURLVERSION_FIRST } CURLversion;
#define CURLVERSION_NOW CURLVERSION_FIRST
typedef struct {
    CURLversion age;
    const char *version;
    unsigned int version_num;
    const char *host;
    int features;
} curl_version_info_data;
#define CURL_VERSION_ASYNCHDNS (1 << 7)
curl_version_info_data *curl_version_info(CURLversion age);
CURL *curl_easy_init(void);
void curl_easy_cleanup(CURL *easy);
void curl_easy_reset(CURL *easy);
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode curl_easy_perform(CURL *easy);
const char *curl_easy_strerror(CURLcode code);
struct curl_slist *curl_slist_append(struct curl_slist *list, const char *line);
void curl_slist_free_all(struct curl_slist *list);
CURLM *curl_multi_init(void);
CURLMcode curl_multi_cleanup(CURLM *multi);
CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode curl_multi_perform(CURLM *multi, int *running);
CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd *extra, unsigned count, int timeout_ms,
                          int *ready);
CURLMcode curl_multi_wakeup(CURLM *multi);
CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMsg *curl_multi_info_read(CURLM *multi, int *left);
const char *curl_multi_strerror(CURLMcode code);

#endif
