#include "tftp/boots.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/clock.h"
#include "tftp/script.h"

#define BOOTS_MAX 8192
#define BUCKETS 256

struct boot {
        struct boot *next;             /* in its bucket */
        struct boot *older, *newer;    /* by last use */
        struct report started;
        unsigned n_files;
        uint32_t done; /* bit per file */
        uint64_t files[PROFILE_INITRDS_MAX + 1]; /* hashes of their names */
};

_Static_assert(PROFILE_INITRDS_MAX + 1 <= 32, "a bit of `done` per file");

struct boots {
        pthread_mutex_t lock;
        struct boot *buckets[BUCKETS];
        struct boot *oldest, *newest;
        unsigned count;
};

int boots_new(struct boots **ret) {
        struct boots *boots = calloc(1, sizeof(*boots));

        if (!boots)
                return -ENOMEM;
        pthread_mutex_init(&boots->lock, NULL);
        *ret = boots;
        return 0;
}

struct boots *boots_free(struct boots *boots) {
        if (!boots)
                return NULL;
        for (struct boot *boot = boots->oldest, *newer; boot; boot = newer) {
                newer = boot->newer;
                free(boot);
        }
        pthread_mutex_destroy(&boots->lock);
        free(boots);
        return NULL;
}

/* FNV-1a */
static uint64_t hash_text(const char *text) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (; *text; text++)
                hash = (hash ^ (unsigned char) *text) * UINT64_C(0x100000001b3);
        return hash;
}

static struct boot **bucket_of(struct boots *boots, const struct mac *mac) {
        return &boots->buckets[mac_to_u64(mac) * UINT64_C(0x9e3779b97f4a7c15) >> 56];
}

static struct boot *find(struct boots *boots, const struct mac *mac) {
        struct boot *boot = *bucket_of(boots, mac);

        while (boot && memcmp(&boot->started.mac, mac, sizeof(*mac)) != 0)
                boot = boot->next;
        return boot;
}

static void unlink_age(struct boots *boots, struct boot *boot) {
        *(boot->older ? &boot->older->newer : &boots->oldest) = boot->newer;
        *(boot->newer ? &boot->newer->older : &boots->newest) = boot->older;
}

static void link_newest(struct boots *boots, struct boot *boot) {
        boot->newer = NULL;
        boot->older = boots->newest;
        *(boots->newest ? &boots->newest->newer : &boots->oldest) = boot;
        boots->newest = boot;
}

static void forget(struct boots *boots, struct boot *boot) {
        struct boot **at = bucket_of(boots, &boot->started.mac);

        while (*at != boot)
                at = &(*at)->next;
        *at = boot->next;
        unlink_age(boots, boot);
        boots->count--;
        free(boot);
}

unsigned profile_own_files(const struct profile *profile) {
        const char *file;
        unsigned count = 0;

        for (unsigned i = 0; (file = profile_file(profile, i)); i++)
                count += !file_is_url(file);
        return count;
}

static struct boot *boot_new(const struct profile *profile, const struct report *started, const char *fetched) {
        struct boot *boot = calloc(1, sizeof(*boot));
        const char *file;

        if (!boot)
                return NULL;
        boot->started = *started;
        boot->started.next = NULL;
        boot->started.file = boot->started.detail = NULL;
        for (unsigned i = 0; (file = profile_file(profile, i)); i++) {
                if (file_is_url(file))
                        continue;
                if (fetched && strcmp(file, fetched) == 0)
                        boot->done = (UINT32_C(1) << boot->n_files) - 1;
                boot->files[boot->n_files++] = hash_text(file);
        }
        return boot;
}

void boots_begin(struct boots *boots, const struct profile *profile, const struct report *started, const char *fetched) {
        struct boot *boot = boot_new(profile, started, fetched), *old;

        if (!boot)
                return;
        pthread_mutex_lock(&boots->lock);
        old = find(boots, &started->mac);
        if (!old && boots->count >= BOOTS_MAX)
                old = boots->oldest;
        if (old)
                forget(boots, old);
        boot->next = *bucket_of(boots, &started->mac);
        *bucket_of(boots, &started->mac) = boot;
        link_newest(boots, boot);
        boots->count++;
        pthread_mutex_unlock(&boots->lock);
}

bool boots_has(struct boots *boots, const struct mac *mac, uint64_t assignment) {
        pthread_mutex_lock(&boots->lock);
        struct boot *boot = find(boots, mac);
        bool known = boot && boot->started.assignment == assignment;
        pthread_mutex_unlock(&boots->lock);
        return known;
}

/* Marks the file; whether that made all of them complete. */
static bool mark(struct boot *boot, const char *file) {
        uint32_t all = (uint32_t) ((UINT64_C(1) << boot->n_files) - 1), before = boot->done;
        uint64_t hash = hash_text(file);

        for (unsigned i = 0; i < boot->n_files; i++)
                if (boot->files[i] == hash)
                        boot->done |= UINT32_C(1) << i;
        return before != all && boot->done == all;
}

struct report *boots_fetched(struct boots *boots, const struct mac *mac, uint64_t assignment, const char *file) {
        struct report *report = NULL;

        pthread_mutex_lock(&boots->lock);
        struct boot *boot = find(boots, mac);
        if (boot && boot->started.assignment == assignment) {
                unlink_age(boots, boot);
                link_newest(boots, boot);
                if (mark(boot, file) && (report = malloc(sizeof(*report)))) {
                        *report = boot->started;
                        report->time = realtime_us();
                }
        }
        pthread_mutex_unlock(&boots->lock);
        return report;
}
