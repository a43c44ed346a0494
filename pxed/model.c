#include "pxed/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "pxed/shared.h"

const char *const boot_mode_names[3] = { "unknown", "bios", "uefi" };
const char *const profile_kind_names[3] = { "kernel", "local", "inspect" };
_Static_assert(sizeof(((struct node *) NULL)->found) == offsetof(struct node, root_device_hints) - offsetof(struct node, found), "each text has its name");
_Static_assert(sizeof(((struct port *) NULL)->texts) == sizeof(struct port) - offsetof(struct port, texts), "each text has its name");

const char *const inspection_state_names[INSPECTION_STATES] = {
        [INSPECTION_NONE] = "none",         [INSPECTION_WAITING] = "waiting",       [INSPECTION_PROCESSING] = "processing",
        [INSPECTION_FINISHED] = "finished", [INSPECTION_REAPPLYING] = "reapplying", [INSPECTION_ABORTING] = "aborting",
        [INSPECTION_ERROR] = "error",
};

static void port_clear(struct port *port) {
        for (size_t i = 0; i < PORT_TEXTS; i++)
                shared_clear(&port->texts[i]);
}

static struct port port_copy(const struct port *port) {
        struct port copy = *port;
        for (size_t i = 0; i < PORT_TEXTS; i++)
                copy.texts[i] = shared_ref(port->texts[i]);
        return copy;
}

struct assignment *assignment_new(const char *profile, const char *parameters, bool once, uint64_t revision,
                                  uint64_t assigned) {
        _cleanup_(assignment_freep) struct assignment *a = calloc(1, sizeof *a);
        if (!a || text_set(&a->profile, profile) < 0 || text_set(&a->parameters, parameters) < 0)
                return NULL;
        a->once = once;
        a->revision = revision;
        a->assigned = assigned;
        return TAKE_POINTER(a);
}

struct assignment *assignment_free(struct assignment *a) {
        if (!a)
                return NULL;
        free(a->profile);
        free(a->parameters);
        free(a);
        return NULL;
}

static int copy_owned(struct node *to, const struct node *from) {
        const struct {
                char **to;
                const char *from;
        } texts[] = {
                { &to->name, from->name },
                { &to->serial, from->serial },
                { &to->bmc_address, from->bmc_address },
                { &to->tags, from->tags },
                { &to->labels, from->labels },
                { &to->inspection.error, from->inspection.error },
                { &to->inspection.hook, from->inspection.hook },
        };
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (text_set(texts[i].to, texts[i].from) < 0)
                        return -ENOMEM;
        if (from->n_ports > 0) {
                to->ports = calloc(from->n_ports, sizeof *to->ports);
                if (!to->ports)
                        return -ENOMEM;
                for (; to->n_ports < from->n_ports; to->n_ports++)
                        to->ports[to->n_ports] = port_copy(&from->ports[to->n_ports]);
        }
        const struct assignment *a = from->assignment;
        if (a) {
                to->assignment = assignment_new(a->profile, a->parameters, a->once, a->revision, a->assigned);
                if (!to->assignment)
                        return -ENOMEM;
        }
        return 0;
}

struct node *node_copy(const struct node *node) {
        _cleanup_(node_freep) struct node *copy = malloc(sizeof *copy);
        if (!copy)
                return NULL;
        *copy = *node;
        copy->name = copy->serial = copy->bmc_address = NULL;
        copy->tags = copy->labels = copy->inspection.error = copy->inspection.hook = NULL;
        copy->ports = NULL;
        copy->n_ports = 0;
        copy->assignment = NULL;
        copy->manufacturer = shared_ref(node->manufacturer);
        copy->product = shared_ref(node->product);
        copy->architecture = shared_ref(node->architecture);
        for (size_t i = 0; i < NODE_FOUND; i++)
                copy->found[i] = shared_ref(node->found[i]);
        copy->root_device_hints = shared_ref(node->root_device_hints);
        return copy_owned(copy, node) < 0 ? NULL : TAKE_POINTER(copy);
}

