#include "netcfg/manage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "netcfg/apply.h"
#include "netcfg/link_table_read.h"
#include "netcfg/plan.h"
#include "netcfg/repair_pace.h"

#define PROBLEM_SIZE 4096 /* faults, and what one repair had to mend or failed with */
#define UNDONE_SIZE 1024
#define FAILURE_SIZE 640
#define RETRY_DELAY (1 * USEC_PER_SEC)

/* What is planned, repaired and told as one: a network, what is left over of others, the neighbour limits. */
struct object {
        char subject[80]; /* of its problem */
        char name[64];    /* the network's; "": none */
        struct repair_pace pace;
        char undone[UNDONE_SIZE];   /* what the last plan with something to do had to mend */
        char failure[FAILURE_SIZE]; /* of the last repair; "" */
        bool unsettled;             /* it has a problem */
        bool was_in_order;          /* since it was configured: what was to be done before is no drift */
};

struct managed {
        json_t *entry; /* type Network, as it was understood */
        struct object object;
        struct link_wanted wanted;
        int index, parent_index; /* as they were last; 0: not there */
};

struct manage {
        struct daemon *daemon;
        struct worker *worker;
        struct apply *apply;
        sd_event_source *timer;
        struct managed *networks;
        size_t network_count;
        bool configured;
        json_t *spared; /* interfaces of networks that went while they were only to be told of: their names, as keys */
        struct object leftovers, neighbours;
        struct link_table table;
};

#define FOREACH_NETWORK(manage, n) \
        for (struct managed *n = (manage)->networks; n < (manage)->networks + (manage)->network_count; n++)

/* ---- doing and telling */

static void set_problem(struct manage *manage, struct object *object, const char *text) {
        object->unsettled = *text;
        if (*text)
                daemon_set_problem(manage->daemon, object->subject, "%s", text);
        else
                daemon_clear_problem(manage->daemon, object->subject);
}

/* Stops at the first action that fails: what follows mostly builds on it. */
static void repair(struct manage *manage, struct object *object, const struct plan *plan) {
        const char *const fields[] = { "NETWORK", object->name, NULL };
        _cleanup_json_ json_t *deeds = json_array();
        struct action_text text;
        char reason[256];
        int r = 0;

        object->failure[0] = '\0';
        for (size_t i = 0; r == 0 && i < plan->action_count; i++) {
                action_describe(&plan->actions[i], &text);
                r = apply_action(manage->apply, &plan->actions[i], reason, sizeof(reason));
                if (r < 0) {
                        snprintf(object->failure, sizeof(object->failure), "Cannot %s: %s", text.deed, reason);
                        continue;
                }
                log_fields(LOG_NOTICE, *object->name ? fields : NULL, "Repaired: %s.", text.deed);
                json_array_append_new(deeds, json_text(text.deed));
        }
        if (*object->name && json_array_size(deeds) > 0)
                worker_observe(manage->worker, "repair", NULL, realtime_us(),
                               json_pack("{s:s, s:O}", "network", object->name, "actions", deeds));
}

/* What is in order stays known of the object; what is not is kept for its problem. */
static void take_plan(struct object *object, const struct plan *plan, uint64_t now) {
        struct plan actions = *plan;

        if (plan->action_count > 0) {
                actions.fault_count = 0;
                plan_report(&actions, true, object->undone, sizeof(object->undone));
                return;
        }
        object->failure[0] = '\0';
        if (!object->was_in_order)
                object->pace = (struct repair_pace) {};
        object->was_in_order = true;
        repair_pace_settle(&object->pace, now);
}

/* `what` is the object for a person. */
static void tell(struct manage *manage, struct object *object, const struct plan *plan, bool may_repair, const char *what) {
        char text[PROBLEM_SIZE];

        plan_report(plan, !may_repair, text, sizeof(text));
        size_t used = strlen(text);
        const char *separator = used ? "; " : "";
        if (*object->failure)
                snprintf(text + used, sizeof(text) - used, "%s%s; %s", separator, object->failure, object->undone);
        else if (repair_pace_is_fight(&object->pace))
                snprintf(text + used, sizeof(text) - used,
                         "%sSomething else keeps changing %s: %s; it is put right every %u s: find what does it (another network manager, a script), or "
                         "say manage = report", separator, what, object->undone, repair_pace_spacing(&object->pace));
        set_problem(manage, object, text);
}

