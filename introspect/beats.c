#include "introspect/beats.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define SETS 8192
#define WAYS 4

struct beat {
        uint64_t mac; /* 0: free */
        uint64_t words;
        uint64_t since; /* the first of its news that are counted came then */
        unsigned news;
};

struct beats {
        pthread_mutex_t lock;
        struct beat beats[SETS][WAYS]; /* of each set the newest first */
};

static uint64_t hash_text(uint64_t hash, const char *text) {
        do
                hash = (hash ^ (unsigned char) *text) * 1099511628211u; /* FNV-1a */
        while (*text++);
        return hash;
}

int beats_new(struct beats **ret) {
        struct beats *beats = calloc(1, sizeof(*beats));

        if (!beats)
                return -ENOMEM;
        pthread_mutex_init(&beats->lock, NULL);
        *ret = beats;
        return 0;
}

struct beats *beats_free(struct beats *beats) {
        if (beats)
                pthread_mutex_destroy(&beats->lock);
        free(beats);
        return NULL;
}

static bool hear(struct beat *beat, uint64_t words, uint64_t now) {
        if (beat->words == words)
                return false;
        /* threads come in any order */
        if (now > beat->since && now - beat->since >= BEATS_TIME)
                *beat = (struct beat) { .mac = beat->mac, .since = now };
        if (beat->news >= BEATS_NEWS_MAX)
                return false;
        beat->news++;
        beat->words = words;
        return true;
}

bool beats_is_news(struct beats *beats, const struct mac *mac, const char *token, const char *words, uint64_t now) {
        struct beat beat = { .mac = mac_to_u64(mac), .since = now };
        struct beat *set = beats->beats[(beat.mac * 0x9e3779b97f4a7c15u >> 32) % SETS];
        uint64_t hash = hash_text(hash_text(14695981039346656037u, token), words);
        size_t at = 0;

        pthread_mutex_lock(&beats->lock);
        while (at < WAYS - 1 && set[at].mac != beat.mac)
                at++;
        if (set[at].mac == beat.mac)
                beat = set[at];
        bool news = hear(&beat, hash, now);
        memmove(set + 1, set, at * sizeof(*set));
        set[0] = beat;
        pthread_mutex_unlock(&beats->lock);
        return news;
}