struct node *node_free(struct node *node) {
        if (!node)
                return NULL;
        for (size_t i = 0; i < node->n_ports; i++)
                port_clear(&node->ports[i]);
        free(node->ports);
        free(node->name);
        free(node->serial);
        shared_clear(&node->manufacturer);
        shared_clear(&node->product);
        shared_clear(&node->architecture);
        free(node->bmc_address);
        free(node->tags);
        free(node->labels);
        free(node->inspection.error);
        free(node->inspection.hook);
        for (size_t i = 0; i < NODE_FOUND; i++)
                shared_clear(&node->found[i]);
        shared_clear(&node->root_device_hints);
        assignment_free(node->assignment);
        free(node);
        return NULL;
}

const char *port_switch(const struct port *port) {
        return port->switch_chassis ? port->switch_chassis : port->switch_name;
}

size_t port_addresses(const struct port *port, struct ip addresses[static PORT_ADDRESSES_MAX]) {
        char text[IP_TEXT_SIZE];
        size_t count = 0, length;
        for (const char *at = port->addresses ? port->addresses : ""; *at && count < PORT_ADDRESSES_MAX; at += length + strspn(at + length, " ")) {
                length = strcspn(at, " ");
                snprintf(text, sizeof text, "%.*s", (int) length, at);
                if (ip_parse(text, &addresses[count]) == 0)
                        count++;
        }
        return count;
}

struct port *node_port(const struct node *node, const struct mac *mac) {
        for (size_t i = 0; i < node->n_ports; i++)
                if (mac_to_u64(&node->ports[i].mac) == mac_to_u64(mac))
                        return &node->ports[i];
        return NULL;
}

const struct port *node_port_at(const struct node *node, const char *at, const char *port) {
        for (size_t i = 0; i < node->n_ports; i++) {
                const struct port *p = &node->ports[i];
                if (port_switch(p) && p->switch_port && strcmp(port_switch(p), at) == 0 && strcmp(p->switch_port, port) == 0)
                        return p;
        }
        return NULL;
}

int node_add_port(struct node *node, const struct mac *mac, struct port **ret) {
        struct port *port = node_port(node, mac);
        if (!port) {
                if (node->n_ports >= PORTS_MAX)
                        return -ENOSPC;
                struct port *larger = reallocarray(node->ports, node->n_ports + 1, sizeof *larger);
                if (!larger)
                        return -ENOMEM;
                node->ports = larger;
                port = &larger[node->n_ports++];
                *port = (struct port) { .mac = *mac };
        }
        if (ret)
                *ret = port;
        return 0;
}

void node_remove_port(struct node *node, const struct mac *mac) {
        struct port *port = node_port(node, mac);
        if (!port)
                return;
        port_clear(port);
        size_t index = (size_t) (port - node->ports);
        memmove(port, port + 1, (node->n_ports - index - 1) * sizeof *port);
        node->n_ports--;
}

const struct port *node_boot_port(const struct node *node) {
        for (size_t i = 0; i < node->n_ports; i++)
                if (node->ports[i].boots)
                        return &node->ports[i];
        return node->n_ports > 0 ? &node->ports[0] : NULL;
}

static bool assignments_equal(const struct assignment *a, const struct assignment *b) {
        if (!a || !b)
                return a == b;
        return a->revision == b->revision && a->once == b->once && text_equal(a->profile, b->profile) &&
               text_equal(a->parameters, b->parameters);
}

bool node_boots_equal(const struct node *a, const struct node *b) {
        if (!text_equal(a->name, b->name) || a->n_ports != b->n_ports || a->has_uuid != b->has_uuid ||
            (a->has_uuid && memcmp(&a->uuid, &b->uuid, sizeof a->uuid) != 0) ||
            a->inspection.asked != b->inspection.asked || (a->inspection.asked && a->inspection.started != b->inspection.started) ||
            !text_equal(a->bmc_address, b->bmc_address) ||
            (a->inspection.state == INSPECTION_ABORTING) != (b->inspection.state == INSPECTION_ABORTING))
                return false;
        for (size_t i = 0; i < a->n_ports; i++)
                if (mac_to_u64(&a->ports[i].mac) != mac_to_u64(&b->ports[i].mac))
                        return false;
        return assignments_equal(a->assignment, b->assignment);
}

struct profile *profile_free(struct profile *profile) {
        if (!profile)
                return NULL;
        free(profile->name);
        free(profile->kernel);
        free(profile->initrds);
        free(profile->arguments);
        free(profile->parameters);
        free(profile->description);
        free(profile);
        return NULL;
}
