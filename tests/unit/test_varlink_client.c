/* The client, on the loop of the server and waiting for one in another process. */
#include <signal.h>

#include "lib/varlink_client.h"
#include "tests/unit/varlink_fixture.h"

struct replies {
        unsigned n, continued;
        char error[64];
        int64_t revision;
        bool free_client, ended;
        struct varlink_client *client;
};

static void on_reply(struct varlink_client *client, const char *error, const json_t *parameters, bool continues, void *userdata) {
        struct replies *r = userdata;

        r->n++;
        r->continued += continues;
        snprintf(r->error, sizeof(r->error), "%s", error ? (error[0] ? error : "ended") : "");
        r->revision = json_get_int(parameters, "revision", -1);
        if (r->free_client)
                r->client = varlink_client_free(client);
}

static void on_ended(struct varlink_client *client, void *userdata) {
        struct replies *r = userdata;

        assert_int_equal(varlink_client_call(client, "org.pxed.Node.Delete", NULL, false, on_reply, r), -ENOTCONN);
        r->ended = true;
        if (r->free_client)
                r->client = varlink_client_free(client);
}

static json_t *delete_parameters(int revision) {
        return revision < 0 ? json_pack("{s:s}", "node", "n") : json_pack("{s:s, s:i}", "node", "n", "ifRevision", revision);
}

static void connect_client(struct fixture *f, struct replies *r) {
        assert_int_equal(varlink_client_connect(f->event, f->path, 0, &r->client), 0);
        varlink_client_on_closed(r->client, on_ended, r);
}

static void test_client(void **state) {
        struct fixture *f = *state;
        struct replies r = {}, watch = {};

        assert_int_equal(varlink_client_connect(f->event, f->path, 0, &r.client), -ENOENT);
        start(f, NULL);
        connect_client(f, &r);
        for (int i = 0; i < 100; i++)
                assert_int_equal(varlink_client_call(r.client, "org.pxed.Node.Delete", delete_parameters(i), false, on_reply, &r), 0);
        static const char call[] = "{\"method\": \"org.pxed.Node.Delete\", \"parameters\": {\"node\": \"n\", \"ifRevision\": 100}}";
        assert_int_equal(varlink_client_call_text(r.client, strdup(call), sizeof(call), on_reply, &r), 0);
        settle(f, 20);
        assert_int_equal(r.n, 101);
        assert_int_equal(r.revision, 100);
        assert_int_equal(varlink_client_queued(r.client), 0);
        f->stream_left = 20;
        f->stream_piece = 300 * 1024;
        assert_int_equal(varlink_client_call(r.client, "org.pxed.Worker.Watch", json_pack("{s:s}", "role", "dhcp"), true, on_reply,
                                             &watch),
                         0);
        settle(f, 20);
        assert_int_equal(watch.n, 21);
        assert_int_equal(watch.continued, 20);
        assert_int_equal(varlink_client_call(r.client, "org.pxed.Node.Nothing", NULL, false, on_reply, &r), 0);
        settle(f, 20);
        assert_string_equal(r.error, "org.varlink.service.MethodNotFound");
        assert_false(r.ended);
        varlink_client_free(r.client);
        assert_null(varlink_client_free(NULL));
        settle(f, 20);
        assert_int_equal(varlink_server_connections(f->server), 0);
}

static void test_client_loses_its_server(void **state) {
        struct fixture *f = *state;
        struct replies r = {};

        start(f, NULL);
        connect_client(f, &r);
        assert_int_equal(varlink_client_call(r.client, "org.pxed.Node.Delete", delete_parameters(-1), false, on_reply, &r), 0);
        assert_int_equal(varlink_client_call(r.client, "org.pxed.Node.Delete", delete_parameters(1), false, on_reply, &r), 0);
        settle(f, 20);
        assert_int_equal(r.n, 0);
        f->server = varlink_server_free(f->server);
        settle(f, 20);
        assert_int_equal(r.n, 2);
        assert_string_equal(r.error, "ended");
        assert_true(r.ended);
        varlink_client_free(r.client);
        assert_int_equal(varlink_client_connect(f->event, f->path, 0, &r.client), -ECONNREFUSED);
}

