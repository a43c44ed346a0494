/* What the ramdisk says of the machine as a whole. */
#include <string.h>

#include "pxed/inspection/hook_list.h"

bool hook_ramdisk_error(struct hook_run *run) {
        return !run->failure || hook_fail(run, "%s", run->failure);
}

/* What the ramdisk does not tell stays as it was. */
static void take_over(struct hook_run *run, const char *member) {
        json_t *value = json_object_get(run->inventory, member);
        if (json_is_string(value))
                hook_set(run, member, json_incref(value));
}

bool hook_system(struct hook_run *run) {
        static const char *const members[] = { "uuid", "serial", "manufacturer", "product", "bmcAddress" };
        for (size_t i = 0; i < ELEMENTS(members); i++)
                take_over(run, members[i]);
        return true;
}

bool hook_architecture(struct hook_run *run) {
        const char *architecture = json_get_string(run->inventory, "architecture");
        if (!architecture)
                return hook_fail(run, "the ramdisk did not tell the architecture of the CPUs");
        take_over(run, "architecture");
        hook_set_property(run, "cpu_arch", json_string(architecture));
        return true;
}

bool hook_memory(struct hook_run *run) {
        int64_t memory = json_get_int(run->inventory, "memory", 0);
        if (memory <= 0)
                return hook_fail(run, "the ramdisk did not tell how much memory there is");
        hook_set(run, "memory", json_integer(memory));
        hook_set_property(run, "memory_mb", json_integer(memory >> 20));
        return true;
}

bool hook_cpus(struct hook_run *run) {
        int64_t cpus = json_get_int(run->inventory, "cpus", 0);
        if (cpus <= 0)
                return true;
        hook_set(run, "cpus", json_integer(cpus));
        hook_set_property(run, "cpus", json_integer(cpus));
        return true;
}

bool hook_boot_mode(struct hook_run *run) {
        const char *mode = json_get_string(run->inventory, "bootMode");
        if (!mode)
                return true;
        take_over(run, "bootMode");
        hook_set_capability(run, "boot_mode", mode);
        return true;
}

static bool has_flag(const json_t *flags, const char *name) {
        const json_t *flag;
        size_t i;

        json_array_foreach((json_t *) flags, i, flag)
                if (json_is_string(flag) && strcmp(json_string_value(flag), name) == 0)
                        return true;
        return false;
}

/* Ironic's names. What a CPU cannot do (any more) is taken away: capabilities are what machines are chosen by. */
bool hook_cpu_capabilities(struct hook_run *run) {
        static const struct {
                const char *capability;
                const char *flags[2]; /* one of them */
        } capabilities[] = {
                { "cpu_vt", { "vmx", "svm" } },
                { "cpu_aes", { "aes" } },
                { "cpu_hugepages", { "pse" } },
                { "cpu_hugepages_1g", { "pdpe1gb" } },
                { "cpu_txt", { "smx" } },
        };
        const json_t *flags = json_get_array(run->inventory, "cpuFlags");

        for (size_t i = 0; flags && i < ELEMENTS(capabilities); i++) {
                bool able = has_flag(flags, capabilities[i].flags[0]) ||
                            (capabilities[i].flags[1] && has_flag(flags, capabilities[i].flags[1]));
                hook_set_capability(run, capabilities[i].capability, able ? "true" : NULL);
        }
        return true;
}
