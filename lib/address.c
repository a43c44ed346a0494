#include "lib/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/macro.h"
#include "lib/text.h"

/* Two digits at *text, which is moved behind them; -1. */
static int hex_byte(const char **text) {
        int high = hex_digit((*text)[0]);
        int low = high < 0 ? -1 : hex_digit((*text)[1]);

        if (low < 0)
                return -1;
        *text += 2;
        return high << 4 | low;
}

int mac_parse(const char *text, struct mac *ret) {
        struct mac mac;
        char separator = 0;

        if (strlen(text) == MAC_TEXT_SIZE - 1)
                separator = text[2];
        else if (strlen(text) != 12)
                return -EINVAL;
        if (separator && separator != ':' && separator != '-')
                return -EINVAL;
        for (int i = 0; i < 6; i++) {
                if (i > 0 && separator && *text++ != separator)
                        return -EINVAL;
                int byte = hex_byte(&text);
                if (byte < 0)
                        return -EINVAL;
                mac.bytes[i] = (uint8_t) byte;
        }
        *ret = mac;
        return 0;
}

char *mac_format(const struct mac *mac, char buffer[static MAC_TEXT_SIZE]) {
        char *at = buffer;

        for (int i = 0; i < 6; i++) {
                if (i > 0)
                        *at++ = ':';
                text_hex(at, 3, &mac->bytes[i], 1);
                at += 2;
        }
        return buffer;
}

bool mac_is_unicast(const struct mac *mac) {
        return !(mac->bytes[0] & 1) && mac_to_u64(mac) != 0;
}

int mac_prefix_parse(const char *text, struct mac_prefix *ret) {
        struct mac_prefix prefix = { 0 };
        char separator = 0;

        for (; prefix.size < sizeof(prefix.bytes); prefix.size++) {
                if (prefix.size > 0 && *text == '\0')
                        break;
                if (prefix.size == 1 && (*text == ':' || *text == '-'))
                        separator = *text;
                if (prefix.size > 0 && *text++ != separator)
                        return -EINVAL;
                int byte = hex_byte(&text);
                if (byte < 0)
                        return -EINVAL;
                prefix.bytes[prefix.size] = (uint8_t) byte;
        }
        if (*text)
                return -EINVAL;
        *ret = prefix;
        return 0;
}

char *mac_prefix_format(const struct mac_prefix *prefix, char buffer[static MAC_TEXT_SIZE]) {
        struct mac whole;

        memcpy(whole.bytes, prefix->bytes, sizeof(whole.bytes));
        mac_format(&whole, buffer);
        buffer[3 * prefix->size - 1] = '\0';
        return buffer;
}

bool mac_has_prefix(const struct mac *mac, const struct mac_prefix *prefix) {
        return memcmp(mac->bytes, prefix->bytes, prefix->size) == 0;
}

int uuid_parse(const char *text, struct uuid *ret) {
        struct uuid uuid;

        if (strlen(text) != UUID_TEXT_SIZE - 1)
                return -EINVAL;
        for (int i = 0; i < 16; i++) {
                if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
                        return -EINVAL;
                int byte = hex_byte(&text);
                if (byte < 0)
                        return -EINVAL;
                uuid.bytes[i] = (uint8_t) byte;
        }
        *ret = uuid;
        return 0;
}

char *uuid_format(const struct uuid *uuid, char buffer[static UUID_TEXT_SIZE]) {
        char *at = buffer;

        for (int i = 0; i < 16; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        *at++ = '-';
                text_hex(at, 3, &uuid->bytes[i], 1);
                at += 2;
        }
        return buffer;
}

static void swap_bytes(uint8_t *a, uint8_t *b) {
        uint8_t c = *a;
        *a = *b;
        *b = c;
}

void uuid_swap(struct uuid *uuid) {
        uint8_t *b = uuid->bytes;

        swap_bytes(&b[0], &b[3]);
        swap_bytes(&b[1], &b[2]);
        swap_bytes(&b[4], &b[5]);
        swap_bytes(&b[6], &b[7]);
}

bool uuid_is_junk(const struct uuid *uuid) {
        /* Left in boards by vendors, in either byte order of their first fields. */
        static const char *const known[] = {
                "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
                "12345678-1234-5678-90ab-cddeefaabbcc", "00010203-0405-0607-0809-0a0b0c0d0e0f",
                "fefefefe-fefe-fefe-fefe-fefefefefefe",
        };
        char text[UUID_TEXT_SIZE];
        bool same = true;

        for (int i = 1; i < 16; i++)
                same = same && uuid->bytes[i] == uuid->bytes[0];
        if (same)
                return true;
        uuid_format(uuid, text);
        for (size_t i = 0; i < ELEMENTS(known); i++)
                if (strcmp(known[i], text) == 0)
                        return true;
        return false;
}

