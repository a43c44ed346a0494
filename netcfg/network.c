#include "netcfg/network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "netcfg/prober.h"
#include "netcfg/report.h"

#define RETRY_DELAY (1 * USEC_PER_SEC)
/* Counts of frames are told this long after the first frame that they lack. */
#define COUNT_DELAY (5 * USEC_PER_SEC)
/* A carrier that is lost for a shorter time is not told: a bridge loses and gets it as its machines are plugged in, and cards when they are reset. */
#define CARRIER_DELAY (2 * USEC_PER_SEC)
/* Who is announced is told this long after it changed: a flood of inventions costs two reports a second. */
#define HEARD_DELAY (500 * USEC_PER_MSEC)
/* How often it is looked whether a flood is over. */
#define FLOOD_CHECK (5 * USEC_PER_SEC)

struct network {
        const struct network_context *context;
        char *name, *interface;
        struct ip_prefix address;
        struct segment segment;
        struct prober *prober;
        struct link_state link, told; /* as it is, and as pxed was told */
        bool link_reported;
        struct interface_user captured; /* on the interface that its frames are captured from */
        uint64_t dropped, suppressed; /* as told last */
        bool flooded;                 /* as told */
        sd_event_source *retry, *count, *carrier, *heard, *flood;
};

const char *network_name(const struct network *network) {
        return network->name;
}

const struct mac *network_mac(const struct network *network) {
        return &network->segment.own;
}

