/*
 * The order in which workers tell: of what they saw while pxed was away come the same boots as of each step told at its time. Machines that boot in many
 * ways are made up; what a worker tells of each waits as lib/worker_queue.h keeps it, and comes in batches between those of the other workers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/boot_fit.h"
#include "lib/json.h"
#include "tests/unit/pxed_fixture.h"

enum teller { NETCFG, TFTP, INTROSPECT, TELLERS };

#define WORDS_MAX 800
#define SEEDS 200

/* What one worker tells of one machine. */
struct word {
        enum teller teller;
        uint64_t time;  /* when it tells it, while pxed is there */
        uint64_t began; /* of what goes on: what has the same is told under one key; 0: it does not */
        json_t *observation;
};

struct tale {
        struct word words[WORDS_MAX];
        size_t n;
        uint64_t now;
        unsigned random;
};

static unsigned draw(struct tale *t, unsigned below) {
        return (unsigned) rand_r(&t->random) % below;
}

static unsigned one_or_two(struct tale *t) {
        return draw(t, 4) == 0 ? 2 : 1;
}

/* ---- a machine that boots. `step`: its reference is taken over. */

static void say(struct tale *t, enum teller teller, unsigned after_msec, uint64_t began, const char *kind, json_t *step) {
        assert_true(t->n < WORDS_MAX);
        t->now += after_msec * USEC_PER_MSEC;
        json_object_set_new(step, "network", json_string("lab"));
        json_object_set_new(step, "kind", json_string(kind));
        t->words[t->n++] = (struct word) { teller, t->now, began, json_pack("{s:I, s:o}", "time", (json_int_t) (began ? began : t->now), "step", step) };
}

static void get_address(struct tale *t, const char *stage) {
        static const char *const kinds[] = { "discover", "discover", "offer", "request", "acknowledge" };
        int xid = (int) draw(t, 1000000);
        for (size_t i = 2 - one_or_two(t); i < ELEMENTS(kinds); i++)
                say(t, NETCFG, i == 1 ? 1 + draw(t, 3000) : 1, 0, kinds[i],
                    json_pack("{s:s, s:s, s:i}", "stage", stage, "protocol", "dhcp4", "xid", xid));
}

static void get_loader(struct tale *t) {
        static const char *const transfers[] = { "requested", "options", "data", "done" };
        uint64_t began = t->now + USEC_PER_MSEC;
        for (size_t i = 0, got = 1 + draw(t, ELEMENTS(transfers)); i < got; i++)
                say(t, NETCFG, 1 + draw(t, 300), began, "tftp", json_pack("{s:s, s:s}", "file", "undionly.kpxe", "transfer", transfers[i]));
}

static void get_file(struct tale *t, const char *name) {
        uint64_t began = t->now + USEC_PER_MSEC;
        for (unsigned i = 1, got = 1 + draw(t, 3); i <= got; i++)
                say(t, TFTP, 1 + draw(t, 500), began, "file", json_pack("{s:s, s:i, s:i}", "file", name, "bytes", (int) i * 1000, "total", 3000));
}

static const char *get_script(struct tale *t) {
        static const char *const profiles[] = { "inspect", "inspect", "cloud", "local" };
        const char *profile = profiles[draw(t, ELEMENTS(profiles))];
        if (draw(t, 4) == 0)
                say(t, TFTP, 3, 0, "refused", json_pack("{s:s}", "detail", "nobody knows it"));
        say(t, TFTP, 3 + draw(t, 2) * draw(t, 30000), 0, "script", json_pack("{s:s}", "profile", profile));
        if (draw(t, 4) == 0)
                say(t, TFTP, 2 + draw(t, 3000), 0, "script", json_pack("{s:s}", "profile", profile));
        return profile;
}

static void run_ramdisk(struct tale *t) {
        static const char *const details[] = { "started", "collects", "posts" };
        for (size_t i = 0; i < ELEMENTS(details); i++)
                for (unsigned n = one_or_two(t); n > 0; n--)
                        say(t, INTROSPECT, 2 + draw(t, 2000), 0, "agent", json_pack("{s:s}", "detail", details[i]));
        say(t, INTROSPECT, 5, 0, "inventory", json_object());
}

/* What is told of it may end after any step. */
static void cut(struct tale *t, size_t first) {
        size_t said = t->n - first, kept = draw(t, 3) == 0 ? said : 1 + draw(t, (unsigned) said);
        while (t->n > first + kept)
                json_decref(t->words[--t->n].observation);
        t->now = t->words[t->n - 1].time;
}

static void boot(struct tale *t) {
        size_t first = t->n;
        get_address(t, "firmware");
        for (unsigned n = one_or_two(t); n > 0; n--)
                get_loader(t);
        get_address(t, "ipxe");
        const char *profile = get_script(t);
        if (strcmp(profile, "local") != 0) {
                get_file(t, "vmlinuz");
                for (unsigned n = one_or_two(t); n > 0; n--)
                        get_file(t, n > 1 ? "firmware.cpio" : "initrd");
        }
        say(t, TFTP, 2, 0, "started", json_pack("{s:s}", "profile", profile));
        if (strcmp(profile, "local") != 0)
                get_address(t, "os");
        if (strcmp(profile, "inspect") == 0)
                run_ramdisk(t);
        cut(t, first);
}

static void be_off(struct tale *t) {
        static const unsigned seconds[] = { 0, 5, 30, 120, 720, 7200 };
        t->now += seconds[draw(t, ELEMENTS(seconds))] * USEC_PER_SEC + 20 * USEC_PER_MSEC + draw(t, USEC_PER_SEC);
}

