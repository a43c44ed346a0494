/* Signatures of DHCP: nobody answers, the wrong one does, or the machine will not have it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/diagnosis_internal.h"
#include "lib/text.h"

/* A machine that has asked so often, over so long a time, is not answered: a server's answer comes within a second or two. */
#define ASKS 3
#define ASKING_SECONDS 10
/* Firmware of few words. */
#define SILENT_SECONDS 60
/* From the choice of a server to the loader. */
#define CHOICE_SECONDS 15
#define PROXY_SECONDS 20

/* It asks, and goes on asking. */
static bool asks_in_vain(const struct view *v) {
        if (!v->discover)
                return false;
        uint64_t asking = v->discover_last - v->discover->time;
        return (v->discovers >= ASKS && asking >= SECONDS(ASKING_SECONDS)) || (v->discovers >= 2 && v->end - v->discover->time >= SECONDS(SILENT_SECONDS)) ||
               is_quiet(v, SILENT_SECONDS);
}

static bool is_not_answered(const struct view *v) {
        return asks_in_vain(v) && !v->offer && !v->foreign_offer;
}

static void tell_discovers(const struct view *v, struct diagnosis *d) {
        uint64_t asking = v->discover_last - v->discover->time;

        diagnosis_evidence(v, d, v->discover, "%s sent %u DISCOVER%s%s%s, within %" PRIu64 ".%" PRIu64 " s", stage_words(v->discover->stage), v->discovers,
                           v->discovers == 1 ? "" : "s", v->boot->network ? " on network " : "", v->boot->network ? v->boot->network : "",
                           asking / USEC_PER_SEC, asking / 100000 % 10);
}

static void tell_no_offer(const struct view *v, struct diagnosis *d) {
        tell_discovers(v, d);
        diagnosis_evidence(v, d, NULL, "no offer was seen, from any server");
}

static const char *network_words(const struct view *v) {
        return v->facts->network ? v->facts->network : "its network";
}

bool match_no_offer_wrong_vlan(const struct view *v, struct diagnosis *d) {
        char where[32] = "without a VLAN tag";

        /* Of a capture brought from elsewhere nobody knows which VLAN is the network's. */
        if (v->facts->wire_only || !v->asked || !v->asked->has_vlan || v->offer || (v->asked == v->discover && v->discovers < 2 && !is_quiet(v, ASKING_SECONDS)))
                return false;
        if (v->asked->vlan != 0)
                snprintf(where, sizeof where, "on VLAN %u", v->asked->vlan);
        diagnosis_reason(d, "The machine asks %s, which is no network of the appliance.", where);
        if (v->discover)
                tell_discovers(v, d);
        diagnosis_evidence(v, d, v->asked, "its frames came %s to the interface%s%s of network %s", where, v->facts->interface ? " " : "",
                           v->facts->interface ? v->facts->interface : "", network_words(v));
        return true;
}

bool match_no_offer_denied(const struct view *v, struct diagnosis *d) {
        if (!is_not_answered(v) || v->facts->denied != KNOWN_YES)
                return false;
        diagnosis_reason(d, "The configuration denies this machine an address.");
        tell_no_offer(v, d);
        diagnosis_evidence(v, d, NULL, "the section [host] of its MAC says deny");
        return true;
}

bool match_no_offer_relay_unknown(const struct view *v, struct diagnosis *d) {
        char value[STEP_OPTION_VALUE_SIZE];
        const char *relay = v->discover ? step_option(v->discover->options, "giaddr", value) : NULL;
        struct ip ip;

        if (!is_not_answered(v) || !relay || ip_parse(relay, &ip) < 0 || v->facts->n_subnets == 0)
                return false;
        for (size_t i = 0; i < v->facts->n_subnets; i++)
                if (ip_in_prefix(&ip, &v->facts->subnets[i]))
                        return false;
        diagnosis_reason(d, "The machine asks by the relay %s, whose subnet is no network of the appliance.", relay);
        tell_no_offer(v, d);
        diagnosis_evidence(v, d, v->discover, "the relay put its address %s into the DISCOVER (giaddr)", relay);
        return true;
}

bool match_no_offer_ignored(const struct view *v, struct diagnosis *d) {
        if (!is_not_answered(v) || v->facts->dhcp != FACTS_DHCP_OFF)
                return false;
        diagnosis_reason(d, "DHCP is off on network %s, and no other server answers.", network_words(v));
        tell_no_offer(v, d);
        diagnosis_evidence(v, d, NULL, "the configuration says dhcp = off for network %s", network_words(v));
        return true;
}

