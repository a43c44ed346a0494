/*
 * Files on their way to machines, and how far they are. The bytes go out by sendfile, unseen by us; what the machine has of them
 * the kernel tells: tcpi_bytes_acked of its connection, sampled by the main thread.
 */
#pragma once

#include "tftp/report.h"

struct transfers;
struct transfer;

int transfers_new(struct reports *reports, struct transfers **ret);
struct transfers *transfers_free(struct transfers *transfers);
DEFINE_CLEANUP(struct transfers *, transfers_free);

/*
 * HTTP threads. A response that sends `length` bytes from `start` of a file begins on the socket `fd`; `report` (of kind
 * REPORT_FILE, with its total) is taken over. NULL: no memory.
 */
struct transfer *transfer_begin(struct transfers *transfers, int fd, uint64_t start, uint64_t length, struct report *report);
/* Before the socket is closed or used for another response: forgets the transfer. Returns its report with the last figure,
 * which is the caller's. */
struct report *transfer_end(struct transfers *transfers, struct transfer *transfer, bool complete);

/* Main thread: calls `progress` for each transfer that moved since the last time. Returns how many there are. */
unsigned transfers_sample(struct transfers *transfers, void (*progress)(const struct report *report, void *userdata), void *userdata);
