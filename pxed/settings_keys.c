#include "pxed/settings_keys.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "lib/text.h"
#include "pxed/settings.h"
#include "pxed/settings_inspection.h"

#define MEMBER(type) ((type *) ((char *) object + offset))
_Static_assert(KEY_REASON_SIZE == PHYSICAL_REASON_SIZE, "reasons are handed through");

#define REFUSE(...) (snprintf(reason, KEY_REASON_SIZE, __VA_ARGS__), -EINVAL)

static int parse_number(const char *value, uint64_t min, uint64_t max, uint64_t *ret) {
        char *end;
        if (value[0] < '0' || value[0] > '9')
                return -EINVAL;
        errno = 0;
        unsigned long long number = strtoull(value, &end, 10);
        if (errno || *end || number < min || number > max)
                return -EINVAL;
        *ret = number;
        return 0;
}

static int set_port(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        uint64_t number;
        if (parse_number(value, 1, 65535, &number) < 0)
                return REFUSE("\"%s\" is no port: give a number from 1 to 65535", value);
        *MEMBER(uint16_t) = (uint16_t) number;
        return 0;
}

static int set_count(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        uint64_t number;
        if (parse_number(value, 1, 10000000, &number) < 0)
                return REFUSE("\"%s\" is no count: give a number from 1 to 10000000", value);
        *MEMBER(uint64_t) = number;
        return 0;
}

/* "90", "90s", "15m", "1h", "7d", in seconds. */
static int parse_duration(const char *value, uint64_t min, uint64_t *ret) {
        static const struct {
                char unit;
                uint64_t seconds;
        } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
        char digits[16];
        size_t length = strlen(value);
        uint64_t factor = 1, number;

        for (size_t i = 0; length > 1 && i < ELEMENTS(units); i++)
                if (value[length - 1] == units[i].unit) {
                        factor = units[i].seconds;
                        length--;
                        break;
                }
        snprintf(digits, sizeof digits, "%.*s", (int) length, value);
        if (length >= sizeof digits || parse_number(digits, 1, 31536000, &number) < 0 || number * factor < min ||
            number * factor > 31536000)
                return -EINVAL;
        *ret = number * factor;
        return 0;
}

static int set_duration(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (parse_duration(value, 60, MEMBER(uint64_t)) < 0)
                return REFUSE("\"%s\" is no duration from 60s to 365d: give a number and s, m, h or d", value);
        return 0;
}

static int set_timeout(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (parse_duration(value, 1, MEMBER(uint64_t)) < 0)
                return REFUSE("\"%s\" is no time-out from 1s to 365d: give a number and s, m, h or d", value);
        return 0;
}

static int set_text(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (!*value)
                return REFUSE("a value is missing");
        for (const char *at = value; *at; at++)
                if ((unsigned char) *at < ' ' || *at == 0x7f)
                        return REFUSE("it has a control character");
        return text_set(MEMBER(char *), value);
}

/* Empty is allowed. */
static int set_arguments(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return *value ? set_text(object, offset, value, reason) : text_set(MEMBER(char *), value);
}

static int set_name(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (!name_is_valid(value))
                return REFUSE("\"%s\" is no name: at most 63 letters, digits, '.', '_', '-'", value);
        return text_set(MEMBER(char *), value);
}

static int set_folder(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (value[0] != '/')
                return REFUSE("\"%s\" is no absolute path", value);
        return set_text(object, offset, value, reason);
}

static int set_interface(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        size_t length = strlen(value);
        if (length < 1 || length >= IFNAMSIZ || strpbrk(value, "/ \t:") || strcmp(value, ".") == 0 ||
            strcmp(value, "..") == 0)
                return REFUSE("\"%s\" is no interface name: 1 to 15 characters without '/', ':' or blanks", value);
        return set_text(object, offset, value, reason);
}

