/* Sightings: a MAC on a network, and when it has moved from one to another. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/identity.h"
#include "pxed/observe.h"
#include "pxed/port_review.h"

/* What a machine says of itself has no need to be longer: options 61 and 82 are hexadecimal here. */
#define FACT_MAX 128

static int make_room(struct observe *o) {
        struct sighting *oldest[1000];
        size_t count = 0;
        int r = 0;
        if (o->state->sightings.count >= SIGHTINGS_MAX)
                count = sightings_oldest(&o->state->sightings, oldest, ELEMENTS(oldest));
        for (size_t i = 0; r == 0 && i < count; i++)
                r = change_remove_sighting(o->change, oldest[i]);
        return r;
}

static uint16_t protocols_from(const json_t *json) {
        uint16_t protocols = 0;
        json_t *name;
        size_t i;
        json_array_foreach(json_get_array(json, "protocols"), i, name) {
                int protocol = name_to_enum(protocol_names, PROTOCOLS, json_string_value(name));
                if (protocol >= 0)
                        protocols |= (uint16_t) (1 << protocol);
        }
        return protocols;
}

/* Text of those members that are told; NULL in *ret: none is. */
static int facts_from(const json_t *json, char **ret) {
        static const char *const texts[] = { "hostname", "vendorClass", "uuid", "clientId", "relay", "circuitId", "remoteId" };
        _cleanup_json_ json_t *facts = json_object();
        int64_t architecture = json_get_int(json, "architecture", -1);

        for (size_t i = 0; facts && i < ELEMENTS(texts); i++) {
                _cleanup_free_ char *text = NULL;
                if (text_set_max(&text, json_get_string(json, texts[i]), FACT_MAX) < 0)
                        return -ENOMEM;
                if (text && *text && json_object_set_new(facts, texts[i], json_text(text)) < 0)
                        return -ENOMEM;
        }
        if (architecture >= 0 && json_object_set_new(facts, "architecture", json_integer(architecture)) < 0)
                return -ENOMEM;
        *ret = json_object_size(facts) > 0 ? json_dumps(facts, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        return !facts || (json_object_size(facts) > 0 && !*ret) ? -ENOMEM : 0;
}

static int addresses_from(struct observe *o, const json_t *json, struct ip addresses[static SIGHTING_ADDRESSES_MAX],
                          size_t *ret_count) {
        size_t count = 0, i;
        json_t *text;
        json_array_foreach(json_get_array(json, "addresses"), i, text) {
                struct ip address;
                if (ip_parse(json_string_value(text), &address) < 0)
                        return observe_refuse(o, "sighting.addresses", "is no IP address");
                if (count < SIGHTING_ADDRESSES_MAX)
                        addresses[count++] = address;
        }
        *ret_count = count;
        return 0;
}

static int sighting_from(struct observe *o, const json_t *json, const struct mac *mac, const char *network, struct sighting **ret) {
        struct ip addresses[SIGHTING_ADDRESSES_MAX];
        int64_t first = json_get_int(json, "firstSeen", 0), last = json_get_int(json, "lastSeen", 0);
        int64_t vlan = json_get_int(json, "vlan", VLAN_NONE);
        _cleanup_free_ char *facts = NULL;
        size_t count = 0;

        if (first < 0 || last < first)
                return observe_refuse(o, "sighting.lastSeen", "is before firstSeen");
        if (vlan < VLAN_NONE || vlan > 4095)
                return observe_refuse(o, "sighting.vlan", "is no VLAN id");
        int r = addresses_from(o, json, addresses, &count);
        if (r == 0)
                r = facts_from(json, &facts);
        if (r < 0 || !network) {
                *ret = NULL;
                return r;
        }
        *ret = sighting_new(mac, network, (int) vlan, addresses, count, facts);
        if (!*ret)
                return -ENOMEM;
        (*ret)->first = (uint64_t) first;
        (*ret)->last = (uint64_t) last;
        (*ret)->protocols = protocols_from(json);
        return 0;
}

/* Anybody on a trunk can send one MAC on each VLAN. */
static bool is_one_stray_too_many(const struct observed *sightings, const struct sighting *seen) {
        const struct sighting *other;
        size_t position = 0, strays = 0;
        while (seen->vlan != VLAN_NONE && (other = sightings_next(sightings, &seen->mac, &position)))
                strays += other->vlan != VLAN_NONE;
        return strays >= SIGHTING_STRAYS_MAX;
}

/* As "2023-11-14 22:13:20 UTC". */
static char *describe_time(uint64_t usec, char *buffer, size_t size) {
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        struct tm tm;
        if (!gmtime_r(&seconds, &tm) || strftime(buffer, size, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
                *buffer = '\0';
        return buffer;
}

static int tell_moved(struct observe *o, struct sighting *seen) {
        const struct sighting *from = sightings_moved_from(&o->state->sightings, seen);
        const struct node *node = registry_by_mac(&o->state->nodes, &seen->mac);
        char mac[MAC_TEXT_SIZE], since[32], until[32];
        if (!from)
                return 0;
        seen->moved = seen->last;
        return change_event(o->change, "sighting.moved", node, &seen->mac, seen->network, NULL,
                            "%s%s%s%s has moved from network %s, where it was seen since %s and last at %s, to network %s",
                            mac_format(&seen->mac, mac), node ? " (" : "", node ? node->name : "", node ? ")" : "", from->network,
                            describe_time(from->first, since, sizeof since), describe_time(from->last, until, sizeof until),
                            seen->network);
}

/* The class that it has told; NULL: none. The caller frees it. */
static char *vendor_class_of(const struct sighting *seen) {
        _cleanup_json_ json_t *facts = seen && seen->facts ? json_loads(seen->facts, 0, NULL) : NULL;
        const char *class = json_get_string(facts, "vendorClass");
        return class ? strdup(class) : NULL;
}

static int tell_bmc(struct observe *o, const struct sighting *seen, const struct sighting *before, const char *class, const struct node *owner) {
        _cleanup_free_ char *known = vendor_class_of(before);
        char mac[MAC_TEXT_SIZE];
        if (before && (discovery_class_is_bmc(known) || !discovery_class_is_bmc(class)))
                return 0;
        return change_event(o->change, "discovery.bmc", owner, &seen->mac, seen->network, NULL, "%s on network %s is %s%s%s%s%s",
                            mac_format(&seen->mac, mac), seen->network, owner ? "the management controller of " : "a management controller",
                            owner ? owner->name : "", class ? " (" : "", class ? class : "", class ? ")" : "");
}

static int discover(struct observe *o, const json_t *json, const struct sighting *seen, const struct sighting *before) {
        const char *class = json_get_string(json, "vendorClass"), *uuid_text = json_get_string(json, "uuid");
        struct uuid uuid;
        bool has_uuid = uuid_text && uuid_parse(uuid_text, &uuid) == 0;
        const struct node *known = class ? identity_find(&o->state->nodes, &o->state->settings->junk, NULL, &seen->mac, has_uuid ? &uuid : NULL) : NULL;
        const struct node *owner = registry_by_bmc_mac(&o->state->nodes, &seen->mac);
        const struct discovery_input input = {
                .policy = observe_policy(o, &seen->mac, seen->network),
                .sign = SIGN_SEEN,
                .vendor_class = class,
                .has_node = known,
                .has_port = known && node_port(known, &seen->mac),
                .is_bmc = owner,
        };
        struct node *node;

        if ((!class && !owner) || seen->vlan != VLAN_NONE)
                return 0;
        switch (discovery_decide(&input)) {
        case DISCOVERED_BMC:
                return tell_bmc(o, seen, before, class, owner);
        case DISCOVERED_NODE:
                return observe_discover(o, &seen->mac, has_uuid ? &uuid : NULL, seen->network, SIGN_ASKS, &node);
        default:
                return 0;
        }
}

int observe_sighting(struct observe *o, const json_t *json) {
        _cleanup_(sighting_freep) struct sighting *seen = NULL;
        struct observed *sightings = &o->state->sightings;
        struct mac mac;

        int r = observe_mac(o, json, "sighting", &mac);
        if (r == 0)
                r = sighting_from(o, json, &mac, observe_network(o, json), &seen);
        if (r < 0 || !seen)
                return r;
        const struct sighting *before = sightings_find(sightings, &mac, seen->network, seen->vlan);
        if (!before && is_one_stray_too_many(sightings, seen))
                return 0;
        r = before ? 0 : make_room(o);
        if (r == 0)
                r = tell_moved(o, seen);
        if (r == 0)
                r = discover(o, json, seen, before);
        if (r < 0)
                return r;
        struct sighting *merged = before ? sighting_merge(before, seen) : TAKE_POINTER(seen);
        r = merged ? change_put_sighting(o->change, merged) : -ENOMEM;
        return r < 0 ? r : port_review(o->state, o->change, registry_by_mac(&o->state->nodes, &mac), &mac);
}
