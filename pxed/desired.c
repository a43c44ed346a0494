/* The entries of the desired state, as org.pxed.Worker declares them. */
#include <string.h>

#include "lib/json.h"
#include "pxed/workers.h"

static json_t *shared_macs(const struct settings *settings) {
        char text[MAC_TEXT_SIZE];
        json_t *array = json_array();
        for (size_t i = 0; i < settings->junk.n_macs; i++)
                json_array_append_new(array, json_string(mac_prefix_format(&settings->junk.macs[i], text)));
        return array;
}

static json_t *settings_entry(const struct state *s) {
        char secret[2 * TOKEN_SECRET_SIZE + 1];
        const struct settings *settings = s->settings;
        secret_format(s->secret, secret);
        return json_pack("{s:s, s:i, s:i, s:s, s:I, s:o, s:o}", "secret", secret, "httpPort", (int) settings->http_port, "introspectPort",
                         (int) settings->introspect_port, "imageDirectory", settings->images, "tokenLifetime",
                         (json_int_t) settings->token_lifetime, "sharedMacs", shared_macs(settings),
                         "inspectorListen", json_text(settings->inspector_listen));
}

static json_t *ip_or_null(bool known, const struct ip *ip) {
        char text[IP_TEXT_SIZE];
        return json_text(known ? ip_format(ip, text) : NULL);
}

static json_t *ips(const struct ip *list, size_t count) {
        json_t *array = json_array();
        for (size_t i = 0; i < count; i++)
                json_array_append_new(array, ip_or_null(true, &list[i]));
        return array;
}

static json_t *network_entry(const struct network *n) {
        char address[IP_PREFIX_TEXT_SIZE], address6[IP_PREFIX_TEXT_SIZE];
        return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:s}",
                         "name", n->name,
                         "interface", n->interface,
                         "address", ip_prefix_format(&n->address, address),
                         "physicalNetwork", json_text(n->physical_network),
                         "dhcp", dhcp_mode_names[n->dhcp],
                         "poolStart", ip_or_null(n->has_pool, &n->pool_start),
                         "poolEnd", ip_or_null(n->has_pool, &n->pool_end),
                         "leaseTime", (json_int_t) n->lease_time,
                         "gateway", ip_or_null(n->has_gateway, &n->gateway),
                         "dns", ips(n->dns, n->n_dns),
                         "domain", json_text(n->domain),
                         "ntp", ips(n->ntp, n->n_ntp),
                         "unknown", json_text(n->unknown),
                         "known", n->known,
                         "finish", finish_names[n->finish],
                         "parent", json_text(n->parent),
                         "vlan", json_int_or_null(n->vlan > 0, (int64_t) n->vlan),
                         "mtu", json_int_or_null(n->mtu > 0, (int64_t) n->mtu),
                         "address6", json_text(n->has_address6 ? ip_prefix_format(&n->address6, address6) : NULL),
                         "manage", manage_names[n->manage],
                         "probe", json_int_or_null(n->probe > 0, (int64_t) n->probe),
                         "withoutToken", n->accepts_without_token ? "accept" : "refuse");
}

static json_t *node_entry(const struct state *s, const struct node *n) {
        char id[UUID_TEXT_SIZE], uuid[UUID_TEXT_SIZE], mac[MAC_TEXT_SIZE];
        const struct assignment *a = n->assignment;
        json_t *macs = json_array();
        for (size_t i = 0; i < n->n_ports; i++)
                json_array_append_new(macs, json_string(mac_format(&n->ports[i].mac, mac)));
        bool identifies = registry_uuid_identifies(&s->nodes, n) && !junk_has_uuid(&s->settings->junk, &n->uuid);
        json_t *parameters = a && a->parameters ? json_loads(a->parameters, 0, NULL) : NULL;
        return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:b, s:b, s:o, s:o, s:o*}",
                         "id", uuid_format(&n->id, id),
                         "name", n->name,
                         "macs", macs,
                         "uuid", json_text(identifies ? uuid_format(&n->uuid, uuid) : NULL),
                         "profile", json_text(a ? a->profile : NULL),
                         "parameters", parameters ? parameters : json_object(),
                         "assignment", (json_int_t) (a ? a->revision : 0),
                         "once", a ? (int) a->once : 0,
                         "inspect", (int) n->inspection.asked,
                         "inspectionStarted", json_int_or_null(n->inspection.started != 0, (int64_t) n->inspection.started),
                         "bmcAddress", json_text(n->bmc_address),
                         "aborting", n->inspection.state == INSPECTION_ABORTING ? json_true() : NULL);
}

static json_t *host_entry(const struct host *h) {
        char mac[MAC_TEXT_SIZE];
        return json_pack("{s:s, s:o, s:o, s:b}", "mac", mac_format(&h->mac, mac), "network", json_text(h->network), "address",
                         ip_or_null(h->has_address, &h->address), "denied", (int) h->denied);
}

static json_t *capture_entry(const struct capture *c) {
        char mac[MAC_TEXT_SIZE];
        return json_pack("{s:I, s:s}", "boot", (json_int_t) c->boot, "mac", mac_format(&c->mac, mac));
}

/* The value of the object that a key names; NULL: it is gone. */
static json_t *value_of(const struct state *s, const char *word, const char *name) {
        struct uuid id;
        struct mac mac;
        const struct network *network;
        const struct profile *profile;
        const struct node *node;
        const struct host *host;
        const struct capture *capture;

        if (strcmp(word, "settings") == 0)
                return settings_entry(s);
        if (strcmp(word, "network") == 0)
                return (network = settings_network(s->settings, name)) ? network_entry(network) : NULL;
        if (strcmp(word, "profile") == 0)
                return (profile = profiles_find(&s->profiles, name)) ? profile_to_json(profile, false) : NULL;
        if (strcmp(word, "node") == 0)
                return uuid_parse(name, &id) == 0 && (node = registry_by_id(&s->nodes, &id)) ? node_entry(s, node) : NULL;
        if (strcmp(word, "host") == 0)
                return mac_parse(name, &mac) == 0 && (host = settings_host(s->settings, &mac)) ? host_entry(host) : NULL;
        if (strcmp(word, "capture") == 0)
                return (capture = captures_find(&s->captures, strtoull(name, NULL, 10))) ? capture_entry(capture) : NULL;
        return NULL;
}

json_t *desired_entry(const struct state *s, const char *key) {
        char word[16];
        size_t length = strcspn(key, "/");
        if (length >= sizeof word)
                return NULL;
        memcpy(word, key, length);
        word[length] = '\0';
        json_t *entry = json_pack("{s:s}", "key", key);
        json_t *value = value_of(s, word, key[length] ? key + length + 1 : "");
        if (entry && value)
                json_object_set_new(entry, word, value);
        return entry;
}
