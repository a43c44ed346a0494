#include "dhcp/manager.h"

#include <errno.h>
#include <grp.h>
#include <linux/rtnetlink.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "dhcp/desired.h"
#include "dhcp/instance.h"
#include "dhcp/lease_server.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define LINK_DELAY (10 * USEC_PER_MSEC)    /* changes of interfaces come several at once */
#define PROBLEM_SPACING (500 * USEC_PER_MSEC)
#define STOP_TIMEOUT (5 * USEC_PER_SEC)
#define QUEUE_MAX 100000

struct manager {
        struct daemon *daemon;
        struct worker *worker;
        struct desired *desired;
        char *socket_path, *user, *group;
        struct instance_context context;
        struct instance **instances;
        size_t size;
        struct lease_server *server;
        int links;
        sd_event_source *link_io, *look, *settle;
        bool fresh;        /* the whole desired state follows: leases are told anew */
        bool is_pending;
        uint64_t pending; /* the revision to be reported as applied */
};

/* ---- instances ---- */

static struct instance *find_instance(const struct manager *manager, const char *name) {
        for (size_t i = 0; i < manager->size; i++)
                if (strcmp(instance_name(manager->instances[i]), name) == 0)
                        return manager->instances[i];
        return NULL;
}

static struct instance *get_instance(struct manager *manager, const char *name) {
        struct instance *instance = find_instance(manager, name);
        if (instance)
                return instance;

        struct instance **larger = reallocarray(manager->instances, manager->size + 1, sizeof *larger);
        if (!larger)
                return NULL;
        manager->instances = larger;
        int r = instance_new(&manager->context, name, &instance);
        if (r < 0) {
                log_error("network %s: %s", name, strerror(-r));
                return NULL;
        }
        return larger[manager->size++] = instance;
}

static void arm(sd_event_source *timer, uint64_t delay) {
        int enabled;
        uint64_t at, now = monotonic_us();
        if (sd_event_source_get_enabled(timer, &enabled) >= 0 && enabled != SD_EVENT_OFF && sd_event_source_get_time(timer, &at) >= 0 &&
            at <= now + delay)
                return;
        sd_event_source_set_time(timer, now + delay);
        sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void free_those_gone(struct manager *manager) {
        size_t kept = 0;
        for (size_t i = 0; i < manager->size; i++) {
                if (instance_is_gone(manager->instances[i]))
                        instance_free(manager->instances[i]);
                else
                        manager->instances[kept++] = manager->instances[i];
        }
        manager->size = kept;
}

static int on_settle(sd_event_source *source, void *userdata) {
        struct manager *manager = userdata;
        bool settled = true, problem = false;

        free_those_gone(manager);
        for (size_t i = 0; i < manager->size; i++) {
                settled = settled && instance_is_settled(manager->instances[i]);
                problem = problem || instance_has_problem(manager->instances[i]);
        }
        if (problem)
                arm(manager->look, PROBLEM_SPACING);
        if (settled && manager->is_pending) {
                manager->is_pending = false;
                worker_applied(manager->worker, manager->pending);
        }
        return 0;
}

static void on_instance_changed(void *userdata) {
        struct manager *manager = userdata;
        sd_event_source_set_enabled(manager->settle, SD_EVENT_ONESHOT);
}

static void update_all(struct manager *manager) {
        for (size_t i = 0; i < manager->size; i++)
                instance_update(manager->instances[i]);
        on_instance_changed(manager);
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata) {
        update_all(userdata);
        return 0;
}

/* ---- desired state ---- */

static void set_instances(struct manager *manager, const struct host *hosts, size_t hosts_size) {
        const json_t *networks = desired_networks(manager->desired);
        const char *name;
        json_t *network;

        for (size_t i = 0; i < manager->size; i++)
                if (!json_object_get(networks, instance_name(manager->instances[i])))
                        instance_remove(manager->instances[i]);
        json_object_foreach((json_t *) networks, name, network) {
                /* The name becomes that of files. */
                if (strchr(name, '/') || name[0] == '.' || strlen(name) > NETWORK_NAME_MAX) {
                        log_error("network %s: the name is not usable.", name);
                        continue;
                }
                struct instance *instance = get_instance(manager, name);
                if (instance)
                        instance_set(instance, network, desired_http_port(manager->desired), hosts, hosts_size);
        }
}

static void apply(struct manager *manager) {
        _cleanup_free_ struct host *hosts = NULL;
        size_t size = 0;

        if (desired_hosts(manager->desired, &hosts, &size) < 0)
                return;
        set_instances(manager, hosts, size);
        update_all(manager);
}

static void on_begin(void *userdata) {
        struct manager *manager = userdata;
        manager->fresh = true;
        desired_reset(manager->desired);
}

static void on_entry(const char *key, const json_t *entry, void *userdata) {
        struct manager *manager = userdata;
        desired_take(manager->desired, key, entry);
}

static bool on_commit(uint64_t revision, void *userdata) {
        struct manager *manager = userdata;

        apply(manager);
        if (manager->fresh)
                for (size_t i = 0; i < manager->size; i++)
                        instance_tell_leases(manager->instances[i]);
        manager->fresh = false;
        /* What was kept is no revision of pxed's. */
        manager->is_pending = revision != WORKER_KEPT;
        manager->pending = revision;
        return false;
}

/* ---- interfaces ---- */

/* What has changed is not read: each network looks for itself. */
static int on_links(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct manager *manager = userdata;
        char buffer[16384];
        while (recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0 || errno == ENOBUFS)
                errno = 0;
        arm(manager->look, LINK_DELAY);
        return 0;
}

static int watch_links(struct manager *manager) {
        const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR };

        manager->links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (manager->links < 0 || bind(manager->links, (const struct sockaddr *) &address, sizeof address) < 0)
                return -errno;
        return sd_event_add_io(daemon_event(manager->daemon), &manager->link_io, manager->links, EPOLLIN, on_links, manager);
}

