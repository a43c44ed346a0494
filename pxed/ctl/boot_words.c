#include "pxed/ctl/boot_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pxed/ctl/arguments.h"
#include "pxed/ctl/text.h"

/* Option 93: RFC 4578 2.1 as corrected by IANA's "Processor Architecture Types" */
const char *architecture_name(int64_t number) {
        static const struct {
                int64_t number;
                const char *name;
        } names[] = {
                { 0, "BIOS" },          { 6, "UEFI x86" },       { 7, "UEFI x86-64" },       { 9, "UEFI x86-64" },        { 10, "UEFI arm" },
                { 11, "UEFI arm64" }, { 15, "UEFI x86 HTTP" }, { 16, "UEFI x86-64 HTTP" }, { 18, "UEFI arm HTTP" }, { 19, "UEFI arm64 HTTP" },
                { 20, "BIOS HTTP" },  { 25, "UEFI riscv32" },  { 27, "UEFI riscv64" },
        };
        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (names[i].number == number)
                        return names[i].name;
        return NULL;
}

const char *const architecture_words[] = { "bios", "efi32", "efi64", "efibc", "arm64", "http64", NULL };

int architecture_parse(const char *word, int64_t *ret) {
        static const uint16_t numbers[] = { 0, 6, 7, 9, 11, 16 };

        for (size_t i = 0; architecture_words[i]; i++)
                if (strcmp(architecture_words[i], word) == 0) {
                        *ret = numbers[i];
                        return 0;
                }
        return parse_number(word, 0, UINT16_MAX, ret);
}

static bool is_kind(const json_t *step, const char *kind) {
        const char *value = json_get_string(step, "kind");
        return value && strcmp(value, kind) == 0;
}

static bool has_stage(const json_t *step, const char *stage) {
        const char *value = json_get_string(step, "stage");
        return value && strcmp(value, stage) == 0;
}

bool boot_step_goes_on(const json_t *step) {
        int64_t bytes = json_get_int(step, "bytes", -1), total = json_get_int(step, "total", -1);
        return is_kind(step, "file") && total >= 0 && bytes < total;
}

static bool is_dhcp(const json_t *step) {
        static const char *const kinds[] = { "discover", "offer", "request", "acknowledge", "nak" };
        for (size_t i = 0; i < ELEMENTS(kinds); i++)
                if (is_kind(step, kinds[i]))
                        return true;
        return false;
}

static void put(FILE *out, const char **separator, const char *text) {
        fprintf(out, "%s%s", *separator, text);
        *separator = ", ";
}

static void put_bytes(FILE *out, const char **separator, const json_t *step) {
        char some[TEXT_NUMBER_SIZE], all[TEXT_NUMBER_SIZE], both[2 * TEXT_NUMBER_SIZE + 8];
        int64_t bytes = json_get_int(step, "bytes", -1), total = json_get_int(step, "total", -1);
        if (bytes < 0)
                return;
        if (total >= 0 && bytes != total) {
                snprintf(both, sizeof both, "%s of %s", text_size((uint64_t) bytes, some), text_size((uint64_t) total, all));
                put(out, separator, both);
        } else
                put(out, separator, text_size((uint64_t) bytes, some));
}

/* What the wire tells beside the words of the message. */
static void put_wire(FILE *out, const char **separator, const json_t *step) {
        int64_t vlan = json_get_int(step, "vlan", -1), repeats = json_get_int(step, "repeats", 0);
        const char *transfer = json_get_string(step, "transfer");
        char text[48];

        if (transfer && strcmp(transfer, "data") != 0)
                put(out, separator, transfer);
        if (json_get_bool(step, "foreign", false))
                put(out, separator, "foreign");
        if (vlan >= 0) {
                snprintf(text, sizeof text, "VLAN %" PRId64, vlan);
                put(out, separator, vlan == 0 ? "without a VLAN" : text);
        }
        if (repeats > 0) {
                snprintf(text, sizeof text, "%" PRId64 " times", repeats + 1);
                put(out, separator, text);
        }
}

