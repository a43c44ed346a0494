/* Nodes with their ports and assignments, and profiles. */
#include <errno.h>
#include <string.h>

#include "lib/text.h"
#include "pxed/shared.h"
#include "pxed/store_sqlite.h"

static int put_ports(struct store *store, const struct node *node) {
        int r = store_run(store, SQL_DELETE_PORTS, "u", &node->id);
        for (size_t i = 0; r == 0 && i < node->n_ports; i++) {
                const struct port *p = &node->ports[i];
                r = store_run(store, SQL_PUT_PORT, "uimisssissssssssss", &node->id, (int64_t) i, &p->mac, (int64_t) p->boots,
                              p->interface, p->switch_chassis, p->switch_port, (int64_t) p->switch_vlan, p->switch_name,
                              p->switch_vlans, p->addresses, p->physical_network, p->expected_chassis, p->expected_port, p->group,
                              p->attachment, p->told_network, p->told_conflicts);
        }
        return r;
}

int store_put_node(struct store *store, const struct node *n) {
        const struct inspection *i = &n->inspection;
        const struct assignment *a = n->assignment;

        int r = store_run(store, SQL_PUT_NODE, "usiiusssssiiissiiiiisiiissssssssbi", &n->id, n->name, (int64_t) n->revision,
                          (int64_t) n->created, n->has_uuid ? &n->uuid : NULL, n->serial, n->manufacturer, n->product,
                          n->architecture, n->bmc_address, (int64_t) n->boot_mode, n->cpus, n->memory, n->tags, n->labels,
                          (int64_t) i->state, (int64_t) i->asked, (int64_t) i->started, (int64_t) i->served,
                          (int64_t) i->finished, i->error, (int64_t) n->last_boot, (int64_t) n->last_inventory,
                          (int64_t) i->since, i->hook, n->properties, n->capabilities, n->traits, n->extra, n->root_device,
                          n->accelerators, n->root_device_hints, n->has_bmc_mac ? &n->bmc_mac : NULL, sizeof n->bmc_mac,
                          (int64_t) i->aborted);
        if (r == 0)
                r = put_ports(store, n);
        if (r < 0)
                return r;
        if (!a)
                return store_run(store, SQL_DELETE_ASSIGNMENT, "u", &n->id);
        return store_run(store, SQL_PUT_ASSIGNMENT, "ussiii", &n->id, a->profile, a->parameters, (int64_t) a->once,
                         (int64_t) a->revision, (int64_t) a->assigned);
}

int store_delete_node(struct store *store, const struct uuid *id) {
        static const enum statement deletes[] = { SQL_DELETE_NODE, SQL_DELETE_PORTS, SQL_DELETE_ASSIGNMENT,
                                                  SQL_DELETE_INVENTORIES, SQL_DELETE_LOGS };
        int r = 0;
        for (size_t i = 0; r == 0 && i < ELEMENTS(deletes); i++)
                r = store_run(store, deletes[i], "u", id);
        return r;
}

int store_put_profile(struct store *store, const struct profile *p) {
        return store_run(store, SQL_PUT_PROFILE, "siisssss", p->name, (int64_t) p->revision, (int64_t) p->kind, p->kernel,
                         p->initrds, p->arguments, p->parameters, p->description);
}

int store_delete_profile(struct store *store, const char *name) {
        return store_run(store, SQL_DELETE_PROFILE, "s", name);
}

static int column_shared(sqlite3_stmt *row, int column, const char **field) {
        return shared_set(field, column_text(row, column), SIZE_MAX);
}

static int node_texts(sqlite3_stmt *row, struct node *n) {
        const struct {
                int column;
                char **field;
        } texts[] = {
                { 1, &n->name },  { 5, &n->serial },  { 9, &n->bmc_address },
                { 13, &n->tags }, { 14, &n->labels }, { 20, &n->inspection.error }, { 24, &n->inspection.hook },
        };
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (column_copy(row, texts[i].column, texts[i].field) < 0)
                        return -ENOMEM;
        for (int i = 0; i < NODE_FOUND; i++)
                if (column_shared(row, 25 + i, &n->found[i]) < 0)
                        return -ENOMEM;
        return column_shared(row, 31, &n->root_device_hints) < 0 || column_shared(row, 6, &n->manufacturer) < 0 || column_shared(row, 7, &n->product) < 0 ||
                               column_shared(row, 8, &n->architecture) < 0
                       ? -ENOMEM
                       : 0;
}

