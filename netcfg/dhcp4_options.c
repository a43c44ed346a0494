#include "netcfg/dhcp4_options.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "lib/macro.h"
#include "lib/step_options.h"
#include "lib/text.h"

/* Each writes the value of one option and says whether there is one. */

static bool write_text(const char *from, char *text, size_t size) {
        snprintf(text, size, "%s", from);
        return from[0] != 0;
}

static bool write_address(bool has, struct in_addr address, char *text, size_t size) {
        return has && inet_ntop(AF_INET, &address, text, (socklen_t) size);
}

static bool write_router(const struct dhcp4 *m, char *text, size_t size) {
        return write_address(m->has_router, m->router, text, size);
}

static bool write_hostname(const struct dhcp4 *m, char *text, size_t size) {
        return write_text(m->hostname, text, size);
}

static bool write_vendor_options(const struct dhcp4 *m, char *text, size_t size) {
        return write_text(m->has_vendor_options ? "present" : "", text, size);
}

static bool write_requested(const struct dhcp4 *m, char *text, size_t size) {
        return write_address(m->has_requested, m->requested, text, size);
}

static bool write_lease_time(const struct dhcp4 *m, char *text, size_t size) {
        snprintf(text, size, "%u", m->lease_time);
        return m->has_lease_time;
}

static bool write_type(const struct dhcp4 *m, char *text, size_t size) {
        static const char *const names[] = { [DHCP4_DISCOVER] = "DISCOVER", [DHCP4_OFFER] = "OFFER", [DHCP4_REQUEST] = "REQUEST",
                                             [DHCP4_DECLINE] = "DECLINE", [DHCP4_ACKNOWLEDGE] = "ACK", [DHCP4_NAK] = "NAK",
                                             [DHCP4_RELEASE] = "RELEASE", [DHCP4_INFORM] = "INFORM" };

        return m->type < ELEMENTS(names) && names[m->type] && write_text(names[m->type], text, size);
}

static bool write_server_id(const struct dhcp4 *m, char *text, size_t size) {
        return write_address(m->has_server_id, m->server_id, text, size);
}

static bool write_vendor_class(const struct dhcp4 *m, char *text, size_t size) {
        return write_text(m->vendor_class, text, size);
}

static bool write_server_name(const struct dhcp4 *m, char *text, size_t size) {
        return write_text(m->server_name, text, size);
}

static bool write_file(const struct dhcp4 *m, char *text, size_t size) {
        return write_text(m->file, text, size);
}

static bool write_user_class(const struct dhcp4 *m, char *text, size_t size) {
        size_t used = 0;

        for (unsigned i = 0; i < m->user_class_count && used < size; i++)
                used += (size_t) snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", m->user_class[i]);
        return m->user_class_count > 0;
}

static bool write_relay_information(const struct dhcp4 *m, char *text, size_t size) {
        char circuit[33], remote[33];

        text_hex(circuit, sizeof(circuit), m->circuit_id.data, m->circuit_id.size);
        text_hex(remote, sizeof(remote), m->remote_id.data, m->remote_id.size);
        snprintf(text, size, "circuit %s remote %s", circuit[0] ? circuit : "-", remote[0] ? remote : "-");
        return m->circuit_id.size > 0 || m->remote_id.size > 0;
}

static bool write_architecture(const struct dhcp4 *m, char *text, size_t size) {
        snprintf(text, size, "%u", m->architecture);
        return m->has_architecture;
}

static bool write_interface(const struct dhcp4 *m, char *text, size_t size) {
        snprintf(text, size, "%u.%u.%u", m->interface[0], m->interface[1], m->interface[2]);
        return m->has_interface;
}

static bool write_uuid(const struct dhcp4 *m, char *text, size_t size) {
        char uuid[UUID_TEXT_SIZE];

        return m->has_uuid && write_text(uuid_format(&m->uuid, uuid), text, size);
}

static bool write_ipxe(const struct dhcp4 *m, char *text, size_t size) {
        return write_text(m->has_ipxe ? "present" : "", text, size);
}

static bool write_relay(const struct dhcp4 *m, char *text, size_t size) {
        return write_address(m->relay.s_addr != 0, m->relay, text, size);
}

static const struct {
        const char *number;
        bool (*write)(const struct dhcp4 *m, char *text, size_t size);
} options[] = {
        { "3", write_router },
        { "12", write_hostname },
        { "43", write_vendor_options },
        { "50", write_requested },
        { "51", write_lease_time },
        { "53", write_type },
        { "54", write_server_id },
        { "60", write_vendor_class },
        { "66", write_server_name },
        { "67", write_file },
        { "77", write_user_class },
        { "82", write_relay_information },
        { "93", write_architecture },
        { "94", write_interface },
        { "97", write_uuid },
        { "175", write_ipxe },
        { "giaddr", write_relay },
};

void dhcp4_describe_options(const struct dhcp4 *message, char *text, size_t size) {
        char value[STEP_OPTION_VALUE_SIZE] = "";

        for (size_t i = 0; i < ELEMENTS(options); i++)
                if (options[i].write(message, value, sizeof(value)))
                        step_options_add(text, size, options[i].number, value);
}
