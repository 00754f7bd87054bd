/*
 * What a container's or tunnel's proxy says on its command line: which port of this machine it
 * forwards to which port behind it. Pure.
 *
 *   docker-proxy -host-ip 0.0.0.0 -host-port 21434 -container-ip 172.17.0.2 -container-port 11434
 *   pasta -t 127.0.0.1/21434-21434:11434-11434        (podman without root)
 *   ssh -L 21434:localhost:11434 machine
 *
 * rootlessport, conmon, slirp4netns, gvproxy and the others do not tell.
 */
#ifndef SAMPLING_SERVICE_PUBLISHED_H
#define SAMPLING_SERVICE_PUBLISHED_H

#include <stddef.h>
#include <stdint.h>

struct published {
    uint16_t port;   /* of this machine */
    uint16_t behind; /* where it is forwarded to */
    char to[64];     /* who is behind it, as far as it is told: the same text, the same place */
};
enum { PUBLISHED_MAX = 32 }; /* of one proxy; a container that publishes more is rare */

/* From a command line (arguments separated by PROCESS_ARGV_SEPARATOR); returns how many. */
size_t published_parse(const char *argv, struct published *out, size_t max);

#endif