void uuid_random(struct uuid *ret) {
        /* The kernel's generator does not fail for so few bytes once it is seeded, and blocks until then. */
        while (getrandom(ret->bytes, sizeof(ret->bytes), 0) != (ssize_t) sizeof(ret->bytes))
                ;
        ret->bytes[6] = (uint8_t) ((ret->bytes[6] & 0x0f) | 0x40);
        ret->bytes[8] = (uint8_t) ((ret->bytes[8] & 0x3f) | 0x80);
}

int ip_parse(const char *text, struct ip *ret) {
        struct ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

        if (inet_pton(ip.family, text, &ip.v6) != 1)
                return -EINVAL;
        *ret = ip;
        return 0;
}

char *ip_format(const struct ip *ip, char buffer[static IP_TEXT_SIZE]) {
        if (!inet_ntop(ip->family, &ip->v6, buffer, IP_TEXT_SIZE))
                buffer[0] = 0;
        return buffer;
}

int ip_prefix_parse(const char *text, struct ip_prefix *ret) {
        char address[IP_TEXT_SIZE];
        const char *slash = strchr(text, '/');
        struct ip_prefix prefix = { 0 };

        if (!slash || (size_t) (slash - text) >= sizeof(address))
                return -EINVAL;
        memcpy(address, text, (size_t) (slash - text));
        address[slash - text] = 0;
        if (ip_parse(address, &prefix.address) < 0)
                return -EINVAL;
        size_t digits = strspn(slash + 1, "0123456789");
        if (digits == 0 || digits > 3 || slash[1 + digits])
                return -EINVAL;
        prefix.length = (unsigned) atoi(slash + 1);
        if (prefix.length > (prefix.address.family == AF_INET ? 32u : 128u))
                return -EINVAL;
        *ret = prefix;
        return 0;
}

int ip_port_parse(const char *text, struct ip *ret_ip, uint16_t *ret_port) {
        bool bracketed = text[0] == '[';
        const char *begin = text + bracketed, *end = bracketed ? strchr(begin, ']') : strrchr(begin, ':');
        const char *digits = end ? end + bracketed + 1 : "";
        char address[IP_TEXT_SIZE];
        struct ip ip;

        if (!end || (size_t) (end - begin) >= sizeof(address) || end[bracketed] != ':')
                return -EINVAL;
        memcpy(address, begin, (size_t) (end - begin));
        address[end - begin] = '\0';
        if (ip_parse(address, &ip) < 0 || bracketed != (ip.family == AF_INET6))
                return -EINVAL;
        size_t length = strspn(digits, "0123456789");
        long port = length > 0 && length <= 5 && !digits[length] ? atol(digits) : 0;
        if (port < 1 || port > UINT16_MAX)
                return -EINVAL;
        *ret_ip = ip;
        *ret_port = (uint16_t) port;
        return 0;
}

char *ip_prefix_format(const struct ip_prefix *prefix, char buffer[static IP_PREFIX_TEXT_SIZE]) {
        char address[IP_TEXT_SIZE];

        snprintf(buffer, IP_PREFIX_TEXT_SIZE, "%s/%u", ip_format(&prefix->address, address), prefix->length & 255);
        return buffer;
}

bool ip_in_prefix(const struct ip *ip, const struct ip_prefix *prefix) {
        const uint8_t *a = (const uint8_t *) &ip->v6, *b = (const uint8_t *) &prefix->address.v6;
        unsigned bytes = prefix->length / 8, bits = prefix->length % 8;

        if (ip->family != prefix->address.family || memcmp(a, b, bytes) != 0)
                return false;
        return bits == 0 || ((a[bytes] ^ b[bytes]) >> (8 - bits)) == 0;
}

bool ip_equal(const struct ip *a, const struct ip *b) {
        return a->family == b->family && memcmp(&a->v6, &b->v6, a->family == AF_INET ? 4 : 16) == 0;
}

int ip_from_sockaddr(const struct sockaddr *address, struct ip *ret) {
        if (address->sa_family == AF_INET)
                *ret = (struct ip) { .family = AF_INET, .v4 = ((const struct sockaddr_in *) address)->sin_addr };
        else if (address->sa_family == AF_INET6)
                *ret = (struct ip) { .family = AF_INET6, .v6 = ((const struct sockaddr_in6 *) address)->sin6_addr };
        else
                return -EAFNOSUPPORT;
        return 0;
}

struct in6_addr ip_to_mapped(const struct ip *ip) {
        struct in6_addr mapped = {};

        if (ip->family == AF_INET6)
                return ip->v6;
        mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
        memcpy(mapped.s6_addr + 12, &ip->v4, 4);
        return mapped;
}

struct ip ip_from_mapped(const struct in6_addr *mapped) {
        struct ip ip = { .family = AF_INET6, .v6 = *mapped };

        if (IN6_IS_ADDR_V4MAPPED(mapped)) {
                ip = (struct ip) { .family = AF_INET };
                memcpy(&ip.v4, mapped->s6_addr + 12, 4);
        }
        return ip;
}
