/* pxed-agent: the first and only process of pxed's inspection ramdisk. It finds out what the machine is made of, posts that to the
 * appliance that booted it, and then does as it is told. It never exits: the kernel would panic. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "introspect/agent/console.h"
#include "introspect/agent/dhcp_script.h"
#include "introspect/agent/hardware.h"
#include "introspect/agent/init.h"
#include "introspect/agent/inventory.h"
#include "introspect/agent/lldp.h"
#include "introspect/agent/log_archive.h"
#include "introspect/agent/net.h"
#include "introspect/agent/server.h"
#include "introspect/agent/wait.h"

#define REPORT_TIMEOUT_MS 2000
#define ADDRESS_TIMEOUT_MS 60000
#define TROUBLE_PAUSE_MS 10000
#define KERNEL_LOG_MAX (128 * 1024)
#define ORDER_PAUSE_MS 2000
#define ORDER_PAUSE_ABSENT_MS 30000 /* an ironic-inspector has no orders to give */

struct agent {
        struct agent_options options;
        struct inventory inventory;
        struct server server;
        struct net net;
        struct lldp_listener *lldp;
        uint64_t lldp_start_ms;
        bool aborted; /* the inspection was taken back */
};

/* Something that only a person, or a change elsewhere, can mend: offers a shell if that is allowed, and gives it time. */
static void pause_for_help(const struct agent *agent) {
        if (agent->options.shell)
                init_shell();
        wait_ms(TROUBLE_PAUSE_MS);
}

static void start(struct agent *agent) {
        int r = init_system();
        console_open();
        agent_options_read("", &agent->options);
        say("pxed-agent " PXED_VERSION " inspects this machine");
        if (r < 0)
                say("a kernel file system could not be mounted: %s", strerror(-r));
}

/* Nothing works without the URL, and it cannot change while this kernel runs; the message is repeated because consoles scroll. */
static void require_url(struct agent *agent) {
        for (;;) {
                int r = server_init(&agent->server, agent->options.callback_url);
                if (r == 0)
                        return;
                if (*agent->options.callback_url)
                        say_loud("ipa-inspection-callback-url=%s on the kernel command line cannot be used: %s",
                                 agent->options.callback_url, server_url_problem(r));
                else
                        say_loud(
                                "there is no ipa-inspection-callback-url=http://... on the kernel command line: nowhere to post to");
                pause_for_help(agent);
        }
}

/* Network cards first: their links train, and DHCP runs, while the drivers of slow storage adapters probe. True if asking for an address
 * has begun. */
static bool find_hardware(struct agent *agent) {
        int family = agent->server.inventory.address.ss_family;
        inventory_start(&agent->inventory, "", &agent->options);
        hardware_start(agent->inventory.has_bmc);
        net_up_all();
        if (agent->options.collect_lldp)
                lldp_listen(&agent->lldp);
        agent->lldp_start_ms = console_now_ms();
        bool started = net_start_early(&agent->net, &agent->options, family) == 0;
        inventory_collect_machine(&agent->inventory);
        hardware_load();
        net_up_all();
        return started || net_start(&agent->net, &agent->options, family, 0) == 0;
}

/* What needs no network is collected while DHCP runs. */
static void collect_devices(struct agent *agent) {
        hardware_settle();
        /* cards that came late: on USB, of adapters that are behind others, of InfiniBand */
        net_up_all();
        if (agent->options.collect_lldp)
                lldp_listen(&agent->lldp);
        inventory_collect_devices(&agent->inventory);
        inventory_collect_disks(&agent->inventory);
        if (agent->inventory.has_bmc)
                hardware_wait_ipmi();
        inventory_collect_bmc(&agent->inventory);
}

/* Until there is an address: without BOOTIF every card with a link gets its turn. `started` says that net_start() has succeeded already. */
static void require_address(struct agent *agent, bool started) {
        int family = agent->server.inventory.address.ss_family;
        for (unsigned turn = 1;; turn++) {
                if (started && net_wait_address(&agent->net, ADDRESS_TIMEOUT_MS) == 0)
                        break;
                net_stop(&agent->net);
                pause_for_help(agent);
                started = net_start(&agent->net, &agent->options, family, turn) == 0;
        }
        agent->server.mac = agent->net.mac;
}

/* How the machine ends by its command line, as an order. */
static enum order final_order(const struct agent *agent) {
        switch (agent->options.finish) {
        case AGENT_FINISH_REBOOT:
                return ORDER_REBOOT;
        case AGENT_FINISH_POWEROFF:
                return ORDER_POWEROFF;
        default:
                return ORDER_WAIT;
        }
}

static void obey(struct agent *agent, enum order order) {
        if (order == ORDER_ABORT && !agent->aborted)
                say_loud("the inspection of this machine was taken back: it ends here");
        if (order == ORDER_ABORT) {
                agent->aborted = true;
                order = final_order(agent);
        }
        if (order != ORDER_REBOOT && order != ORDER_POWEROFF)
                return;
        say(order == ORDER_REBOOT ? "restarting" : "switching off");
        net_down_all();
        int r = order == ORDER_REBOOT ? init_restart() : init_power_off();
        say_loud("the kernel refused: %s", strerror(-r));
}

