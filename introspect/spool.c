#include "introspect/spool.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "introspect/spool_index.h"
#include "lib/file.h"
#include "lib/log.h"

#define REFUSED_MAX 16
#define ROOM (4 * 1024 * 1024)
/* time, MAC, name of the post */
#define REFUSED_FORMAT "%s/%016" PRIx64 "-%012" PRIx64 "-%s.json"

struct spool {
        pthread_mutex_t lock;
        pthread_cond_t written; /* a post left the state WRITING */
        char *folder, *refused;
        struct spool_limits limits;
        struct spool_index index;
        struct segments *segments;
};

static int on_found(const struct spool_post *post, const struct segment_place *place, void *userdata) {
        struct spool *spool = userdata;

        /* Before a loss of power it was done, and posted again. */
        if (spool_index_find(&spool->index, post))
                return 1;
        struct spool_entry *entry = spool_index_add(&spool->index, post);

        if (!entry)
                return -ENOMEM;
        entry->state = SPOOL_WAITING;
        entry->place = *place;
        return 0;
}

int spool_new(const char *folder, const struct spool_limits *limits, struct spool **ret) {
        _cleanup_(spool_freep) struct spool *spool = calloc(1, sizeof(*spool));
        int r;

        if (!spool)
                return -ENOMEM;
        pthread_mutex_init(&spool->lock, NULL);
        pthread_cond_init(&spool->written, NULL);
        spool->limits = *limits;
        spool->folder = path_join(folder, "spool");
        spool->refused = path_join(folder, "refused");
        if (!spool->folder || !spool->refused)
                return -ENOMEM;
        if ((r = folder_make(spool->folder, 0700)) < 0 || (r = folder_make(spool->refused, 0700)) < 0 ||
            (r = segments_new(spool->folder, spool->refused, on_found, spool, &spool->segments)) < 0)
                return r;
        if (spool->index.posts > 0)
                log_info("%zu inventories were accepted before and are still to be reported to pxed.", spool->index.posts);
        *ret = TAKE_POINTER(spool);
        return 0;
}

struct spool *spool_free(struct spool *spool) {
        if (!spool)
                return NULL;
        segments_free(spool->segments);
        spool_index_clear(&spool->index);
        pthread_cond_destroy(&spool->written);
        pthread_mutex_destroy(&spool->lock);
        free(spool->folder);
        free(spool->refused);
        free(spool);
        return NULL;
}

static bool has_space(const struct spool *spool, size_t size) {
        return spool->index.posts < spool->limits.posts && spool->index.bytes + size <= spool->limits.bytes;
}

/* Makes the entry of a post that is to be written; 1 when it is on disk already. */
static int reserve(struct spool *spool, const struct spool_post *post, struct spool_entry **ret) {
        struct spool_entry *entry;

        while ((entry = spool_index_find(&spool->index, post)) && entry->state == SPOOL_WRITING)
                pthread_cond_wait(&spool->written, &spool->lock);
        if (entry)
                return 1;
        if (spool_index_count(&spool->index, &post->mac) >= spool->limits.posts_per_machine / (post->unproven ? 2 : 1))
                return -EBUSY;
        if (!has_space(spool, post->size))
                return -ENOBUFS;
        *ret = spool_index_add(&spool->index, post);
        return *ret ? 0 : -ENOMEM;
}

int spool_add(struct spool *spool, struct spool_post *post, const void *data, size_t size) {
        struct spool_entry *entry = NULL;
        struct segment_place place;

        post->size = size;
        pthread_mutex_lock(&spool->lock);
        int r = reserve(spool, post, &entry);
        pthread_mutex_unlock(&spool->lock);
        if (r != 0)
                return r;

        r = segments_append(spool->segments, post, data, &place);

        pthread_mutex_lock(&spool->lock);
        if (r < 0)
                spool_index_remove(&spool->index, entry);
        else {
                entry->state = SPOOL_WAITING;
                entry->place = place;
        }
        pthread_cond_broadcast(&spool->written);
        pthread_mutex_unlock(&spool->lock);
        return r;
}

bool spool_take(struct spool *spool, struct spool_post *ret) {
        pthread_mutex_lock(&spool->lock);
        struct spool_entry *entry = spool->index.first;
        while (entry && entry->state != SPOOL_WAITING)
                entry = entry->next;
        if (entry) {
                entry->state = SPOOL_TAKEN;
                *ret = entry->post;
        }
        pthread_mutex_unlock(&spool->lock);
        return entry != NULL;
}

/* False: the post is not one that was taken. */
static bool place_of(struct spool *spool, const struct spool_post *post, struct segment_place *ret) {
        pthread_mutex_lock(&spool->lock);
        const struct spool_entry *entry = spool_index_find(&spool->index, post);
        bool taken = entry && entry->state == SPOOL_TAKEN;
        if (taken)
                *ret = entry->place;
        pthread_mutex_unlock(&spool->lock);
        return taken;
}

