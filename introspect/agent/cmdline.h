/* What the kernel's command line tells the agent. The names that start with "ipa-" and BOOTIF are those that
 * ironic-python-agent reads, so that one set of kernel arguments starts either of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define AGENT_URL_MAX 2048

enum agent_finish {
        AGENT_FINISH_WAIT, /* ask the server every 2 s what to do */
        AGENT_FINISH_REBOOT,
        AGENT_FINISH_POWEROFF,
};

struct agent_options {
        char callback_url[AGENT_URL_MAX]; /* ipa-inspection-callback-url, as it stands; "" if missing or too long */
        char bootif[96];                  /* BOOTIF as it stands ("01-aa-bb-cc-dd-ee-ff"); "" if missing */
        char boot_mac[18];                /* the Ethernet address in it ("aa:bb:cc:dd:ee:ff"); "" if none is in it */
        bool collect_lldp;                /* ipa-collect-lldp */
        unsigned lldp_timeout_ms;         /* ipa-lldp-timeout, pxed.lldp-timeout (seconds, may have a fraction) */
        bool dhcp_all;                    /* ipa-inspection-dhcp-all-interfaces: "all" or a true value; "pxe", "no": not */
        enum agent_finish finish;         /* pxed.finish */
        bool shell;                       /* pxed.shell=1 */
};

/* Parses a kernel command line (Documentation/admin-guide/kernel-parameters: words separated by white space, double
 * quotes protect it, the last of two equal names wins). Unknown words and bad values are passed over: a machine
 * in a rack has nobody to correct them. Never fails; fills every member of *ret. */
void agent_options_parse(const char *cmdline, struct agent_options *ret);

/* The same from /proc/cmdline below `root`. Returns 0 or a negative errno (*ret then holds the defaults). */
int agent_options_read(const char *root, struct agent_options *ret);
