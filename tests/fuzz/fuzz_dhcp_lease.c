/* The journal of leases, and what is written of what was read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp/lease_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(lease_table_freep) struct lease_table *table = NULL, *again = NULL;
        _cleanup_free_ char *text = malloc(size + 1);
        size_t lines, bad;

        if (!text || lease_table_new(&table) < 0 || lease_table_new(&again) < 0)
                return 0;
        if (size > 0)
                memcpy(text, data, size);
        if (lease_table_replay(table, text, size, &lines, &bad) < 0)
                return 0;
        if (bad > size || lines > size || lease_table_size(table) > lines)
                abort();

        const struct lease *lease;
        for (size_t i = 0; (lease = lease_table_at(table, i)); i++) {
                char line[LEASE_LINE_MAX];
                size_t length = lease_event_format(LEASE_HELD, lease, line);
                if (length >= sizeof line || lease_table_replay(again, line, length, &lines, &bad) < 0 || bad || lines != 1)
                        abort();
                const struct lease *same = lease_table_find(again, lease->address);
                if (!same || strcmp(same->mac, lease->mac) != 0 || same->expires != lease->expires)
                        abort();
        }
        return 0;
}
