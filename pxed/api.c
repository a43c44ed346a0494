#include "pxed/api.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"

const char *api_worker_name(enum role role) {
        static const char *const names[ROLE_COUNT] = { "pxed-dhcp", "pxed-tftp", "pxed-netcfg", "pxed-introspect" };
        return names[role];
}

static int fail(struct varlink_call *call, const char *interface, const char *error, json_t *parameters) {
        char name[96];
        snprintf(name, sizeof name, "%s.%s", interface, error);
        return varlink_error(call, name, parameters);
}

int api_not_found(struct varlink_call *call, const char *interface, const char *kind, const char *reference) {
        return fail(call, interface, "NotFound", json_pack("{s:s, s:o}", "kind", kind, "reference", json_text(reference)));
}

int api_conflict(struct varlink_call *call, const char *interface, uint64_t revision) {
        return fail(call, interface, "Conflict", json_pack("{s:I}", "revision", (json_int_t) revision));
}

int api_refuse(struct varlink_call *call, const char *interface, const char *field, const char *format, ...) {
        char reason[400];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(reason, sizeof reason, format, arguments);
        va_end(arguments);
        return fail(call, interface, "Invalid", json_pack("{s:o, s:o}", "field", json_text(field), "reason", json_text(reason)));
}

int api_storage_failed(struct varlink_call *call, const char *interface, const struct state *state) {
        return fail(call, interface, "StorageFailed", json_pack("{s:o}", "reason", json_text(store_reason(state->store))));
}

int api_raw_parts(const struct varlink_call *call) {
        return STORED_RAW | (varlink_call_listener(call) == LISTENER_MONITOR ? 0 : STORED_LOGS);
}

int api_failed(struct varlink_call *call, const char *interface, const struct state *state, int error) {
        if (error == -ENOSPC || error == -EIO || error == -EBUSY || error == -EEXIST)
                return api_storage_failed(call, interface, state);
        return error;
}

bool api_bounded(struct varlink_call *call, const char *interface, const json_t *parameters, const char *field, int64_t min,
                 int64_t max, int64_t fallback, int64_t *ret) {
        *ret = json_get_int(parameters, field, fallback);
        if (*ret >= min && *ret <= max)
                return true;
        (void) api_refuse(call, interface, field, "%lld is not in %lld to %lld", (long long) *ret, (long long) min,
                          (long long) max);
        return false;
}

json_t *api_with_node_of_mac(json_t *object, const struct state *state, const struct mac *mac) {
        char text[UUID_TEXT_SIZE];
        const struct node *node = registry_by_mac(&state->nodes, mac);
        json_object_set_new(object, "node", json_text(node ? uuid_format(&node->id, text) : NULL));
        json_object_set_new(object, "name", json_text(node ? node->name : NULL));
        return object;
}
