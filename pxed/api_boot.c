/* org.pxed.Boot */
#include <errno.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "pxed/api.h"
#include "pxed/diagnose.h"

#define INTERFACE "org.pxed.Boot"

json_t *api_boot_to_json(const struct state *s, const struct boot *b) {
        char mac[MAC_TEXT_SIZE], id[UUID_TEXT_SIZE];
        const struct node *node = b->has_node ? registry_by_id(&s->nodes, &b->node) : NULL;
        return json_pack("{s:I, s:s, s:o, s:o, s:o, s:I, s:o, s:s, s:o, s:o, s:o, s:o}",
                         "id", (json_int_t) b->id,
                         "mac", mac_format(&b->mac, mac),
                         "network", json_text(b->network),
                         "node", json_text(b->has_node ? uuid_format(&b->node, id) : NULL),
                         "name", json_text(node ? node->name : NULL),
                         "started", (json_int_t) b->started,
                         "ended", json_int_or_null(b->ended != 0, (int64_t) b->ended),
                         "outcome", boot_outcome_names[b->outcome],
                         "reason", json_text(b->reason),
                         "steps", boot_steps_to_json(b),
                         "diagnosis", b->diagnosis ? json_incref(b->diagnosis) : json_null(),
                         /* Where it is not to be kept any more the file has gone. */
                         "capture", json_text(captures_find(&s->captures, b->id) ? b->capture : NULL));
}

struct boot_list {
        const struct state *state;
        json_t *boots;
};

/* What is in memory is newer than what is stored: bytes of files in flight. */
static int add_boot(struct boot *stored, void *userdata) {
        _cleanup_(boot_freep) struct boot *boot = stored;
        struct boot_list *list = userdata;
        const struct boot *newer = boots_find(&list->state->boots, boot->id);
        return json_array_append_new(list->boots, api_boot_to_json(list->state, newer ? newer : boot)) < 0 ? -ENOMEM : 0;
}

int api_boot_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        struct state *s = m->state;
        const char *reference = json_get_string(in, "node"), *mac_text = json_get_string(in, "mac");
        int64_t limit = json_get_int(in, "limit", 50), before = json_get_int(in, "before", 0);
        const struct node *node = reference ? registry_find(&s->nodes, reference) : NULL;
        struct mac mac;

        if (reference && !node)
                return api_not_found(call, INTERFACE, "node", reference);
        if (mac_text && mac_parse(mac_text, &mac) < 0)
                return varlink_invalid(call, "mac");
        if (limit < 1 || limit > 200)
                return varlink_invalid(call, "limit");
        if (before < 0)
                return varlink_invalid(call, "before");
        struct boot_list list = { s, json_array() };
        int r = store_read_boots(s->store, node ? &node->id : NULL, mac_text ? &mac : NULL, (uint64_t) before, (size_t) limit,
                                 add_boot, &list);
        if (r < 0) {
                json_decref(list.boots);
                return api_failed(call, INTERFACE, s, r);
        }
        return varlink_reply(call, json_pack("{s:o}", "boots", list.boots));
}

int api_boot_watch(struct varlink_call *call, const json_t *in, void *userdata) {
        return streams_add_flights(userdata, call);
}

int api_boot_get(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        int64_t id = json_get_int(in, "id", 0);
        const struct boot *boot = id > 0 ? boots_find(&m->state->boots, (uint64_t) id) : NULL;
        _cleanup_(boot_freep) struct boot *stored = NULL;
        char reference[24];

        snprintf(reference, sizeof reference, "%lld", (long long) id);
        int r = boot ? 0 : id > 0 ? store_read_boot(m->state->store, (uint64_t) id, &stored) : -ENOENT;
        if (r == -ENOENT)
                return api_not_found(call, INTERFACE, "boot", reference);
        if (r < 0)
                return api_failed(call, INTERFACE, m->state, r);
        return varlink_reply(call, json_pack("{s:o}", "boot", api_boot_to_json(m->state, boot ? boot : stored)));
}

static int keep_newest(struct boot *boot, void *userdata) {
        struct boot **newest = userdata;
        boot_free(*newest);
        *newest = boot;
        return 0;
}

/* Of the node, or of the MAC alone; from memory where it is there. *ret_stored is the caller's. */
static int find_newest(struct state *s, const struct node *node, const struct mac *mac, const struct boot **ret, struct boot **ret_stored) {
        int r = store_read_boots(s->store, node ? &node->id : NULL, node ? NULL : mac, 0, 1, keep_newest, ret_stored);
        if (r < 0)
                return r;
        *ret = *ret_stored ? boots_find(&s->boots, (*ret_stored)->id) : NULL;
        if (!*ret)
                *ret = *ret_stored;
        return 0;
}

int api_boot_diagnose(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        struct state *s = m->state;
        const char *reference = json_get_string(in, "node");
        const struct node *node = registry_find(&s->nodes, reference);
        const struct port *port = node ? node_boot_port(node) : NULL;
        _cleanup_(boot_freep) struct boot *stored = NULL;
        const struct boot *boot = NULL;
        struct mac mac;

        if (port)
                mac = port->mac;
        bool has_mac = mac_parse(reference, &mac) >= 0 || port;
        if (!node && !has_mac)
                return api_not_found(call, INTERFACE, "node", reference);
        int r = find_newest(s, node, &mac, &boot, &stored);
        if (r < 0)
                return api_failed(call, INTERFACE, s, r);
        bool silent = has_mac && (!boot || diagnose_awaits(node, boot));
        json_t *diagnosis = silent ? diagnose_silence(s, &mac, node, boot, realtime_us()) : boot && boot->diagnosis ? json_incref(boot->diagnosis) : NULL;
        return varlink_reply(call, json_pack("{s:o, s:o}", "boot", boot && !silent ? api_boot_to_json(s, boot) : json_null(), "diagnosis",
                                             diagnosis ? diagnosis : json_null()));
}
