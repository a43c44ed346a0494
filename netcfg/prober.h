/* Asks for foreign DHCP servers on one network's interface, again and again. What they answer is seen by the capture. */
#pragma once

#include <systemd/sd-event.h>

#include "lib/macro.h"
#include "netcfg/link_state.h"

struct prober;

/* `network`: its name, borrowed, for the log. It asks nothing yet. */
int prober_new(sd_event *event, const char *network, struct prober **ret);
struct prober *prober_free(struct prober *prober);
DEFINE_CLEANUP(struct prober *, prober_free);

/* Seconds between two questions; 0: none is asked. Where that is new, the first one comes in 5 to 10 s. */
void prober_configure(struct prober *prober, unsigned interval);

/* The interface as it is now. Without carrier or MAC none is asked. */
void prober_set_link(struct prober *prober, const struct link_state *link);
