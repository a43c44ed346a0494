#include "netcfg/timeline.h"

#include <errno.h>

#include "lib/boot_fit.h"
#include "lib/json.h"
#include "netcfg/report.h"

#define ATTEMPTS_USEC (15 * 60 * USEC_PER_SEC)
#define ATTEMPTS_MAX 4
/* So long nothing is taken to have followed a capture's end: longer than the patience of each signature that looks at DHCP and TFTP. */
#define SILENCE_USEC (120 * USEC_PER_SEC)

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

/* It began again. */
static int begin(struct timeline *timeline, struct boot *latest, const struct mac *mac, const char *key, const struct boot_step *step) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        int r;

        if (timeline->n_boots == TIMELINE_BOOTS_MAX)
                return 0;
        if (latest && (r = boot_supersede(latest, step->time)) < 0)
                return r;
        if ((r = boot_new(mac, step->time, &boot)) < 0)
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

/* What is known of the machine's boots before this one. */
static void add_attempts(const struct timeline *timeline, size_t number, struct facts *facts) {
        const struct boot *boot = timeline->boots[number];
        const char *loader = NULL;

        for (size_t i = 0; i < boot->n_steps; i++)
                if (boot->steps[i].kind == STEP_TFTP && boot->steps[i].file)
                        loader = boot->steps[i].file;
        while (number-- > 0 && facts->attempts < ATTEMPTS_MAX) {
                const struct boot *before = timeline->boots[number];
                if (mac_to_u64(&before->mac) != mac_to_u64(&boot->mac))
                        continue;
                if (before->started + ATTEMPTS_USEC < boot->started)
                        break;
                facts->attempts++;
                facts->fetches += loader && diagnosis_loader_only(before, loader);
        }
}

bool timeline_diagnose(const struct timeline *timeline, size_t number, uint64_t end, struct diagnosis *ret, bool *ret_silence) {
        struct facts facts = { .wire_only = true };

        add_attempts(timeline, number, &facts);
        /* A boot that goes on into the next one has gone as far as a capture shows: HTTP is not in it. */
        facts.attempts = 0;
        *ret_silence = false;
        if (diagnosis_of_boot(timeline->boots[number], &facts, end, ret))
                return true;
        *ret_silence = true;
        return diagnosis_of_boot(timeline->boots[number], &facts, end + SILENCE_USEC, ret);
}

json_t *timeline_boot_json(const struct timeline *timeline, size_t number, uint64_t end) {
        const struct boot *boot = timeline->boots[number];
        char mac[MAC_TEXT_SIZE];
        struct diagnosis diagnosis;
        bool silence, found = timeline_diagnose(timeline, number, end, &diagnosis, &silence);

        return json_pack("{s:I, s:s, s:I, s:o, s:s, s:o, s:o, s:o, s:b}",
                         "id", (json_int_t) boot->id,
                         "mac", mac_format(&boot->mac, mac),
                         "started", (json_int_t) boot->started,
                         "ended", json_int_or_null(boot->ended != 0, (int64_t) boot->ended),
                         "outcome", boot_outcome_names[boot->outcome],
                         "reason", json_text(boot->reason),
                         "steps", boot_steps_to_json(boot),
                         "diagnosis", found ? diagnosis_to_json(&diagnosis) : json_null(),
                         "silence", found && silence);
}
