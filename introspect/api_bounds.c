/* What one machine may have of all: posts beyond it are told to come again, and the operator is told of the machine. */
#include <stdio.h>

#include "introspect/api_internal.h"

#define WORDS_SIZE 256
#define WAITING_RETRY 10

static struct poster poster_of(const struct api_request *request) {
        return (struct poster) { .mac = request->token.mac, .proven = !request->without_token };
}

/* 503, not 429: for an ironic-python-agent all from 400 to 499 but 409 is final. */
static void postpone(struct api *api, struct api_request *request, unsigned seconds, const char *message) {
        struct poster poster = poster_of(request);
        unsigned refused;

        api_postpone(api, request, 503, seconds, "%s", message);
        if (post_rate_tells(api->rate, &poster, request->monotonic, &refused))
                api_note(api, request, NOTE_FLOOD, "503 to %s %.64s, %u time%s: %s", request->method, request->target.path, refused,
                         refused == 1 ? "" : "s", message);
}

bool api_may_post(struct api *api, struct api_request *request) {
        struct poster poster = poster_of(request);
        char message[WORDS_SIZE];
        uint64_t wait;

        if (post_rate_allows(api->rate, &poster, request->monotonic, &wait))
                return true;
        unsigned seconds = (unsigned) ((wait + USEC_PER_SEC - 1) / USEC_PER_SEC);
        snprintf(message, sizeof(message), "this machine posts inventories too often: after %d at once one in %u s is taken; try again in %u s",
                 POST_RATE_BURST, (unsigned) (POST_RATE_EVERY / USEC_PER_SEC), seconds);
        postpone(api, request, seconds, message);
        return false;
}

void api_refuse_waiting(struct api *api, struct api_request *request) {
        postpone(api, request, WAITING_RETRY, "as many inventories of this machine as one machine may have wait for pxed already: try again");
}
