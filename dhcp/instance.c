#include "dhcp/instance.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dhcp/conditions.h"
#include "dhcp/leases.h"
#include "dhcp/processes.h"
#include "dhcp/router.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

/* A dnsmasq that has ended leaves changes behind that its helper process still hands over. The next dnsmasq is told the leases when
 * that has ended too, or after this time. */
#define HELPER_LIMIT (3 * USEC_PER_SEC)
/* One of a daemon before this one, which is not known, makes itself known in this time after there is a socket again. */
#define HELPER_COMES (30 * USEC_PER_MSEC)
/* Changes of reservations within this time are one SIGHUP; each makes dnsmasq tell of all its leases again, for which it gets time. */
#define HANGUP_DELAY (50 * USEC_PER_MSEC)
#define HANGUP_PER_LEASE USEC_PER_MSEC
#define HANGUP_TAKES (20 * USEC_PER_MSEC)

struct instance {
        const struct instance_context *context;
        char *name, *subject;
        char *config_path, *hosts_path, *leases_path;

        bool removed, usable; /* usable: `network` is filled, and not DHCP_OFF */
        bool has_problem;
        char refusal[256];    /* why it is not usable; "": it is off */
        struct network network;
        unsigned http_port;

        char *dnsmasq, *helper;
        char *config, *hosts;      /* as written */
        char *hosts_wanted;        /* to be written; NULL: as `hosts` */
        bool config_news;          /* written, and not read by the dnsmasq that runs */
        bool hosts_news;           /* likewise */
        struct leases *leases;
        struct child *child;
        struct router *router;
        unsigned interface;        /* index that dnsmasq was started on */
        bool was_told;             /* this dnsmasq has asked for the leases and got them */
        uint64_t asked;            /* when it asked first; 0: it has not */
        pid_t group;               /* process group of the dnsmasq that runs, or ran last */
        pid_t earlier_group;       /* of one that has ended and may still hand over changes; 0: none */
        uint64_t hung_up;          /* last SIGHUP, monotonic */
        sd_event_source *hangup;
};

static void tell_changed(struct instance *instance) {
        if (instance->context->changed)
                instance->context->changed(instance->context->userdata);
}

static void _printf_(2, 3) set_problem(struct instance *instance, const char *format, ...) {
        char text[512];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        instance->has_problem = true;
        daemon_set_problem(instance->context->daemon, instance->subject, "%s", text);
}

static void clear_problem(struct instance *instance) {
        instance->has_problem = false;
        daemon_clear_problem(instance->context->daemon, instance->subject);
}

/* ---- dnsmasq ---- */

static bool is_running(const struct instance *instance) {
        return instance->child && child_get_state(instance->child) != CHILD_STOPPED;
}

/* It has read its files and got its leases, and what machines send to the port comes to it. */
static int is_ready(struct child *child, pid_t pid, void *userdata) {
        struct instance *instance = userdata;
        return instance->was_told && conditions_ports_held(&instance->network, instance->interface, pid);
}

static void send_hangup(struct instance *instance) {
        instance->hosts_news = false;
        instance->hung_up = monotonic_us();
        child_signal(instance->child, SIGHUP);
        log_debug("%s: reads reservations again.", instance->subject);
        /* When the timer comes again, it has. */
        sd_event_source_set_time_relative(instance->hangup, HANGUP_TAKES);
        sd_event_source_set_enabled(instance->hangup, SD_EVENT_ONESHOT);
}

static bool hangup_is_armed(const struct instance *instance) {
        int enabled;
        return sd_event_source_get_enabled(instance->hangup, &enabled) >= 0 && enabled != SD_EVENT_OFF;
}

static int on_hangup(sd_event_source *source, uint64_t usec, void *userdata) {
        struct instance *instance = userdata;
        if (instance->hosts_news && instance->child && child_get_state(instance->child) == CHILD_READY)
                send_hangup(instance);
        else
                tell_changed(instance);
        return 0;
}

