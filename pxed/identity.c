#include "pxed/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

static bool interface_mac(const json_t *interface, struct mac *ret) {
        const char *text = json_get_string(interface, "mac");
        return text && mac_parse(text, ret) == 0 && mac_is_unicast(ret);
}

struct node *identity_find(const struct registry *nodes, const struct junk *junk, const char *named, const struct mac *mac,
                           const struct uuid *uuid) {
        struct uuid id;
        struct node *node = NULL;
        if (named && uuid_parse(named, &id) == 0)
                node = registry_by_id(nodes, &id);
        if (!node && !junk_has_mac(junk, mac))
                node = registry_by_mac(nodes, mac);
        if (!node && uuid && !junk_has_uuid(junk, uuid))
                node = registry_by_uuid(nodes, uuid);
        return node;
}

static void look_up_mac(const struct registry *nodes, const struct junk *junk, const struct mac *mac, struct lookup_facts *facts) {
        const struct node *node = registry_by_mac(nodes, mac);
        for (size_t i = 0; i < facts->n_macs; i++)
                if (mac_to_u64(&facts->macs[i].mac) == mac_to_u64(mac))
                        return;
        if (facts->n_macs == ELEMENTS(facts->macs))
                return;
        struct lookup_mac *fact = &facts->macs[facts->n_macs++];
        *fact = (struct lookup_mac) { .mac = *mac, .shared = junk_has_mac(junk, mac), .has_node = node != NULL };
        if (node)
                fact->node = node->id;
}

/* Of several that once had this address nobody knows which has it now. */
static void look_up_bmc(const struct registry *nodes, const char *address, struct lookup_facts *facts) {
        size_t owners = 0;
        facts->has_bmc = address && ip_parse(address, &facts->bmc) == 0;
        for (size_t i = 0; facts->has_bmc && i < nodes->by_id.size; i++) {
                const struct node *node = nodes->by_id.values[i];
                if (!node || !text_equal(node->bmc_address, address))
                        continue;
                facts->bmc_node = node->id;
                owners++;
        }
        facts->bmc_known = owners == 1;
}

void identity_facts(const struct registry *nodes, const struct junk *junk, const json_t *inventory, const struct mac *mac,
                    struct lookup_facts *ret) {
        const char *uuid = json_get_string(inventory, "uuid");
        json_t *interface;
        struct mac other;
        size_t i;

        memset(ret, 0, sizeof *ret);
        ret->uuid_may_be_new = true;
        ret->has_uuid = uuid && uuid_parse(uuid, &ret->uuid) == 0 && !junk_has_uuid(junk, &ret->uuid);
        const struct node *node = ret->has_uuid ? registry_by_uuid(nodes, &ret->uuid) : NULL;
        ret->uuid_known = node != NULL;
        if (node)
                ret->uuid_node = node->id;
        look_up_mac(nodes, junk, mac, ret);
        json_array_foreach(json_get_array(inventory, "interfaces"), i, interface)
                if (interface_mac(interface, &other))
                        look_up_mac(nodes, junk, &other, ret);
        look_up_bmc(nodes, json_get_string(inventory, "bmcAddress"), ret);
}

void identity_name(const struct registry *nodes, const struct mac *mac, char name[static NODE_NAME_SIZE]) {
        const uint8_t *b = mac->bytes;
        int size = snprintf(name, NODE_NAME_SIZE, "node-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
        for (unsigned i = 2; registry_by_name(nodes, name); i++)
                snprintf(name + size, (size_t) (NODE_NAME_SIZE - size), "-%u", i);
}

int identity_new_node(const struct registry *nodes, const struct junk *junk, const struct mac *mac, const struct uuid *uuid, uint64_t now,
                      struct node **ret) {
        _cleanup_(node_freep) struct node *node = calloc(1, sizeof *node);
        bool by_mac = !junk_has_mac(junk, mac);
        char name[NODE_NAME_SIZE];
        struct port *port;

        if (!node)
                return -ENOMEM;
        node->has_uuid = uuid && !junk_has_uuid(junk, uuid);
        if (!by_mac && !node->has_uuid)
                return -ENOKEY;
        uuid_random(&node->id);
        identity_name(nodes, mac, name);
        node->created = now;
        if (text_set(&node->name, name) < 0 || (by_mac && node_add_port(node, mac, &port) < 0))
                return -ENOMEM;
        if (by_mac)
                port->boots = true;
        if (node->has_uuid)
                node->uuid = *uuid;
        *ret = TAKE_POINTER(node);
        return 0;
}

bool identity_may_be(const struct node *node, const json_t *inventory, const struct mac *mac) {
        const char *serial = json_get_string(inventory, "serial");
        json_t *interface;
        struct mac other;
        size_t i;

        if (node->n_ports == 0 || node_port(node, mac))
                return true;
        json_array_foreach(json_get_array(inventory, "interfaces"), i, interface)
                if (interface_mac(interface, &other) && node_port(node, &other))
                        return true;
        /* New network cards in the same machine, or a machine that was not inspected yet. */
        return !serial || !node->serial || strcmp(serial, node->serial) == 0;
}