/* Repairs or tells what the plan says. True: something was changed, so that the table is not what the kernel has any more. */
static bool carry_out(struct manage *manage, struct object *object, const struct plan *plan, bool may_repair, const char *what) {
        uint64_t now = monotonic_us();

        if (!may_repair)
                object->pace = (struct repair_pace) {};
        bool due = may_repair && plan->action_count > 0 && now >= repair_pace_next(&object->pace);
        take_plan(object, plan, now);
        if (due) {
                repair(manage, object, plan);
                repair_pace_count(&object->pace, now);
        }
        tell(manage, object, plan, may_repair, what);
        return due;
}

/* ---- what is planned */

static void read_table(struct manage *manage) {
        int r = link_table_read(apply_socket(manage->apply), &manage->table);

        if (r < 0)
                daemon_set_problem(manage->daemon, "interfaces", "Cannot read the interfaces from the kernel: %s", strerror(-r));
        else
                daemon_clear_problem(manage->daemon, "interfaces");
}

static void run_leftovers(struct manage *manage) {
        size_t count = 0;
        _cleanup_free_ const char **kept = calloc(manage->network_count + json_object_size(manage->spared) + 1, sizeof(*kept));
        struct plan plan;
        const char *name;
        json_t *value;

        if (!kept)
                return;
        FOREACH_NETWORK(manage, network)
                kept[count++] = network->wanted.interface;
        json_object_foreach(manage->spared, name, value)
                kept[count++] = name;
        plan_leftovers(&manage->table, kept, count, &plan);
        if (carry_out(manage, &manage->leftovers, &plan, true, "what pxed-netcfg made before"))
                read_table(manage);
}

static int index_in(const struct link_table *table, const char *name) {
        const struct link *link = link_table_find(table, name);

        return link ? link->index : 0;
}

static void run_network(struct manage *manage, struct managed *network) {
        struct plan plan;

        network->index = index_in(&manage->table, network->wanted.interface);
        network->parent_index = index_in(&manage->table, network->wanted.parent);
        plan_network(&manage->table, &network->wanted, &plan);
        if (carry_out(manage, &network->object, &plan, network->wanted.repair, network->wanted.interface))
                read_table(manage);
}

/* The limits are one for all: they are raised for the networks that are to be repaired, and told for the others. */
static void run_neighbours(struct manage *manage) {
        uint64_t machines[2] = {}, machines6[2] = {}; /* of all networks, of those to be repaired */
        struct plan plan;

        FOREACH_NETWORK(manage, network)
                for (int i = 0; i <= network->wanted.repair; i++) {
                        machines[i] += network->wanted.machines;
                        /* each has a link-local address besides */
                        machines6[i] += network->wanted.has_address6 ? 2 * network->wanted.machines : 0;
                }
        plan_neighbours(&manage->table, machines[1], machines6[1], &plan);
        bool repairs = plan.action_count > 0;
        if (!repairs)
                plan_neighbours(&manage->table, machines[0], machines6[0], &plan);
        carry_out(manage, &manage->neighbours, &plan, repairs, "the limits of the neighbour tables");
}

/* ---- when */

static void earliest(uint64_t *at, uint64_t candidate) {
        if (candidate && (*at == 0 || candidate < *at))
                *at = candidate;
}

/* What has to wait is looked at again when it may be repaired; what is in order when its repairs are forgotten. */
static void add_time(uint64_t *at, const struct object *object, uint64_t now) {
        uint64_t next = repair_pace_next(&object->pace);

        earliest(at, next > now ? next : 0);
        next = repair_pace_forgets(&object->pace);
        earliest(at, next > now ? next : 0);
}

