#include "dhcp/lease_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

/* Written anew when there are more than this many lines and this many times the leases that live. */
#define LINES_MIN 2000
#define LINES_PER_LEASE 4
#define FILE_MAX ((size_t) LEASE_TABLE_MAX * LINES_PER_LEASE * 256)

struct lease_journal {
        char *path;
        struct lease_table *table; /* not owned */
        int fd;                    /* -1: to be written anew */
        size_t lines;
        bool dirty;
};

static int write_anew(struct lease_journal *journal) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);
        if (!file)
                return -errno;

        char line[LEASE_LINE_MAX];
        const struct lease *lease;
        for (size_t i = 0; (lease = lease_table_at(journal->table, i)); i++)
                fwrite(line, 1, lease_event_format(LEASE_HELD, lease, line), file);
        if (fclose(file) != 0)
                return -ENOMEM;

        int r = file_write(journal->path, text, size, 0640, true);
        if (r < 0)
                return r;
        int fd = open(journal->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (journal->fd >= 0)
                close(journal->fd);
        journal->fd = fd;
        journal->lines = lease_table_size(journal->table);
        journal->dirty = false;
        return 0;
}

static bool mostly_history(const struct lease_journal *journal) {
        return journal->lines > LINES_MIN && journal->lines > LINES_PER_LEASE * lease_table_size(journal->table);
}

int lease_journal_open(const char *path, struct lease_table *table, struct lease_journal **ret, size_t *ret_bad) {
        _cleanup_(lease_journal_freep) struct lease_journal *journal = calloc(1, sizeof *journal);
        if (!journal)
                return -ENOMEM;
        journal->fd = -1;
        journal->table = table;
        journal->path = strdup(path);
        if (!journal->path)
                return -ENOMEM;

        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        *ret_bad = 0;
        int r = file_read(path, FILE_MAX, &text, &size);
        if (r == 0)
                r = lease_table_replay(table, text, size, &journal->lines, ret_bad);
        if (r < 0 && r != -ENOENT)
                return r;

        if (r == 0 && *ret_bad == 0 && !mostly_history(journal))
                journal->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (journal->fd < 0 && write_anew(journal) < 0)
                journal->dirty = true;
        *ret = TAKE_POINTER(journal);
        return 0;
}

struct lease_journal *lease_journal_free(struct lease_journal *journal) {
        if (!journal)
                return NULL;
        if (journal->fd >= 0)
                close(journal->fd);
        free(journal->path);
        free(journal);
        return NULL;
}

int lease_journal_append(struct lease_journal *journal, enum lease_event event, const struct lease *lease) {
        char line[LEASE_LINE_MAX];
        size_t size = lease_event_format(event, lease, line);

        journal->dirty = true;
        if (journal->fd < 0)
                return -EIO;
        ssize_t n = write(journal->fd, line, size);
        if (n == (ssize_t) size) {
                journal->lines++;
                return mostly_history(journal) ? write_anew(journal) : 0;
        }

        /* A part of a line may be there, which the next line would run into. */
        int r = n < 0 ? -errno : -ENOSPC;
        close(journal->fd);
        journal->fd = -1;
        return r;
}

bool lease_journal_is_dirty(const struct lease_journal *journal) {
        return journal->dirty;
}

int lease_journal_sync(struct lease_journal *journal) {
        if (!journal->dirty)
                return 0;
        if (journal->fd < 0)
                return write_anew(journal);
        if (fdatasync(journal->fd) < 0)
                return -errno;
        journal->dirty = false;
        return 0;
}
