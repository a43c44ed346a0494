#include "pxed/settings.h"

#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/text.h"
#include "pxed/settings_check.h"
#include "pxed/settings_keys.h"

const char *const role_names[ROLE_COUNT] = { "dhcp", "tftp", "netcfg", "introspect" };
const char *const dhcp_mode_names[3] = { "server", "proxy", "off" };
const char *const finish_names[3] = { "poweroff", "reboot", "wait" };
const char *const manage_names[2] = { "report", "repair" };

static int set_defaults(struct settings *s) {
        static const char *const users[ROLE_COUNT] = { "pxed-dhcp", "pxed-tftp", "pxed-netcfg", "pxed-introspect" };
        int r = 0;

        s->http_port = 8080;
        s->introspect_port = 5050;
        s->token_lifetime = 4 * 3600;
        s->events_kept = 100000;
        s->inventories_kept = 5;
        s->boots_kept = 20;
        s->nodes_max = 50000;
        inspection_options_init(&s->inspection);
        s->timeouts = (struct inspection_timeouts) { .waiting = 3600, .processing = 300, .reapplying = 3600, .aborting = 60 };
        for (int role = 0; r == 0 && role < ROLE_COUNT; role++)
                r = text_set(&s->users[role], users[role]);
        if (r == 0)
                r = text_set(&s->images, "/var/lib/pxed/images");
        if (r == 0)
                r = text_set(&s->inspect_arguments, "quiet cryptomgr.notests console=tty0 console=ttyS0,115200");
        return r;
}

static int find_network(struct settings *s, const struct config_entry *entry, void **ret, struct config_error *error) {
        for (size_t i = 0; i < s->n_networks; i++)
                if (strcmp(s->networks[i].name, entry->name) == 0) {
                        *ret = &s->networks[i];
                        return 0;
                }
        if (!name_is_valid(entry->name))
                return config_refuse(error, entry,
                                     "[network %s]: a network needs a name of at most 63 letters, digits, '.', '_', '-'",
                                     entry->name);
        struct network *network = array_append((void **) &s->networks, &s->n_networks, sizeof *network);
        if (!network)
                return -ENOMEM;
        network->first = entry;
        network->lease_time = 3600;
        network->finish = FINISH_POWEROFF;
        network->probe = PROBE_BY_MODE;
        *ret = network;
        int r = text_set(&network->name, entry->name);
        if (r == 0)
                r = text_set(&network->unknown, "inspect");
        if (r == 0)
                r = text_set(&network->known, "local");
        return r;
}

static int find_physical(struct settings *s, const struct config_entry *entry, void **ret, struct config_error *error) {
        for (size_t i = 0; i < s->n_physical; i++)
                if (strcmp(s->physical[i].name, entry->name) == 0) {
                        *ret = &s->physical[i];
                        return 0;
                }
        if (!name_is_valid(entry->name))
                return config_refuse(error, entry,
                                     "[physical-network %s]: it needs a name of at most 63 letters, digits, '.', '_', '-'",
                                     entry->name);
        struct physical_network *physical = array_append((void **) &s->physical, &s->n_physical, sizeof *physical);
        *ret = physical;
        return physical ? text_set(&physical->name, entry->name) : -ENOMEM;
}

static int find_pci_kind(struct pci_kind **kinds, size_t *count, const struct config_entry *entry, void **ret, struct config_error *error) {
        for (size_t i = 0; i < *count; i++)
                if (strcmp((*kinds)[i].name, entry->name) == 0) {
                        *ret = &(*kinds)[i];
                        return 0;
                }
        if (!name_is_valid(entry->name))
                return config_refuse(error, entry, "[%s %s]: it needs a name of at most 63 letters, digits, '.', '_', '-'", entry->section,
                                     entry->name);
        if (*count == PCI_KINDS_MAX)
                return config_refuse(error, entry, "more than %d sections [%s]", PCI_KINDS_MAX, entry->section);
        struct pci_kind *kind = array_append((void **) kinds, count, sizeof *kind);
        if (!kind)
                return -ENOMEM;
        kind->vendor = kind->product = kind->revision = -1;
        *ret = kind;
        return text_set(&kind->name, entry->name);
}

static struct host *known_host(const struct settings *s, const struct mac *mac) {
        size_t position = 0, number;
        while ((number = (uintptr_t) index_next(&s->hosts_by_mac, index_hash(mac, sizeof *mac), &position)))
                if (mac_to_u64(&s->hosts[number - 1].mac) == mac_to_u64(mac))
                        return &s->hosts[number - 1];
        return NULL;
}

static int find_host(struct settings *s, const struct config_entry *entry, void **ret, struct config_error *error) {
        struct mac mac;
        if (mac_parse(entry->name, &mac) < 0 || !mac_is_unicast(&mac))
                return config_refuse(error, entry, "[host %s]: a host is named by its MAC address", entry->name);
        struct host *host = known_host(s, &mac);
        if (host) {
                *ret = host;
                return 0;
        }
        host = array_append((void **) &s->hosts, &s->n_hosts, sizeof *host);
        if (!host || index_add(&s->hosts_by_mac, index_hash(&mac, sizeof mac), (void *) (uintptr_t) s->n_hosts) < 0)
                return -ENOMEM;
        host->mac = mac;
        host->first = entry;
        *ret = host;
        return 0;
}

