/* org.pxed.Profile */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "pxed/api.h"

#define INTERFACE "org.pxed.Profile"
#define PROFILES_MAX 1000

static int compare(const void *a, const void *b) {
        return strcmp((*(const struct profile *const *) a)->name, (*(const struct profile *const *) b)->name);
}

int api_profile_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct profile *sorted[PROFILES_MAX + 2], *profile;
        size_t count = 0;
        json_t *list = json_array();

        while (count < ELEMENTS(sorted) && (profile = profiles_at(&m->state->profiles, count)))
                sorted[count++] = profile;
        qsort(sorted, count, sizeof *sorted, compare);
        for (size_t i = 0; i < count; i++)
                json_array_append_new(list, profile_to_json(sorted[i], true));
        return varlink_reply(call, json_pack("{s:o}", "profiles", list));
}

static int reply_profile(struct varlink_call *call, const struct state *s, const char *name) {
        const struct profile *profile = profiles_find(&s->profiles, name);
        if (!profile)
                return api_not_found(call, INTERFACE, "profile", name);
        return varlink_reply(call, json_pack("{s:o}", "profile", profile_to_json(profile, true)));
}

int api_profile_get(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        return reply_profile(call, m->state, json_get_string(in, "name"));
}

int api_profile_set(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *name = json_get_string(in, "name");
        const struct profile *before = profiles_stored(&m->state->profiles, name);
        int64_t if_revision = json_get_int(in, "ifRevision", -1);
        _cleanup_(profile_freep) struct profile *profile = NULL;
        _cleanup_(change_freep) struct change *change = NULL;
        struct profile_error error;

        if (if_revision >= 0 && (uint64_t) if_revision != (before ? before->revision : 0))
                return api_conflict(call, INTERFACE, before ? before->revision : 0);
        int r = profile_from_json(in, &profile, &error);
        if (r == -EINVAL)
                return api_refuse(call, INTERFACE, error.field, "%s", error.reason);
        if (r == 0 && !before && m->state->profiles.n_stored >= PROFILES_MAX)
                return api_refuse(call, INTERFACE, "name", "there are %d profiles already", PROFILES_MAX);
        if (r == 0)
                r = change_begin(m->state, realtime_us(), &change);
        if (r == 0)
                r = change_event(change, "profile.set", NULL, NULL, NULL, NULL, "Profile %s was %s", name,
                                 before ? "replaced" : "created");
        if (r == 0)
                r = change_put_profile(change, TAKE_POINTER(profile));
        if (r == 0)
                r = change_commit(change);
        return r < 0 ? api_failed(call, INTERFACE, m->state, r) : reply_profile(call, m->state, name);
}

/* What names the profile; false: nothing does. */
static bool find_use(const struct state *s, const char *name, char *buffer, size_t size) {
        for (size_t i = 0; i < s->settings->n_networks; i++) {
                const struct network *n = &s->settings->networks[i];
                if (strcmp(n->known, name) == 0 || (n->unknown && strcmp(n->unknown, name) == 0)) {
                        snprintf(buffer, size, "network %s", n->name);
                        return true;
                }
        }
        for (size_t i = 0; i < s->nodes.by_id.size; i++) {
                const struct node *node = s->nodes.by_id.values[i];
                if (node && node->assignment && strcmp(node->assignment->profile, name) == 0) {
                        snprintf(buffer, size, "node %s", node->name);
                        return true;
                }
        }
        return false;
}

int api_profile_delete(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *name = json_get_string(in, "name");
        struct profile *profile = profiles_stored(&m->state->profiles, name);
        bool is_cover = strcmp(name, "inspect") == 0 || strcmp(name, "local") == 0;
        int64_t if_revision = json_get_int(in, "ifRevision", -1);
        _cleanup_(change_freep) struct change *change = NULL;
        char by[128];

        if (!profile && is_cover)
                return api_refuse(call, INTERFACE, "name", "profile %s is part of pxed and cannot be deleted", name);
        if (!profile)
                return api_not_found(call, INTERFACE, "profile", name);
        if (if_revision >= 0 && (uint64_t) if_revision != profile->revision)
                return api_conflict(call, INTERFACE, profile->revision);
        /* Below a profile of a built-in one's name, the built-in one comes out again. */
        if (!is_cover && find_use(m->state, name, by, sizeof by))
                return varlink_error(call, INTERFACE ".InUse", json_pack("{s:s}", "by", by));
        int r = change_begin(m->state, realtime_us(), &change);
        if (r == 0)
                r = change_event(change, "profile.deleted", NULL, NULL, NULL, NULL, "Profile %s was deleted", name);
        if (r == 0)
                r = change_remove_profile(change, profile);
        if (r == 0)
                r = change_commit(change);
        if (r < 0)
                return api_failed(call, INTERFACE, m->state, r);
        return varlink_reply(call, json_pack("{s:I}", "revision", (json_int_t) m->state->revision));
}
