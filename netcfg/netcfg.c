#include "netcfg/netcfg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/worker.h"
#include "netcfg/capture_files.h"
#include "netcfg/host.h"
#include "netcfg/manage.h"
#include "netcfg/network.h"
#include "netcfg/report.h"

#define NETWORKS_MAX 256
/* Events of the kernel come in groups (an interface is made, named, set up, given an address): one reading for all. */
#define REFRESH_DELAY (10 * USEC_PER_MSEC)
/* Where events were lost there are too many: a flood must not make the kernel's tables be read all the time. */
#define LOST_DELAY (200 * USEC_PER_MSEC)
/* Sightings a second: what a flood may cost pxed. What is over waits, and is told with what was seen meanwhile. */
#define SIGHTINGS_RATE 200
#define SIGHTINGS_BURST 2000
#define SIGHTINGS_DELAY (50 * USEC_PER_MSEC)
/* Likewise of foreign DHCP servers: an answer may name any server. */
#define FOREIGN_RATE 10
#define FOREIGN_BURST 50

struct netcfg {
        struct network_context context;
        struct machine_packets *packets;
        struct capture_files *files;
        struct network *networks[NETWORKS_MAX]; /* by id */
        bool stale[NETWORKS_MAX];               /* its interface may have changed */
        bool all_stale;                         /* each one, and their neighbours */
        struct manage *manage;
        bool manage_stale; /* a plan may have changed */
        json_t *wanted;                         /* name: type Network */
        sd_event_source *refresh, *drain, *expire;
        struct bucket sightings, foreign;
};

#define FOREACH_NETWORK(netcfg, id) \
        for (uint16_t id = 0; id < NETWORKS_MAX; id++) \
                if ((netcfg)->networks[id])

