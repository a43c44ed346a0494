/* Any LLDPDU, and its TLVs one by one without the order that an LLDPDU demands. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/lldp.h"
#include "lib/lldp_parsed.h"
#include "lib/text.h"

static void check_text(const char *text, size_t size) {
        size_t length = strnlen(text, size);

        if (length == size || !utf8_is_valid(text, length))
                abort();
}

static void check_id(const struct lldp_id *id) {
        check_text(id->text, sizeof(id->text));
        if ((id->form == LLDP_NONE) != (id->text[0] == 0))
                abort();
}

static void check(const struct lldp *lldp) {
        check_id(&lldp->chassis);
        check_id(&lldp->port);
        check_text(lldp->port_description, sizeof(lldp->port_description));
        check_text(lldp->system_name, sizeof(lldp->system_name));
        check_text(lldp->system_description, sizeof(lldp->system_description));
        for (unsigned i = 0; i < lldp->management_count; i++)
                check_text(lldp->management[i].text, sizeof(lldp->management[i].text));
        for (unsigned i = 0; i < lldp->vlan_count; i++)
                check_text(lldp->vlans[i].name, sizeof(lldp->vlans[i].name));
        for (unsigned i = 0; i < lldp->protocol_count; i++)
                if (lldp->protocols[i].size > LLDP_PROTOCOL_SIZE)
                        abort();
        if (lldp->protocol_vlan_count > LLDP_PROTOCOL_VLANS_MAX)
                abort();
}

/* Told only where something was said; and JSON, whatever was said. */
static void check_parsed(const struct lldp *lldp, bool something) {
        _cleanup_json_ json_t *parsed = lldp_parsed(lldp);
        _cleanup_free_ char *text = json_dumps(parsed, JSON_ENCODE_ANY);

        if (!text || (something && !json_is_object(parsed)))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size);
        struct lldp lldp;

        if (lldp_parse_unit(&wire, &lldp) == 0) {
                if (!lldp.has_ttl || lldp.chassis.form == LLDP_NONE || lldp.port.form == LLDP_NONE)
                        abort();
                check(&lldp);
                check_parsed(&lldp, true);
        }
        lldp = (struct lldp) {};
        wire = wire_new(data, size);
        while (wire_left(&wire) > 0) {
                uint16_t header = wire_u16(&wire);
                int r = lldp_add(&lldp, header >> 9, wire_sub(&wire, header & 0x1ff));
                if (r != 0 && r != -EBADMSG && r != -EEXIST)
                        abort();
        }
        check(&lldp);
        check_parsed(&lldp, false);
        return 0;
}
