#include "netcfg/capture_methods.h"

#include <errno.h>
#include <nettle/base64.h>

#include "lib/daemon.h"
#include "netcfg/machine_pcapng.h"

#define LIST_MAX 1000
#define LIST_DEFAULT 500

static int invalid(struct varlink_call *call, const char *field, const char *reason) {
        return varlink_error(call, "org.pxed.Capture.Invalid", json_pack("{s:s, s:s}", "field", field, "reason", reason));
}

static json_t *machine_json(const struct machine_summary *machine) {
        char mac[MAC_TEXT_SIZE];

        return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}",
                         "mac", mac_format(&machine->mac, mac),
                         "packets", (json_int_t) machine->packets,
                         "bytes", (json_int_t) machine->bytes,
                         "overwritten", (json_int_t) machine->overwritten,
                         "firstSeen", (json_int_t) machine->first,
                         "lastSeen", (json_int_t) machine->last);
}

static int handle_list(struct varlink_call *call, const json_t *parameters, void *userdata) {
        const struct machine_packets *store = daemon_userdata(userdata);
        const char *text = json_get_string(parameters, "after");
        int64_t limit = json_get_int(parameters, "limit", LIST_DEFAULT);
        char next[MAC_TEXT_SIZE];
        struct mac after;

        if (text && mac_parse(text, &after) < 0)
                return invalid(call, "after", "it is no MAC address");
        if (limit < 1 || limit > LIST_MAX)
                return invalid(call, "limit", "it is 1 to 1000");
        _cleanup_free_ struct machine_summary *found = calloc((size_t) limit, sizeof(*found));
        if (!found)
                return -ENOMEM;
        ssize_t count = machine_packets_list(store, text ? &after : NULL, found, (size_t) limit);
        if (count < 0)
                return (int) count;

        json_t *machines = json_array();
        bool more = count > limit;
        for (ssize_t i = 0; i < (more ? limit : count); i++)
                json_array_append_new(machines, machine_json(&found[i]));
        return varlink_reply(call, json_pack("{s:o, s:{s:i, s:i}, s:s?}", "machines", machines, "limits", "bytesPerMachine", PACKET_RING_MAX,
                                             "bytes", MACHINE_PACKETS_MAX, "next", more ? mac_format(&found[limit - 1].mac, next) : NULL));
}

static int handle_get(struct varlink_call *call, const json_t *parameters, void *userdata) {
        const char *text = json_get_string(parameters, "mac");
        _cleanup_pcapng_ struct pcapng file = {};
        struct machine_summary machine;
        struct mac mac;

        if (mac_parse(text, &mac) < 0)
                return invalid(call, "mac", "it is no MAC address");
        int r = machine_pcapng(daemon_userdata(userdata), &mac, &machine, &file);
        if (r == -ENOENT)
                return varlink_error(call, "org.pxed.Capture.NotFound", json_pack("{s:s, s:s}", "kind", "machine", "reference", text));
        if (r < 0)
                return r;
        size_t size = BASE64_ENCODE_RAW_LENGTH(file.size);
        _cleanup_free_ char *encoded = malloc(size);
        if (!encoded)
                return -ENOMEM;
        base64_encode_raw(encoded, file.size, file.data);
        return varlink_reply(call, json_pack("{s:o, s:s%}", "machine", machine_json(&machine), "pcapng", encoded, size));
}

const struct varlink_method capture_methods[] = {
        { "org.pxed.Capture.List", handle_list, VARLINK_READ },
        { "org.pxed.Capture.Get", handle_get, VARLINK_READ },
        {},
};
