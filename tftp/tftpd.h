/* in.tftpd of one network's address, as a child of the daemon. */
#pragma once

#include "lib/daemon.h"
#include "tftp/objects.h"

struct tftpd;

/* Starts it: `program` is in.tftpd, `directory` what it serves. */
int tftpd_new(struct daemon *daemon, const char *program, const char *directory, const struct network *network, struct tftpd **ret);
struct tftpd *tftpd_free(struct tftpd *tftpd);
DEFINE_CLEANUP(struct tftpd *, tftpd_free);

/* Why it does not answer now; NULL: it does. Borrowed. */
const char *tftpd_silence(const struct tftpd *tftpd);
/* Whether it is what this network needs. */
bool tftpd_is_for(const struct tftpd *tftpd, const struct network *network);
