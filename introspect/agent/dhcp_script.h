/* The script that udhcpc calls on every change of its lease: the agent itself under another name, so that the ramdisk needs no shell
 * for it and no address passes through one. */
#pragma once

#include <stdbool.h>

/* The name under which it is called (a symbolic link to the agent) and the file through which it tells process 1. */
#define DHCP_SCRIPT_NAME "udhcpc-script"
#define DHCP_SCRIPT_PATH "/bin/" DHCP_SCRIPT_NAME
#define DHCP_ADDRESS_SCRIPT_NAME "udhcpc-address" /* for every card but the one to boot from */
#define DHCP_ADDRESS_SCRIPT_PATH "/bin/" DHCP_ADDRESS_SCRIPT_NAME
#define DHCP_LEASE_PATH "/run/lease" /* of the boot card; the others' have "." and the card's name behind it */

/* `event` is udhcpc's first argument ("deconfig", "bound", "renew", "leasefail", "nak"); the lease is in the environment (interface, ip, subnet,
 * router, serverid, hostname). Sets or clears the interface's address and, if `boot_card`, default route and host name, and writes
 * "ADDRESS NETMASK ROUTER SERVER" to the lease's file. Returns a process exit status. */
int dhcp_script(const char *event, bool boot_card);
