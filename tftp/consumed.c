#include "tftp/consumed.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"

#define BUCKETS 256
#define LINE_SIZE 192

struct item {
        struct item *next;
        struct uuid node;
        uint64_t assignment;
        struct report *untold; /* read from disk: pxed may not know of it */
};

struct consumed {
        pthread_mutex_t lock;
        struct item *buckets[BUCKETS];
        char *folder;
};

static void item_free(struct item *item) {
        report_free(item->untold);
        free(item);
}

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

/* A line: assignment, MAC, time and network. */
static int parse(const char *text, struct report *report) {
        char mac[MAC_TEXT_SIZE];
        int length = 0;

        if (sscanf(text, "%" SCNu64 " %17s %" SCNu64 " %63s%n", &report->assignment, mac, &report->time, report->network, &length) != 4 ||
            strcmp(text + length, "\n") != 0)
                return -EBADMSG;
        return mac_parse(mac, &report->mac);
}

static void load_one(struct consumed *consumed, const char *name) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_(report_freep) struct report *report = calloc(1, sizeof(*report));

        if (!report || uuid_parse(name, &report->node) < 0)
                return;
        path = path_join(consumed->folder, name);
        if (!path || file_read(path, LINE_SIZE, &text, NULL) < 0 || parse(text, report) < 0 ||
            consumed_mark(consumed, &report->node, report->assignment) < 0)
                return;
        report->kind = REPORT_STARTED;
        report->has_node = report->once = true;
        struct item *item = *find(consumed, &report->node);
        item->untold = TAKE_POINTER(report);
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
                        item_free(item);
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

int consumed_store(struct consumed *consumed, const struct report *report) {
        _cleanup_free_ char *path = file_of(consumed, &report->node);
        char text[LINE_SIZE], mac[MAC_TEXT_SIZE];

        if (!path)
                return -ENOMEM;
        if (!consumed_is(consumed, &report->node, report->assignment))
                return 0;
        int length = snprintf(text, sizeof(text), "%" PRIu64 " %s %" PRIu64 " %s\n", report->assignment, mac_format(&report->mac, mac),
                              report->time, report->network);
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
                        item_free(item);
                }
        pthread_mutex_unlock(&consumed->lock);
}

struct report *consumed_untold(struct consumed *consumed, const struct snapshot *snapshot) {
        struct report *first = NULL;

        pthread_mutex_lock(&consumed->lock);
        for (unsigned i = 0; i < BUCKETS; i++)
                for (struct item *item = consumed->buckets[i]; item; item = item->next) {
                        const struct node *node = item->untold ? snapshot_node(snapshot, &item->node) : NULL;
                        if (!node)
                                continue;
                        snprintf(item->untold->profile, sizeof(item->untold->profile), "%s", node->profile ? node->profile : "");
                        item->untold->next = first;
                        first = TAKE_POINTER(item->untold);
                }
        pthread_mutex_unlock(&consumed->lock);
        return first;
}
