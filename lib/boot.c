#include "lib/boot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/boot_order.h"
#include "lib/text.h"

const char *const boot_outcome_names[BOOT_OUTCOMES] = { "running", "booted", "inspected", "failed", "silent" };

#define REPEAT_USEC (10 * USEC_PER_SEC)
/* An agent beats at least every 180 s; the same words later are those of another boot, of which nothing else was told yet. */
#define AGENT_REPEAT_USEC (200 * USEC_PER_SEC)
/* Of what came last, and of the reason that ends with it. */
#define DESCRIPTION_SIZE 600
#define REASON_SIZE 700

int boot_new(const struct mac *mac, uint64_t started, struct boot **ret) {
        struct boot *boot = calloc(1, sizeof *boot);
        if (!boot)
                return -ENOMEM;
        boot->mac = *mac;
        boot->started = boot->heard = started;
        *ret = boot;
        return 0;
}

struct boot *boot_copy(const struct boot *boot) {
        _cleanup_(boot_freep) struct boot *copy = malloc(sizeof *copy);
        if (!copy)
                return NULL;
        *copy = *boot;
        copy->network = copy->reason = copy->capture = NULL;
        copy->diagnosis = json_incref(boot->diagnosis);
        copy->n_steps = 0;
        copy->steps = calloc(boot->n_steps + 1, sizeof *copy->steps);
        if (!copy->steps || text_set(&copy->network, boot->network) < 0 || text_set(&copy->reason, boot->reason) < 0 ||
            text_set(&copy->capture, boot->capture) < 0)
                return NULL;
        for (; copy->n_steps < boot->n_steps; copy->n_steps++)
                if (boot_step_copy(&copy->steps[copy->n_steps], &boot->steps[copy->n_steps]) < 0)
                        return NULL;
        return TAKE_POINTER(copy);
}

struct boot *boot_free(struct boot *boot) {
        if (!boot)
                return NULL;
        for (size_t i = 0; i < boot->n_steps; i++)
                boot_step_clear(&boot->steps[i]);
        free(boot->steps);
        free(boot->network);
        free(boot->reason);
        free(boot->capture);
        json_decref(boot->diagnosis);
        free(boot);
        return NULL;
}

static bool same_words(const struct boot_step *a, const struct boot_step *b) {
        return text_equal(a->detail, b->detail) && text_equal(a->address, b->address) && text_equal(a->profile, b->profile) &&
               text_equal(a->server, b->server);
}

/* One message of DHCP sent again, which keeps its transaction id (RFC 2131 4.1), with others between. */
static bool is_sent_again(const struct boot_step *s, const struct boot_step *step) {
        return boot_step_is_dhcp(step) && s->protocol == step->protocol && s->has_xid && step->has_xid && s->xid == step->xid && same_words(s, step);
}

static bool is_alike(const struct boot_step *s, const struct boot_step *step) {
        return s->kind == step->kind && s->stage == step->stage && text_equal(s->file, step->file);
}

/* What came last says the same. Words of a daemon that saw nothing else of the machine may be of as many attempts, of which others tell later: so many
 * stay apart. */
static bool is_said_again(const struct boot *boot, const struct boot_step *step) {
        size_t kept = boot_step_is_dhcp(step) ? 1 : BOOT_ORDER_MAX, same = 0;
        while (same < kept && same < boot->n_steps && is_alike(&boot->steps[boot->n_steps - 1 - same], step) &&
               same_words(&boot->steps[boot->n_steps - 1 - same], step))
                same++;
        return same == kept;
}

/* The step that this one repeats or goes on with; NULL: it is a new one. */
static struct boot_step *same_step(struct boot *boot, const struct boot_step *step) {
        bool reopens = boot->ended != 0 && step->time > boot->ended;
        for (size_t i = boot->n_steps; i-- > 0;) {
                struct boot_step *s = &boot->steps[i];
                if (!is_alike(s, step))
                        continue;
                if (s->time == step->time && text_equal(s->server, step->server))
                        return s;
                if (is_sent_again(s, step) && !reopens)
                        return s;
                uint64_t last = boot_step_last(s), apart = last > step->time ? last - step->time : step->time - last;
                /* Retransmissions, an agent that says the same again. An inventory is told by two ways, with one time. */
                bool again = i + 1 == boot->n_steps && is_said_again(boot, step);
                if (again && step->kind != STEP_FILE && step->kind != STEP_TFTP && step->kind != STEP_INVENTORY &&
                    apart <= (step->kind == STEP_AGENT ? AGENT_REPEAT_USEC : REPEAT_USEC))
                        return s;
        }
        return NULL;
}

