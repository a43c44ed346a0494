/* The desired state of role dhcp: settings, networks, hosts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dhcp/config.h"
#include "lib/json.h"
#include "lib/macro.h"

struct desired;

int desired_new(struct desired **ret);
struct desired *desired_free(struct desired *desired);
DEFINE_CLEANUP(struct desired *, desired_free);

/* Empty again: the whole state follows. */
void desired_reset(struct desired *desired);
/* Takes type Entry of org.pxed.Worker; one without a value removes what has its key. */
void desired_take(struct desired *desired, const char *key, const json_t *entry);

unsigned desired_http_port(const struct desired *desired);
/* Name: type Network. Borrowed. */
const json_t *desired_networks(const struct desired *desired);
/* All usable hosts, sorted by MAC; the array is the caller's to free. */
int desired_hosts(const struct desired *desired, struct host **ret, size_t *ret_size);
