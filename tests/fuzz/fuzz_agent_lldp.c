/* The reader of LLDP frames: what it returns can always be written as JSON, and no TLV stands behind the End TLV. */
#include <stdint.h>
#include <stdlib.h>

#include "introspect/agent/lldp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        json_t *tlvs = lldp_parse(data, size);
        size_t count = json_array_size(tlvs);
        for (size_t i = 0; i + 1 < count; i++)
                if (json_integer_value(json_array_get(json_array_get(tlvs, i), 0)) == 0)
                        abort();
        if (tlvs) {
                char *text = json_dumps(tlvs, JSON_COMPACT);
                if (!text)
                        abort();
                free(text);
        }
        json_decref(tlvs);
        return 0;
}
