/* Signatures from the boot script to the inventory. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/diagnosis_internal.h"
#include "lib/text.h"

#define FETCH_SECONDS 30
/* A server's kernel takes its time, and its ramdisk waits for links. */
#define AGENT_SECONDS 180
#define AGENT_WORK_SECONDS 300

static bool has_started(const struct view *v) {
        return v->started && is_after(v->started, v->script);
}

/* Words of a refusal; they are the daemon's that refused. */
static const char *refusal(const struct view *v) {
        return v->refused->detail ? v->refused->detail : "without a reason";
}

/* Refused since the script, and since what was started. */
static bool ramdisk_refused(const struct view *v) {
        return v->refused && (has_started(v) || v->agent) && is_after(v->refused, v->script) && !is_after(v->started, v->refused) && !v->refused->file &&
               !is_after(v->inventory, v->refused);
}

bool match_inventory_refused(const struct view *v, struct diagnosis *d) {
        if (!ramdisk_refused(v))
                return false;
        diagnosis_reason(d, "The ramdisk's report was refused: %s.", refusal(v));
        diagnosis_evidence(v, d, v->refused, "refused%s%s: %s", v->refused->address ? " to " : "", v->refused->address ? v->refused->address : "",
                           refusal(v));
        if (v->agent)
                diagnosis_evidence(v, d, v->agent, "the ramdisk said%s%s", v->agent->detail ? ": " : " nothing more", v->agent->detail ? v->agent->detail : "");
        return true;
}

bool match_agent_failed(const struct view *v, struct diagnosis *d) {
        if (v->boot->outcome != BOOT_FAILED || !v->inventory || !v->boot->reason || ramdisk_refused(v))
                return false;
        diagnosis_reason(d, "The ramdisk says that it failed: %s", v->boot->reason);
        diagnosis_evidence(v, d, v->inventory, "its report was taken, and names the failure");
        return true;
}

bool match_agent_stalled(const struct view *v, struct diagnosis *d) {
        if (!v->agent || is_after(v->script, v->agent) || is_after(v->inventory, v->agent) || is_after(v->refused, v->agent) ||
            !is_quiet(v, AGENT_WORK_SECONDS))
                return false;
        diagnosis_reason(d, "The ramdisk spoke, and then went silent before its inventory.");
        diagnosis_evidence(v, d, v->agent, "its last word%s%s", v->agent->detail ? ": " : "", v->agent->detail ? v->agent->detail : "");
        diagnosis_evidence(v, d, NULL, "nothing for %" PRIu64 " s", v->quiet / USEC_PER_SEC);
        return true;
}

bool match_agent_silent(const struct view *v, struct diagnosis *d) {
        bool inspects = v->facts->inspects == KNOWN_YES || (v->script && text_equal(v->script->profile, "inspect"));

        if (!has_started(v) || !inspects || is_after(v->agent, v->started) || is_after(v->refused, v->started) || !is_quiet(v, AGENT_SECONDS))
                return false;
        bool has_network = is_after(v->os, v->started);
        diagnosis_reason(d, has_network ? "The ramdisk was started and asks for an address, but does not reach pxed-introspect."
                                        : "The ramdisk was started, and nothing was heard of it: most likely it has no driver for the network card.");
        diagnosis_evidence(v, d, v->started, "kernel and ramdisk were fetched whole");
        if (has_network)
                diagnosis_evidence(v, d, v->os, "DHCP of the ramdisk: %s", step_kind_names[v->os->kind]);
        else
                diagnosis_evidence(v, d, NULL, "no DHCP of an operating system was seen after it");
        diagnosis_evidence(v, d, NULL, "not a word of its agent within %" PRIu64 " s", v->quiet / USEC_PER_SEC);
        return true;
}

/* ---- files */

bool match_file_missing(const struct view *v, struct diagnosis *d) {
        if (!v->refused || !v->refused->file || !v->script || !is_after(v->refused, v->script) || is_after(v->started, v->refused))
                return false;
        diagnosis_reason(d, "The machine was refused the file %s.", v->refused->file);
        diagnosis_evidence(v, d, v->script, "the boot script%s%s was served", v->script->profile ? " of profile " : "",
                           v->script->profile ? v->script->profile : "");
        diagnosis_evidence(v, d, v->refused, "%s", refusal(v));
        return true;
}

static bool is_incomplete(const struct boot_step *file) {
        return file && file->total > 0 && file->bytes < file->total;
}

bool match_kernel_stalled(const struct view *v, struct diagnosis *d) {
        if (!is_incomplete(v->file) || is_after(v->started, v->file) || is_after(v->script, v->file) || !is_quiet(v, FETCH_SECONDS))
                return false;
        diagnosis_reason(d, "The download of %s stopped in the middle.", v->file->file ? v->file->file : "a file");
        diagnosis_evidence(v, d, v->file, "%" PRId64 " of %" PRId64 " bytes were acknowledged", v->file->bytes, v->file->total);
        diagnosis_evidence(v, d, NULL, "no further byte for %" PRIu64 " s", v->quiet / USEC_PER_SEC);
        return true;
}

bool match_kernel_not_fetched(const struct view *v, struct diagnosis *d) {
        const struct boot_step *last = is_after(v->file, v->script) ? v->file : v->script;

        if (!v->script || has_started(v) || is_incomplete(v->file) || v->last != last || !is_quiet(v, FETCH_SECONDS))
                return false;
        diagnosis_reason(d, last == v->script ? "The machine got its boot script, and fetched nothing that it names."
                                              : "The machine got its boot script, and did not fetch all that it names.");
        diagnosis_evidence(v, d, v->script, "the boot script%s%s was served", v->script->profile ? " of profile " : "",
                           v->script->profile ? v->script->profile : "");
        if (last == v->file)
                diagnosis_evidence(v, d, v->file, "%s was fetched whole", v->file->file ? v->file->file : "a file");
        diagnosis_evidence(v, d, NULL, "no further file was asked for within %" PRIu64 " s", v->quiet / USEC_PER_SEC);
        return true;
}

bool match_script_refused(const struct view *v, struct diagnosis *d) {
        if (!v->refused || v->refused->file || is_after(v->script, v->refused) || is_after(v->started, v->refused))
                return false;
        diagnosis_reason(d, "The machine asked what to boot, and was refused: %s.", refusal(v));
        diagnosis_evidence(v, d, v->refused, "%s%s%s", refusal(v), v->refused->profile ? "; profile " : "", v->refused->profile ? v->refused->profile : "");
        return true;
}
