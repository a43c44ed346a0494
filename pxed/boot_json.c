#include <errno.h>

#include "lib/json.h"
#include "pxed/boot.h"
#include "pxed/text.h"

static json_t *step_to_json(const struct boot_step *s) {
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

json_t *boot_steps_to_json(const struct boot *boot) {
        json_t *steps = json_array();
        for (size_t i = 0; i < boot->n_steps; i++)
                json_array_append_new(steps, step_to_json(&boot->steps[i]));
        return steps;
}

/* The texts stay the JSON's: the step is copied where it is added. */
static int step_from_json(const json_t *json, struct boot_step *ret) {
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

int boot_steps_from_json(struct boot *boot, const json_t *steps) {
        struct boot_step step;
        size_t count = json_array_size(steps);

        if (count > STEPS_MAX)
                return -EBADMSG;
        boot->steps = calloc(count + 1, sizeof *boot->steps);
        if (!boot->steps)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                int r = step_from_json(json_array_get(steps, i), &step);
                if (r == 0)
                        r = boot_step_copy(&boot->steps[i], &step);
                if (r < 0)
                        return r;
                boot->n_steps++;
        }
        return 0;
}
