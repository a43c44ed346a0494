/* A request's line and header, each a line of the input: path, addresses, node_uuid, API version. No value overruns, no MAC counts twice. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/target.h"
#include "lib/macro.h"

static void check_lookup(const char *addresses, const char *node_uuid) {
        struct lookup_query query;

        if (target_parse_lookup(addresses, node_uuid, &query) < 0)
                return;
        if (query.n_macs > LOOKUP_MACS_MAX || (query.n_macs == 0 && !query.has_uuid))
                abort();
        for (size_t i = 0; i < query.n_macs; i++)
                if (!mac_is_unicast(&query.macs[i]) || (i > 0 && mac_to_u64(&query.macs[i - 1]) >= mac_to_u64(&query.macs[i])))
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *input = strndup((const char *) data, size);
        char *rest = input, version[TARGET_VERSION_SIZE];
        const char *path = strsep(&rest, "\n"), *addresses = strsep(&rest, "\n"), *node_uuid = strsep(&rest, "\n");
        struct target target;

        target_split(path, &target);
        if (strlen(target.token) >= TOKEN_TEXT_SIZE || strchr(target.token, '/') || (path[0] == '/' && target.path[0] != '/'))
                abort();
        check_lookup(addresses, node_uuid);
        (void) target_version(rest, version);
        return 0;
}
