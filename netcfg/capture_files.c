#include "netcfg/capture_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "netcfg/machine_pcapng.h"

#define SUFFIX ".pcapng"
#define RETRY_DELAY (10 * USEC_PER_SEC)
/* A boot may be over before its last packets have come out of the capture. */
#define LAST_PACKETS_DELAY (300 * USEC_PER_MSEC)
/* A daemon that was kept from running so long has frames before it that came in time. */
#define LATE (50 * USEC_PER_MSEC)
#define PROBLEM "captures"

struct capture_files {
        struct daemon *daemon;
        struct worker *worker;
        const struct machine_packets *packets;
        char *folder;
        json_t *wanted; /* boot: type Capture */
        json_t *since;  /* boot: when its entry came, in microseconds of the monotonic clock */
        json_t *told;   /* boot: whether it has a file; those that were reported since the desired state began */
        sd_event_source *timer;
        bool settling; /* the timer is for the next whose packets are there: further commits do not put it off */
        bool late;     /* it came late, and was put off once for that */
};

/* ---- one file */

static char *path_of(const struct capture_files *files, const char *boot) {
        char name[64];

        snprintf(name, sizeof(name), "%s" SUFFIX, boot);
        return path_join(files->folder, name);
}

static void tell(struct capture_files *files, const char *boot, const char *path) {
        char key[64];

        snprintf(key, sizeof(key), "captureFile/%s", boot);
        worker_observe(files->worker, "captureFile", key, realtime_us(),
                       json_pack("{s:O, s:s?}", "boot", json_object_get(json_object_get(files->wanted, boot), "boot"), "path", path));
        json_object_set_new(files->told, boot, json_boolean(path != NULL));
}

/* Without packets the file becomes empty. */
static int write_file(struct capture_files *files, const char *boot, const char *path) {
        _cleanup_pcapng_ struct pcapng file = {};
        struct machine_summary machine;
        struct mac mac;

        int r = mac_parse(json_get_string(json_object_get(files->wanted, boot), "mac") ?: "", &mac);
        if (r == 0)
                r = machine_pcapng(files->packets, &mac, &machine, &file);
        if (r == -ENOMEM)
                return r;
        return file_write(path, file.data, r == 0 ? file.size : 0, 0640, false);
}

static int settle(struct capture_files *files, const char *boot) {
        _cleanup_free_ char *path = path_of(files, boot);
        struct stat stat_;

        if (!path)
                return -ENOMEM;
        if (stat(path, &stat_) < 0) {
                int r = folder_make(files->folder, 0750);
                if (r < 0 || (r = write_file(files, boot, path)) < 0)
                        return r;
                if (stat(path, &stat_) < 0)
                        return -errno;
        }
        tell(files, boot, stat_.st_size > 0 ? path : NULL);
        return 0;
}

/* ---- all of them */

static int64_t number_of(const char *boot) {
        return strtoll(boot, NULL, 10);
}

static int compare_boots(const void *a, const void *b) {
        int64_t first = number_of(*(const char *const *) a), second = number_of(*(const char *const *) b);

        return (first < second) - (first > second);
}

/* The wanted boots, the newest first; they are the keys of `wanted`. */
static size_t sort_wanted(const struct capture_files *files, const char ***ret) {
        const char **boots = calloc(json_object_size(files->wanted) + 1, sizeof(*boots)), *boot;
        size_t count = 0;
        json_t *entry;

        *ret = boots;
        if (!boots)
                return 0;
        json_object_foreach(files->wanted, boot, entry)
                boots[count++] = boot;
        qsort(boots, count, sizeof(*boots), compare_boots);
        return count;
}

static bool is_boot(const char *text) {
        size_t digits = strspn(text, "0123456789");

        return digits > 0 && digits < 19 && !text[digits];
}

/* Whether a file of this name is kept for one of the boots; also what file_write left behind is ours. Other files are not: true. */
static bool is_kept(const char *name, const char *const *boots, size_t count) {
        size_t digits = strspn(name, "0123456789");

        if (digits == 0 || strncmp(name + digits, SUFFIX, strlen(SUFFIX)) != 0)
                return true;
        if (name[digits + strlen(SUFFIX)])
                return false;
        for (size_t i = 0; i < count; i++)
                if (strlen(boots[i]) == digits && strncmp(boots[i], name, digits) == 0)
                        return true;
        return false;
}

static void remove_others(const struct capture_files *files, const char *const *boots, size_t count) {
        DIR *folder = opendir(files->folder);
        struct dirent *entry;

        if (!folder)
                return;
        while ((entry = readdir(folder)))
                if (!is_kept(entry->d_name, boots, count) && unlinkat(dirfd(folder), entry->d_name, 0) < 0)
                        log_warning("Cannot remove %s/%s: %s", files->folder, entry->d_name, strerror(errno));
        closedir(folder);
}