const char *boot_step_by(const json_t *step) {
        static const struct {
                const char *kind, *by;
        } served[] = { { "script", "pxed-tftp" }, { "file", "pxed-tftp" }, { "started", "pxed-tftp" }, { "agent", "pxed-introspect" }, { "inventory", "pxed-introspect" } };
        const char *server = json_get_string(step, "server");

        for (size_t i = 0; !server && i < ELEMENTS(served); i++)
                if (is_kind(step, served[i].kind))
                        server = served[i].by;
        return server;
}

char *boot_step_words(const json_t *step) {
        static const char *const texts[] = { "stage", "address", "file", "profile" };
        bool dhcp = is_dhcp(step);
        char *text = NULL, number[48];
        size_t size;
        FILE *out = open_memstream(&text, &size);
        if (!out)
                return NULL;

        const char *separator = "", *value;
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                /* Once it has its address, saying so again with each step would only take the room. */
                if ((dhcp || strcmp(texts[i], "address") != 0) && (value = json_get_string(step, texts[i])))
                        put(out, &separator, value);
        put_wire(out, &separator, step);
        int64_t architecture = json_get_int(step, "architecture", -1);
        if (architecture >= 0) {
                snprintf(number, sizeof number, "architecture %" PRId64, architecture);
                const char *name = architecture_name(architecture);
                put(out, &separator, name ? name : number);
        }
        put_bytes(out, &separator, step);
        if ((value = json_get_string(step, "detail")))
                put(out, &separator, value);
        fclose(out);
        return text;
}

static double larger(double a, double b) {
        return a > b ? a : b;
}

/* Of one file, 0 to 1. */
static double file_fraction(const json_t *step) {
        int64_t bytes = json_get_int(step, "bytes", 0), total = json_get_int(step, "total", 0);
        if (total <= 0)
                return 0;
        return bytes >= total ? 1 : (double) bytes / (double) total;
}

double boot_fraction(const json_t *boot) {
        static const struct {
                const char *kind, *stage; /* NULL: any */
                double fraction;
        } stages[] = {
                { "discover", NULL, 0.03 },    { "acknowledge", "firmware", 0.06 }, { "tftp", NULL, 0.10 }, { "discover", "ipxe", 0.13 },
                { "acknowledge", "ipxe", 0.15 }, { "script", NULL, 0.20 },          { "started", NULL, 0.70 }, { "discover", "os", 0.75 },
                { "agent", NULL, 0.85 },       { "inventory", NULL, 0.97 },
        };
        double done = 0, files_from = 0.20, files_left = 0.50;
        size_t i;
        json_t *step;

        if (json_is_integer(json_object_get(boot, "ended")))
                return 1;
        json_array_foreach(json_get_array(boot, "steps"), i, step) {
                for (size_t s = 0; s < ELEMENTS(stages); s++)
                        if (is_kind(step, stages[s].kind) && (!stages[s].stage || has_stage(step, stages[s].stage)))
                                done = larger(done, stages[s].fraction);
                if (is_kind(step, "file")) {
                        files_left /= 2;
                        done = larger(done, files_from + file_fraction(step) * files_left);
                        files_from += files_left;
                }
        }
        return done;
}

const char *boot_firmware(const json_t *boot) {
        size_t i;
        json_t *step;
        json_array_foreach(json_get_array(boot, "steps"), i, step) {
                int64_t architecture = json_get_int(step, "architecture", -1);
                if (architecture >= 0)
                        return architecture_name(architecture);
        }
        return NULL;
}

const char *boot_machine(const json_t *boot) {
        const char *name = json_get_string(boot, "name"), *mac = json_get_string(boot, "mac");
        return name ? name : mac ? mac : "?";
}

uint64_t boot_elapsed(const json_t *boot, uint64_t now) {
        uint64_t started = (uint64_t) json_get_int(boot, "started", 0);
        uint64_t ended = (uint64_t) json_get_int(boot, "ended", (json_int_t) now);
        return ended > started ? ended - started : 0;
}

enum style boot_outcome_style(const char *outcome) {
        if (!outcome || strcmp(outcome, "running") == 0)
                return STYLE_ACTIVE;
        return strcmp(outcome, "failed") == 0 || strcmp(outcome, "silent") == 0 ? STYLE_BAD : STYLE_GOOD;
}