/* ---- leases ---- */

static int on_lease(const struct lease_message *message, pid_t peer, char **ret_reply, void *userdata) {
        struct instance *instance = find_instance(userdata, message->network);
        return instance ? instance_handle(instance, message, peer, ret_reply) : -ENOENT;
}

static bool is_ending(void *userdata) {
        const struct manager *manager = userdata;
        for (size_t i = 0; i < manager->size; i++)
                if (instance_is_ending(manager->instances[i]))
                        return true;
        return false;
}

void manager_stop(struct daemon *daemon, void *userdata) {
        struct manager *manager = userdata;
        if (!manager)
                return;
        for (size_t i = 0; i < manager->size; i++)
                instance_stop(manager->instances[i]);
        lease_server_drain(manager->server, STOP_TIMEOUT, is_ending);
}

/* ---- explanation ---- */

/* Of those that are wanted; one that was removed may still have to end. */
static struct instance *explained_instance(const struct manager *manager, size_t index) {
        for (size_t i = 0; i < manager->size; i++)
                if (json_object_get(desired_networks(manager->desired), instance_name(manager->instances[i])) && index-- == 0)
                        return manager->instances[i];
        return NULL;
}

static const char *explained_network(void *userdata, size_t index) {
        const struct instance *instance = explained_instance(userdata, index);
        return instance ? instance_name(instance) : NULL;
}

static json_t *explained_answers(void *userdata, size_t network, const struct explain_question *question) {
        const struct manager *manager = userdata;
        _cleanup_free_ struct host *hosts = NULL;
        size_t size;

        if (desired_hosts(manager->desired, &hosts, &size) < 0)
                return NULL;
        return instance_explain(explained_instance(manager, network), hosts, size, question);
}

static int handle_explain(struct varlink_call *call, const json_t *parameters, void *userdata) {
        static const struct explain_source source = { explained_network, explained_answers };
        return explain_handle(call, parameters, &source, daemon_userdata(userdata));
}

const struct varlink_method manager_methods[] = {
        { "org.pxed.Explain.Explain", handle_explain, VARLINK_READ },
        {},
};

/* ---- its life ---- */

static int make_paths(struct manager *manager) {
        const struct passwd *user = getpwuid(geteuid());
        const struct group *group = getgrgid(getegid());

        manager->socket_path = path_join(daemon_runtime_dir(manager->daemon), "dhcp-lease.sock");
        manager->user = user ? strdup(user->pw_name) : NULL;
        manager->group = group ? strdup(group->gr_name) : NULL;
        return manager->socket_path ? 0 : -ENOMEM;
}

static int make_sources(struct manager *manager) {
        sd_event *event = daemon_event(manager->daemon);

        int r = sd_event_add_time(event, &manager->look, CLOCK_MONOTONIC, 0, 1, on_look, manager);
        if (r >= 0)
                r = sd_event_source_set_enabled(manager->look, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(event, &manager->settle, on_settle, manager);
        if (r >= 0)
                r = sd_event_source_set_enabled(manager->settle, SD_EVENT_OFF);
        if (r >= 0)
                r = watch_links(manager);
        if (r >= 0)
                r = lease_server_new(event, manager->socket_path, on_lease, manager, &manager->server);
        if (r < 0)
                log_error("Cannot start (socket %s): %s", manager->socket_path, strerror(-r));
        return r;
}

int manager_new(struct daemon *daemon, struct manager **ret) {
        _cleanup_(manager_freep) struct manager *manager = calloc(1, sizeof *manager);
        if (!manager)
                return -ENOMEM;
        manager->daemon = daemon;
        manager->links = -1;

        int r = make_paths(manager);
        if (r == 0)
                r = desired_new(&manager->desired);
        if (r == 0)
                r = make_sources(manager);
        if (r < 0)
                return r;
        manager->context = (struct instance_context) { .daemon = daemon, .lease_socket = manager->socket_path, .user = manager->user,
                                                       .group = manager->group,
                                                       .changed = on_instance_changed, .userdata = manager };

        const struct worker_options options = { .role = "dhcp", .begin = on_begin, .entry = on_entry, .commit = on_commit,
                                                .userdata = manager, .queue_max = QUEUE_MAX };
        r = worker_new(daemon, &options, &manager->worker);
        if (r < 0)
                return r;
        manager->context.worker = manager->worker;
        daemon_set_userdata(daemon, manager);
        *ret = TAKE_POINTER(manager);
        return 0;
}

struct manager *manager_free(struct manager *manager) {
        if (!manager)
                return NULL;
        daemon_set_userdata(manager->daemon, NULL);
        for (size_t i = 0; i < manager->size; i++)
                instance_free(manager->instances[i]);
        free(manager->instances);
        lease_server_free(manager->server);
        worker_free(manager->worker);
        sd_event_source_disable_unref(manager->link_io);
        sd_event_source_disable_unref(manager->look);
        sd_event_source_disable_unref(manager->settle);
        if (manager->links >= 0)
                close(manager->links);
        desired_free(manager->desired);
        free(manager->socket_path);
        free(manager->user);
        free(manager->group);
        free(manager);
        return NULL;
}