/* ---- what is told of it */

static void tell(struct fixture *f, uint64_t now, unsigned machine, const struct word *words, size_t n) {
        _cleanup_json_ json_t *batch = json_array();
        struct mac mac = mac_of(machine);
        char mac_text[MAC_TEXT_SIZE];
        for (size_t i = 0; i < n; i++) {
                json_object_set_new(json_object_get(words[i].observation, "step"), "mac", json_string(mac_format(&mac, mac_text)));
                json_array_append(batch, words[i].observation);
        }
        char *text = json_dumps(batch, 0);
        assert_int_equal(report(f, now, text, NULL), 0);
        free(text);
}

/* A few at a time. */
static void tell_in_time(struct fixture *f, const struct tale *t, unsigned machine, size_t from, size_t to) {
        for (size_t i = from, count; i < to; i += count) {
                count = to - i < 5 ? to - i : 5;
                tell(f, t->words[i + count - 1].time, machine, &t->words[i], count);
        }
}

/* What a worker has to tell of all from word `from` on when pxed comes back. */
static size_t queue_of(const struct tale *t, size_t from, enum teller teller, struct word *ret) {
        size_t n = 0, at;
        for (size_t i = from; i < t->n; i++) {
                const struct word *word = &t->words[i];
                if (word->teller != teller)
                        continue;
                for (at = 0; at < n && (word->began == 0 || ret[at].began != word->began); at++)
                        ;
                ret[at] = *word;
                n += at == n;
        }
        return n;
}

static void tell_late(struct fixture *f, struct tale *t, unsigned machine, size_t from) {
        static struct word queue[TELLERS][WORDS_MAX];
        size_t n[TELLERS], next[TELLERS] = { 0 }, left = 0;
        for (enum teller teller = 0; teller < TELLERS; teller++)
                left += n[teller] = queue_of(t, from, teller, queue[teller]);
        size_t batch = draw(t, 3) == 0 ? WORDS_MAX : 20;
        while (left > 0) {
                enum teller teller = (enum teller) draw(t, TELLERS);
                size_t count = batch == WORDS_MAX ? batch : 1 + draw(t, (unsigned) batch), there = n[teller] - next[teller];
                count = count < there ? count : there;
                /* One whose acknowledgement was lost comes again. */
                for (unsigned times = one_or_two(t); times > 0; times--)
                        tell(f, t->now, machine, &queue[teller][next[teller]], count);
                next[teller] += count;
                left -= count;
        }
}

/* ---- what came of it */

/* DHCP that is sent again is a step of its own where it is known too late that nothing came between. */
static bool is_again(const struct boot *boot, size_t i) {
        return i > 0 && boot_step_is_dhcp(&boot->steps[i]) && boot->steps[i].kind == boot->steps[i - 1].kind &&
               boot->steps[i].stage == boot->steps[i - 1].stage;
}

static void write_boot(const struct boot *boot, FILE *file) {
        fprintf(file, "%s from %llu to %llu: %s\n", boot_outcome_names[boot->outcome], (unsigned long long) boot->started,
                (unsigned long long) boot->ended, boot->reason ? boot->reason : "-");
        for (size_t i = 0; i < boot->n_steps; i++) {
                const struct boot_step *s = &boot->steps[i];
                if (!is_again(boot, i))
                        fprintf(file, "  %llu %s %s %s %s %s %lld %s\n", (unsigned long long) s->time, step_kind_names[s->kind], step_stage_names[s->stage],
                                s->file ? s->file : "-", s->profile ? s->profile : "-", s->detail ? s->detail : "-", (long long) s->bytes,
                                step_transfer_names[s->transfer]);
        }
}

/* The boots of the machine, the newest first. The caller frees it. */
static char *boots_text(struct fixture *f, unsigned machine) {
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        struct mac mac = mac_of(machine);
        struct boot *boot;
        assert_non_null(file);
        for (uint64_t below = UINT64_MAX; (boot = boots_latest(&f->state->boots, &mac, below)); below = boot->id)
                write_boot(boot, file);
        fclose(file);
        return text;
}

/* Two machines do the same: of the one each step is told in time, of the other most of them when pxed has come back. */
static void compare(struct fixture *f, unsigned seed) {
        static struct tale t;
        const unsigned one = 2 * seed, other = one + 1;
        t = (struct tale) { .now = NOW, .random = seed };
        size_t away = 0;
        for (unsigned boots = seed % 20 == 0 ? 12 : 2 + draw(&t, 3); boots > 0; boots--) {
                boot(&t);
                away = away ? away : t.n;
                be_off(&t);
        }
        t.now += 60 * USEC_PER_SEC;
        if (draw(&t, 2) == 0)
                away = draw(&t, (unsigned) away);
        tell_in_time(f, &t, one, 0, t.n);
        tell_in_time(f, &t, other, 0, away);
        tell_late(f, &t, other, away);
        size_t back = t.n;
        boot(&t);
        tell_in_time(f, &t, one, back, t.n);
        tell_in_time(f, &t, other, back, t.n);
        char *expected = boots_text(f, one), *text = boots_text(f, other);
        if (strcmp(expected, text) != 0) {
                fprintf(stderr, "In time:\n%sLate:\n%s", expected, text);
                fail_msg("seed %u, late from step %zu on", seed, away);
        }
        free(expected);
        free(text);
        while (t.n > 0)
                json_decref(t.words[--t.n].observation);
}

static void test_told_late(void **state) {
        for (unsigned seed = 0; seed < SEEDS; seed++)
                compare(*state, seed);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(test_told_late, setup, teardown) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
