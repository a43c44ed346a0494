/* The methods of the bus, who may call them, and the sockets. */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/listen.h"
#include "lib/log.h"
#include "pxed/api.h"

#define MESSAGE_MAX ((size_t) 1024 * 1024)
/* A report that carries an inventory: pxed-introspect accepts those that make 22 MiB with what it read from them. */
#define LARGE_MESSAGE_MAX ((size_t) 24 * 1024 * 1024)

static const struct varlink_method methods[] = {
        { "org.pxed.Appliance.GetStatus", api_appliance_get_status, VARLINK_READ },
        { "org.pxed.Appliance.Reload", api_appliance_reload, 0 },
        { "org.pxed.Boot.List", api_boot_list, VARLINK_READ },
        { "org.pxed.Boot.Get", api_boot_get, VARLINK_READ },
        { "org.pxed.Boot.Diagnose", api_boot_diagnose, VARLINK_READ },
        { "org.pxed.Boot.Watch", api_boot_watch, VARLINK_READ | VARLINK_MORE },
        { "org.pxed.Event.Watch", api_event_watch, VARLINK_READ | VARLINK_MORE_ALLOWED },
        { "org.pxed.Inventory.Get", api_inventory_get, VARLINK_READ | VARLINK_GATEWAY },
        { "org.pxed.Inventory.GetRaw", api_inventory_get_raw, VARLINK_READ | VARLINK_GATEWAY },
        { "org.pxed.Inventory.List", api_inventory_list, VARLINK_READ },
        { "org.pxed.Inventory.Diff", api_inventory_diff, VARLINK_READ },
        { "org.pxed.Inventory.Query", api_inventory_query, VARLINK_READ },
        { "org.pxed.Inventory.Export", api_inventory_export, VARLINK_READ },
        { "org.pxed.Network.List", api_network_list, VARLINK_READ },
        { "org.pxed.Network.ListLeases", api_network_list_leases, VARLINK_READ },
        { "org.pxed.Network.ListSightings", api_network_list_sightings, VARLINK_READ },
        { "org.pxed.Node.List", api_node_list, VARLINK_READ | VARLINK_GATEWAY },
        { "org.pxed.Node.Get", api_node_get, VARLINK_READ | VARLINK_GATEWAY },
        { "org.pxed.Node.Create", api_node_create, 0 },
        { "org.pxed.Node.Update", api_node_update, 0 },
        { "org.pxed.Node.SetBoot", api_node_set_boot, 0 },
        { "org.pxed.Node.ClearBoot", api_node_clear_boot, 0 },
        { "org.pxed.Node.Inspect", api_node_inspect, VARLINK_GATEWAY },
        { "org.pxed.Node.GetAgent", api_node_get_agent, 0 },
        { "org.pxed.Node.Reapply", api_node_reapply, VARLINK_GATEWAY },
        { "org.pxed.Node.AbortInspection", api_node_abort_inspection, VARLINK_GATEWAY },
        { "org.pxed.Node.Delete", api_node_delete, 0 },
        { "org.pxed.Node.SetPort", api_node_set_port, 0 },
        { "org.pxed.Node.SelectPort", api_node_select_port, VARLINK_READ },
        { "org.pxed.Node.Explain", api_node_explain, VARLINK_READ },
        { "org.pxed.Profile.List", api_profile_list, VARLINK_READ },
        { "org.pxed.Profile.Get", api_profile_get, VARLINK_READ },
        { "org.pxed.Profile.Set", api_profile_set, 0 },
        { "org.pxed.Profile.Delete", api_profile_delete, 0 },
        { "org.pxed.Rule.List", api_rule_list, VARLINK_READ },
        { "org.pxed.Rule.Get", api_rule_get, VARLINK_READ },
        { "org.pxed.Rule.Set", api_rule_set, 0 },
        { "org.pxed.Rule.Delete", api_rule_delete, 0 },
        { "org.pxed.Rule.Test", api_rule_test, VARLINK_READ },
        { "org.pxed.Worker.Watch", api_worker_watch, VARLINK_WORKER | VARLINK_MORE },
        { "org.pxed.Worker.Report", api_worker_report, VARLINK_WORKER | VARLINK_LARGE },
        { NULL, NULL, 0 },
};

static bool authorize(const struct varlink_peer *peer, const struct varlink_method *method, int listener, void *userdata) {
        const struct manager *m = userdata;
        return access_method(&m->users, (enum listener) listener, peer->uid, method->flags);
}

static bool may_be_large(const struct varlink_peer *peer, int listener, void *userdata) {
        const struct manager *m = userdata;
        return listener == LISTENER_BUS && access_role(&m->users, peer->uid, ROLE_INTROSPECT);
}

void bus_find_users(const struct settings *settings, struct access_users *ret) {
        ret->own = geteuid();
        for (int role = 0; role < ROLE_COUNT; role++) {
                const struct passwd *user = getpwnam(settings->users[role]);
                ret->workers[role] = user ? user->pw_uid : (uid_t) -1;
        }
}

static int listen_on(struct manager *m, struct varlink_server *server, const char *name, const char *group,
                     enum listener listener) {
        _cleanup_free_ char *path = path_join(daemon_runtime_dir(m->daemon), name);
        if (!path)
                return -ENOMEM;
        int r = varlink_server_listen(server, path, 0660, find_group(group), listener);
        if (r < 0)
                log_error("Cannot listen on %s: %s", path, strerror(-r));
        return r;
}

int bus_new(struct manager *m, struct varlink_server **ret) {
        const struct varlink_server_options options = {
                .product = "pxed",
                .methods = methods,
                .userdata = m,
                .message_max = MESSAGE_MAX,
                .large_message_max = LARGE_MESSAGE_MAX,
                .priority = PRIORITY_BUS,
                .authorize = authorize,
                .may_be_large = may_be_large,
        };
        _cleanup_(varlink_server_freep) struct varlink_server *server = NULL;
        int r = varlink_server_new(daemon_event(m->daemon), &options, &server);
        if (r >= 0)
                r = listen_on(m, server, "bus", "pxed", LISTENER_BUS);
        if (r >= 0)
                r = listen_on(m, server, "monitor", "pxed-monitor", LISTENER_MONITOR);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(server);
        return 0;
}
