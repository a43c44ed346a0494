#include "pxed/settings_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "pxed/settings_inspection.h"
#include "pxed/settings_keys.h"

#define PROBE_SECONDS 600

/* The entry of a section's key, to name its line; the section's first entry where the key is not written. */
static const struct config_entry *entry_of(const struct config *config, const struct config_entry *first,
                                           const char *key) {
        for (size_t i = 0; i < config_size(config); i++) {
                const struct config_entry *entry = config_at(config, i);
                if (strcmp(entry->section, first->section) == 0 && strcmp(entry->name, first->name) == 0 &&
                    strcmp(entry->key, key) == 0)
                        return entry;
        }
        return first;
}

/* What the configuration calls the interface is the one below a VLAN's own. */
static int name_vlan_interface(struct network *network, const struct config *config, struct config_error *error) {
        char name[IFNAMSIZ + 8];

        if (network->vlan == 0 && network->vlan_interface)
                return config_refuse(error, entry_of(config, network->first, "vlan-interface"),
                                     "network %s: vlan-interface has no use without vlan", network->name);
        if (network->vlan == 0 || !network->interface)
                return 0;
        if (network->vlan_interface && strcmp(network->vlan_interface, network->interface) == 0)
                return config_refuse(error, entry_of(config, network->first, "vlan-interface"),
                                     "network %s: the interface of VLAN %u cannot have the name of the one below it",
                                     network->name, (unsigned) network->vlan);
        network->parent = TAKE_POINTER(network->interface);
        int size = snprintf(name, sizeof name, "%s.%u", network->parent, (unsigned) network->vlan);
        if (!network->vlan_interface && size >= IFNAMSIZ)
                return config_refuse(error, entry_of(config, network->first, "vlan"),
                                     "network %s: %s is longer than the %d characters that an interface name may have: name it by "
                                     "vlan-interface =", network->name, name, IFNAMSIZ - 1);
        return text_set(&network->interface, network->vlan_interface ? network->vlan_interface : name);
}

int settings_complete(struct settings *settings, const struct config *config, struct config_error *error) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < settings->n_networks; i++) {
                struct network *network = &settings->networks[i];
                if (network->probe == PROBE_BY_MODE)
                        network->probe = network->dhcp == DHCP_OFF ? 0 : PROBE_SECONDS;
                r = name_vlan_interface(network, config, error);
        }
        settings->inspection.junk = &settings->junk;
        settings->inspection.physical = settings->physical;
        settings->inspection.n_physical = settings->n_physical;
        return r;
}

static uint32_t v4(const struct ip *ip) {
        return ntohl(ip->v4.s_addr);
}

static bool is_network_or_broadcast(const struct ip *ip, const struct ip_prefix *prefix) {
        uint32_t hosts = 0xffffffffu >> prefix->length;
        return (v4(ip) & hosts) == 0 || (v4(ip) & hosts) == hosts;
}

static int check_pool(const struct network *network, const struct config *config, struct config_error *error) {
        char prefix[IP_PREFIX_TEXT_SIZE], address[IP_TEXT_SIZE];
        const struct config_entry *entry = entry_of(config, network->first, "pool");

        ip_prefix_format(&network->address, prefix);
        if (network->dhcp == DHCP_SERVER && !network->has_pool)
                return config_refuse(error, network->first,
                                     "network %s: dhcp = server needs a pool = FIRST-LAST, or set dhcp = proxy or off",
                                     network->name);
        if (!network->has_pool)
                return 0;
        if (network->dhcp != DHCP_SERVER)
                return config_refuse(error, entry, "network %s: a pool has no use with dhcp = %s", network->name,
                                     dhcp_mode_names[network->dhcp]);
        for (int i = 0; i < 2; i++) {
                const struct ip *ip = i == 0 ? &network->pool_start : &network->pool_end;
                if (!ip_in_prefix(ip, &network->address) || is_network_or_broadcast(ip, &network->address))
                        return config_refuse(error, entry, "network %s: %s of the pool is no host address of %s",
                                             network->name, ip_format(ip, address), prefix);
        }
        if (v4(&network->address.address) >= v4(&network->pool_start) &&
            v4(&network->address.address) <= v4(&network->pool_end))
                return config_refuse(error, entry, "network %s: the pool contains the appliance's own address %s",
                                     network->name, ip_format(&network->address.address, address));
        return 0;
}

static int check_network(const struct network *network, const struct config *config, struct config_error *error) {
        char address[IP_TEXT_SIZE];

        if (!network->interface)
                return config_refuse(error, network->first, "network %s: interface = is missing", network->name);
        if (!network->has_address)
                return config_refuse(error, network->first, "network %s: address = is missing", network->name);
        if (is_network_or_broadcast(&network->address.address, &network->address))
                return config_refuse(error, entry_of(config, network->first, "address"),
                                     "network %s: %s is the network's or its broadcast address, no host's",
                                     network->name, ip_format(&network->address.address, address));
        if (network->has_gateway && !ip_in_prefix(&network->gateway, &network->address))
                return config_refuse(error, entry_of(config, network->first, "gateway"),
                                     "network %s: gateway %s is outside of its prefix", network->name,
                                     ip_format(&network->gateway, address));
        return check_pool(network, config, error);
}

static bool prefixes_overlap(const struct ip_prefix *a, const struct ip_prefix *b) {
        return ip_in_prefix(&a->address, b) || ip_in_prefix(&b->address, a);
}