static void schedule_hangup(struct instance *instance) {
        if (!instance->hosts_news || hangup_is_armed(instance))
                return;
        uint64_t at = monotonic_us() + HANGUP_DELAY;
        uint64_t spaced = instance->hung_up + HANGUP_PER_LEASE * (instance->leases ? leases_size(instance->leases) : 0);
        sd_event_source_set_time(instance->hangup, at > spaced ? at : spaced);
        sd_event_source_set_enabled(instance->hangup, SD_EVENT_ONESHOT);
}

static void tell_crash_loop(struct instance *instance) {
        set_problem(instance, "dnsmasq ends again and again, and is started again until it stays: %s",
                    child_get_reason(instance->child) ?: "it says nothing");
}

static void on_child_changed(struct child *child, void *userdata) {
        struct instance *instance = userdata;

        switch (child_get_state(child)) {
        case CHILD_STARTING:
                instance->was_told = false;
                instance->asked = 0;
                if (child_get_pid(child) != instance->group)
                        instance->earlier_group = instance->group;
                instance->group = child_get_pid(child);
                break;
        case CHILD_READY:
                instance->config_news = false;
                schedule_hangup(instance);
                break;
        default:
                break;
        }
        daemon_status_changed(instance->context->daemon);
        if (child_is_crash_loop(child) && is_running(instance))
                tell_crash_loop(instance);
        tell_changed(instance);
}

static int make_child(struct instance *instance) {
        char socket[512], network[128], config[512];
        const char *argv[] = { instance->dnsmasq, config, NULL };
        const char *environment[] = { socket, network, NULL };
        _cleanup_free_ char *name = NULL;

        snprintf(socket, sizeof socket, LEASE_SOCKET_VARIABLE "=%s", instance->context->lease_socket);
        snprintf(network, sizeof network, LEASE_NETWORK_VARIABLE "=%s", instance->name);
        snprintf(config, sizeof config, "--conf-file=%s", instance->config_path);
        if (asprintf(&name, "dnsmasq:%s", instance->name) < 0)
                return -ENOMEM;
        const struct child_options options = { .name = name, .argv = argv, .environment = environment, .ready = is_ready,
                                               .changed = on_child_changed, .userdata = instance };
        int r = child_new(daemon_event(instance->context->daemon), &options, &instance->child);
        if (r < 0)
                return r;
        return daemon_add_child(instance->context->daemon, instance->child);
}

static void stop_child(struct instance *instance) {
        instance->router = router_free(instance->router);
        if (instance->child)
                child_stop(instance->child);
}

/* ---- files ---- */

/* Writes `text` where it is not what was written before; *written takes it over. 1: written. */
static int replace_file(const char *path, char *text, char **written) {
        _cleanup_free_ char *fresh = text;
        if (!fresh)
                return -ENOMEM;
        if (*written && strcmp(*written, fresh) == 0)
                return 0;
        int r = file_write(path, fresh, strlen(fresh), 0640, false);
        if (r < 0)
                return r;
        free(*written);
        *written = TAKE_POINTER(fresh);
        return 1;
}

static int write_config(struct instance *instance) {
        const struct config_inputs inputs = { .network = &instance->network, .http_port = instance->http_port,
                                              .hosts_file = instance->hosts_path, .helper = instance->helper, .user = instance->context->user,
                                              .group = instance->context->group };
        int r = replace_file(instance->config_path, config_text(&inputs), &instance->config);
        if (r > 0)
                instance->config_news = true;
        return r < 0 ? r : 0;
}

static int write_hosts(struct instance *instance) {
        if (!instance->hosts_wanted)
                return 0;
        int r = replace_file(instance->hosts_path, TAKE_POINTER(instance->hosts_wanted), &instance->hosts);
        if (r > 0 && is_running(instance)) {
                instance->hosts_news = true;
                if (child_get_state(instance->child) == CHILD_READY)
                        schedule_hangup(instance);
        }
        return r < 0 ? r : 0;
}

/* ---- what it shall be ---- */

void instance_set(struct instance *instance, const json_t *network, unsigned http_port, const struct host *hosts, size_t hosts_size) {
        struct network parsed;

        instance->removed = false;
        instance->refusal[0] = '\0';
        int r = network_parse(network, &parsed, instance->refusal, sizeof instance->refusal);
        instance->usable = r == 0 && parsed.mode != DHCP_OFF;
        if (!instance->usable)
                return;
        instance->network = parsed;
        instance->http_port = http_port;
        free(instance->hosts_wanted);
        instance->hosts_wanted = hosts_text(&instance->network, hosts, hosts_size);
}

