/* Any JSON against the interfaces that pxed has. The first byte chooses the interface, the second the method and the side. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/idl.h"

static const struct idl_struct *choose(uint8_t interface, uint8_t method, const struct idl **ret) {
        const struct idl_method *m;
        size_t n = 0;

        while (idl_embedded[n].name)
                n++;
        *ret = idl_find(idl_embedded[interface % n].name);
        if (!*ret)
                abort();
        for (n = 0; idl_method_at(*ret, n);)
                n++;
        if (n == 0)
                return NULL;
        m = idl_method_at(*ret, (method / 2) % n);
        return method % 2 ? m->out : m->in;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_json_ json_t *value = NULL;
        const struct idl_struct *type;
        const struct idl *idl;
        char path[16] = "", whole[256] = "";
        int r;

        if (size < 2)
                return 0;
        type = choose(data[0], data[1], &idl);
        value = json_parse((const char *) data + 2, size - 2, JSON_DEPTH_MAX, NULL);
        if (!type || !value)
                return 0;
        r = idl_check(idl, type, value, whole, sizeof(whole));
        if (r != idl_check(idl, type, value, path, sizeof(path)) || strncmp(path, whole, sizeof(path) - 1) != 0)
                abort();
        /* An undeclared member spoils what was good. */
        if (r == 0 && (json_object_set_new(value, "no_such_member", json_true()) < 0 ||
                       idl_check(idl, type, value, whole, sizeof(whole)) == 0 || strcmp(whole, "no_such_member") != 0))
                abort();
        return 0;
}
