#include "introspect/agent/hardware.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "introspect/agent/console.h"
#include "introspect/agent/modules.h"
#include "introspect/agent/sysfs.h"
#include "introspect/agent/wait.h"

#define QUIET_MS 40
#define SETTLE_MS 10000
/* A RAID or SAS adapter, or a USB disk, that has shown nothing after this long has nothing to show. */
#define EMPTY_ADAPTER_MS 3000

static struct modules *modules;
static size_t loaded;
static int uevents = -1;

/* The kernel's announcements of devices (Documentation/core-api/kobject.rst), multicast group 1. */
static void uevents_open(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
        uevents = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
        if (uevents >= 0 && bind(uevents, (struct sockaddr *) &address, sizeof address) < 0) {
                close(uevents);
                uevents = -1;
        }
}

/* Throws away what is queued: that something changed is all that matters. True if there was anything. */
static bool uevents_drain(void) {
        char buffer[4096];
        bool any = false;
        for (;;) {
                ssize_t n = recv(uevents, buffer, sizeof buffer, 0);
                if (n < 0 && errno != ENOBUFS) /* overrun: many changes */
                        return any;
                any = true;
        }
}

void hardware_load_network(void) {
        uevents_open();
        int r = modules_open(&modules, "");
        if (r < 0)
                say("no driver modules for this kernel (%s): only what is built in will work", strerror(-r));
        else
                loaded = modules_coldplug(modules, modules_is_network);
}

void hardware_load(bool ipmi) {
        if (!modules)
                return;
        loaded += modules_coldplug(modules, NULL);
        if (ipmi)
                loaded += modules_load_name(modules, "ipmi_si") + modules_load_name(modules, "ipmi_devintf");
        size_t failed = modules_failed(modules);
        if (failed > 0)
                say("drivers loaded: %zu, refused by the kernel: %zu", loaded, failed);
        else
                say("drivers loaded: %zu", loaded);
}

static bool nvme_starting(void) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char state[32];
        if (sysfs_names(&names, "/sys/class/nvme") < 0)
                return false;
        for (char **name = names; *name; name++)
                if (sysfs_read(state, sizeof state, "/sys/class/nvme/%s/state", *name) > 0
                    && (strcmp(state, "new") == 0 || strcmp(state, "connecting") == 0 || strcmp(state, "resetting") == 0))
                        return true;
        return false;
}

static bool scsi_host_has_devices(const char *host) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        if (sysfs_names(&names, "/sys/bus/scsi/devices") < 0)
                return false;
        const char *number = host + strlen("host");
        size_t length = strlen(number);
        for (char **name = names; *name; name++)
                if (strncmp(*name, number, length) == 0 && (*name)[length] == ':')
                        return true;
        return false;
}

/* ATA and virtio adapters have been scanned when their driver has finished loading. */
static bool scanned_at_load(const char *driver) {
        return strstr(driver, "ahci") || strstr(driver, "ata") || strcmp(driver, "virtio_scsi") == 0 || driver[0] == '\0';
}

static bool adapter_scanning(uint64_t waited_ms) {
        char **hosts __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char driver[64];
        if (waited_ms > EMPTY_ADAPTER_MS || sysfs_names(&hosts, "/sys/class/scsi_host") < 0)
                return false;
        for (char **host = hosts; *host; host++) {
                sysfs_read(driver, sizeof driver, "/sys/class/scsi_host/%s/proc_name", *host);
                if (!scanned_at_load(driver) && !scsi_host_has_devices(*host))
                        return true;
        }
        return false;
}

void hardware_settle(void) {
        uint64_t start = console_now_ms(), waited = 0;
        for (; waited < SETTLE_MS; waited = console_now_ms() - start) {
                struct pollfd pfd = { .fd = uevents, .events = POLLIN };
                if (uevents_drain() && modules)
                        loaded += modules_coldplug(modules, NULL);
                if (poll(&pfd, uevents >= 0, QUIET_MS) == 0 && !nvme_starting() && !adapter_scanning(waited))
                        return;
        }
        say("new devices still appear after %u s: the inventory may miss some", SETTLE_MS / 1000);
}

static bool ipmi_there(void *userdata) {
        return sysfs_exists("/dev/ipmi0");
}

bool hardware_wait_ipmi(void) {
        return wait_until(ipmi_there, NULL, 2000, 20);
}