/* One that is to ring sooner stays. */
static void arm(sd_event_source *timer, uint64_t delay) {
        uint64_t wanted = monotonic_us() + delay, set = 0;
        int enabled = SD_EVENT_OFF;

        sd_event_source_get_enabled(timer, &enabled);
        if (enabled != SD_EVENT_OFF && sd_event_source_get_time(timer, &set) >= 0 && set <= wanted)
                return;
        sd_event_source_set_time(timer, wanted);
        sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* ---- what is seen goes to pxed */

static void on_step(const struct step *step, void *userdata) {
        struct netcfg *netcfg = userdata;
        char key[64], mac[MAC_TEXT_SIZE];

        /* Only a transfer is told again as it goes on. */
        snprintf(key, sizeof(key), "tftp/%s/%llu", mac_format(&step->mac, mac), (unsigned long long) step->time);
        worker_observe(netcfg->context.worker, "step", step->kind == STEP_TFTP ? key : NULL, step->time,
                       report_step(step, network_name(netcfg->networks[step->network])));
}

static void observe_sighting(struct netcfg *netcfg, const struct sighting *sighting) {
        const char *network = network_name(netcfg->networks[sighting->network]);
        char key[256], mac[MAC_TEXT_SIZE];

        snprintf(key, sizeof(key), "sighting/%s/%d/%s", mac_format(&sighting->mac, mac), sighting->vlan, network);
        worker_observe(netcfg->context.worker, "sighting", key, sighting->last, report_sighting(sighting, network));
}

static void drain_sightings(struct netcfg *netcfg) {
        struct sightings *sightings = observer_sightings(netcfg->context.observer);
        struct sighting sighting;
        uint64_t now = monotonic_us();

        while (sightings_is_due(sightings)) {
                if (!bucket_take(&netcfg->sightings, SIGHTINGS_RATE, SIGHTINGS_BURST, now)) {
                        arm(netcfg->drain, SIGHTINGS_DELAY);
                        return;
                }
                if (sightings_take(sightings, &sighting))
                        observe_sighting(netcfg, &sighting);
        }
}

static void drain_foreign(struct netcfg *netcfg) {
        struct foreign *foreign = observer_foreign(netcfg->context.observer);
        struct foreign_server server;
        char key[256], address[IP_TEXT_SIZE];

        while (foreign_is_due(foreign)) {
                if (!bucket_take(&netcfg->foreign, FOREIGN_RATE, FOREIGN_BURST, monotonic_us())) {
                        arm(netcfg->drain, SIGHTINGS_DELAY);
                        return;
                }
                if (!foreign_take(foreign, realtime_us(), &server))
                        return;
                const char *network = network_name(netcfg->networks[server.network]);
                snprintf(key, sizeof(key), "foreign/%s/%d/%s", ip_format(&server.address, address), server.vlan, network);
                worker_observe(netcfg->context.worker, "foreignServer", key, server.last, report_foreign_server(&server, network));
        }
}

static void drain_conflicts(struct netcfg *netcfg) {
        struct address_conflict conflict;

        while (claims_take(observer_claims(netcfg->context.observer), &conflict)) {
                const struct network *network = netcfg->networks[conflict.network];
                for (unsigned i = 0; i < conflict.mac_count; i++)
                        if (memcmp(&conflict.macs[i], &CLAIMER_APPLIANCE, sizeof(conflict.macs[i])) == 0)
                                conflict.macs[i] = *network_mac(network);
                worker_observe(netcfg->context.worker, "addressConflict", NULL, conflict.time,
                               report_address_conflict(&conflict, network_name(network)));
        }
}

static void drain(struct netcfg *netcfg) {
        drain_foreign(netcfg);
        drain_conflicts(netcfg);
        drain_sightings(netcfg);
}

static int on_drain(sd_event_source *source, uint64_t usec, void *userdata) {
        drain(userdata);
        return 0;
}

static void on_frame(struct segment *segment, const struct captured_packet *packet, void *userdata) {
        const struct netcfg *netcfg = userdata;

        machine_packets_add(netcfg->packets, &segment->own, packet);
        observer_frame(netcfg->context.observer, segment, packet->interface, packet->bytes, packet->size, packet->time);
}

static void on_delivered(void *userdata) {
        drain(userdata);
}

/* ---- what is announced on the interfaces */

static void on_lost(const char *interface, void *userdata) {
        const struct netcfg *netcfg = userdata;

        neighbours_forget(observer_neighbours(netcfg->context.observer), interface);
}

static void await_expiry(struct netcfg *netcfg) {
        uint64_t next = neighbours_next_expiry(observer_neighbours(netcfg->context.observer)), now = realtime_us();

        sd_event_source_set_enabled(netcfg->expire, SD_EVENT_OFF);
        if (next != UINT64_MAX)
                arm(netcfg->expire, next > now ? next - now : 0);
}

static void on_heard(const char *interface, void *userdata) {
        struct netcfg *netcfg = userdata;

        FOREACH_NETWORK(netcfg, id)
                network_heard(netcfg->networks[id], interface);
        await_expiry(netcfg);
}

static int on_expire(sd_event_source *source, uint64_t usec, void *userdata) {
        struct netcfg *netcfg = userdata;

        neighbours_expire(observer_neighbours(netcfg->context.observer), realtime_us());
        await_expiry(netcfg);
        return 0;
}

/* ---- what the kernel says */

/* Who else answers DHCP is told from what this host has: on any interface, and now. */
static void refresh_own(struct netcfg *netcfg) {
        struct own *own = observer_own(netcfg->context.observer);

        own_clear(own);
        FOREACH_NETWORK(netcfg, id)
                network_add_own(netcfg->networks[id], own);
        int r = host_read(own);
        if (r < 0)
                log_warning("Cannot read this host's addresses: %s", strerror(-r));
}

static int on_refresh(sd_event_source *source, uint64_t usec, void *userdata) {
        struct netcfg *netcfg = userdata;
        bool all = netcfg->all_stale;

        netcfg->all_stale = false;
        refresh_own(netcfg);
        FOREACH_NETWORK(netcfg, id) {
                if (all || netcfg->stale[id])
                        network_refresh(netcfg->networks[id]);
                if (all)
                        network_read_neighbours(netcfg->networks[id]);
                netcfg->stale[id] = false;
        }
        interfaces_refresh(netcfg->context.interfaces);
        if (netcfg->manage_stale)
                manage_run(netcfg->manage);
        netcfg->manage_stale = false;
        drain(netcfg);
        return 0;
}

static void on_link_changed(int index, const char *name, int master, const struct mac *mac, void *userdata) {
        struct netcfg *netcfg = userdata;

        if (index == 0)
                netcfg->all_stale = true;
        FOREACH_NETWORK(netcfg, id)
                if (network_has_link(netcfg->networks[id], index, name)) {
                        netcfg->stale[id] = true;
                        if (mac)
                                own_note_mac(observer_own(netcfg->context.observer), mac);
                        arm(netcfg->refresh, index == 0 ? LOST_DELAY : REFRESH_DELAY);
                }
        if (manage_has_link(netcfg->manage, index, name)) {
                netcfg->manage_stale = true;
                arm(netcfg->refresh, index == 0 ? LOST_DELAY : REFRESH_DELAY);
        }
        netcfg->manage_stale |= manage_is_unsettled(netcfg->manage);
        if (interfaces_changed(netcfg->context.interfaces, index, name, master))
                arm(netcfg->refresh, index == 0 ? LOST_DELAY : REFRESH_DELAY);
        arm(netcfg->refresh, LOST_DELAY);
}

static void on_neighbour(int index, const struct mac *mac, const struct ip *address, bool confirmed, void *userdata) {
        struct netcfg *netcfg = userdata;

        FOREACH_NETWORK(netcfg, id)
                if (network_has_link(netcfg->networks[id], index, NULL)) {
                        network_neighbour(netcfg->networks[id], mac, address, confirmed);
                        arm(netcfg->drain, SIGHTINGS_DELAY);
                }
}

/* ---- what pxed says */

static void on_begin(void *userdata) {
        struct netcfg *netcfg = userdata;

        json_object_clear(netcfg->wanted);
        capture_files_begin(netcfg->files);
        FOREACH_NETWORK(netcfg, id)
                network_announce(netcfg->networks[id]);
}

static void on_entry(const char *key, const json_t *entry, void *userdata) {
        struct netcfg *netcfg = userdata;
        json_t *network = json_get_object(entry, "network");

        if (strncmp(key, "capture/", 8) == 0)
                capture_files_want(netcfg->files, key + 8, json_get_object(entry, "capture"));
        if (strncmp(key, "network/", 8) != 0)
                return;
        if (network)
                json_object_set(netcfg->wanted, key + 8, network);
        else
                json_object_del(netcfg->wanted, key + 8);
}

static struct network **find_network(struct netcfg *netcfg, const char *name) {
        FOREACH_NETWORK(netcfg, id)
                if (strcmp(network_name(netcfg->networks[id]), name) == 0)
                        return &netcfg->networks[id];
        return NULL;
}

static int apply_network(struct netcfg *netcfg, const char *name, const json_t *entry) {
        struct network **place = find_network(netcfg, name);
        uint16_t id = 0;

        if (place)
                return network_configure(*place, entry);
        while (id < NETWORKS_MAX && netcfg->networks[id])
                id++;
        if (id == NETWORKS_MAX)
                return -E2BIG;
        return network_new(&netcfg->context, id, entry, &netcfg->networks[id]);
}

static bool on_commit(uint64_t revision, void *userdata) {
        struct netcfg *netcfg = userdata;
        const char *name;
        json_t *entry;

        FOREACH_NETWORK(netcfg, id)
                if (!json_object_get(netcfg->wanted, network_name(netcfg->networks[id]))) {
                        log_info("Network %s is not watched any more.", network_name(netcfg->networks[id]));
                        netcfg->networks[id] = network_retire(netcfg->networks[id]);
                }
        json_object_foreach(netcfg->wanted, name, entry) {
                int r = apply_network(netcfg, name, entry);
                if (r < 0)
                        log_error("Cannot watch network %s: %s", name, strerror(-r));
        }
        refresh_own(netcfg);
        FOREACH_NETWORK(netcfg, id)
                network_refresh(netcfg->networks[id]);
        interfaces_refresh(netcfg->context.interfaces);
        capture_files_commit(netcfg->files, revision != WORKER_KEPT);
        if (manage_configure(netcfg->manage, netcfg->wanted) < 0)
                log_error("Cannot manage interfaces as the configuration says now: %s", strerror(ENOMEM));
        manage_run(netcfg->manage);
        drain(netcfg);
        return true;
}

/* ---- life */

static int add_timer(struct netcfg *netcfg, sd_event_source **ret, sd_event_time_handler_t handler) {
        int r = sd_event_add_time_relative(daemon_event(netcfg->context.daemon), ret, CLOCK_MONOTONIC, 0, 1, handler, netcfg);

        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int set_up(struct netcfg *netcfg) {
        const struct links_handlers handlers = { on_link_changed, on_neighbour, netcfg };
        const struct interface_handlers frames = { on_frame, on_delivered, on_lost, netcfg };
        const struct worker_options options = {
                .role = "netcfg",
                .begin = on_begin,
                .entry = on_entry,
                .commit = on_commit,
                .userdata = netcfg,
        };
        uint64_t seed;
        int r;

        if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                return -EIO;
        if ((r = add_timer(netcfg, &netcfg->refresh, on_refresh)) < 0 || (r = add_timer(netcfg, &netcfg->drain, on_drain)) < 0 ||
            (r = add_timer(netcfg, &netcfg->expire, on_expire)) < 0 ||
            (r = observer_new(SIGHTINGS_MAX, seed, on_step, netcfg, &netcfg->context.observer)) < 0 ||
            (r = links_new(daemon_event(netcfg->context.daemon), &handlers, &netcfg->context.links)) < 0 ||
            (r = interfaces_new(netcfg->context.daemon, netcfg->context.links, &frames, &netcfg->context.interfaces)) < 0)
                return r;
        neighbours_listen(observer_neighbours(netcfg->context.observer), on_heard, netcfg);
        if ((r = machine_packets_new(seed, &netcfg->packets)) < 0 ||
            (r = worker_new(netcfg->context.daemon, &options, &netcfg->context.worker)) < 0 ||
            (r = manage_new(netcfg->context.daemon, netcfg->context.worker, &netcfg->manage)) < 0)
                return r;
        return capture_files_new(netcfg->context.daemon, netcfg->context.worker, netcfg->packets, &netcfg->files);
}

int netcfg_new(struct daemon *daemon, struct netcfg **ret) {
        _cleanup_(netcfg_freep) struct netcfg *netcfg = calloc(1, sizeof(*netcfg));

        if (!netcfg)
                return -ENOMEM;
        netcfg->context = (struct network_context) { .daemon = daemon };
        if (!(netcfg->wanted = json_object()))
                return -ENOMEM;
        int r = set_up(netcfg);
        if (r < 0) {
                log_error("Cannot set up: %s", strerror(-r));
                return r;
        }
        daemon_set_userdata(daemon, netcfg->packets);
        *ret = TAKE_POINTER(netcfg);
        return 0;
}

struct netcfg *netcfg_free(struct netcfg *netcfg) {
        if (!netcfg)
                return NULL;
        for (size_t id = 0; id < NETWORKS_MAX; id++)
                network_free(netcfg->networks[id]);
        interfaces_free(netcfg->context.interfaces);
        capture_files_free(netcfg->files);
        machine_packets_free(netcfg->packets);
        manage_free(netcfg->manage);
        worker_free(netcfg->context.worker);
        links_free(netcfg->context.links);
        observer_free(netcfg->context.observer);
        sd_event_source_disable_unref(netcfg->refresh);
        sd_event_source_disable_unref(netcfg->drain);
        sd_event_source_disable_unref(netcfg->expire);
        json_decref(netcfg->wanted);
        free(netcfg);
        return NULL;
}