static int node_from_row(sqlite3_stmt *row, struct node **ret) {
        _cleanup_(node_freep) struct node *n = calloc(1, sizeof *n);
        if (!n || node_texts(row, n) < 0)
                return -ENOMEM;
        if (!column_uuid(row, 0, &n->id) || !n->name)
                return -EIO;
        n->revision = column_u64(row, 2);
        n->created = column_u64(row, 3);
        n->has_uuid = column_uuid(row, 4, &n->uuid);
        n->boot_mode = (enum boot_mode) (column_u64(row, 10) % ELEMENTS(boot_mode_names));
        n->cpus = sqlite3_column_int64(row, 11);
        n->memory = sqlite3_column_int64(row, 12);
        n->inspection.state = (enum inspection_state) (column_u64(row, 15) % ELEMENTS(inspection_state_names));
        n->inspection.asked = sqlite3_column_int(row, 16) != 0;
        n->inspection.started = column_u64(row, 17);
        n->inspection.served = column_u64(row, 18);
        n->inspection.finished = column_u64(row, 19);
        n->last_boot = column_u64(row, 21);
        n->last_inventory = column_u64(row, 22);
        n->inspection.since = column_u64(row, 23);
        n->inspection.aborted = sqlite3_column_int(row, 33) != 0;
        n->has_bmc_mac = column_mac(row, 32, &n->bmc_mac);
        if (column_text(row, 34)) {
                n->assignment = assignment_new(column_text(row, 34), column_text(row, 35), sqlite3_column_int(row, 36) != 0,
                                               column_u64(row, 37), column_u64(row, 38));
                if (!n->assignment)
                        return -ENOMEM;
        }
        *ret = TAKE_POINTER(n);
        return 0;
}

static int port_from_row(sqlite3_stmt *row, struct node *node) {
        struct mac mac;
        struct port *port;
        if (!column_mac(row, 1, &mac))
                return -EIO;
        int r = node_add_port(node, &mac, &port);
        if (r < 0)
                return r == -ENOSPC ? 0 : r;
        port->boots = sqlite3_column_int(row, 2) != 0;
        port->switch_vlan = (int16_t) sqlite3_column_int(row, 3);
        /* The texts stand in the order of struct port. */
        for (int i = 0; i < PORT_TEXTS; i++)
                if (column_shared(row, 4 + i, &port->texts[i]) < 0)
                        return -ENOMEM;
        return 0;
}

/* Both statements are sorted by node: the ports that follow are the node's, or belong to one after it. */
static int load_nodes(struct store *store, const struct store_loader *loader) {
        sqlite3_stmt *nodes, *ports;
        struct uuid owner;
        int r = store_bind(store, SQL_LOAD_NODES, &nodes, "");
        if (r == 0)
                r = store_bind(store, SQL_LOAD_PORTS, &ports, "");
        if (r < 0)
                return r;
        int more = store_row(store, ports);
        while (more >= 0 && (r = store_row(store, nodes)) > 0) {
                _cleanup_(node_freep) struct node *node = NULL;
                r = node_from_row(nodes, &node);
                while (r == 0 && more > 0 && column_uuid(ports, 0, &owner) &&
                       memcmp(&owner, &node->id, sizeof owner) <= 0) {
                        if (memcmp(&owner, &node->id, sizeof owner) == 0)
                                r = port_from_row(ports, node);
                        more = store_row(store, ports);
                }
                if (r == 0)
                        r = loader->node(TAKE_POINTER(node), loader->userdata);
                if (r < 0)
                        break;
        }
        sqlite3_reset(nodes);
        sqlite3_reset(ports);
        return more < 0 ? more : r;
}

