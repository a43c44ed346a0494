#include "pxed/state.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/json.h"
#include "lib/log.h"
#include "lib/text.h"

static int load_node(struct node *node, void *userdata) {
        struct state *s = userdata;
        struct node *old;
        int r = registry_put(&s->nodes, node, &old);
        if (r < 0)
                node_free(node);
        return r;
}

static int load_profile(struct profile *profile, void *userdata) {
        struct state *s = userdata;
        struct profile *old;
        int r = profiles_put(&s->profiles, profile, &old);
        if (r < 0)
                profile_free(profile);
        return r;
}

static int load_boot(struct boot *boot, void *userdata) {
        struct state *s = userdata;
        struct boot *old;
        int r = boots_put(&s->boots, boot, &old);
        if (r < 0)
                boot_free(boot);
        return r;
}

static int load_sighting(struct sighting *sighting, void *userdata) {
        struct state *s = userdata;
        struct sighting *old;
        int r = sightings_put(&s->sightings, sighting, &old);
        if (r < 0)
                sighting_free(sighting);
        return r;
}

static int load_lease(struct lease *lease, void *userdata) {
        struct state *s = userdata;
        struct lease *old;
        int r = leases_put(&s->leases, lease, &old);
        if (r < 0)
                lease_free(lease);
        return r;
}

static int load_seen(const char *network, const char *seen, void *userdata) {
        struct state *s = userdata;
        json_t *json = json_parse(seen, strlen(seen), 8, NULL);
        return json ? json_object_set_new(s->seen, network, json) : 0;
}

static int add_rule(struct state *s, const char *text, uint64_t revision, struct rule_error *error) {
        _cleanup_json_ json_t *json = json_loads(text, 0, NULL);
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rules *rules;
        int r = json ? rule_parse(json, revision, &rule, error) : -EINVAL;

        if (r == 0)
                r = rules_with(s->rules, rule, &rules);
        if (r < 0)
                return r;
        rules_free(s->rules);
        s->rules = rules;
        return 0;
}

/* One that an older or newer pxed took, and this one cannot evaluate, is left out and kept in the store. */
static int load_rule(const char *name, uint64_t revision, const char *text, void *userdata) {
        struct rule_error error = { .reason = "it is no JSON" };
        struct state *s = userdata;
        int r = add_rule(s, text, revision, &error);

        if (r != -EINVAL)
                return r;
        log_error("Inspection rule %s of the store is left out: %s: %s. Set it again", name, error.place, error.reason);
        return json_object_set_new(s->lost_rules, name, json_sprintf("%s: %s", error.place, error.reason)) < 0 ? -ENOMEM : 0;
}

static int load_revision(struct state *s) {
        _cleanup_free_ char *text = NULL;
        int r = store_get_meta(s->store, "revision", &text);
        if (r == 0)
                s->revision = strtoull(text, NULL, 10);
        return r == -ENOENT ? 0 : r;
}

/* The key of boot tokens is drawn once and kept: tokens outlive a restart. */
static int load_secret(struct state *s) {
        _cleanup_free_ char *text = NULL;
        char hex[2 * TOKEN_SECRET_SIZE + 1];

        int r = store_get_meta(s->store, "secret", &text);
        if (r == 0)
                return secret_parse(text, s->secret);
        if (r != -ENOENT)
                return r;
        if (getrandom(s->secret, sizeof s->secret, 0) != (ssize_t) sizeof s->secret)
                return -errno;
        secret_format(s->secret, hex);
        r = store_begin(s->store);
        if (r == 0)
                r = store_put_meta(s->store, "secret", hex);
        if (r == 0)
                r = store_commit(s->store);
        if (r < 0)
                store_rollback(s->store);
        return r;
}

static int load(struct state *s) {
        const struct store_loader loader = { load_node, load_profile, load_boot, load_sighting, load_lease, load_seen, s };
        int r = load_revision(s);
        if (r == 0)
                r = load_secret(s);
        if (r == 0)
                r = store_event_range(s->store, &s->event_oldest, &s->event_newest);
        if (r == 0)
                r = store_newest_boot(s->store, &s->boot_newest);
        if (r == 0)
                r = store_load_rules(s->store, load_rule, s);
        return r < 0 ? r : store_load(s->store, &loader);
}

static int touch(struct state *s, unsigned kind, const char *word, const char *name, bool exists) {
        char key[160];
        snprintf(key, sizeof key, "%s%s%s", word, *name ? "/" : "", name);
        return feed_touch(&s->desired, kind, key, exists);
}

