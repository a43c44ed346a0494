#include "lib/kept_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"

#define HEADER "pxed-state "
#define FORMAT 1
#define MODE 0600
#define FILE_MAX (256 * 1024 * 1024)
/* What may wait in memory while the disk is full. */
#define WAITING_MAX (32 * 1024 * 1024)
/* A file is made smaller when it has grown by this and by as much again as it had. */
#define GROWTH (1024 * 1024)
#define ENTRY_DEPTH 8

struct kept_state {
        char *path, *role;
        bool began;    /* there is a state that changes can be added to */
        bool is_whole; /* what waits stands for all of the state: the file is replaced by it */
        FILE *stream;  /* what waits to be written; NULL: nothing */
        char *waiting;
        size_t waiting_size;
        size_t size, compact_at; /* of the file */
};

int kept_state_new(const char *path, const char *role, struct kept_state **ret) {
        _cleanup_(kept_state_freep) struct kept_state *kept = calloc(1, sizeof(*kept));

        if (!kept || !(kept->path = strdup(path)) || !(kept->role = strdup(role)))
                return -ENOMEM;
        *ret = TAKE_POINTER(kept);
        return 0;
}

static void forget_waiting(struct kept_state *kept) {
        if (kept->stream)
                fclose(kept->stream);
        free(kept->waiting);
        kept->stream = NULL;
        kept->waiting = NULL;
        kept->waiting_size = 0;
        kept->is_whole = false;
}

struct kept_state *kept_state_free(struct kept_state *kept) {
        if (!kept)
                return NULL;
        forget_waiting(kept);
        free(kept->path);
        free(kept->role);
        free(kept);
        return NULL;
}

/* ---- lines ---- */

struct line {
        char *key, *value; /* terminated; key "": a mark */
};

/* Cuts the next line out of the text. false: there is none, or no whole one. */
static bool next_line(char **at, char *end, struct line *ret) {
        char *newline = memchr(*at, '\n', (size_t) (end - *at)), *tab = newline ? memchr(*at, '\t', (size_t) (newline - *at)) : NULL;

        if (!tab)
                return false;
        *ret = (struct line) { .key = *at, .value = tab + 1 };
        *tab = *newline = '\0';
        *at = newline + 1;
        return true;
}

static int check_header(const struct kept_state *kept, char *text, char **ret_lines) {
        char *newline = strchr(text, '\n'), *end;
        const char *number = text + strlen(HEADER);

        if (!newline || strncmp(text, HEADER, strlen(HEADER)) != 0)
                return -EBADMSG;
        long format = strtol(number, &end, 10);
        if (end == number || format < FORMAT)
                return -EBADMSG;
        if (format > FORMAT)
                return -EPROTONOSUPPORT;
        *newline = '\0';
        if (*end != ' ' || strcmp(end + 1, kept->role) != 0)
                return -EBADMSG;
        *ret_lines = newline + 1;
        return 0;
}

/* Where the last whole revision ends: after its mark. NULL: there is none. */
static char *find_end(char *lines, char *end, uint64_t *ret_revision) {
        char *last = NULL;

        for (char *at = lines, *newline; (newline = memchr(at, '\n', (size_t) (end - at))); at = newline + 1)
                if (*at == '\t') {
                        last = newline + 1;
                        *ret_revision = strtoull(at + 1, NULL, 10);
                }
        return last;
}

/* Key: where its newest line is in the text, which is cut into lines. */
static int index_lines(char *text, char *lines, char *end, json_t **ret) {
        _cleanup_json_ json_t *newest = json_object();
        struct line line;
        char *at = lines;

        while (at < end) {
                if (!next_line(&at, end, &line))
                        return -EBADMSG;
                if (line.key[0] == '\0')
                        continue;
                if (line.value[0] == '\0')
                        json_object_del(newest, line.key);
                else if (json_object_set_new(newest, line.key, json_integer(line.value - text)) < 0)
                        return -EBADMSG;
        }
        *ret = TAKE_POINTER(newest);
        return 0;
}

/* The file's text and where in it each key's value is. */
static int read_index(const struct kept_state *kept, char **ret_text, json_t **ret_index, uint64_t *ret_revision) {
        _cleanup_free_ char *text = NULL;
        char *lines, *end;
        size_t size;
        int r = file_read(kept->path, FILE_MAX, &text, &size);

        if (r < 0)
                return r;
        if ((r = check_header(kept, text, &lines)) < 0)
                return r;
        end = find_end(lines, text + size, ret_revision);
        if (!end)
                return -EBADMSG;
        if ((r = index_lines(text, lines, end, ret_index)) < 0)
                return r;
        *ret_text = TAKE_POINTER(text);
        return 0;
}

/* ---- reading ---- */

