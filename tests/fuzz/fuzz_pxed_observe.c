/* Observations of any content, applied to a state that lives on from input to input. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/idl.h"
#include "lib/json.h"
#include "pxed/ageing.h"
#include "pxed/observe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/dev/shm/fuzz-pxed-observe-XXXXXX";
static struct state *state;
static uint64_t now = (uint64_t) 1700000000 * USEC_PER_SEC;

static void clean_up(void) {
        char command[128];
        state_free(state);
        snprintf(command, sizeof command, "rm -rf %s", folder);
        if (system(command) != 0)
                perror(command);
}

static void set_up(void) {
        char path[128], reason[200];
        struct settings *settings = NULL;
        struct config_error error;
        if (!mkdtemp(folder))
                abort();
        snprintf(path, sizeof path, "%s/pxed.conf", folder);
        FILE *file = fopen(path, "w");
        if (!file)
                abort();
        fputs("[pxed]\nevents-kept=100\nnodes-max=50\n"
              "[network lab]\ninterface=a\naddress=192.0.2.1/24\npool=192.0.2.100-192.0.2.200\nphysical-network=x\n"
              "[network other]\ninterface=b\naddress=198.51.100.1/24\ndhcp=proxy\nphysical-network=y\n"
              "[physical-network x]\nswitches=leaf[1-3] 00:11:*\nports=p*@leaf*\n[physical-network z]\nsubnets=192.0.2.0/25\n", file);
        fclose(file);
        if (settings_load(path, &settings, &error) < 0 || state_new(folder, settings, now, &state, reason, sizeof reason) < 0)
                abort();
        atexit(clean_up);
}

/* What the server would have let through: the whole call is checked against the interface before. */
static bool is_report(const json_t *observations) {
        const struct idl *idl = idl_find("org.pxed.Worker");
        char field[128];
        _cleanup_json_ json_t *call = json_pack("{s:s, s:s, s:i, s:O}", "role", "tftp", "instance", "x", "batch", 1, "observations",
                                                observations);
        return call && idl_check(idl, idl_method(idl, "Report")->in, call, field, sizeof field) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (!state)
                set_up();
        _cleanup_json_ json_t *observations = json_parse((const char *) data, size, JSON_DEPTH_MAX, NULL);
        _cleanup_json_ json_t *networks = json_object(), *agents = json_object();
        struct observe_error error = { 0 };
        struct change *change;
        if (!json_is_array(observations) || !is_report(observations) || change_begin(state, now += USEC_PER_SEC, &change) < 0)
                return 0;
        uint64_t events = state->event_newest, revision = state->revision;
        size_t nodes = state->nodes.count, boots = state->boots.count;
        struct observe observe = { .state = state, .change = change, .networks = networks, .agents = agents, .error = &error };
        int r = observe_all(&observe, observations);
        bool committed = r == 0 && change_commit(change) == 0;
        if (committed)
                observe_finish(&observe);
        change_free(change);
        /* A refused batch has not happened; attempts may have been read back into memory for it. */
        if (!committed && (events != state->event_newest || revision != state->revision || nodes != state->nodes.count ||
                           boots > state->boots.count || (r == -22 && !*error.field)))
                __builtin_trap();
        (void) ageing_tick(state, now);
        return 0;
}
