#include "netcfg/print_timeline.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "lib/json.h"

/* Texts of the wire are printable ASCII by now: see lib/text.h. */

static void print_list(const json_t *list, FILE *out) {
        const char *separator = "";
        json_t *text;
        size_t i;

        json_array_foreach(list, i, text) {
                fprintf(out, "%s%s", separator, json_string_value(text));
                separator = ", ";
        }
        if (i == 0)
                fputs("-", out);
}

void print_sighting(const json_t *json, FILE *out) {
        static const char *const facts[] = { "vendorClass", "hostname", "uuid", "relay" };

        fprintf(out, "  %s  ", json_get_string(json, "mac"));
        print_list(json_get_array(json, "addresses"), out);
        fputs("  by ", out);
        print_list(json_get_array(json, "protocols"), out);
        if (json_is_integer(json_object_get(json, "vlan")))
                fprintf(out, "  VLAN %" PRId64, json_get_int(json, "vlan", 0));
        for (size_t i = 0; i < ELEMENTS(facts); i++)
                if (json_get_string(json, facts[i]))
                        fprintf(out, "  %s %s", facts[i], json_get_string(json, facts[i]));
        fputc('\n', out);
}

static void print_words(const struct boot_step *s, FILE *out) {
        if (s->stage != STAGE_NONE)
                fprintf(out, "  %s", step_stage_names[s->stage]);
        if (s->architecture >= 0)
                fprintf(out, "  architecture %d", s->architecture);
        if (s->server)
                fprintf(out, "  server %s", s->server);
        if (s->address)
                fprintf(out, "  %s", s->address);
        if (s->file)
                fprintf(out, "  %s", s->file);
        if (s->transfer != TRANSFER_NONE)
                fprintf(out, "  %s", step_transfer_names[s->transfer]);
        if (s->bytes >= 0)
                fprintf(out, "  %" PRId64, s->bytes);
        if (s->total >= 0)
                fprintf(out, " of %" PRId64 " bytes", s->total);
        if (s->has_vlan)
                fprintf(out, "  VLAN %u", s->vlan);
        if (s->repeats > 0)
                fprintf(out, "  %u times", s->repeats + 1);
        if (s->detail)
                fprintf(out, "  (%s)", s->detail);
}

static void print_diagnosis(const struct diagnosis *d, bool silence, FILE *out) {
        fprintf(out, "  Diagnosis%s: %s: %s\n", silence ? ", if nothing followed" : "", d->signature->name, d->reason);
        for (unsigned i = 0; i < d->n_evidence; i++)
                fprintf(out, "    %s  %s\n", i == 0 ? "Evidence" : "        ", d->evidence[i]);
        fprintf(out, "    Confirm   %s\n    Fix       %s\n", d->confirm, d->fix);
}

void print_boot(const struct timeline *timeline, size_t number, uint64_t end, FILE *out) {
        const struct boot *boot = timeline->boots[number];
        char mac[MAC_TEXT_SIZE], when[32] = "";
        time_t started = (time_t) (boot->started / USEC_PER_SEC);
        struct diagnosis diagnosis;
        struct tm tm;
        bool silence;

        if (localtime_r(&started, &tm))
                strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
        fprintf(out, "\nBoot of %s, from %s\n", mac_format(&boot->mac, mac), when);
        for (size_t i = 0; i < boot->n_steps; i++) {
                const struct boot_step *s = &boot->steps[i];
                uint64_t at = s->time - boot->started;
                fprintf(out, "  +%4" PRIu64 ".%03" PRIu64 " s  %-11s", at / USEC_PER_SEC, at / USEC_PER_MSEC % 1000, step_kind_names[s->kind]);
                print_words(s, out);
                fputc('\n', out);
        }
        if (boot->reason)
                fprintf(out, "  %s: %s\n", boot_outcome_names[boot->outcome], boot->reason);
        if (timeline_diagnose(timeline, number, end, &diagnosis, &silence))
                print_diagnosis(&diagnosis, silence, out);
}
