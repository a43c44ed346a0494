#include "netcfg/interface.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "netcfg/capture.h"

/* After a capture has ended, and after one could not be opened. Events of the interface come between. */
#define REOPEN_DELAY (100 * USEC_PER_MSEC)
#define RETRY_DELAY (1 * USEC_PER_SEC)

/* Something that is captured from: an interface itself, or a port of it. */
struct source {
        struct interface *interface;
        char *name;
        int index; /* of what `capture` is open on */
        struct capture *capture;
};

struct interface {
        struct interfaces *all;
        struct interface *next;
        struct source self;
        struct source ports[INTERFACE_PORTS_MAX]; /* a free one has no name */
        struct link_state link;
        struct interface_user *users; /* by VLAN id: untagged first */
        bool stale;
        uint64_t captured, dropped_before; /* dropped by captures that are closed */
        sd_event_source *reopen;
};

struct interfaces {
        struct daemon *daemon;
        struct links *links;
        struct interface_handlers handlers;
        struct interface *first;
};

static void arm(struct interface *interface, uint64_t delay) {
        sd_event_source_set_time_relative(interface->reopen, delay);
        sd_event_source_set_enabled(interface->reopen, SD_EVENT_ONESHOT);
}

static void set_problem(const struct interface *interface, const char *text) {
        char subject[64];

        snprintf(subject, sizeof(subject), "capture %s", interface->self.name);
        if (text)
                daemon_set_problem(interface->all->daemon, subject, "%s", text);
        else
                daemon_clear_problem(interface->all->daemon, subject);
}

/* ---- frames */

static struct segment *find_segment(const struct interface *interface, const struct ethernet *frame) {
        unsigned vlan = ethernet_vlan(frame);

        for (const struct interface_user *user = interface->users; user; user = user->next)
                if (user->segment->vlan == vlan)
                        return user->segment;
        return interface->users->segment;
}

/* The interface below a VLAN may have another MAC than the VLAN's, which may be missing. */
static bool is_own(const struct interface *interface, const struct segment *segment, const struct mac *mac) {
        return memcmp(mac, &segment->own, sizeof(*mac)) == 0 || (interface->link.has_mac && memcmp(mac, &interface->link.mac, sizeof(*mac)) == 0);
}

static void on_frame(const struct captured_packet *captured, void *userdata) {
        const struct source *source = userdata;
        struct interface *interface = source->interface;
        const struct interface_handlers *handlers = &interface->all->handlers;
        struct wire wire = wire_new(captured->bytes, captured->size);
        struct captured_packet packet = *captured;
        struct ethernet ethernet;

        interface->captured++;
        if (ethernet_parse(&wire, &ethernet) < 0)
                return;
        struct segment *segment = find_segment(interface, &ethernet);
        packet.direction = is_own(interface, segment, &ethernet.source) ? DIRECTION_OUTBOUND : DIRECTION_INBOUND;
        snprintf(packet.interface, sizeof(packet.interface), "%s", source->name);
        handlers->frame(segment, &packet, handlers->userdata);
}

static void on_delivered(void *userdata) {
        const struct source *source = userdata;
        const struct interface_handlers *handlers = &source->interface->all->handlers;

        handlers->delivered(handlers->userdata);
        for (const struct interface_user *user = source->interface->users; user; user = user->next)
                user->delivered(user->userdata);
}

bool interface_hears(const struct interface *interface, const char *name) {
        if (strcmp(interface->self.name, name) == 0)
                return true;
        for (size_t i = 0; i < INTERFACE_PORTS_MAX; i++)
                if (interface->ports[i].name && strcmp(interface->ports[i].name, name) == 0)
                        return true;
        return false;
}

static void tell_lost(const struct interface *interface, const char *name) {
        interface->all->handlers.lost(name, interface->all->handlers.userdata);
}

uint64_t interface_captured(const struct interface *interface) {
        return interface->captured;
}

static uint64_t source_dropped(const struct source *source) {
        return source->capture ? capture_dropped(source->capture) : 0;
}

uint64_t interface_dropped(const struct interface *interface) {
        uint64_t dropped = interface->dropped_before + source_dropped(&interface->self);

        for (size_t i = 0; i < INTERFACE_PORTS_MAX; i++)
                dropped += source_dropped(&interface->ports[i]);
        return dropped;
}

/* ---- captures */

static void close_source(struct source *source) {
        source->interface->dropped_before += source_dropped(source);
        source->capture = capture_free(source->capture);
}

