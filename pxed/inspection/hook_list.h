/* The hooks themselves, one for each row of the table (pxed/inspection/hooks.c), and what they write the node's document with. */
#pragma once

#include "pxed/inspection/options.h"

bool hook_ramdisk_error(struct hook_run *run);
bool hook_validate_interfaces(struct hook_run *run);
bool hook_ports(struct hook_run *run);
bool hook_system(struct hook_run *run);
bool hook_architecture(struct hook_run *run);
bool hook_memory(struct hook_run *run);
bool hook_cpus(struct hook_run *run);
bool hook_boot_mode(struct hook_run *run);
bool hook_local_link_connection(struct hook_run *run);
bool hook_parse_lldp(struct hook_run *run);
bool hook_physical_network(struct hook_run *run);
bool hook_cpu_capabilities(struct hook_run *run);
bool hook_pci_devices(struct hook_run *run);
bool hook_accelerators(struct hook_run *run);
bool hook_raid_device(struct hook_run *run);
bool hook_root_device(struct hook_run *run);

/* A member of the document that is an object: made where it is missing or null. */
json_t *hook_object(struct hook_run *run, const char *member);
/* Each takes the value over. */
void hook_set(struct hook_run *run, const char *member, json_t *value);
void hook_set_property(struct hook_run *run, const char *name, json_t *value);
void hook_set_plugin_data(struct hook_run *run, const char *name, json_t *value);
/* NULL: takes it away. */
void hook_set_capability(struct hook_run *run, const char *name, const char *value);
/* The document's port with a MAC, lower case with colons; NULL: none. */
json_t *hook_port(const struct hook_run *run, const char *mac);
