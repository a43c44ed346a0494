#include "pxed/diagnose.h"

#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/network_seen.h"

#define ATTEMPTS_USEC (15 * 60 * USEC_PER_SEC)
#define ATTEMPTS_MAX 4
#define NETWORKS_MAX 256

/* What facts borrow. */
struct around {
        struct facts facts;
        struct ip_prefix subnets[NETWORKS_MAX];
        char foreign[256], neighbour[256];
};

static uint64_t pool_size(const struct network *network) {
        uint32_t start = ntohl(network->pool_start.v4.s_addr), end = ntohl(network->pool_end.v4.s_addr);
        return end >= start ? (uint64_t) end - start + 1 : 0;
}

static uint64_t pool_used(const struct state *s, const struct network *network, uint64_t now) {
        uint64_t used = 0;
        for (size_t i = 0; i < s->leases.by_key.size; i++) {
                const struct lease *lease = s->leases.by_key.values[i];
                if (!lease || lease->address.family != AF_INET || (lease->expires != 0 && lease->expires <= now))
                        continue;
                uint32_t address = ntohl(lease->address.v4.s_addr);
                used += address >= ntohl(network->pool_start.v4.s_addr) && address <= ntohl(network->pool_end.v4.s_addr) &&
                        strcmp(lease->network, network->name) == 0;
        }
        return used;
}

static void add_link(const struct state *s, const struct network *network, uint64_t now, struct around *around) {
        const json_t *seen = json_object_get(s->seen, network->name), *link = json_get_object(seen, "link");
        const json_t *hangs = json_get_object(json_get_object(seen, "hangsOn"), network->parent ? network->parent : network->interface);

        if (link) {
                around->facts.carrier = json_get_bool(link, "carrier", false) ? KNOWN_YES : KNOWN_NO;
                around->facts.mtu = (unsigned) json_get_int(link, "mtu", 0);
        }
        if (hangs) {
                const char *name = json_get_string(hangs, "systemName");
                snprintf(around->neighbour, sizeof around->neighbour, "%s port %s", name ? name : json_get_string(hangs, "chassis"),
                         json_get_string(hangs, "port"));
                around->facts.neighbour = around->neighbour;
        }
        _cleanup_json_ json_t *servers = network_seen_foreign(seen, now);
        const json_t *server = json_array_get(servers, 0);
        if (server) {
                const char *mac = json_get_string(server, "mac"), *file = json_get_string(server, "file");
                snprintf(around->foreign, sizeof around->foreign, "the DHCP server %s%s%s%s%s", json_get_string(server, "address"), mac ? " at " : "",
                         mac ? mac : "", file ? ", which names the boot file " : "", file ? file : "");
                around->facts.foreign = around->foreign;
        }
}

/* What pxed-dhcp says that is wrong with this network; its subject is "network NAME". */
static const char *dhcp_problem(const struct state *s, const struct network *network) {
        char subject[80];
        json_t *problem;
        size_t i;

        snprintf(subject, sizeof subject, "network %s", network->name);
        json_array_foreach(s->dhcp_problems, i, problem) {
                const char *of = json_get_string(problem, "subject");
                if (of && strcmp(of, subject) == 0)
                        return json_get_string(problem, "reason");
        }
        return NULL;
}

static void add_network(const struct state *s, const struct network *network, const struct mac *mac, struct around *around) {
        static const enum facts_dhcp modes[] = { [DHCP_SERVER] = FACTS_DHCP_SERVER, [DHCP_PROXY] = FACTS_DHCP_PROXY, [DHCP_OFF] = FACTS_DHCP_OFF };
        const struct host *host = settings_host(s->settings, mac);
        struct facts *facts = &around->facts;

        facts->network = network->name;
        facts->interface = network->interface;
        facts->dhcp = modes[network->dhcp];
        facts->address = network->address.address;
        facts->problem = dhcp_problem(s, network);
        facts->denied = host && host->denied && (!host->network || strcmp(host->network, network->name) == 0) ? KNOWN_YES : KNOWN_NO;
        if (network->has_pool) {
                facts->has_pool = true;
                facts->pool_size = pool_size(network);
        }
}

static void add_node(const struct node *node, struct facts *facts) {
        facts->node = node->name;
        if (node->assignment) {
                facts->assigned = node->assignment->assigned;
                facts->profile = node->assignment->profile;
        }
        if (node->inspection.asked && node->inspection.started > facts->assigned) {
                facts->assigned = node->inspection.started;
                facts->profile = "inspect";
        }
}

static void gather(const struct state *s, const struct network *network, const struct mac *mac, const struct node *node, struct around *ret) {
        *ret = (struct around) { .facts = { .subnets = ret->subnets, .http_port = s->settings->http_port } };
        for (size_t i = 0; i < s->settings->n_networks && ret->facts.n_subnets < NETWORKS_MAX; i++)
                ret->subnets[ret->facts.n_subnets++] = s->settings->networks[i].address;
        if (network)
                add_network(s, network, mac, ret);
        if (node)
                add_node(node, &ret->facts);
}