static void on_ended(const char *reason, void *userdata) {
        struct source *source = userdata;

        log_debug("Capture from %s ended: %s", source->name, reason);
        close_source(source);
        arm(source->interface, REOPEN_DELAY);
}

static bool open_source(struct source *source, enum capture_kind kind, int index, char *reason, size_t size) {
        const struct capture_handlers handlers = { on_frame, on_delivered, on_ended, source };

        int r = capture_open(daemon_event(source->interface->all->daemon), source->name, kind, &handlers, &source->capture, reason, size);
        if (r < 0)
                arm(source->interface, RETRY_DELAY);
        else
                source->index = index;
        return r >= 0;
}

/* An interface of the same name with another index is another one. */
static void adjust_self(struct interface *interface) {
        struct source *self = &interface->self;
        bool wanted = interface->link.exists && interface->link.up;
        char reason[256], text[512];

        if (self->capture && (!wanted || self->index != interface->link.index))
                close_source(self);
        if (!wanted) {
                set_problem(interface, NULL);
                return;
        }
        if (self->capture)
                return;
        if (open_source(self, interface->link.bridge ? CAPTURE_MACHINES : CAPTURE_ALL, interface->link.index, reason, sizeof(reason))) {
                set_problem(interface, NULL);
                log_info("Frames are captured from the interface %s.", self->name);
                return;
        }
        snprintf(text, sizeof(text), "Cannot capture from the interface %s: %s. Machines boot, but are not seen.", self->name, reason);
        set_problem(interface, text);
}

/* ---- ports of a bridge */

static void release_port(struct source *port) {
        close_source(port);
        free(port->name);
        port->name = NULL;
}

static bool is_port(const struct source *source, const struct link_port *port) {
        return source->name && source->index == port->index && strcmp(source->name, port->name) == 0;
}

static bool is_among(const struct source *source, const struct link_port *ports, size_t count) {
        for (size_t i = 0; i < count; i++)
                if (ports[i].up && is_port(source, &ports[i]))
                        return true;
        return false;
}

static void adjust_port(struct interface *interface, const struct link_port *port) {
        struct source *place = NULL;
        char reason[256];

        for (size_t i = 0; i < INTERFACE_PORTS_MAX; i++) {
                if (is_port(&interface->ports[i], port)) {
                        place = &interface->ports[i];
                        break;
                }
                if (!place && !interface->ports[i].name)
                        place = &interface->ports[i];
        }
        if (!place || place->capture)
                return;
        if (!place->name && !(place->name = strdup(port->name)))
                return;
        place->interface = interface;
        place->index = port->index;
        if (!open_source(place, CAPTURE_NEIGHBOURS, port->index, reason, sizeof(reason)))
                log_debug("Cannot listen to LLDP and CDP on %s, a port of %s: %s", port->name, interface->self.name, reason);
}

static void adjust_ports(struct interface *interface) {
        struct link_port ports[INTERFACE_PORTS_MAX];
        size_t count = 0;

        if (interface->self.capture && interface->link.bridge &&
            links_read_ports(interface->all->links, interface->link.index, ports, ELEMENTS(ports), &count) < 0) {
                arm(interface, RETRY_DELAY);
                return;
        }
        for (size_t i = 0; i < INTERFACE_PORTS_MAX; i++)
                if (interface->ports[i].name && !is_among(&interface->ports[i], ports, count)) {
                        tell_lost(interface, interface->ports[i].name);
                        release_port(&interface->ports[i]);
                }
        for (size_t i = 0; i < count; i++) {
                if (ports[i].up)
                        adjust_port(interface, &ports[i]);
                if (!ports[i].carrier)
                        tell_lost(interface, ports[i].name);
        }
}

/* ---- what the kernel says */

static bool has_link(const struct interface *interface, int index, const char *name, int master) {
        int own = interface->link.index;

        if ((index == 0 && !name) || (name && strcmp(name, interface->self.name) == 0) || (own != 0 && (index == own || master == own)))
                return true;
        for (size_t i = 0; i < INTERFACE_PORTS_MAX; i++)
                if (interface->ports[i].name && interface->ports[i].index == index)
                        return true;
        return false;
}

bool interfaces_changed(struct interfaces *interfaces, int index, const char *name, int master) {
        bool concerned = false;

        for (struct interface *interface = interfaces->first; interface; interface = interface->next)
                if (has_link(interface, index, name, master))
                        interface->stale = concerned = true;
        return concerned;
}