static int profile_from_row(sqlite3_stmt *row, struct profile **ret) {
        _cleanup_(profile_freep) struct profile *p = calloc(1, sizeof *p);
        if (!p || column_copy(row, 0, &p->name) < 0 || column_copy(row, 3, &p->kernel) < 0 ||
            column_copy(row, 4, &p->initrds) < 0 || column_copy(row, 5, &p->arguments) < 0 ||
            column_copy(row, 6, &p->parameters) < 0 || column_copy(row, 7, &p->description) < 0)
                return -ENOMEM;
        p->revision = column_u64(row, 1);
        p->kind = (enum profile_kind) (column_u64(row, 2) % ELEMENTS(profile_kind_names));
        *ret = TAKE_POINTER(p);
        return 0;
}

static int load_profiles(struct store *store, const struct store_loader *loader) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_LOAD_PROFILES, &row, "");
        while (r == 0 && (r = store_row(store, row)) > 0) {
                struct profile *profile;
                r = profile_from_row(row, &profile);
                if (r == 0)
                        r = loader->profile(profile, loader->userdata);
        }
        return r;
}

static int load_boots(struct store *store, const struct store_loader *loader) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_LOAD_BOOTS, &row, "");
        while (r == 0 && (r = store_row(store, row)) > 0) {
                struct boot *boot;
                r = store_boot_from_row(store, row, &boot);
                if (r == 0)
                        r = loader->boot(boot, loader->userdata);
        }
        return r;
}

static int sighting_from_row(sqlite3_stmt *row, struct sighting **ret) {
        struct ip addresses[SIGHTING_ADDRESSES_MAX];
        size_t count = 0;
        struct mac mac;
        char *rest = NULL;
        _cleanup_free_ char *list = NULL;

        if (!column_mac(row, 0, &mac) || !column_text(row, 1) || !column_text(row, 6))
                return -EIO;
        if (column_copy(row, 6, &list) < 0)
                return -ENOMEM;
        for (char *word = strtok_r(list, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
                if (count < ELEMENTS(addresses) && ip_parse(word, &addresses[count]) == 0)
                        count++;
        struct sighting *s = sighting_new(&mac, column_text(row, 1), sqlite3_column_int(row, 2), addresses, count, column_text(row, 7));
        if (!s)
                return -ENOMEM;
        s->first = column_u64(row, 3);
        s->last = s->stored = column_u64(row, 4);
        s->protocols = (uint16_t) column_u64(row, 5);
        s->moved = column_u64(row, 8);
        *ret = s;
        return 0;
}

static int load_observed(struct store *store, const struct store_loader *loader) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_LOAD_SIGHTINGS, &row, "");
        while (r == 0 && (r = store_row(store, row)) > 0) {
                struct sighting *sighting;
                r = sighting_from_row(row, &sighting);
                if (r == 0)
                        r = loader->sighting(sighting, loader->userdata);
        }
        if (r == 0)
                r = store_bind(store, SQL_LOAD_LEASES, &row, "");
        while (r == 0 && (r = store_row(store, row)) > 0) {
                struct ip address;
                struct mac mac;
                if (!column_text(row, 0) || !column_text(row, 1) || ip_parse(column_text(row, 1), &address) < 0 ||
                    !column_mac(row, 2, &mac))
                        return -EIO;
                struct lease *lease = lease_new(column_text(row, 0), &mac, &address, column_text(row, 3), column_u64(row, 4));
                r = lease ? loader->lease(lease, loader->userdata) : -ENOMEM;
        }
        if (r == 0)
                r = store_bind(store, SQL_LOAD_SEEN, &row, "");
        while (r == 0 && (r = store_row(store, row)) > 0)
                r = loader->seen(column_text(row, 0), column_text(row, 1), loader->userdata);
        return r;
}

int store_load(struct store *store, const struct store_loader *loader) {
        int r = load_profiles(store, loader);
        if (r == 0)
                r = load_nodes(store, loader);
        if (r == 0)
                r = load_boots(store, loader);
        if (r == 0)
                r = load_observed(store, loader);
        return r < 0 ? r : store_set_loaded(store);
}
