#include "lib/worker_kept.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "lib/file.h"
#include "lib/kept_state.h"
#include "lib/log.h"

#define SUBJECT "kept state"
#define RETRY (5 * USEC_PER_SEC)

struct worker_kept {
        struct daemon *daemon;
        struct kept_state *state;
        char *path;
        sd_event_source *retry;
};

static void tell(struct worker_kept *kept, int r) {
        if (r == 0) {
                daemon_clear_problem(kept->daemon, SUBJECT);
                return;
        }
        daemon_set_problem(kept->daemon, SUBJECT, "cannot write %s: %s; started again without pxed, this daemon would not serve the newest state: "
                           "make room or repair the disk", kept->path, strerror(-r));
        sd_event_source_set_time_relative(kept->retry, RETRY);
        sd_event_source_set_enabled(kept->retry, SD_EVENT_ONESHOT);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        struct worker_kept *kept = userdata;

        tell(kept, kept_state_write(kept->state));
        return 0;
}

int worker_kept_new(struct daemon *daemon, const char *role, struct worker_kept **ret) {
        struct worker_kept *kept = calloc(1, sizeof(*kept));
        int r = kept ? 0 : -ENOMEM;

        if (r < 0)
                return r;
        kept->daemon = daemon;
        kept->path = path_join(daemon_state_dir(daemon), "desired");
        r = kept->path ? kept_state_new(kept->path, role, &kept->state) : -ENOMEM;
        if (r == 0)
                r = sd_event_add_time_relative(daemon_event(daemon), &kept->retry, CLOCK_MONOTONIC, 0, 0, on_retry, kept);
        if (r >= 0)
                r = sd_event_source_set_enabled(kept->retry, SD_EVENT_OFF);
        if (r < 0) {
                worker_kept_free(kept);
                return r;
        }
        *ret = kept;
        return 0;
}

struct worker_kept *worker_kept_free(struct worker_kept *kept) {
        if (!kept)
                return NULL;
        sd_event_source_disable_unref(kept->retry);
        kept_state_free(kept->state);
        free(kept->path);
        free(kept);
        return NULL;
}

struct delivery {
        const struct worker_options *options;
        bool began;
};

static void begin(struct delivery *delivery) {
        if (!delivery->began && delivery->options->begin)
                delivery->options->begin(delivery->options->userdata);
        delivery->began = true;
}

static void deliver(const char *key, const json_t *entry, void *userdata) {
        struct delivery *delivery = userdata;

        begin(delivery);
        delivery->options->entry(key, entry, delivery->options->userdata);
}

void worker_kept_deliver(struct worker_kept *kept, const struct worker_options *options) {
        struct delivery delivery = { .options = options };
        int r = kept_state_load(kept->state, deliver, &delivery);

        if (r == -ENOENT)
                return;
        if (r < 0) {
                log_warning("Cannot use %s (%s); waiting for pxed to tell what is wanted.", kept->path,
                            r == -EPROTONOSUPPORT ? "it was written by a newer version" : r == -EBADMSG ? "it is damaged" : strerror(-r));
                return;
        }
        begin(&delivery);
        log_info("Serving the state of the last run until pxed has told which it is.");
        if (options->commit)
                options->commit(WORKER_KEPT, options->userdata);
        /* What reading took is given back. */
        malloc_trim(0);
}

void worker_kept_begin(struct worker_kept *kept) {
        kept_state_begin(kept->state);
}

void worker_kept_take(struct worker_kept *kept, const char *key, const json_t *entry) {
        kept_state_take(kept->state, key, entry);
}

void worker_kept_commit(struct worker_kept *kept, uint64_t revision) {
        tell(kept, kept_state_commit(kept->state, revision));
}
