#include "lib/step.h"

#include <errno.h>

#include "lib/json.h"
#include "lib/macro.h"
#include "lib/text.h"

const char *const step_kind_names[STEP_KINDS] = { "discover", "offer", "request", "acknowledge", "nak", "tftp",
                                                  "script", "file", "started", "agent", "inventory", "refused" };
const char *const step_stage_names[STAGES] = { "none", "firmware", "ipxe", "os" };
const char *const step_protocol_names[STEP_PROTOCOLS] = { "none", "dhcp4", "dhcp6" };
const char *const step_transfer_names[TRANSFERS] = { "none", "requested", "options", "agreed", "data", "done", "refused", "aborted" };

/* The texts, and how much of each is kept. */
static const struct {
        size_t offset, max;
        const char *key; /* in JSON; NULL: it is done apart */
} texts[] = {
        { offsetof(struct boot_step, address), 63, "address" },
        { offsetof(struct boot_step, file), 512, "file" },
        { offsetof(struct boot_step, profile), 63, "profile" },
        { offsetof(struct boot_step, detail), 512, "detail" },
        { offsetof(struct boot_step, server), 63, "server" },
        { offsetof(struct boot_step, options), STEP_OPTIONS_SIZE, NULL },
};

static char **text_of(struct boot_step *step, size_t i) {
        return (char **) ((char *) step + texts[i].offset);
}

void boot_step_clear(struct boot_step *step) {
        for (size_t i = 0; i < ELEMENTS(texts); i++) {
                free(*text_of(step, i));
                *text_of(step, i) = NULL;
        }
}

int boot_step_copy(struct boot_step *to, const struct boot_step *from) {
        *to = *from;
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                *text_of(to, i) = NULL;
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (text_set_max(text_of(to, i), *text_of((struct boot_step *) from, i), texts[i].max) < 0) {
                        boot_step_clear(to);
                        return -ENOMEM;
                }
        return 0;
}

/* A name, or null for the first one of its table: "none". */
static json_t *name_json(const char *const *names, unsigned value) {
        return value == 0 ? json_null() : json_string(names[value]);
}

/* Left out where it is null: there are many steps, and most have few of these. */
static void set_known(json_t *json, const char *key, json_t *value) {
        if (json_is_null(value))
                json_decref(value);
        else
                json_object_set_new(json, key, value);
}

static void add_wire_to_json(json_t *json, const struct boot_step *s) {
        set_known(json, "protocol", name_json(step_protocol_names, s->protocol));
        set_known(json, "xid", json_int_or_null(s->has_xid, s->xid));
        set_known(json, "server", json_text(s->server));
        set_known(json, "foreign", s->foreign == FOREIGN_UNKNOWN ? json_null() : json_boolean(s->foreign == FOREIGN_YES));
        set_known(json, "options", step_options_to_json(s->options));
        set_known(json, "vlan", json_int_or_null(s->has_vlan, s->vlan));
        set_known(json, "transfer", name_json(step_transfer_names, s->transfer));
        set_known(json, "repeats", json_int_or_null(s->repeats > 0, s->repeats));
        set_known(json, "last", json_int_or_null(s->last != 0, (int64_t) s->last));
}

json_t *boot_step_to_json(const struct boot_step *s) {
        json_t *json = json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                                 "time", (json_int_t) s->time,
                                 "kind", step_kind_names[s->kind],
                                 "stage", name_json(step_stage_names, s->stage),
                                 "architecture", json_int_or_null(s->architecture >= 0, s->architecture),
                                 "address", json_text(s->address),
                                 "file", json_text(s->file),
                                 "bytes", json_int_or_null(s->bytes >= 0, s->bytes),
                                 "total", json_int_or_null(s->total >= 0, s->total),
                                 "profile", json_text(s->profile),
                                 "detail", json_text(s->detail));
        if (json)
                add_wire_to_json(json, s);
        return json;
}

/* The number that JSON gives a name; 0 where it gives none; -EINVAL. */
static int name_from(const char *const *names, size_t count, const json_t *json, const char *key) {
        const char *name = json_get_string(json, key);
        return name ? name_to_enum(names, count, name) : 0;
}

/* -1 where it is not there or out of bounds. */
static int64_t number_from(const json_t *json, const char *key, int64_t max) {
        int64_t value = json_get_int(json, key, -1);
        return value < 0 || value > max ? -1 : value;
}

static int read_texts(const json_t *json, struct boot_step *step) {
        char options[STEP_OPTIONS_SIZE];

        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (texts[i].key && text_set_max(text_of(step, i), json_get_string(json, texts[i].key), texts[i].max) < 0)
                        return -ENOMEM;
        step_options_from_json(json_get_object(json, "options"), options, sizeof options);
        return options[0] ? text_set(&step->options, options) : 0;
}

int boot_step_from_json(const json_t *json, uint64_t time, struct boot_step *ret) {
        int kind = name_to_enum(step_kind_names, STEP_KINDS, json_get_string(json, "kind"));
        int stage = name_from(step_stage_names, STAGES, json, "stage");
        int protocol = name_from(step_protocol_names, STEP_PROTOCOLS, json, "protocol");
        int transfer = name_from(step_transfer_names, TRANSFERS, json, "transfer");
        int64_t when = json_get_int(json, "time", (int64_t) time), repeats = number_from(json, "repeats", UINT32_MAX);
        int64_t xid = number_from(json, "xid", UINT32_MAX), vlan = number_from(json, "vlan", 4095);
        int64_t last = number_from(json, "last", INT64_MAX);

        if (kind < 0 || stage < 0 || protocol < 0 || transfer < 0 || when < 0)
                return -EBADMSG;
        _cleanup_(boot_step_clear) struct boot_step step = {
                .time = (uint64_t) when,
                .kind = (enum step_kind) kind,
                .stage = (enum step_stage) stage,
                .protocol = (enum step_protocol) protocol,
                .transfer = (enum step_transfer) transfer,
                .foreign = !json_is_boolean(json_object_get(json, "foreign")) ? FOREIGN_UNKNOWN
                           : json_get_bool(json, "foreign", false)            ? FOREIGN_YES
                                                                              : FOREIGN_NO,
                .has_xid = xid >= 0,
                .has_vlan = vlan >= 0,
                .xid = xid >= 0 ? (uint32_t) xid : 0,
                .vlan = vlan >= 0 ? (uint16_t) vlan : 0,
                .repeats = repeats > 0 ? (unsigned) repeats : 0,
                .last = last > 0 ? (uint64_t) last : 0,
                .architecture = (int) number_from(json, "architecture", UINT16_MAX),
                .bytes = number_from(json, "bytes", INT64_MAX),
                .total = number_from(json, "total", INT64_MAX),
        };
        if (read_texts(json, &step) < 0)
                return -ENOMEM;
        *ret = step;
        step = (struct boot_step) {};
        return 0;
}
