#include <errno.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/sysfs.h"

/* A TPM that its driver could not start (firmware holds it, or it is of a kind that this kernel does not know) is there all the same: ACPI has a
 * table for it (TCG ACPI Specification). */
static const char *tpm_of_acpi(const char *root) {
        return sysfs_exists("%s/sys/firmware/acpi/tables/TPM2", root) ? "2.0" : sysfs_exists("%s/sys/firmware/acpi/tables/TCPA", root) ? "1.2" : NULL;
}

int collect_tpm(const char *root, json_t **ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        long long major = 0;
        int count = sysfs_names(&names, "%s/sys/class/tpm", root);
        const char *version = tpm_of_acpi(root);
        if (count < 0 && count != -ENOENT)
                return count;
        if (count > 0 && sysfs_read_number(&major, "%s/sys/class/tpm/%s/tpm_version_major", root, names[0]) == 0)
                version = major == 2 ? "2.0" : major == 1 ? "1.2" : NULL;
        *ret = json_pack("{s:b, s:o}", "present", count > 0 || version, "version", json_text(version));
        return 0;
}

int collect_boot(const char *root, const char *bootif, json_t **ret) {
        *ret = json_pack("{s:s, s:o}", "current_boot_mode", sysfs_exists("%s/sys/firmware/efi", root) ? "uefi" : "bios",
                         "pxe_interface", json_text(bootif));
        return 0;
}
