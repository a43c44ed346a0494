#include "pxed/observe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

int observe_refuse(struct observe *o, const char *field, const char *reason) {
        snprintf(o->error->field, sizeof o->error->field, "observations[%zu].%s", o->index, field);
        snprintf(o->error->reason, sizeof o->error->reason, "%s", reason);
        return -EINVAL;
}

int observe_mac(struct observe *o, const json_t *object, const char *kind, struct mac *ret) {
        char field[32];
        const char *text = json_get_string(object, "mac");
        if (text && mac_parse(text, ret) == 0 && mac_is_unicast(ret))
                return 0;
        snprintf(field, sizeof field, "%s.mac", kind);
        return observe_refuse(o, field, "is no MAC address of one interface");
}

/* What is told of a network that the configuration no longer has is of no use. */
static const char *known_network(const struct observe *o, const json_t *object) {
        const struct network *network = settings_network(o->state->settings, json_get_string(object, "network"));
        return network ? network->name : NULL;
}

static int observe_lease(struct observe *o, const json_t *json) {
        const char *network = known_network(o, json);
        int64_t expires = json_get_int(json, "expires", 0);
        struct mac mac;
        struct ip address;

        int r = observe_mac(o, json, "lease", &mac);
        if (r < 0)
                return r;
        if (ip_parse(json_get_string(json, "address"), &address) < 0)
                return observe_refuse(o, "lease.address", "is no IP address");
        if (expires < 0)
                return observe_refuse(o, "lease.expires", "is before 1970");
        if (!network)
                return 0;
        struct lease *before = leases_find(&o->state->leases, network, &address);
        if (json_get_bool(json, "ended", false))
                return before && mac_to_u64(&before->mac) == mac_to_u64(&mac) ? change_remove_lease(o->change, before) : 0;
        const char *hostname = json_get_string(json, "hostname");
        if (before && mac_to_u64(&before->mac) == mac_to_u64(&mac) && before->expires == (uint64_t) expires &&
            text_equal(before->hostname, hostname))
                return 0;
        if (!before && o->state->leases.count >= LEASES_MAX)
                return 0;
        struct lease *lease = lease_new(network, &mac, &address, hostname, (uint64_t) expires);
        return lease ? change_put_lease(o->change, lease) : -ENOMEM;
}

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

static uint8_t protocols_from(const json_t *json) {
        uint8_t protocols = 0;
        json_t *name;
        size_t i;
        json_array_foreach(json_get_array(json, "protocols"), i, name) {
                int protocol = name_to_enum(protocol_names, PROTOCOLS, json_string_value(name));
                if (protocol >= 0)
                        protocols |= (uint8_t) (1 << protocol);
        }
        return protocols;
}

static int observe_sighting(struct observe *o, const json_t *json) {
        struct ip addresses[SIGHTING_ADDRESSES_MAX];
        size_t count = 0, i;
        json_t *text;
        struct mac mac;
        int64_t first = json_get_int(json, "firstSeen", 0), last = json_get_int(json, "lastSeen", 0);

        int r = observe_mac(o, json, "sighting", &mac);
        if (r < 0)
                return r;
        if (first < 0 || last < first)
                return observe_refuse(o, "sighting.lastSeen", "is before firstSeen");
        json_array_foreach(json_get_array(json, "addresses"), i, text) {
                struct ip address;
                if (ip_parse(json_string_value(text), &address) < 0)
                        return observe_refuse(o, "sighting.addresses", "is no IP address");
                if (count < ELEMENTS(addresses))
                        addresses[count++] = address;
        }
        const char *network = known_network(o, json);
        if (!network)
                return 0;
        const struct sighting *before = sightings_find(&o->state->sightings, &mac, network);
        r = before ? 0 : make_room(o);
        if (r < 0)
                return r;
        _cleanup_(sighting_freep) struct sighting *seen = sighting_new(&mac, network, addresses, count);
        if (!seen)
                return -ENOMEM;
        seen->first = (uint64_t) first;
        seen->last = (uint64_t) last;
        seen->protocols = protocols_from(json);
        if (!before)
                return change_put_sighting(o->change, TAKE_POINTER(seen));
        struct sighting *merged = sighting_merge(before, seen);
        return merged ? change_put_sighting(o->change, merged) : -ENOMEM;
}

/* Whether two links differ in more than the packets counted. */
static bool link_differs(const json_t *a, const json_t *b) {
        _cleanup_json_ json_t *x = json_copy((json_t *) a), *y = json_copy((json_t *) b);
        static const char *const counters[] = { "captured", "dropped" };
        for (size_t i = 0; x && y && i < ELEMENTS(counters); i++) {
                json_object_del(x, counters[i]);
                json_object_del(y, counters[i]);
        }
        return !x || !y || !json_equal(x, y);
}

static int observe_link(struct observe *o, const json_t *json) {
        const char *network = known_network(o, json);
        if (!network)
                return 0;
        json_t *link = json_deep_copy(json);
        if (!link)
                return -ENOMEM;
        json_object_del(link, "network");
        const json_t *before = json_object_get(o->state->links, network);
        if (json_object_set_new(o->links, network, link) < 0)
                return -ENOMEM;
        if (before && !link_differs(before, link))
                return 0;
        bool carrier = json_get_bool(link, "carrier", false);
        if (before && json_get_bool(before, "carrier", false) != carrier) {
                int r = change_event(o->change, carrier ? "network.carrier" : "network.no-carrier", NULL, NULL, network, NULL,
                                     "The interface of network %s %s", network,
                                     carrier                                 ? "has a carrier"
                                     : !json_get_bool(link, "exists", false) ? "has gone"
                                     : !json_get_bool(link, "up", false)     ? "was taken down"
                                                                             : "has lost its carrier: look at the cable and the switch");
                if (r < 0)
                        return r;
        }
        _cleanup_free_ char *text = json_dumps(link, JSON_COMPACT);
        struct store *store = change_store(o->change);
        if (!text)
                return -ENOMEM;
        return store ? store_put_link(store, network, text) : -EIO;
}

static int observe_one(struct observe *o, const json_t *observation) {
        int64_t time = json_get_int(observation, "time", -1);
        const json_t *value;

        if (time < 0)
                return observe_refuse(o, "time", "is before 1970");
        /* The clock was set back since, or a worker is wrong: nothing has been seen in the future. */
        if ((uint64_t) time > change_now(o->change))
                time = (int64_t) change_now(o->change);
        if ((value = json_get_object(observation, "step")))
                return observe_step(o, (uint64_t) time, value);
        if ((value = json_get_object(observation, "lease")))
                return observe_lease(o, value);
        if ((value = json_get_object(observation, "sighting")))
                return observe_sighting(o, value);
        if ((value = json_get_object(observation, "link")))
                return observe_link(o, value);
        if ((value = json_get_object(observation, "inventory")))
                return observe_inventory(o, (uint64_t) time, value);
        return observe_refuse(o, "time", "the observation has no value");
}

int observe_all(struct observe *o, const json_t *observations) {
        json_t *observation;
        json_array_foreach(observations, o->index, observation) {
                int r = observe_one(o, observation);
                if (r < 0)
                        return r;
        }
        return 0;
}

void observe_finish(struct observe *o) {
        (void) json_object_update(o->state->links, o->links);
}
