/* A state in a folder of its own, and batches of observations for it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json.h"
#include "pxed/observe.h"

#define NOW ((uint64_t) 1700000000 * USEC_PER_SEC)

struct fixture {
        char folder[64];
        const char *more; /* configuration; NULL: no more */
        struct state *state;
};

static inline struct settings *make_settings(const char *folder, const char *more) {
        char path[128];
        struct settings *settings = NULL;
        struct config_error error;
        snprintf(path, sizeof path, "%s/pxed.conf", folder);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs("[pxed]\nevents-kept = 50\nboots-kept = 3\ninventories-kept = 2\n"
              "[network lab]\ninterface = eth0\naddress = 192.0.2.1/24\npool = 192.0.2.100-192.0.2.200\n", file);
        fputs(more ? more : "", file);
        fclose(file);
        assert_int_equal(settings_load(path, &settings, &error), 0);
        return settings;
}

static inline void open_state(struct fixture *f) {
        char reason[200] = "";
        if (state_new(f->folder, make_settings(f->folder, f->more), NOW, &f->state, reason, sizeof reason) < 0)
                fail_msg("%s", reason);
}

static inline int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);
        strcpy(f->folder, "/tmp/test-pxed-store-XXXXXX");
        assert_non_null(mkdtemp(f->folder));
        open_state(f);
        *state = f;
        return 0;
}

static inline int teardown(void **state) {
        struct fixture *f = *state;
        char command[128];
        state_free(f->state);
        snprintf(command, sizeof command, "rm -rf %s", f->folder);
        assert_int_equal(system(command), 0);
        free(f);
        return 0;
}

static inline void reopen(struct fixture *f) {
        f->state = state_free(f->state);
        open_state(f);
}

static inline struct mac mac_of(unsigned n) {
        return (struct mac) { { 0x52, 0x54, 0, (uint8_t) (n >> 16), (uint8_t) (n >> 8), (uint8_t) n } };
}

/* Applies a batch of observations in one change. */
static inline int report(struct fixture *f, uint64_t now, const char *text, struct observe_error *error) {
        _cleanup_json_ json_t *observations = json_loads(text, 0, NULL), *networks = json_object(), *agents = json_object();
        _cleanup_(change_freep) struct change *change = NULL;
        struct observe_error ignored;
        assert_non_null(observations);
        assert_int_equal(change_begin(f->state, now, &change), 0);
        struct observe observe = { .state = f->state, .change = change, .networks = networks, .agents = agents, .error = error ? error : &ignored };
        int r = observe_all(&observe, observations);
        if (r == 0)
                r = change_commit(change);
        if (r == 0)
                observe_finish(&observe);
        return r;
}

static inline struct node *node_at(struct fixture *f, unsigned n) {
        struct mac mac = mac_of(n);
        return registry_by_mac(&f->state->nodes, &mac);
}

static inline size_t count_events(struct fixture *f, const char *kind) {
        _cleanup_json_ json_t *events = json_array();
        json_t *event;
        size_t i, count = 0;
        uint64_t last, expected;
        assert_int_equal(store_read_events(f->state->store, 0, 10000, events, &last), 0);
        assert_int_equal(last, f->state->event_newest);
        expected = f->state->event_oldest;
        json_array_foreach(events, i, event) {
                assert_int_equal(json_get_int(event, "number", 0), expected++);
                count += !kind || strcmp(json_get_string(event, "kind"), kind) == 0;
        }
        return count;
}

static inline int append_boot(struct boot *boot, void *userdata) {
        json_array_append_new(userdata, json_pack("{s:I, s:s, s:I, s:o}", "id", (json_int_t) boot->id, "outcome",
                                                  boot_outcome_names[boot->outcome], "steps", (json_int_t) boot->n_steps, "reason",
                                                  json_text(boot->reason)));
        boot_free(boot);
        return 0;
}

/* Boots of the machine with MAC n, newest first. */
static inline json_t *boots_of(struct fixture *f, unsigned n) {
        struct mac mac = mac_of(n);
        json_t *list = json_array();
        assert_int_equal(store_read_boots(f->state->store, NULL, &mac, 0, 100, append_boot, list), 0);
        return list;
}
