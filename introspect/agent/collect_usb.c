#include <errno.h>
#include <string.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/sysfs.h"

/* "USB:1:2", bus and device number, is the handle that lshw, which IPA runs, gives. */
static json_t *describe(const char *root, const char *name) {
        long long bus = 0, number = 0;
        sysfs_read_number(&bus, "%s/sys/bus/usb/devices/%s/busnum", root, name);
        sysfs_read_number(&number, "%s/sys/bus/usb/devices/%s/devnum", root, name);
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "vendor",
                         sysfs_json_text("%s/sys/bus/usb/devices/%s/manufacturer", root, name), "product",
                         sysfs_json_text("%s/sys/bus/usb/devices/%s/product", root, name), "handle",
                         json_sprintf("USB:%lld:%lld", bus, number), "vendor_id",
                         sysfs_json_text("%s/sys/bus/usb/devices/%s/idVendor", root, name), "product_id",
                         sysfs_json_text("%s/sys/bus/usb/devices/%s/idProduct", root, name), "serial_number",
                         sysfs_json_text("%s/sys/bus/usb/devices/%s/serial", root, name));
}

int collect_usb(const char *root, json_t **ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        int r = sysfs_names(&names, "%s/sys/bus/usb/devices", root);
        if (r < 0 && r != -ENOENT) /* a kernel without USB has no such directory */
                return r;
        json_t *list = json_array();
        for (char **name = names; name && *name; name++)
                if (!strchr(*name, ':')) /* with a colon it is an interface of a device */
                        json_array_append_new(list, describe(root, *name));
        *ret = list;
        return 0;
}
