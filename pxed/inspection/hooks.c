#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "pxed/inspection/hook_list.h"

const struct hook hooks[] = {
        { "ramdisk-error", true, hook_ramdisk_error },
        { "validate-interfaces", true, hook_validate_interfaces },
        { "ports", true, hook_ports },
        { "system", true, hook_system },
        { "architecture", true, hook_architecture },
        { "memory", true, hook_memory },
        { "cpus", true, hook_cpus },
        { "boot-mode", true, hook_boot_mode },
        { "local-link-connection", true, hook_local_link_connection },
        { "parse-lldp", true, hook_parse_lldp },
        { "physical-network", true, hook_physical_network },
        { "cpu-capabilities", true, hook_cpu_capabilities },
        { "pci-devices", true, hook_pci_devices },
        { "accelerators", true, hook_accelerators },
        { "raid-device", false, hook_raid_device },
        { "root-device", true, hook_root_device },
        { 0 },
};
_Static_assert(ELEMENTS(hooks) <= HOOKS_MAX, "all of them fit into the options");

const struct hook *hook_find(const char *name) {
        for (const struct hook *hook = hooks; hook->name; hook++)
                if (strcmp(hook->name, name) == 0)
                        return hook;
        return NULL;
}

bool hook_fail(struct hook_run *run, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(run->reason, HOOK_REASON_SIZE, format, arguments);
        va_end(arguments);
        utf8_cut(run->reason);
        return false;
}

json_t *hook_object(struct hook_run *run, const char *member) {
        if (!json_get_object(run->node, member))
                json_object_set_new(run->node, member, json_object());
        return json_get_object(run->node, member);
}

void hook_set(struct hook_run *run, const char *member, json_t *value) {
        json_object_set_new(run->node, member, value);
}

void hook_set_property(struct hook_run *run, const char *name, json_t *value) {
        json_object_set_new(hook_object(run, "properties"), name, value);
}

void hook_set_plugin_data(struct hook_run *run, const char *name, json_t *value) {
        json_object_set_new(run->plugin_data, name, value);
}

void hook_set_capability(struct hook_run *run, const char *name, const char *value) {
        if (value)
                json_object_set_new(hook_object(run, "capabilities"), name, json_string(value));
        else
                json_object_del(json_get_object(run->node, "capabilities"), name);
}

json_t *hook_port(const struct hook_run *run, const char *mac) {
        json_t *port;
        size_t i;

        json_array_foreach(json_get_array(run->node, "ports"), i, port) {
                const char *text = json_get_string(port, "mac");
                if (mac && text && strcmp(text, mac) == 0)
                        return port;
        }
        return NULL;
}
