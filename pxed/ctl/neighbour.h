/* Devices that LLDP or CDP told of, as org.pxed.Network has them: how they are named, and which of them count. Pure. */
#pragma once

#include "lib/json.h"

/* What a person calls it: its system name, or else its chassis id. "?" for NULL. */
const char *neighbour_name(const json_t *neighbour);

/* Where an interface hears LLDP, what it hears by CDP is the same once more. */
bool neighbour_counts(const json_t *neighbour, const json_t *neighbours);

/* What was seen on another VLAN than its network's: "VLAN 7", "untagged"; NULL: it was the network's own. `seen`: an object with `vlan`. */
#define VLAN_WORDS_SIZE 32
const char *vlan_words(const json_t *seen, char buffer[static VLAN_WORDS_SIZE]);