/* Asks for orders for ever. What changes is said once, not every two seconds. */
static void follow_orders(struct agent *agent, const char *message) {
        int last = 0;
        for (;;) {
                enum order order = ORDER_NONE;
                int status = 0, r = server_report(&agent->server, "waiting", agent->aborted ? NULL : message, REPORT_TIMEOUT_MS, &order, &status);
                if (r != last && r == -EPROTO)
                        say("the server gives no orders (status %d): asking now and then", status);
                else if (r != last && r < 0)
                        say("the server does not answer: %s", strerror(-r));
                else if (r != last)
                        say("the server answers again");
                last = r;
                obey(agent, r == 0 ? order : ORDER_NONE);
                wait_ms(r == -EPROTO ? ORDER_PAUSE_ABSENT_MS : ORDER_PAUSE_MS);
        }
}

/* It ends as if it had been done, but nothing is posted. */
static void abort_inspection(struct agent *agent) {
        obey(agent, ORDER_ABORT);
        say("waiting for orders");
        follow_orders(agent, NULL);
}

/* Best effort: a server without this endpoint gets the inventory all the same. */
static void report(struct agent *agent, const char *state) {
        enum order order = ORDER_NONE;
        int status = 0, r = server_report(&agent->server, state, NULL, REPORT_TIMEOUT_MS, &order, &status);
        if (r == -EPROTO)
                say("the server does not take reports: status %d for \"%s\"", status, state);
        else if (r < 0)
                say("the server did not take the report \"%s\": %s", state, strerror(-r));
        else if (order == ORDER_ABORT)
                abort_inspection(agent);
}

static void collect_lldp(struct agent *agent) {
        report(agent, "collecting");
        inventory_set_lldp(&agent->inventory, lldp_finish(agent->lldp, agent->lldp_start_ms + agent->options.lldp_timeout_ms));
        say("LLDP: listened for %llu ms", (unsigned long long) (console_now_ms() - agent->lldp_start_ms));
}

/* Addresses of the other cards come while their switches are listened for. */
static void collect_network(struct agent *agent) {
        static struct net_others others;
        if (agent->options.dhcp_all)
                net_others_start(&agent->net, &others);
        if (agent->options.collect_lldp)
                collect_lldp(agent);
        if (agent->options.dhcp_all)
                net_others_wait(&others);
        inventory_collect_nics(&agent->inventory);
}

static enum server_result post(struct agent *agent) {
        static char kernel_log[KERNEL_LOG_MAX];
        for (;;) {
                size_t size = console_kernel_log(kernel_log, sizeof kernel_log);
                log_hide_tokens(kernel_log, size);
                inventory_set_logs(&agent->inventory, kernel_log, size);
                char *text = inventory_text(&agent->inventory, agent->net.interface, agent->net.address);
                enum server_result result = text ? server_post(&agent->server, text) : SERVER_UNREACHABLE;
                free(text);
                if (result != SERVER_UNREACHABLE)
                        return result;
                say_loud("the server http://%s has not taken the inventory of machine %s: starting the network anew",
                         agent->server.inventory.host, agent->net.mac);
                net_stop(&agent->net);
                require_address(agent, false);
                report(agent, "retrying");
        }
}

/* A refused inventory is for a person to read: the machine stays on, whatever the command line says. */
static void finish(struct agent *agent, enum server_result result) {
        if (result == SERVER_ABORTED)
                abort_inspection(agent);
        if (result == SERVER_REFUSED)
                follow_orders(agent, "the inventory was refused");
        if (agent->options.finish != AGENT_FINISH_WAIT) {
                report(agent, "posted");
                obey(agent, final_order(agent));
        }
        say("waiting for orders");
        follow_orders(agent, NULL);
}

int main(int argc, char *argv[]) {
        static struct agent agent;
        const char *slash = strrchr(argv[0], '/');
        if (strcmp(slash ? slash + 1 : argv[0], DHCP_SCRIPT_NAME) == 0)
                return dhcp_script(argc > 1 ? argv[1] : "", true);
        if (strcmp(slash ? slash + 1 : argv[0], DHCP_ADDRESS_SCRIPT_NAME) == 0)
                return dhcp_script(argc > 1 ? argv[1] : "", false);
        if (getpid() != 1) {
                fprintf(stderr, "pxed-agent runs as process 1 of the inspection ramdisk: it takes the machine over\n");
                return 1;
        }
        start(&agent);
        require_url(&agent);
        bool started = find_hardware(&agent);
        collect_devices(&agent);
        require_address(&agent, started);
        report(&agent, "started");
        collect_network(&agent);
        finish(&agent, post(&agent));
}