static int merge_repetition(struct boot_step *to, const struct boot_step *from) {
        to->repeats++;
        if (from->time > boot_step_last(to))
                to->last = from->time;
        return BOOT_PROGRESS;
}

static int merge(struct boot_step *to, const struct boot_step *from) {
        if (boot_step_is_dhcp(from) && to->time != from->time)
                return merge_repetition(to, from);

        bool moved = from->bytes > to->bytes;
        bool complete = moved && from->total >= 0 && from->bytes >= from->total;
        bool detail = from->detail && !text_equal(to->detail, from->detail), further = from->transfer > to->transfer;
        bool again = from->repeats != to->repeats && from->kind == STEP_TFTP;

        if (detail && text_set_max(&to->detail, from->detail, 512) < 0)
                return -ENOMEM;
        if (from->options && !text_equal(to->options, from->options) && text_set_max(&to->options, from->options, STEP_OPTIONS_SIZE) < 0)
                return -ENOMEM;
        if (further)
                to->transfer = from->transfer;
        if (again)
                to->repeats = from->repeats;
        if (from->last > to->last)
                to->last = from->last;
        if (moved)
                to->bytes = from->bytes;
        if (from->total >= 0)
                to->total = from->total;
        return complete || detail || further ? BOOT_CHANGED : moved || again ? BOOT_PROGRESS : BOOT_UNCHANGED;
}

/* Which step to give up for a new one: an early one that tells little; never the first. */
static size_t least_telling(const struct boot *boot) {
        for (size_t i = 1; i < boot->n_steps; i++)
                if (boot_step_rank(&boot->steps[i]) <= RANK_IPXE || boot->steps[i].kind == STEP_AGENT)
                        return i;
        return 1;
}

int boot_insert(struct boot *boot, const struct boot_step *step) {
        struct boot_step copy;
        struct boot_step *larger = reallocarray(boot->steps, boot->n_steps + 1, sizeof *larger);
        if (!larger)
                return -ENOMEM;
        boot->steps = larger;
        if (boot_step_copy(&copy, step) < 0)
                return -ENOMEM;
        if (boot->n_steps >= STEPS_MAX) {
                size_t gone = least_telling(boot);
                boot_step_clear(&larger[gone]);
                memmove(&larger[gone], &larger[gone + 1], (boot->n_steps - gone - 1) * sizeof *larger);
                boot->n_steps--;
        }
        size_t at = boot->n_steps;
        while (at > 0 && larger[at - 1].time > step->time)
                at--;
        memmove(&larger[at + 1], &larger[at], (boot->n_steps - at) * sizeof *larger);
        larger[at] = copy;
        boot->n_steps++;
        if (step->time < boot->started)
                boot->started = step->time;
        return 0;
}

static int set_outcome(struct boot *boot, enum boot_outcome outcome, uint64_t ended, const char *reason) {
        if (text_set_max(&boot->reason, reason, 512) < 0)
                return -ENOMEM;
        boot->outcome = outcome;
        boot->ended = ended;
        return 0;
}

/* What the step says of how the attempt went. */
static int conclude(struct boot *boot, const struct boot_step *step, bool inspects) {
        bool undecided = boot->outcome != BOOT_BOOTED && boot->outcome != BOOT_INSPECTED;

        if (step->kind == STEP_INVENTORY)
                return set_outcome(boot, BOOT_INSPECTED, step->time, NULL);
        if (!undecided)
                return 0;
        if (step->kind == STEP_STARTED && !inspects)
                return set_outcome(boot, BOOT_BOOTED, step->time, NULL);
        if (step->kind == STEP_REFUSED) {
                struct boot_progress all = boot_progress_until(boot, UINT64_MAX);
                return all.rank > RANK_IPXE && boot->steps[boot->n_steps - 1].time > step->time
                               ? 0
                               : set_outcome(boot, BOOT_FAILED, step->time, step->detail ? step->detail : "refused");
        }
        /* It goes on after all. */
        if (boot->ended != 0 && step->time > boot->ended && boot_step_rank(step) != RANK_NONE)
                return set_outcome(boot, BOOT_RUNNING, 0, NULL);
        return 0;
}

