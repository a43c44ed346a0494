#include <string.h>

#include "lib/inventory_reader.h"
#include "lib/lldp_describe.h"
#include "lib/payload.h"

/* The loopback interface, by name or by its address, is no port of the machine. */
static bool is_loopback(const json_t *interface, const char *name) {
        const char *v4 = json_string_value(payload_field(interface, "ipv4_address"));

        return strcmp(name, "lo") == 0 || (v4 && strncmp(v4, "127.", 4) == 0);
}

static json_t *addresses_of(const json_t *interface) {
        static const char *const keys[] = { "ipv4_address", "ipv6_address" };
        json_t *list = json_array();
        char text[IP_TEXT_SIZE];
        struct ip ip;

        for (size_t i = 0; i < ELEMENTS(keys); i++)
                if (payload_ip(interface, keys[i], &ip))
                        json_array_append_new(list, json_string(ip_format(&ip, text)));
        return list;
}

/* Type Interface, or NULL for one without a name or a usable MAC. */
static json_t *read_interface(const json_t *from) {
        _cleanup_json_ json_t *name = payload_text(from, "name");
        char mac_text[MAC_TEXT_SIZE];
        struct mac mac;

        if (!json_is_string(name) || is_loopback(from, json_string_value(name)) || !payload_mac(from, "mac_address", &mac))
                return NULL;
        return json_pack("{s:O, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "name", name, "mac", mac_format(&mac, mac_text),
                         "driver", payload_text(from, "driver"), "speedMbps", payload_count_or_null(from, "speed_mbps"), "carrier",
                         payload_bool_or_null(from, "has_carrier"), "pciAddress", payload_text(from, "pci_address"), "addresses",
                         addresses_of(from), "boots", false);
}

/* A VLAN or a bond shares its MAC with the card below it: the card, which has a place on a bus, stands for both. */
static bool add_unless_shared(json_t *interfaces, json_t *interface) {
        const char *mac = json_get_string(interface, "mac");
        json_t *other;
        size_t i;

        json_array_foreach(interfaces, i, other) {
                if (strcmp(json_get_string(other, "mac"), mac) != 0)
                        continue;
                if (json_get_string(interface, "pciAddress") && !json_get_string(other, "pciAddress"))
                        json_array_set(interfaces, i, interface);
                return false;
        }
        return json_array_append(interfaces, interface) == 0;
}

bool reader_validate_interfaces(struct reader_input *input) {
        const json_t *list = reader_list(input, "interfaces"), *from;
        json_t *interfaces = json_object_get(input->normalized, "interfaces");
        size_t i;

        json_array_foreach((json_t *) list, i, from) {
                if (i >= INVENTORY_LIST_MAX)
                        break;
                _cleanup_json_ json_t *interface = read_interface(from);
                if (interface)
                        add_unless_shared(interfaces, interface);
        }
        if (!list)
                return reader_fail(input, "the payload has no list `inventory.interfaces`");
        if (json_array_size(interfaces) == 0)
                return reader_fail(input, "none of the %zu interfaces has a name and a usable MAC", json_array_size(list));
        return true;
}

static bool mark_boots(json_t *interfaces, const struct mac *mac) {
        char text[MAC_TEXT_SIZE];
        json_t *interface;
        size_t i;

        mac_format(mac, text);
        json_array_foreach(interfaces, i, interface) {
                if (strcmp(json_get_string(interface, "mac"), text) != 0)
                        continue;
                json_object_set_new(interface, "boots", json_true());
                return true;
        }
        return false;
}

/* Which interface the machine boots by: what the ramdisk was told or found out, or else the one that asked for its script. */
bool reader_ports(struct reader_input *input) {
        json_t *interfaces = json_object_get(input->normalized, "interfaces");
        const json_t *boot = json_get_object(input->inventory, "boot");
        struct mac mac;

        if (payload_mac(boot, "pxe_interface", &mac) && mark_boots(interfaces, &mac))
                return true;
        if (payload_mac(input->raw, "boot_interface", &mac) && mark_boots(interfaces, &mac))
                return true;
        if (!input->boot_mac || !mark_boots(interfaces, input->boot_mac))
                return reader_fail(input, "the interface that the machine boots by is not in the inventory");
        return true;
}

/* What the switch says of itself: in `lldp_raw`, by older agents in the interface itself. */
bool reader_local_link(struct reader_input *input) {
        const json_t *raw = json_get_object(input->raw, "lldp_raw"), *list = json_get_array(input->inventory, "interfaces");
        json_t *interfaces = json_object_get(input->normalized, "interfaces"), *interface;
        size_t i;

        json_array_foreach(interfaces, i, interface) {
                const char *name = json_get_string(interface, "name");
                const json_t *tlvs = json_get_array(raw, name), *from;
                struct lldp lldp;
                size_t n;

                json_array_foreach((json_t *) list, n, from) {
                        if (json_array_size(tlvs) > 0 || n >= INVENTORY_LIST_MAX)
                                break;
                        if (strcmp(json_get_string(from, "name") ?: "", name) == 0)
                                tlvs = json_get_array(from, "lldp");
                }
                lldp_read(tlvs, &lldp);
                lldp_describe(&lldp, interface);
        }
        return true;
}
