#include "dhcp/lease_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lease_table {
        struct lease **leases; /* each one block with its text */
        size_t size, space;
};

int lease_table_new(struct lease_table **ret) {
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -ENOMEM;
}

struct lease_table *lease_table_free(struct lease_table *table) {
        if (!table)
                return NULL;
        for (size_t i = 0; i < table->size; i++)
                free(table->leases[i]);
        free(table->leases);
        free(table);
        return NULL;
}

static size_t text_size(const char *text) {
        return text ? strlen(text) + 1 : 0;
}

static const char *put_text(char **to, const char *text) {
        if (!text)
                return NULL;
        char *start = *to;
        *to = stpcpy(start, text) + 1;
        return start;
}

static struct lease *lease_copy(const struct lease *lease) {
        struct lease *copy = malloc(sizeof *copy + text_size(lease->mac) + text_size(lease->hostname) + text_size(lease->client));
        if (!copy)
                return NULL;
        char *text = (char *) (copy + 1);
        *copy = *lease;
        copy->mac = put_text(&text, lease->mac);
        copy->hostname = put_text(&text, lease->hostname);
        copy->client = put_text(&text, lease->client);
        return copy;
}

static bool same_text(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct lease *a, const struct lease *b) {
        return a->address == b->address && a->expires == b->expires && same_text(a->mac, b->mac) && same_text(a->hostname, b->hostname) &&
               same_text(a->client, b->client);
}

/* Where the address is, or belongs. */
static size_t place(const struct lease_table *table, uint32_t address) {
        size_t low = 0, high = table->size;
        while (low < high) {
                size_t middle = (low + high) / 2;
                if (table->leases[middle]->address < address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool is_at(const struct lease_table *table, size_t i, uint32_t address) {
        return i < table->size && table->leases[i]->address == address;
}

static int make_room(struct lease_table *table) {
        if (table->size < table->space)
                return 0;
        if (table->size >= LEASE_TABLE_MAX)
                return -ENOSPC;
        size_t space = table->space ? table->space * 2 : 64;
        struct lease **larger = reallocarray(table->leases, space, sizeof *larger);
        if (!larger)
                return -ENOMEM;
        table->leases = larger;
        table->space = space;
        return 0;
}

int lease_table_set(struct lease_table *table, const struct lease *lease) {
        size_t i = place(table, lease->address);
        bool there = is_at(table, i, lease->address);

        if (there && same(table->leases[i], lease))
                return 0;
        if (!there) {
                int r = make_room(table);
                if (r < 0)
                        return r;
        }

        struct lease *copy = lease_copy(lease);
        if (!copy)
                return -ENOMEM;
        if (there)
                free(table->leases[i]);
        else {
                memmove(table->leases + i + 1, table->leases + i, (table->size - i) * sizeof *table->leases);
                table->size++;
        }
        table->leases[i] = copy;
        return 1;
}

int lease_table_remove(struct lease_table *table, uint32_t address) {
        size_t i = place(table, address);
        if (!is_at(table, i, address))
                return 0;
        free(table->leases[i]);
        table->size--;
        memmove(table->leases + i, table->leases + i + 1, (table->size - i) * sizeof *table->leases);
        return 1;
}

size_t lease_table_size(const struct lease_table *table) {
        return table->size;
}

const struct lease *lease_table_at(const struct lease_table *table, size_t index) {
        return index < table->size ? table->leases[index] : NULL;
}

const struct lease *lease_table_find(const struct lease_table *table, uint32_t address) {
        size_t i = place(table, address);
        return is_at(table, i, address) ? table->leases[i] : NULL;
}

size_t lease_table_expire(struct lease_table *table, uint64_t now) {
        size_t kept = 0;
        for (size_t i = 0; i < table->size; i++) {
                struct lease *lease = table->leases[i];
                if (lease->expires != 0 && lease->expires <= now)
                        free(lease);
                else
                        table->leases[kept++] = lease;
        }
        size_t gone = table->size - kept;
        table->size = kept;
        return gone;
}

static int replay_line(struct lease_table *table, char *line) {
        enum lease_event event;
        struct lease lease;

        int r = lease_event_parse(line, &event, &lease);
        if (r < 0)
                return r;
        return event == LEASE_HELD ? lease_table_set(table, &lease) : lease_table_remove(table, lease.address);
}

int lease_table_replay(struct lease_table *table, char *text, size_t size, size_t *ret_lines, size_t *ret_bad) {
        char *end = text + size;
        size_t lines = 0, bad = 0;

        while (text < end) {
                char *newline = memchr(text, '\n', (size_t) (end - text));
                if (!newline) {
                        bad += (size_t) (end - text);
                        break;
                }
                *newline = '\0';
                size_t length = (size_t) (newline - text);
                int r = memchr(text, '\0', length) || length >= LEASE_LINE_MAX ? -EBADMSG : replay_line(table, text);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        bad += length + 1;
                lines++;
                text = newline + 1;
        }
        *ret_lines = lines;
        *ret_bad = bad;
        return 0;
}
