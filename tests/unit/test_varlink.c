/* What calls are answered with. */
#include "tests/unit/varlink_fixture.h"

static void test_refused_calls(void **state) {
        static const struct {
                const char *call, *reply; /* NULL: closed */
        } cases[] = {
                /* the message itself */
                { "", NULL },
                { "x", NULL },
                { "[]", NULL },
                { "{} {}", NULL },
                { "{\"method\":\"a\",\"method\":\"a\"}", NULL },
                { "{\"method\":\"a\\u0000b\"}", NULL },
                { "{\"method\":\"\xff\"}", NULL },
                { "{}", "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"method\"}}" },
                { "{\"method\":1}", "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"method\"}}" },
                { "{\"method\":\"a.B\",\"parameters\":[]}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"parameters\"}}" },
                { "{\"method\":\"a.B\",\"more\":1}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"more\"}}" },
                { "{\"method\":\"a.B\",\"oneway\":\"\"}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"oneway\"}}" },
                { "{\"method\":\"" ERROR "GetInfo\",\"upgrade\":true}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"upgrade\"}}" },
                { "{\"method\":\"" ERROR "GetInfo\",\"extra\":true}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"extra\"}}" },
                /* the method */
                { "{\"method\":\"Get\"}", "{\"error\":\"" ERROR "MethodNotFound\",\"parameters\":{\"method\":\"Get\"}}" },
                { "{\"method\":\"org.none.Get\"}",
                  "{\"error\":\"" ERROR "InterfaceNotFound\",\"parameters\":{\"interface\":\"org.none\"}}" },
                { "{\"method\":\"org.pxed.Boot.List\"}",
                  "{\"error\":\"" ERROR "InterfaceNotFound\",\"parameters\":{\"interface\":\"org.pxed.Boot\"}}" },
                { "{\"method\":\"org.pxed.Node.None\"}",
                  "{\"error\":\"" ERROR "MethodNotFound\",\"parameters\":{\"method\":\"org.pxed.Node.None\"}}" },
                { "{\"method\":\"org.pxed.Node.\"}",
                  "{\"error\":\"" ERROR "MethodNotFound\",\"parameters\":{\"method\":\"org.pxed.Node.\"}}" },
                { "{\"method\":\"org.pxed.Node.List\"}",
                  "{\"error\":\"" ERROR "MethodNotImplemented\",\"parameters\":{\"method\":\"org.pxed.Node.List\"}}" },
                { "{\"method\":\"org.pxed.Worker.Watch\",\"parameters\":{\"role\":\"dhcp\"}}",
                  "{\"error\":\"" ERROR "ExpectedMore\",\"parameters\":{}}" },
                /* the parameters */
                { "{\"method\":\"org.pxed.Node.Delete\"}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"node\"}}" },
                { "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":null}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"node\"}}" },
                { "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":5}}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"node\"}}" },
                { "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"x\":5}}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"x\"}}" },
                { "{\"method\":\"org.pxed.Daemon.SetLogLevel\",\"parameters\":{\"level\":\"loud\"}}",
                  "{\"error\":\"" ERROR "InvalidParameter\",\"parameters\":{\"parameter\":\"level\"}}" },
        };
        struct fixture *f = *state;

        start(f, NULL);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_close_ int fd = peer(f);

                put(f, fd, cases[i].call);
                expect_message(f, fd, cases[i].reply);
                assert_int_equal(f->calls, 0);
                /* A refused call costs no more than itself. */
                if (cases[i].reply) {
                        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":3}}");
                        expect_message(f, fd, "{\"parameters\":{\"revision\":3}}");
                        f->calls = 0;
                }
        }
        expect_service(f);
}

static void test_deep_message(void **state) {
        static const char start_text[] = "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":";
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;
        char text[20000];

        start(f, NULL);
        fd = peer(f);
        memset(text, '[', sizeof(text) / 2);
        memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
        put_bytes(f, fd, start_text, strlen(start_text));
        put_bytes(f, fd, text, sizeof(text));
        put(f, fd, "}}");
        expect_message(f, fd, NULL);
        expect_service(f);
}

