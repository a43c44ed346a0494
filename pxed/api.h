/* The methods of the bus: one C file per interface, and what they share. `userdata` is the manager. */
#pragma once

#include "pxed/manager.h"

int api_appliance_get_status(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_appliance_reload(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_boot_list(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_boot_get(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_boot_diagnose(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_boot_watch(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_event_watch(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_inventory_get(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_inventory_get_raw(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_inventory_diff(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_inventory_export(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_inventory_query(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_inventory_list(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_network_list(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_network_list_leases(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_network_list_sightings(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_list(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_get(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_get_agent(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_create(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_update(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_set_boot(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_clear_boot(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_inspect(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_reapply(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_abort_inspection(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_delete(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_set_port(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_select_port(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_node_explain(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_profile_list(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_profile_get(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_profile_set(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_profile_delete(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_rule_list(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_rule_get(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_rule_set(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_rule_delete(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_rule_test(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_worker_watch(struct varlink_call *call, const json_t *parameters, void *userdata);
int api_worker_report(struct varlink_call *call, const json_t *parameters, void *userdata);

/* "pxed-tftp" */
const char *api_worker_name(enum role role);

/* What of a post the caller may have read for it, as inventory_read has it: without the logs on the monitor socket. A ramdisk logs the command line of its
 * kernel, and with it the token by which it speaks for its machine. */
int api_raw_parts(const struct varlink_call *call);

/* The errors that several interfaces declare alike; `interface` is "org.pxed.Node". */
int api_not_found(struct varlink_call *call, const char *interface, const char *kind, const char *reference);
int api_conflict(struct varlink_call *call, const char *interface, uint64_t revision);
int api_refuse(struct varlink_call *call, const char *interface, const char *field, const char *format, ...) _printf_(4, 5);
/* The store refused: StorageFailed with its words. */
int api_storage_failed(struct varlink_call *call, const char *interface, const struct state *state);
/* What a change that could not be made or committed is answered with: StorageFailed for what the store says, and the errno itself
 * for anything else. */
int api_failed(struct varlink_call *call, const char *interface, const struct state *state, int error);

/* A member within bounds: `fallback` where it is absent; false (the call has been answered then) where it is out of them. */
bool api_bounded(struct varlink_call *call, const char *interface, const json_t *parameters, const char *field, int64_t min,
                 int64_t max, int64_t fallback, int64_t *ret);

/* Type Node of org.pxed.Node. */
json_t *api_node_to_json(const struct state *state, const struct node *node);
/* Type Port of org.pxed.Node. */
json_t *api_port_to_json(const struct state *state, const struct node *node, const struct port *port);
json_t *api_decision_to_json(const struct decision *decision);
/* Answers with the node as it is now, or with NotFound. */
int api_reply_node(struct manager *manager, struct varlink_call *call, const struct uuid *id);
/* Type Boot of org.pxed.Boot. */
json_t *api_boot_to_json(const struct state *state, const struct boot *boot);
/* Adds id and name of the node that has the MAC, or null, to `object` (may be NULL), and returns it. */
json_t *api_with_node_of_mac(json_t *object, const struct state *state, const struct mac *mac);
