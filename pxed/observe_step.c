/* Steps of boots, and what follows from them for the node. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/flight.h"
#include "pxed/identity.h"
#include "pxed/inspection_change.h"
#include "pxed/observe.h"

/* A machine that was found by its UUID boots by a MAC that the node did not have. */
static int add_port(struct observe *o, const struct mac *mac, struct node **node) {
        char text[MAC_TEXT_SIZE];
        if (junk_has_mac(&o->state->settings->junk, mac) || registry_by_mac(&o->state->nodes, mac) || (*node)->n_ports >= PORTS_MAX)
                return 0;
        struct node *copy = node_copy(*node);
        struct port *port;
        if (!copy || node_add_port(copy, mac, &port) < 0) {
                node_free(copy);
                return -ENOMEM;
        }
        port->boots = true;
        int r = change_put_node(o->change, copy, true);
        if (r < 0)
                return r;
        *node = copy;
        return change_event(o->change, "node.updated", copy, mac, NULL, NULL, "%s boots by %s, which was not known of it",
                            copy->name, mac_format(mac, text));
}

static int inspect(struct observe *o, enum inspection_event event, const struct mac *mac, const struct boot_step *step,
                   struct node **node) {
        const struct inspection_input input = { .event = event, .time = step->time, .now = change_now(o->change), .reason = "the ramdisk was told",
                                                .timeouts = &o->state->settings->timeouts };
        return *node ? inspection_change(o->change, node, &input, mac) : 0;
}

static enum discovery_sign sign_of(const struct observe *o, const struct boot_step *step) {
        const struct profile *profile = step->kind == STEP_SCRIPT && step->profile ? profiles_find(&o->state->profiles, step->profile) : NULL;
        return profile && profile->kind == PROFILE_INSPECT ? SIGN_SERVED : discovery_sign_of(step);
}

static int discover(struct observe *o, const struct mac *mac, const struct uuid *uuid, const char *network, enum discovery_sign sign,
                    struct node **node) {
        const struct discovery_input input = {
                .policy = observe_policy(o, mac, network),
                .sign = sign,
                .has_node = *node,
                .has_port = *node && node_port(*node, mac),
        };
        switch (discovery_decide(&input)) {
        case DISCOVERED_NODE:
                return observe_discover(o, mac, uuid, network, sign, node);
        case DISCOVERED_PORT:
                return add_port(o, mac, node);
        default:
                return 0;
        }
}

static int on_started(struct observe *o, const struct mac *mac, const char *network, const struct boot_step *step,
                      uint64_t assignment, struct node **node) {
        const struct assignment *a = *node ? (*node)->assignment : NULL;
        const char *profile = step->profile ? step->profile : a ? a->profile : "what it was given";
        bool once = a && a->once && a->revision == assignment;
        int r = 0;

        if (!*node)
                return 0;
        if (once) {
                struct node *copy = node_copy(*node);
                if (!copy)
                        return -ENOMEM;
                copy->assignment = assignment_free(copy->assignment);
                r = change_put_node(o->change, copy, true);
                if (r < 0)
                        return r;
                *node = copy;
        }
        return change_event(o->change, "node.booted", *node, mac, network, NULL, "%s booted profile %s%s", (*node)->name,
                            profile, once ? "; the assignment was for one boot and is done" : "");
}

int observe_step(struct observe *o, uint64_t time, const json_t *json) {
        _cleanup_(boot_step_clear) struct boot_step step = {};
        struct mac mac;
        struct uuid uuid;
        const char *uuid_text = json_get_string(json, "uuid"), *network = json_get_string(json, "network");
        int64_t assignment = json_get_int(json, "assignment", 0);
        bool has_uuid = uuid_text && uuid_parse(uuid_text, &uuid) == 0;

        int r = observe_mac(o, json, "step", &mac);
        if (r == 0)
                r = boot_step_from_json(json, time, &step);
        if (r < 0)
                return r;
        struct node *node = identity_find(&o->state->nodes, &o->state->settings->junk, json_get_string(json, "node"), &mac, has_uuid ? &uuid : NULL);
        enum discovery_sign sign = sign_of(o, &step);
        r = discover(o, &mac, has_uuid ? &uuid : NULL, network, sign, &node);
        if (r < 0)
                return r;
        if (sign == SIGN_SERVED)
                r = inspect(o, INSPECTION_SERVED, &mac, &step, &node);
        else if (step.kind == STEP_STARTED)
                r = on_started(o, &mac, network, &step, assignment > 0 ? (uint64_t) assignment : 0, &node);
        else if (step.kind == STEP_INVENTORY)
                r = inspect(o, INSPECTION_RECEIVED, &mac, &step, &node);
        else if (json_get_bool(json, "aborted", false))
                r = inspect(o, INSPECTION_ABORTED, &mac, &step, &node);
        return r < 0 ? r : flight_step(o->state, o->change, &mac, network, node, &step);
}