static void refresh(struct interface *interface) {
        struct link_state link;
        char text[512];

        interface->stale = false;
        int r = links_read(interface->all->links, interface->self.name, &link);
        if (r < 0) {
                snprintf(text, sizeof(text), "Cannot read the interface %s from the kernel: %s", interface->self.name, strerror(-r));
                set_problem(interface, text);
                arm(interface, RETRY_DELAY);
                return;
        }
        interface->link = link;
        if (!link.exists || !link.up || !link.carrier)
                tell_lost(interface, interface->self.name);
        adjust_self(interface);
        adjust_ports(interface);
}

static int on_reopen(sd_event_source *source, uint64_t usec, void *userdata) {
        refresh(userdata);
        return 0;
}

void interfaces_refresh(struct interfaces *interfaces) {
        for (struct interface *interface = interfaces->first; interface; interface = interface->next)
                if (interface->stale)
                        refresh(interface);
}

/* ---- life */

static struct interface *interface_free(struct interface *interface) {
        if (!interface)
                return NULL;
        for (size_t i = 0; i < INTERFACE_PORTS_MAX; i++)
                if (interface->ports[i].name)
                        release_port(&interface->ports[i]);
        capture_free(interface->self.capture);
        sd_event_source_disable_unref(interface->reopen);
        free(interface->self.name);
        free(interface);
        return NULL;
}
DEFINE_CLEANUP(struct interface *, interface_free);

static int interface_new(struct interfaces *interfaces, const char *name, struct interface **ret) {
        _cleanup_(interface_freep) struct interface *interface = calloc(1, sizeof(*interface));

        if (!interface)
                return -ENOMEM;
        interface->all = interfaces;
        interface->stale = true;
        interface->self.interface = interface;
        if (!(interface->self.name = strdup(name)))
                return -ENOMEM;
        int r = sd_event_add_time_relative(daemon_event(interfaces->daemon), &interface->reopen, CLOCK_MONOTONIC, 0, 0, on_reopen, interface);
        if (r < 0 || (r = sd_event_source_set_enabled(interface->reopen, SD_EVENT_OFF)) < 0)
                return r;
        *ret = TAKE_POINTER(interface);
        return 0;
}

static int find_or_add(struct interfaces *interfaces, const char *name, struct interface **ret) {
        struct interface *interface = interfaces->first;

        while (interface && strcmp(interface->self.name, name) != 0)
                interface = interface->next;
        if (!interface) {
                int r = interface_new(interfaces, name, &interface);
                if (r < 0)
                        return r;
                interface->next = interfaces->first;
                interfaces->first = interface;
        }
        *ret = interface;
        return 0;
}

static void remove_user(struct interface_user *user) {
        struct interface_user **place = &user->interface->users;

        while (*place != user)
                place = &(*place)->next;
        *place = user->next;
}

static void drop_unused(struct interface *interface) {
        struct interface **place = &interface->all->first;

        if (interface->users)
                return;
        while (*place != interface)
                place = &(*place)->next;
        *place = interface->next;
        set_problem(interface, NULL);
        interface_free(interface);
}

int interface_join(struct interfaces *interfaces, const char *name, uint16_t vlan, struct interface_user *user) {
        struct interface *interface, *before = user->interface;

        int r = find_or_add(interfaces, name, &interface);
        if (r < 0)
                return r;
        if (before)
                remove_user(user);
        user->segment->vlan = vlan;
        user->interface = interface;

        struct interface_user **place = &interface->users;
        while (*place && (*place)->segment->vlan <= vlan)
                place = &(*place)->next;
        user->next = *place;
        *place = user;
        if (before)
                drop_unused(before);
        return 0;
}

void interface_leave(struct interface_user *user) {
        struct interface *interface = user->interface;

        if (!interface)
                return;
        remove_user(user);
        user->interface = NULL;
        drop_unused(interface);
}

int interfaces_new(struct daemon *daemon, struct links *links, const struct interface_handlers *handlers, struct interfaces **ret) {
        struct interfaces *interfaces = calloc(1, sizeof(*interfaces));

        if (!interfaces)
                return -ENOMEM;
        *interfaces = (struct interfaces) { .daemon = daemon, .links = links, .handlers = *handlers };
        *ret = interfaces;
        return 0;
}

struct interfaces *interfaces_free(struct interfaces *interfaces) {
        free(interfaces);
        return NULL;
}
