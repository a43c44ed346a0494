#include "pxed/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/shared.h"

/* Texts from a machine's firmware have no need to be longer. */
#define FACT_MAX 256

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
                const struct node *node = nodes->by_id.slots[i].value;
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

static int apply_facts(struct node *node, const json_t *in) {
        const struct {
                const char **field;
                const char *key;
        } shared[] = {
                { &node->manufacturer, "manufacturer" },
                { &node->product, "product" },
                { &node->architecture, "architecture" },
        };
        const char *serial = json_get_string(in, "serial"), *bmc = json_get_string(in, "bmcAddress");
        struct uuid uuid;
        const char *text;

        for (size_t i = 0; i < ELEMENTS(shared); i++) {
                text = json_get_string(in, shared[i].key);
                if (text && shared_set(shared[i].field, text, FACT_MAX) < 0)
                        return -ENOMEM;
        }
        if ((serial && text_set_max(&node->serial, serial, FACT_MAX) < 0) ||
            (bmc && text_set_max(&node->bmc_address, bmc, FACT_MAX) < 0))
                return -ENOMEM;
        text = json_get_string(in, "uuid");
        if (text && uuid_parse(text, &uuid) == 0 && !uuid_is_junk(&uuid)) {
                node->has_uuid = true;
                node->uuid = uuid;
        }
        int mode = name_to_enum(boot_mode_names, ELEMENTS(boot_mode_names), json_get_string(in, "bootMode"));
        if (mode > 0)
                node->boot_mode = (enum boot_mode) mode;
        int64_t cpus = json_get_int(in, "cpus", 0), memory = json_get_int(in, "memory", 0);
        if (cpus > 0)
                node->cpus = cpus;
        if (memory > 0)
                node->memory = memory;
        return 0;
}

static int compare_vlans(const void *a, const void *b) {
        return *(const int *) a - *(const int *) b;
}

/* The VLANs of the list, ascending, each once, as text. *ret is NULL where there is no list. */
static int vlans_from(const json_t *list, char **ret) {
        int vlans[4096];
        size_t count = 0, i, size;
        json_t *value;

        *ret = NULL;
        json_array_foreach(list, i, value)
                if (json_integer_value(value) >= 1 && json_integer_value(value) <= 4094 && count < ELEMENTS(vlans))
                        vlans[count++] = (int) json_integer_value(value);
        if (count == 0)
                return 0;
        qsort(vlans, count, sizeof vlans[0], compare_vlans);
        FILE *text = open_memstream(ret, &size);
        if (!text)
                return -ENOMEM;
        for (i = 0; i < count; i++)
                if (i == 0 || vlans[i] != vlans[i - 1])
                        fprintf(text, "%s%d", i > 0 ? " " : "", vlans[i]);
        return fclose(text) == 0 ? 0 : -ENOMEM;
}

/* What the switch said by LLDP, as a whole: a ramdisk that heard no LLDP this time knows nothing better. */
static int apply_switch(struct port *port, const json_t *interface) {
        const char *chassis = json_get_string(interface, "switchChassis"), *name = json_get_string(interface, "switchName");
        int64_t vlan = json_get_int(interface, "switchVlan", 0);
        _cleanup_free_ char *vlans = NULL;

        if (!chassis && !name && !json_get_string(interface, "switchPort"))
                return 0;
        if (vlans_from(json_get_array(interface, "switchVlans"), &vlans) < 0 || shared_set(&port->switch_chassis, chassis, FACT_MAX) < 0 ||
            shared_set(&port->switch_port, json_get_string(interface, "switchPort"), FACT_MAX) < 0 ||
            shared_set(&port->switch_name, name, FACT_MAX) < 0 || shared_set(&port->switch_vlans, vlans, SIZE_MAX) < 0)
                return -ENOMEM;
        port->switch_vlan = vlan >= 1 && vlan <= 4094 ? (int16_t) vlan : 0;
        return 0;
}

static int apply_interface(struct node *node, const struct mac *mac, const json_t *interface, bool boots) {
        struct port *port;

        int r = node_add_port(node, mac, &port);
        if (r < 0)
                return r == -ENOSPC ? 0 : r;
        port->boots = boots;
        if (shared_set(&port->interface, json_get_string(interface, "name"), 64) < 0)
                return -ENOMEM;
        return apply_switch(port, interface);
}

int identity_apply(const struct registry *nodes, const struct junk *junk, struct node *node, const json_t *inventory, const struct mac *mac,
                   struct identity_conflict *conflicts, size_t max) {
        size_t n_conflicts = 0, i;
        json_t *interface;
        struct mac other;
        int r = apply_facts(node, inventory);

        for (i = 0; i < node->n_ports; i++)
                node->ports[i].boots = false;
        json_array_foreach(json_get_array(inventory, "interfaces"), i, interface) {
                if (r < 0 || !interface_mac(interface, &other) || junk_has_mac(junk, &other))
                        continue;
                const struct node *owner = registry_by_mac(nodes, &other);
                if (owner && memcmp(&owner->id, &node->id, sizeof node->id) != 0) {
                        if (n_conflicts < max)
                                conflicts[n_conflicts++] = (struct identity_conflict) { other, owner };
                        continue;
                }
                r = apply_interface(node, &other, interface, json_get_bool(interface, "boots", false));
        }
        /* The MAC that the boot script was made for boots, whether or not the ramdisk lists it. */
        const struct node *owner = registry_by_mac(nodes, mac);
        if (r == 0 && !junk_has_mac(junk, mac) && (!owner || memcmp(&owner->id, &node->id, sizeof node->id) == 0)) {
                struct port *port;
                if (node_add_port(node, mac, &port) == 0)
                        port->boots = true;
        }
        return r < 0 ? r : (int) n_conflicts;
}
