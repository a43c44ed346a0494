#include "netcfg/machine_pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

static void add_packet(const struct captured_packet *packet, void *userdata) {
        pcapng_add(userdata, packet);
}

int machine_pcapng(const struct machine_packets *store, const struct mac *mac, struct machine_summary *ret, struct pcapng *ret_file) {
        struct utsname host = {};
        char system[sizeof(host.sysname) + sizeof(host.release) + 1];

        (void) uname(&host);
        snprintf(system, sizeof(system), "%s %s", host.sysname, host.release);
        pcapng_start(ret_file, host.machine, system, "pxed-netcfg " PXED_VERSION);
        int r = machine_packets_walk(store, mac, ret, add_packet, ret_file);
        if (r < 0)
                return r;
        return ret_file->failed ? -ENOMEM : 0;
}