/* Freed by a reply, by the reply that tells the end, and by `closed`. */
static void test_client_freed_by_its_handlers(void **state) {
        struct fixture *f = *state;
        struct replies r = { .free_client = true };

        start(f, NULL);
        connect_client(f, &r);
        for (int i = 0; i < 3; i++)
                assert_int_equal(varlink_client_call(r.client, "org.pxed.Node.Delete", delete_parameters(i), false, on_reply, &r), 0);
        settle(f, 20);
        assert_int_equal(r.n, 1);
        assert_null(r.client);

        r.n = 0;
        connect_client(f, &r);
        for (int i = 0; i < 3; i++)
                assert_int_equal(varlink_client_call(r.client, "org.pxed.Node.Delete", delete_parameters(-1), false, on_reply, &r), 0);
        settle(f, 20);
        f->server = varlink_server_free(f->server);
        settle(f, 20);
        assert_int_equal(r.n, 1);
        assert_null(r.client);
        assert_false(r.ended);

        start(f, NULL);
        connect_client(f, &r);
        settle(f, 20);
        f->server = varlink_server_free(f->server);
        settle(f, 20);
        assert_true(r.ended);
        assert_null(r.client);
}

static int listen_at(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        strcpy(address.sun_path, path);
        assert_int_equal(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 5), 0);
        return fd;
}

/* A server that is none: what it sends as replies. */
static void test_client_and_bad_replies(void **state) {
        static const struct {
                const char *text;
                size_t size;
                bool good;
        } cases[] = {
                { "{}", 3, true },
                { "{\"parameters\":{},\"other\":1}", 28, true },
                { "[]", 3, false },
                { "x", 2, false },
                { "{\"parameters\":[]}", 18, false },
                { "{\"error\":1}", 12, false },
                { "{\"error\":\"\"}", 13, false },
                { "{\"continues\":1}", 16, false },
                { "{}\0{}", 6, false }, /* a reply that nobody asked for */
        };
        struct fixture *f = *state;
        _cleanup_close_ int listener = listen_at(f->path);

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_close_ int fd = -1;
                struct replies r = {};

                connect_client(f, &r);
                assert_int_equal(varlink_client_call(r.client, "a.b.C", NULL, false, on_reply, &r), 0);
                fd = accept(listener, NULL, NULL);
                assert_int_equal(write(fd, cases[i].text, cases[i].size), cases[i].size);
                settle(f, 20);
                assert_int_equal(r.n, 1);
                assert_int_equal(r.ended, !cases[i].good);
                varlink_client_free(r.client);
        }
}

/* The waiting client needs a server in another process. */
static pid_t serve(struct fixture *f, unsigned stream) {
        int ready[2];
        pid_t pid;
        char c;

        assert_int_equal(pipe(ready), 0);
        pid = fork();
        if (pid == 0) {
                sd_event *loop = NULL;
                static const struct varlink_method echo[] = { { "org.pxed.Worker.Watch", on_watch, VARLINK_MORE },
                                                              { "org.pxed.Worker.Report", on_report, 0 },
                                                              { "org.pxed.Event.Watch", on_follow, VARLINK_MORE },
                                                              {} };

                f->stream_left = stream;
                if (sd_event_new(&loop) < 0 ||
                    varlink_server_new(loop, &(struct varlink_server_options){ .methods = echo, .userdata = f }, &f->server) < 0 ||
                    varlink_server_listen(f->server, f->path, 0600, (gid_t) -1, 7) < 0 || write(ready[1], "r", 1) != 1)
                        _exit(1);
                sd_event_loop(loop);
                _exit(1);
        }
        assert_int_equal(read(ready[0], &c, 1), 1);
        close(ready[0]);
        close(ready[1]);
        return pid;
}

