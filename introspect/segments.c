#include "introspect/segments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "introspect/segment_head.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define SUFFIX ".posts"
#define NAME_SIZE (16 + sizeof(SUFFIX))
struct segment {
        struct segment *next, **link;
        uint64_t number; /* its name; grows */
        uint64_t size;
        size_t posts;    /* wanted */
        bool damaged;
};

/* A post on its way to the disk. */
struct append {
        struct append *next;
        const struct spool_post *post;
        const void *data;
        struct segment_place place;
        int result;
        bool done;
};

struct segments {
        pthread_mutex_t lock;
        pthread_cond_t settled;
        char *folder, *refused;
        struct segment *first;
        uint64_t newest; /* number */
        struct append *waiting, **end;
        bool busy;               /* one thread writes for all, without the lock */
        /* that thread's, and under the lock when none writes */
        struct segment *current; /* NULL: the next post begins one */
        int fd;                  /* of it */
};

static char *path_of(const char *folder, const struct segment *segment) {
        char name[NAME_SIZE];

        snprintf(name, sizeof(name), "%016" PRIx64 SUFFIX, segment->number);
        return path_join(folder, name);
}

static int read_at(int fd, uint64_t offset, void *data, size_t size) {
        for (size_t done = 0; done < size;) {
                ssize_t n = pread(fd, (char *) data + done, size - done, (off_t) (offset + done));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -ENODATA;
                done += (size_t) n;
        }
        return 0;
}

/* ---- the list */

static struct segment *add_segment(struct segments *segments, uint64_t number) {
        struct segment *segment = calloc(1, sizeof(*segment));

        if (!segment)
                return NULL;
        *segment = (struct segment) { .next = segments->first, .link = &segments->first, .number = number };
        if (segment->next)
                segment->next->link = &segment->next;
        segments->first = segment;
        segments->newest = number;
        return segment;
}

static void remove_segment(struct segment *segment) {
        *segment->link = segment->next;
        if (segment->next)
                segment->next->link = segment->link;
        free(segment);
}

static void close_current(struct segments *segments) {
        closep(&segments->fd);
        segments->fd = -1;
        segments->current = NULL;
}

/* None of its posts is wanted. */
static void end_segment(struct segments *segments, struct segment *segment) {
        _cleanup_free_ char *path = path_of(segments->folder, segment), *aside = path_of(segments->refused, segment);

        if (segment == segments->current)
                close_current(segments);
        /* Should it come back after a crash, pxed knows the posts by their names. */
        if (path && aside && (segment->damaged ? rename(path, aside) : unlink(path)) < 0 && errno != ENOENT)
                log_warning("Cannot remove %s, which is done with: %m", path);
        remove_segment(segment);
}

/* ---- what is there at the start */

/* Of the bytes from `offset` on, which are no post. What the writing of was cut off reaches to the end of the file. */
static void look_at_rest(struct segment *segment, const char *path, uint64_t offset, bool cut_off) {
        uint64_t left = segment->size - offset;

        if (left == 0)
                return;
        segment->damaged = !cut_off;
        if (cut_off)
                log_info("The last %" PRIu64 " bytes of %s were not written whole, and never acknowledged.", left, path);
        else
                log_error("%s is damaged: its last %" PRIu64 " bytes are no posts. It is kept in the folder `refused` of the state directory.", path,
                          left);
}

static int load_posts(struct segment *segment, int fd, const char *path, segments_found found, void *userdata) {
        uint64_t offset = 0;
        bool cut_off = false;
        int r = 0;

        while (r == 0 && segment->size > offset) {
                char text[SEGMENT_HEAD_SIZE];
                struct segment_head head;

                cut_off = segment->size - offset < SEGMENT_HEAD_SIZE;
                if (cut_off || read_at(fd, offset, text, SEGMENT_HEAD_SIZE) < 0 || !segment_head_parse(text, &head))
                        break;
                cut_off = segment->size - offset < SEGMENT_HEAD_SIZE + head.post.size + 1;
                if (cut_off)
                        break;
                const struct segment_place place = { segment, offset };
                r = head.wanted ? found(&head.post, &place, userdata) : 1;
                segment->posts += r == 0;
                r = r < 0 ? r : 0;
                offset += SEGMENT_HEAD_SIZE + head.post.size + 1;
        }
        look_at_rest(segment, path, offset, cut_off);
        return r;
}

