/* The socket on which pxed-dhcp-lease tells of changes of leases and asks for those that are stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "dhcp/lease_message.h"
#include "lib/macro.h"

struct lease_server;

/*
 * Handles a message of the process `peer`. *ret_reply is NULL, or text for an LEASE_INIT that the server frees. -EAGAIN: ask again in a moment; another
 * negative errno: the connection is closed without a reply.
 */
typedef int (*lease_handler)(const struct lease_message *message, pid_t peer, char **ret_reply, void *userdata);

/* Listens at `path` (an old file is removed), for this user only. */
int lease_server_new(sd_event *event, const char *path, lease_handler handler, void *userdata, struct lease_server **ret);
struct lease_server *lease_server_free(struct lease_server *server);
DEFINE_CLEANUP(struct lease_server *, lease_server_free);

/* Outside of the event loop: serves until `wanted` says no more, at most `timeout` microseconds. */
void lease_server_drain(struct lease_server *server, uint64_t timeout, bool (*wanted)(void *userdata));
