/* Any text as an interface: what is taken is compatible with itself, and its methods can be found. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/idl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(idl_freep) struct idl *idl = NULL;
        struct idl_error error = {};
        const struct idl_method *method;

        if (idl_parse((const char *) data, size, &idl, &error) < 0) {
                if (error.line == 0 || error.column == 0 || error.reason[0] == '\0')
                        abort();
                return 0;
        }
        if (strlen(idl_text(idl)) != size || idl_compatible(idl, idl, NULL) < 0)
                abort();
        for (size_t i = 0; (method = idl_method_at(idl, i)); i++)
                if (idl_method(idl, method->name) != method)
                        abort();
        return 0;
}
