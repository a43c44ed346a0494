/* A controller's request, each line of the input a part of it: path, versions, If-None-Match, If-Match, limit, marker, states, Host. Nothing overruns, what is given
 * back is within what the header says. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/inspector_target.h"
#include "lib/macro.h"

static void check_path(const char *path) {
        static const char *const patterns[] = { "/", "/v1/introspection", "/v1/introspection/*", "/v1/introspection/*/data/unprocessed", "/v1/nodes/*/inventory" };
        char node[INSPECTOR_NODE_SIZE];

        for (size_t i = 0; i < ELEMENTS(patterns); i++) {
                bool matches = inspector_match(patterns[i], path, node);
                if (memchr(node, '\0', sizeof(node)) == NULL || strpbrk(node, "/ \"%\\"))
                        abort();
                if (matches && node[0] && !strstr(path, node))
                        abort();
        }
}

static void check_tags(const char *none_match, const char *if_match) {
        char etag[INSPECTOR_ETAG_SIZE];
        uint64_t revision;

        (void) inspector_none_match(none_match, inspector_etag(UINT64_MAX, UINT64_MAX, etag));
        if (inspector_if_match(if_match, &revision) < 0)
                return;
        /* The tag of that revision is then the one that was asked for. */
        inspector_etag(revision, 0, etag);
        if (revision > 999999999999999999 || !inspector_none_match(etag, etag))
                abort();
}

static void check_list(const char *limit, const char *marker, const char *states) {
        struct inspector_list list;

        if (inspector_parse_list(limit, marker, states, &list))
                return;
        if (list.limit < 1 || list.limit > INSPECTOR_LIST_MAX || (states && list.states >> INSPECTOR_STATES))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *input = strndup((const char *) data, size);
        const char *parts[9];
        char *rest = input;

        for (size_t i = 0; i < ELEMENTS(parts); i++)
                parts[i] = strsep(&rest, "\n");
        check_path(parts[0]);
        (void) inspector_check_version(parts[1], parts[2]);
        check_tags(parts[3], parts[4]);
        check_list(parts[5], parts[6], parts[7]);
        if (strpbrk(inspector_host(parts[8]), "/\"\\ "))
                abort();
        return 0;
}
