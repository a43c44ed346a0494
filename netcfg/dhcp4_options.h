/* The options of a DHCP message that matter to a boot, as text for its timeline. Pure. */
#pragma once

#include "netcfg/dhcp4.h"

/*
 * Those that are there, in the order of their numbers, as lines of lib/step_options.h in a buffer of `size` bytes: 3, 12, 43, 50, 51, 53, 54, 60,
 * 66, 67, 77, 82, 93, 94, 97, 175. Of 43 and 175 only that they are there. And the relay, by the name of its field: giaddr. 66 and 67 also where the fields sname and file carry them.
 */
void dhcp4_describe_options(const struct dhcp4 *message, char *options, size_t size);
