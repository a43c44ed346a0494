/* introspect/spool and body: nothing accepted is lost, nothing is kept twice, everything is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "introspect/body.h"
#include "introspect/spool.h"
#include "introspect/spool_index.h"
#include "lib/file.h"

static char folder[64];

static int set_up(void **state) {
        strcpy(folder, "/tmp/pxed-test-spool-XXXXXX");
        return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        return system(command);
}

static struct spool *open_spool(size_t posts, uint64_t bytes) {
        const struct spool_limits limits = { posts, bytes, .posts_per_machine = 4 };
        struct spool *spool;

        assert_int_equal(spool_new(folder, &limits, &spool), 0);
        return spool;
}

static struct spool_post post_number(unsigned n) {
        struct spool_post post = { .time = 1000 + n, .mac = { { 2, 0, 0, 0, 0, (uint8_t) n } } };

        snprintf(post.post, sizeof(post.post), "%032x", n);
        return post;
}

static int add(struct spool *spool, unsigned n, const char *text) {
        struct spool_post post = post_number(n);

        return spool_add(spool, &post, text, strlen(text));
}

static unsigned files_in(const char *name) {
        char command[128];
        unsigned n = 0;

        snprintf(command, sizeof(command), "ls %s/%s | wc -l", folder, name);
        FILE *pipe = popen(command, "r");
        assert_int_equal(fscanf(pipe, "%u", &n), 1);
        pclose(pipe);
        return n;
}

/* The number of the next post, which has to have this text. */
static unsigned take(struct spool *spool, const char *expected, struct spool_post *ret) {
        _cleanup_free_ char *text = NULL;

        assert_true(spool_take(spool, ret));
        assert_int_equal(spool_read(spool, ret, &text), 0);
        assert_string_equal(text, expected);
        return ret->mac.bytes[5];
}

static void test_in_order_and_once(void **state) {
        _cleanup_(spool_freep) struct spool *spool = open_spool(10, 1000);
        struct spool_post post;

        assert_int_equal(add(spool, 1, "one"), 0);
        assert_int_equal(add(spool, 2, "two"), 0);
        assert_int_equal(add(spool, 1, "one"), 1);
        assert_int_equal(take(spool, "one", &post), 1);
        spool_done(spool, &post, 5);
        spool_done(spool, &post, 5);
        assert_int_equal(add(spool, 1, "one"), 1); /* it is remembered */
        assert_int_equal(take(spool, "two", &post), 2);
        assert_int_equal(spool_size(spool), 1);
        assert_int_equal(files_in("spool"), 1);
        spool_done(spool, &post, 5);
        assert_false(spool_take(spool, &post));
        assert_int_equal(spool_size(spool), 0);
        assert_int_equal(files_in("spool"), 0);
}

static void test_after_a_restart(void **state) {
        struct spool *spool = open_spool(10, 1000);
        struct spool_post post;

        assert_int_equal(add(spool, 3, "three"), 0);
        assert_int_equal(add(spool, 2, "two"), 0);
        assert_int_equal(add(spool, 1, "one"), 0);
        assert_int_equal(take(spool, "three", &post), 3);
        spool_done(spool, &post, 5);
        assert_int_equal(take(spool, "two", &post), 2); /* taken, and never acknowledged */
        spool_free(spool);

        spool = open_spool(10, 1000);
        assert_int_equal(spool_size(spool), 2);
        assert_int_equal(add(spool, 1, "one"), 1);
        assert_int_equal(add(spool, 4, "four"), 0);
        assert_int_equal(take(spool, "two", &post), 2);
        spool_done(spool, &post, 5);
        assert_int_equal(take(spool, "one", &post), 1);
        spool_done(spool, &post, 5);
        assert_int_equal(take(spool, "four", &post), 4);
        assert_int_equal(files_in("spool"), 1);
        spool_free(spool);
}

static void test_bounded(void **state) {
        _cleanup_(spool_freep) struct spool *spool = open_spool(2, 10);
        struct spool_post post;

        assert_int_equal(add(spool, 1, "12345678"), 0);
        assert_int_equal(add(spool, 2, "123"), -ENOBUFS);
        assert_int_equal(add(spool, 2, "12"), 0);
        assert_int_equal(add(spool, 3, ""), -ENOBUFS);
        assert_false(spool_has_room(spool));
        assert_true(spool_take(spool, &post));
        spool_done(spool, &post, 5);
        assert_int_equal(add(spool, 3, "1"), 0);
}

static int add_of(struct spool *spool, uint8_t machine, unsigned n, bool unproven) {
        struct spool_post post = post_number(n);

        post.mac.bytes[5] = machine;
        post.unproven = unproven;
        return spool_add(spool, &post, "text", 4);
}

