/* What DHCP would answer a machine now, and why: request by request, with the bytes. Pure. */
#pragma once

#include "dhcp/choice.h"
#include "lib/explain.h"

struct explain_inputs {
        struct choice_inputs choice; /* its network: of any mode */
        unsigned http_port;
        const char *problem; /* what keeps the network's dnsmasq from answering; NULL: nothing does */
};

/*
 * An array of type Answer of org.pxed.Explain: the requests of the firmware, of the iPXE that it loads, and of the system that is
 * booted, each with the fields and options of the reply in their order on the wire. What only the machine knows has no bytes. Options
 * that are sent to who asks for them are those that the firmware (PXE 2.1; EDK II for UEFI), iPXE and systems ask for. NULL without
 * memory.
 */
json_t *explain_dhcp(const struct explain_inputs *inputs, const struct explain_question *question);
