#include "pxed/boots.h"

#include <errno.h>

static uint64_t hash_mac(const struct mac *mac) {
        return index_hash(mac, sizeof *mac);
}

static uint64_t hash_id(uint64_t id) {
        return index_hash(&id, sizeof id);
}

int boots_put(struct boots *b, struct boot *boot, struct boot **ret_old) {
        if (index_reserve(&b->by_id, 1) < 0 || index_reserve(&b->by_mac, 1) < 0)
                return -ENOMEM;
        struct boot *old = boots_find(b, boot->id);
        if (old)
                boots_remove(b, old);
        (void) index_add(&b->by_id, hash_id(boot->id), boot);
        (void) index_add(&b->by_mac, hash_mac(&boot->mac), boot);
        b->count++;
        *ret_old = old;
        return 0;
}

void boots_remove(struct boots *b, struct boot *boot) {
        index_remove(&b->by_id, hash_id(boot->id), boot);
        index_remove(&b->by_mac, hash_mac(&boot->mac), boot);
        b->count--;
}

struct boot *boots_find(const struct boots *b, uint64_t id) {
        struct boot *boot;
        size_t position = 0;
        while ((boot = index_next(&b->by_id, hash_id(id), &position)))
                if (boot->id == id)
                        return boot;
        return NULL;
}

struct boot *boots_latest(const struct boots *b, const struct mac *mac, uint64_t below) {
        struct boot *boot, *latest = NULL;
        size_t position = 0;
        while ((boot = index_next(&b->by_mac, hash_mac(mac), &position)))
                if (mac_to_u64(&boot->mac) == mac_to_u64(mac) && boot->id < below && (!latest || boot->id > latest->id))
                        latest = boot;
        return latest;
}

void boots_clear(struct boots *b) {
        for (size_t i = 0; i < b->by_id.size; i++)
                boot_free(b->by_id.values[i]);
        index_clear(&b->by_id);
        index_clear(&b->by_mac);
        *b = (struct boots) { 0 };
}
