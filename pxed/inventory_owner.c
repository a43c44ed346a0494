#include "pxed/inventory_owner.h"

#include <errno.h>

#include "lib/json.h"
#include "lib/log.h"
#include "pxed/identity.h"

/* 0 with *ret NULL: that has been told. */
static int new_node(struct observe *o, const struct mac *mac, const json_t *normalized, struct node **ret) {
        const struct settings *settings = o->state->settings;
        struct uuid uuid;
        char text[MAC_TEXT_SIZE];
        const char *uuid_text = json_get_string(normalized, "uuid");
        bool has_uuid = uuid_text && uuid_parse(uuid_text, &uuid) == 0;

        if (observe_policy(o, mac, NULL) == DISCOVER_NEVER)
                return change_event(o->change, "inventory.unknown-machine", NULL, mac, NULL, NULL,
                                    "The inventory of a machine that nobody knows, booted by %s, is not stored: its network discovers none (discover = never)",
                                    mac_format(mac, text));
        if (o->state->nodes.count >= settings->nodes_max) {
                log_warning("The inventory of machine %s is not stored: there are %zu nodes already (nodes-max)", mac_format(mac, text),
                            o->state->nodes.count);
                return 0;
        }
        int r = identity_new_node(&o->state->nodes, &settings->junk, mac, has_uuid ? &uuid : NULL, change_now(o->change), ret);
        if (r == -ENOKEY)
                return change_event(o->change, "inventory.ambiguous", NULL, mac, NULL, NULL,
                                    "The inventory of a machine that booted by %s is not stored: many machines have this MAC (shared-macs), and it "
                                    "told no UUID of its own", mac_format(mac, text));
        if (r < 0)
                return r;
        r = change_event(o->change, "node.created", *ret, mac, NULL, NULL, "%s: a machine that nobody knew was inspected at %s",
                         (*ret)->name, mac_format(mac, text));
        if (r < 0)
                *ret = node_free(*ret);
        return r;
}

/* Found by its UUID alone, it may be another machine that has it too. *ret_node becomes NULL then. */
static int check_machine(struct observe *o, const struct mac *mac, const json_t *normalized, struct node **ret_node) {
        const char *serial = json_get_string(normalized, "serial");
        struct node *node = *ret_node;
        char text[MAC_TEXT_SIZE];

        if (identity_may_be(node, normalized, mac))
                return 0;
        *ret_node = NULL;
        return change_event(o->change, "node.conflict", node, mac, NULL, NULL,
                            "The machine at %s (serial %s) has the UUID of %s (serial %s) but none of its MACs: it is "
                            "taken as another machine, and the UUID identifies neither",
                            mac_format(mac, text), serial ? serial : "not told", node->name, node->serial);
}

/* 1: *ret is the node, or NULL where nobody knows the machine. 0: it was told that it cannot be said. */
static int look_up(struct observe *o, const struct mac *mac, const json_t *normalized, struct node **ret) {
        char reason[LOOKUP_REASON_SIZE], text[MAC_TEXT_SIZE];
        struct lookup_facts facts;
        struct uuid id;

        *ret = NULL;
        identity_facts(&o->state->nodes, &o->state->settings->junk, normalized, mac, &facts);
        switch (lookup_decide(&facts, &id, reason)) {
        case LOOKUP_FOUND:
                *ret = registry_by_id(&o->state->nodes, &id);
                return 1;
        case LOOKUP_UNKNOWN:
                return 1;
        default:
                return change_event(o->change, "inventory.ambiguous", NULL, mac, NULL, NULL,
                                    "The inventory of the machine that booted by %s is not stored, since it cannot be told whose it is: %s",
                                    mac_format(mac, text), reason);
        }
}

static bool is_waited_for(const struct node *node) {
        const struct inspection *i = &node->inspection;
        return i->asked || i->state == INSPECTION_WAITING || i->state == INSPECTION_PROCESSING;
}

int inventory_find_owner(struct observe *o, const struct mac *mac, const json_t *json, struct node **ret) {
        const json_t *normalized = json_get_object(json, "normalized");
        struct state *s = o->state;
        struct node *node = identity_find(&s->nodes, &s->settings->junk, json_get_string(json, "node"), mac, NULL);
        int r = 1;

        *ret = NULL;
        if (!node)
                r = look_up(o, mac, normalized, &node);
        if (r <= 0)
                return r;
        r = node ? check_machine(o, mac, normalized, &node) : 0;
        if (r < 0)
                return r;
        if (!node)
                return new_node(o, mac, normalized, ret);
        if (json_get_bool(json, "withoutToken", false) && !is_waited_for(node))
                return change_event(o->change, "inventory.unexpected", node, mac, NULL, NULL,
                                    "An inventory of %s that came without a boot token is not stored: no inspection waits for it", node->name);
        *ret = node_copy(node);
        return *ret ? 0 : -ENOMEM;
}