bool match_no_offer_proxy(const struct view *v, struct diagnosis *d) {
        if (!asks_in_vain(v) || v->facts->dhcp != FACTS_DHCP_PROXY || v->foreign_offer || is_after(v->request, v->discover))
                return false;
        diagnosis_reason(d, "Nobody gives addresses on network %s: the appliance only adds the boot file there (dhcp = proxy).", network_words(v));
        tell_discovers(v, d);
        diagnosis_evidence(v, d, v->offer, "%s", v->offer ? "the appliance offered the boot file, without an address" : "no offer was seen, from any server");
        return true;
}

bool match_no_offer_pool_empty(const struct view *v, struct diagnosis *d) {
        if (!is_not_answered(v) || !v->facts->has_pool || v->facts->pool_used < v->facts->pool_size)
                return false;
        diagnosis_reason(d, "The address pool of network %s is used up.", network_words(v));
        tell_no_offer(v, d);
        diagnosis_evidence(v, d, NULL, "%" PRIu64 " of the pool's %" PRIu64 " addresses are leased", v->facts->pool_used, v->facts->pool_size);
        return true;
}

bool match_no_offer(const struct view *v, struct diagnosis *d) {
        if (!is_not_answered(v))
                return false;
        diagnosis_reason(d, "No DHCP server answers the machine.");
        tell_no_offer(v, d);
        if (v->facts->problem)
                diagnosis_evidence(v, d, NULL, "pxed-dhcp says: %s", v->facts->problem);
        return true;
}

/* ---- offers */

static void tell_offer(const struct view *v, struct diagnosis *d, const struct boot_step *offer) {
        diagnosis_evidence(v, d, offer, "%s offered %s%s%s", server_words(offer), offer->address ? offer->address : "no address",
                           offer->file ? ", boot file " : "", offer->file ? offer->file : "");
}

/* Where the appliance is to give the addresses. */
static bool chose_another(const struct view *v) {
        bool expected = v->facts->dhcp == FACTS_DHCP_PROXY || v->facts->dhcp == FACTS_DHCP_OFF;

        return !expected && v->request && is_foreign(v->request);
}

bool match_offer_foreign(const struct view *v, struct diagnosis *d) {
        if (!chose_another(v) || is_after(v->script, v->request) || is_after(v->refused, v->request))
                return false;
        if (!v->over && v->end - v->request->time < SECONDS(CHOICE_SECONDS))
                return false;
        diagnosis_reason(d, "Another DHCP server, %s, won the machine.", server_words(v->request));
        if (v->foreign_offer)
                tell_offer(v, d, v->foreign_offer);
        if (v->offer)
                tell_offer(v, d, v->offer);
        else
                diagnosis_evidence(v, d, NULL, "the appliance offered it nothing");
        diagnosis_evidence(v, d, v->request, "%s chose %s%s%s", stage_words(v->request->stage), server_words(v->request),
                           v->request->address ? " and the address " : "", v->request->address ? v->request->address : "");
        /* As a server that counts itself the only one does. */
        if (is_after(v->nak, v->request) && !is_foreign(v->nak))
                diagnosis_evidence(v, d, v->nak, "%s refused that address", server_words(v->nak));
        if (v->facts->foreign)
                diagnosis_evidence(v, d, NULL, "seen on the network: %s", v->facts->foreign);
        return true;
}

/* It took an address elsewhere, and did not come to the appliance for the boot file. */
bool match_offer_proxy(const struct view *v, struct diagnosis *d) {
        const struct boot_step *ack = v->acknowledge;

        if (v->facts->dhcp != FACTS_DHCP_PROXY || !ack || !is_foreign(ack) || ack->stage != STAGE_FIRMWARE || is_after(v->script, ack) ||
            is_after(v->tftp, ack) || v->discover || !is_quiet(v, PROXY_SECONDS))
                return false;
        diagnosis_reason(d, "The machine took an address from %s and ignored the appliance's boot offer.", server_words(ack));
        diagnosis_evidence(v, d, ack, "%s gave the address %s", server_words(ack), ack->address ? ack->address : "that is not known");
        if (v->offer)
                tell_offer(v, d, v->offer);
        else
                diagnosis_evidence(v, d, NULL, "the appliance's own boot offer was not seen");
        diagnosis_evidence(v, d, NULL, "no request for the boot file followed, neither on port 4011 nor by TFTP");
        return true;
}

