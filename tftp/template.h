/* Templates of kernel arguments: ${name} stands for a value. All pure. */
#pragma once

#include "tftp/objects.h"
#include "tftp/text.h"

struct template_scope {
        const struct parameter *parameters;
        unsigned count;
};

/*
 * Appends the template with each ${name} replaced by its value in the first scope that has it. -ENOENT: no scope has it, and
 * `unknown` gets the name (cut to fit); -EINVAL: "${" without "}".
 */
int template_expand(const char *template, const struct template_scope *scopes, unsigned n_scopes, struct text *text,
                    char *unknown, size_t unknown_size);

/*
 * Whether text can stand as arguments in a line of an iPXE script: no control character, none of what iPXE would take for
 * its own ("${", and the words "||", "&&", ";" and those that begin with '#'). NULL, or static text: what is wrong.
 */
const char *arguments_fault(const char *arguments);
