#include "introspect/spool.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "introspect/spool_index.h"
#include "lib/file.h"
#include "lib/log.h"

#define REFUSED_MAX 16
#define ROOM (4 * 1024 * 1024)
/* An own file: the payload's limit and what stands around it. */
#define FILE_MAX (64 * 1024 * 1024)
/* time, MAC, name of the post */
#define NAME_FORMAT "%016" PRIx64 "-%012" PRIx64 "-%s.json"
#define NAME_SIZE (16 + 1 + 12 + 1 + 32 + sizeof(".json"))

struct spool {
        pthread_mutex_t lock;
        pthread_cond_t written; /* a post left the state WRITING */
        char *folder, *refused;
        struct spool_limits limits;
        struct spool_index index;
};

static char *name_of(const struct spool_post *post, char buffer[static NAME_SIZE]) {
        snprintf(buffer, NAME_SIZE, NAME_FORMAT, post->time, mac_to_u64(&post->mac), post->post);
        return buffer;
}

static char *path_of(const struct spool *spool, const struct spool_post *post) {
        char name[NAME_SIZE];

        return path_join(spool->folder, name_of(post, name));
}

static bool parse_name(const char *name, struct spool_post *ret) {
        char mac[13], again[NAME_SIZE];
        struct spool_post post = { 0 };

        if (sscanf(name, "%16" SCNx64 "-%12[0-9a-f]-%32[0-9a-f]", &post.time, mac, post.post) != 3 || mac_parse(mac, &post.mac) < 0)
                return false;
        *ret = post;
        return strcmp(name_of(&post, again), name) == 0;
}

/* A file whose writing was cut off by a crash was never acknowledged. */
static bool is_unfinished(const char *name) {
        return strstr(name, ".json.new-") != NULL;
}

static void load_file(struct spool *spool, const char *name) {
        _cleanup_free_ char *path = path_join(spool->folder, name);
        struct spool_post post;
        struct stat st;

        if (!path || lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
                return;
        if (is_unfinished(name)) {
                unlink(path);
                return;
        }
        if (!parse_name(name, &post)) {
                log_warning("%s is no post; it is left alone.", path);
                return;
        }
        post.size = (size_t) st.st_size;
        struct spool_entry *entry = spool_index_add(&spool->index, &post);
        if (entry)
                entry->state = SPOOL_WAITING;
}

/* alphasort: the names begin with the time. */
static int load(struct spool *spool) {
        struct dirent **names = NULL;
        int n = scandir(spool->folder, &names, NULL, alphasort);

        if (n < 0)
                return -errno;
        for (int i = 0; i < n; i++) {
                load_file(spool, names[i]->d_name);
                free(names[i]);
        }
        free(names);
        if (spool->index.posts > 0)
                log_info("%zu inventories were accepted before and are still to be reported to pxed.", spool->index.posts);
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
        if ((r = folder_make(spool->folder, 0700)) < 0 || (r = folder_make(spool->refused, 0700)) < 0 || (r = load(spool)) < 0)
                return r;
        *ret = TAKE_POINTER(spool);
        return 0;
}

struct spool *spool_free(struct spool *spool) {
        if (!spool)
                return NULL;
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
        if (!has_space(spool, post->size))
                return -ENOBUFS;
        *ret = spool_index_add(&spool->index, post);
        return *ret ? 0 : -ENOMEM;
}

int spool_add(struct spool *spool, struct spool_post *post, const void *data, size_t size) {
        _cleanup_free_ char *path = path_of(spool, post);
        struct spool_entry *entry = NULL;

        if (!path)
                return -ENOMEM;
        post->size = size;
        pthread_mutex_lock(&spool->lock);
        int r = reserve(spool, post, &entry);
        pthread_mutex_unlock(&spool->lock);
        if (r != 0)
                return r;

        r = file_write(path, data, size, 0600, true);
        /* The folder may not be on disk although the file is in it: it was not accepted, so it must not be found later. */
        if (r < 0)
                unlink(path);

        pthread_mutex_lock(&spool->lock);
        if (r < 0)
                spool_index_remove(&spool->index, entry);
        else
                entry->state = SPOOL_WAITING;
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

int spool_read(struct spool *spool, const struct spool_post *post, char **ret, size_t *ret_size) {
        _cleanup_free_ char *path = path_of(spool, post);

        return path ? file_read(path, FILE_MAX, ret, ret_size) : -ENOMEM;
}

void spool_done(struct spool *spool, const struct spool_post *post, uint64_t now) {
        _cleanup_free_ char *path = path_of(spool, post);

        /* Should the file come back after a crash, pxed knows the post by its name. */
        if (path && unlink(path) < 0 && errno != ENOENT)
                log_warning("Cannot remove %s, which pxed has stored: %m", path);
        pthread_mutex_lock(&spool->lock);
        struct spool_entry *entry = spool_index_find(&spool->index, post);
        if (entry)
                spool_index_done(&spool->index, entry, now);
        pthread_mutex_unlock(&spool->lock);
}

void spool_put_back(struct spool *spool, const struct spool_post *post) {
        pthread_mutex_lock(&spool->lock);
        struct spool_entry *entry = spool_index_find(&spool->index, post);
        if (entry && entry->state == SPOOL_TAKEN)
                entry->state = SPOOL_WAITING;
        pthread_mutex_unlock(&spool->lock);
}

static void remove_oldest_refused(const struct spool *spool) {
        struct dirent **names = NULL;
        int n = scandir(spool->refused, &names, NULL, alphasort);
        struct spool_post post;
        int left = 0;

        for (int i = n; i-- > 0; free(names[i])) {
                _cleanup_free_ char *path = path_join(spool->refused, names[i]->d_name);
                if (parse_name(names[i]->d_name, &post) && ++left > REFUSED_MAX && path)
                        unlink(path);
        }
        free(names);
}

void spool_set_aside(struct spool *spool, const struct spool_post *post) {
        _cleanup_free_ char *path = path_of(spool, post), *aside = NULL;
        char name[NAME_SIZE];

        aside = path_join(spool->refused, name_of(post, name));
        if (path && aside && rename(path, aside) < 0)
                log_warning("Cannot move %s to %s: %m", path, aside);
        remove_oldest_refused(spool);
        pthread_mutex_lock(&spool->lock);
        struct spool_entry *entry = spool_index_find(&spool->index, post);
        if (entry)
                spool_index_remove(&spool->index, entry);
        pthread_mutex_unlock(&spool->lock);
}

bool spool_is_unsettled(struct spool *spool, const struct mac *mac, uint64_t now, uint64_t settle) {
        bool unsettled = false;

        pthread_mutex_lock(&spool->lock);
        for (struct spool_entry *entry = spool_index_bucket(&spool->index, mac); entry && !unsettled; entry = entry->next_of_bucket)
                unsettled = mac_to_u64(&entry->post.mac) == mac_to_u64(mac) &&
                            (entry->state != SPOOL_DONE || now - entry->done < settle);
        pthread_mutex_unlock(&spool->lock);
        return unsettled;
}

size_t spool_size(struct spool *spool) {
        pthread_mutex_lock(&spool->lock);
        size_t size = spool->index.posts;
        pthread_mutex_unlock(&spool->lock);
        return size;
}

bool spool_has_room(struct spool *spool) {
        struct statvfs fs;

        pthread_mutex_lock(&spool->lock);
        bool room = has_space(spool, ROOM);
        pthread_mutex_unlock(&spool->lock);
        return room && statvfs(spool->folder, &fs) == 0 && (uint64_t) fs.f_bavail * fs.f_frsize >= ROOM;
}
