/* What a change has put in memory goes into the store; then workers and watchers learn of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pxed/change_internal.h"

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
                change_free_object(c->entries[i].kind, c->entries[i].old);
        c->n_entries = 0;
        if (s->committed)
                s->committed(s->userdata);
        return 0;
}
