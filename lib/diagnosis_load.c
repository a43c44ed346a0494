/* Signatures from the address to the boot script: TFTP, the loader, iPXE. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/diagnosis_internal.h"
#include "lib/text.h"

/* Firmware sends a request again after 4 s or so. */
#define TFTP_SECONDS 8
/* A loader may ask for files that need not be there, and goes on at once. */
#define REFUSED_SECONDS 5
/* A loader that runs asks for an address; a switch that brings its port up again takes up to 30 s of that. */
#define LOADER_SECONDS 60
#define WRONG_LOADER_SECONDS 20
/* iPXE may wait 15 s for a router advertisement before it fetches. */
#define SCRIPT_SECONDS 40
#define LOOP_ROUNDS 3
/* IPv4, UDP and TFTP (RFC 2348) */
#define TFTP_HEADERS 32

/* The transfer that the machine is at: nothing came after it. */
static const struct boot_step *current_transfer(const struct view *v) {
        const struct boot_step *t = v->tftp;

        if (!t || t->transfer == TRANSFER_NONE || is_after(v->script, t) || is_after(v->refused, t) || is_after(v->file, t) || is_after(v->started, t))
                return NULL;
        /* It asked for an address again: the firmware goes round, or the loader runs. */
        return is_after(v->acknowledge, t) && v->acknowledge->stage == STAGE_IPXE ? NULL : t;
}

static void tell_transfer(const struct view *v, struct diagnosis *d, const struct boot_step *t) {
        diagnosis_evidence(v, d, t, "the machine asked %s for %s by TFTP", server_words(t), t->file ? t->file : "a file");
        if (t->detail)
                diagnosis_evidence(v, d, NULL, "%s", t->detail);
}

/* Nothing came of what was sent for long enough. */
static bool hangs(const struct view *v, const struct boot_step *t, enum step_transfer state) {
        return t && t->transfer == state && (is_quiet(v, TFTP_SECONDS) || (t->repeats > 0 && t->last - t->time >= SECONDS(TFTP_SECONDS)));
}

bool match_tftp_timeout_request(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = current_transfer(v);

        if (!hangs(v, t, TRANSFER_REQUESTED))
                return false;
        diagnosis_reason(d, "The TFTP server %s does not answer.", server_words(t));
        tell_transfer(v, d, t);
        diagnosis_evidence(v, d, NULL, "neither a block nor an error was seen");
        return true;
}

bool match_tftp_timeout_options(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = current_transfer(v);

        if (!hangs(v, t, TRANSFER_OPTIONS))
                return false;
        diagnosis_reason(d, "The machine does not get what the TFTP server %s answers.", server_words(t));
        tell_transfer(v, d, t);
        diagnosis_evidence(v, d, NULL, "the server acknowledged the options, and the machine did not answer that");
        return true;
}

bool match_tftp_timeout_mtu(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = current_transfer(v);

        if (!hangs(v, t, TRANSFER_AGREED))
                return false;
        int64_t block = step_option_number(t, "blksize");
        block = block > 0 ? block : 512;
        bool too_large = v->facts->mtu > 0 && block + TFTP_HEADERS > v->facts->mtu;
        diagnosis_reason(d, "Small packets of the transfer get through and full blocks of %" PRId64 " bytes do not: the path carries less.", block);
        tell_transfer(v, d, t);
        diagnosis_evidence(v, d, NULL, "a block takes packets of %" PRId64 " bytes", block + TFTP_HEADERS);
        if (v->facts->mtu > 0)
                diagnosis_evidence(v, d, NULL, "the interface's MTU is %u%s", v->facts->mtu, too_large ? ", which is less" : ": a hop further on is narrower");
        return true;
}

bool match_tftp_stalled(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = current_transfer(v);

        if (!hangs(v, t, TRANSFER_DATA) || (t->total < 0 && t->repeats == 0))
                return false;
        diagnosis_reason(d, "The transfer of %s broke off in the middle.", t->file ? t->file : "the loader");
        tell_transfer(v, d, t);
        if (t->total >= 0)
                diagnosis_evidence(v, d, NULL, "it got %" PRId64 " of %" PRId64 " bytes", t->bytes, t->total);
        return true;
}

/* The number at the end of "... (TFTP error N)". */
static int error_code(const struct boot_step *t) {
        const char *at = t->detail ? strstr(t->detail, "(TFTP error ") : NULL;
        int code;

        return at && sscanf(at, "(TFTP error %d)", &code) == 1 ? code : -1;
}

