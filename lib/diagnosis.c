#include "lib/diagnosis_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

/* ---- words */

void diagnosis_reason(struct diagnosis *d, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(d->reason, sizeof d->reason, format, arguments);
        va_end(arguments);
}

void diagnosis_evidence(const struct view *v, struct diagnosis *d, const struct boot_step *step, const char *format, ...) {
        va_list arguments;

        if (d->n_evidence == DIAGNOSIS_EVIDENCE_MAX)
                return;
        char *text = d->evidence[d->n_evidence++];
        size_t used = 0, size = sizeof d->evidence[0];
        if (step && v->boot) {
                uint64_t after = step->time > v->boot->started ? step->time - v->boot->started : 0;
                used = (size_t) snprintf(text, size, "+%" PRIu64 ".%03" PRIu64 " s: ", after / USEC_PER_SEC, after / 1000 % 1000);
        }
        va_start(arguments, format);
        vsnprintf(text + used, size - used, format, arguments);
        va_end(arguments);
}

const char *stage_words(enum step_stage stage) {
        static const char *const words[STAGES] = {
                [STAGE_NONE] = "the machine", [STAGE_FIRMWARE] = "the firmware", [STAGE_IPXE] = "iPXE", [STAGE_OS] = "the operating system",
        };
        return words[stage];
}

const char *server_words(const struct boot_step *step) {
        return step && step->server ? step->server : "a server that is not known";
}

int64_t step_option_number(const struct boot_step *step, const char *name) {
        char value[STEP_OPTION_VALUE_SIZE], *end;
        const char *text = step_option(step->options, name, value);
        long long number = text ? strtoll(text, &end, 10) : -1;

        return text && end != text && *end == '\0' ? number : -1;
}

/* ---- the view */

static bool is_dhcp_of_boot(const struct boot_step *s) {
        return s->kind <= STEP_NAK && s->stage != STAGE_OS && s->protocol != STEP_DHCP6;
}

static void take_discover(struct view *v, const struct boot_step *s) {
        v->asked = s;
        if (!v->discover) {
                v->discover = s;
                v->discovers = 0;
        }
        v->discovers += 1 + s->repeats;
        v->discover_last = boot_step_last(s);
}

static void take_dhcp(struct view *v, const struct boot_step *s) {
        switch (s->kind) {
        case STEP_DISCOVER:
                /* A further stage asks anew: what the one before was answered is its own affair. */
                if (v->discover && v->discover->stage != s->stage)
                        v->discover = NULL;
                if (!v->discover)
                        v->offer = v->foreign_offer = v->request = v->acknowledge = NULL;
                take_discover(v, s);
                break;
        case STEP_OFFER:
                *(is_foreign(s) ? &v->foreign_offer : &v->offer) = s;
                break;
        case STEP_REQUEST:
                v->request = s;
                break;
        case STEP_ACKNOWLEDGE:
                v->acknowledge = s;
                v->discover = NULL;
                break;
        default:
                v->nak = s;
        }
}

static void take_step(struct view *v, const struct boot_step *s) {
        const struct boot_step **const of_kind[STEP_KINDS] = {
                [STEP_TFTP] = &v->tftp,   [STEP_SCRIPT] = &v->script,       [STEP_FILE] = &v->file,       [STEP_STARTED] = &v->started,
                [STEP_AGENT] = &v->agent, [STEP_INVENTORY] = &v->inventory, [STEP_REFUSED] = &v->refused,
        };

        if (is_dhcp_of_boot(s))
                take_dhcp(v, s);
        else if (s->kind <= STEP_NAK && s->stage == STAGE_OS)
                v->os = s;
        else if (of_kind[s->kind])
                *of_kind[s->kind] = s;
        if (is_after(s, v->last))
                v->last = s;
}

static void look(const struct boot *boot, const struct facts *facts, uint64_t now, struct view *ret) {
        *ret = (struct view) { .boot = boot, .facts = facts, .end = now };
        ret->over = boot->outcome == BOOT_FAILED || boot->outcome == BOOT_SILENT;
        if (boot->ended != 0)
                ret->end = boot->ended;
        for (size_t i = 0; i < boot->n_steps; i++)
                take_step(ret, &boot->steps[i]);
        uint64_t last = ret->last ? boot_step_last(ret->last) : boot->started;
        ret->quiet = ret->end > last ? ret->end - last : 0;
}

/* ---- confirm and fix */

/* A file's name as it stands in a URL (RFC 3986 2.3). The machine chose it, and a person pastes the command into a shell: nothing that means something
 * there is left as it is. */
