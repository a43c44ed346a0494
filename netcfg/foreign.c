#include "netcfg/foreign.h"

#include <string.h>

#include "lib/macro.h"

static bool own_has_address(const struct own *own, const struct ip *address) {
        for (unsigned i = 0; i < own->address_count; i++)
                if (ip_equal(&own->addresses[i], address))
                        return true;
        return false;
}

static bool is_among(const struct mac *mac, const struct mac *macs, unsigned count) {
        for (unsigned i = 0; i < count; i++)
                if (memcmp(&macs[i], mac, sizeof(*mac)) == 0)
                        return true;
        return false;
}

bool own_has_mac(const struct own *own, const struct mac *mac) {
        return is_among(mac, own->macs, own->mac_count) || is_among(mac, own->noted, own->noted_count);
}

void own_add_address(struct own *own, const struct ip *address) {
        if (own->address_count < ELEMENTS(own->addresses) && !own_has_address(own, address))
                own->addresses[own->address_count++] = *address;
}

void own_add_mac(struct own *own, const struct mac *mac) {
        if (own->mac_count < ELEMENTS(own->macs) && mac_is_unicast(mac) && !is_among(mac, own->macs, own->mac_count))
                own->macs[own->mac_count++] = *mac;
}

void own_note_mac(struct own *own, const struct mac *mac) {
        unsigned i = 0;

        if (!mac_is_unicast(mac))
                return;
        while (i < own->noted_count && memcmp(&own->noted[i], mac, sizeof(*mac)) != 0)
                i++;
        if (i == own->noted_count && i < ELEMENTS(own->noted))
                own->noted_count++;
        else if (i == own->noted_count)
                i--; /* the oldest gives way */
        memmove(own->noted + 1, own->noted, i * sizeof(*mac));
        own->noted[0] = *mac;
}

void own_clear(struct own *own) {
        own->address_count = own->mac_count = 0;
}

bool foreign_is_own(const struct own *own, const struct ip *server, const struct mac *source) {
        if (own->address_count == 0)
                return true;
        return own_has_address(own, server) || (source && own_has_mac(own, source));
}

static bool is_same_server(const struct foreign_server *a, const struct foreign_server *b) {
        return a->network == b->network && a->vlan == b->vlan && ip_equal(&a->address, &b->address);
}

static bool is_same_address(const struct ip *a, const struct ip *b) {
        return a->family == b->family && (a->family == 0 || ip_equal(a, b));
}

/* Each client is offered another address: that is no change. */
static bool has_changed(const struct foreign_server *a, const struct foreign_server *b) {
        return memcmp(&a->mac, &b->mac, sizeof(a->mac)) != 0 || !is_same_address(&a->next_server, &b->next_server) ||
                !is_same_address(&a->gateway, &b->gateway) || strcmp(a->file, b->file) != 0;
}

static void remove_entry(struct foreign *f, struct foreign_entry *entry) {
        f->due -= entry->due;
        *entry = f->entries[--f->count];
}

static struct foreign_entry *find_entry(struct foreign *f, const struct foreign_server *server) {
        for (unsigned i = 0; i < f->count; i++)
                if (is_same_server(&f->entries[i].server, server))
                        return &f->entries[i];
        return NULL;
}

static struct foreign_entry *add_entry(struct foreign *f, uint64_t now) {
        if (f->count == FOREIGN_MAX) {
                struct foreign_entry *oldest = f->entries;
                for (unsigned i = 1; i < f->count; i++)
                        if (f->entries[i].server.last < oldest->server.last)
                                oldest = &f->entries[i];
                remove_entry(f, oldest);
        }
        struct foreign_entry *entry = &f->entries[f->count++];
        *entry = (struct foreign_entry) { .server.first = now };
        return entry;
}

void foreign_note(struct foreign *f, const struct foreign_server *answer, uint64_t now) {
        struct foreign_entry *entry = find_entry(f, answer);
        bool is_new = !entry;

        if (is_new)
                entry = add_entry(f, now);
        /* the last of them: the clock was set back */
        bool due = is_new || has_changed(&entry->server, answer) || now >= entry->reported + FOREIGN_REPEAT || now < entry->server.last;
        uint64_t first = entry->server.first < now ? entry->server.first : now;
        entry->server = *answer;
        entry->server.first = first;
        entry->server.last = now;
        if (due && !entry->due) {
                entry->due = true;
                f->due++;
        }
}

bool foreign_take(struct foreign *f, uint64_t now, struct foreign_server *ret) {
        for (unsigned i = 0; i < f->count && f->due > 0; i++) {
                struct foreign_entry *entry = &f->entries[f->next++ % f->count];
                if (!entry->due)
                        continue;
                entry->due = false;
                entry->reported = now;
                f->due--;
                *ret = entry->server;
                return true;
        }
        return false;
}

void foreign_forget(struct foreign *f, uint16_t network) {
        for (unsigned i = f->count; i > 0; i--)
                if (f->entries[i - 1].server.network == network)
                        remove_entry(f, &f->entries[i - 1]);
}
