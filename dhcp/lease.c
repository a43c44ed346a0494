#include "dhcp/lease.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEXADECIMAL "0123456789abcdefABCDEF"
#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static int check(const char *text, const char *accepted, size_t max) {
        if (!text)
                return -EBADMSG;
        size_t length = strlen(text);
        return length > 0 && length <= max && strspn(text, accepted) == length ? 0 : -EBADMSG;
}

static int check_mac(const char *text) {
        return check(text, HEXADECIMAL ":-", LEASE_MAC_MAX);
}

int lease_check_hostname(const char *text) {
        return check(text, NAME, LEASE_HOSTNAME_MAX);
}

int lease_check_client(const char *text) {
        return check(text, HEXADECIMAL ":", LEASE_CLIENT_MAX);
}

/* The next word; "" where there is none. */
static char *next_word(char **at) {
        char *word = *at, *space = strchr(word, ' ');
        if (space)
                *space++ = '\0';
        *at = space ? space : word + strlen(word);
        return word;
}

static int parse_time(const char *word, uint64_t *ret) {
        uint64_t value = 0;
        if (check(word, "0123456789", 18) < 0)
                return -EBADMSG;
        for (; *word; word++)
                value = value * 10 + (uint64_t) (*word - '0');
        *ret = value;
        return 0;
}

static int parse_address(const char *word, uint32_t *ret) {
        struct in_addr address;
        if (inet_pton(AF_INET, word, &address) != 1 || address.s_addr == 0)
                return -EBADMSG;
        *ret = ntohl(address.s_addr);
        return 0;
}

static int parse_optional(const char *word, int (*checked)(const char *text), const char **ret) {
        *ret = strcmp(word, "*") == 0 ? NULL : word;
        return *ret ? checked(word) : 0;
}

int lease_parse(char *line, struct lease *ret) {
        struct lease lease = { 0 };

        int r = parse_time(next_word(&line), &lease.expires);
        if (r == 0)
                r = check_mac(lease.mac = next_word(&line));
        if (r == 0)
                r = parse_address(next_word(&line), &lease.address);
        if (r == 0)
                r = parse_optional(next_word(&line), lease_check_hostname, &lease.hostname);
        if (r == 0)
                r = parse_optional(next_word(&line), lease_check_client, &lease.client);
        if (r < 0 || *line)
                return -EBADMSG;
        *ret = lease;
        return 0;
}

static const char *address_text(uint32_t address, char buffer[static INET_ADDRSTRLEN]) {
        struct in_addr a = { htonl(address) };
        return inet_ntop(AF_INET, &a, buffer, INET_ADDRSTRLEN);
}

size_t lease_format(const struct lease *lease, char buffer[static LEASE_LINE_MAX]) {
        char address[INET_ADDRSTRLEN];
        return (size_t) snprintf(buffer, LEASE_LINE_MAX, "%llu %s %s %s %s\n", (unsigned long long) lease->expires, lease->mac,
                                 address_text(lease->address, address), lease->hostname ?: "*", lease->client ?: "*");
}

int lease_event_parse(char *line, enum lease_event *ret_event, struct lease *ret) {
        const char *sign = next_word(&line);

        if (strcmp(sign, "+") == 0) {
                *ret_event = LEASE_HELD;
                return lease_parse(line, ret);
        }
        if (strcmp(sign, "-") == 0) {
                *ret_event = LEASE_GONE;
                *ret = (struct lease) { 0 };
                return parse_address(line, &ret->address);
        }
        return -EBADMSG;
}

size_t lease_event_format(enum lease_event event, const struct lease *lease, char buffer[static LEASE_LINE_MAX]) {
        char address[INET_ADDRSTRLEN];

        if (event == LEASE_GONE)
                return (size_t) snprintf(buffer, LEASE_LINE_MAX, "- %s\n", address_text(lease->address, address));

        char line[LEASE_LINE_MAX];
        lease_format(lease, line);
        return (size_t) snprintf(buffer, LEASE_LINE_MAX, "+ %.*s", LEASE_LINE_MAX - 4, line);
}