static int set_address(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct network *network = object;
        struct ip_prefix prefix;
        if (ip_prefix_parse(value, &prefix) < 0 || prefix.address.family != AF_INET)
                return REFUSE("\"%s\" is no IPv4 address with prefix length, such as 192.0.2.1/24", value);
        if (prefix.length < 1 || prefix.length > 30)
                return REFUSE("prefix length %u leaves no room for machines: give 1 to 30", prefix.length);
        network->address = prefix;
        network->has_address = true;
        return 0;
}

static int set_address6(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct network *network = object;
        struct ip_prefix prefix;
        if (ip_prefix_parse(value, &prefix) < 0 || prefix.address.family != AF_INET6)
                return REFUSE("\"%s\" is no IPv6 address with prefix length, such as 2001:db8::1/64", value);
        if (prefix.length < 1 || prefix.length > 127)
                return REFUSE("prefix length %u leaves no room for machines: give 1 to 127", prefix.length);
        const struct in6_addr *a = &prefix.address.v6;
        if (IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_MULTICAST(a) || IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a) ||
            IN6_IS_ADDR_V4MAPPED(a))
                return REFUSE("\"%s\" is no unicast address of a network: give a global or unique local one", value);
        network->address6 = prefix;
        network->has_address6 = true;
        return 0;
}

static int set_vlan(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (parse_number(value, 1, 4094, MEMBER(uint64_t)) < 0)
                return REFUSE("\"%s\" is no VLAN id: give a number from 1 to 4094", value);
        return 0;
}

/* From what IPv6 needs (RFC 8200 5) to the jumbo frames of common switches. */
static int set_mtu(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (parse_number(value, 1280, 9216, MEMBER(uint64_t)) < 0)
                return REFUSE("\"%s\" is no MTU: give a number from 1280 to 9216", value);
        return 0;
}

static int set_probe(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (strcmp(value, "off") != 0)
                return set_duration(object, offset, value, reason);
        *MEMBER(uint64_t) = 0;
        return 0;
}

static int parse_v4(const char *value, struct ip *ret) {
        return ip_parse(value, ret) < 0 || ret->family != AF_INET ? -EINVAL : 0;
}

/* "A-B", blanks around the '-' allowed. */
static int set_pool(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct network *network = object;
        char start[32], end[32], rest;
        struct ip a, b;
        if (sscanf(value, " %31[0-9.] - %31[0-9.] %c", start, end, &rest) != 2 || parse_v4(start, &a) < 0 ||
            parse_v4(end, &b) < 0)
                return REFUSE("\"%s\" is no pool: give two IPv4 addresses, FIRST-LAST", value);
        if (ntohl(a.v4.s_addr) > ntohl(b.v4.s_addr))
                return REFUSE("the pool ends (%s) before it begins (%s)", end, start);
        network->pool_start = a;
        network->pool_end = b;
        network->has_pool = true;
        return 0;
}

static int set_gateway(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct network *network = object;
        if (parse_v4(value, &network->gateway) < 0)
                return REFUSE("\"%s\" is no IPv4 address", value);
        network->has_gateway = true;
        return 0;
}

static int set_servers(struct ip *servers, size_t *count, const char *value, char reason[static KEY_REASON_SIZE]) {
        _cleanup_free_ char *copy = strdup(value);
        char *rest = NULL;
        if (!copy)
                return -ENOMEM;
        *count = 0;
        for (char *word = strtok_r(copy, ", \t", &rest); word; word = strtok_r(NULL, ", \t", &rest)) {
                if (*count == SERVERS_MAX)
                        return REFUSE("more than %d servers", SERVERS_MAX);
                if (parse_v4(word, &servers[*count]) < 0)
                        return REFUSE("\"%s\" is no IPv4 address", word);
                (*count)++;
        }
        return 0;
}

static int set_dns(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct network *network = object;
        return set_servers(network->dns, &network->n_dns, value, reason);
}

static int set_ntp(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct network *network = object;
        return set_servers(network->ntp, &network->n_ntp, value, reason);
}

