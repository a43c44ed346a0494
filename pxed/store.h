/*
 * What is durable. The working set is in memory (pxed/state.h); the store is read when pxed starts, and asked for what memory does
 * not hold: events, ended boots, inventories. Writes happen between store_begin and store_commit; what was committed
 * survives the loss of power.
 *
 * Nothing here tells which engine it is. Errors: -ENOSPC (no room), -EIO, -ENOMEM; store_reason says it in words.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "lib/boot.h"
#include "pxed/event.h"
#include "pxed/model.h"
#include "pxed/observed.h"

struct store;

/* Opens or creates the store in a folder. -EBUSY: another pxed has it; -EPROTO: written by a newer pxed. */
int store_open(const char *folder, struct store **ret, char *reason, size_t reason_size);
struct store *store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free);
/* Gives back what was read ahead and kept; it is read again when it is asked for. */
void store_give_back_memory(struct store *store);
/* Why the last call failed, in words. */
const char *store_reason(const struct store *store);

int store_begin(struct store *store);
int store_commit(struct store *store);
/* After a failed write or instead of a commit: nothing since store_begin has happened. */
void store_rollback(struct store *store);

/* Small values by name. The caller frees *ret; -ENOENT. */
int store_get_meta(struct store *store, const char *key, char **ret);
int store_put_meta(struct store *store, const char *key, const char *value);

int store_put_node(struct store *store, const struct node *node);
/* With its ports, assignment and inventories. */
int store_delete_node(struct store *store, const struct uuid *id);
int store_put_profile(struct store *store, const struct profile *profile);
int store_delete_profile(struct store *store, const char *name);

/* `rule` is JSON text. */
int store_put_rule(struct store *store, const char *name, uint64_t revision, const char *rule);
int store_delete_rule(struct store *store, const char *name);
/* Calls `add` for each; texts are the store's. */
int store_load_rules(struct store *store, int (*add)(const char *name, uint64_t revision, const char *rule, void *userdata), void *userdata);

int store_add_event(struct store *store, const struct event *event);
/* Forgets events up to this number. */
int store_forget_events(struct store *store, uint64_t up_to);
/* 0 and 0 when there are none. */
int store_event_range(struct store *store, uint64_t *ret_oldest, uint64_t *ret_newest);
/* Events after a number, oldest first, at most `limit`, as type Event of org.pxed.Event appended to the array; *ret_last is the number
 * of the last one (`after` when there are none). */
int store_read_events(struct store *store, uint64_t after, size_t limit, json_t *events, uint64_t *ret_last);

int store_put_boot(struct store *store, const struct boot *boot);
/* Keeps the newest `keep` of the machine, and BOOTS_KEPT_MAX of all. */
int store_forget_boots(struct store *store, const struct mac *mac, uint64_t keep);
#define BOOTS_KEPT_MAX 200000
/* Calls `add` for each, newest first, at most `limit`; NULL filters do not filter; before 0: from the newest. */
int store_read_boots(struct store *store, const struct uuid *node, const struct mac *mac, uint64_t before, size_t limit,
                     int (*add)(struct boot *boot, void *userdata), void *userdata);
/* The newest that failed or went silent, newest first. */
int store_read_failed_boots(struct store *store, size_t limit, int (*add)(struct boot *boot, void *userdata), void *userdata);
/* -ENOENT */
int store_read_boot(struct store *store, uint64_t id, struct boot **ret);
int store_newest_boot(struct store *store, uint64_t *ret_id);

/* What is stored of an inventory. Texts that are NULL: none. */
struct stored_inventory {
        uint64_t number, received;
        bool has_mac;
        struct mac mac;        /* that the boot script was made for */
        char *ramdisk_failure; /* its own word that it failed */
        char *failure;         /* why it was not taken over; NULL: it was */
        char *document;        /* JSON text: org.pxed.Inventory's Inventory, less node, number, received and failure */
        char *raw;             /* JSON text: as posted, less `logs` */
        char *logs;            /* of the newest inventory of a node alone */
        size_t document_size, raw_size;
};
void stored_inventory_clear(struct stored_inventory *inventory);

/* -EEXIST: this post is stored already. What was kept of logs goes. */
int store_add_inventory(struct store *store, const struct uuid *node, const char *post, const struct stored_inventory *inventory);
/* Another document and failure for one that is stored. */
int store_replace_inventory(struct store *store, const struct uuid *node, uint64_t number, const char *document, size_t document_size,
                            const char *failure);
/* Keeps the newest `keep`, as far as they take INVENTORIES_SIZE_MAX packed, always the newest, and the newest of those that were taken over. */
int store_forget_inventories(struct store *store, const struct uuid *node, uint64_t keep);
#define INVENTORIES_SIZE_MAX ((uint64_t) 16 * 1024 * 1024)
/* Whether an inventory with this post is stored: 1 or 0. */
int store_has_post(struct store *store, const char *post);

/* What to read of an inventory besides what is small. */
enum { STORED_DOCUMENT = 1, STORED_RAW = 2, STORED_LOGS = 4 };
/* number 0: the newest. -ENOENT. *ret is to be cleared afterwards. */
int store_read_inventory(struct store *store, const struct uuid *node, uint64_t number, int parts, struct stored_inventory *ret);
/* One that was read is not what was stored: returns -EIO, and store_reason says which and what to do. */
int store_damaged(struct store *store, const struct uuid *node, uint64_t number);
/* The newest whose number is less; taken_over: of those that were. -ENOENT. */
int store_read_inventory_before(struct store *store, const struct uuid *node, uint64_t number, bool taken_over, int parts,
                                struct stored_inventory *ret);
/* Newest first, as type Summary of org.pxed.Inventory. */
int store_list_inventories(struct store *store, const struct uuid *node, json_t *summaries);

int store_put_sighting(struct store *store, const struct sighting *sighting);
int store_delete_sighting(struct store *store, const struct sighting *sighting);
int store_put_lease(struct store *store, const struct lease *lease);
int store_delete_lease(struct store *store, const struct lease *lease);
/* What was seen of a network, as JSON text. */
int store_put_seen(struct store *store, const char *network, const char *seen);

/* The last batch of a worker's instance. Those of a few instances are kept. */
int store_put_batch(struct store *store, const char *role, const char *instance, uint64_t batch);
/* 0: none */
int store_get_batch(struct store *store, const char *role, const char *instance, uint64_t *ret);

/* Receives the working set. Each takes over what it gets, also on failure. */
struct store_loader {
        int (*node)(struct node *node, void *userdata);
        int (*profile)(struct profile *profile, void *userdata);
        int (*boot)(struct boot *boot, void *userdata); /* those in flight */
        int (*sighting)(struct sighting *sighting, void *userdata);
        int (*lease)(struct lease *lease, void *userdata);
        int (*seen)(const char *network, const char *seen, void *userdata);
        void *userdata;
};
int store_load(struct store *store, const struct store_loader *loader);
