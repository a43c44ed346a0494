/* Peers that are slow, gone, greedy or many: what they cost is theirs. */
#include <sys/resource.h>

#include "tests/unit/varlink_fixture.h"

/* While a call waits, what the peer goes on sending stays in the socket. */
static void test_pending_call_stops_reading(void **state) {
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;
        char junk[4096];
        size_t sent = 0;

        start(f, NULL);
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\"}}");
        settle(f, 20);
        memset(junk, ' ', sizeof(junk));
        for (unsigned idle = 0; idle < 5; sd_event_run(f->event, 0)) {
                ssize_t n = send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
                if (n > 0)
                        sent += (size_t) n;
                else
                        idle++;
        }
        assert_true(sent < 1024 * 1024);
        assert_non_null(f->held);
}

static void test_peer_goes_away(void **state) {
        struct fixture *f = *state;
        int fd;

        start(f, NULL);
        /* with a call that waits */
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\"}}");
        settle(f, 20);
        assert_non_null(f->held);
        close(fd);
        settle(f, 20);
        assert_null(f->held);
        assert_int_equal(f->closed, 1);
        /* with calls that need no reply, and one that does: they are done */
        f->calls = 0;
        fd = peer(f);
        for (unsigned i = 0; i < 10; i++)
                put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":1},\"oneway\":true}");
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":1}}");
        close(fd);
        settle(f, 20);
        assert_int_equal(f->calls, 11);
        /* in the middle of a message */
        fd = peer(f);
        put_bytes(f, fd, "{\"meth", 6);
        settle(f, 20);
        assert_int_equal(varlink_server_connections(f->server), 1);
        close(fd);
        settle(f, 20);
        assert_int_equal(varlink_server_connections(f->server), 0);
}

static void test_half_close(void **state) {
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;

        start(f, NULL);
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\"}}");
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":1}}");
        shutdown(fd, SHUT_WR);
        settle(f, 20);
        assert_non_null(f->held);
        varlink_reply(f->held, json_pack("{s:i}", "revision", 0));
        expect_message(f, fd, "{\"parameters\":{\"revision\":0}}");
        expect_message(f, fd, "{\"parameters\":{\"revision\":1}}");
        expect_message(f, fd, NULL);
}

/* A peer that closes while a reply is being sent: no SIGPIPE, nobody else notices. */
static void test_close_mid_reply(void **state) {
        struct fixture *f = *state;
        int fd;

        start(f, NULL);
        f->stream_left = 1000;
        f->stream_piece = 900 * 1024;
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Worker.Watch\",\"parameters\":{\"role\":\"dhcp\"},\"more\":true}");
        settle(f, 20);
        assert_non_null(f->held);
        assert_true(varlink_call_queued(f->held) > 0);
        close(fd);
        settle(f, 20);
        assert_null(f->held);
        assert_int_equal(f->closed, 1);
        /* replying to a peer that is gone, before the loop has seen it */
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Event.Watch\",\"more\":true}");
        settle(f, 20);
        close(fd);
        assert_int_equal(varlink_reply_more(f->held, json_pack("{s:[], s:b}", "events", "synchronized", 1)), -ECONNRESET);
        assert_non_null(f->held);
        settle(f, 20);
        assert_null(f->held);
        expect_service(f);
}

static void test_stream(void **state) {
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;
        int64_t got = 0;

        start(f, NULL);
        f->stream_left = 50;
        f->stream_piece = 100 * 1024;
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Worker.Watch\",\"parameters\":{\"role\":\"dhcp\"},\"more\":true}");
        for (int64_t expected = 50; expected >= 0; expected--) {
                _cleanup_json_ json_t *message = get(f, fd);

                got = json_get_int(json_get_object(message, "parameters"), "revision", -1);
                assert_int_equal(got, expected);
                assert_int_equal(json_get_bool(message, "continues", false), expected > 0);
        }
        assert_int_equal(f->drained, 50);
        assert_int_equal(f->closed, 0);
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":1}}");
        expect_message(f, fd, "{\"parameters\":{\"revision\":1}}");
}

static void test_subscriber_that_does_not_read(void **state) {
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;
        int r = 0;

        start(f, &(struct varlink_server_options){ .output_max = 256 * 1024 });
        f->stream_left = 0;
        f->stream_piece = 16 * 1024;
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Worker.Watch\",\"parameters\":{\"role\":\"dhcp\"},\"more\":true}");
        settle(f, 20);
        for (unsigned i = 0; i < 1000 && r >= 0; i++) {
                r = varlink_reply_more(f->held, piece(f, 1));
                assert_true(varlink_call_queued(f->held) <= 256 * 1024);
        }
        assert_int_equal(r, -ENOBUFS);
        /* `closed` comes from the loop, and until then the call may still be sent to */
        assert_non_null(f->held);
        assert_int_equal(varlink_reply_more(f->held, piece(f, 1)), -ECONNRESET);
        settle(f, 20);
        assert_null(f->held);
        assert_int_equal(f->closed, 1);
        assert_int_equal(varlink_server_connections(f->server), 0);
        expect_service(f);
}

