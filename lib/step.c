#include "lib/step.h"

#include <errno.h>

#include "lib/json.h"
#include "lib/text.h"

const char *const step_kind_names[STEP_KINDS] = { "discover", "offer", "request", "acknowledge", "nak", "tftp",
                                                  "script", "file", "started", "agent", "inventory", "refused" };
const char *const step_stage_names[STAGES] = { "none", "firmware", "ipxe", "os" };

void boot_step_clear(struct boot_step *step) {
        free(step->address);
        free(step->file);
        free(step->profile);
        free(step->detail);
        step->address = step->file = step->profile = step->detail = NULL;
}

int boot_step_copy(struct boot_step *to, const struct boot_step *from) {
        *to = *from;
        to->address = to->file = to->profile = to->detail = NULL;
        if (text_set_max(&to->address, from->address, 63) < 0 || text_set_max(&to->file, from->file, 512) < 0 ||
            text_set_max(&to->profile, from->profile, 63) < 0 || text_set_max(&to->detail, from->detail, 512) < 0) {
                boot_step_clear(to);
                return -ENOMEM;
        }
        return 0;
}

json_t *boot_step_to_json(const struct boot_step *s) {
        return json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "time", (json_int_t) s->time,
                         "kind", step_kind_names[s->kind],
                         "stage", s->stage == STAGE_NONE ? json_null() : json_string(step_stage_names[s->stage]),
                         "architecture", json_int_or_null(s->architecture >= 0, s->architecture),
                         "address", json_text(s->address),
                         "file", json_text(s->file),
                         "bytes", json_int_or_null(s->bytes >= 0, s->bytes),
                         "total", json_int_or_null(s->total >= 0, s->total),
                         "profile", json_text(s->profile),
                         "detail", json_text(s->detail));
}

int boot_step_from_json(const json_t *json, struct boot_step *ret) {
        int kind = name_to_enum(step_kind_names, STEP_KINDS, json_get_string(json, "kind"));
        const char *stage = json_get_string(json, "stage");
        int stage_number = stage ? name_to_enum(step_stage_names, STAGES, stage) : STAGE_NONE;
        int64_t time = json_get_int(json, "time", -1);

        if (kind < 0 || stage_number < 0 || time < 0)
                return -EBADMSG;
        *ret = (struct boot_step) {
                .time = (uint64_t) time,
                .kind = (enum step_kind) kind,
                .stage = (enum step_stage) stage_number,
                .architecture = (int) json_get_int(json, "architecture", -1),
                .bytes = json_get_int(json, "bytes", -1),
                .total = json_get_int(json, "total", -1),
                .address = (char *) json_get_string(json, "address"),
                .file = (char *) json_get_string(json, "file"),
                .profile = (char *) json_get_string(json, "profile"),
                .detail = (char *) json_get_string(json, "detail"),
        };
        return 0;
}
