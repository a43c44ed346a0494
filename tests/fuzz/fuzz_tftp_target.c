/* Request targets and their queries: no path leaves its root, no value overruns. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"
#include "tftp/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *target = strndup((const char *) data, size);
        char path[TARGET_PATH_SIZE];
        struct boot_request request;
        const char *query;

        if (target_parse(target, path, &query) == 0) {
                if (path[0] != '/' || strstr(path, "/../"))
                        abort();
                boot_request_parse(query, &request);
        }
        return 0;
}
