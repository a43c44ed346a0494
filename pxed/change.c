#include "pxed/change_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/text.h"

int change_begin(struct state *state, uint64_t now, struct change **ret) {
        struct change *c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        c->state = state;
        c->now = now;
        state->changes++;
        *ret = c;
        return 0;
}

uint64_t change_now(const struct change *c) {
        return c->now;
}

uint64_t change_revision(struct change *c) {
        c->revises = true;
        return c->state->revision + 1;
}

struct store *change_store(struct change *c) {
        if (!c->begun && c->error == 0) {
                c->error = store_begin(c->state->store);
                c->begun = c->error == 0;
        }
        return c->error == 0 ? c->state->store : NULL;
}

void change_free_object(enum entry_kind kind, void *object) {
        switch (kind) {
        case ENTRY_NODE:
                node_free(object);
                break;
        case ENTRY_PROFILE:
                profile_free(object);
                break;
        case ENTRY_BOOT:
                boot_free(object);
                break;
        case ENTRY_SIGHTING:
                sighting_free(object);
                break;
        case ENTRY_LEASE:
                lease_free(object);
                break;
        }
}

static int put_object(struct state *s, enum entry_kind kind, void *object, void **ret_old) {
        switch (kind) {
        case ENTRY_NODE:
                return registry_put(&s->nodes, object, (struct node **) ret_old);
        case ENTRY_PROFILE:
                return profiles_put(&s->profiles, object, (struct profile **) ret_old);
        case ENTRY_BOOT:
                return boots_put(&s->boots, object, (struct boot **) ret_old);
        case ENTRY_SIGHTING:
                return sightings_put(&s->sightings, object, (struct sighting **) ret_old);
        case ENTRY_LEASE:
                return leases_put(&s->leases, object, (struct lease **) ret_old);
        }
        return -EINVAL;
}

static void remove_object(struct state *s, enum entry_kind kind, void *object) {
        switch (kind) {
        case ENTRY_NODE:
                registry_remove(&s->nodes, object);
                break;
        case ENTRY_PROFILE:
                profiles_remove(&s->profiles, object);
                break;
        case ENTRY_BOOT:
                boots_remove(&s->boots, object);
                break;
        case ENTRY_SIGHTING:
                sightings_remove(&s->sightings, object);
                break;
        case ENTRY_LEASE:
                leases_remove(&s->leases, object);
                break;
        }
}

/* Room for one more, so that what is done to memory is always noted. */
static int reserve_entry(struct change *c) {
        if (c->n_entries % 64 != 0)
                return 0;
        struct entry *larger = reallocarray(c->entries, c->n_entries + 64, sizeof *larger);
        if (!larger)
                return -ENOMEM;
        c->entries = larger;
        return 0;
}

static int put(struct change *c, enum entry_kind kind, void *object, bool durable) {
        void *old = NULL;
        int r = reserve_entry(c);
        if (r == 0)
                r = put_object(c->state, kind, object, &old);
        if (r < 0) {
                change_free_object(kind, object);
                return r;
        }
        c->entries[c->n_entries++] = (struct entry) { kind, durable, old, object };
        return 0;
}

static int take_out(struct change *c, enum entry_kind kind, void *object) {
        int r = reserve_entry(c);
        if (r < 0)
                return r;
        remove_object(c->state, kind, object);
        c->entries[c->n_entries++] = (struct entry) { kind, true, object, NULL };
        return 0;
}

int change_put_node(struct change *c, struct node *node, bool revise) {
        if (revise)
                node->revision = change_revision(c);
        return put(c, ENTRY_NODE, node, true);
}

int change_remove_node(struct change *c, struct node *node) {
        change_revision(c);
        return take_out(c, ENTRY_NODE, node);
}

int change_put_profile(struct change *c, struct profile *profile) {
        profile->revision = change_revision(c);
        return put(c, ENTRY_PROFILE, profile, true);
}

int change_remove_profile(struct change *c, struct profile *profile) {
        change_revision(c);
        return take_out(c, ENTRY_PROFILE, profile);
}

struct boot *change_edit_boot(struct change *c, struct boot *boot) {
        if (boot->change == c->state->changes)
                return boot;
        struct boot *copy = boot_copy(boot);
        if (copy)
                copy->change = 0;
        return copy;
}

void change_drop_boot(struct boot *edited, const struct boot *boot) {
        if (edited != boot)
                boot_free(edited);
}

int change_put_boot(struct change *c, struct boot *boot, bool durable) {
        if (boot->change == c->state->changes) {
                for (size_t i = 0; durable && i < c->n_entries; i++)
                        if (c->entries[i].new == boot)
                                c->entries[i].durable = true;
                return 0;
        }
        boot->change = c->state->changes;
        return put(c, ENTRY_BOOT, boot, durable);
}

int change_put_sighting(struct change *c, struct sighting *sighting) {
        /* When a MAC was seen last is stored to the minute, not each time. */
        const struct sighting *before = sightings_find(&c->state->sightings, &sighting->mac, sighting->network, sighting->vlan);
        bool durable = !before || sighting_differs(before, sighting) ||
                       sighting->last >= sighting->stored + 60 * USEC_PER_SEC;
        if (durable)
                sighting->stored = sighting->last;
        return put(c, ENTRY_SIGHTING, sighting, durable);
}

int change_remove_sighting(struct change *c, struct sighting *sighting) {
        return take_out(c, ENTRY_SIGHTING, sighting);
}

int change_put_lease(struct change *c, struct lease *lease) {
        return put(c, ENTRY_LEASE, lease, true);
}

int change_remove_lease(struct change *c, struct lease *lease) {
        return take_out(c, ENTRY_LEASE, lease);
}

int change_event(struct change *c, const char *kind, const struct node *node, const struct mac *mac, const char *network,
                 const char *daemon, const char *format, ...) {
        struct event *larger = reallocarray(c->events, c->n_events + 1, sizeof *larger);
        va_list arguments;
        if (!larger)
                return -ENOMEM;
        c->events = larger;
        struct event *e = &larger[c->n_events++];
        *e = (struct event) { .time = c->now, .kind = kind, .has_node = node, .has_mac = mac };
        if (node)
                e->node = node->id;
        if (mac)
                e->mac = *mac;
        snprintf(e->network, sizeof e->network, "%s", network ? network : "");
        snprintf(e->daemon, sizeof e->daemon, "%s", daemon ? daemon : "");
        va_start(arguments, format);
        vsnprintf(e->message, sizeof e->message, format, arguments);
        va_end(arguments);
        utf8_cut(e->message);
        return 0;
}

struct change *change_free(struct change *c) {
        if (!c)
                return NULL;
        if (c->begun)
                store_rollback(c->state->store);
        for (size_t i = c->n_entries; i-- > 0;) {
                struct entry *e = &c->entries[i];
                void *replaced = NULL;
                /* The indexes have had room for it before: this cannot fail. */
                if (e->new && !e->old)
                        remove_object(c->state, e->kind, e->new);
                if (e->old)
                        (void) put_object(c->state, e->kind, e->old, &replaced);
                change_free_object(e->kind, e->new);
        }
        free(c->entries);
        free(c->events);
        free(c);
        return NULL;
}
