#include "pxed/profiles.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

static int make_builtin(const char *name, enum profile_kind kind, const char *kernel, const char *initrds,
                        const char *arguments, const char *description, struct profile **ret) {
        _cleanup_(profile_freep) struct profile *p = calloc(1, sizeof *p);
        if (!p || text_set(&p->name, name) < 0 || text_set(&p->kernel, kernel) < 0 || text_set(&p->initrds, initrds) < 0 ||
            text_set(&p->arguments, arguments) < 0 || text_set(&p->parameters, "{}") < 0 ||
            text_set(&p->description, description) < 0)
                return -ENOMEM;
        p->kind = kind;
        p->builtin = true;
        profile_free(*ret);
        *ret = TAKE_POINTER(p);
        return 0;
}

int profiles_set_builtin(struct profiles *ps, const char *inspect_arguments) {
        int r = make_builtin("inspect", PROFILE_INSPECT, "ramdisk/vmlinuz", "[\"ramdisk/initrd\"]", inspect_arguments,
                             "The inspection ramdisk that comes with pxed", &ps->inspect);
        return r < 0 ? r : make_builtin("local", PROFILE_LOCAL, NULL, "[]", "", "The machine's own disk", &ps->local);
}

void profiles_clear(struct profiles *ps) {
        for (size_t i = 0; i < ps->n_stored; i++)
                profile_free(ps->stored[i]);
        free(ps->stored);
        profile_free(ps->inspect);
        profile_free(ps->local);
        *ps = (struct profiles) { 0 };
}

struct profile *profiles_stored(const struct profiles *ps, const char *name) {
        for (size_t i = 0; i < ps->n_stored; i++)
                if (strcmp(ps->stored[i]->name, name) == 0)
                        return ps->stored[i];
        return NULL;
}

const struct profile *profiles_find(const struct profiles *ps, const char *name) {
        const struct profile *p = profiles_stored(ps, name);
        if (!p && strcmp(name, "inspect") == 0)
                p = ps->inspect;
        if (!p && strcmp(name, "local") == 0)
                p = ps->local;
        return p;
}

int profiles_put(struct profiles *ps, struct profile *profile, struct profile **ret_old) {
        *ret_old = NULL;
        for (size_t i = 0; i < ps->n_stored; i++)
                if (strcmp(ps->stored[i]->name, profile->name) == 0) {
                        *ret_old = ps->stored[i];
                        ps->stored[i] = profile;
                        return 0;
                }
        struct profile **larger = reallocarray(ps->stored, ps->n_stored + 1, sizeof *larger);
        if (!larger)
                return -ENOMEM;
        ps->stored = larger;
        larger[ps->n_stored++] = profile;
        return 0;
}

void profiles_remove(struct profiles *ps, struct profile *profile) {
        for (size_t i = 0; i < ps->n_stored; i++)
                if (ps->stored[i] == profile) {
                        ps->stored[i] = ps->stored[--ps->n_stored];
                        return;
                }
}

const struct profile *profiles_at(const struct profiles *ps, size_t index) {
        const struct profile *const builtin[] = { ps->inspect, ps->local };
        if (index < ps->n_stored)
                return ps->stored[index];
        index -= ps->n_stored;
        for (size_t i = 0; i < ELEMENTS(builtin); i++)
                if (builtin[i] && !profiles_stored(ps, builtin[i]->name) && index-- == 0)
                        return builtin[i];
        return NULL;
}