/* As "eth0.20 (VLAN 20 of eth0)". */
static char *describe_interface(const struct network *network, char *buffer, size_t size) {
        if (network->parent)
                snprintf(buffer, size, "%s (VLAN %u of %s)", network->interface, (unsigned) network->vlan, network->parent);
        else
                snprintf(buffer, size, "%s", network->interface);
        return buffer;
}

static int check_interfaces(const struct network *a, const struct network *b, const struct config *config,
                            struct config_error *error) {
        char one[3 * IFNAMSIZ], other[3 * IFNAMSIZ];
        describe_interface(a, one, sizeof one);
        describe_interface(b, other, sizeof other);
        if (strcmp(a->interface, b->interface) == 0 ||
            (a->parent && b->parent && strcmp(a->parent, b->parent) == 0 && a->vlan == b->vlan))
                return config_refuse(error, entry_of(config, b->first, b->vlan ? "vlan" : "interface"),
                                     "network %s: interface %s is the one of network %s already, as %s", b->name, other, a->name,
                                     one);
        const struct network *below = text_equal(a->interface, b->parent) ? a : text_equal(b->interface, a->parent) ? b : NULL;
        const struct network *above = below == a ? b : a;
        if (below && below->mtu > 0 && above->mtu > below->mtu)
                return config_refuse(error, entry_of(config, above->first, "mtu"),
                                     "network %s: mtu %u is more than the %u of network %s, whose interface is below", above->name,
                                     (unsigned) above->mtu, (unsigned) below->mtu, below->name);
        return 0;
}

static int check_pair(const struct network *a, const struct network *b, const struct config *config,
                      struct config_error *error) {
        int r = check_interfaces(a, b, config, error);
        if (r < 0)
                return r;
        /* Pools lie inside their prefixes, so that prefixes apart are pools apart. */
        if (prefixes_overlap(&a->address, &b->address))
                return config_refuse(error, entry_of(config, b->first, "address"),
                                     "network %s: its addresses overlap with those of network %s", b->name, a->name);
        if (a->has_address6 && b->has_address6 && prefixes_overlap(&a->address6, &b->address6))
                return config_refuse(error, entry_of(config, b->first, "address6"),
                                     "network %s: its IPv6 addresses overlap with those of network %s", b->name, a->name);
        return 0;
}

static uint64_t hash_ip(const struct ip *ip) {
        return index_hash(&ip->v4, sizeof ip->v4);
}

static bool is_reserved(const struct index *reserved, const struct ip *ip) {
        const struct ip *other;
        size_t position = 0;
        while ((other = index_next(reserved, hash_ip(ip), &position)))
                if (ip_equal(other, ip))
                        return true;
        return false;
}

/* reserved: the addresses of the hosts before. */
static int check_host(const struct settings *settings, const struct host *host, struct index *reserved,
                      const struct config *config, struct config_error *error) {
        char mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
        const struct network *network = NULL;

        mac_format(&host->mac, mac);
        if (!host->has_address && !host->denied)
                return config_refuse(error, host->first, "host %s: give address = or deny = yes", mac);
        if (host->has_address && host->denied)
                return config_refuse(error, host->first, "host %s: address = and deny = yes exclude each other", mac);
        if (host->network) {
                network = settings_network(settings, host->network);
                if (!network)
                        return config_refuse(error, entry_of(config, host->first, "network"),
                                             "host %s: there is no network %s", mac, host->network);
        }
        if (!host->has_address)
                return 0;
        ip_format(&host->address, address);
        for (size_t i = 0; !network && i < settings->n_networks; i++)
                if (ip_in_prefix(&host->address, &settings->networks[i].address))
                        network = &settings->networks[i];
        if (!network)
                return config_refuse(error, entry_of(config, host->first, "address"),
                                     "host %s: address %s is of no network", mac, address);
        if (!ip_in_prefix(&host->address, &network->address) ||
            is_network_or_broadcast(&host->address, &network->address))
                return config_refuse(error, entry_of(config, host->first, "address"),
                                     "host %s: address %s is no host address of network %s", mac, address, network->name);
        if (ip_equal(&host->address, &network->address.address))
                return config_refuse(error, entry_of(config, host->first, "address"),
                                     "host %s: address %s is the appliance's own", mac, address);
        if (is_reserved(reserved, &host->address))
                return config_refuse(error, entry_of(config, host->first, "address"),
                                     "host %s: address %s is reserved for another host already", mac, address);
        return index_add(reserved, hash_ip(&host->address), (void *) &host->address);
}

int settings_check(const struct settings *settings, const struct config *config, struct config_error *error) {
        int r;

        if (settings->http_port == settings->introspect_port)
                return config_refuse(error, NULL, "http-port and introspect-port are both %u", settings->http_port);
        for (size_t i = 0; i < settings->n_networks; i++) {
                r = check_network(&settings->networks[i], config, error);
                for (size_t k = 0; r == 0 && k < i; k++)
                        r = check_pair(&settings->networks[k], &settings->networks[i], config, error);
                if (r < 0)
                        return r;
        }
        r = settings_inspection_check(&settings->inspection, error);
        struct index reserved = { 0 };
        for (size_t i = 0; r == 0 && i < settings->n_hosts; i++)
                r = check_host(settings, &settings->hosts[i], &reserved, config, error);
        index_clear(&reserved);
        return r;
}
