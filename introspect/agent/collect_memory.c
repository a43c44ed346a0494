#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/sysfs.h"

/* The number behind `label` in the text of a meminfo file, in KB. */
static int meminfo_kb(const char *text, const char *label, unsigned long long *ret) {
        const char *at = strstr(text, label);
        return at && sscanf(at + strlen(label), "%llu", ret) == 1 ? 0 : -ENODATA;
}

int collect_memory(const char *root, unsigned long long installed_kb, json_t **ret) {
        char text[4096];
        unsigned long long total_kb;
        int r = sysfs_read(text, sizeof text, "%s/proc/meminfo", root);
        if (r < 0 || (r = meminfo_kb(text, "MemTotal:", &total_kb)) < 0)
                return r;
        if (installed_kb < total_kb) /* firmware does not know of memory that a hypervisor plugged in */
                installed_kb = total_kb;
        *ret = json_pack("{s:I, s:I}", "total", (json_int_t) (total_kb * 1024), "physical_mb",
                         (json_int_t) (installed_kb / 1024));
        return 0;
}

static int numbered(const char *name, const char *prefix, long long *ret) {
        char *end;
        size_t length = strlen(prefix);
        if (strncmp(name, prefix, length) != 0 || name[length] < '0' || name[length] > '9')
                return -EINVAL;
        *ret = strtoll(name + length, &end, 10);
        return *end == '\0' ? 0 : -EINVAL;
}

static void append_ram(const char *root, long long node, json_t *ram) {
        char text[4096];
        unsigned long long kb;
        if (sysfs_read(text, sizeof text, "%s/sys/devices/system/node/node%lld/meminfo", root, node) > 0
            && meminfo_kb(text, "MemTotal:", &kb) == 0)
                json_array_append_new(ram, json_pack("{s:I, s:I}", "numa_node", (json_int_t) node, "size_kb", (json_int_t) kb));
}

/* Threads of one core form one entry, as an IPA has it. */
static void append_thread(json_t *cpus, long long node, long long core, long long thread) {
        size_t index;
        json_t *entry;
        json_array_foreach(cpus, index, entry) {
                if (json_integer_value(json_object_get(entry, "cpu")) == core
                    && json_integer_value(json_object_get(entry, "numa_node")) == node) {
                        json_array_append_new(json_object_get(entry, "thread_siblings"), json_integer(thread));
                        return;
                }
        }
        json_array_append_new(cpus, json_pack("{s:I, s:I, s:[I]}", "cpu", (json_int_t) core, "numa_node", (json_int_t) node,
                                              "thread_siblings", (json_int_t) thread));
}

static void append_cpus(const char *root, long long node, json_t *cpus) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        long long thread, core;
        if (sysfs_names(&names, "%s/sys/devices/system/node/node%lld", root, node) < 0)
                return;
        for (char **name = names; *name; name++)
                if (numbered(*name, "cpu", &thread) == 0
                    && sysfs_read_number(&core, "%s/sys/devices/system/cpu/cpu%lld/topology/core_id", root, thread) == 0)
                        append_thread(cpus, node, core, thread);
}

/* A virtio card's node stands at the PCI device above it. */
static void append_nics(const char *root, json_t *nics) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char address[16];
        long long node;
        if (sysfs_names(&names, "%s/sys/class/net", root) < 0)
                return;
        for (char **name = names; *name; name++) {
                char *path = sysfs_real_path("%s/sys/class/net/%s/device", root, *name);
                if (!path)
                        continue;
                collect_pci_address(path, address, sizeof address);
                if (*address && sysfs_read_number(&node, "%s/sys/bus/pci/devices/%s/numa_node", root, address) == 0 && node >= 0)
                        json_array_append_new(nics,
                                              json_pack("{s:o, s:I}", "name", json_text(*name), "numa_node", (json_int_t) node));
                free(path);
        }
}

int collect_numa(const char *root, json_t **ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        long long node;
        int r = sysfs_names(&names, "%s/sys/devices/system/node", root);
        if (r < 0)
                return r;
        json_t *ram = json_array(), *cpus = json_array(), *nics = json_array();
        for (char **name = names; *name; name++)
                if (numbered(*name, "node", &node) == 0) {
                        append_ram(root, node, ram);
                        append_cpus(root, node, cpus);
                }
        append_nics(root, nics);
        *ret = json_pack("{s:o, s:o, s:o}", "ram", ram, "cpus", cpus, "nics", nics);
        return 0;
}
