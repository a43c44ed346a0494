#include "netcfg/details.h"

#include <errno.h>
#include <string.h>

#define SLAB 64U
#define NONE 0U /* places are numbered from 1 */

/* In use it is in the list by age; free it is in the chain of free ones. */
struct place {
        struct details details;
        uint32_t owner, newer, older; /* older: the chain, too */
};

_Static_assert(sizeof(struct place) <= DETAILS_ENTRY_SIZE, "the stated bound of memory");

struct details_store {
        uint32_t max, made; /* places that exist */
        uint32_t free, newest, oldest;
        struct place **slabs;
};

static bool take(void *to, const void *from, size_t size, bool said) {
        if (!said || memcmp(to, from, size) == 0)
                return false;
        memcpy(to, from, size);
        return true;
}

bool details_merge(struct details *to, const struct details *from) {
        unsigned changed = 0;

        changed += take(to->hostname, from->hostname, sizeof(to->hostname), from->hostname[0]);
        changed += take(to->vendor_class, from->vendor_class, sizeof(to->vendor_class), from->vendor_class[0]);
        changed += take(&to->uuid, &from->uuid, sizeof(to->uuid), from->has_uuid);
        changed += take(&to->has_uuid, &from->has_uuid, sizeof(to->has_uuid), from->has_uuid);
        changed += take(&to->relay, &from->relay, sizeof(to->relay), from->has_relay);
        changed += take(&to->has_relay, &from->has_relay, sizeof(to->has_relay), from->has_relay);
        changed += take(&to->architecture, &from->architecture, sizeof(to->architecture), from->has_architecture);
        changed += take(&to->has_architecture, &from->has_architecture, sizeof(to->has_architecture), from->has_architecture);
        changed += take(&to->client_id, &from->client_id, sizeof(to->client_id), from->client_id.size > 0);
        changed += take(&to->circuit_id, &from->circuit_id, sizeof(to->circuit_id), from->circuit_id.size > 0);
        changed += take(&to->remote_id, &from->remote_id, sizeof(to->remote_id), from->remote_id.size > 0);
        return changed > 0;
}

static struct place *at(const struct details_store *s, uint32_t number) {
        return &s->slabs[(number - 1) / SLAB][(number - 1) % SLAB];
}

int details_store_new(uint32_t max, struct details_store **ret) {
        _cleanup_(details_store_freep) struct details_store *s = calloc(1, sizeof(*s));

        if (max < 1 || max > DETAILS_MAX)
                return -EINVAL;
        if (!s || !(s->slabs = calloc((max + SLAB - 1) / SLAB, sizeof(*s->slabs))))
                return -ENOMEM;
        s->max = max;
        *ret = TAKE_POINTER(s);
        return 0;
}

struct details_store *details_store_free(struct details_store *s) {
        if (!s)
                return NULL;
        for (uint32_t i = 0; s->slabs && i * SLAB < s->made; i++)
                free(s->slabs[i]);
        free(s->slabs);
        free(s);
        return NULL;
}

static void list_remove(struct details_store *s, struct place *p) {
        *(p->newer ? &at(s, p->newer)->older : &s->newest) = p->older;
        *(p->older ? &at(s, p->older)->newer : &s->oldest) = p->newer;
}

static void list_add(struct details_store *s, uint32_t number) {
        struct place *p = at(s, number);

        p->newer = NONE;
        p->older = s->newest;
        *(s->newest ? &at(s, s->newest)->newer : &s->oldest) = number;
        s->newest = number;
}

/* A place that was never used, of a further slab where need be; NONE: no memory, or there are as many as may be. */
static uint32_t make_place(struct details_store *s) {
        if (s->made == s->max)
                return NONE;
        if (s->made % SLAB == 0 && !(s->slabs[s->made / SLAB] = calloc(SLAB, sizeof(struct place))))
                return NONE;
        return ++s->made;
}

uint32_t details_store_add(struct details_store *s, uint32_t owner, uint32_t *ret_evicted) {
        *ret_evicted = 0;
        if (s->free == NONE) {
                uint32_t number = make_place(s);
                if (number == NONE && s->oldest == NONE)
                        return NONE;
                if (number == NONE) {
                        *ret_evicted = at(s, s->oldest)->owner;
                        details_store_remove(s, s->oldest);
                } else
                        s->free = number;
        }

        uint32_t number = s->free;
        s->free = at(s, number)->older;
        *at(s, number) = (struct place) { .owner = owner };
        list_add(s, number);
        return number;
}

struct details *details_store_touch(struct details_store *s, uint32_t number) {
        if (s->newest != number) {
                list_remove(s, at(s, number));
                list_add(s, number);
        }
        return &at(s, number)->details;
}

const struct details *details_store_get(const struct details_store *s, uint32_t number) {
        return &at(s, number)->details;
}

void details_store_remove(struct details_store *s, uint32_t number) {
        list_remove(s, at(s, number));
        *at(s, number) = (struct place) { .older = s->free };
        s->free = number;
}
