#include "introspect/agent/hardware.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "introspect/agent/console.h"
#include "introspect/agent/modules.h"
#include "introspect/agent/sysfs.h"
#include "introspect/agent/uevent.h"
#include "introspect/agent/usb_port.h"
#include "introspect/agent/wait.h"

#define QUIET_MS 40
/* A hub waits 100 ms for a plug to sit, resets the port for 50 ms, and does so port by port (USB 2.0, 7.1.7.3). */
#define USB_QUIET_MS 250
#define SETTLE_MS 10000
/* RAID adapters with many disks take a minute to start. */
#define PROBE_MS 120000
/* A RAID or SAS adapter, or a USB disk, that has shown nothing after this long has nothing to show. */
#define EMPTY_ADAPTER_MS 3000
/* What is plugged into USB and has not told what it is after this long is broken. */
#define USB_STARTING_MS 3000

static struct modules *modules;
static int uevents = -1;
static int helpers = -1;    /* end of a pipe, closed at the other end when the processes that load drivers have ended */
static int to_parent = -1;  /* in one of those: the other end, which takes the lines that the parent is to say */
static uint64_t usb_ms;     /* when the kernel last announced something of USB */

static bool is_other(const char *modalias) {
        return modules_is_wanted(modalias) && !modules_is_network(modalias);
}

static void load_others(void) {
        modules_coldplug(modules, is_other);
}

static void load_ipmi(void) {
        modules_load_name(modules, "ipmi_si");
        modules_load_name(modules, "ipmi_devintf");
}

/* Each process finds out by itself what is refused. */
static void say_once(const char *line) {
        size_t index;
        json_t *step;
        json_array_foreach(console_steps(), index, step) {
                const char *said = json_string_value(json_object_get(step, "text"));
                if (said && strcmp(said, line) == 0)
                        return;
        }
        say("%s", line);
}

/* What another process than the first says is not in the agent's log: the first one says it. */
static void tell_refused(const char *name, int error) {
        char line[PIPE_BUF];
        int length = snprintf(line, sizeof line, "the kernel refuses the driver %s: %s", name, strerror(-error));
        if (to_parent < 0)
                say_once(line);
        else if (write(to_parent, line, (size_t) length + 1) < 0)
                return; /* its reader has given up waiting */
}

/* Says what the helpers have written, lines that each end with a NUL. False when they have ended. */
static bool hear_helpers(void) {
        static char text[2 * PIPE_BUF];
        static size_t used;
        ssize_t n = read(helpers, text + used, sizeof text - used);
        if (n <= 0)
                return n < 0 && errno == EINTR;
        used += (size_t) n;
        for (size_t length; (length = strnlen(text, used)) < used;) {
                say_once(text);
                used -= length + 1;
                memmove(text, text + length + 1, used);
        }
        return true;
}

/* Loading a driver lasts until it has probed its devices, for the most part by waiting for them: several processes wait at the same time. The kernel
 * sorts out who loads what both need. */
static void start_helper(int pipe_end, void (*work)(void)) {
        pid_t pid = fork();
        if (pid < 0)
                work();
        if (pid != 0)
                return;
        to_parent = pipe_end;
        work();
        _exit(0);
}

void hardware_start(bool ipmi) {
        int ends[2];
        uevents = uevent_open();
        int r = modules_open(&modules, "", tell_refused);
        if (r < 0) {
                say("no driver modules for this kernel (%s): only what is built in will work", strerror(-r));
                return;
        }
        /* Not at the same time: the kernel ends no loading before all that it probes in the background has been probed, and ATA and SCSI disks are. */
        modules_coldplug(modules, modules_is_network);
        if (pipe2(ends, O_CLOEXEC) < 0)
                return;
        start_helper(ends[1], load_others);
        if (ipmi)
                start_helper(ends[1], load_ipmi);
        close(ends[1]);
        helpers = ends[0];
}

/* Loads drivers for what is announced. True if anything was. */
static bool hear_uevents(void) {
        char message[UEVENT_MAX];
        struct uevent uevent;
        bool any = false;
        for (int r; uevents >= 0 && (r = uevent_next(uevents, message, &uevent)) != 0; any = true) {
                if (r == -ENOBUFS && modules)
                        modules_coldplug(modules, modules_is_wanted);
                else if (r > 0 && strcmp(uevent.subsystem, "usb") == 0)
                        usb_ms = console_now_ms();
                if (r <= 0 || !modules || strcmp(uevent.action, "add") != 0)
                        continue;
                if (*uevent.modalias)
                        modules_load_modalias(modules, uevent.modalias, modules_is_wanted);
                /* the network over InfiniBand is no device's driver: nothing asks for it */
                if (strcmp(uevent.subsystem, "infiniband") == 0)
                        modules_load_name(modules, "ib_ipoib");
        }
        return any;
}

static size_t count_loaded(void) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        size_t count = 0;
        if (sysfs_names(&names, "/sys/module") < 0)
                return 0;
        for (char **name = names; *name; name++) /* what is built in has no state */
                count += sysfs_exists("/sys/module/%s/initstate", *name);
        return count;
}

void hardware_load(void) {
        uint64_t deadline = console_now_ms() + PROBE_MS;
        struct pollfd pfd = { .fd = helpers, .events = POLLIN };
        if (!modules)
                return;
        for (bool running = helpers >= 0; running && console_now_ms() < deadline;)
                if (poll(&pfd, 1, QUIET_MS) > 0)
                        running = hear_helpers();
                else
                        hear_uevents();
        if (console_now_ms() >= deadline)
                say("drivers are still starting after %u s: the inventory may miss some devices", PROBE_MS / 1000);
        say("drivers loaded: %zu", count_loaded());
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

static bool usb_starting(uint64_t waited_ms) {
        return waited_ms <= USB_STARTING_MS && usb_device_starting("", usb_plugged_ports, NULL);
}

/* Asking a hub waits while the kernel is at work on it: what has been announced meanwhile counts. */
static bool settled(uint64_t waited_ms) {
        struct pollfd pfd = { .fd = uevents, .events = POLLIN };
        bool quiet = poll(&pfd, uevents >= 0, QUIET_MS) == 0 && (usb_ms == 0 || console_now_ms() - usb_ms >= USB_QUIET_MS);
        return quiet && !nvme_starting() && !adapter_scanning(waited_ms) && !usb_starting(waited_ms) && poll(&pfd, uevents >= 0, 0) == 0;
}

void hardware_settle(void) {
        uint64_t start = console_now_ms(), waited = 0;
        for (; waited < SETTLE_MS; waited = console_now_ms() - start) {
                hear_uevents();
                if (settled(waited))
                        return;
        }
        say("new devices still appear after %u s: the inventory may miss some", SETTLE_MS / 1000);
}

static bool ipmi_there(void *userdata) {
        return sysfs_exists("/dev/ipmi0");
}

bool hardware_wait_ipmi(void) {
        return sysfs_exists("/sys/module/ipmi_devintf") && wait_until(ipmi_there, NULL, 2000, 20);
}