void instance_remove(struct instance *instance) {
        instance->removed = true;
        instance->usable = false;
        instance->refusal[0] = '\0';
}

bool instance_is_gone(const struct instance *instance) {
        return instance->removed && (!instance->child || child_get_pid(instance->child) == 0);
}

static int prepare(struct instance *instance) {
        const char *path = instance->config_path;
        int r = write_config(instance);

        if (r == 0) {
                path = instance->hosts_path;
                r = write_hosts(instance);
        }
        if (r < 0) {
                set_problem(instance, "cannot write %s: %s; make room or repair the disk", path, strerror(-r));
                return r;
        }
        if (!instance->leases && (r = leases_new(instance->context->daemon, instance->name, instance->leases_path, &instance->leases)) < 0) {
                set_problem(instance, "cannot read the leases in %s: %s; repair the disk, or remove the file to start without leases",
                            instance->leases_path, strerror(-r));
                return r;
        }
        leases_set_worker(instance->leases, instance->context->worker);
        return instance->child ? 0 : make_child(instance);
}

static void start_router(struct instance *instance) {
        if (instance->router)
                return;
        int r = router_new(daemon_event(instance->context->daemon), instance->network.interface, &instance->router);
        if (r < 0)
                log_notice("%s: cannot answer router solicitations (%s); without another router iPXE waits some 15 s for one.", instance->subject,
                           strerror(-r));
}

static int start(struct instance *instance, unsigned interface) {
        int r = prepare(instance);
        if (r < 0)
                return r;
        bool running = is_running(instance);
        if (!running || instance->config_news) {
                instance->config_news = instance->hosts_news = false;
                instance->interface = interface;
                if (running)
                        child_restart(instance->child);
                else
                        child_start(instance->child);
        }
        start_router(instance);
        return 0;
}

static void look_for_programs(struct instance *instance) {
        if (!instance->dnsmasq)
                instance->dnsmasq = find_dnsmasq();
        if (!instance->helper)
                instance->helper = find_helper();
}

void instance_update(struct instance *instance) {
        struct conditions c;
        char text[256];

        if (!instance->usable) {
                stop_child(instance);
                if (instance->refusal[0])
                        set_problem(instance, "%s", instance->refusal);
                else
                        clear_problem(instance);
                return;
        }

        look_for_programs(instance);
        bool running = is_running(instance);
        pid_t pid = instance->child ? child_get_pid(instance->child) : 0;
        conditions_look(&instance->network, instance->dnsmasq, instance->helper, pid, &c);

        /* Bound to an interface that is gone, even when another of that name has come. */
        if (running && c.interface != instance->interface) {
                stop_child(instance);
                running = false;
        }
        bool blocked = conditions_explain(&instance->network, &c, text, sizeof text);
        if ((running || !blocked) && start(instance, c.interface) < 0)
                return;
        if (blocked)
                set_problem(instance, "%s", text);
        else if (child_is_crash_loop(instance->child))
                tell_crash_loop(instance);
        else
                clear_problem(instance);
}

bool instance_is_settled(const struct instance *instance) {
        if (!instance->usable)
                return !is_running(instance);
        if (instance->has_problem)
                return true;
        return !hangup_is_armed(instance) && !instance->hosts_news && instance->child &&
               child_get_state(instance->child) != CHILD_STARTING;
}

bool instance_has_problem(const struct instance *instance) {
        return instance->has_problem;
}

const char *instance_name(const struct instance *instance) {
        return instance->name;
}

/* ---- explanation ---- */

/* Why dnsmasq would not answer now; NULL: it would. */
static const char *silence_of(const struct instance *instance) {
        if (instance->has_problem)
                return daemon_problem(instance->context->daemon, instance->subject);
        if (!instance->child || child_get_state(instance->child) != CHILD_READY)
                return "it is being started";
        return NULL;
}