bool match_offer_not_requested(const struct view *v, struct diagnosis *d) {
        const struct boot_step *offer = v->offer ? v->offer : v->foreign_offer;

        if (!asks_in_vain(v) || !offer || is_after(v->request, v->discover))
                return false;
        diagnosis_reason(d, "The machine goes on asking although %s offers it an address.", server_words(offer));
        tell_discovers(v, d);
        tell_offer(v, d, offer);
        diagnosis_evidence(v, d, NULL, "no REQUEST followed");
        return true;
}

/* ---- refusals */

static bool is_decline(const struct boot_step *nak) {
        char value[STEP_OPTION_VALUE_SIZE];

        return text_equal(step_option(nak->options, "53", value), "DECLINE");
}

/* The machine was refused an address, and has not got another one since. */
static bool is_refused(const struct view *v, bool declined) {
        return v->nak && is_decline(v->nak) == declined && is_after(v->nak, v->acknowledge) && (v->over || v->nak->repeats > 0 || is_quiet(v, ASKING_SECONDS));
}

bool match_address_declined(const struct view *v, struct diagnosis *d) {
        if (!is_refused(v, true))
                return false;
        diagnosis_reason(d, "The machine declined the address %s: somebody else uses it.", v->nak->address ? v->nak->address : "that it was given");
        diagnosis_evidence(v, d, v->nak, "%s sent a DECLINE%s%s", stage_words(v->nak->stage), v->nak->address ? " of " : "",
                           v->nak->address ? v->nak->address : "");
        diagnosis_evidence(v, d, NULL, "it has taken no other address since");
        return true;
}

/* The appliance counts itself the only server: it refuses what the machine chose of another one. That this one won is what is wrong, and not the refusal. */
static bool is_refused_for_choice(const struct view *v) {
        return chose_another(v) && is_after(v->nak, v->request) && !is_foreign(v->nak);
}

bool match_nak(const struct view *v, struct diagnosis *d) {
        if (!is_refused(v, false) || is_refused_for_choice(v))
                return false;
        diagnosis_reason(d, "%s refused the machine the address that it asked for.", server_words(v->nak));
        if (v->request && v->request->address)
                diagnosis_evidence(v, d, v->request, "%s requested %s", stage_words(v->request->stage), v->request->address);
        diagnosis_evidence(v, d, v->nak, "NAK %s", v->nak->detail ? v->nak->detail : "without a word");
        return true;
}

/* ---- nothing at all */

bool match_no_discover(const struct view *v, struct diagnosis *d) {
        const struct facts *facts = v->facts;

        diagnosis_reason(d, v->last ? "Nothing has been seen of the machine since it was told to boot."
                                    : "Nothing has ever been seen of the machine: it does not boot from this network.");
        if (!v->last)
                diagnosis_evidence(v, d, NULL, "no DHCP of its firmware, and no other step of a boot, was ever seen");
        else
                diagnosis_evidence(v, d, NULL, "the last that was seen of it is %" PRIu64 " s old", (v->end - boot_step_last(v->last)) / USEC_PER_SEC);
        if (facts->assigned != 0 && facts->assigned <= v->end)
                diagnosis_evidence(v, d, NULL, "it was told to boot%s%s %" PRIu64 " s ago", facts->profile ? " " : "", facts->profile ? facts->profile : "",
                                   (v->end - facts->assigned) / USEC_PER_SEC);
        if (facts->carrier != NOT_KNOWN)
                diagnosis_evidence(v, d, NULL, "the interface %s of network %s has %s carrier", facts->interface ? facts->interface : "", network_words(v),
                                   facts->carrier == KNOWN_YES ? "a" : "no");
        if (facts->neighbour)
                diagnosis_evidence(v, d, NULL, "%s hangs on %s", facts->interface ? facts->interface : "the interface", facts->neighbour);
        return true;
}

bool match_boot_loops(const struct view *v, struct diagnosis *d) {
        if (!v->over || v->facts->attempts < 3)
                return false;
        diagnosis_reason(d, "The machine starts over and over and never gets through.");
        diagnosis_evidence(v, d, NULL, "%u boots began within 15 minutes, and none came to its end", v->facts->attempts + 1);
        diagnosis_evidence(v, d, v->last, "this one ended: %s", v->boot->reason ? v->boot->reason : "without a reason");
        return true;
}
