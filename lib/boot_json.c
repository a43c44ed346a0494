#include <errno.h>

#include "lib/boot.h"
#include "lib/json.h"
#include "lib/text.h"

json_t *boot_steps_to_json(const struct boot *boot) {
        json_t *steps = json_array();
        for (size_t i = 0; i < boot->n_steps; i++)
                json_array_append_new(steps, boot_step_to_json(&boot->steps[i]));
        return steps;
}

int boot_steps_from_json(struct boot *boot, const json_t *steps) {
        size_t count = json_array_size(steps);

        if (count > STEPS_MAX)
                return -EBADMSG;
        boot->steps = calloc(count + 1, sizeof *boot->steps);
        if (!boot->steps)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                int r = boot_step_from_json(json_array_get(steps, i), 0, &boot->steps[i]);
                if (r < 0)
                        return r;
                boot->n_steps++;
        }
        return 0;
}

json_t *boot_record_to_json(const struct boot *boot) {
        json_t *steps = boot_steps_to_json(boot);

        if (!boot->diagnosis && !boot->capture && !boot->told_stuck)
                return steps;
        return json_pack("{s:o, s:o, s:o, s:b}", "steps", steps, "diagnosis", boot->diagnosis ? json_incref(boot->diagnosis) : json_null(), "capture",
                         json_text(boot->capture), "stuck", (int) boot->told_stuck);
}

int boot_record_from_json(struct boot *boot, const json_t *record) {
        if (json_is_array(record))
                return boot_steps_from_json(boot, record);
        json_t *diagnosis = json_get_object(record, "diagnosis");

        if (json_get_string(diagnosis, "signature"))
                boot->diagnosis = json_incref(diagnosis);
        boot->told_stuck = json_get_bool(record, "stuck", false);
        if (text_set_max(&boot->capture, json_get_string(record, "capture"), 4096) < 0)
                return -ENOMEM;
        return boot_steps_from_json(boot, json_get_array(record, "steps"));
}