static json_t *report_parameters(void) {
        return json_pack("{s:s, s:s, s:i, s:[]}", "role", "dhcp", "instance", "i", "batch", 1, "observations");
}

static void test_waiting_client(void **state) {
        struct fixture *f = *state;
        _cleanup_(varlink_client_freep) struct varlink_client *client = NULL;
        pid_t pid = serve(f, 5);
        char *error = NULL;
        json_t *parameters = NULL;
        bool continues = true;
        unsigned n = 0;

        assert_int_equal(varlink_client_connect(NULL, f->path, 0, &client), 0);
        assert_int_equal(varlink_client_call_wait(client, "org.pxed.Worker.Report", report_parameters(), USEC_PER_SEC * 5, &error,
                                                  &parameters),
                         0);
        assert_null(error);
        assert_true(json_is_object(parameters));
        json_decref(parameters);

        assert_int_equal(varlink_client_call_wait(client, "org.pxed.Worker.Report", NULL, UINT64_MAX, &error, &parameters), 0);
        assert_string_equal(error, "org.varlink.service.InvalidParameter");
        assert_string_equal(json_get_string(parameters, "parameter"), "role");
        json_decref(parameters);
        free(error);

        assert_int_equal(varlink_client_next(client, 0, &error, &parameters, &continues), -ENODATA);
        assert_int_equal(varlink_client_start(client, "org.pxed.Worker.Watch", json_pack("{s:s}", "role", "dhcp")), 0);
        while (continues) {
                assert_int_equal(varlink_client_next(client, USEC_PER_SEC * 5, &error, &parameters, &continues), 0);
                assert_null(error);
                json_decref(parameters);
                n++;
        }
        assert_int_equal(n, 6);

        /* timeouts; the call that was given up does not answer the next */
        assert_int_equal(varlink_client_start(client, "org.pxed.Event.Watch", NULL), 0);
        assert_int_equal(varlink_client_next(client, 0, &error, &parameters, &continues), -ETIMEDOUT);
        assert_int_equal(varlink_client_next(client, 10000, &error, &parameters, &continues), -ETIMEDOUT);
        assert_int_equal(varlink_client_call_wait(client, "org.pxed.Worker.Report", NULL, 10000, &error, &parameters), -ETIMEDOUT);

        kill(pid, SIGKILL);
        assert_int_equal(varlink_client_next(client, USEC_PER_SEC * 5, &error, &parameters, &continues), -ECONNRESET);
        assert_int_equal(varlink_client_call_wait(client, "org.pxed.Worker.Report", NULL, 10000, &error, &parameters), -ECONNRESET);
}

/* The reply of a call that was given up comes later, and is not taken for that of the next call. */
static void test_late_reply(void **state) {
        static const char replies[] = "{\"parameters\":{\"revision\":1}}\0{\"parameters\":{\"revision\":2}}";
        struct fixture *f = *state;
        _cleanup_(varlink_client_freep) struct varlink_client *client = NULL;
        _cleanup_json_ json_t *parameters = NULL;
        _cleanup_close_ int listener = listen_at(f->path), fd = -1;
        char *error = NULL;

        assert_int_equal(varlink_client_connect(NULL, f->path, 0, &client), 0);
        fd = accept(listener, NULL, NULL);
        assert_int_equal(varlink_client_call_wait(client, "a.b.C", NULL, 10000, &error, &parameters), -ETIMEDOUT);
        assert_int_equal(write(fd, replies, sizeof(replies)), sizeof(replies));
        assert_int_equal(varlink_client_call_wait(client, "a.b.C", NULL, USEC_PER_SEC * 5, &error, &parameters), 0);
        assert_null(error);
        assert_int_equal(json_get_int(parameters, "revision", -1), 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_client, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_client_loses_its_server, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_client_freed_by_its_handlers, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_client_and_bad_replies, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_waiting_client, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_late_reply, set_up, tear_down),
        };

        log_open("test_varlink_client");
        log_set_level(LOG_EMERG);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