static void arm(struct capture_files *files, uint64_t delay) {
        sd_event_source_set_time_relative(files->timer, delay);
        sd_event_source_set_enabled(files->timer, SD_EVENT_ONESHOT);
}

static size_t files_of(size_t wanted) {
        return wanted < CAPTURE_FILES_MAX ? wanted : CAPTURE_FILES_MAX;
}

/* How long until its last packets have come out of the capture; 0: they have. */
static uint64_t remaining(const struct capture_files *files, const char *boot, uint64_t now) {
        uint64_t due = (uint64_t) json_get_int(files->since, boot, 0) + LAST_PACKETS_DELAY;

        return due > now ? due - now : 0;
}

/* Writes or gives up what was not told of yet and can be; `boots` are the wanted ones, the newest first. *ret_next: when there is more; 0: there is not. */
static int settle_all(struct capture_files *files, const char *const *boots, size_t count, uint64_t *ret_next) {
        uint64_t now = monotonic_us(), next = 0;
        size_t kept = files_of(count);
        int failed = 0;

        for (size_t i = 0; i < count; i++) {
                const json_t *told = json_object_get(files->told, boots[i]);
                if (json_is_false(told) || (told && i < kept))
                        continue;
                uint64_t left = remaining(files, boots[i], now);
                if (left > 0) {
                        if (next == 0 || left < next)
                                next = left;
                        continue;
                }
                int r = 0;
                if (i < kept)
                        r = settle(files, boots[i]);
                else
                        tell(files, boots[i], NULL);
                if (r < 0)
                        failed = r;
        }
        *ret_next = next;
        return failed;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct capture_files *files = userdata;
        files->late = !files->late && monotonic_us() > usec + LATE;
        if (files->late) {
                arm(files, LATE);
                return 0;
        }
        _cleanup_free_ const char **boots = NULL;
        size_t count = sort_wanted(files, &boots);
        uint64_t next = 0;
        int r = boots ? settle_all(files, boots, count, &next) : -ENOMEM;

        if (r == 0)
                daemon_clear_problem(files->daemon, PROBLEM);
        else
                daemon_set_problem(files->daemon, PROBLEM, "Cannot keep the packets of failed boots in %s: %s", files->folder, strerror(-r));
        files->settling = next > 0;
        if (next > 0 || r < 0)
                arm(files, next > 0 ? next : RETRY_DELAY);
        return 0;
}

void capture_files_commit(struct capture_files *files, bool is_current) {
        _cleanup_free_ const char **boots = NULL;
        size_t count = sort_wanted(files, &boots);

        if (boots && is_current)
                remove_others(files, boots, files_of(count));
        if (!files->settling)
                arm(files, LAST_PACKETS_DELAY);
        files->settling = true;
}

void capture_files_begin(struct capture_files *files) {
        json_object_clear(files->wanted);
        json_object_clear(files->since);
        json_object_clear(files->told);
}

void capture_files_want(struct capture_files *files, const char *boot, json_t *entry) {
        if (entry && is_boot(boot)) {
                json_object_set(files->wanted, boot, entry);
                json_object_set_new(files->since, boot, json_integer((json_int_t) monotonic_us()));
        } else {
                json_object_del(files->wanted, boot);
                json_object_del(files->since, boot);
                json_object_del(files->told, boot);
        }
}

/* ---- life */

int capture_files_new(struct daemon *daemon, struct worker *worker, const struct machine_packets *packets, struct capture_files **ret) {
        _cleanup_(capture_files_freep) struct capture_files *files = calloc(1, sizeof(*files));

        if (!files)
                return -ENOMEM;
        *files = (struct capture_files) { .daemon = daemon, .worker = worker, .packets = packets };
        files->wanted = json_object();
        files->since = json_object();
        files->told = json_object();
        files->folder = path_join(daemon_state_dir(daemon), "captures");
        if (!files->wanted || !files->since || !files->told || !files->folder)
                return -ENOMEM;
        int r = sd_event_add_time_relative(daemon_event(daemon), &files->timer, CLOCK_MONOTONIC, 0, 0, on_timer, files);
        if (r < 0 || (r = sd_event_source_set_enabled(files->timer, SD_EVENT_OFF)) < 0)
                return r;
        *ret = TAKE_POINTER(files);
        return 0;
}

struct capture_files *capture_files_free(struct capture_files *files) {
        if (!files)
                return NULL;
        sd_event_source_disable_unref(files->timer);
        json_decref(files->wanted);
        json_decref(files->since);
        json_decref(files->told);
        free(files->folder);
        free(files);
        return NULL;
}
