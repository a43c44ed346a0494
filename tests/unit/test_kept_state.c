/* lib/kept_state: what is on disk is the last whole revision, whatever happened to the file. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lib/file.h"
#include "lib/kept_state.h"

static char folder[] = "/tmp/pxed-test-kept-XXXXXX";

static int set_up(void **state) {
        return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        return system(command);
}

static struct kept_state *fresh(void) {
        struct kept_state *kept;

        assert_int_equal(kept_state_new("state", "tftp", &kept), 0);
        return kept;
}

/* type Entry of a node that is called `name`; NULL: it is gone */
static void take(struct kept_state *kept, const char *key, const char *name) {
        _cleanup_json_ json_t *entry = name ? json_pack("{s:s, s:{s:s}}", "key", key, "node", "name", name) : json_pack("{s:s}", "key", key);

        kept_state_take(kept, key, entry);
}

static void collect(const char *key, const json_t *entry, void *userdata) {
        json_object_set_new(userdata, key, json_string(json_get_string(json_get_object(entry, "node"), "name")));
}

/* What is delivered, as "key=name key=name", sorted by key; or the error. */
static void expect(const char *expected) {
        _cleanup_(kept_state_freep) struct kept_state *kept = fresh();
        _cleanup_json_ json_t *found = json_object();
        char text[1024] = "";
        const char *key;
        json_t *name;

        int r = kept_state_load(kept, collect, found);
        if (r < 0) {
                assert_int_equal(json_object_size(found), 0);
                assert_string_equal(strerrorname_np(-r), expected);
                return;
        }
        _cleanup_free_ char *sorted = json_dumps(found, JSON_SORT_KEYS | JSON_COMPACT);
        _cleanup_json_ json_t *in_order = json_loads(sorted, 0, NULL);
        json_object_foreach(in_order, key, name)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", *text ? " " : "", key, json_string_value(name));
        assert_string_equal(text, expected);
}

static void test_state_and_changes(void **state) {
        _cleanup_(kept_state_freep) struct kept_state *kept = fresh();
        struct stat status;

        unlink("state");
        expect("ENOENT");
        /* nothing that a change could be added to */
        take(kept, "node/1", "early");
        assert_int_equal(kept_state_commit(kept, 1), 0);
        expect("ENOENT");

        kept_state_begin(kept);
        take(kept, "node/1", "one");
        take(kept, "node/2", "two");
        take(kept, "bad\tkey", "x");
        expect("ENOENT");
        assert_int_equal(kept_state_commit(kept, 2), 0);
        expect("node/1=one node/2=two");
        assert_int_equal(stat("state", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);

        take(kept, "node/2", NULL);
        take(kept, "node/3", "three");
        expect("node/1=one node/2=two");
        assert_int_equal(kept_state_commit(kept, 3), 0);
        take(kept, "node/1", "uno");
        assert_int_equal(kept_state_commit(kept, 4), 0);
        expect("node/1=uno node/3=three");

        /* a state that did not come whole */
        kept_state_begin(kept);
        take(kept, "node/9", "nine");
        expect("node/1=uno node/3=three");
        kept_state_begin(kept);
        take(kept, "node/8", "eight");
        assert_int_equal(kept_state_commit(kept, 1), 0);
        expect("node/8=eight");
}

static void test_damage(void **state) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "", "EBADMSG" },
                { "pxed-state 1 tftp", "EBADMSG" },
                { "pxed-state 1 tftp\n", "EBADMSG" },
                { "pxed-state 2 tftp\n\t1\n", "EPROTONOSUPPORT" },
                { "pxed-state x tftp\n\t1\n", "EBADMSG" },
                { "pxed-state 0 tftp\n\t1\n", "EBADMSG" },
                { "pxed-state 1 dhcp\n\t1\n", "EBADMSG" },
                { "{\"httpPort\":8080}", "EBADMSG" },
                { "pxed-state 1 tftp\n\t1\n", "" },
                { "pxed-state 1 tftp\na\t{\"key\":\"a\",\"node\":{\"name\":\"x\"}}\n\t1\n", "a=x" },
                /* what was being written */
                { "pxed-state 1 tftp\na\t{\"key\":\"a\",\"node\":{\"name\":\"x\"}}\n\t1\nb\t{\"key\":\"b\"", "a=x" },
                { "pxed-state 1 tftp\na\t{\"key\":\"a\",\"node\":{\"name\":\"x\"}}\n\t1\nb\t{\"key\":\"b\",\"node\":{\"name\":\"y\"}}\n", "a=x" },
                { "pxed-state 1 tftp\na\t{\"key\":\"a\",\"node\":{\"name\":\"x\"}}\n\t1\nrubbish\n\n", "a=x" },
                { "pxed-state 1 tftp\na\t{\"key\":\"a\",\"node\":{\"name\":\"x\"}}\n\t1", "EBADMSG" },
                /* before the mark */
                { "pxed-state 1 tftp\nrubbish\n\t1\n", "EBADMSG" },
                { "pxed-state 1 tftp\na\t{\"key\":\n\t1\n", "EBADMSG" },
                { "pxed-state 1 tftp\na\t{\"key\":\"b\"}\n\t1\n", "EBADMSG" },
                { "pxed-state 1 tftp\na\t[]\n\t1\n", "EBADMSG" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                print_message("case %zu\n", i);
                assert_int_equal(file_write("state", cases[i].text, strlen(cases[i].text), 0600, false), 0);
                expect(cases[i].expected);
        }
        assert_int_equal(file_write("state", "pxed-state 1 tftp\na\t\0\n\t1\n", 25, 0600, false), 0);
        expect("");
}