static void arm(struct manage *manage) {
        uint64_t at = 0, now = monotonic_us();

        if (manage->table.link_count == 0) /* it could not be read: there is always the loopback */
                at = now + RETRY_DELAY;
        FOREACH_NETWORK(manage, network)
                add_time(&at, &network->object, now);
        add_time(&at, &manage->leftovers, now);
        add_time(&at, &manage->neighbours, now);
        if (at)
                sd_event_source_set_time(manage->timer, at);
        sd_event_source_set_enabled(manage->timer, at ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void manage_run(struct manage *manage) {
        if (!manage->configured)
                return;
        read_table(manage);
        if (manage->table.link_count > 0)
                run_leftovers(manage);
        /* Interfaces that VLANs may lie on go first. */
        for (int tagged = 0; tagged <= 1; tagged++)
                FOREACH_NETWORK(manage, network)
                        if ((network->wanted.vlan != 0) == tagged && manage->table.link_count > 0)
                                run_network(manage, network);
        if (manage->table.link_count > 0)
                run_neighbours(manage);
        arm(manage);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        manage_run(userdata);
        return 0;
}

bool manage_has_link(const struct manage *manage, int index, const char *name) {
        if (index == 0 && !name)
                return true;
        FOREACH_NETWORK(manage, network)
                if ((index && (index == network->index || index == network->parent_index)) ||
                    (name && (strcmp(name, network->wanted.interface) == 0 || strcmp(name, network->wanted.parent) == 0)))
                        return true;
        return false;
}

bool manage_is_unsettled(const struct manage *manage) {
        FOREACH_NETWORK(manage, network)
                if (network->object.unsettled)
                        return true;
        return manage->leftovers.unsettled;
}

/* ---- what is wanted */

static struct managed *find_network(struct managed *networks, size_t count, const char *name) {
        for (size_t i = 0; i < count; i++)
                if (strcmp(networks[i].wanted.network, name) == 0)
                        return &networks[i];
        return NULL;
}

static void free_networks(struct managed *networks, size_t count) {
        for (size_t i = 0; i < count; i++)
                json_decref(networks[i].entry);
        free(networks);
}

/* What is known of a network that has not changed goes on. */
static void take_network(const struct manage *manage, const json_t *entry, struct managed *network) {
        const struct managed *before = find_network(manage->networks, manage->network_count, network->wanted.network);

        if (before && json_equal(before->entry, entry)) {
                *network = *before;
        } else {
                snprintf(network->object.subject, sizeof(network->object.subject), "network %s", network->wanted.network);
                memcpy(network->object.name, network->wanted.network, sizeof(network->object.name));
        }
        network->entry = json_incref((json_t *) entry);
}

static size_t take_networks(const struct manage *manage, const json_t *wanted, struct managed *networks) {
        size_t count = 0;
        const char *name;
        json_t *entry;

        json_object_foreach((json_t *) wanted, name, entry)
                if (link_wanted_parse(entry, &networks[count].wanted) == 0)
                        take_network(manage, entry, &networks[count++]);
        return count;
}

/* A network that was only to be told of leaves what there is as it is. */
static void spare(struct manage *manage, struct managed *networks, size_t count) {
        FOREACH_NETWORK(manage, old) {
                const struct managed *now = find_network(networks, count, old->wanted.network);
                if (!now)
                        daemon_clear_problem(manage->daemon, old->object.subject);
                if (!old->wanted.repair)
                        json_object_set_new(manage->spared, old->wanted.interface, json_true());
        }
        for (size_t i = 0; i < count; i++)
                json_object_del(manage->spared, networks[i].wanted.interface);
}

int manage_configure(struct manage *manage, const json_t *networks) {
        struct managed *taken = calloc(json_object_size(networks) + 1, sizeof(*taken));

        if (!taken)
                return -ENOMEM;
        size_t count = take_networks(manage, networks, taken);
        spare(manage, taken, count);
        free_networks(manage->networks, manage->network_count);
        manage->networks = taken;
        manage->network_count = count;
        manage->configured = true;
        manage->leftovers.pace = (struct repair_pace) {}; /* what is left over now is so by the configuration */
        return 0;
}

/* ---- life */

int manage_new(struct daemon *daemon, struct worker *worker, struct manage **ret) {
        _cleanup_(manage_freep) struct manage *manage = calloc(1, sizeof(*manage));

        if (!manage)
                return -ENOMEM;
        manage->daemon = daemon;
        manage->worker = worker;
        manage->leftovers = (struct object) { .subject = "interfaces of no network" };
        manage->neighbours = (struct object) { .subject = "neighbour limits" };
        int r = apply_new(&manage->apply);
        if (r < 0)
                return r;
        if (!(manage->spared = json_object()))
                return -ENOMEM;
        if ((r = sd_event_add_time(daemon_event(daemon), &manage->timer, CLOCK_MONOTONIC, 0, 1, on_timer, manage)) < 0 ||
            (r = sd_event_source_set_enabled(manage->timer, SD_EVENT_OFF)) < 0)
                return r;
        *ret = TAKE_POINTER(manage);
        return 0;
}

struct manage *manage_free(struct manage *manage) {
        if (!manage)
                return NULL;
        sd_event_source_disable_unref(manage->timer);
        apply_free(manage->apply);
        link_table_clear(&manage->table);
        json_decref(manage->spared);
        free_networks(manage->networks, manage->network_count);
        free(manage);
        return NULL;
}