void state_note_capture(struct state *s, const struct boot *boot) {
        uint64_t added, removed;
        char id[24];

        if (!captures_note(&s->captures, boot, &added, &removed))
                return;
        snprintf(id, sizeof id, "%llu", (unsigned long long) (added ? added : removed));
        (void) touch(s, DESIRED_CAPTURE, "capture", id, added != 0);
        if (!added || !removed)
                return;
        snprintf(id, sizeof id, "%llu", (unsigned long long) removed);
        (void) touch(s, DESIRED_CAPTURE, "capture", id, false);
}

static int load_capture(struct boot *stored, void *userdata) {
        _cleanup_(boot_freep) struct boot *boot = stored;
        state_note_capture(userdata, boot);
        return 0;
}

/* All that is wanted of the workers, as new. */
static int fill_desired(struct state *s) {
        char text[UUID_TEXT_SIZE];
        const struct profile *p;
        int r = touch(s, DESIRED_SETTINGS, "settings", "", true);

        for (size_t i = 0; r == 0 && i < s->settings->n_networks; i++)
                r = touch(s, DESIRED_NETWORK, "network", s->settings->networks[i].name, true);
        for (size_t i = 0; r == 0 && i < s->settings->n_hosts; i++)
                r = touch(s, DESIRED_HOST, "host", mac_format(&s->settings->hosts[i].mac, text), true);
        for (size_t i = 0; r == 0 && (p = profiles_at(&s->profiles, i)); i++)
                r = touch(s, DESIRED_PROFILE, "profile", p->name, true);
        for (size_t i = 0; r == 0 && i < s->nodes.by_id.size; i++) {
                const struct node *node = s->nodes.by_id.values[i];
                if (node)
                        r = touch(s, DESIRED_NODE, "node", uuid_format(&node->id, text), true);
        }
        return r < 0 ? r : store_read_failed_boots(s->store, CAPTURES_MAX, load_capture, s);
}

/* The workers may have more to tell of those in flight than came before the stop: their silence counts from now. */
static int resume_boots(struct state *s, uint64_t now) {
        char key[24];
        int r = 0;
        for (size_t i = 0; r == 0 && i < s->boots.by_id.size; i++) {
                struct boot *boot = s->boots.by_id.values[i];
                if (!boot)
                        continue;
                boot->heard = now;
                snprintf(key, sizeof key, "%llu", (unsigned long long) boot->id);
                r = feed_touch(&s->flights, 1, key, true);
        }
        return r;
}

/* Workers may have with them what an inspection waits for. */
static void resume_inspections(struct state *s, uint64_t now) {
        for (size_t i = 0; i < s->nodes.by_id.size; i++) {
                struct node *node = s->nodes.by_id.values[i];
                if (node)
                        inspection_resume(&node->inspection, &s->settings->timeouts, now);
        }
}

int state_new(const char *folder, struct settings *settings, uint64_t now, struct state **ret, char *reason,
              size_t reason_size) {
        _cleanup_(state_freep) struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->seen = json_object();
        s->agents = json_object();
        s->lost_rules = json_object();
        int r = s->seen && s->agents && s->lost_rules ? store_open(folder, &s->store, reason, reason_size) : -ENOMEM;
        if (r < 0)
                return r;
        r = profiles_set_builtin(&s->profiles, settings->inspect_arguments);
        if (r == 0)
                r = load(s);
        if (r < 0) {
                snprintf(reason, reason_size, "%s/pxed.db cannot be read: %s", folder,
                         *store_reason(s->store) ? store_reason(s->store) : strerror(-r));
                return r;
        }
        r = resume_boots(s, now);
        s->settings = settings;
        resume_inspections(s, now);
        if (r == 0)
                r = fill_desired(s);
        if (r < 0) {
                s->settings = NULL;
                return r;
        }
        /* What reading took. */
        malloc_trim(0);
        *ret = TAKE_POINTER(s);
        return 0;
}

struct state *state_free(struct state *s) {
        if (!s)
                return NULL;
        registry_clear(&s->nodes);
        profiles_clear(&s->profiles);
        sightings_clear(&s->sightings);
        leases_clear(&s->leases);
        boots_clear(&s->boots);
        rules_free(s->rules);
        json_decref(s->lost_rules);
        feed_clear(&s->desired);
        feed_clear(&s->flights);
        json_decref(s->seen);
        json_decref(s->agents);
        json_decref(s->dhcp_problems);
        settings_free(s->settings);
        store_free(s->store);
        free(s);
        return NULL;
}