/* A single message may be larger than the queue. */
static void test_large_reply(void **state) {
        struct fixture *f = *state;
        _cleanup_json_ json_t *message = NULL;
        _cleanup_close_ int fd = -1;

        start(f, &(struct varlink_server_options){ .output_max = 64 * 1024 });
        f->stream_left = 1;
        f->stream_piece = 3 * 1024 * 1024;
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Worker.Watch\",\"parameters\":{\"role\":\"dhcp\"},\"more\":true}");
        message = get(f, fd);
        assert_non_null(message);
}

static void send_sized(struct fixture *f, int fd, const char *method, size_t size) {
        _cleanup_free_ char *text = malloc(size + 1);
        int n = snprintf(text, size, "{\"method\":\"%s\",\"parameters\":{\"role\":\"dhcp\",\"instance\":\"", method);
        static const char end[] = "\",\"batch\":1,\"observations\":[]}}";

        memset(text + n, 'x', size - (size_t) n);
        memcpy(text + size - strlen(end), end, sizeof(end));
        put_bytes(f, fd, text, size + 1);
}

static void test_message_sizes(void **state) {
        static const struct {
                size_t size;
                bool large;
                const char *method;
                bool good;
        } cases[] = {
                { 10000, false, "org.pxed.Worker.Report", true },
                { 10001, false, "org.pxed.Worker.Report", false },
                { 10001, true, "org.pxed.Worker.Report", true },
                { 50000, true, "org.pxed.Worker.Report", true },
                { 50001, true, "org.pxed.Worker.Report", false },
                { 10001, true, "org.pxed.Daemon.SetLogLevel", false },
        };
        struct fixture *f = *state;

        start(f, &(struct varlink_server_options){ .message_max = 10000, .large_message_max = 50000 });
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_close_ int fd = -1;

                f->large = cases[i].large;
                fd = peer(f);
                send_sized(f, fd, cases[i].method, cases[i].size);
                expect_message(f, fd, cases[i].good ? "{\"parameters\":{}}" : NULL);
        }
        expect_service(f);
}

/* The memory of all together: the peer that holds most is cut off, not the one that comes last. */
static void test_memory_of_all(void **state) {
        struct fixture *f = *state;
        const size_t half = 1024 * 1024 - 10;
        _cleanup_free_ char *text = malloc(half);
        int fds[100];
        unsigned open = 0;

        start(f, NULL);
        memset(text, ' ', half);
        for (size_t i = 0; i < ELEMENTS(fds); i++) {
                fds[i] = peer(f);
                put_bytes(f, fds[i], text, half);
                expect_service(f);
        }
        settle(f, 20);
        open = varlink_server_connections(f->server);
        assert_in_range(open, 25, 32);
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                close(fds[i]);
}

static void test_too_many_connections(void **state) {
        struct fixture *f = *state;
        int fds[1000];

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 4096, 4096 }), 0);
        start(f, &(struct varlink_server_options){ .connections_per_user = 100 });
        for (size_t i = 0; i < ELEMENTS(fds); i++) {
                fds[i] = peer(f);
                sd_event_run(f->event, 0);
        }
        settle(f, 20);
        assert_int_equal(varlink_server_connections(f->server), 100);
        for (size_t i = 0; i < ELEMENTS(fds); i += 99) {
                put(f, fds[i], "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":3}}");
                expect_message(f, fds[i], i < 100 ? "{\"parameters\":{\"revision\":3}}" : NULL);
        }
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                close(fds[i]);
        settle(f, 20);
        assert_int_equal(varlink_server_connections(f->server), 0);
        expect_service(f);
}

/* Without descriptors the server waits, and does not spin; then it goes on. */
static void test_no_descriptors_left(void **state) {
        struct fixture *f = *state;
        struct rlimit before;
        uint64_t used;
        uint64_t started = monotonic_us();
        int fd, highest;

        start(f, NULL);
        fd = peer(f);
        highest = dup(fd);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ (rlim_t) highest, before.rlim_max }), 0);
        close(highest);
        for (int n; (n = dup(fd)) >= 0;)
                highest = n;
        used = clock_us(CLOCK_PROCESS_CPUTIME_ID);
        while (monotonic_us() - started < 500 * USEC_PER_MSEC)
                sd_event_run(f->event, 100 * USEC_PER_MSEC);
        used = clock_us(CLOCK_PROCESS_CPUTIME_ID) - used;
        assert_int_equal(varlink_server_connections(f->server), 0);
        assert_true(used < 100 * USEC_PER_MSEC);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":3}}");
        expect_message(f, fd, "{\"parameters\":{\"revision\":3}}");
        close(fd);
}

static void test_server_freed_with_calls(void **state) {
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1, other = -1;

        start(f, NULL);
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Event.Watch\",\"more\":true}");
        settle(f, 20);
        assert_non_null(f->held);
        f->free_server = true;
        other = peer(f);
        set_level(f, other, "info");
        settle(f, 20);
        assert_null(f->server);
        assert_int_equal(f->closed, 1);
        expect_message(f, fd, NULL);
        expect_message(f, other, NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_pending_call_stops_reading, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_peer_goes_away, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_half_close, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_close_mid_reply, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_stream, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_subscriber_that_does_not_read, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_large_reply, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_message_sizes, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_memory_of_all, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_too_many_connections, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_no_descriptors_left, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_server_freed_with_calls, set_up, tear_down),
        };

        log_open("test_varlink_peers");
        log_set_level(LOG_EMERG);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