int spool_read(struct spool *spool, const struct spool_post *post, char **ret) {
        _cleanup_free_ char *text = NULL;
        struct segment_place place;

        if (!place_of(spool, post, &place))
                return -ENOENT;
        int r = segments_read(spool->segments, post, &place, &text);
        if (r == 0)
                *ret = TAKE_POINTER(text);
        return r;
}

void spool_done(struct spool *spool, const struct spool_post *post, uint64_t now) {
        struct segment_place place;

        if (!place_of(spool, post, &place))
                return;
        segments_forget(spool->segments, &place);
        pthread_mutex_lock(&spool->lock);
        spool_index_done(&spool->index, spool_index_find(&spool->index, post), now);
        pthread_mutex_unlock(&spool->lock);
}

void spool_put_back(struct spool *spool, const struct spool_post *post) {
        pthread_mutex_lock(&spool->lock);
        struct spool_entry *entry = spool_index_find(&spool->index, post);
        if (entry && entry->state == SPOOL_TAKEN)
                entry->state = SPOOL_WAITING;
        pthread_mutex_unlock(&spool->lock);
}

void spool_put_last(struct spool *spool, const struct spool_post *post) {
        pthread_mutex_lock(&spool->lock);
        struct spool_entry *entry = spool_index_find(&spool->index, post);
        if (entry && entry->state == SPOOL_TAKEN) {
                entry->state = SPOOL_WAITING;
                spool_index_move_last(&spool->index, entry);
        }
        pthread_mutex_unlock(&spool->lock);
}

/* The names of what is in it begin with a time. */
static void remove_oldest_refused(const struct spool *spool) {
        struct dirent **names = NULL;
        int n = scandir(spool->refused, &names, NULL, alphasort), left = 0;

        for (int i = n; i-- > 0; free(names[i])) {
                _cleanup_free_ char *path = path_join(spool->refused, names[i]->d_name);
                if (names[i]->d_name[0] != '.' && ++left > REFUSED_MAX && path)
                        unlink(path);
        }
        free(names);
}

/* As much of it as can be read. */
static bool copy_aside(struct spool *spool, const struct spool_post *post, const struct segment_place *place) {
        _cleanup_free_ char *text = NULL, *path = NULL;
        int r = segments_read(spool->segments, post, place, &text);

        if (text)
                r = asprintf(&path, REFUSED_FORMAT, spool->refused, post->time, mac_to_u64(&post->mac), post->post) < 0
                            ? -ENOMEM
                            : file_write(path, text, post->size, 0600, false);
        if (r < 0)
                log_warning("Cannot put a post into %s: %s", spool->refused, strerror(-r));
        return r == 0;
}

void spool_set_aside(struct spool *spool, const struct spool_post *post) {
        struct segment_place place;

        if (!place_of(spool, post, &place))
                return;
        /* One that could not be read stays on the disk, and is tried again by the next process. */
        if (copy_aside(spool, post, &place))
                segments_forget(spool->segments, &place);
        remove_oldest_refused(spool);
        pthread_mutex_lock(&spool->lock);
        spool_index_remove(&spool->index, spool_index_find(&spool->index, post));
        pthread_mutex_unlock(&spool->lock);
}

bool spool_is_unsettled(struct spool *spool, const struct mac *mac, uint64_t now, uint64_t settle) {
        bool unsettled = false;

        pthread_mutex_lock(&spool->lock);
        for (struct spool_entry *entry = spool_index_bucket(&spool->index, mac); entry && !unsettled; entry = entry->next_of_bucket)
                unsettled = mac_to_u64(&entry->post.mac) == mac_to_u64(mac) &&
                            (entry->state != SPOOL_DONE || now < entry->done + settle);
        pthread_mutex_unlock(&spool->lock);
        return unsettled;
}

size_t spool_size(struct spool *spool) {
        pthread_mutex_lock(&spool->lock);
        size_t size = spool->index.posts;
        pthread_mutex_unlock(&spool->lock);
        return size;
}

/* A disk may have room and no inode left, or may be read-only: only a file that is there says that one can be made. */
static bool takes_files(const struct spool *spool) {
        _cleanup_free_ char *path = path_join(spool->folder, ".probe");

        return path && file_write(path, "", 0, 0600, true) == 0 && unlink(path) == 0;
}

bool spool_has_room(struct spool *spool) {
        struct statvfs fs;

        pthread_mutex_lock(&spool->lock);
        bool room = has_space(spool, ROOM);
        pthread_mutex_unlock(&spool->lock);
        return room && statvfs(spool->folder, &fs) == 0 && (uint64_t) fs.f_bavail * fs.f_frsize >= ROOM && takes_files(spool);
}
