#include "tftp/consumed.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"

#define BUCKETS 256

struct item {
        struct item *next;
        struct uuid node;
        uint64_t assignment;
};

struct consumed {
        pthread_mutex_t lock;
        struct item *buckets[BUCKETS];
        char *folder;
};

/* Ids are random: any byte of them is a good hash. */
static struct item **find(struct consumed *consumed, const struct uuid *node) {
        struct item **at = &consumed->buckets[node->bytes[0] ^ node->bytes[15]];

        while (*at && memcmp(&(*at)->node, node, sizeof(*node)) != 0)
                at = &(*at)->next;
        return at;
}

static char *file_of(const struct consumed *consumed, const struct uuid *node) {
        char name[UUID_TEXT_SIZE];

        return path_join(consumed->folder, uuid_format(node, name));
}

static void load_one(struct consumed *consumed, const char *name) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        uint64_t assignment;
        struct uuid node;
        char after;

        if (uuid_parse(name, &node) < 0)
                return;
        path = path_join(consumed->folder, name);
        if (path && file_read(path, 64, &text, NULL) >= 0 && sscanf(text, "%" SCNu64 "%c", &assignment, &after) == 2 && after == '\n')
                consumed_mark(consumed, &node, assignment);
}

int consumed_new(const char *folder, struct consumed **ret) {
        _cleanup_(consumed_freep) struct consumed *consumed = calloc(1, sizeof(*consumed));
        int r;

        if (!consumed)
                return -ENOMEM;
        pthread_mutex_init(&consumed->lock, NULL);
        consumed->folder = strdup(folder);
        if (!consumed->folder)
                return -ENOMEM;
        r = folder_make(folder, 0700);
        if (r < 0)
                return r;

        DIR *entries = opendir(folder);
        if (!entries)
                return -errno;
        for (struct dirent *entry; (entry = readdir(entries)); )
                load_one(consumed, entry->d_name);
        closedir(entries);
        *ret = TAKE_POINTER(consumed);
        return 0;
}

struct consumed *consumed_free(struct consumed *consumed) {
        if (!consumed)
                return NULL;
        for (unsigned i = 0; i < BUCKETS; i++)
                for (struct item *item = consumed->buckets[i], *next; item; item = next) {
                        next = item->next;
                        free(item);
                }
        pthread_mutex_destroy(&consumed->lock);
        free(consumed->folder);
        free(consumed);
        return NULL;
}

bool consumed_is(struct consumed *consumed, const struct uuid *node, uint64_t assignment) {
        pthread_mutex_lock(&consumed->lock);
        const struct item *item = *find(consumed, node);
        bool is = item && item->assignment == assignment;
        pthread_mutex_unlock(&consumed->lock);
        return is;
}

int consumed_mark(struct consumed *consumed, const struct uuid *node, uint64_t assignment) {
        int r = 0;

        pthread_mutex_lock(&consumed->lock);
        struct item **at = find(consumed, node);
        if (!*at) {
                *at = calloc(1, sizeof(**at));
                if (*at)
                        (*at)->node = *node;
                else
                        r = -ENOMEM;
        }
        if (*at)
                (*at)->assignment = assignment;
        pthread_mutex_unlock(&consumed->lock);
        return r;
}

int consumed_store(struct consumed *consumed, const struct uuid *node, uint64_t assignment) {
        _cleanup_free_ char *path = file_of(consumed, node);
        char text[32];

        if (!path)
                return -ENOMEM;
        if (!consumed_is(consumed, node, assignment))
                return 0;
        int length = snprintf(text, sizeof(text), "%" PRIu64 "\n", assignment);
        return file_write(path, text, (size_t) length, 0600, true);
}

void consumed_prune(struct consumed *consumed, const struct snapshot *snapshot) {
        pthread_mutex_lock(&consumed->lock);
        for (unsigned i = 0; i < BUCKETS; i++)
                for (struct item **at = &consumed->buckets[i], *item; (item = *at); ) {
                        const struct node *node = snapshot_node(snapshot, &item->node);
                        if (node && node->assignment == item->assignment) {
                                at = &item->next;
                                continue;
                        }
                        _cleanup_free_ char *path = file_of(consumed, &item->node);
                        if (path)
                                unlink(path);
                        *at = item->next;
                        free(item);
                }
        pthread_mutex_unlock(&consumed->lock);
}
