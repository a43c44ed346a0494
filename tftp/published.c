#include "tftp/published.h"

#include <errno.h>
#include <pthread.h>

struct published {
        pthread_mutex_t lock;
        struct snapshot *snapshot;
};

int published_new(struct published **ret) {
        struct published *published = calloc(1, sizeof(*published));

        if (!published)
                return -ENOMEM;
        pthread_mutex_init(&published->lock, NULL);
        *ret = published;
        return 0;
}

struct published *published_free(struct published *published) {
        if (published) {
                snapshot_unref(published->snapshot);
                pthread_mutex_destroy(&published->lock);
                free(published);
        }
        return NULL;
}

void published_set(struct published *published, struct snapshot *snapshot) {
        pthread_mutex_lock(&published->lock);
        struct snapshot *old = published->snapshot;
        published->snapshot = snapshot;
        pthread_mutex_unlock(&published->lock);
        snapshot_unref(old);
}

struct snapshot *published_get(struct published *published) {
        pthread_mutex_lock(&published->lock);
        struct snapshot *snapshot = published->snapshot ? snapshot_ref(published->snapshot) : NULL;
        pthread_mutex_unlock(&published->lock);
        return snapshot;
}
