/* What the table of commands calls. Each returns the exit status. */
#pragma once

#include "pxed/ctl/ctl.h"

int cmd_status(struct ctl *ctl, const struct arguments *arguments);
int cmd_reload(struct ctl *ctl, const struct arguments *arguments);

int cmd_daemon(struct ctl *ctl, const struct arguments *arguments);
int cmd_log_level(struct ctl *ctl, const struct arguments *arguments);

int cmd_node_list(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_show(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_create(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_rename(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_set(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_delete(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_explain(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_set_boot(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_clear_boot(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_set_port(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_select_port(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_inspect(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_agent(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_reapply(struct ctl *ctl, const struct arguments *arguments);
int cmd_node_abort(struct ctl *ctl, const struct arguments *arguments);

int cmd_explain(struct ctl *ctl, const struct arguments *arguments);

int cmd_profile_list(struct ctl *ctl, const struct arguments *arguments);
int cmd_profile_show(struct ctl *ctl, const struct arguments *arguments);
int cmd_profile_set(struct ctl *ctl, const struct arguments *arguments);
int cmd_profile_delete(struct ctl *ctl, const struct arguments *arguments);

int cmd_network_list(struct ctl *ctl, const struct arguments *arguments);
int cmd_network_show(struct ctl *ctl, const struct arguments *arguments);
int cmd_map(struct ctl *ctl, const struct arguments *arguments);
int cmd_lease_list(struct ctl *ctl, const struct arguments *arguments);
int cmd_sighting_list(struct ctl *ctl, const struct arguments *arguments);

int cmd_boot_list(struct ctl *ctl, const struct arguments *arguments);
int cmd_boot_show(struct ctl *ctl, const struct arguments *arguments);
int cmd_diagnose(struct ctl *ctl, const struct arguments *arguments);
int cmd_watch(struct ctl *ctl, const struct arguments *arguments);

int cmd_capture(struct ctl *ctl, const struct arguments *arguments);

int cmd_events(struct ctl *ctl, const struct arguments *arguments);

int cmd_inventory_list(struct ctl *ctl, const struct arguments *arguments);
int cmd_inventory_show(struct ctl *ctl, const struct arguments *arguments);
int cmd_inventory_raw(struct ctl *ctl, const struct arguments *arguments);
int cmd_inventory_diff(struct ctl *ctl, const struct arguments *arguments);
int cmd_inventory_query(struct ctl *ctl, const struct arguments *arguments);
int cmd_inventory_export(struct ctl *ctl, const struct arguments *arguments);

int cmd_rule_list(struct ctl *ctl, const struct arguments *arguments);
int cmd_rule_show(struct ctl *ctl, const struct arguments *arguments);
int cmd_rule_set(struct ctl *ctl, const struct arguments *arguments);
int cmd_rule_delete(struct ctl *ctl, const struct arguments *arguments);
int cmd_rule_test(struct ctl *ctl, const struct arguments *arguments);

int cmd_call(struct ctl *ctl, const struct arguments *arguments);

int cmd_help(struct ctl *ctl, const struct arguments *arguments);
int cmd_complete(struct ctl *ctl, const struct arguments *arguments);
