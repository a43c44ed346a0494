#include "pxed/inventory_owner.h"

#include <errno.h>

#include "lib/json.h"
#include "lib/log.h"
#include "pxed/identity.h"

static int new_node(struct observe *o, const struct mac *mac, const json_t *normalized, struct node **ret) {
        struct uuid uuid;
        char text[MAC_TEXT_SIZE];
        const char *uuid_text = json_get_string(normalized, "uuid");
        bool has_uuid = uuid_text && uuid_parse(uuid_text, &uuid) == 0;

        int r = identity_new_node(&o->state->nodes, mac, has_uuid ? &uuid : NULL, change_now(o->change), ret);
        if (r < 0)
                return r;
        r = change_event(o->change, "node.created", *ret, mac, NULL, NULL, "%s: a machine that nobody knew was inspected at %s",
                         (*ret)->name, mac_format(mac, text));
        if (r < 0)
                *ret = node_free(*ret);
        return r;
}

int inventory_owner(struct observe *o, const struct mac *mac, const json_t *json, struct node **ret) {
        const json_t *normalized = json_get_object(json, "normalized");
        struct state *s = o->state;
        struct uuid uuid;
        char text[MAC_TEXT_SIZE];
        const char *uuid_text = json_get_string(normalized, "uuid");
        bool has_uuid = uuid_text && uuid_parse(uuid_text, &uuid) == 0;
        struct node *node = identity_find(&s->nodes, json_get_string(json, "node"), mac, has_uuid ? &uuid : NULL);

        *ret = NULL;
        if (node && !identity_may_be(node, normalized, mac)) {
                const char *serial = json_get_string(normalized, "serial");
                int r = change_event(o->change, "node.conflict", node, mac, NULL, NULL,
                                     "The machine at %s (serial %s) has the UUID of %s (serial %s) but none of its MACs: it is "
                                     "taken as another machine, and the UUID identifies neither",
                                     mac_format(mac, text), serial ? serial : "not told", node->name, node->serial);
                if (r < 0)
                        return r;
                node = registry_by_mac(&s->nodes, mac);
        }
        if (node) {
                *ret = node_copy(node);
                return *ret ? 0 : -ENOMEM;
        }
        if (s->nodes.count >= s->settings->nodes_max) {
                log_warning("The inventory of machine %s is not stored: there are %zu nodes already (nodes-max)",
                            mac_format(mac, text), s->nodes.count);
                return 0;
        }
        return new_node(o, mac, normalized, ret);
}