static void test_service_interface(void **state) {
        struct fixture *f = *state;
        _cleanup_json_ json_t *message = NULL;
        _cleanup_close_ int fd = -1;

        f->denied = true; /* the own interface is for everybody */
        start(f, NULL);
        fd = peer(f);
        put(f, fd, "{\"method\":\"" ERROR "GetInfo\"}");
        expect_message(f, fd,
                       "{\"parameters\":{\"vendor\":\"pxed\",\"product\":\"test\",\"version\":\"" PXED_VERSION "\",\"url\":\"\","
                       "\"interfaces\":[\"org.varlink.service\",\"org.pxed.Node\",\"org.pxed.Daemon\",\"org.pxed.Worker\","
                       "\"org.pxed.Event\"]}}");
        put(f, fd, "{\"method\":\"" ERROR "GetInterfaceDescription\",\"parameters\":{\"interface\":\"org.pxed.Boot\"}}");
        expect_message(f, fd, "{\"error\":\"" ERROR "InterfaceNotFound\",\"parameters\":{\"interface\":\"org.pxed.Boot\"}}");
        put(f, fd, "{\"method\":\"" ERROR "GetInterfaceDescription\",\"parameters\":{\"interface\":\"org.pxed.Node\"}}");
        message = get(f, fd);
        assert_string_equal(json_get_string(json_get_object(message, "parameters"), "description"),
                            idl_text(idl_find("org.pxed.Node")));
}

static void test_permission(void **state) {
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;
        struct stat st;

        f->denied = true;
        start(f, NULL);
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
        fd = peer(f);
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\"}");
        expect_message(f, fd, "{\"error\":\"" ERROR "PermissionDenied\",\"parameters\":{}}");
}

static void test_methods_must_be_declared(void **state) {
        static const struct varlink_method unknown[] = { { "org.pxed.Node.Fly", on_delete, 0 }, {} };
        struct fixture *f = *state;
        struct varlink_server *server = NULL;

        assert_int_equal(varlink_server_new(f->event, &(struct varlink_server_options){ .methods = unknown }, &server), -EINVAL);
        assert_null(server);
}

static void test_replies_are_checked(void **state) {
        static const char *const bad[] = { "error", "warning", "debug" };
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;

        start(f, NULL);
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                _cleanup_close_ int other = peer(f);

                set_level(f, other, bad[i]);
                expect_message(f, other, NULL);
        }
        fd = peer(f);
        set_level(f, fd, "notice");
        expect_message(f, fd, "{\"error\":\"org.pxed.Node.Conflict\",\"parameters\":{\"revision\":5}}");
        set_level(f, fd, "info");
        expect_message(f, fd, "{\"parameters\":{}}");
}

/* Calls that come at once are answered in order, one at a time; one without a reply gets none. */
static void test_pipeline(void **state) {
        struct fixture *f = *state;
        _cleanup_close_ int fd = -1;
        char expected[64];

        start(f, NULL);
        fd = peer(f);
        for (unsigned i = 0; i < 100; i++) {
                char text[128];
                snprintf(text, sizeof(text), "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":%u}%s}",
                         i, i % 2 ? ",\"oneway\":true" : "");
                put(f, fd, text);
        }
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\"}}");
        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":1000}}");
        for (unsigned i = 0; i < 100; i += 2) {
                snprintf(expected, sizeof(expected), "{\"parameters\":{\"revision\":%u}}", i);
                expect_message(f, fd, expected);
        }
        expect_nothing(f, fd);
        assert_int_equal(f->calls, 101);
        assert_non_null(f->held);
        assert_int_equal(varlink_reply(f->held, json_pack("{s:i}", "revision", 999)), 0);
        expect_message(f, fd, "{\"parameters\":{\"revision\":999}}");
        expect_message(f, fd, "{\"parameters\":{\"revision\":1000}}");
        assert_int_equal(f->closed, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_refused_calls, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_deep_message, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_service_interface, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_permission, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_methods_must_be_declared, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_replies_are_checked, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_pipeline, set_up, tear_down),
        };

        log_open("test_varlink");
        log_set_level(LOG_EMERG);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
