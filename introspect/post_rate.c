#include "introspect/post_rate.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define SETS 4096
#define WAYS 4
#define PROVEN (UINT64_C(1) << 48)

struct row {
        uint64_t key;     /* 0: free */
        uint64_t due;     /* when all that it posted will have been paid, one in an interval (as ITU-T I.371 has it: theoretical arrival time) */
        uint64_t told;    /* when the operator was told; 0: never */
        unsigned refused; /* since then */
};

struct post_rate {
        pthread_mutex_t lock;
        struct row rows[SETS][WAYS];
};

int post_rate_new(struct post_rate **ret) {
        struct post_rate *rate = calloc(1, sizeof(*rate));

        if (!rate)
                return -ENOMEM;
        pthread_mutex_init(&rate->lock, NULL);
        *ret = rate;
        return 0;
}

struct post_rate *post_rate_free(struct post_rate *rate) {
        if (rate)
                pthread_mutex_destroy(&rate->lock);
        free(rate);
        return NULL;
}

/* The poster's own row, or the one that its set misses least. With the lock held. */
static struct row *find(struct post_rate *rate, const struct poster *poster) {
        uint64_t key = mac_to_u64(&poster->mac) | (poster->proven ? PROVEN : 0);
        struct row *set = rate->rows[(key * 0x9e3779b97f4a7c15u >> 32) % SETS], *least = set;

        for (size_t i = 0; i < WAYS; i++) {
                if (set[i].key == key)
                        return &set[i];
                if (set[i].due < least->due)
                        least = &set[i];
        }
        *least = (struct row) { .key = key };
        return least;
}

bool post_rate_allows(struct post_rate *rate, const struct poster *poster, uint64_t now, uint64_t *ret_wait) {
        const uint64_t ahead_max = (POST_RATE_BURST - 1) * POST_RATE_EVERY;

        pthread_mutex_lock(&rate->lock);
        struct row *row = find(rate, poster);
        uint64_t ahead = row->due > now ? row->due - now : 0;
        bool allowed = ahead <= ahead_max;
        if (allowed)
                row->due = now + ahead + POST_RATE_EVERY;
        pthread_mutex_unlock(&rate->lock);
        if (!allowed)
                *ret_wait = ahead - ahead_max;
        return allowed;
}

bool post_rate_tells(struct post_rate *rate, const struct poster *poster, uint64_t now, unsigned *ret_refused) {
        pthread_mutex_lock(&rate->lock);
        struct row *row = find(rate, poster);
        row->refused++;
        bool tells = row->told == 0 || now >= row->told + POST_RATE_TELL_EVERY;
        if (tells) {
                *ret_refused = row->refused;
                row->told = now;
                row->refused = 0;
        }
        pthread_mutex_unlock(&rate->lock);
        return tells;
}
