/* Any DHCPv6 message: what is taken from it is within its bounds, is text for a terminal, and fits JSON. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/step_options.h"
#include "netcfg/dhcp6_options.h"
#include "netcfg/print.h"

static void check(bool sound) {
        if (!sound)
                abort();
}

static void check_text(const char *text, size_t size) {
        size_t length = strnlen(text, size);

        check(length < size);
        for (size_t i = 0; i < length; i++)
                check(text[i] >= 0x20 && text[i] <= 0x7e);
}

static void check_bounds(const struct dhcp6 *m) {
        check(m->type >= DHCP6_SOLICIT && m->type <= DHCP6_INFORMATION_REQUEST && m->xid < 1 << 24);
        check(m->relay_count <= DHCP6_RELAYS_MAX && m->association_count <= DHCP6_ASSOCIATIONS_MAX);
        check(m->requested_count <= DHCP6_REQUESTED_MAX && m->dns_count <= DHCP6_DNS_MAX);
        check(m->user_class_count <= DHCP6_CLASSES_MAX && m->vendor_class_count <= DHCP6_CLASSES_MAX);
        check(m->client_id.size <= sizeof(m->client_id.data) && m->server_id.size <= sizeof(m->server_id.data));
        for (unsigned i = 0; i < m->association_count; i++)
                check(m->associations[i].address_count <= DHCP6_ADDRESSES_MAX);
}

/* As a step has them. */
static void check_timeline(const struct dhcp6 *m) {
        char options[STEP_OPTIONS_SIZE] = "";
        const struct dhcp6_status *refusal = dhcp6_refusal(m);

        check(!refusal || (refusal->is_set && refusal->code != 0));
        dhcp6_describe_options(m, options, sizeof(options));
        check(strnlen(options, sizeof(options)) < sizeof(options));
        _cleanup_json_ json_t *json = step_options_to_json(options);
        check(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size);
        struct packet packet = { .kind = PACKET_DHCP6 };
        const struct dhcp6 *m = &packet.dhcp6;

        int r = dhcp6_parse(&wire, &packet.dhcp6);
        check(r == 0 || r == -EBADMSG || r == -ENOMSG);
        if (r < 0)
                return 0;
        check_bounds(m);
        check_text(m->fqdn, sizeof(m->fqdn));
        check_text(m->boot_url, sizeof(m->boot_url));
        check_text(m->status.message, sizeof(m->status.message));
        for (unsigned i = 0; i < m->user_class_count; i++)
                check_text(m->user_class[i], sizeof(m->user_class[i]));
        for (unsigned i = 0; i < m->vendor_class_count; i++)
                check_text(m->vendor_class[i], sizeof(m->vendor_class[i]));
        for (unsigned i = 0; i < m->association_count; i++)
                check_text(m->associations[i].status.message, sizeof(m->associations[i].status.message));
        check(dhcp6_stage(m) != STAGE_NONE);
        check_timeline(m);
        _cleanup_json_ json_t *json = print_packet(&packet, 0);
        check(json);
        return 0;
}
