#include "introspect/inspector_bus.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/clock.h"

static void clear_answer(struct inspector_bus *bus) {
        free(bus->error);
        json_decref(bus->reply);
        bus->error = NULL;
        bus->reply = NULL;
}

void inspector_bus_clear(struct inspector_bus *bus) {
        clear_answer(bus);
        bus->client = varlink_client_free(bus->client);
}

int inspector_bus_call(struct inspector_bus *bus, const char *path, const char *method, json_t *parameters) {
        uint64_t now = monotonic_us();
        int r = 0;

        clear_answer(bus);
        if (bus->deadline == 0)
                bus->deadline = now + INSPECTOR_BUS_TIME;
        if (!bus->client)
                r = varlink_client_connect(NULL, path, 0, &bus->client);
        if (r < 0) {
                json_decref(parameters);
                return r;
        }
        return varlink_client_call_wait(bus->client, method, parameters, bus->deadline > now ? bus->deadline - now : 0, &bus->error, &bus->reply);
}
