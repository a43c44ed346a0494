#include <stdio.h>
#include <string.h>

#include "lib/inventory_reader.h"
#include "lib/lldp_describe.h"
#include "lib/lldp_parsed.h"
#include "lib/payload.h"

/* Of one port; more only where interfaces of one MAC add them up. */
#define ADDRESSES_MAX 16

/*
 * As many interfaces are described with what they heard by LLDP: one TLV becomes several values, and what is made of a payload has to fit into one message
 * together with it (see introspect/api_inventory.c). Ironic looks at no more either.
 */
#define LLDP_PORTS_MAX 64

/* The loopback interface, by name or by its address, is no port of the machine. */
static bool is_loopback(const json_t *interface, const char *name) {
        const char *v4 = json_string_value(payload_field(interface, "ipv4_address"));
        const char *v6 = json_string_value(payload_field(interface, "ipv6_address"));

        return strcmp(name, "lo") == 0 || (v4 ? strncmp(v4, "127.", 4) == 0 : v6 && strcmp(v6, "::1") == 0);
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

/* As an agent that knows InfiniBand tells it (RFC 4390 with the prefix that Mellanox's firmware asks with). */
static json_t *client_id_of(const json_t *interface) {
        const char *guid = payload_infiniband_guid(interface, "mac_address");

        if (guid && !payload_field(interface, "client_id"))
                return json_sprintf("ff:00:00:00:00:00:02:00:00:02:c9:00:%s", guid);
        return payload_text(interface, "client_id");
}

/* Type Interface. */
static json_t *read_interface(const json_t *from, const char *name, const struct mac *mac) {
        char mac_text[MAC_TEXT_SIZE];

        return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "name", name, "mac", mac_format(mac, mac_text),
                         "driver", payload_text(from, "driver"), "speedMbps", payload_count_or_null(from, "speed_mbps"), "carrier",
                         payload_bool_or_null(from, "has_carrier"), "pciAddress", payload_text(from, "pci_address"), "addresses",
                         addresses_of(from), "boots", false, "vendor", payload_text(from, "vendor"), "product",
                         payload_text(from, "product"), "clientId", client_id_of(from), "biosdevname", payload_text(from, "biosdevname"));
}

/* The card has a place on a bus, which older agents do not tell; a VLAN on it has its name with a '.' and the number. */
static bool is_below(const json_t *interface, const json_t *other) {
        const char *name = json_get_string(interface, "name"), *other_name = json_get_string(other, "name");
        bool has_place = json_get_string(interface, "pciAddress"), other_has_place = json_get_string(other, "pciAddress");
        size_t length = strlen(name);

        if (has_place != other_has_place)
                return has_place;
        return strncmp(other_name, name, length) == 0 && other_name[length] == '.';
}

static bool has_text(const json_t *list, const json_t *text) {
        const json_t *member;
        size_t i;

        json_array_foreach((json_t *) list, i, member)
                if (json_equal(member, text))
                        return true;
        return false;
}

static void add_addresses(json_t *interface, const json_t *from) {
        json_t *list = json_object_get(interface, "addresses"), *address;
        size_t i;

        json_array_foreach(json_object_get(from, "addresses"), i, address)
                if (json_array_size(list) < ADDRESSES_MAX && !has_text(list, address))
                        json_array_append(list, address);
}

/* A VLAN or a bond shares its MAC with the card below it: the card stands for both, with the addresses of both. */
static void add_unless_shared(json_t *interfaces, json_t *interface) {
        const char *mac = json_get_string(interface, "mac");
        json_t *other;
        size_t i;

        json_array_foreach(interfaces, i, other) {
                if (strcmp(json_get_string(other, "mac"), mac) != 0)
                        continue;
                if (is_below(interface, other)) {
                        add_addresses(interface, other);
                        json_array_set(interfaces, i, interface);
                } else {
                        add_addresses(other, interface);
                }
                return;
        }
        json_array_append(interfaces, interface);
}

/* Those that were left out without being what is no port anyway: `errors` names them once, as many as there is room for. */
struct left_out {
        char names[INVENTORY_REASON_SIZE];
        size_t used;
};

