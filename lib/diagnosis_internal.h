/* What the files of the diagnosis share: diagnosis_*.c. */
#pragma once

#include "lib/diagnosis.h"

/* A boot as the signatures look at it. Of each kind of step the newest, NULL: none. */
struct view {
        const struct boot *boot;
        const struct facts *facts;
        uint64_t end;   /* `now`, or when the boot ended */
        uint64_t quiet; /* since the last step, up to `end` */
        bool over;      /* it has failed or gone silent */
        const struct boot_step *last; /* of all */
        /* DHCP of firmware and iPXE; `discover` is the first since the machine last got an address or began. An answer is the appliance's own where
         * nothing else is known of it. */
        const struct boot_step *discover, *offer, *foreign_offer, *request, *acknowledge, *nak;
        const struct boot_step *asked; /* the newest DISCOVER, answered or not */
        unsigned discovers;          /* sent since `discover`, repetitions counted */
        uint64_t discover_last;      /* when the last of them was sent */
        const struct boot_step *tftp, *script, *file, *started, *agent, *inventory, *refused, *os;
};

#define SECONDS(n) ((uint64_t) (n) * USEC_PER_SEC)

static inline bool is_foreign(const struct boot_step *step) {
        return step->foreign == FOREIGN_YES;
}

/* Whether `a` was last seen after `b`; true where there is no `b`, false where there is no `a`. */
static inline bool is_after(const struct boot_step *a, const struct boot_step *b) {
        return a && (!b || boot_step_last(a) > boot_step_last(b) || (boot_step_last(a) == boot_step_last(b) && a > b));
}

/* Nothing further has come for so long. */
static inline bool is_quiet(const struct view *v, unsigned seconds) {
        return v->quiet >= SECONDS(seconds);
}

void diagnosis_reason(struct diagnosis *d, const char *format, ...) _printf_(2, 3);
/* "+12.3 s: ..." after the begin of the boot; without a step just the words. */
void diagnosis_evidence(const struct view *v, struct diagnosis *d, const struct boot_step *step, const char *format, ...) _printf_(4, 5);

/* "the firmware", "iPXE", ... */
const char *stage_words(enum step_stage stage);
/* The server of a step, in words where it is not known. */
const char *server_words(const struct boot_step *step);
/* "LABEL=value" of an option as a number; -1. */
int64_t step_option_number(const struct boot_step *step, const char *name);

/* The signatures, by what they look at. */
bool match_agent_failed(const struct view *v, struct diagnosis *d);
bool match_inventory_refused(const struct view *v, struct diagnosis *d);
bool match_agent_stalled(const struct view *v, struct diagnosis *d);
bool match_agent_silent(const struct view *v, struct diagnosis *d);
bool match_file_missing(const struct view *v, struct diagnosis *d);
bool match_kernel_stalled(const struct view *v, struct diagnosis *d);
bool match_kernel_not_fetched(const struct view *v, struct diagnosis *d);
bool match_script_refused(const struct view *v, struct diagnosis *d);

bool match_tftp_file_missing(const struct view *v, struct diagnosis *d);
bool match_tftp_refused(const struct view *v, struct diagnosis *d);
bool match_tftp_timeout_mtu(const struct view *v, struct diagnosis *d);
bool match_tftp_timeout_options(const struct view *v, struct diagnosis *d);
bool match_tftp_timeout_request(const struct view *v, struct diagnosis *d);
bool match_tftp_stalled(const struct view *v, struct diagnosis *d);
bool match_ipxe_loop(const struct view *v, struct diagnosis *d);
bool match_script_not_fetched(const struct view *v, struct diagnosis *d);
bool match_loader_wrong_architecture(const struct view *v, struct diagnosis *d);
bool match_loader_not_started(const struct view *v, struct diagnosis *d);

bool match_address_declined(const struct view *v, struct diagnosis *d);
bool match_nak(const struct view *v, struct diagnosis *d);
bool match_offer_foreign(const struct view *v, struct diagnosis *d);
bool match_offer_proxy(const struct view *v, struct diagnosis *d);
bool match_offer_not_requested(const struct view *v, struct diagnosis *d);
bool match_no_offer_wrong_vlan(const struct view *v, struct diagnosis *d);
bool match_no_offer_denied(const struct view *v, struct diagnosis *d);
bool match_no_offer_relay_unknown(const struct view *v, struct diagnosis *d);
bool match_no_offer_ignored(const struct view *v, struct diagnosis *d);
bool match_no_offer_proxy(const struct view *v, struct diagnosis *d);
bool match_no_offer_pool_empty(const struct view *v, struct diagnosis *d);
bool match_no_offer(const struct view *v, struct diagnosis *d);
bool match_boot_loops(const struct view *v, struct diagnosis *d);
/* Of a view without a boot; `last` of the boot before is its only step. */
bool match_no_discover(const struct view *v, struct diagnosis *d);
