/* Machines that nobody knew: what becomes of them. */
#include <errno.h>

#include "lib/log.h"
#include "pxed/identity.h"
#include "pxed/observe.h"

enum discover observe_policy(const struct observe *o, const struct mac *mac, const char *network) {
        const struct settings *settings = o->state->settings;
        const struct boot *boot = network ? NULL : boots_latest(&o->state->boots, mac, UINT64_MAX);
        const struct sighting *seen = network || boot ? NULL : sightings_last(&o->state->sightings, mac);
        const struct network *found = settings_network(settings, network ? network : boot ? boot->network : seen ? seen->network : NULL);

        if (!found && settings->n_networks == 1)
                found = &settings->networks[0];
        return found ? found->discover : DISCOVER_INSPECTED;
}

int observe_discover(struct observe *o, const struct mac *mac, const struct uuid *uuid, const char *network, enum discovery_sign sign,
                     struct node **ret) {
        struct state *s = o->state;
        char text[MAC_TEXT_SIZE];
        struct node *node;

        *ret = NULL;
        if (s->nodes.count >= s->settings->nodes_max) {
                /* Of those that only ask there are as many as somebody makes up. */
                if (sign >= SIGN_SERVED)
                        log_warning("Machine %s is not taken in as a node: there are %zu already (nodes-max)", mac_format(mac, text),
                                    s->nodes.count);
                return 0;
        }
        int r = identity_new_node(&s->nodes, &s->settings->junk, mac, uuid, change_now(o->change), &node);
        if (r == -ENOKEY)
                return 0; /* its inventory tells more */
        if (r == 0)
                r = change_put_node(o->change, node, true);
        if (r < 0)
                return r;
        *ret = node;
        return change_event(o->change, "node.created", node, mac, network, NULL, "%s: a machine that nobody knew %s at %s", node->name,
                            sign >= SIGN_SERVED ? "was discovered" : "asks to boot", mac_format(mac, text));
}