static void arm(sd_event_source *timer, uint64_t delay) {
        sd_event_source_set_time_relative(timer, delay);
        sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static bool is_armed(sd_event_source *timer) {
        int enabled = SD_EVENT_OFF;

        sd_event_source_get_enabled(timer, &enabled);
        return enabled != SD_EVENT_OFF;
}

/* ---- what is told */

static json_t *list_neighbours(const struct network *network) {
        const struct neighbours *neighbours = observer_neighbours(network->context->observer);
        const struct neighbour *neighbour;
        json_t *list = json_array();

        for (unsigned i = 0; (neighbour = neighbours_get(neighbours, i)); i++)
                if (interface_hears(network->captured.interface, neighbour->interface))
                        json_array_append_new(list, report_neighbour(neighbour));
        return list;
}

static void report(struct network *network) {
        char key[256];

        network->dropped = interface_dropped(network->captured.interface);
        snprintf(key, sizeof(key), "link/%s", network->name);
        worker_observe(network->context->worker, "link", key, realtime_us(),
                       report_link(&network->link, network->name, interface_captured(network->captured.interface), network->dropped,
                                   list_neighbours(network)));
        network->told = network->link;
        network->link_reported = true;
        sd_event_source_set_enabled(network->carrier, SD_EVENT_OFF);
        sd_event_source_set_enabled(network->heard, SD_EVENT_OFF);
}

static void warn(struct network *network) {
        const char *const fields[] = { "NETWORK", network->name, NULL };
        uint64_t dropped = interface_dropped(network->captured.interface);
        uint64_t suppressed = network->segment.suppressed - network->suppressed;

        if (dropped > network->dropped)
                log_fields(LOG_WARNING, fields, "Network %s: %llu frames were not captured because too many came at once.", network->name,
                           (unsigned long long) (dropped - network->dropped));
        if (suppressed > 0)
                log_fields(LOG_WARNING, fields,
                           "Network %s: %llu DHCP or TFTP steps were not reported because more than %u came in a second.", network->name,
                           (unsigned long long) suppressed, OBSERVER_STEPS_RATE);
        network->suppressed = network->segment.suppressed;
}

static int on_count(sd_event_source *source, uint64_t usec, void *userdata) {
        struct network *network = userdata;

        if (is_armed(network->carrier)) {
                arm(network->count, CARRIER_DELAY);
                return 0;
        }
        warn(network);
        report(network);
        return 0;
}

static int on_heard(sd_event_source *source, uint64_t usec, void *userdata) {
        struct network *network = userdata;

        if (is_armed(network->carrier))
                arm(network->heard, CARRIER_DELAY);
        else
                report(network);
        return 0;
}

static int on_carrier(sd_event_source *source, uint64_t usec, void *userdata) {
        report(userdata);
        return 0;
}

static void set_problem(struct network *network, const char *what, const char *text) {
        char subject[256];

        snprintf(subject, sizeof(subject), "%s %s", what, network->name);
        if (text)
                daemon_set_problem(network->context->daemon, subject, "%s", text);
        else
                daemon_clear_problem(network->context->daemon, subject);
}

/* The reason stays that of its beginning: a flood changes by the second. */
static void check_flood(struct network *network) {
        bool on = flood_is_on(&network->segment.flood, realtime_us());
        char text[768];

        if (on && !network->flooded) {
                flood_describe(&network->segment.flood, network->interface, text, sizeof(text));
                set_problem(network, "flood", text);
        } else if (!on && network->flooded)
                set_problem(network, "flood", NULL);
        if (on && !is_armed(network->flood))
                arm(network->flood, FLOOD_CHECK);
        network->flooded = on;
}

static int on_flood(sd_event_source *source, uint64_t usec, void *userdata) {
        check_flood(userdata);
        return 0;
}

static void on_delivered(void *userdata) {
        struct network *network = userdata;

        check_flood(network);
        if (!is_armed(network->count))
                arm(network->count, COUNT_DELAY);
}

/* ---- the interface */

static void tell_change(struct network *network) {
        const struct link_state *told = &network->told, *link = &network->link;

        if (network->link_reported && link_state_equal(link, told)) {
                sd_event_source_set_enabled(network->carrier, SD_EVENT_OFF);
                return;
        }
        if (!network->link_reported || !told->carrier || link->carrier || !link->up) {
                report(network);
                return;
        }
        if (!is_armed(network->carrier))
                arm(network->carrier, CARRIER_DELAY);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        network_refresh(userdata);
        return 0;
}

void network_refresh(struct network *network) {
        struct link_state link;
        int known = network->link.up ? network->link.index : 0;
        char text[512];

        int r = links_read(network->context->links, network->interface, &link);
        if (r < 0) {
                snprintf(text, sizeof(text), "Cannot read the interface %s from the kernel: %s", network->interface, strerror(-r));
                set_problem(network, "link", text);
                arm(network->retry, RETRY_DELAY);
                return;
        }
        network->link = link;
        network->segment.own = link.mac;
        own_note_mac(observer_own(network->context->observer), &link.mac);
        prober_set_link(network->prober, &link);
        if (link.up && link.index != known)
                network_read_neighbours(network);
        set_problem(network, "link", NULL);
        tell_change(network);
}

bool network_has_link(const struct network *network, int index, const char *name) {
        return (index == 0 && !name) || (index != 0 && network->link.index == index) || (name && strcmp(name, network->interface) == 0);
}

void network_neighbour(struct network *network, const struct mac *mac, const struct ip *address, bool confirmed) {
        observer_neighbour(network->context->observer, &network->segment, mac, address, confirmed, realtime_us());
}

void network_read_neighbours(struct network *network) {
        if (!network->link.exists)
                return;
        int r = links_read_neighbours(network->context->links, network->link.index);
        if (r < 0)
                log_warning("Cannot read the kernel's neighbours on %s: %s", network->interface, strerror(-r));
}

void network_heard(struct network *network, const char *interface) {
        if (network->captured.interface && interface_hears(network->captured.interface, interface) && !is_armed(network->heard))
                arm(network->heard, HEARD_DELAY);
}

void network_add_own(const struct network *network, struct own *own) {
        own_add_address(own, &network->address.address);
}

void network_announce(struct network *network) {
        network->link_reported = false;
}

/* ---- life */

int network_configure(struct network *network, const json_t *entry) {
        const char *interface = json_get_string(entry, "interface"), *text = json_get_string(entry, "address");
        const char *parent = json_get_string(entry, "parent");
        int64_t vlan = json_get_int(entry, "vlan", 0);
        struct ip_prefix address;

        if (!interface || !text || ip_prefix_parse(text, &address) < 0 || !parent != (vlan == 0) || vlan < 0 || vlan > VLAN_MAX)
                return -EINVAL;
        _cleanup_free_ char *copy = strdup(interface);
        if (!copy)
                return -ENOMEM;
        int r = interface_join(network->context->interfaces, parent ?: interface, (uint16_t) vlan, &network->captured);
        if (r < 0)
                return r;
        free(network->interface);
        network->interface = TAKE_POINTER(copy);
        network->address = address;
        prober_configure(network->prober, (unsigned) json_get_int(entry, "probe", 0));
        return 0;
}

static int add_timer(struct network *network, sd_event_source **ret, sd_event_time_handler_t handler) {
        int r = sd_event_add_time_relative(daemon_event(network->context->daemon), ret, CLOCK_MONOTONIC, 0, 0, handler, network);

        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int network_new(const struct network_context *context, uint16_t id, const json_t *entry, struct network **ret) {
        _cleanup_(network_freep) struct network *network = calloc(1, sizeof(*network));
        const char *name = json_get_string(entry, "name");
        int r;

        if (!network)
                return -ENOMEM;
        network->context = context;
        network->segment.network = id;
        network->captured = (struct interface_user) { .segment = &network->segment, .delivered = on_delivered, .userdata = network };
        if (!(network->name = strdup(name ?: "")))
                return -ENOMEM;
        if ((r = prober_new(daemon_event(context->daemon), network->name, &network->prober)) < 0 ||
            (r = network_configure(network, entry)) < 0 || (r = add_timer(network, &network->retry, on_retry)) < 0 ||
            (r = add_timer(network, &network->count, on_count)) < 0 || (r = add_timer(network, &network->carrier, on_carrier)) < 0 ||
            (r = add_timer(network, &network->heard, on_heard)) < 0 || (r = add_timer(network, &network->flood, on_flood)) < 0)
                return r;
        *ret = TAKE_POINTER(network);
        return 0;
}

struct network *network_retire(struct network *network) {
        set_problem(network, "link", NULL);
        set_problem(network, "flood", NULL);
        observer_forget(network->context->observer, network->segment.network);
        return network_free(network);
}

struct network *network_free(struct network *network) {
        if (!network)
                return NULL;
        interface_leave(&network->captured);
        prober_free(network->prober);
        sd_event_source_disable_unref(network->retry);
        sd_event_source_disable_unref(network->count);
        sd_event_source_disable_unref(network->carrier);
        sd_event_source_disable_unref(network->heard);
        sd_event_source_disable_unref(network->flood);
        free(network->interface);
        free(network->name);
        free(network);
        return NULL;
}
