/*
 * What replies of the bus look like to a person. Pure: a reply's parameters (or a part of them, as the interface files declare
 * them) and a look in, text out. Those that return int return 0 or -ENOMEM. Members that are missing are shown as "-".
 */
#pragma once

#include <stdio.h>

#include "lib/json.h"
#include "pxed/ctl/look.h"

/* `nodes`: array of org.pxed.Node.Node */
int show_nodes(const json_t *nodes, const struct look *look, FILE *out);
/* Of the reply of org.pxed.Node.GetAgent. */
void show_agent(const json_t *reply, const struct look *look, FILE *out);
int show_node(const json_t *node, const struct look *look, FILE *out);
/* `ports`: array of org.pxed.Node.Port, under a heading */
int show_ports(const json_t *ports, const struct look *look, FILE *out);
/* Reply of org.pxed.Node.SelectPort */
int show_selection(const json_t *reply, const struct look *look, FILE *out);
/* Reply of org.pxed.Node.Explain */
void show_explanation(const json_t *reply, const struct look *look, FILE *out);
/* One line on what an assignment that was just made or taken away means. */
void show_inspection_result(const json_t *node, const struct look *look, FILE *out);
void show_node_result(const json_t *node, const struct look *look, FILE *out);

/* Arrays of the types of org.pxed.Profile and org.pxed.Network */
int show_profiles(const json_t *profiles, const struct look *look, FILE *out);
void show_profile(const json_t *profile, const struct look *look, FILE *out);
int show_networks(const json_t *networks, const struct look *look, FILE *out);
int show_network(const json_t *network, const struct look *look, FILE *out);
int show_leases(const json_t *leases, const struct look *look, FILE *out);
int show_sightings(const json_t *sightings, const struct look *look, FILE *out);
/* A block of lines for each, with what the machine said by DHCP. */
int show_sightings_in_full(const json_t *sightings, const struct look *look, FILE *out);

/* Reply of org.pxed.Capture.List */
int show_captures(const json_t *reply, const struct look *look, FILE *out);
/* `files`: objects of `file`, the path that was written, and `machine` of org.pxed.Capture.Get; a line each. */
void show_capture_files(const json_t *files, const struct look *look, FILE *out);

/* org.pxed.Boot */
int show_boots(const json_t *boots, const struct look *look, FILE *out);
/* Each step with its offset from the start and how long it lasted, a bar of where in the whole it lies, and who served it; then the diagnosis. */
int show_boot(const json_t *boot, const struct look *look, FILE *out);
/* The same with the options of each message. */
int show_boot_all(const json_t *boot, const struct look *look, FILE *out);
/* Type Diagnosis of org.pxed.Boot. */
void show_diagnosis(const json_t *diagnosis, const struct look *look, FILE *out);

/* One line of org.pxed.Event.Event */
void show_event(const json_t *event, const struct look *look, FILE *out);

/* org.pxed.Inventory */
int show_inventories(const json_t *summaries, const struct look *look, FILE *out);
/* Members `name` and `rootDevice`, which the bus does not send, are shown as the node's. */
int show_inventory(const json_t *inventory, const struct look *look, FILE *out);
/* Reply of org.pxed.Inventory.Diff: a line for each difference, '+' of what is new, '-' of what is gone, '~' of what has changed. */
void show_differences(const json_t *reply, const struct look *look, FILE *out);
/* `matches`: array of org.pxed.Inventory.Match */
int show_matches(const json_t *matches, const struct look *look, FILE *out);

/* Arrays of Rule and of Result of org.pxed.Rule; the latter with a line that sums up. */
int show_rules(const json_t *rules, const struct look *look, FILE *out);
int show_rule(const json_t *rule, const struct look *look, FILE *out);
int show_rule_results(const json_t *results, const struct look *look, FILE *out);

/* Reply of org.pxed.Appliance.GetStatus */
int show_status(const json_t *status, const struct look *look, FILE *out);
/* `daemons`: an array of Daemon of org.pxed.Appliance or Status of org.pxed.Daemon; `revision` is what workers should have applied,
 * -1: not known */
int show_daemons(const json_t *daemons, int64_t revision, const struct look *look, FILE *out);
/* One of them in full */
int show_daemon(const json_t *daemon, const struct look *look, FILE *out);

/* "a, b, c" of an array of strings, "k=v, ..." of an object of strings; the caller's to free, NULL when memory is short. */
char *show_list(const json_t *array);
char *show_map(const json_t *object);
/* A text as it stands, anything else as JSON; likewise. */
char *show_value(const json_t *value);
/* Type RootDevice of org.pxed.Node, as a line; NULL: nothing. */
void show_root_device(const json_t *root, const struct look *look, FILE *out);
