/* The agent's log as ironic-python-agent posts its own: a tar.gz in base64. Pure. */
#pragma once

#include <stddef.h>
#include <time.h>

struct log_file {
        const char *name; /* without folders, at most 99 bytes */
        const char *text; /* borrowed */
        size_t size;
};

/* Packs the files into a ustar archive (POSIX.1-1988), gzip (RFC 1952) and base64 (RFC 4648). `now` is their time of change. Returns 0 and *ret,
 * malloc'ed, owned by the caller; -EINVAL: a name is too long; -EFBIG: more than 1 MiB; -ENOMEM. */
int log_archive(const struct log_file *files, size_t count, time_t now, char **ret);

/* Overwrites the boot tokens in a text (lib/token.h), as the kernel's command line has them: who may read logs may not post for a machine. */
void log_hide_tokens(char *text, size_t size);
