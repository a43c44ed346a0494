/* Hearing what the switches at the other end of the cables say (LLDP, IEEE 802.1AB). */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct lldp_listener;

/* The TLVs of an Ethernet frame that carries LLDP, from its destination address on: [[type, "hex of the value"], ...], the End TLV included,
 * as IPA posts them. A frame cut short gives the whole TLVs before the cut. NULL if it is not LLDP. Pure; fuzzed by
 * tests/fuzz/fuzz_agent_lldp.c. A new reference. */
json_t *lldp_parse(const unsigned char *frame, size_t size);

/* Starts listening on every network card that is not listened on yet; frames queue in the sockets while the caller does other things. *listener is NULL
 * at first. Never fails: a card that cannot be listened on is heard nothing on. */
void lldp_listen(struct lldp_listener **listener);

/* Intel's 700 series answers LLDP in firmware and hands none of it up, until it is told to leave that (debugfs of the driver i40e, below `root`), which
 * lasts until the card is reset. */
void lldp_firmware_stop(const char *root);

/* Waits until every card with a link has heard a neighbour, or until console_now_ms() is `deadline_ms`, and returns
 * {interface: [[type, "hex"], ...]}; a card that heard nothing has []. The listener is freed. A new reference. */
json_t *lldp_finish(struct lldp_listener *listener, unsigned long long deadline_ms);
