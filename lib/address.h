/* MAC addresses, UUIDs and IP addresses: their text and their bytes. All pure. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct mac {
        uint8_t bytes[6];
};

#define MAC_TEXT_SIZE 18

/* Accepts "aa:bb:cc:dd:ee:ff", "aa-bb-...", either case, and "aabbccddeeff". -EINVAL for anything else. */
int mac_parse(const char *text, struct mac *ret);
/* Lower case with colons. Returns `buffer`. */
char *mac_format(const struct mac *mac, char buffer[static MAC_TEXT_SIZE]);
/* Could be the address of one interface: neither all zeros nor multicast. */
bool mac_is_unicast(const struct mac *mac);
static inline uint64_t mac_to_u64(const struct mac *mac) {
        uint64_t value = 0;
        for (int i = 0; i < 6; i++)
                value = value << 8 | mac->bytes[i];
        return value;
}

/* The first `size` bytes, 1 to 6, of MACs: of a vendor's (3), or of one interface's (6). */
struct mac_prefix {
        uint8_t bytes[6];
        unsigned size;
};

/* "02:21:28" or "02-21-28", either case, 1 to 6 bytes. -EINVAL for anything else. */
int mac_prefix_parse(const char *text, struct mac_prefix *ret);
/* Lower case with colons. Returns `buffer`. */
char *mac_prefix_format(const struct mac_prefix *prefix, char buffer[static MAC_TEXT_SIZE]);
bool mac_has_prefix(const struct mac *mac, const struct mac_prefix *prefix);

struct uuid {
        uint8_t bytes[16]; /* in the order of the text */
};

#define UUID_TEXT_SIZE 37

/* 8-4-4-4-12 hexadecimal digits, either case. -EINVAL for anything else. */
int uuid_parse(const char *text, struct uuid *ret);
/* Lower case. Returns `buffer`. */
char *uuid_format(const struct uuid *uuid, char buffer[static UUID_TEXT_SIZE]);
/* DHCP option 97 (RFC 4578 2.3) and SMBIOS (DSP0134 7.2.1) carry the first three fields little-endian;
 * swaps them in place, either way. */
void uuid_swap(struct uuid *uuid);
/* Known not to identify a machine: all zeros, all ones, or one of those that vendors left in their boards. */
bool uuid_is_junk(const struct uuid *uuid);
/* A new random one (RFC 4122 version 4). */
void uuid_random(struct uuid *ret);

struct ip {
        int family; /* AF_INET or AF_INET6 */
        union {
                struct in_addr v4;
                struct in6_addr v6;
        };
};

struct ip_prefix {
        struct ip address; /* host bits kept */
        unsigned length;
};

#define IP_TEXT_SIZE INET6_ADDRSTRLEN
#define IP_PREFIX_TEXT_SIZE (INET6_ADDRSTRLEN + 4)

/* Family 0 for the address 0.0.0.0, which stands for none. */
static inline struct ip ip_from_v4(struct in_addr address) {
        return (struct ip) { .family = address.s_addr != 0 ? AF_INET : 0, .v4 = address };
}

/* Likewise for ::. */
static inline struct ip ip_from_v6(struct in6_addr address) {
        return (struct ip) { .family = IN6_IS_ADDR_UNSPECIFIED(&address) ? 0 : AF_INET6, .v6 = address };
}

int ip_parse(const char *text, struct ip *ret);
char *ip_format(const struct ip *ip, char buffer[static IP_TEXT_SIZE]);
/* "192.0.2.1/24"; -EINVAL without a length or with one too large. */
int ip_prefix_parse(const char *text, struct ip_prefix *ret);
/* "192.0.2.1:5050", "[2001:db8::1]:5050"; -EINVAL, also for port 0. */
int ip_port_parse(const char *text, struct ip *ret_ip, uint16_t *ret_port);
char *ip_prefix_format(const struct ip_prefix *prefix, char buffer[static IP_PREFIX_TEXT_SIZE]);
bool ip_in_prefix(const struct ip *ip, const struct ip_prefix *prefix);
/* Of a struct sockaddr_in or sockaddr_in6; -EAFNOSUPPORT for another. */
int ip_from_sockaddr(const struct sockaddr *address, struct ip *ret);
/* In 16 bytes whatever the family: IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2); and back. */
struct in6_addr ip_to_mapped(const struct ip *ip);
struct ip ip_from_mapped(const struct in6_addr *mapped);
bool ip_equal(const struct ip *a, const struct ip *b);
