#include "pxed/inspection/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REFUSE(...) (snprintf(reason, OPTIONS_REASON_SIZE, __VA_ARGS__), -EINVAL)

const char *const add_ports_names[3] = { "all", "active", "pxe" };
const char *const keep_ports_names[3] = { "all", "present", "added" };

static int add_hook(struct inspection_options *options, const struct hook *hook, char reason[static OPTIONS_REASON_SIZE]) {
        for (size_t i = 0; i < options->n_hooks; i++)
                if (options->hooks[i] == hook)
                        return REFUSE("hook %s is named twice", hook->name);
        options->hooks[options->n_hooks++] = hook;
        return 0;
}

static int add_standard(struct inspection_options *options, char reason[static OPTIONS_REASON_SIZE]) {
        int r = 0;
        for (const struct hook *hook = hooks; r == 0 && hook->name; hook++)
                if (hook->standard)
                        r = add_hook(options, hook, reason);
        return r;
}

static int refuse_unknown(const char *word, char reason[static OPTIONS_REASON_SIZE]) {
        int size = snprintf(reason, OPTIONS_REASON_SIZE, "there is no hook \"%.20s\": default", word);
        for (const struct hook *hook = hooks; hook->name && size < OPTIONS_REASON_SIZE; hook++)
                size += snprintf(reason + size, (size_t) (OPTIONS_REASON_SIZE - size), ", %s", hook->name);
        return -EINVAL;
}

int inspection_set_hooks(struct inspection_options *options, const char *value, char reason[static OPTIONS_REASON_SIZE]) {
        _cleanup_free_ char *copy = strdup(value);
        char *rest = NULL;
        int r = copy ? 0 : -ENOMEM;

        options->n_hooks = 0;
        for (char *word = copy ? strtok_r(copy, ", \t", &rest) : NULL; r == 0 && word; word = strtok_r(NULL, ", \t", &rest)) {
                const struct hook *hook = hook_find(word);
                if (strcmp(word, "default") == 0)
                        r = add_standard(options, reason);
                else
                        r = hook ? add_hook(options, hook, reason) : refuse_unknown(word, reason);
        }
        return r == 0 && options->n_hooks == 0 ? REFUSE("a value is missing") : r;
}

void inspection_options_init(struct inspection_options *options) {
        char reason[OPTIONS_REASON_SIZE];
        *options = (struct inspection_options) { 0 };
        (void) add_standard(options, reason);
}

static void clear_kinds(struct pci_kind *kinds, size_t count) {
        for (size_t i = 0; i < count; i++) {
                free(kinds[i].name);
                free(kinds[i].type);
        }
        free(kinds);
}

void inspection_options_clear(struct inspection_options *options) {
        clear_kinds(options->aliases, options->n_aliases);
        clear_kinds(options->accelerators, options->n_accelerators);
        *options = (struct inspection_options) { 0 };
}