/* The object that an entry's section stands for. */
static int find_object(struct settings *s, const struct config_entry *entry, void **ret, struct config_error *error) {
        if (strcmp(entry->section, "network") == 0)
                return find_network(s, entry, ret, error);
        if (strcmp(entry->section, "physical-network") == 0)
                return find_physical(s, entry, ret, error);
        if (strcmp(entry->section, "host") == 0)
                return find_host(s, entry, ret, error);
        if (strcmp(entry->section, "pci-alias") == 0)
                return find_pci_kind(&s->inspection.aliases, &s->inspection.n_aliases, entry, ret, error);
        if (strcmp(entry->section, "accelerator") == 0)
                return find_pci_kind(&s->inspection.accelerators, &s->inspection.n_accelerators, entry, ret, error);
        if (!settings_key_find(entry->section, NULL))
                return config_refuse(error, entry, "there is no section [%s]: pxed, bus, inspection, network NAME, physical-network NAME, host MAC, pci-alias NAME and "
                                     "accelerator NAME are known", entry->section);
        if (*entry->name)
                return config_refuse(error, entry, "section [%s] takes no name", entry->section);
        *ret = s;
        return 0;
}

static int read_entry(struct settings *s, const struct config_entry *entry, struct config_error *error) {
        char reason[KEY_REASON_SIZE] = "";
        void *object = NULL;

        int r = find_object(s, entry, &object, error);
        if (r < 0)
                return r;
        const struct settings_key *key = settings_key_find(entry->section, entry->key);
        if (!key)
                return config_refuse(error, entry, "section [%s%s%s] has no key \"%s\"", entry->section,
                                     *entry->name ? " " : "", entry->name, entry->key);
        r = key->set(object, key->offset, entry->value, reason);
        if (r == -EINVAL)
                return config_refuse(error, entry, "%s: %s", entry->key, reason);
        return r;
}

int settings_new(const struct config *config, struct settings **ret, struct config_error *error) {
        _cleanup_(settings_freep) struct settings *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;

        int r = set_defaults(s);
        for (size_t i = 0; r == 0 && i < config_size(config); i++)
                r = read_entry(s, config_at(config, i), error);
        if (r == 0)
                r = settings_complete(s, config, error);
        if (r == 0)
                r = settings_check(s, config, error);
        if (r < 0)
                return r;
        /* The entries end with the configuration. */
        for (size_t i = 0; i < s->n_networks; i++)
                s->networks[i].first = NULL;
        for (size_t i = 0; i < s->n_hosts; i++)
                s->hosts[i].first = NULL;
        *ret = TAKE_POINTER(s);
        return 0;
}

int settings_load(const char *path, struct settings **ret, struct config_error *error) {
        _cleanup_(config_freep) struct config *config = NULL;
        int r = config_load(path, &config, error);
        return r < 0 ? r : settings_new(config, ret, error);
}

struct settings *settings_free(struct settings *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_networks; i++) {
                struct network *n = &s->networks[i];
                free(n->name);
                free(n->interface);
                free(n->parent);
                free(n->vlan_interface);
                free(n->physical_network);
                free(n->domain);
                free(n->unknown);
                free(n->known);
        }
        for (size_t i = 0; i < s->n_physical; i++)
                physical_clear(&s->physical[i]);
        free(s->physical);
        inspection_options_clear(&s->inspection);
        for (size_t i = 0; i < s->n_hosts; i++)
                free(s->hosts[i].network);
        for (int role = 0; role < ROLE_COUNT; role++)
                free(s->users[role]);
        free(s->networks);
        free(s->hosts);
        index_clear(&s->hosts_by_mac);
        free(s->images);
        free(s->inspector_listen);
        free(s->inspect_arguments);
        free(s);
        return NULL;
}

const struct network *settings_network(const struct settings *s, const char *name) {
        for (size_t i = 0; name && i < s->n_networks; i++)
                if (strcmp(s->networks[i].name, name) == 0)
                        return &s->networks[i];
        return NULL;
}

const struct host *settings_host(const struct settings *s, const struct mac *mac) {
        return known_host(s, mac);
}

static bool servers_equal(const struct ip *a, size_t n_a, const struct ip *b, size_t n_b) {
        for (size_t i = 0; n_a == n_b && i < n_a; i++)
                if (!ip_equal(&a[i], &b[i]))
                        return false;
        return n_a == n_b;
}

static bool prefixes_equal(const struct ip_prefix *a, const struct ip_prefix *b) {
        return ip_equal(&a->address, &b->address) && a->length == b->length;
}

static bool interfaces_equal(const struct network *a, const struct network *b) {
        return text_equal(a->interface, b->interface) && text_equal(a->parent, b->parent) && a->vlan == b->vlan &&
               a->mtu == b->mtu && a->manage == b->manage && prefixes_equal(&a->address, &b->address) &&
               a->has_address6 == b->has_address6 && (!a->has_address6 || prefixes_equal(&a->address6, &b->address6));
}

bool network_equal(const struct network *a, const struct network *b) {
        return interfaces_equal(a, b) && a->probe == b->probe && text_equal(a->physical_network, b->physical_network) &&
               a->dhcp == b->dhcp && a->has_pool == b->has_pool &&
               (!a->has_pool || (ip_equal(&a->pool_start, &b->pool_start) && ip_equal(&a->pool_end, &b->pool_end))) &&
               a->lease_time == b->lease_time && a->has_gateway == b->has_gateway &&
               (!a->has_gateway || ip_equal(&a->gateway, &b->gateway)) &&
               servers_equal(a->dns, a->n_dns, b->dns, b->n_dns) && text_equal(a->domain, b->domain) &&
               servers_equal(a->ntp, a->n_ntp, b->ntp, b->n_ntp) && text_equal(a->unknown, b->unknown) &&
               text_equal(a->known, b->known) && a->finish == b->finish &&
               a->accepts_without_token == b->accepts_without_token;
}

bool host_equal(const struct host *a, const struct host *b) {
        return text_equal(a->network, b->network) && a->has_address == b->has_address &&
               (!a->has_address || ip_equal(&a->address, &b->address)) && a->denied == b->denied;
}
