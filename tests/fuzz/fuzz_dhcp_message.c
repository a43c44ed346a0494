/* What comes over the socket on which leases are told. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp/lease_message.h"
#include "lib/macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = malloc(size + 1);
        struct lease_message message;

        if (!text)
                return 0;
        if (size > 0)
                memcpy(text, data, size);
        if (lease_message_parse(text, size, &message) < 0 || message.action == LEASE_INIT)
                return 0;
        char line[LEASE_LINE_MAX];
        if (lease_format(&message.lease, line) >= sizeof line || strchr(message.network, '\n'))
                abort();
        return 0;
}