/* A domain goes into dnsmasq's configuration: nothing but what a DNS name has. */
static int set_domain(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        size_t length = strlen(value);
        if (length < 1 || length > 253 || value[0] == '.' || value[0] == '-' ||
            strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != length)
                return REFUSE("\"%s\" is no domain name", value);
        return text_set(MEMBER(char *), value);
}

static int set_shared_macs(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return junk_set_macs(&((struct settings *) object)->junk, value, reason);
}

static int set_shared_uuids(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return junk_set_uuids(&((struct settings *) object)->junk, value, reason);
}

static int set_shared_serials(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return junk_set_serials(&((struct settings *) object)->junk, value, reason);
}

static int set_without_token(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (strcmp(value, "accept") != 0 && strcmp(value, "refuse") != 0)
                return REFUSE("\"%s\" is neither accept nor refuse", value);
        *MEMBER(bool) = value[0] == 'a';
        return 0;
}

static int set_mode(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        int mode = name_to_enum(dhcp_mode_names, ELEMENTS(dhcp_mode_names), value);
        if (mode < 0)
                return REFUSE("\"%s\" is none of server, proxy, off", value);
        *MEMBER(enum dhcp_mode) = (enum dhcp_mode) mode;
        return 0;
}

static int set_discover(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        int discover = name_to_enum(discover_names, ELEMENTS(discover_names), value);
        if (discover < 0)
                return REFUSE("\"%s\" is none of inspected, seen, never", value);
        *MEMBER(enum discover) = (enum discover) discover;
        return 0;
}

static int set_finish(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        int finish = name_to_enum(finish_names, ELEMENTS(finish_names), value);
        if (finish < 0)
                return REFUSE("\"%s\" is none of poweroff, reboot, wait", value);
        *MEMBER(enum finish) = (enum finish) finish;
        return 0;
}

static int set_manage(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        int manage = name_to_enum(manage_names, ELEMENTS(manage_names), value);
        if (manage < 0)
                return REFUSE("\"%s\" is neither report nor repair", value);
        *MEMBER(enum manage) = (enum manage) manage;
        return 0;
}

/* "ignore" is no profile: the machine gets no boot script. */
static int set_unknown(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (strcmp(value, "ignore") == 0)
                return text_set(MEMBER(char *), NULL);
        return set_name(object, offset, value, reason);
}

static int set_known(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (strcmp(value, "ignore") == 0)
                return REFUSE("known machines cannot be ignored: give local or a profile's name");
        return set_name(object, offset, value, reason);
}

static int set_host_address(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct host *host = object;
        if (parse_v4(value, &host->address) < 0)
                return REFUSE("\"%s\" is no IPv4 address", value);
        host->has_address = true;
        return 0;
}

static int set_switches(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return physical_set_switches(object, value, reason);
}

static int set_switch_ports(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return physical_set_ports(object, value, reason);
}

static int set_subnets(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return physical_set_subnets(object, value, reason);
}

static int set_bool(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
        int word = name_to_enum(words, ELEMENTS(words), value);
        if (word < 0)
                return REFUSE("\"%s\" is neither yes nor no", value);
        *MEMBER(bool) = word % 2 == 1;
        return 0;
}

static int set_listen(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        struct ip ip;
        uint16_t port;
        if (ip_port_parse(value, &ip, &port) < 0)
                return REFUSE("\"%s\" is no address with a port, such as 127.0.0.1:5051 or [::1]:5051", value);
        return text_set(MEMBER(char *), value);
}

