#include "introspect/agent/usb_port.h"

#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usb/ch11.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "introspect/agent/sysfs.h"

#define ANSWER_MS 500

uint32_t usb_plugged_ports(void *userdata, unsigned bus, unsigned device, unsigned ports) {
        char path[64];
        uint32_t plugged = 0;
        snprintf(path, sizeof path, "/dev/bus/usb/%03u/%03u", bus, device);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        for (unsigned port = 1; fd >= 0 && port <= ports; port++) {
                uint8_t status[4] = { 0 }; /* wPortStatus, wPortChange */
                struct usbdevfs_ctrltransfer get = {
                        .bRequestType = USB_DIR_IN | USB_RT_PORT,
                        .bRequest = USB_REQ_GET_STATUS,
                        .wIndex = (uint16_t) port,
                        .wLength = sizeof status,
                        .timeout = ANSWER_MS,
                        .data = status,
                };
                if (ioctl(fd, USBDEVFS_CONTROL, &get) == sizeof status && status[0] & USB_PORT_STAT_CONNECTION)
                        plugged |= UINT32_C(1) << port;
        }
        if (fd >= 0)
                close(fd);
        return plugged;
}

/* What is plugged into port 2 of usb3 is 3-2; into port 4 of that, 3-2.4. */
static bool has_device(const char *root, const char *hub, unsigned bus, unsigned port) {
        bool root_hub = strncmp(hub, "usb", 3) == 0;
        return root_hub ? sysfs_exists("%s/sys/bus/usb/devices/%u-%u", root, bus, port)
                        : sysfs_exists("%s/sys/bus/usb/devices/%s.%u", root, hub, port);
}

static bool hub_is_starting(const char *root, const char *hub, usb_ask_ports ask, void *userdata) {
        long long ports, bus, device;
        if (sysfs_read_number(&ports, "%s/sys/bus/usb/devices/%s/maxchild", root, hub) < 0 || ports <= 0
            || sysfs_read_number(&bus, "%s/sys/bus/usb/devices/%s/busnum", root, hub) < 0
            || sysfs_read_number(&device, "%s/sys/bus/usb/devices/%s/devnum", root, hub) < 0)
                return false;
        unsigned count = ports > USB_PORTS_MAX ? USB_PORTS_MAX : (unsigned) ports;
        uint32_t plugged = ask(userdata, (unsigned) bus, (unsigned) device, count);
        for (unsigned port = 1; port <= count; port++)
                if (plugged & UINT32_C(1) << port && !has_device(root, hub, (unsigned) bus, port))
                        return true;
        return false;
}

bool usb_device_starting(const char *root, usb_ask_ports ask, void *userdata) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        if (sysfs_names(&names, "%s/sys/bus/usb/devices", root) < 0)
                return false;
        for (char **name = names; *name; name++)
                if (!strchr(*name, ':') && hub_is_starting(root, *name, ask, userdata)) /* with a colon it is an interface */
                        return true;
        return false;
}