static json_t *parse_entry(const char *key, const char *value) {
        _cleanup_json_ json_t *entry = json_parse(value, strlen(value), ENTRY_DEPTH, NULL);
        const char *own = json_get_string(entry, "key");

        return own && strcmp(own, key) == 0 ? TAKE_POINTER(entry) : NULL;
}

int kept_state_load(struct kept_state *kept, void (*entry)(const char *key, const json_t *entry, void *userdata), void *userdata) {
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *index = NULL;
        uint64_t revision;
        const char *key;
        json_t *place;
        int r = read_index(kept, &text, &index, &revision);

        if (r < 0)
                return r;
        /* All are looked at before the first is delivered, and none is kept meanwhile: together they take tens of megabytes. */
        json_object_foreach(index, key, place) {
                _cleanup_json_ json_t *parsed = parse_entry(key, text + json_integer_value(place));
                if (!parsed)
                        return -EBADMSG;
        }
        json_object_foreach(index, key, place) {
                _cleanup_json_ json_t *parsed = parse_entry(key, text + json_integer_value(place));
                if (parsed)
                        entry(key, parsed, userdata);
        }
        return 0;
}

/* ---- writing ---- */

static FILE *waiting(struct kept_state *kept) {
        if (!kept->stream)
                kept->stream = open_memstream(&kept->waiting, &kept->waiting_size);
        return kept->stream;
}

void kept_state_begin(struct kept_state *kept) {
        forget_waiting(kept);
        kept->began = kept->is_whole = true;
        if (waiting(kept))
                fprintf(kept->stream, HEADER "%d %s\n", FORMAT, kept->role);
}

void kept_state_take(struct kept_state *kept, const char *key, const json_t *entry) {
        _cleanup_free_ char *value = NULL;

        /* One that cannot stand in a line is no key of pxed's. */
        if (!kept->began || !key || !*key || strpbrk(key, "\t\n") || !waiting(kept))
                return;
        if (json_object_size(entry) > 1)
                value = json_write(entry, JSON_COMPACT, NULL);
        fprintf(kept->stream, "%s\t%s\n", key, value ?: "");
}

static int append(struct kept_state *kept) {
        _cleanup_close_ int fd = open(kept->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        ssize_t n = write(fd, kept->waiting, kept->waiting_size);
        if (n == (ssize_t) kept->waiting_size)
                return 0;
        int error = n < 0 ? errno : ENOSPC;
        /* A part of it would make what is appended after it unreadable. */
        return ftruncate(fd, status.st_size) < 0 ? -errno : -error;
}

/* Writes the file anew with the newest line of each key. */
static int compact(struct kept_state *kept) {
        _cleanup_free_ char *text = NULL, *smaller = NULL;
        _cleanup_json_ json_t *index = NULL;
        uint64_t revision;
        size_t size;
        const char *key;
        json_t *place;
        int r = read_index(kept, &text, &index, &revision);

        if (r < 0)
                return r;
        FILE *stream = open_memstream(&smaller, &size);
        if (!stream)
                return -ENOMEM;
        fprintf(stream, HEADER "%d %s\n", FORMAT, kept->role);
        json_object_foreach(index, key, place)
                fprintf(stream, "%s\t%s\n", key, text + json_integer_value(place));
        fprintf(stream, "\t%" PRIu64 "\n", revision);
        if (fclose(stream) != 0)
                return -ENOMEM;
        r = file_write(kept->path, smaller, size, MODE, false);
        if (r == 0)
                kept->size = size;
        return r;
}

/* Too much waits, or there was no memory for it: an older state must not be taken for this one. */
static int give_up(struct kept_state *kept) {
        forget_waiting(kept);
        kept->began = false;
        return unlink(kept->path) < 0 && errno != ENOENT ? -errno : -ENOMEM;
}

int kept_state_write(struct kept_state *kept) {
        int r;

        if (!kept->stream)
                return 0;
        if (fflush(kept->stream) != 0 || ferror(kept->stream))
                return give_up(kept);
        bool whole = kept->is_whole;
        r = whole ? file_write(kept->path, kept->waiting, kept->waiting_size, MODE, false) : append(kept);
        if (r < 0)
                return kept->waiting_size > WAITING_MAX ? give_up(kept) : r;
        kept->size = kept->waiting_size + (whole ? 0 : kept->size);
        forget_waiting(kept);
        if (!whole && kept->size <= kept->compact_at)
                return 0;
        /* One that cannot be made smaller now holds all of it as well. */
        if (!whole)
                (void) compact(kept);
        kept->compact_at = 2 * kept->size + GROWTH;
        return 0;
}

int kept_state_commit(struct kept_state *kept, uint64_t revision) {
        if (!kept->began || !waiting(kept))
                return kept->began ? -ENOMEM : 0;
        fprintf(kept->stream, "\t%" PRIu64 "\n", revision);
        return kept_state_write(kept);
}
