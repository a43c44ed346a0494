#include "dhcp/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

struct complaint {
        char *text;
        size_t size;
};

static int _printf_(2, 3) refuse(const struct complaint *complaint, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(complaint->text, complaint->size, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

char *network_address_text(uint32_t address, char buffer[static IP_TEXT_SIZE]) {
        struct ip ip = { .family = AF_INET, .v4.s_addr = htonl(address) };
        return ip_format(&ip, buffer);
}

static uint32_t mask_of(unsigned length) {
        return length == 0 ? 0 : ~(uint32_t) 0 << (32 - length);
}

bool network_can_give(const struct network *n, uint32_t address) {
        uint32_t mask = mask_of(n->length), host = address & ~mask;
        return (address & mask) == (n->address & mask) && host != 0 && host != ~mask && address != n->address;
}

uint64_t network_addresses(const struct network *network) {
        return (uint64_t) 1 << (32 - network->length);
}

/* What stands in dnsmasq's configuration is checked here, so that no text can become a line of it. */
static bool is_word(const char *text, const char *also, size_t max) {
        char accepted[sizeof LETTERS_AND_DIGITS + 16];
        snprintf(accepted, sizeof accepted, LETTERS_AND_DIGITS "%s", also);
        size_t length = text ? strlen(text) : 0;
        return length > 0 && length <= max && strspn(text, accepted) == length && text[0] != '.' && text[0] != '-';
}

static int parse_v4(const char *text, uint32_t *ret) {
        struct ip ip;
        if (!text || ip_parse(text, &ip) < 0 || ip.family != AF_INET || ip.v4.s_addr == 0)
                return -EINVAL;
        *ret = ntohl(ip.v4.s_addr);
        return 0;
}

static int parse_names(const json_t *j, struct network *n, const struct complaint *c) {
        const char *name = json_get_string(j, "name"), *interface = json_get_string(j, "interface"), *domain = json_get_string(j, "domain");

        if (!is_word(name, "._-", NETWORK_NAME_MAX))
                return refuse(c, "the network's name is not usable: use letters, digits, '.', '_' and '-'");
        strcpy(n->name, name);
        if (!is_word(interface, "._-@:", IF_NAMESIZE - 1))
                return refuse(c, "interface '%s' cannot be the name of a network interface; correct it in pxed.conf", interface ?: "");
        strcpy(n->interface, interface);
        if (domain && *domain) {
                if (!is_word(domain, ".-", sizeof n->domain - 1))
                        return refuse(c, "domain '%s' is no DNS name; correct it in pxed.conf", domain);
                strcpy(n->domain, domain);
        }
        return 0;
}

static int parse_address(const json_t *j, struct network *n, const struct complaint *c) {
        const char *text = json_get_string(j, "address");
        struct ip_prefix prefix;

        if (!text || ip_prefix_parse(text, &prefix) < 0 || prefix.address.family != AF_INET)
                return refuse(c, "address '%s' is no IPv4 address with prefix length; correct it in pxed.conf", text ?: "");
        if (prefix.length < 8 || prefix.length > 30)
                return refuse(c, "address %s: a prefix length from 8 to 30 is needed to give addresses; correct it in pxed.conf", text);
        n->address = ntohl(prefix.address.v4.s_addr);
        n->length = prefix.length;
        return 0;
}

static int parse_mode(const json_t *j, struct network *n, const struct complaint *c) {
        const char *mode = json_get_string(j, "dhcp");

        if (mode && strcmp(mode, "server") == 0)
                n->mode = DHCP_SERVER;
        else if (mode && strcmp(mode, "proxy") == 0)
                n->mode = DHCP_PROXY;
        else if (mode && strcmp(mode, "off") == 0)
                n->mode = DHCP_OFF;
        else
                return refuse(c, "dhcp = %s is none of server, proxy, off; correct it in pxed.conf", mode ?: "(nothing)");
        return 0;
}

static int parse_pool(const json_t *j, struct network *n, const struct complaint *c) {
        const char *start = json_get_string(j, "poolStart"), *end = json_get_string(j, "poolEnd");
        uint32_t mask = mask_of(n->length);
        char prefix[IP_TEXT_SIZE];

        if (!start || !end)
                return refuse(c, "dhcp = server needs a pool; set pool = FIRST-LAST in pxed.conf");
        if (parse_v4(start, &n->pool_start) < 0 || parse_v4(end, &n->pool_end) < 0)
                return refuse(c, "the pool %s - %s is no pair of IPv4 addresses; correct it in pxed.conf", start, end);

        network_address_text(n->address & mask, prefix);
        if ((n->pool_start & mask) != (n->address & mask) || (n->pool_end & mask) != (n->address & mask))
                return refuse(c, "the pool %s - %s lies outside of the network %s/%u; correct pool or address in pxed.conf", start,
                              end, prefix, n->length);
        if (n->pool_start > n->pool_end)
                return refuse(c, "the pool ends (%s) before it starts (%s); correct it in pxed.conf", end, start);
        return 0;
}

/* Servers with an IPv6 address are no business of DHCPv4. */
static size_t parse_servers(const json_t *list, uint32_t servers[static NETWORK_SERVERS_MAX]) {
        size_t i, n = 0;
        const json_t *server;
        json_array_foreach(list, i, server)
                if (n < NETWORK_SERVERS_MAX && parse_v4(json_string_value(server), &servers[n]) == 0)
                        n++;
        return n;
}

static int parse_options(const json_t *j, struct network *n, const struct complaint *c) {
        const char *gateway = json_get_string(j, "gateway");
        int64_t lease_time = json_get_int(j, "leaseTime", 0);

        if (lease_time < 120 || lease_time > 31536000)
                return refuse(c, "a lease time of %lld s is not usable; set one from 120 (two minutes) to 31536000 (a year) in pxed.conf",
                              (long long) lease_time);
        n->lease_time = (uint32_t) lease_time;
        if (gateway && parse_v4(gateway, &n->gateway) < 0)
                return refuse(c, "gateway '%s' is no IPv4 address; correct it in pxed.conf", gateway);
        n->dns_size = parse_servers(json_get_array(j, "dns"), n->dns);
        n->ntp_size = parse_servers(json_get_array(j, "ntp"), n->ntp);
        return 0;
}

int network_parse(const json_t *network, struct network *ret, char *reason, size_t reason_size) {
        const struct complaint c = { reason, reason_size };

        memset(ret, 0, sizeof *ret);
        int r = parse_names(network, ret, &c);
        if (r == 0)
                r = parse_mode(network, ret, &c);
        if (r < 0 || ret->mode == DHCP_OFF)
                return r;
        r = parse_address(network, ret, &c);
        if (r == 0 && ret->mode == DHCP_SERVER)
                r = parse_pool(network, ret, &c);
        if (r == 0)
                r = parse_options(network, ret, &c);
        return r;
}