/* A machine cannot take the room of others; what nobody has proven leaves room for what is. */
static void test_bounded_per_machine(void **state) {
        _cleanup_(spool_freep) struct spool *spool = open_spool(100, 1000);
        struct spool_post post;

        for (unsigned i = 0; i < 4; i++)
                assert_int_equal(add_of(spool, 1, i, false), 0);
        assert_int_equal(add_of(spool, 1, 4, false), -EBUSY);
        assert_int_equal(add_of(spool, 1, 3, false), 1);
        assert_int_equal(add_of(spool, 2, 5, true), 0);
        assert_int_equal(add_of(spool, 2, 6, true), 0);
        assert_int_equal(add_of(spool, 2, 7, true), -EBUSY);
        assert_int_equal(add_of(spool, 2, 8, false), 0);

        /* what is on its way counts, until pxed has it */
        assert_true(spool_take(spool, &post));
        assert_int_equal(add_of(spool, 1, 9, false), -EBUSY);
        spool_done(spool, &post, 5);
        assert_int_equal(add_of(spool, 1, 9, false), 0);

        /* so does what an earlier process has taken, and all of it is kept */
        spool_free(spool);
        spool = open_spool(100, 1000);
        assert_int_equal(spool_size(spool), 7);
        assert_int_equal(add_of(spool, 1, 10, false), -EBUSY);
        assert_int_equal(add_of(spool, 3, 11, false), 0);
}

static void test_failed_write_leaves_nothing(void **state) {
        _cleanup_(spool_freep) struct spool *spool = open_spool(2, 10);
        struct spool_post post;
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s/spool", folder);
        assert_int_equal(system(command), 0);
        assert_int_equal(add(spool, 1, "1"), -ENOENT);
        assert_int_equal(spool_size(spool), 0);
        assert_false(spool_take(spool, &post));
}

static void test_put_back_and_aside(void **state) {
        _cleanup_(spool_freep) struct spool *spool = open_spool(100, 1000);
        struct spool_post post;

        assert_int_equal(add(spool, 1, "1"), 0);
        assert_true(spool_take(spool, &post));
        spool_put_back(spool, &post);
        assert_true(spool_take(spool, &post));
        spool_set_aside(spool, &post);
        assert_false(spool_take(spool, &post));
        assert_int_equal(files_in("refused"), 1);
        for (unsigned i = 2; i < 30; i++) {
                assert_int_equal(add(spool, i, "1"), 0);
                assert_true(spool_take(spool, &post));
                spool_set_aside(spool, &post);
        }
        assert_int_equal(files_in("refused"), 16);
        assert_int_equal(spool_size(spool), 0);
}

static void test_unsettled(void **state) {
        _cleanup_(spool_freep) struct spool *spool = open_spool(10, 1000);
        struct spool_post post = post_number(1);

        assert_false(spool_is_unsettled(spool, &post.mac, 100, 10));
        assert_int_equal(add(spool, 1, "1"), 0);
        assert_true(spool_is_unsettled(spool, &post.mac, 100, 10));
        assert_true(spool_take(spool, &post));
        assert_true(spool_is_unsettled(spool, &post.mac, 100, 10));
        spool_done(spool, &post, 100);
        assert_true(spool_is_unsettled(spool, &post.mac, 105, 10));
        assert_false(spool_is_unsettled(spool, &post.mac, 110, 10));
        /* of a request that had begun before pxed acknowledged the post */
        assert_true(spool_is_unsettled(spool, &post.mac, 99, 10));
}

/* What was done is forgotten in time. */
static void test_memory_of_done_is_bounded(void **state) {
        struct spool_index index = { 0 };

        for (unsigned i = 0; i < 3; i++) {
                struct spool_post post = post_number(i);
                spool_index_done(&index, spool_index_add(&index, &post), i * SPOOL_REMEMBER_US);
        }
        assert_int_equal(index.dones, 2);
        assert_int_equal(index.posts, 0);
        spool_index_clear(&index);
        assert_null(index.first_done);
}

static void test_bodies(void **state) {
        struct body_budget budget = { .max = 4 * 1024 * 1024 };
        struct body a, b, c;
        char *piece = calloc(1, 1024 * 1024);

        body_init(&a, &budget, 2 * 1024 * 1024);
        body_init(&b, &budget, 10);
        assert_int_equal(body_payload_size(&a), 0);
        assert_int_equal(body_set_prefix(&a, "{\"raw\":"), 0);
        assert_int_equal(body_append(&a, piece, 1024 * 1024), 0);
        assert_int_equal(body_append(&a, piece, 1024 * 1024), 0);
        assert_int_equal(body_append(&a, piece, 1), -EFBIG);
        assert_int_equal(body_payload_size(&a), 2 * 1024 * 1024);
        assert_memory_equal(a.text, "{\"raw\":", 7);
        /* 3 of 4 MiB are taken: no more for large ones, the rest for the others */
        body_init(&c, &budget, 4 * 1024 * 1024);
        assert_int_equal(body_append(&c, piece, 1024 * 1024), 0);
        assert_int_equal(body_append(&c, piece, 1), -ENOBUFS);
        assert_int_equal(body_append(&b, piece, 5), -ENOBUFS);
        body_clear(&a);
        body_clear(&c);
        assert_int_equal(body_append(&b, "12345", 5), 0);
        assert_int_equal(body_finish(&b, "and more than its maximum", 25), 0);
        assert_int_equal(body_append(&b, "1", 1), -EFBIG);
        body_clear(&b);
        body_clear(&b);
        assert_int_equal(budget.used, 0);
        free(piece);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_in_order_and_once, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_after_a_restart, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_bounded, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_bounded_per_machine, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_failed_write_leaves_nothing, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_put_back_and_aside, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_unsettled, set_up, tear_down),
                cmocka_unit_test(test_memory_of_done_is_bounded),
                cmocka_unit_test(test_bodies),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
