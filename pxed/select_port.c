#include "pxed/select_port.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

static void _printf_(2, 3) add_reason(struct selection *s, const char *format, ...) {
        va_list arguments;
        if (s->n_reasons == SELECTION_REASONS_MAX)
                return;
        va_start(arguments, format);
        vsnprintf(s->reasons[s->n_reasons++], SELECTION_REASON_SIZE, format, arguments);
        va_end(arguments);
}

static bool asks_for_any(const struct select_request *q) {
        return q->n_physical_networks == 0 && q->n_segments == 0;
}

static bool is_wanted(const struct select_request *q, const char *name) {
        for (size_t i = 0; i < q->n_physical_networks; i++)
                if (strcmp(q->physical_networks[i], name) == 0)
                        return true;
        for (size_t i = 0; i < q->n_segments; i++)
                if (strcmp(q->segments[i].physical_network, name) == 0)
                        return true;
        return false;
}

/* As "rack1 or rack2". Returns `buffer`. */
static char *describe_wanted(const struct select_request *q, char *buffer, size_t size) {
        size_t at = 0, count = q->n_physical_networks + q->n_segments;
        *buffer = '\0';
        for (size_t i = 0; i < count && at < size; i++) {
                const char *name = i < q->n_physical_networks ? q->physical_networks[i]
                                                              : q->segments[i - q->n_physical_networks].physical_network;
                at += (size_t) snprintf(buffer + at, size - at, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", name);
        }
        return buffer;
}

/* Whether the switch carries the VLAN to the port, by its own words; true where it does not say. */
static bool carries(const struct port *port, int vlan) {
        char word[8], list[8];
        if (!port->switch_vlans || vlan == 0 || port->switch_vlan == vlan)
                return true;
        snprintf(word, sizeof word, "%d", vlan);
        for (const char *at = port->switch_vlans; *at; at += strspn(at, " ")) {
                size_t length = strcspn(at, " ");
                snprintf(list, sizeof list, "%.*s", (int) (length < sizeof list ? length : sizeof list - 1), at);
                if (strcmp(list, word) == 0)
                        return true;
                at += length;
        }
        return false;
}

/* The segment that the port cannot have though its physical network is wanted; NULL: there is one that it can have. `name` NULL: its physical network
 * is not known. */
static const struct segment *missing_segment(const struct select_request *q, const struct port *port, const char *name) {
        const struct segment *missing = NULL;
        for (size_t i = 0; i < q->n_physical_networks; i++)
                if (!name || strcmp(q->physical_networks[i], name) == 0)
                        return NULL;
        for (size_t i = 0; i < q->n_segments; i++) {
                if (name && strcmp(q->segments[i].physical_network, name) != 0)
                        continue;
                if (carries(port, q->segments[i].vlan))
                        return NULL;
                missing = missing ? missing : &q->segments[i];
        }
        return missing;
}

/* Why a port may not be attached, into `reason`; false: it may. */
static bool is_refused(const struct port *port, const struct port_place *place, const struct select_request *q,
                       char reason[static SELECTION_REASON_SIZE]) {
        const char *name = place->physical_network;
        char text[240];

        if (port->attachment)
                return snprintf(reason, SELECTION_REASON_SIZE, "%.200s is attached to it: take that away first", port->attachment) > 0;
        if (place->n_conflicts > 0)
                return snprintf(reason, SELECTION_REASON_SIZE, "conflict: %s", place->conflicts[0]) > 0;
        if (!name && !asks_for_any(q) && !q->allow_unknown)
                return snprintf(reason, SELECTION_REASON_SIZE,
                                "its physical network is not known, and %s is asked for: inspect the machine, set it, or allow unknown ones",
                                describe_wanted(q, text, sizeof text)) > 0;
        if (name && !asks_for_any(q) && !is_wanted(q, name))
                return snprintf(reason, SELECTION_REASON_SIZE, "it is on physical network %s (%s), not on %s", name,
                                physical_source_names[place->source], describe_wanted(q, text, sizeof text)) > 0;
        const struct segment *missing = missing_segment(q, port, name);
        if (!missing)
                return false;
        return snprintf(reason, SELECTION_REASON_SIZE, "%s carries VLANs %.100s%s, not VLAN %d of %s",
                        port_describe_switch(port, text, sizeof text), port->switch_vlans,
                        strlen(port->switch_vlans) > 100 ? "..." : "", missing->vlan, missing->physical_network) > 0;
}

static void explain(struct selection *s, const struct port *port, const struct port_place *place) {
        char text[240];
        if (place->source == PHYSICAL_SIGHTING)
                add_reason(s, "on physical network %s: seen on network %s", place->physical_network, place->network);
        else if (place->source == PHYSICAL_LLDP)
                add_reason(s, "on physical network %s: %s", place->physical_network, port_describe_switch(port, text, sizeof text));
        else
                add_reason(s, "on physical network %s: %s", place->physical_network,
                           place->source == PHYSICAL_ASSIGNED ? "assigned" : "by its address");
}

/* The group of the ports from `first` on that have its name and were not taken yet. */
static void judge(const struct node *node, const struct port_place *places, const struct select_request *q, size_t first,
                  bool taken[static PORTS_MAX], struct selection *s) {
        char reason[SELECTION_REASON_SIZE], mac[MAC_TEXT_SIZE], refusal[SELECTION_REASON_SIZE] = "";
        const char *group = node->ports[first].group;
        bool some_unknown = false;

        *s = (struct selection) { .candidate = true, .group = group };
        for (size_t i = first; i < node->n_ports; i++) {
                const struct port *port = &node->ports[i];
                const char *name = places[i].physical_network;
                if (i != first && (taken[i] || !group || !text_equal(port->group, group)))
                        continue;
                taken[i] = true;
                s->members[s->n_members++] = port;
                s->boots = s->boots || port->boots;
                some_unknown = some_unknown || !name;
                if (!*refusal && is_refused(port, &places[i], q, reason))
                        snprintf(refusal, sizeof refusal, "%s%s%.360s", group ? mac_format(&port->mac, mac) : "", group ? ": " : "", reason);
                if (!*refusal && name && s->physical_network && strcmp(name, s->physical_network) != 0)
                        snprintf(refusal, sizeof refusal, "its ports are on different physical networks: %s and %s", s->physical_network,
                                 name);
                if (name && !s->physical_network)
                        s->physical_network = name;
        }
        s->candidate = !*refusal;
        if (*refusal) {
                add_reason(s, "%s", refusal);
                return;
        }
        if (some_unknown) {
                s->physical_network = NULL;
                add_reason(s, "%s physical network is not known", s->n_members > 1 ? "their" : "its");
        } else
                explain(s, s->members[0], &places[first]);
        if (group)
                add_reason(s, "%zu port%s of group %.64s", s->n_members, s->n_members == 1 ? "" : "s", group);
        if (s->boots)
                add_reason(s, "the machine boots by it");
}

static int compare_macs(const void *a, const void *b) {
        return memcmp(&(*(const struct port *const *) a)->mac, &(*(const struct port *const *) b)->mac, sizeof(struct mac));
}

/* A known physical network is worth more only where one is asked for. */
static int rank(const struct selection *s, bool any) {
        int rank = !any && !s->physical_network;
        rank = rank * 2 + !s->group;
        return rank * 2 + !s->boots;
}

static bool goes_before(const struct selection *a, const struct selection *b, bool any) {
        if (a->candidate != b->candidate)
                return a->candidate;
        if (a->candidate && rank(a, any) != rank(b, any))
                return rank(a, any) < rank(b, any);
        return compare_macs(&a->members[0], &b->members[0]) < 0;
}

size_t select_ports(const struct node *node, const struct port_place *places, const struct select_request *request,
                    struct selection *ret) {
        bool taken[PORTS_MAX] = { false }, any = asks_for_any(request);
        size_t count = 0;
        for (size_t i = 0; i < node->n_ports; i++) {
                if (taken[i])
                        continue;
                struct selection selection;
                judge(node, places, request, i, taken, &selection);
                qsort(selection.members, selection.n_members, sizeof selection.members[0], compare_macs);
                size_t at = count++;
                for (; at > 0 && goes_before(&selection, &ret[at - 1], any); at--)
                        ret[at] = ret[at - 1];
                ret[at] = selection;
        }
        return count;
}