static void test_it_stays_small(void **state) {
        _cleanup_(kept_state_freep) struct kept_state *kept = fresh();
        char name[2000], last[2100];
        struct stat status;
        off_t most = 0;

        kept_state_begin(kept);
        take(kept, "node/1", "one");
        assert_int_equal(kept_state_commit(kept, 1), 0);
        memset(name, 'x', sizeof(name));
        name[900] = '\0';
        for (unsigned i = 0; i < 3000; i++) {
                memcpy(name, (char[]) { (char) ('a' + i % 26) }, 1);
                take(kept, "node/2", name);
                take(kept, "node/3", i % 2 ? "odd" : NULL);
                assert_int_equal(kept_state_commit(kept, i + 2), 0);
                assert_int_equal(stat("state", &status), 0);
                most = status.st_size > most ? status.st_size : most;
        }
        assert_true(most < 1200000);
        assert_int_equal(status.st_mode & 07777, 0600);
        snprintf(last, sizeof(last), "node/1=one node/2=%s node/3=odd", name);
        expect(last);
}

/* A disk without room, by the limit on the size of a file. */
static void set_room(rlim_t bytes) {
        struct rlimit limit;

        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        limit.rlim_cur = bytes;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_full_disk(void **state) {
        _cleanup_(kept_state_freep) struct kept_state *kept = fresh();

        signal(SIGXFSZ, SIG_IGN);
        kept_state_begin(kept);
        take(kept, "node/1", "one");
        assert_int_equal(kept_state_commit(kept, 1), 0);

        /* an append of which half would fit */
        set_room(80);
        take(kept, "node/2", "two");
        assert_true(kept_state_commit(kept, 2) < 0);
        take(kept, "node/3", "three");
        assert_true(kept_state_commit(kept, 3) < 0);
        expect("node/1=one");
        set_room(RLIM_INFINITY);
        assert_int_equal(kept_state_write(kept), 0);
        expect("node/1=one node/2=two node/3=three");
        assert_int_equal(kept_state_write(kept), 0);

        /* a whole state */
        set_room(20);
        kept_state_begin(kept);
        take(kept, "node/4", "four");
        assert_true(kept_state_commit(kept, 4) < 0);
        take(kept, "node/5", "five");
        assert_true(kept_state_commit(kept, 5) < 0);
        expect("node/1=one node/2=two node/3=three");
        set_room(RLIM_INFINITY);
        assert_int_equal(kept_state_write(kept), 0);
        expect("node/4=four node/5=five");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_state_and_changes),
                cmocka_unit_test(test_damage),
                cmocka_unit_test(test_it_stays_small),
                cmocka_unit_test(test_full_disk),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
