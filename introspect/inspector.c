#include "introspect/inspector.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "introspect/inspector_http.h"
#include "lib/file.h"
#include "lib/listen.h"
#include "lib/log.h"
#include "lib/port_holder.h"
#include "lib/text.h"

#define RETRY USEC_PER_SEC
#define BACKLOG 64
#define SOCKET_SUBJECT "inspector socket"
#define ADDRESS_SUBJECT "inspector-listen"

struct inspector {
        struct daemon *daemon;
        struct inspector_api api;
        bool has_api;
        char *bus, *path;
        char *address;                       /* "": none */
        struct http_threads *local, *remote;  /* NULL: not open, though it may be wanted */
        sd_event_source *retry;
};

static int serve(struct inspector *inspector, int listened, struct http_threads **ret) {
        _cleanup_close_ int fd = listened;

        if (fd < 0)
                return fd;
        int r = inspector_http_new(&inspector->api, fd, ret);
        if (r == 0)
                TAKE_FD(fd);
        return r;
}

static void open_local(struct inspector *inspector) {
        int r = serve(inspector, listen_unix(inspector->path, 0660, find_group("pxed")), &inspector->local);

        if (r < 0)
                daemon_set_problem(inspector->daemon, SOCKET_SUBJECT, "Cannot listen on %s: %s. Controllers cannot ask by HTTP; it is tried again every second.",
                                   inspector->path, strerror(-r));
        else
                daemon_clear_problem(inspector->daemon, SOCKET_SUBJECT);
}

static void open_remote(struct inspector *inspector) {
        char holder[80];
        uint16_t port;
        struct ip ip;
        int r = ip_port_parse(inspector->address, &ip, &port);

        if (r == 0)
                r = serve(inspector, listen_tcp(&ip, port, BACKLOG), &inspector->remote);
        if (r == -EADDRINUSE)
                daemon_set_problem(inspector->daemon, ADDRESS_SUBJECT,
                                   "%s has %s: stop it, or give inspector-listen in pxed.conf another value. It is tried again every second.",
                                   port_holder_describe(PORT_TCP, &ip, port, holder, sizeof(holder)), inspector->address);
        else if (r < 0)
                daemon_set_problem(inspector->daemon, ADDRESS_SUBJECT, "Cannot listen on %s: %s. It is tried again every second.", inspector->address,
                                   strerror(-r));
        else {
                daemon_clear_problem(inspector->daemon, ADDRESS_SUBJECT);
                log_info("Controllers may ask at %s.", inspector->address);
        }
}

static void open_missing(struct inspector *inspector) {
        if (!inspector->local)
                open_local(inspector);
        if (!inspector->remote && inspector->address[0])
                open_remote(inspector);
        bool missing = !inspector->local || (!inspector->remote && inspector->address[0]);
        sd_event_source_set_time_relative(inspector->retry, RETRY);
        sd_event_source_set_enabled(inspector->retry, missing ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        open_missing(userdata);
        return 0;
}

void inspector_set_address(struct inspector *inspector, const char *address) {
        if (strcmp(inspector->address, address) == 0 || text_set(&inspector->address, address) < 0)
                return;
        inspector->remote = http_threads_free(inspector->remote);
        daemon_clear_problem(inspector->daemon, ADDRESS_SUBJECT);
        open_missing(inspector);
}

void inspector_end_stuck(struct inspector *inspector) {
        http_threads_end_stuck(inspector->local);
        http_threads_end_stuck(inspector->remote);
}

int inspector_new(struct daemon *daemon, struct inspector **ret) {
        _cleanup_(inspector_freep) struct inspector *inspector = calloc(1, sizeof(*inspector));

        if (!inspector)
                return -ENOMEM;
        inspector->daemon = daemon;
        inspector->bus = path_join(daemon_runtime_dir(daemon), "bus");
        inspector->path = path_join(daemon_runtime_dir(daemon), "inspector");
        if (!inspector->bus || !inspector->path || text_set(&inspector->address, "") < 0)
                return -ENOMEM;
        inspector_api_init(&inspector->api, inspector->bus);
        inspector->has_api = true;
        int r = sd_event_add_time_relative(daemon_event(daemon), &inspector->retry, CLOCK_MONOTONIC, RETRY, 1, on_retry, inspector);
        if (r < 0)
                return r;
        open_missing(inspector);
        *ret = TAKE_POINTER(inspector);
        return 0;
}

struct inspector *inspector_free(struct inspector *inspector) {
        if (!inspector)
                return NULL;
        http_threads_free(inspector->local);
        http_threads_free(inspector->remote);
        if (inspector->has_api)
                inspector_api_clear(&inspector->api);
        sd_event_source_disable_unref(inspector->retry);
        free(inspector->bus);
        free(inspector->path);
        free(inspector->address);
        free(inspector);
        return NULL;
}
