/* `pxed-netcfg --read FILE`: what is understood of a capture file (of tcpdump, say, or of `pxectl capture`), pcap or pcapng. */
#pragma once

#include <stdbool.h>

/*
 * Prints the machines that were seen in the file ("-": standard input), their boots step by step, and why those that got stuck did. json: a line of
 * JSON for each frame (its layers, and the observations that the daemon would report of it to pxed), then one for each sighting and each
 * boot. own: an address of the appliance, by which other DHCP servers are told from its own; NULL: not known. Returns the exit status for main; what is wrong with the file is printed to standard error.
 */
int read_capture(const char *path, bool json, const char *own);
