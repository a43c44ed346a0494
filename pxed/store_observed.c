/* What workers see, and which of their batches are taken. */
#include <stdio.h>
#include <string.h>

#include "pxed/store_sqlite.h"

int store_put_sighting(struct store *store, const struct sighting *s) {
        char addresses[SIGHTING_ADDRESSES_MAX * (IP_TEXT_SIZE + 1) + 1] = "", address[IP_TEXT_SIZE];
        size_t size = 0;
        for (size_t i = 0; i < s->n_addresses; i++)
                size += (size_t) snprintf(addresses + size, sizeof addresses - size, "%s%s", i > 0 ? " " : "",
                                          ip_format(&s->addresses[i], address));
        return store_run(store, SQL_PUT_SIGHTING, "msiiiissi", &s->mac, s->network, (int64_t) s->vlan, (int64_t) s->first,
                         (int64_t) s->last, (int64_t) s->protocols, addresses, s->facts, (int64_t) s->moved);
}

int store_delete_sighting(struct store *store, const struct sighting *s) {
        return store_run(store, SQL_DELETE_SIGHTING, "msi", &s->mac, s->network, (int64_t) s->vlan);
}

int store_put_lease(struct store *store, const struct lease *l) {
        char address[IP_TEXT_SIZE];
        return store_run(store, SQL_PUT_LEASE, "ssmsi", l->network, ip_format(&l->address, address), &l->mac, l->hostname,
                         (int64_t) l->expires);
}

int store_delete_lease(struct store *store, const struct lease *l) {
        char address[IP_TEXT_SIZE];
        return store_run(store, SQL_DELETE_LEASE, "ss", l->network, ip_format(&l->address, address));
}

int store_put_seen(struct store *store, const char *network, const char *seen) {
        return store_run(store, SQL_PUT_SEEN, "ss", network, seen);
}

int store_put_batch(struct store *store, const char *role, const char *instance, uint64_t batch) {
        int r = store_run(store, SQL_PUT_BATCH, "ssi", role, instance, (int64_t) batch);
        return r < 0 ? r : store_run(store, SQL_FORGET_BATCHES, "");
}

int store_get_batch(struct store *store, const char *role, const char *instance, uint64_t *ret) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_GET_BATCH, &row, "ss", role, instance);
        *ret = 0;
        if (r == 0)
                r = store_row(store, row);
        if (r <= 0)
                return r;
        *ret = column_u64(row, 0);
        sqlite3_reset(row);
        return 0;
}
