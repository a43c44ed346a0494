#include "pxed/change.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

enum entry_kind { ENTRY_NODE, ENTRY_PROFILE, ENTRY_BOOT, ENTRY_SIGHTING, ENTRY_LEASE };

/* What was put in the place of what: NULL for nothing. */
struct entry {
        enum entry_kind kind;
        bool durable;
        void *old, *new;
};

struct change {
        struct state *state;
        uint64_t now;
        bool revises, begun;
        int error; /* of the transaction */
        struct entry *entries;
        size_t n_entries;
        struct event *events;
        size_t n_events;
};

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

static void free_object(enum entry_kind kind, void *object) {
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
                free_object(kind, object);
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

/* The object as memory has it now: an entry's `new` may have been replaced by a later entry. */
static bool is_current(const struct state *s, const struct entry *e) {
        const struct node *node = e->new;
        const struct profile *profile = e->new;
        const struct boot *boot = e->new;
        const struct lease *lease = e->new;

        switch (e->kind) {
        case ENTRY_NODE:
                return registry_by_id(&s->nodes, &node->id) == node;
        case ENTRY_PROFILE:
                return profiles_stored(&s->profiles, profile->name) == profile;
        case ENTRY_BOOT:
                return boots_find(&s->boots, boot->id) == boot;
        case ENTRY_LEASE:
                return leases_find(&s->leases, lease->network, &lease->address) == lease;
        case ENTRY_SIGHTING:
                break;
        }
        return false;
}

static int write_removal(struct store *store, const struct entry *e) {
        switch (e->kind) {
        case ENTRY_NODE:
                return store_delete_node(store, &((struct node *) e->old)->id);
        case ENTRY_PROFILE:
                return store_delete_profile(store, ((struct profile *) e->old)->name);
        case ENTRY_BOOT:
                return 0;
        case ENTRY_SIGHTING:
                return store_delete_sighting(store, e->old);
        case ENTRY_LEASE:
                return store_delete_lease(store, e->old);
        }
        return 0;
}

static int write_boot(struct state *s, const struct entry *e) {
        const struct boot *boot = e->new;
        int r = store_put_boot(s->store, boot);
        if (r == 0 && !e->old)
                r = store_forget_boots(s->store, &boot->mac, s->settings->boots_kept);
        return r;
}

/* What a later entry put in its place may not be durable by itself, but has what this one has. */
static int write_sighting(struct state *s, const struct sighting *sighting) {
        const struct sighting *current = sightings_find(&s->sightings, &sighting->mac, sighting->network, sighting->vlan);
        return current ? store_put_sighting(s->store, current) : 0;
}

static int write_entry(struct state *s, const struct entry *e) {
        if (!e->new)
                return write_removal(s->store, e);
        if (e->kind == ENTRY_SIGHTING)
                return write_sighting(s, e->new);
        if (!is_current(s, e))
                return 0;
        switch (e->kind) {
        case ENTRY_NODE:
                return store_put_node(s->store, e->new);
        case ENTRY_PROFILE:
                return store_put_profile(s->store, e->new);
        case ENTRY_BOOT:
                return write_boot(s, e);
        case ENTRY_LEASE:
                return store_put_lease(s->store, e->new);
        case ENTRY_SIGHTING:
                break;
        }
        return 0;
}

static int write_events(struct change *c) {
        struct state *s = c->state;
        uint64_t number = s->event_newest;
        int r = 0;
        for (size_t i = 0; r == 0 && i < c->n_events; i++) {
                c->events[i].number = ++number;
                r = store_add_event(s->store, &c->events[i]);
        }
        if (r == 0 && c->n_events > 0 && number > s->settings->events_kept)
                r = store_forget_events(s->store, number - s->settings->events_kept);
        return r;
}

bool change_has_writes(const struct change *c) {
        bool writes = c->begun || c->error < 0 || c->revises || c->n_events > 0;
        for (size_t i = 0; !writes && i < c->n_entries; i++)
                writes = c->entries[i].durable;
        return writes;
}

static int write_all(struct change *c) {
        struct state *s = c->state;
        char revision[24];

        if (!change_store(c))
                return c->error;
        int r = 0;
        for (size_t i = 0; r == 0 && i < c->n_entries; i++)
                if (c->entries[i].durable)
                        r = write_entry(s, &c->entries[i]);
        if (r == 0)
                r = write_events(c);
        if (r == 0 && c->revises) {
                snprintf(revision, sizeof revision, "%llu", (unsigned long long) s->revision + 1);
                r = store_put_meta(s->store, "revision", revision);
        }
        return r < 0 ? r : store_commit(s->store);
}

static void touch_node(struct state *s, const struct node *node) {
        char key[UUID_TEXT_SIZE + 8] = "node/";
        uuid_format(&node->id, key + 5);
        (void) feed_touch(&s->desired, DESIRED_NODE, key, registry_by_id(&s->nodes, &node->id) != NULL);
}

/* A UUID identifies for as long as one node has it: when that changes, it does so for all that have it. */
static void touch_sharers(struct state *s, const struct node *node) {
        struct node *sharers[64];
        if (!node || !node->has_uuid)
                return;
        size_t count = registry_uuid_nodes(&s->nodes, &node->uuid, sharers, ELEMENTS(sharers));
        for (size_t i = 0; i < count && i < ELEMENTS(sharers); i++)
                touch_node(s, sharers[i]);
}

static void publish_node(struct state *s, const struct node *old, const struct node *new) {
        if (old && new && node_boots_equal(old, new))
                return;
        touch_node(s, new ? new : old);
        bool same = old && new && old->has_uuid == new->has_uuid &&
                    memcmp(&old->uuid, &new->uuid, sizeof old->uuid) == 0;
        if (!same) {
                touch_sharers(s, old);
                touch_sharers(s, new);
        }
}

static void publish_profile(struct state *s, const struct profile *profile) {
        char key[80];
        snprintf(key, sizeof key, "profile/%s", profile->name);
        (void) feed_touch(&s->desired, DESIRED_PROFILE, key, profiles_find(&s->profiles, profile->name) != NULL);
}

static void publish(struct change *c) {
        struct state *s = c->state;
        char key[24];

        for (size_t i = 0; i < c->n_entries; i++) {
                const struct entry *e = &c->entries[i];
                if (e->kind == ENTRY_NODE)
                        publish_node(s, e->old, e->new);
                else if (e->kind == ENTRY_PROFILE)
                        publish_profile(s, e->new ? e->new : e->old);
                else if (e->kind == ENTRY_BOOT && e->new) {
                        snprintf(key, sizeof key, "%llu", (unsigned long long) ((struct boot *) e->new)->id);
                        (void) feed_touch(&s->flights, 1, key, true);
                        state_note_capture(s, e->new);
                }
        }
        if (c->revises)
                s->revision++;
        s->event_newest += c->n_events;
        if (c->n_events > 0 && s->event_oldest == 0)
                s->event_oldest = 1;
        if (s->event_newest > s->settings->events_kept && s->event_oldest <= s->event_newest - s->settings->events_kept)
                s->event_oldest = s->event_newest - s->settings->events_kept + 1;
}

int change_commit(struct change *c) {
        struct state *s = c->state;
        if (change_has_writes(c)) {
                int r = write_all(c);
                if (s->stored && r != -EEXIST)
                        s->stored(r, store_reason(s->store), s->userdata);
                if (r < 0)
                        return r;
        }
        c->begun = false;
        publish(c);
        for (size_t i = 0; i < c->n_events && s->happened; i++)
                s->happened(&c->events[i], s->userdata);
        for (size_t i = 0; i < c->n_entries; i++)
                free_object(c->entries[i].kind, c->entries[i].old);
        c->n_entries = 0;
        if (s->committed)
                s->committed(s->userdata);
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
                free_object(e->kind, e->new);
        }
        free(c->entries);
        free(c->events);
        free(c);
        return NULL;
}