static bool is_refused(const struct view *v, const struct boot_step *t, bool missing) {
        return t && t->transfer == TRANSFER_REFUSED && (error_code(t) == 1) == missing && (v->over || is_quiet(v, REFUSED_SECONDS));
}

bool match_tftp_file_missing(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = current_transfer(v);

        if (!is_refused(v, t, true))
                return false;
        diagnosis_reason(d, "The TFTP server %s does not have the file %s.", server_words(t), t->file ? t->file : "that was asked for");
        tell_transfer(v, d, t);
        return true;
}

bool match_tftp_refused(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = current_transfer(v);

        if (!is_refused(v, t, false))
                return false;
        diagnosis_reason(d, "The TFTP server %s refused the file %s.", server_words(t), t->file ? t->file : "that was asked for");
        tell_transfer(v, d, t);
        return true;
}

/* ---- the loader */

/* What loaders are for, by the names that they have everywhere: the end of the name, or a part of it. Codes as of IANA's list. */
static const struct {
        const char *part;
        int architectures[4]; /* ends with -1 */
        const char *words;
} loaders[] = {
        { "aa64", { 11, 19, -1 }, "ARM 64 under UEFI" },
        { "arm64", { 11, 19, -1 }, "ARM 64 under UEFI" },
        { "ia32", { 6, 15, -1 }, "x86 of 32 bits under UEFI" },
        { ".kpxe", { 0, -1 }, "x86 under BIOS" },
        { ".kkpxe", { 0, -1 }, "x86 under BIOS" },
        { ".pxe", { 0, -1 }, "x86 under BIOS" },
        { "pxelinux.0", { 0, -1 }, "x86 under BIOS" },
        { "x64.efi", { 7, 9, 16, -1 }, "x86 of 64 bits under UEFI" },
        { "snponly.efi", { 7, 9, 16, -1 }, "x86 of 64 bits under UEFI" },
        { "ipxe.efi", { 7, 9, 16, -1 }, "x86 of 64 bits under UEFI" },
};

/* What the file is for, where that is another architecture; NULL: it fits, or nobody knows. */
static const char *other_architecture(const char *file, int architecture) {
        for (size_t i = 0; file && i < ELEMENTS(loaders); i++) {
                if (!strstr(file, loaders[i].part))
                        continue;
                for (const int *a = loaders[i].architectures; *a >= 0; a++)
                        if (*a == architecture)
                                return NULL;
                return loaders[i].words;
        }
        return NULL;
}

/* Raspberry Pi says 0, the code of a PC's BIOS (raspberrypi/firmware#1928); by their address blocks. */
static bool is_raspberry_pi(const struct mac *mac) {
        static const uint8_t blocks[][3] = { { 0xb8, 0x27, 0xeb }, { 0xdc, 0xa6, 0x32 }, { 0xe4, 0x5f, 0x01 },
                                             { 0xd8, 0x3a, 0xdd }, { 0x28, 0xcd, 0xc1 }, { 0x2c, 0xcf, 0x67 } };

        for (size_t i = 0; i < ELEMENTS(blocks); i++)
                if (memcmp(mac->bytes, blocks[i], 3) == 0)
                        return true;
        return false;
}

/* The firmware fetched a loader, or took its fill of it, and neither asks for the next thing. */
static const struct boot_step *fetched_loader(const struct view *v) {
        const struct boot_step *t = current_transfer(v);

        if (!t || (t->transfer != TRANSFER_DONE && t->transfer != TRANSFER_DATA && t->transfer != TRANSFER_ABORTED))
                return NULL;
        return v->asked && v->asked->stage == STAGE_IPXE && is_after(v->asked, t) ? NULL : t;
}

/* That the machine told, in its newest DHCP message that does. */
static int machine_architecture(const struct view *v) {
        for (size_t i = v->boot->n_steps; i-- > 0;)
                if (v->boot->steps[i].architecture >= 0 && v->boot->steps[i].stage == STAGE_FIRMWARE)
                        return v->boot->steps[i].architecture;
        return -1;
}

bool match_loader_wrong_architecture(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = fetched_loader(v);
        int architecture = machine_architecture(v);

        if (!t || architecture < 0 || !is_quiet(v, WRONG_LOADER_SECONDS))
                return false;
        const char *for_other = other_architecture(t->file, architecture);
        bool pi = architecture == 0 && is_raspberry_pi(&v->boot->mac);
        if (!for_other && !pi)
                return false;
        diagnosis_reason(d, pi ? "The machine is a Raspberry Pi, which says that it is a PC, and got a PC's loader: %s."
                               : "The machine got a loader of another architecture: %s.",
                         t->file);
        if (for_other)
                diagnosis_evidence(v, d, t, "%s is for %s", t->file, for_other);
        diagnosis_evidence(v, d, NULL, "the machine said architecture %d (option 93)%s", architecture, pi ? ", and its MAC is of Raspberry Pi's" : "");
        diagnosis_evidence(v, d, t, "it fetched the file from %s, and nothing followed", server_words(t));
        return true;
}