static const struct boot_step *script_of(const struct boot *boot) {
        for (size_t i = boot->n_steps; i-- > 0;)
                if (boot->steps[i].profile && (boot->steps[i].kind == STEP_SCRIPT || boot->steps[i].kind == STEP_STARTED))
                        return &boot->steps[i];
        return NULL;
}

struct attempts {
        const struct boot *boot;
        const char *loader; /* NULL: it fetched none */
        unsigned count, fetches;
};

/* False: what came before it is of no interest. */
static bool count_attempt(const struct boot *before, struct attempts *attempts) {
        bool failed = before->outcome == BOOT_FAILED || before->outcome == BOOT_SILENT;

        if (!failed || before->started + ATTEMPTS_USEC < attempts->boot->started)
                return false;
        attempts->count++;
        attempts->fetches += attempts->loader && diagnosis_loader_only(before, attempts->loader);
        return true;
}

static int keep_one(struct boot *boot, void *userdata) {
        struct boot **found = userdata;
        boot_free(*found);
        *found = boot;
        return 0;
}

/* How often it began before, without success between. One that ended just now is not in the store yet. */
static void add_attempts(const struct state *s, const struct boot *boot, struct facts *facts) {
        struct attempts attempts = { .boot = boot };
        uint64_t below = boot->id;
        bool goes_on = true;

        for (size_t i = 0; i < boot->n_steps; i++)
                if (boot->steps[i].kind == STEP_TFTP && boot->steps[i].file)
                        attempts.loader = boot->steps[i].file;
        for (unsigned i = 0; i < ATTEMPTS_MAX && goes_on && below > 1; i++) {
                const struct boot *before = boots_latest(&s->boots, &boot->mac, below);
                _cleanup_(boot_freep) struct boot *stored = NULL;
                if (!before && store_read_boots(s->store, NULL, &boot->mac, below, 1, keep_one, &stored) < 0)
                        break;
                before = before ? before : stored;
                goes_on = before && count_attempt(before, &attempts);
                below = before ? before->id : 0;
        }
        facts->attempts = attempts.count;
        facts->fetches = attempts.fetches;
}

json_t *diagnose_boot(const struct state *s, const struct boot *boot, uint64_t now) {
        const struct network *network = boot->network ? settings_network(s->settings, boot->network) : NULL;
        const struct node *node = boot->has_node ? registry_by_id(&s->nodes, &boot->node) : registry_by_mac(&s->nodes, &boot->mac);
        bool over = boot->outcome == BOOT_FAILED || boot->outcome == BOOT_SILENT;
        struct diagnosis diagnosis;
        struct around around;

        if (boot->n_steps == 0 || (!over && boot->ended != 0))
                return NULL;
        gather(s, network, &boot->mac, node, &around);
        /* What it was given counts, not what it would be given now. */
        const struct boot_step *script = script_of(boot);
        const struct profile *profile = script ? profiles_find(&s->profiles, script->profile) : NULL;
        if (profile)
                around.facts.inspects = profile->kind == PROFILE_INSPECT ? KNOWN_YES : KNOWN_NO;
        if (over)
                add_attempts(s, boot, &around.facts);
        if (!diagnosis_of_boot(boot, &around.facts, now, &diagnosis))
                return NULL;
        /* The rest takes its time, and each boot in flight is looked at each second: only where something is wrong. It makes the evidence
         * whole, and no-offer a pool that is used up. */
        if (network)
                add_link(s, network, now, &around);
        if (strcmp(diagnosis.signature->name, "no-offer") == 0 && around.facts.has_pool)
                around.facts.pool_used = pool_used(s, network, now);
        return diagnosis_of_boot(boot, &around.facts, now, &diagnosis) ? diagnosis_to_json(&diagnosis) : NULL;
}

json_t *diagnose_silence(const struct state *s, const struct mac *mac, const struct node *node, const struct boot *last, uint64_t now) {
        struct diagnosis diagnosis;
        struct around around;

        const struct network *network = node ? state_network_of(s, node) : s->settings->n_networks == 1 ? &s->settings->networks[0] : NULL;
        gather(s, network, mac, node, &around);
        if (network)
                add_link(s, network, now, &around);
        return diagnosis_of_silence(mac, last, &around.facts, now, &diagnosis) ? diagnosis_to_json(&diagnosis) : NULL;
}

bool diagnose_awaits(const struct node *node, const struct boot *last) {
        uint64_t told = node && node->assignment ? node->assignment->assigned : 0;

        if (node && node->inspection.asked && node->inspection.started > told)
                told = node->inspection.started;
        return told != 0 && (!last || last->heard < told);
}
