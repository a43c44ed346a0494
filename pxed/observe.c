#include "pxed/observe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/flight.h"
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

const char *observe_network(const struct observe *o, const json_t *object) {
        const struct network *network = settings_network(o->state->settings, json_get_string(object, "network"));
        return network ? network->name : NULL;
}

/* One with leases of both families renews both: its IPv4 address stays, as it is the one that an inventory tells of the two. */
static bool is_second_family(const struct node *node, const struct ip *address) {
        struct ip known;
        return address->family == AF_INET6 && node->bmc_address && ip_parse(node->bmc_address, &known) == 0 && known.family == AF_INET;
}

/* Node.bmcAddress goes with the lease of its BMC. */
static int follow_bmc(struct observe *o, const struct mac *mac, const struct ip *address) {
        const struct node *node = registry_by_bmc_mac(&o->state->nodes, mac);
        char text[IP_TEXT_SIZE];

        if (!node || is_second_family(node, address) || text_equal(node->bmc_address, ip_format(address, text)))
                return 0;
        _cleanup_(node_freep) struct node *copy = node_copy(node);
        if (!copy || text_set(&copy->bmc_address, text) < 0)
                return -ENOMEM;
        int r = change_event(o->change, "node.updated", copy, mac, NULL, NULL, "The management controller of %s is at %s now%s%s", copy->name, text,
                             node->bmc_address ? ", and was at " : "", node->bmc_address ? node->bmc_address : "");
        return r < 0 ? r : change_put_node(o->change, TAKE_POINTER(copy), true);
}

static int observe_lease(struct observe *o, const json_t *json) {
        const char *network = observe_network(o, json);
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
                return before ? change_remove_lease(o->change, before) : 0;
        const char *hostname = json_get_string(json, "hostname");
        r = follow_bmc(o, &mac, &address);
        if (r < 0)
                return r;
        if (before && mac_to_u64(&before->mac) == mac_to_u64(&mac) && before->expires == (uint64_t) expires &&
            text_equal(before->hostname, hostname))
                return 0;
        if (!before && o->state->leases.count >= LEASES_MAX)
                return 0;
        struct lease *lease = lease_new(network, &mac, &address, hostname, (uint64_t) expires);
        return lease ? change_put_lease(o->change, lease) : -ENOMEM;
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
        if ((value = json_get_object(observation, "foreignServer")))
                return observe_foreign_server(o, value);
        if ((value = json_get_object(observation, "addressConflict")))
                return observe_address_conflict(o, value);
        if ((value = json_get_object(observation, "repair")))
                return observe_repair(o, value);
        if ((value = json_get_object(observation, "captureFile"))) {
                int64_t boot = json_get_int(value, "boot", 0);
                return boot > 0 ? flight_captured(o->state, o->change, (uint64_t) boot, json_get_string(value, "path"))
                                : observe_refuse(o, "captureFile.boot", "is no boot");
        }
        if ((value = json_get_object(observation, "heartbeat")))
                return observe_heartbeat(o, (uint64_t) time, value);
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
        (void) json_object_update(o->state->seen, o->networks);
        observe_keep_agents(o);
}
