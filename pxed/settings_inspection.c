#include "pxed/settings_inspection.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "pxed/settings.h"

#define MEMBER(type) ((type *) ((char *) object + offset))
_Static_assert(KEY_REASON_SIZE == OPTIONS_REASON_SIZE, "reasons are handed through");

#define REFUSE(...) (snprintf(reason, KEY_REASON_SIZE, __VA_ARGS__), -EINVAL)

static int set_hooks(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        return inspection_set_hooks(MEMBER(struct inspection_options), value, reason);
}

static int set_add_ports(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        int add = name_to_enum(add_ports_names, ELEMENTS(add_ports_names), value);
        if (add < 0)
                return REFUSE("\"%s\" is none of all, active, pxe", value);
        *MEMBER(enum add_ports) = (enum add_ports) add;
        return 0;
}

static int set_keep_ports(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        int keep = name_to_enum(keep_ports_names, ELEMENTS(keep_ports_names), value);
        if (keep < 0)
                return REFUSE("\"%s\" is none of all, present, added", value);
        *MEMBER(enum keep_ports) = (enum keep_ports) keep;
        return 0;
}

/* "8086" or "0x8086", `min` to `max` digits, which are written to `digits` in lower case. */
static bool read_hex(const char *value, size_t min, size_t max, char *digits) {
        if (strncmp(value, "0x", 2) == 0)
                value += 2;
        size_t length = strlen(value);
        if (length < min || length > max || strspn(value, "0123456789abcdefABCDEF") != length)
                return false;
        for (size_t i = 0; i <= length; i++)
                digits[i] = (char) tolower((unsigned char) value[i]);
        return true;
}

static int set_id(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        char digits[5];
        if (!read_hex(value, 1, 4, digits))
                return REFUSE("\"%s\" is no PCI id: give up to four hexadecimal digits, as lspci -n does", value);
        *MEMBER(int) = (int) strtol(digits, NULL, 16);
        return 0;
}

static int set_revision(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        char digits[3];
        if (!read_hex(value, 1, 2, digits))
                return REFUSE("\"%s\" is no revision: give up to two hexadecimal digits, as lspci -n does", value);
        *MEMBER(int) = (int) strtol(digits, NULL, 16);
        return 0;
}

/* The class, with the subclass, and with the programming interface. */
static int set_class(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        char digits[7];
        if (!read_hex(value, 2, 6, digits) || strlen(digits) % 2 != 0)
                return REFUSE("\"%s\" is no class: give two, four or six hexadecimal digits, such as 0302", value);
        strcpy(MEMBER(char), digits);
        return 0;
}

static int set_type(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]) {
        if (!name_is_valid(value))
                return REFUSE("\"%s\" is no type, such as GPU or FPGA: at most 63 letters, digits, '.', '_', '-'", value);
        return text_set(MEMBER(char *), value);
}

#define OPTION(member) offsetof(struct settings, inspection.member)
const struct settings_key settings_inspection_keys[] = {
        { "inspection", "hooks", set_hooks, offsetof(struct settings, inspection) },
        { "inspection", "add-ports", set_add_ports, OPTION(add_ports) },
        { "inspection", "keep-ports", set_keep_ports, OPTION(keep_ports) },
        { "pci-alias", "vendor-id", set_id, offsetof(struct pci_kind, vendor) },
        { "pci-alias", "product-id", set_id, offsetof(struct pci_kind, product) },
        { "pci-alias", "class", set_class, offsetof(struct pci_kind, class) },
        { "pci-alias", "revision", set_revision, offsetof(struct pci_kind, revision) },
        { "accelerator", "vendor-id", set_id, offsetof(struct pci_kind, vendor) },
        { "accelerator", "product-id", set_id, offsetof(struct pci_kind, product) },
        { "accelerator", "type", set_type, offsetof(struct pci_kind, type) },
        { 0 },
};

/* Each becomes a capability of the machines that have it, of which a node has 64 at most, some from elsewhere. */
#define ALIASES_MAX 48

int settings_inspection_check(const struct inspection_options *options, struct config_error *error) {
        if (options->n_aliases > ALIASES_MAX)
                return config_refuse(error, NULL, "[pci-alias %s]: more than %d of them", options->aliases[ALIASES_MAX].name, ALIASES_MAX);
        for (size_t i = 0; i < options->n_aliases; i++) {
                const struct pci_kind *kind = &options->aliases[i];
                if (kind->vendor < 0 && kind->product < 0 && !*kind->class)
                        return config_refuse(error, NULL, "[pci-alias %s]: each device would be one: give vendor-id, product-id or class",
                                             kind->name);
        }
        for (size_t i = 0; i < options->n_accelerators; i++) {
                const struct pci_kind *kind = &options->accelerators[i];
                if (kind->vendor < 0 || kind->product < 0 || !kind->type)
                        return config_refuse(error, NULL, "[accelerator %s]: it needs vendor-id, product-id and type", kind->name);
        }
        return 0;
}
