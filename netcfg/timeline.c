#include "netcfg/timeline.h"

#include <errno.h>

#include "lib/json.h"
#include "netcfg/report.h"

int timeline_new(struct timeline **ret) {
        struct timeline *timeline = calloc(1, sizeof(*timeline));

        if (!timeline)
                return -ENOMEM;
        timeline->boots = calloc(TIMELINE_BOOTS_MAX, sizeof(*timeline->boots));
        timeline->latest = json_object();
        if (!timeline->boots || !timeline->latest) {
                timeline_free(timeline);
                return -ENOMEM;
        }
        *ret = timeline;
        return 0;
}

struct timeline *timeline_free(struct timeline *timeline) {
        if (!timeline)
                return NULL;
        for (size_t i = 0; i < timeline->n_boots; i++)
                boot_free(timeline->boots[i]);
        free(timeline->boots);
        json_decref(timeline->latest);
        free(timeline);
        return NULL;
}

/* It began again; what was seen of the new attempt before its begin moves to it. */
static int begin(struct timeline *timeline, struct boot *latest, const struct mac *mac, const char *key, const struct boot_step *step) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        int r;

        if (timeline->n_boots == TIMELINE_BOOTS_MAX)
                return 0;
        if (latest && ((r = boot_split(latest, step->time, &boot)) < 0 || (r = boot_supersede(latest, step->time)) < 0))
                return r;
        if (!boot && (r = boot_new(mac, step->time, &boot)) < 0)
                return r;
        if ((r = boot_add(boot, step, false, step->time)) < 0)
                return r;
        json_object_set_new(timeline->latest, key, json_integer((json_int_t) timeline->n_boots));
        timeline->boots[timeline->n_boots++] = TAKE_POINTER(boot);
        timeline->boots[timeline->n_boots - 1]->id = timeline->n_boots;
        return 0;
}

int timeline_add(struct timeline *timeline, const struct step *seen) {
        _cleanup_json_ json_t *json = report_step(seen, "");
        _cleanup_(boot_step_clear) struct boot_step step = {};
        char key[MAC_TEXT_SIZE];

        int r = boot_step_from_json(json, seen->time, &step);
        if (r < 0)
                return r;
        int64_t number = json_get_int(timeline->latest, mac_format(&seen->mac, key), -1);
        struct boot *latest = number >= 0 ? timeline->boots[number] : NULL;
        switch (boot_fit(latest, &step)) {
        case BOOT_FIT_NEW:
                return begin(timeline, latest, &seen->mac, key, &step);
        case BOOT_FIT_THIS:
                r = boot_add(latest, &step, false, boot_step_last(&step));
                return r < 0 ? r : 0;
        default:
                return 0;
        }
}

bool timeline_diagnose(const struct boot *boot, uint64_t end, struct diagnosis *ret) {
        const struct facts facts = { .wire_only = true };

        return diagnosis_of_boot(boot, &facts, end, ret);
}

json_t *timeline_boot_json(const struct boot *boot, uint64_t end) {
        char mac[MAC_TEXT_SIZE];
        struct diagnosis diagnosis;
        bool found = timeline_diagnose(boot, end, &diagnosis);

        return json_pack("{s:I, s:s, s:I, s:o, s:s, s:o, s:o, s:o}",
                         "id", (json_int_t) boot->id,
                         "mac", mac_format(&boot->mac, mac),
                         "started", (json_int_t) boot->started,
                         "ended", json_int_or_null(boot->ended != 0, (int64_t) boot->ended),
                         "outcome", boot_outcome_names[boot->outcome],
                         "reason", json_text(boot->reason),
                         "steps", boot_steps_to_json(boot),
                         "diagnosis", found ? diagnosis_to_json(&diagnosis) : json_null());
}
