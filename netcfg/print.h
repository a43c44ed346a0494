/* Frames as JSON, layer by layer, for a person or a test that wants to see what was understood. Pure. */
#pragma once

#include "lib/json.h"
#include "netcfg/packet.h"

/* `result` is what packet_parse returned. A new reference; NULL without memory. */
json_t *print_packet(const struct packet *packet, int result);
