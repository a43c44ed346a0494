/* The SMBIOS table reader: any bytes, in either byte order of the UUID. The first byte chooses the version. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/smbios.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct smbios_summary summary;
        json_t *parts = NULL;
        if (size == 0)
                return 0;
        smbios_parse(data + 1, size - 1, data[0] & 1 ? 0x0206 : 0x0203, &summary, &parts);
        if (strlen(summary.serial) >= SMBIOS_TEXT_MAX || (*summary.uuid && strlen(summary.uuid) != 36) || !json_is_array(json_object_get(parts, "cpu")))
                abort();
        json_decref(parts);
        smbios_entry_version(data, size);
        return 0;
}