json_t *instance_explain(struct instance *instance, const struct host *hosts, size_t hosts_size, const struct explain_question *question) {
        /* One that is off, or not usable, has no more than its name. */
        struct network unused = { .mode = DHCP_OFF };
        const struct explain_inputs inputs = {
                .choice = { .network = instance->usable ? &instance->network : &unused, .hosts = hosts, .hosts_size = hosts_size,
                            .leases = instance->leases ? leases_table(instance->leases) : NULL, .now = realtime_us() / USEC_PER_SEC },
                .http_port = instance->http_port,
                .problem = instance->usable ? silence_of(instance) : instance->refusal[0] ? instance->refusal : NULL,
        };
        snprintf(unused.name, sizeof unused.name, "%s", instance->name);
        return explain_dhcp(&inputs, question);
}

/* ---- leases ---- */

static int give_leases(struct instance *instance, char **ret_reply) {
        uint64_t now = monotonic_us();

        if (instance->asked == 0)
                instance->asked = now;
        if (now - leases_opened(instance->leases) < HELPER_COMES)
                return -EAGAIN;
        if (process_group_runs(instance->earlier_group) && now - instance->asked < HELPER_LIMIT)
                return -EAGAIN;
        instance->earlier_group = 0;
        *ret_reply = leases_text(instance->leases);
        if (!*ret_reply)
                return -ENOMEM;
        instance->was_told = true;
        return 0;
}

int instance_handle(struct instance *instance, const struct lease_message *message, pid_t peer, char **ret_reply) {
        if (!instance->leases)
                return -ENOENT;
        if (message->action == LEASE_INIT)
                return give_leases(instance, ret_reply);
        pid_t group = getpgid(peer);
        if (group > 0 && group != instance->group)
                instance->earlier_group = group;
        leases_change(instance->leases, message->action, &message->lease);
        return 0;
}

void instance_tell_leases(struct instance *instance) {
        if (!instance->leases)
                return;
        leases_set_worker(instance->leases, instance->context->worker);
        leases_tell_all(instance->leases);
}

/* ---- its life ---- */

int instance_new(const struct instance_context *context, const char *name, struct instance **ret) {
        _cleanup_(instance_freep) struct instance *instance = calloc(1, sizeof *instance);
        const char *folder = daemon_state_dir(context->daemon);
        if (!instance)
                return -ENOMEM;

        instance->context = context;
        instance->name = strdup(name);
        if (!instance->name || asprintf(&instance->subject, "network %s", name) < 0 ||
            asprintf(&instance->config_path, "%s/%s.conf", folder, name) < 0 || asprintf(&instance->hosts_path, "%s/%s.hosts", folder, name) < 0 ||
            asprintf(&instance->leases_path, "%s/%s.leases", folder, name) < 0)
                return -ENOMEM;
        int r = sd_event_add_time(daemon_event(context->daemon), &instance->hangup, CLOCK_MONOTONIC, 0, 1, on_hangup, instance);
        if (r < 0)
                return r;
        sd_event_source_set_enabled(instance->hangup, SD_EVENT_OFF);
        *ret = TAKE_POINTER(instance);
        return 0;
}

struct instance *instance_free(struct instance *instance) {
        if (!instance)
                return NULL;
        if (instance->child)
                daemon_remove_child(instance->context->daemon, instance->child);
        child_free(instance->child);
        router_free(instance->router);
        leases_free(instance->leases);
        if (instance->subject)
                daemon_clear_problem(instance->context->daemon, instance->subject);
        if (instance->removed) {
                unlink(instance->config_path);
                unlink(instance->hosts_path);
        }
        sd_event_source_disable_unref(instance->hangup);
        free(instance->dnsmasq);
        free(instance->helper);
        free(instance->config);
        free(instance->hosts);
        free(instance->hosts_wanted);
        free(instance->name);
        free(instance->subject);
        free(instance->config_path);
        free(instance->hosts_path);
        free(instance->leases_path);
        free(instance);
        return NULL;
}

void instance_stop(struct instance *instance) {
        stop_child(instance);
}

bool instance_is_ending(const struct instance *instance) {
        return process_group_runs(instance->group) || process_group_runs(instance->earlier_group);
}