bool match_loader_not_started(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = fetched_loader(v);

        if (!t || !is_quiet(v, LOADER_SECONDS))
                return false;
        diagnosis_reason(d, t->transfer == TRANSFER_ABORTED ? "The machine broke off fetching %s and did not go on."
                                                            : "The machine fetched %s, and nothing came of it.",
                         t->file ? t->file : "its loader");
        tell_transfer(v, d, t);
        if (t->total >= 0)
                diagnosis_evidence(v, d, NULL, "the file has %" PRId64 " bytes", t->total);
        diagnosis_evidence(v, d, NULL, "the loader did not ask for an address within %" PRIu64 " s", v->quiet / USEC_PER_SEC);
        return true;
}

/* ---- iPXE */

static bool is_url(const char *file) {
        return file && (strncmp(file, "http://", 7) == 0 || strncmp(file, "https://", 8) == 0);
}

/* How often the file was fetched whole. */
static unsigned count_fetches(const struct view *v, const char *file) {
        unsigned count = 0;

        for (size_t i = 0; i < v->boot->n_steps; i++) {
                const struct boot_step *s = &v->boot->steps[i];
                count += s->kind == STEP_TFTP && (s->transfer == TRANSFER_DONE || s->transfer == TRANSFER_DATA) && text_equal(s->file, file);
        }
        return count;
}

static const struct boot_step *last_transfer(const struct boot *boot) {
        for (size_t i = boot->n_steps; i-- > 0;)
                if (boot->steps[i].kind == STEP_TFTP && boot->steps[i].file)
                        return &boot->steps[i];
        return NULL;
}

bool diagnosis_loader_only(const struct boot *boot, const char *file) {
        const struct boot_step *t = last_transfer(boot);

        for (size_t i = 0; i < boot->n_steps; i++)
                if (boot->steps[i].kind == STEP_SCRIPT)
                        return false;
        return t && text_equal(t->file, file) && (t->transfer == TRANSFER_DONE || t->transfer == TRANSFER_DATA);
}

bool match_ipxe_loop(const struct view *v, struct diagnosis *d) {
        const struct boot_step *t = v->tftp;
        unsigned count = t && t->file && !v->script ? count_fetches(v, t->file) : 0;

        /* Where the firmware's question begins a new boot each time: one that goes on may be the one that gets through. */
        if (count > 0 && v->over)
                count += v->facts->fetches;
        if (count < LOOP_ROUNDS)
                return false;
        diagnosis_reason(d, "The machine fetches %s again and again: iPXE is given a loader in place of a script.", t->file);
        diagnosis_evidence(v, d, t, "%s was fetched %u times from %s", t->file, count, server_words(t));
        if (v->acknowledge && v->acknowledge->file && !is_url(v->acknowledge->file))
                diagnosis_evidence(v, d, v->acknowledge, "%s told %s to boot %s", server_words(v->acknowledge), stage_words(v->acknowledge->stage),
                                   v->acknowledge->file);
        diagnosis_evidence(v, d, NULL, "no boot script was asked for");
        return true;
}

bool match_script_not_fetched(const struct view *v, struct diagnosis *d) {
        const struct boot_step *ack = v->acknowledge;

        if (v->facts->wire_only || !ack || ack->stage != STAGE_IPXE || v->discover || is_after(v->script, ack) || is_after(v->refused, ack) || is_after(v->tftp, ack) ||
            is_after(v->file, ack) || !is_quiet(v, SCRIPT_SECONDS))
                return false;
        diagnosis_reason(d, "iPXE has got an address and does not reach the appliance's HTTP port.");
        diagnosis_evidence(v, d, ack, "%s gave iPXE the address %s", server_words(ack), ack->address ? ack->address : "that is not known");
        diagnosis_evidence(v, d, NULL, "it was told to boot %s", ack->file ? ack->file : "nothing: the answer names no script");
        diagnosis_evidence(v, d, NULL, "no boot script was asked for within %" PRIu64 " s", v->quiet / USEC_PER_SEC);
        return true;
}
