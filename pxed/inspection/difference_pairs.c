#include "pxed/inspection/difference_pairs.h"

#include <errno.h>
#include <string.h>

struct entry {
        const json_t *object;
        const struct pair_rule *rule;
        size_t place;
};

static int compare(const struct entry *a, const struct entry *b) {
        for (size_t i = 0; i < PAIR_KEYS && a->rule->keys[i]; i++) {
                int r = strcmp(json_get_string(a->object, a->rule->keys[i]), json_get_string(b->object, b->rule->keys[i]));
                if (r != 0)
                        return r;
        }
        return 0;
}

static int compare_in_order(const void *one, const void *other) {
        const struct entry *a = one, *b = other;
        int r = compare(a, b);
        return r != 0 ? r : a->place < b->place ? -1 : a->place > b->place;
}

static bool has_all(const json_t *object, const struct pair_rule *rule) {
        for (size_t i = 0; i < PAIR_KEYS && rule->keys[i]; i++)
                if (!json_get_string(object, rule->keys[i]))
                        return false;
        return true;
}

static bool excluded(const struct entry *a, const struct entry *b) {
        for (size_t i = 0; i < PAIR_KEYS && a->rule->unless[i]; i++) {
                const char *mine = json_get_string(a->object, a->rule->unless[i]), *other = json_get_string(b->object, b->rule->unless[i]);
                if (mine && other && strcmp(mine, other) != 0)
                        return true;
        }
        return false;
}

/* Those that have no partner yet and what the rule asks for, sorted. */
static size_t collect(const json_t *list, const struct pair_rule *rule, const size_t *partners, const bool *taken, struct entry *entries) {
        size_t i, count = 0;
        const json_t *object;
        json_array_foreach((json_t *) list, i, object)
                if ((partners ? partners[i] == PAIR_NONE : !taken[i]) && has_all(object, rule))
                        entries[count++] = (struct entry) { .object = object, .rule = rule, .place = i };
        if (count > 1)
                qsort(entries, count, sizeof *entries, compare_in_order);
        return count;
}

static void apply(const struct entry *before, size_t n_before, const struct entry *after, size_t n_after, size_t *partners, bool *taken) {
        for (size_t i = 0, k = 0; i < n_before && k < n_after;) {
                int r = compare(&before[i], &after[k]);
                if (r == 0 && !excluded(&before[i], &after[k])) {
                        partners[before[i].place] = after[k].place;
                        taken[after[k].place] = true;
                }
                i += r <= 0;
                k += r >= 0;
        }
}

int pair_up(const json_t *before, const json_t *after, const struct pair_rule *rules, size_t **ret_partners, bool **ret_taken) {
        size_t n_before = json_array_size(before), n_after = json_array_size(after);
        _cleanup_free_ size_t *partners = calloc(n_before + 1, sizeof *partners);
        _cleanup_free_ bool *taken = calloc(n_after + 1, sizeof *taken);
        _cleanup_free_ struct entry *mine = calloc(n_before + 1, sizeof *mine), *other = calloc(n_after + 1, sizeof *other);

        if (!partners || !taken || !mine || !other)
                return -ENOMEM;
        for (size_t i = 0; i < n_before; i++)
                partners[i] = PAIR_NONE;
        for (; rules->keys[0]; rules++) {
                size_t n_mine = collect(before, rules, partners, NULL, mine), n_other = collect(after, rules, NULL, taken, other);
                apply(mine, n_mine, other, n_other, partners, taken);
        }
        *ret_partners = TAKE_POINTER(partners);
        *ret_taken = TAKE_POINTER(taken);
        return 0;
}