static void leave_out(struct left_out *left_out, const json_t *name) {
        const char *text = json_string_value(name) ?: "one without a name";
        size_t room = sizeof(left_out->names) - left_out->used;
        int n = snprintf(left_out->names + left_out->used, room, "%s%s", left_out->used ? ", " : "", text);

        if (n > 0 && (size_t) n < room)
                left_out->used += (size_t) n;
        left_out->names[left_out->used] = 0;
}

static void validate_interface(json_t *interfaces, const json_t *from, struct left_out *left_out) {
        _cleanup_json_ json_t *name = payload_text(from, "name"), *interface = NULL;
        struct mac mac;

        if (json_is_string(name) && is_loopback(from, json_string_value(name)))
                return;
        if (!json_is_string(name) || !payload_mac(from, "mac_address", &mac)) {
                leave_out(left_out, name);
                return;
        }
        interface = read_interface(from, json_string_value(name), &mac);
        if (interface)
                add_unless_shared(interfaces, interface);
}

bool reader_validate_interfaces(struct reader_input *input) {
        const json_t *list = reader_list(input, "interfaces"), *from;
        json_t *interfaces = json_object_get(input->normalized, "interfaces");
        struct left_out left_out = { 0 };
        size_t i;

        json_array_foreach((json_t *) list, i, from) {
                if (i >= INVENTORY_LIST_MAX)
                        break;
                validate_interface(interfaces, from, &left_out);
        }
        if (!list)
                return reader_fail(input, "the payload has no list `inventory.interfaces`");
        if (json_array_size(interfaces) == 0)
                return reader_fail(input, "none of the %zu interfaces has a name and a usable MAC", json_array_size(list));
        if (left_out.used)
                reader_add_error(input, json_sprintf("validate-interfaces: without a name or a usable MAC: %s", left_out.names));
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

/* What each interface heard, by its name and by its MAC: what was heard on a VLAN or a bond is said of the port that stands for it. */
struct heard {
        json_t *by_name, *by_mac;
};

/* Of an interface's name the first that is told: in `lldp_raw`, by older agents in the interface itself. */
static void hear(struct heard *heard, const struct reader_input *input, const json_t *from) {
        const char *name = json_get_string(from, "name");
        json_t *tlvs = name ? json_get_array(json_get_object(input->raw, "lldp_raw"), name) : NULL;
        char text[MAC_TEXT_SIZE];
        struct mac mac;

        if (name && json_array_size(tlvs) == 0)
                tlvs = json_get_array(from, "lldp");
        if (json_array_size(tlvs) == 0 || json_object_get(heard->by_name, name))
                return;
        json_object_set(heard->by_name, name, tlvs);
        if (payload_mac(from, "mac_address", &mac) && !json_object_get(heard->by_mac, mac_format(&mac, text)))
                json_object_set(heard->by_mac, text, tlvs);
}

static void describe(struct reader_input *input, json_t *interface, const json_t *tlvs) {
        struct lldp lldp;

        lldp_read(tlvs, &lldp);
        lldp_describe(&lldp, interface);
        json_object_set_new(interface, "lldp", lldp_parsed(&lldp));
        if (lldp.truncated)
                reader_add_error(input, json_sprintf("local-link-connection: %s heard more from the switch than is kept",
                                                     json_get_string(interface, "name")));
}

/* What the switch says of itself. */
bool reader_local_link(struct reader_input *input) {
        json_t *interfaces = json_object_get(input->normalized, "interfaces"), *interface;
        _cleanup_json_ json_t *by_name = json_object(), *by_mac = json_object();
        struct heard heard = { by_name, by_mac };
        size_t i, described = 0;
        const json_t *from;

        json_array_foreach(json_get_array(input->inventory, "interfaces"), i, from)
                if (i < INVENTORY_LIST_MAX)
                        hear(&heard, input, from);
        json_array_foreach(interfaces, i, interface) {
                const json_t *tlvs = json_object_get(by_name, json_get_string(interface, "name")) ?: json_object_get(by_mac, json_get_string(interface, "mac"));

                described += tlvs != NULL;
                describe(input, interface, described <= LLDP_PORTS_MAX ? tlvs : NULL);
        }
        if (described > LLDP_PORTS_MAX)
                reader_add_error(input, json_sprintf("local-link-connection: what the switch said is told of %d of %zu interfaces", LLDP_PORTS_MAX, described));
        return true;
}
