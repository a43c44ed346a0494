/* The options of a DHCPv6 message that matter to a boot, as text for its timeline. Pure. */
#pragma once

#include "netcfg/dhcp6.h"

/*
 * Those that are there, in the order of their numbers, as lines of lib/step_options.h in a buffer of `size` bytes: 1, 2, 5 (the addresses
 * of all IA_NA), 7, 13, 14, 15, 16, 17, 23, 39, 59, 61, 62. Of 14 and 17 only that they are there; 13 also where an IA_NA has it.
 */
void dhcp6_describe_options(const struct dhcp6 *message, char *options, size_t size);
