#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/sysfs.h"

/* "0000:00:1f.2"; domains that drivers make (Intel's VMD) have numbers of five digits: "10000:01:00.0". */
static bool is_pci_address(const char *text, size_t length) {
        static const char shape[] = ":xx:xx.x";
        size_t domain = strspn(text, "0123456789abcdef");
        if (domain < 4 || domain > 6 || length != domain + sizeof shape - 1)
                return false;
        for (size_t i = 0; shape[i]; i++)
                if (shape[i] == 'x' ? !strchr("0123456789abcdef", text[domain + i]) : text[domain + i] != shape[i])
                        return false;
        return true;
}

void collect_pci_address(const char *real_path, char *buf, size_t size) {
        buf[0] = '\0';
        for (const char *at = real_path; *at;) {
                size_t length = strcspn(at, "/");
                if (is_pci_address(at, length))
                        snprintf(buf, size, "%.*s", (int) length, at);
                at += length + (at[length] == '/');
        }
}

/* sysfs writes "0x8086"; lspci and IPA write "8086". */
static json_t *bare_hex(const char *root, const char *address, const char *file) {
        char text[32];
        sysfs_read(text, sizeof text, "%s/sys/bus/pci/devices/%s/%s", root, address, file);
        return json_text(strncmp(text, "0x", 2) == 0 ? text + 2 : text);
}

int collect_pci(const char *root, json_t **ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        int r = sysfs_names(&names, "%s/sys/bus/pci/devices", root);
        if (r < 0)
                return r;
        json_t *list = json_array();
        for (char **name = names; *name; name++)
                json_array_append_new(list,
                                      json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "vendor_id", bare_hex(root, *name, "vendor"),
                                                "product_id", bare_hex(root, *name, "device"), "class",
                                                bare_hex(root, *name, "class"), "revision", bare_hex(root, *name, "revision"),
                                                "bus", json_text(*name), "numa_node_id", bare_hex(root, *name, "numa_node")));
        *ret = list;
        return 0;
}