static bool touch_networks(struct state *s, const struct settings *old, const struct settings *new) {
        bool changed = false;
        for (size_t i = 0; i < old->n_networks; i++)
                if (!settings_network(new, old->networks[i].name)) {
                        touch(s, DESIRED_NETWORK, "network", old->networks[i].name, false);
                        json_object_del(s->seen, old->networks[i].name);
                        changed = true;
                }
        for (size_t i = 0; i < new->n_networks; i++) {
                const struct network *before = settings_network(old, new->networks[i].name);
                if (!before || !network_equal(before, &new->networks[i])) {
                        touch(s, DESIRED_NETWORK, "network", new->networks[i].name, true);
                        changed = true;
                }
        }
        return changed;
}

static bool touch_hosts(struct state *s, const struct settings *old, const struct settings *new) {
        char mac[MAC_TEXT_SIZE];
        bool changed = false;
        for (size_t i = 0; i < old->n_hosts; i++)
                if (!settings_host(new, &old->hosts[i].mac)) {
                        touch(s, DESIRED_HOST, "host", mac_format(&old->hosts[i].mac, mac), false);
                        changed = true;
                }
        for (size_t i = 0; i < new->n_hosts; i++) {
                const struct host *before = settings_host(old, &new->hosts[i].mac);
                if (!before || !host_equal(before, &new->hosts[i])) {
                        touch(s, DESIRED_HOST, "host", mac_format(&new->hosts[i].mac, mac), true);
                        changed = true;
                }
        }
        return changed;
}

/* Which UUIDs identify is told with the nodes. */
static void touch_nodes(struct state *s) {
        char id[UUID_TEXT_SIZE];
        for (size_t i = 0; i < s->nodes.by_id.size; i++) {
                const struct node *node = s->nodes.by_id.values[i];
                if (node && node->has_uuid)
                        touch(s, DESIRED_NODE, "node", uuid_format(&node->id, id), true);
        }
}

int state_set_settings(struct state *s, struct settings *settings) {
        _cleanup_(settings_freep) struct settings *old = s->settings;
        bool changed = false;

        if (!text_equal(old->inspect_arguments, settings->inspect_arguments)) {
                int r = profiles_set_builtin(&s->profiles, settings->inspect_arguments);
                if (r < 0) {
                        old = NULL;
                        return r;
                }
                touch(s, DESIRED_PROFILE, "profile", "inspect", true);
                changed = true;
        }
        s->settings = settings;
        if (old->http_port != settings->http_port || old->introspect_port != settings->introspect_port ||
            old->token_lifetime != settings->token_lifetime || !text_equal(old->images, settings->images) ||
            !text_equal(old->inspector_listen, settings->inspector_listen) || !junk_macs_equal(&old->junk, &settings->junk)) {
                touch(s, DESIRED_SETTINGS, "settings", "", true);
                changed = true;
        }
        if (!junk_uuids_equal(&old->junk, &settings->junk)) {
                touch_nodes(s);
                changed = true;
        }
        changed = touch_networks(s, old, settings) || changed;
        changed = touch_hosts(s, old, settings) || changed;
        return changed;
}

static bool has_profile(const char *name, void *userdata) {
        const struct state *s = userdata;
        return profiles_find(&s->profiles, name) != NULL;
}

const struct network *state_network_of(const struct state *s, const struct node *node) {
        const struct sighting *last = NULL;
        for (size_t i = 0; node && i < node->n_ports; i++) {
                const struct sighting *seen = sightings_last(&s->sightings, &node->ports[i].mac);
                if (seen && (!last || node->ports[i].boots || (seen->last > last->last && !node_boot_port(node)->boots)))
                        last = seen;
        }
        if (last && settings_network(s->settings, last->network))
                return settings_network(s->settings, last->network);
        return s->settings->n_networks == 1 ? &s->settings->networks[0] : NULL;
}

void state_decide(const struct state *s, const struct node *node, const struct mac *mac, const char *network,
                  struct decision *ret) {
        char text[MAC_TEXT_SIZE];
        const struct port *port = node ? node_boot_port(node) : NULL;
        if (!mac && port)
                mac = &port->mac;
        const struct decision_input input = {
                .node = node,
                .network = network ? settings_network(s->settings, network) : state_network_of(s, node),
                .host = mac ? settings_host(s->settings, mac) : NULL,
                .mac = mac ? mac_format(mac, text) : NULL,
                .has_profile = has_profile,
                .userdata = (void *) s,
        };
        decide(&input, ret);
}