static void describe(const struct boot_step *step, char *buffer, size_t size) {
        static const char *const words[STEP_KINDS] = {
                "asked for an address", "was offered an address", "requested its address", "got its address",
                "was refused its address", "asked for a loader by TFTP", "was served its boot script", "fetched a file",
                "started what it was given", "the ramdisk spoke", "posted its inventory", "was refused"
        };
        static const char *const asking[STAGES] = {
                [STAGE_NONE] = "the machine", [STAGE_FIRMWARE] = "the firmware", [STAGE_IPXE] = "iPXE", [STAGE_OS] = "the operating system",
        };
        const char *who = boot_step_is_dhcp(step) ? asking[step->stage] : "the machine";
        if (step->kind == STEP_FILE && step->total > 0 && step->bytes < step->total)
                snprintf(buffer, size, "the machine had fetched %lld of %lld bytes of %s", (long long) step->bytes,
                         (long long) step->total, step->file ? step->file : "a file");
        else if (step->kind == STEP_AGENT)
                snprintf(buffer, size, "%s%s%s", words[step->kind], step->detail ? ": " : "",
                         step->detail ? step->detail : "");
        else
                snprintf(buffer, size, "%s %s%s%s", who, words[step->kind], step->file ? ": " : "",
                         step->file ? step->file : "");
}

/* "nothing": there is no step. */
static void describe_last(const struct boot *boot, char *buffer, size_t size) {
        if (boot->n_steps > 0)
                describe(&boot->steps[boot->n_steps - 1], buffer, size);
        else
                snprintf(buffer, size, "nothing");
}

/* Why it is silent ends with what came last, which was `before` until now. */
static int renew_reason(struct boot *boot, const char *before) {
        char now[DESCRIPTION_SIZE], reason[REASON_SIZE];
        size_t length = boot->outcome == BOOT_SILENT && boot->reason ? strlen(boot->reason) : 0;

        if (length < strlen(before) || strcmp(boot->reason + length - strlen(before), before) != 0)
                return 0;
        describe_last(boot, now, sizeof now);
        snprintf(reason, sizeof reason, "%.*s%s", (int) (length - strlen(before)), boot->reason, now);
        return set_outcome(boot, BOOT_SILENT, boot->ended, reason);
}

int boot_add(struct boot *boot, const struct boot_step *step, bool inspects, uint64_t now) {
        char before[DESCRIPTION_SIZE];
        describe_last(boot, before, sizeof before);
        struct boot_step *same = same_step(boot, step);
        int r = same ? merge(same, step) : boot_insert(boot, step);
        if (r < 0 || renew_reason(boot, before) < 0)
                return r < 0 ? r : -ENOMEM;
        int changed = same ? r : BOOT_CHANGED;
        /* A worker tells a file that goes on with the time of its begin; an agent's words are told with their own. */
        if (same && step->kind == STEP_FILE && r != BOOT_UNCHANGED && now > same->time)
                same->last = now;
        if (same && step->kind == STEP_AGENT && step->time > boot_step_last(same))
                same->last = step->time;
        if (now > boot->heard)
                boot->heard = now;
        /* A repetition tells nothing new. */
        if (same)
                return changed;
        r = conclude(boot, step, inspects);
        return r < 0 ? r : BOOT_CHANGED;
}

int boot_conclude(struct boot *boot, boot_inspects_t *inspects, void *userdata) {
        int r = set_outcome(boot, BOOT_RUNNING, 0, NULL);
        for (size_t i = 0; r == 0 && i < boot->n_steps; i++)
                r = conclude(boot, &boot->steps[i], inspects(boot->steps[i].profile, userdata));
        return r;
}

int boot_fail(struct boot *boot, const char *reason, uint64_t time) {
        return set_outcome(boot, BOOT_FAILED, time, reason);
}

int boot_supersede(struct boot *boot, uint64_t time) {
        char last[DESCRIPTION_SIZE], reason[REASON_SIZE];
        if (boot->ended != 0)
                return 0;
        describe_last(boot, last, sizeof last);
        snprintf(reason, sizeof reason, "the machine began again after %s", last);
        int r = set_outcome(boot, BOOT_SILENT, time, reason);
        return r < 0 ? r : 1;
}

static uint64_t silence_limit(const struct boot *boot) {
        return boot_progress_until(boot, UINT64_MAX).rank < RANK_SCRIPT ? BOOT_SILENT_EARLY_USEC : BOOT_SILENT_LATE_USEC;
}

bool boot_is_silent(const struct boot *boot, uint64_t now) {
        return boot->ended == 0 && boot->n_steps > 0 && now >= boot->heard && now - boot->heard >= silence_limit(boot);
}

int boot_check_silence(struct boot *boot, uint64_t now) {
        char last[DESCRIPTION_SIZE], reason[REASON_SIZE];

        if (!boot_is_silent(boot, now))
                return 0;
        describe_last(boot, last, sizeof last);
        snprintf(reason, sizeof reason, "nothing for %u minutes after %s", (unsigned) (silence_limit(boot) / 60 / USEC_PER_SEC), last);
        int r = set_outcome(boot, BOOT_SILENT, now, reason);
        return r < 0 ? r : 1;
}