static int load_file(struct segments *segments, const char *name, segments_found found, void *userdata) {
        _cleanup_free_ char *path = path_join(segments->folder, name);
        char again[NAME_SIZE];
        struct stat st;
        uint64_t number;

        if (!path)
                return -ENOMEM;
        if (sscanf(name, "%16" SCNx64, &number) == 1)
                snprintf(again, sizeof(again), "%016" PRIx64 SUFFIX, number);
        else
                again[0] = 0;
        bool ours = strcmp(name, again) == 0;
        _cleanup_close_ int fd = ours ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
        if (ours && fd < 0) {
                log_error("Cannot read %s: %m. There may be inventories in it that machines were told are taken: mend that and start this daemon again.", path);
                return 0;
        }
        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                if (name[0] != '.')
                        log_warning("%s holds no posts; it is left alone.", path);
                return 0;
        }
        struct segment *segment = add_segment(segments, number);
        if (!segment)
                return -ENOMEM;
        segment->size = (uint64_t) st.st_size;
        int r = load_posts(segment, fd, path, found, userdata);
        if (r == 0 && segment->posts == 0)
                end_segment(segments, segment);
        return r;
}

/* alphasort: by number. */
static int load(struct segments *segments, segments_found found, void *userdata) {
        struct dirent **names = NULL;
        int r = 0, n = scandir(segments->folder, &names, NULL, alphasort);

        if (n < 0)
                return -errno;
        for (int i = 0; i < n; i++) {
                if (r == 0)
                        r = load_file(segments, names[i]->d_name, found, userdata);
                free(names[i]);
        }
        free(names);
        return r;
}

int segments_new(const char *folder, const char *refused, segments_found found, void *userdata, struct segments **ret) {
        _cleanup_(segments_freep) struct segments *segments = calloc(1, sizeof(*segments));

        if (!segments)
                return -ENOMEM;
        pthread_mutex_init(&segments->lock, NULL);
        pthread_cond_init(&segments->settled, NULL);
        segments->fd = -1;
        segments->end = &segments->waiting;
        segments->folder = strdup(folder);
        segments->refused = strdup(refused);
        if (!segments->folder || !segments->refused)
                return -ENOMEM;
        int r = load(segments, found, userdata);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(segments);
        return 0;
}

struct segments *segments_free(struct segments *segments) {
        if (!segments)
                return NULL;
        while (segments->first)
                remove_segment(segments->first);
        closep(&segments->fd);
        pthread_cond_destroy(&segments->settled);
        pthread_mutex_destroy(&segments->lock);
        free(segments->folder);
        free(segments->refused);
        free(segments);
        return NULL;
}

/* ---- appending */

/* The numbers of segments grow, whatever becomes of the clock. */
static int begin_segment(struct segments *segments) {
        uint64_t now = realtime_us(), number = now > segments->newest ? now : segments->newest + 1;
        const struct segment name = { .number = number };
        _cleanup_free_ char *path = path_of(segments->folder, &name);
        _cleanup_close_ int fd = path ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
        struct segment *segment = NULL;
        int r = path ? fd < 0 ? -errno : folder_sync(segments->folder) : -ENOMEM;

        pthread_mutex_lock(&segments->lock);
        if (r == 0)
                segment = add_segment(segments, number);
        pthread_mutex_unlock(&segments->lock);
        if (r == 0 && segment) {
                segments->current = segment;
                segments->fd = TAKE_FD(fd);
                return 0;
        }
        if (fd >= 0)
                unlink(path);
        return r < 0 ? r : -ENOMEM;
}

/* At the end of the current segment, which is the longer for it only when it succeeds. */
static int write_post(struct segments *segments, struct append *append) {
        struct segment *segment = segments->current;
        const struct segment_head head = { *append->post, true, segment_head_checksum(append->post, append->data) };
        char text[SEGMENT_HEAD_SIZE + 1];
        struct iovec parts[] = {
                { segment_head_format(&head, text), SEGMENT_HEAD_SIZE },
                { (void *) append->data, append->post->size },
                { (void *) "\n", 1 },
        };
        size_t size = SEGMENT_HEAD_SIZE + append->post->size + 1, done = 0;

        for (struct iovec *part = parts; done < size;) {
                ssize_t n = pwritev(segments->fd, part, (int) (parts + ELEMENTS(parts) - part), (off_t) (segment->size + done));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                done += (size_t) n;
                for (; part < parts + ELEMENTS(parts) && (size_t) n >= part->iov_len; part++)
                        n -= (ssize_t) part->iov_len;
                if (n > 0) {
                        part->iov_base = (char *) part->iov_base + n;
                        part->iov_len -= (size_t) n;
                }
        }
        append->place = (struct segment_place) { segment, segment->size };
        segment->size += size;
        return 0;
}