static const char *url_path(const char *name, char *buffer, size_t size) {
        static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
        size_t used = 0;

        if (!name)
                return NULL;
        for (; *name && used + 4 <= size; name++)
                used += (size_t) snprintf(buffer + used, size - used, strchr(unreserved, *name) ? "%c" : "%%%02X", (unsigned char) *name);
        buffer[used] = '\0';
        return buffer;
}

/* What stands in the texts for something of the boot; NULL: it stays, for a person to fill in. */
static const char *meant_by(const char *word, size_t length, const struct view *v, const struct mac *mac, char *buffer, size_t size) {
        const struct boot_step *answer = v->request ? v->request : v->foreign_offer ? v->foreign_offer : v->offer;
        const struct boot_step *served = v->tftp ? v->tftp : answer;
        const struct boot_step *given = v->nak ? v->nak : v->acknowledge ? v->acknowledge : served;
        const struct facts *facts = v->facts;
        char text[MAC_TEXT_SIZE], own[IP_TEXT_SIZE], path[600];

        snprintf(buffer, size, "%u", facts->http_port);
        const struct {
                const char *word, *value;
        } words[] = {
                { "MAC", mac_format(mac, text) },
                { "INTERFACE", facts->interface },
                { "NETWORK", facts->network },
                { "NODE", facts->node },
                { "SERVER", served ? served->server : NULL },
                { "ADDRESS", given ? given->address : NULL },
                { "APPLIANCE", facts->address.family != 0 ? ip_format(&facts->address, own) : NULL },
                { "FILE", url_path(v->refused && v->refused->file ? v->refused->file : v->tftp ? v->tftp->file : NULL, path, sizeof path) },
                { "PORT", facts->http_port ? buffer : NULL },
        };

        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strlen(words[i].word) == length && memcmp(words[i].word, word, length) == 0) {
                        if (words[i].value && words[i].value != buffer)
                                snprintf(buffer, size, "%s", words[i].value);
                        return words[i].value ? buffer : NULL;
                }
        return NULL;
}

static void expand(const char *text, const struct view *v, const struct mac *mac, char *ret, size_t size) {
        char value[600];
        size_t used = 0;

        while (*text && used + 1 < size) {
                size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
                const char *meant = length > 1 ? meant_by(text, length, v, mac, value, sizeof value) : NULL;
                if (length == 0)
                        length = 1;
                used += (size_t) snprintf(ret + used, size - used, "%.*s", meant ? (int) strlen(meant) : (int) length, meant ? meant : text);
                text += length;
        }
        ret[used < size ? used : size - 1] = '\0';
}

static void finish(const struct signature *signature, const struct view *v, const struct mac *mac, struct diagnosis *d) {
        d->signature = signature;
        expand(signature->confirm, v, mac, d->confirm, sizeof d->confirm);
        expand(signature->fix, v, mac, d->fix, sizeof d->fix);
}

bool diagnosis_of_boot(const struct boot *boot, const struct facts *facts, uint64_t now, struct diagnosis *ret) {
        struct view v;

        if (boot->n_steps == 0 || boot->outcome == BOOT_BOOTED || boot->outcome == BOOT_INSPECTED)
                return false;
        look(boot, facts, now, &v);
        for (size_t i = 0; i < n_signatures; i++) {
                struct diagnosis d = {};
                if (signatures[i].match == match_no_discover || !signatures[i].match(&v, &d))
                        continue;
                finish(&signatures[i], &v, &boot->mac, &d);
                *ret = d;
                return true;
        }
        return false;
}

bool diagnosis_of_silence(const struct mac *mac, const struct boot *last, const struct facts *facts, uint64_t now, struct diagnosis *ret) {
        struct view v = { .facts = facts, .end = now };
        struct diagnosis d = {};

        if (last && last->n_steps > 0)
                v.last = &last->steps[last->n_steps - 1];
        for (size_t i = 0; i < n_signatures; i++)
                if (signatures[i].match == match_no_discover && match_no_discover(&v, &d)) {
                        finish(&signatures[i], &v, mac, &d);
                        *ret = d;
                        return true;
                }
        return false;
}

json_t *diagnosis_to_json(const struct diagnosis *d) {
        json_t *evidence = json_array();

        for (unsigned i = 0; i < d->n_evidence; i++)
                json_array_append_new(evidence, json_text(d->evidence[i]));
        return json_pack("{s:s, s:o, s:o, s:o, s:o}",
                         "signature", d->signature->name,
                         "reason", json_text(d->reason),
                         "evidence", evidence,
                         "confirm", json_text(d->confirm),
                         "fix", json_text(d->fix));
}
