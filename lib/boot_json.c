#include <errno.h>

#include "lib/boot.h"

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
