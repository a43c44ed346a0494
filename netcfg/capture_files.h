/*
 * Files of the packets of boots that failed: STATE/captures/BOOT.pcapng for each entry "capture/BOOT" of the desired state, written once, when the
 * entry is first seen, and removed with it. At most CAPTURE_FILES_MAX, those of the newest boots; a file has at most what a ring of packets has.
 *
 * Each is reported as an observation `captureFile` after each beginning of the desired state. Where nothing was left of a machine's packets the file is
 * empty and its path reported as null: so packets of a later boot are not taken for those of this one, also after a restart.
 */
#pragma once

#include "lib/worker.h"
#include "netcfg/machine_packets.h"

#define CAPTURE_FILES_MAX 200

struct capture_files;

/* `daemon`, `worker` and `packets` are borrowed. */
int capture_files_new(struct daemon *daemon, struct worker *worker, const struct machine_packets *packets, struct capture_files **ret);
struct capture_files *capture_files_free(struct capture_files *files);
DEFINE_CLEANUP(struct capture_files *, capture_files_free);

/* The desired state, as worker_options has it. `boot`: the key's second word; `entry`: type Capture of org.pxed.Worker, NULL: it is gone. */
void capture_files_begin(struct capture_files *files);
void capture_files_want(struct capture_files *files, const char *boot, json_t *entry);
/* Soon writes files, and with `is_current` removes at once those that are not wanted: a state that was kept from the last run may lack some. What cannot
 * be written is a problem, and tried again. */
void capture_files_commit(struct capture_files *files, bool is_current);