/*
 * What was not written, or may not be on disk, must not be found later. After a failed fsync nobody knows what is on disk, and the next one would
 * say that all is well: the segment is not written to again.
 */
static void cut_back(struct segments *segments, uint64_t size, bool give_up) {
        struct segment *segment = segments->current;
        bool cut = ftruncate(segments->fd, (off_t) size) == 0;

        segment->size = size;
        if (give_up || !cut)
                close_current(segments);
}

/* Without the lock, by one thread at a time. */
static void write_group(struct segments *segments, struct append *group) {
        bool failed = false;
        int r = 0;

        if (segments->current && segments->current->size >= SEGMENT_SIZE)
                close_current(segments);
        if (!segments->current)
                r = begin_segment(segments);
        uint64_t before = r < 0 ? 0 : segments->current->size;
        for (struct append *append = group; append; append = append->next) {
                append->result = r < 0 ? r : write_post(segments, append);
                failed = failed || append->result < 0;
        }
        if (r < 0)
                return;
        if (failed)
                cut_back(segments, segments->current->size, false);
        if (segments->current && fdatasync(segments->fd) == 0)
                return;
        r = segments->current ? -errno : -EIO;
        if (segments->current)
                cut_back(segments, before, true);
        for (struct append *append = group; append; append = append->next)
                append->result = r;
}

/* What was forgotten while they were written to, and what nothing could be written to. */
static void end_empty(struct segments *segments) {
        for (struct segment *segment = segments->first, *next; segment; segment = next) {
                next = segment->next;
                if (segment->posts == 0)
                        end_segment(segments, segment);
        }
}

/* Writes all that wait. The lock is held, but not meanwhile. */
static void lead(struct segments *segments) {
        struct append *group = TAKE_POINTER(segments->waiting), *next;

        segments->end = &segments->waiting;
        segments->busy = true;
        pthread_mutex_unlock(&segments->lock);
        write_group(segments, group);
        pthread_mutex_lock(&segments->lock);
        segments->busy = false;
        for (; group; group = next) {
                next = group->next; /* its thread may go on as soon as it is done */
                if (group->result == 0)
                        group->place.segment->posts++;
                group->done = true;
        }
        end_empty(segments);
        pthread_cond_broadcast(&segments->settled);
}

int segments_append(struct segments *segments, const struct spool_post *post, const void *data, struct segment_place *ret) {
        struct append append = { .post = post, .data = data };

        pthread_mutex_lock(&segments->lock);
        *segments->end = &append;
        segments->end = &append.next;
        while (!append.done)
                if (segments->busy)
                        pthread_cond_wait(&segments->settled, &segments->lock);
                else
                        lead(segments);
        pthread_mutex_unlock(&segments->lock);
        if (append.result == 0)
                *ret = append.place;
        return append.result;
}

/* ---- reading, forgetting */

int segments_read(struct segments *segments, const struct spool_post *post, const struct segment_place *place, char **ret) {
        _cleanup_free_ char *path = path_of(segments->folder, place->segment), *text = malloc(post->size + 1);
        char head_text[SEGMENT_HEAD_SIZE];
        struct segment_head head;

        if (!path || !text)
                return -ENOMEM;
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        int r = fd < 0 ? -errno : read_at(fd, place->offset, head_text, SEGMENT_HEAD_SIZE);
        if (r == 0)
                r = read_at(fd, place->offset + SEGMENT_HEAD_SIZE, text, post->size);
        if (r < 0)
                return r;
        text[post->size] = 0;
        if (!segment_head_parse(head_text, &head) || head.checksum != segment_head_checksum(post, text))
                r = -EBADMSG;
        *ret = TAKE_POINTER(text);
        return r;
}

/* Not at once on disk: it may be forgotten, as by an unlink. */
static void mark_done(struct segments *segments, const struct segment_place *place) {
        _cleanup_free_ char *path = path_of(segments->folder, place->segment);
        _cleanup_close_ int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;

        if (fd < 0 || pwrite(fd, (const char[]) { SEGMENT_HEAD_DONE }, 1, (off_t) place->offset) != 1)
                log_warning("Cannot mark a post in %s as done: %m", path ?: segments->folder);
}

void segments_forget(struct segments *segments, const struct segment_place *place) {
        struct segment *segment = place->segment;

        pthread_mutex_lock(&segments->lock);
        /* A thread that writes may have it in hand: that one ends it. */
        if (--segment->posts == 0 && !segments->busy)
                end_segment(segments, segment);
        else
                mark_done(segments, place);
        pthread_mutex_unlock(&segments->lock);
}
