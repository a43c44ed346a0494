/*
 * One lease: its line in dnsmasq's lease file, and its event's line in the journal. Pure.
 *
 *     EXPIRES MAC ADDRESS HOSTNAME CLIENT-ID          dnsmasq's (expires: seconds since 1970, 0: for ever; "*": none)
 *     + EXPIRES MAC ADDRESS HOSTNAME CLIENT-ID        journal: holds from now on
 *     - ADDRESS                                       journal: is gone
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A line with its newline and NUL is never longer. */
#define LEASE_LINE_MAX 1200
#define LEASE_MAC_MAX 63      /* other hardware types have longer ones, with a prefix */
#define LEASE_HOSTNAME_MAX 255
#define LEASE_CLIENT_MAX 766  /* 255 bytes as hexadecimal with colons, and a NUL elsewhere */

struct lease {
        uint64_t expires;  /* seconds since 1970-01-01 UTC; 0: for ever */
        uint32_t address;  /* host byte order; never 0 */
        const char *mac;   /* as dnsmasq prints it */
        const char *hostname; /* NULL: none */
        const char *client;   /* NULL: none */
};

/* Reads dnsmasq's form. `line` has no newline; it is cut into words, which *ret then points to. -EBADMSG. */
int lease_parse(char *line, struct lease *ret);
/* Returns the number of bytes written without the NUL; the line ends with a newline. */
size_t lease_format(const struct lease *lease, char buffer[static LEASE_LINE_MAX]);

/* Whether text may stand in the word of that kind; NULL and "*" may not. */
int lease_check_hostname(const char *text);
int lease_check_client(const char *text);

enum lease_event { LEASE_HELD, LEASE_GONE };

/* Reads a line of the journal; of LEASE_GONE only `address` is filled. -EBADMSG. */
int lease_event_parse(char *line, enum lease_event *ret_event, struct lease *ret);
size_t lease_event_format(enum lease_event event, const struct lease *lease, char buffer[static LEASE_LINE_MAX]);
