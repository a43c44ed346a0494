/*
 * What the configuration file says: read by a table of keys, checked as a whole, never changed afterwards. A reload
 * builds new settings beside the old.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/config.h"
#include "pxed/discovery.h"
#include "pxed/index.h"
#include "pxed/inspection.h"
#include "pxed/inspection/options.h"
#include "pxed/junk.h"
#include "pxed/physical_map.h"

enum role { ROLE_DHCP, ROLE_TFTP, ROLE_NETCFG, ROLE_INTROSPECT, ROLE_COUNT };
enum dhcp_mode { DHCP_SERVER, DHCP_PROXY, DHCP_OFF };
enum finish { FINISH_POWEROFF, FINISH_REBOOT, FINISH_WAIT };
enum manage { MANAGE_REPORT, MANAGE_REPAIR };

extern const char *const role_names[ROLE_COUNT];
extern const char *const dhcp_mode_names[3];
extern const char *const finish_names[3];
extern const char *const manage_names[2];

#define SERVERS_MAX 8

/* An IPv4 network that the appliance serves: [network NAME]. */
struct network {
        char *name;
        char *interface; /* that the machines are on: of a tagged network the VLAN's own */
        char *parent;    /* of a tagged network the interface below; NULL: untagged */
        char *vlan_interface; /* as the configuration names it; NULL: PARENT.VLAN */
        uint64_t vlan;        /* 0: untagged */
        uint64_t mtu;         /* 0: as it is */
        struct ip_prefix address; /* the appliance's own */
        bool has_address;
        struct ip_prefix address6; /* likewise */
        bool has_address6;
        enum manage manage;
        uint64_t probe; /* seconds between two questions for foreign DHCP servers; 0: none is asked */
        char *physical_network;
        enum dhcp_mode dhcp;
        bool has_pool;
        struct ip pool_start, pool_end;
        uint64_t lease_time; /* seconds */
        bool has_gateway;
        struct ip gateway;
        struct ip dns[SERVERS_MAX];
        size_t n_dns;
        char *domain;
        struct ip ntp[SERVERS_MAX];
        size_t n_ntp;
        char *unknown; /* a profile's name; NULL: machines that nobody knows are ignored */
        char *known;   /* a profile's name */
        enum finish finish;
        enum discover discover; /* when a machine that nobody knows becomes a node */
        bool accepts_without_token; /* inventories, from machines that were not booted from here */
        const struct config_entry *first; /* where the section begins; only while it is read */
};

/* A reservation or denial: [host MAC]. */
struct host {
        struct mac mac;
        char *network; /* NULL: each */
        bool has_address;
        struct ip address;
        bool denied;
        const struct config_entry *first;
};

struct settings {
        uint16_t http_port, introspect_port;
        char *images;            /* folder */
        uint64_t token_lifetime; /* seconds */
        uint64_t events_kept;
        uint64_t inventories_kept; /* of each node */
        uint64_t boots_kept;       /* of each machine */
        uint64_t nodes_max;        /* a machine that would be one more is not taken in as a node */
        struct inspection_timeouts timeouts;
        char *inspector_listen;    /* "127.0.0.1:5051"; NULL: nowhere */
        char *inspect_arguments;   /* of the built-in profile "inspect" */
        char *users[ROLE_COUNT];   /* of the workers */
        struct junk junk;
        struct network *networks;
        size_t n_networks;
        struct physical_network *physical; /* in the order of the sections */
        size_t n_physical;
        struct inspection_options inspection;
        struct host *hosts;
        size_t n_hosts;
        struct index hosts_by_mac; /* of a host its number, counted from 1, as a pointer: `hosts` moves while it is read */
};

/* Reads the file and its drop-ins. Fails with a negative errno and the place in *error. */
int settings_load(const char *path, struct settings **ret, struct config_error *error);
/* The pure part of it. */
int settings_new(const struct config *config, struct settings **ret, struct config_error *error);
struct settings *settings_free(struct settings *settings);
DEFINE_CLEANUP(struct settings *, settings_free);

/* NULL: there is none of that name. */
const struct network *settings_network(const struct settings *settings, const char *name);
const struct host *settings_host(const struct settings *settings, const struct mac *mac);

/* Whether what workers are told of two networks or hosts is the same. */
bool network_equal(const struct network *a, const struct network *b);
bool host_equal(const struct host *a, const struct host *b);
