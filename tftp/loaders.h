/*
 * The folder that in.tftpd and /loaders serve: copies of the boot loaders of Debian's package ipxe, of our own loader for
 * local disks, and a small file by which in.tftpd proves that it answers. What is missing is a problem of the daemon
 * until it is there.
 */
#pragma once

#include "lib/daemon.h"

/* Its content is LOADER_PROBE_TEXT. */
#define LOADER_PROBE "ready"
#define LOADER_PROBE_TEXT "pxed\n"
/* Starts the local disk under UEFI. */
#define LOCAL_LOADER "local-x64.efi"

struct loaders;

/* Makes STATE/loaders. ipxe_directory: where the package has its files, "/usr/lib/ipxe" in Debian. */
int loaders_new(struct daemon *daemon, const char *ipxe_directory, struct loaders **ret);
struct loaders *loaders_free(struct loaders *loaders);
DEFINE_CLEANUP(struct loaders *, loaders_free);

const char *loaders_directory(const struct loaders *loaders);
/* Copies what is new or changed, each file by an atomic replacement. */
void loaders_check(struct loaders *loaders);
