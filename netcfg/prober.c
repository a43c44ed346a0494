#include "netcfg/prober.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "netcfg/probe.h"

struct prober {
        const char *network;
        sd_event_source *timer;
        unsigned interval; /* seconds; 0: off */
        int index;         /* of the interface; 0: it cannot be asked there now */
        struct mac mac;
};

static uint32_t draw(void) {
        uint32_t random = 0;

        /* without randomness the questions come in step, and nothing worse */
        (void) !getrandom(&random, sizeof(random), GRND_NONBLOCK);
        return random;
}

static void arm(struct prober *prober, bool first) {
        sd_event_source_set_time_relative(prober->timer, probe_delay(prober->interval, first, draw()));
        sd_event_source_set_enabled(prober->timer, SD_EVENT_ONESHOT);
}

/* A socket for each: between two of them nothing needs to be kept, nor to be mended when the interface goes. Protocol 0: it receives nothing. */
static int ask(const struct prober *prober) {
        _cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = prober->index };
        uint8_t frame[PROBE_SIZE];

        if (fd < 0)
                return -errno;
        probe_build(&prober->mac, draw(), frame);
        return sendto(fd, frame, sizeof(frame), 0, (const struct sockaddr *) &to, sizeof(to)) < 0 ? -errno : 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct prober *prober = userdata;

        arm(prober, false);
        if (prober->index == 0)
                return 0;
        int r = ask(prober);
        if (r < 0)
                log_warning("Network %s: cannot ask for foreign DHCP servers: %s", prober->network, strerror(-r));
        return 0;
}

int prober_new(sd_event *event, const char *network, struct prober **ret) {
        _cleanup_(prober_freep) struct prober *prober = calloc(1, sizeof(*prober));

        if (!prober)
                return -ENOMEM;
        prober->network = network;
        int r = sd_event_add_time_relative(event, &prober->timer, CLOCK_MONOTONIC, 0, 0, on_timer, prober);
        if (r < 0 || (r = sd_event_source_set_enabled(prober->timer, SD_EVENT_OFF)) < 0)
                return r;
        *ret = TAKE_POINTER(prober);
        return 0;
}

struct prober *prober_free(struct prober *prober) {
        if (!prober)
                return NULL;
        sd_event_source_disable_unref(prober->timer);
        free(prober);
        return NULL;
}

void prober_configure(struct prober *prober, unsigned interval) {
        if (interval == prober->interval)
                return;
        prober->interval = interval;
        if (interval > 0)
                arm(prober, true);
        else
                sd_event_source_set_enabled(prober->timer, SD_EVENT_OFF);
}

void prober_set_link(struct prober *prober, const struct link_state *link) {
        prober->index = link->exists && link->up && link->carrier && link->has_mac ? link->index : 0;
        prober->mac = link->mac;
}