static const struct settings_key keys[] = {
        { "pxed", "http-port", set_port, offsetof(struct settings, http_port) },
        { "pxed", "introspect-port", set_port, offsetof(struct settings, introspect_port) },
        { "pxed", "images", set_folder, offsetof(struct settings, images) },
        { "pxed", "token-lifetime", set_duration, offsetof(struct settings, token_lifetime) },
        { "pxed", "events-kept", set_count, offsetof(struct settings, events_kept) },
        { "pxed", "inventories-kept", set_count, offsetof(struct settings, inventories_kept) },
        { "pxed", "boots-kept", set_count, offsetof(struct settings, boots_kept) },
        { "pxed", "nodes-max", set_count, offsetof(struct settings, nodes_max) },
        { "pxed", "inspect-arguments", set_arguments, offsetof(struct settings, inspect_arguments) },
        { "pxed", "shared-macs", set_shared_macs, 0 },
        { "pxed", "shared-uuids", set_shared_uuids, 0 },
        { "pxed", "shared-serials", set_shared_serials, 0 },
        { "inspection", "waiting-timeout", set_timeout, offsetof(struct settings, timeouts.waiting) },
        { "inspection", "processing-timeout", set_timeout, offsetof(struct settings, timeouts.processing) },
        { "inspection", "reapplying-timeout", set_timeout, offsetof(struct settings, timeouts.reapplying) },
        { "inspection", "aborting-timeout", set_timeout, offsetof(struct settings, timeouts.aborting) },
        { "inspection", "inspector-listen", set_listen, offsetof(struct settings, inspector_listen) },
        { "bus", "dhcp-user", set_text, offsetof(struct settings, users[ROLE_DHCP]) },
        { "bus", "tftp-user", set_text, offsetof(struct settings, users[ROLE_TFTP]) },
        { "bus", "netcfg-user", set_text, offsetof(struct settings, users[ROLE_NETCFG]) },
        { "bus", "introspect-user", set_text, offsetof(struct settings, users[ROLE_INTROSPECT]) },
        { "network", "interface", set_interface, offsetof(struct network, interface) },
        { "network", "vlan", set_vlan, offsetof(struct network, vlan) },
        { "network", "vlan-interface", set_interface, offsetof(struct network, vlan_interface) },
        { "network", "mtu", set_mtu, offsetof(struct network, mtu) },
        { "network", "address6", set_address6, offsetof(struct network, address6) },
        { "network", "manage", set_manage, offsetof(struct network, manage) },
        { "network", "probe", set_probe, offsetof(struct network, probe) },
        { "network", "address", set_address, offsetof(struct network, address) },
        { "network", "physical-network", set_name, offsetof(struct network, physical_network) },
        { "network", "dhcp", set_mode, offsetof(struct network, dhcp) },
        { "network", "pool", set_pool, offsetof(struct network, pool_start) },
        { "network", "lease-time", set_duration, offsetof(struct network, lease_time) },
        { "network", "gateway", set_gateway, offsetof(struct network, gateway) },
        { "network", "dns", set_dns, offsetof(struct network, dns) },
        { "network", "domain", set_domain, offsetof(struct network, domain) },
        { "network", "ntp", set_ntp, offsetof(struct network, ntp) },
        { "network", "unknown", set_unknown, offsetof(struct network, unknown) },
        { "network", "known", set_known, offsetof(struct network, known) },
        { "network", "without-token", set_without_token, offsetof(struct network, accepts_without_token) },
        { "network", "discover", set_discover, offsetof(struct network, discover) },
        { "network", "finish", set_finish, offsetof(struct network, finish) },
        { "physical-network", "switches", set_switches, 0 },
        { "physical-network", "ports", set_switch_ports, 0 },
        { "physical-network", "subnets", set_subnets, 0 },
        { "host", "network", set_name, offsetof(struct host, network) },
        { "host", "address", set_host_address, offsetof(struct host, address) },
        { "host", "deny", set_bool, offsetof(struct host, denied) },
        { 0 },
};

static const struct settings_key *find(const struct settings_key *table, const char *section, const char *key) {
        for (; table->section; table++)
                if (strcmp(table->section, section) == 0 && (!key || strcmp(table->key, key) == 0))
                        return table;
        return NULL;
}

const struct settings_key *settings_key_find(const char *section, const char *key) {
        return find(keys, section, key) ?: find(settings_inspection_keys, section, key);
}
