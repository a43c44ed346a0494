#include "tftp/template.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *find_value(const struct template_scope *scopes, unsigned n_scopes, const char *name, size_t length) {
        for (unsigned i = 0; i < n_scopes; i++)
                for (unsigned j = 0; j < scopes[i].count; j++) {
                        const struct parameter *parameter = &scopes[i].parameters[j];
                        if (strncmp(parameter->name, name, length) == 0 && parameter->name[length] == '\0')
                                return parameter->value;
                }
        return NULL;
}

int template_expand(const char *template, const struct template_scope *scopes, unsigned n_scopes, struct text *text,
                    char *unknown, size_t unknown_size) {
        for (const char *at = template, *open; *at; ) {
                open = strstr(at, "${");
                if (!open) {
                        text_add(text, at);
                        break;
                }
                text_add_bytes(text, at, (size_t) (open - at));

                const char *name = open + 2, *close = strchr(name, '}');
                if (!close)
                        return -EINVAL;
                const char *value = find_value(scopes, n_scopes, name, (size_t) (close - name));
                if (!value) {
                        snprintf(unknown, unknown_size, "%.*s", (int) (close - name), name);
                        return -ENOENT;
                }
                text_add(text, value);
                at = close + 1;
        }
        return 0;
}

static bool word_is(const char *word, size_t length, const char *what) {
        return strlen(what) == length && memcmp(word, what, length) == 0;
}

const char *arguments_fault(const char *arguments) {
        for (const char *at = arguments; *at; at++)
                if ((unsigned char) *at < 0x20 || *at == 0x7f)
                        return "a control character";
        if (strstr(arguments, "${"))
                return "a value with \"${\" in it";

        for (const char *at = arguments + strspn(arguments, " "); *at; at += strspn(at, " ")) {
                size_t length = strcspn(at, " ");
                if (*at == '#')
                        return "a word that begins with '#'";
                if (word_is(at, length, "||") || word_is(at, length, "&&") || word_is(at, length, ";"))
                        return "one of the words \"||\", \"&&\" and \";\"";
                at += length;
        }
        return NULL;
}
