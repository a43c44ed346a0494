/* lib/http_threads: whose the listening socket is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/http_threads.h"
#include "lib/listen.h"
#include "lib/macro.h"

static void *on_line(void *userdata, const char *line, struct MHD_Connection *connection) {
        return NULL;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **state) {
        return MHD_NO;
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
}

/* With room for as many descriptors more. */
static int start_with(rlim_t more, int fd, struct http_threads **ret) {
        const struct http_threads_options options = {
                .threads = 2,
                .thread_stack = 256 * 1024,
                .connection_memory = 8 * 1024,
                .connections = 8,
                .idle_seconds = 30,
                .wait_seconds = 30,
                .on_line = on_line,
                .on_request = on_request,
                .on_completed = on_completed,
        };
        struct rlimit before, limit;
        int lowest = dup(fd);

        close(lowest);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        limit = (struct rlimit) { (rlim_t) lowest + more, before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        int r = http_threads_new(&options, fd, ret);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        return r;
}

/* Where too few descriptors are left the socket stays the caller's, who closes it: closed twice, it could be another thread's by then. */
static void test_listening_socket(void **state) {
        struct ip address;
        int r = -EMFILE, first = -1;

        assert_int_equal(ip_parse("127.0.0.1", &address), 0);
        for (rlim_t more = 0; r < 0; more++) {
                struct http_threads *threads = NULL;
                int fd = listen_tcp(&address, 0, 5);

                assert_true(fd >= 0 && more < 64);
                first = more == 0 ? fd : first;
                assert_int_equal(fd, first); /* nothing is left open either */
                r = start_with(more, fd, &threads);
                if (r < 0) {
                        assert_int_equal(r, -EMFILE);
                        assert_int_equal(close(fd), 0);
                }
                http_threads_free(threads);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_listening_socket) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
