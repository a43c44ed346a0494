/* Templates: what is accepted as arguments stays one line, in which iPXE finds nothing of its own. First line: a value. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tftp/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = strndup((const char *) data, size);
        _cleanup_text_ struct text arguments = {};
        char *template = text, *value = strsep(&template, "\n"), unknown[8];
        const struct parameter parameter = { "v", value };
        const struct template_scope scope = { &parameter, 1 };

        if (!template || template_expand(template, &scope, 1, &arguments, unknown, sizeof(unknown)) < 0 || !arguments.data)
                return 0;
        if (!arguments_fault(arguments.data) && (strpbrk(arguments.data, "\r\n") || strstr(arguments.data, "${") || strstr(arguments.data, " || ")))
                abort();
        return 0;
}
