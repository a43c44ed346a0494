/* introspect/api: requests and answers without HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "introspect/api.h"
#include "lib/file.h"

#define NODE "6d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b11"
#define MAC "52:54:00:aa:bb:01"
#define NOW (1000 * USEC_PER_SEC)

static const uint8_t secret[TOKEN_SECRET_SIZE] = { [0] = 0x42 };
static const uint8_t other_secret[TOKEN_SECRET_SIZE] = { [0] = 0x43 };

static struct {
        char folder[64];
        sd_event *event;
        struct state *state;
        struct spool *spool;
        struct mailbox *mailbox;
        struct api api;
        uint64_t monotonic; /* of the next request */
        unsigned retry_after; /* of the last answer */
        struct note last; /* the last note, and how many there were */
        unsigned notes;
} t;

static void on_note(const struct note *note, void *userdata) {
        t.last = *note;
        t.notes++;
}

static void apply(const char *key, const char *text) {
        _cleanup_json_ json_t *entry = json_loads(text, 0, NULL);

        assert_non_null(entry);
        state_apply(t.state, key, entry);
}

static int set_up(void **state) {
        const struct spool_limits limits = { .posts = 3, .bytes = 3 << 20, .posts_per_machine = 2 };

        memset(&t, 0, sizeof(t));
        t.monotonic = NOW;
        strcpy(t.folder, "/tmp/pxed-test-api-XXXXXX");
        assert_non_null(mkdtemp(t.folder));
        assert_int_equal(sd_event_new(&t.event), 0);
        assert_int_equal(state_new(&t.state), 0);
        assert_int_equal(spool_new(t.folder, &limits, &t.spool), 0);
        assert_int_equal(mailbox_new(t.event, 0, on_note, NULL, &t.mailbox), 0);
        assert_int_equal(api_init(&t.api, t.state, t.spool, t.mailbox), 0);
        apply("settings", "{\"settings\": {\"introspectPort\": 5050, \"secret\": "
                          "\"4200000000000000000000000000000000000000000000000000000000000000\"}}");
        return 0;
}

static int tear_down(void **state) {
        char command[128];

        api_clear(&t.api);
        mailbox_free(t.mailbox);
        spool_free(t.spool);
        state_free(t.state);
        sd_event_unref(t.event);
        snprintf(command, sizeof(command), "rm -rf %s", t.folder);
        return system(command);
}

static char *make_token(const char *mac, const char *node, uint64_t assignment, uint64_t expires, const uint8_t *key) {
        static char text[TOKEN_TEXT_SIZE];
        struct token token = { .has_node = node != NULL, .assignment = assignment, .expires = expires };

        assert_int_equal(mac_parse(mac, &token.mac), 0);
        if (node)
                assert_int_equal(uuid_parse(node, &token.node), 0);
        return token_make(&token, key, text);
}

static char *good_token(void) {
        return make_token(MAC, NULL, 0, 2000, secret);
}

/* One whole request; the answer's body as JSON. */
static json_t *ask(const char *method, const char *path, const char *token, const char *body, size_t size, unsigned *ret_status) {
        struct api_request request = { .method = method, .path = path, .token_text = token, .now = NOW, .monotonic = t.monotonic, .network = "lab" };

        api_begin(&t.api, &request, UINT64_MAX);
        for (size_t at = 0; at < size; at += 1000)
                api_receive(&t.api, &request, body + at, size - at < 1000 ? size - at : 1000);
        api_finish(&t.api, &request);
        *ret_status = request.answer.status;
        t.retry_after = request.answer.retry_after;
        json_t *answer = json_loadb(request.answer.body, request.answer.size, 0, NULL);
        assert_non_null(answer);
        api_end(&request);
        assert_int_equal(t.api.budget.used, 0);
        while (sd_event_run(t.event, 0) > 0)
                ;
        return answer;
}

static void assert_answer(const char *method, const char *path, const char *token, const char *body, unsigned expected, const char *message) {
        unsigned status;
        _cleanup_json_ json_t *answer = ask(method, path, token, body, strlen(body), &status);
        const char *said = json_get_string(json_object_get(answer, "error"), "message") ?: "";

        if (!strstr(said, message))
                fail_msg("%s: \"%s\" is not in \"%s\"", path, message, said);
        assert_int_equal(status, expected);
}

#define INVENTORY_OF(mac) "{\"inventory\": {\"interfaces\": [{\"name\": \"eth0\", \"mac_address\": \"" mac "\"}]}}"
#define INVENTORY INVENTORY_OF(MAC)
#define OTHER "52:54:00:aa:bb:02"
#define INVENTORY_OF_OTHER INVENTORY_OF(OTHER)

static void test_routes(void **state) {
        assert_answer("GET", "/", NULL, "", 200, "");
        assert_answer("HEAD", "/", NULL, "", 200, "");
        assert_answer("PUT", "/", NULL, "", 405, "method");
        assert_answer("GET", "/v1/continue", good_token(), "", 405, "method");
        assert_answer("POST", "/v1/continue/", good_token(), "{}", 404, "nothing here");
        assert_answer("GET", "/v1/lookup/", NULL, "", 404, "nothing here");
        assert_answer("POST", "/v1/lookup", NULL, "", 405, "method");
        assert_answer("HEAD", "/v1/lookup", good_token(), "", 405, "method");
        assert_answer("POST", "/v1/heartbeat", NULL, "", 404, "nothing here");
        assert_answer("POST", "/v1/heartbeat/", NULL, "", 404, "nothing here");
        assert_answer("GET", "/v1/heartbeat/" NODE, NULL, "", 405, "method");
        assert_answer("GET", "/t/nonsense/", NULL, "", 200, "");
        assert_answer("GET", "/t/nonsense", NULL, "", 200, "");
        assert_answer("GET", "/t/nonsense/nowhere", NULL, "", 404, "nothing here");
        assert_int_equal(t.notes, 0);
}

static void test_tokens(void **state) {
        static const char *const paths[] = { "/v1/continue", "/v1/continue_inspection", "/v1/agent" };

        for (size_t i = 0; i < ELEMENTS(paths); i++) {
                assert_answer("POST", paths[i], NULL, INVENTORY, 403, "has no boot token");
                assert_answer("POST", paths[i], "", INVENTORY, 403, "has no boot token");
                assert_false(t.last.has_mac);
                assert_answer("POST", paths[i], "p1.-.nonsense", INVENTORY, 403, "is damaged");
                assert_answer("POST", paths[i], make_token(MAC, NULL, 0, 2000, other_secret), INVENTORY, 403, "not made by this appliance");
                assert_true(t.last.has_mac);
                assert_answer("POST", paths[i], make_token(MAC, NULL, 0, 999, secret), INVENTORY, 403,
                              "of " MAC " expired at 1970-01-01 00:16:39 UTC");
                assert_true(t.last.has_mac);
                assert_int_equal(t.last.kind, NOTE_REFUSED);
                assert_string_equal(t.last.network, "lab");
        }
        assert_int_equal(spool_size(t.spool), 0);
}

static void test_before_the_secret_is_known(void **state) {
        apply("settings", "{\"key\": \"settings\"}");
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 503, "try again");
}

static void test_bad_bodies(void **state) {
        static const struct {
                const char *body, *message;
        } cases[] = {
                { "", "not acceptable JSON: ends too early" },
                { "nonsense", "not acceptable JSON" },
                { "[]", "no object" },
                { "{} {}", "bytes after the value" },
                { "{\"a\": 1, \"a\": 2}", "duplicate key" },
                { "{\"a\": \"\xff\"}", "invalid UTF-8" },
                { "{}", "validate-interfaces: " },
                { "{\"inventory\": {\"interfaces\": 3}}", "validate-interfaces: " },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++)
                assert_answer("POST", "/v1/continue", good_token(), cases[i].body, 400, cases[i].message);
        assert_answer("POST", "/v1/agent", good_token(), "{}", 400, "no text `state`");
        assert_int_equal(spool_size(t.spool), 0);
        assert_int_equal(t.notes, ELEMENTS(cases) + 1);
}

static void test_depth(void **state) {
        char body[256] = "{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"" MAC "\"}]}, \"x\": ";

        strcat(body, "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]}"); /* 24 and the object */
        assert_answer("POST", "/v1/continue", good_token(), body, 200, "");
        strcpy(strstr(body, "\"x\""), "\"x\": [[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]}");
        assert_answer("POST", "/v1/continue", good_token(), body, 400, "nested too deep");
}

static void test_too_large(void **state) {
        struct api_request request = { .method = "POST", .path = "/v1/continue", .token_text = good_token(), .now = NOW };
        _cleanup_free_ char *large = malloc(API_INVENTORY_MAX + 1);
        unsigned status;

        api_begin(&t.api, &request, API_INVENTORY_MAX + 1);
        assert_int_equal(request.answer.status, 413);
        api_end(&request);
        memset(large, ' ', API_INVENTORY_MAX + 1);
        _cleanup_json_ json_t *answer = ask("POST", "/v1/continue", good_token(), large, API_INVENTORY_MAX + 1, &status);
        assert_int_equal(status, 413);
        memcpy(large, INVENTORY, strlen(INVENTORY));
        json_decref(answer);
        answer = ask("POST", "/v1/continue", good_token(), large, API_INVENTORY_MAX, &status);
        assert_int_equal(status, 503); /* fits by itself, but not into this test's spool */
        assert_int_equal(t.last.kind, NOTE_STORAGE);
        json_decref(answer);
        answer = ask("POST", "/v1/agent", good_token(), large, 64 * 1024 + 1, &status);
        assert_int_equal(status, 413);
}

/* Accepted is only what can be reported: with all that is reported with it, it passes what pxed reads messages with. */
static void test_too_many_values(void **state) {
        static const struct {
                const char *value;
                int count;
                unsigned status;
        } cases[] = {
                { "1", 128 * 1024 - 10, 200 },
                { "1", 128 * 1024, 413 },
                { "{}", 32 * 1024 - 10, 200 },
                { "[]", 32 * 1024, 413 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_free_ char *body = malloc(1 << 20);
                char *at = stpcpy(body, "{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"" MAC "\"}]}, \"x\": [0");
                unsigned status;
                for (int n = 0; n < cases[i].count; n++)
                        at = stpcpy(stpcpy(at, ","), cases[i].value);
                at = stpcpy(at, "]}");
                json_decref(ask("POST", "/v1/continue", good_token(), body, (size_t) (at - body), &status));
                assert_int_equal(status, cases[i].status);
        }
}

/* One thing that a thousand interfaces are made to have: what is accepted of it can be reported. */
static void test_what_grows_can_be_reported(void **state) {
        _cleanup_json_ json_t *interfaces = json_array(), *tlvs = json_array(), *filler = json_array();
        _cleanup_json_ json_t *payload = json_pack("{s:{s:O}, s:{s:O}, s:O}", "inventory", "interfaces", interfaces, "lldp_raw", "eth0", tlvs, "x", filler);
        _cleanup_free_ char *body = NULL, *text = NULL;
        struct spool_post post;
        unsigned status;

        for (int i = 0; i < 1024; i++) {
                json_t *mac = i == 0 ? json_string(MAC) : json_sprintf("52:54:00:00:%02x:%02x", i >> 8, i & 255);
                json_array_append_new(interfaces, json_pack("{s:s, s:o}", "name", "eth0", "mac_address", mac));
        }
        for (int i = 1; i <= 160; i++)
                json_array_append_new(tlvs, json_pack("[i, o]", 127, json_sprintf("0080c203%04x0161", i)));
        for (int i = 0; i < 120000; i++)
                json_array_append_new(filler, json_integer(1));
        body = json_dumps(payload, JSON_COMPACT);
        json_decref(ask("POST", "/v1/continue", good_token(), body, strlen(body), &status));
        assert_int_equal(status, 200);
        assert_true(spool_take(t.spool, &post));
        assert_int_equal(spool_read(t.spool, &post, &text), 0);
        _cleanup_json_ json_t *report = json_parse(text, post.size, JSON_DEPTH_MAX, NULL);
        assert_non_null(report);
}

static void test_foreign(void **state) {
        assert_answer("POST", "/v1/continue", make_token("52:54:00:00:00:99", NULL, 0, 2000, secret), INVENTORY, 403,
                      "the token was made for MAC 52:54:00:00:00:99, which this inventory does not have");
        assert_int_equal(spool_size(t.spool), 0);
        assert_int_equal(t.last.mac.bytes[5], 0x99);
}

static void test_accepted(void **state) {
        struct spool_post post;
        unsigned status;
        _cleanup_json_ json_t *answer = ask("POST", "/v1/continue", good_token(), INVENTORY, strlen(INVENTORY), &status);
        _cleanup_free_ char *text = NULL;

        assert_int_equal(status, 200);
        assert_true(json_is_null(json_object_get(answer, "uuid")));
        assert_int_equal(t.last.kind, NOTE_ACCEPTED);
        assert_int_equal(t.notes, 1);
        assert_true(spool_take(t.spool, &post));
        assert_int_equal(post.time, NOW);
        assert_int_equal(spool_read(t.spool, &post, &text), 0);
        _cleanup_json_ json_t *observation = json_loads(text, 0, NULL), *raw = json_loads(INVENTORY, 0, NULL);
        assert_int_equal(json_get_int(observation, "time", 0), NOW);
        const json_t *stored = json_get_object(observation, "inventory");
        assert_true(json_equal(json_object_get(stored, "raw"), raw));
        assert_string_equal(json_get_string(stored, "mac"), MAC);
        assert_string_equal(json_get_string(stored, "post"), post.post);
        assert_true(json_is_null(json_object_get(stored, "node")));
        assert_true(json_is_null(json_object_get(stored, "failure")));
        assert_true(json_is_object(json_object_get(stored, "normalized")));
}

/* What is kept has no NUL, since nobody behind takes one; the same posted again is the same. */
static void test_nuls(void **state) {
        static const char posted[] = "{\"inventory\": {\"interfaces\": [{\"name\": \"eth0\\u0000\", \"mac_address\": \"" MAC "\"}]}, \"x\": [\"\\u0000\"]}";
        struct spool_post post;
        unsigned status;
        _cleanup_free_ char *text = NULL;

        json_decref(ask("POST", "/v1/continue", good_token(), posted, strlen(posted), &status));
        assert_int_equal(status, 200);
        assert_answer("POST", "/v1/continue", good_token(), posted, 200, "");
        assert_int_equal(spool_size(t.spool), 1);
        assert_true(spool_take(t.spool, &post));
        assert_int_equal(spool_read(t.spool, &post, &text), 0);
        _cleanup_json_ json_t *observation = json_parse(text, post.size, JSON_DEPTH_MAX, NULL);
        const json_t *stored = json_get_object(observation, "inventory"), *normalized = json_get_object(stored, "normalized");
        _cleanup_json_ json_t *raw = json_loads("{\"inventory\": {\"interfaces\": [{\"name\": \"eth0\", \"mac_address\": \"" MAC "\"}]}, \"x\": [\"\"]}", 0, NULL);
        assert_true(json_equal(json_object_get(stored, "raw"), raw));
        const json_t *errors = json_object_get(normalized, "errors");
        assert_string_equal(json_string_value(json_array_get(errors, json_array_size(errors) - 1)),
                            "text: NULs were taken out of 2 texts, the first at /inventory/interfaces/0/name");
        assert_answer("POST", "/v1/continue", good_token(), "{\"a\\u0000\": 1}", 400, "NUL in the name of a member");
}

/* What is kept instead of a text with NULs may be longer than that, and other machines' bodies may leave no room for it: that is no fault of pxed's. */
static void test_nuls_without_room(void **state) {
        char body[4000];
        size_t n = (size_t) snprintf(body, sizeof(body), "%.*s, \"serial\": \"\\u0000\", \"numbers\": [1", (int) strlen(INVENTORY) - 1, INVENTORY);

        while (n < 3000)
                n += (size_t) snprintf(body + n, sizeof(body) - n, ",1E15"); /* written as 1000000000000000.0 */
        snprintf(body + n, sizeof(body) - n, "]}");
        t.api.budget.max = 4096;
        assert_answer("POST", "/v1/continue", good_token(), body, 503, "no memory left");
        assert_int_equal(t.notes, 0);
        t.api.budget.max = API_BODIES_MAX;
        assert_answer("POST", "/v1/continue", good_token(), body, 200, "");
}

static void test_posted_again(void **state) {
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
        assert_answer("POST", "/v1/continue_inspection", good_token(), INVENTORY, 202, "");
        assert_int_equal(spool_size(t.spool), 1);
        assert_int_equal(t.notes, 1);
        /* of another boot */
        assert_answer("POST", "/v1/continue", make_token(MAC, NULL, 0, 2001, secret), INVENTORY, 200, "");
        assert_int_equal(spool_size(t.spool), 2);
        /* of too many boots; what is stored already is so still */
        assert_answer("POST", "/v1/continue", make_token(MAC, NULL, 0, 2002, secret), INVENTORY, 503, "as many inventories of this machine as one machine may have");
        assert_int_equal(t.retry_after, 10);
        assert_int_equal(t.last.kind, NOTE_FLOOD);
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
        assert_answer("POST", "/v1/continue", make_token(OTHER, NULL, 0, 2000, secret), INVENTORY_OF_OTHER, 200, "");
        assert_answer("POST", "/v1/continue", make_token(OTHER, NULL, 0, 2001, secret), INVENTORY_OF_OTHER, 503, "the spool of inventories is full");
        assert_int_equal(t.last.kind, NOTE_STORAGE);
        assert_non_null(strstr(t.last.detail, "see that pxed runs"));
}

/* However often a machine posts: some posts at once, then one now and then, and no more words about it. */
static void test_posted_too_often(void **state) {
        for (unsigned i = 0; i < POST_RATE_BURST; i++)
                assert_answer("POST", "/v1/continue", good_token(), "{", 400, "not acceptable JSON");
        t.notes = 0;
        for (unsigned i = 0; i < 5; i++)
                assert_answer("POST", i % 2 ? "/v1/continue" : "/v1/continue_inspection", good_token(), "{", 503, "posts inventories too often");
        assert_int_equal(t.retry_after, POST_RATE_EVERY / USEC_PER_SEC);
        assert_int_equal(t.notes, 1);
        assert_int_equal(t.last.kind, NOTE_FLOOD);
        assert_true(t.last.has_mac);

        /* other machines, and what else this one says, are not meant */
        assert_answer("POST", "/v1/continue", make_token(OTHER, NULL, 0, 2000, secret), INVENTORY_OF_OTHER, 200, "");
        assert_answer("POST", "/v1/agent", good_token(), "{\"state\": \"waiting\"}", 200, "");

        t.monotonic += POST_RATE_EVERY;
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 503, "posts inventories too often");
        t.monotonic += POST_RATE_TELL_EVERY - POST_RATE_EVERY;
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 503, "posts inventories too often");
        assert_non_null(strstr(t.last.detail, "503 to POST /v1/continue, 6 times: this machine posts"));
}

/* Without a token the inventory says whose it is: that counts apart, so that nobody can use up what is another's. */
static void test_posted_too_often_without_token(void **state) {
        apply("network/lab", "{\"network\": {\"name\": \"lab\", \"address\": \"192.0.2.1/24\", \"withoutToken\": \"accept\"}}");
        state_commit(t.state);
        for (unsigned i = 0; i < POST_RATE_BURST; i++)
                assert_answer("POST", "/v1/continue", NULL, INVENTORY, 200, "");
        assert_answer("POST", "/v1/continue", NULL, INVENTORY, 503, "posts inventories too often");
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
}

static void test_node_of_the_answer(void **state) {
        unsigned status;
        _cleanup_json_ json_t *of_token = ask("POST", "/v1/continue", make_token(MAC, NODE, 3, 2000, secret), INVENTORY, strlen(INVENTORY), &status);

        assert_string_equal(json_get_string(of_token, "uuid"), NODE);
        apply("node/7d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b12", "{\"node\": {\"macs\": [\"" MAC "\"], \"assignment\": 0}}");
        _cleanup_json_ json_t *by_mac = ask("POST", "/v1/continue", good_token(), INVENTORY, strlen(INVENTORY), &status);
        assert_string_equal(json_get_string(by_mac, "uuid"), "7d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b12");
}

static void test_ramdisk_that_failed(void **state) {
        assert_answer("POST", "/v1/continue", good_token(), "{\"error\": \"no disks, \\u001b[1mno network\"}", 200, "");
        assert_int_equal(t.last.kind, NOTE_ACCEPTED);
        assert_non_null(strstr(t.last.detail, "the ramdisk failed: no disks, ?[1mno network"));
}

static const char *order_of(const char *token, const char *body) {
        static char order[16];
        unsigned status;
        _cleanup_json_ json_t *answer = ask("POST", "/v1/agent", token, body, strlen(body), &status);

        assert_int_equal(status, 200);
        strcpy(order, json_get_string(answer, "order"));
        return order;
}

static void test_agent(void **state) {
        assert_string_equal(order_of(good_token(), "{\"state\": \"started\", \"message\": null, \"mac\": \"" MAC "\"}"), "wait");
        assert_int_equal(t.last.kind, NOTE_AGENT);
        assert_string_equal(t.last.detail, "started");
        assert_string_equal(order_of(good_token(), "{\"state\": \"waiting\", \"message\": \"for \\u001bgood\"}"), "wait");
        assert_string_equal(t.last.detail, "waiting: for ?good");
        assert_string_equal(order_of(good_token(), "{\"state\": \"waiting\"}"), "wait");
        assert_int_equal(t.notes, 3);
        for (int i = 0; i < 100; i++)
                assert_string_equal(order_of(good_token(), "{\"state\": \"waiting\"}"), "wait");
        assert_int_equal(t.notes, 3);
        apply("node/" NODE, "{\"node\": {\"macs\": [\"" MAC "\"], \"assignment\": 12}}");
        assert_string_equal(order_of(good_token(), "{\"state\": \"waiting\"}"), "reboot");
        assert_string_equal(order_of(make_token(MAC, NODE, 12, 2000, secret), "{\"state\": \"waiting\"}"), "wait");
        apply("node/" NODE, "{\"node\": {\"macs\": [\"" MAC "\"], \"assignment\": 12, \"inspect\": true}}");
        assert_string_equal(order_of(make_token(MAC, NODE, 12, 2000, secret), "{\"state\": \"waiting\"}"), "reboot");
        /* its inventory has come and is not with pxed yet */
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
        assert_string_equal(order_of(good_token(), "{\"state\": \"waiting\"}"), "wait");
}

static void test_taken_back(void **state) {
        apply("node/" NODE, "{\"node\": {\"macs\": [\"" MAC "\"], \"assignment\": 0, \"aborting\": true}}");
        /* Each time it asks: a note that is lost is no order that is lost. */
        for (unsigned i = 1; i <= 3; i++) {
                assert_string_equal(order_of(good_token(), "{\"state\": \"collecting\"}"), "abort");
                assert_int_equal(t.last.kind, NOTE_ABORTED);
                assert_int_equal(t.notes, 1 + i);
        }
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 410, "taken back");
        assert_int_equal(t.last.kind, NOTE_ABORTED);
        assert_int_equal(spool_size(t.spool), 0);
        apply("node/" NODE, "{\"node\": {\"macs\": [\"" MAC "\"], \"assignment\": 0}}");
        assert_string_equal(order_of(good_token(), "{\"state\": \"collecting\"}"), "wait");
        assert_answer("POST", "/v1/continue", good_token(), INVENTORY, 200, "");
}

static json_t *look_up(const char *token, const char *addresses, unsigned *ret_status) {
        char path[TOKEN_TEXT_SIZE + 32];
        struct api_request request = { .method = "GET", .path = path, .now = NOW, .addresses = addresses };

        snprintf(path, sizeof(path), "/t/%s/v1/lookup", token);
        api_begin(&t.api, &request, 0);
        *ret_status = request.answer.status;
        json_t *answer = json_loadb(request.answer.body, request.answer.size, 0, NULL);
        api_end(&request);
        while (sd_event_run(t.event, 0) > 0)
                ;
        return answer;
}

static void test_lookup(void **state) {
        unsigned status;
        _cleanup_json_ json_t *unknown = look_up(good_token(), MAC, &status), *first = NULL, *second = NULL, *tie = NULL;

        assert_int_equal(status, 404);
        assert_int_equal(t.last.kind, NOTE_REFUSED);
        assert_string_equal(t.last.detail, "404 to GET /v1/lookup: no node: 1 of its MACs no node's, 0 left out as shared");
        assert_null(strstr(json_get_string(json_object_get(unknown, "error"), "message"), "MAC"));
        apply("node/" NODE, "{\"node\": {\"macs\": [\"" MAC "\"], \"assignment\": 0}}");
        first = look_up(good_token(), MAC, &status);
        assert_int_equal(status, 200);
        assert_string_equal(json_get_string(json_object_get(first, "node"), "uuid"), NODE);
        assert_int_equal(strlen(json_get_string(json_object_get(first, "config"), "agent_token")), 64);
        second = look_up(good_token(), MAC, &status);
        assert_string_equal(json_get_string(json_object_get(second, "config"), "agent_token"), "******");
        apply("node/7d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b12", "{\"node\": {\"macs\": [\"52:54:00:00:00:07\"], \"assignment\": 0}}");
        tie = look_up(good_token(), "52:54:00:00:00:07", &status);
        assert_int_equal(status, 404);
        assert_non_null(strstr(t.last.detail, "several nodes match alike"));
        assert_true(json_equal(tie, unknown));
}

static void beat(const char *body, const char *token, unsigned expected, const char *message) {
        char path[TOKEN_TEXT_SIZE + 96];

        snprintf(path, sizeof(path), "/t/%s/v1/heartbeat/" NODE, token);
        assert_answer("POST", path, NULL, body, expected, message);
}

static void test_heartbeat(void **state) {
        char body[512];
        unsigned status;

        beat("{}", good_token(), 404, "is known");
        apply("node/" NODE, "{\"node\": {\"macs\": [\"" MAC "\"], \"assignment\": 0}}");
        _cleanup_json_ json_t *answer = look_up(good_token(), MAC, &status);
        const char *token = json_get_string(json_object_get(answer, "config"), "agent_token");
        unsigned notes = t.notes;
        snprintf(body, sizeof(body), "{\"callback_url\": \"http://192.0.2.7:9999\", \"agent_token\": \"%s\", \"agent_version\": \"9.1\", \"new\": 1}", token);
        for (int i = 0; i < 10; i++)
                beat(body, good_token(), 202, "");
        assert_int_equal(t.notes, notes + 11); /* one of them for the boot's steps */
        assert_int_equal(t.last.kind, NOTE_BEAT);
        assert_string_equal(t.last.url, "http://192.0.2.7:9999");
        assert_string_equal(t.last.version, "9.1");
        assert_int_equal(t.last.node.bytes[15], 0x11);
        beat(body, make_token(MAC, NULL, 0, 2001, secret), 400, "not the one that was given");
        beat(body, make_token(MAC, NULL, 0, 999, secret), 400, "not the one that was given");
        beat(body, make_token(MAC, NULL, 0, 2000, other_secret), 403, "not made by this appliance");
        beat("{\"callback_url\": \"http://192.0.2.7:9999\"}", good_token(), 400, "no agent_token");
        beat("{\"callback_url\": \"http://192.0.2.7:9999\", \"agent_token\": null}", good_token(), 400, "no agent_token");
        beat("{\"callback_url\": \"http://192.0.2.7:9999\", \"agent_token\": \"******\"}", good_token(), 400, "not the one");
        snprintf(body, sizeof(body), "{\"callback_url\": \"http://192.0.2.8:9999\", \"agent_token\": \"%s\"}", token);
        beat(body, good_token(), 400, "not the one of this agent's first heartbeat");
        static const char *const urls[] = { "3", "null", "\"\"", "\"ftp://x\"", "\"http://a b\"", "\"http://\\u001b\"" };
        for (size_t i = 0; i < ELEMENTS(urls); i++) {
                snprintf(body, sizeof(body), "{\"callback_url\": %s, \"agent_token\": \"%s\"}", urls[i], token);
                beat(body, good_token(), 400, "callback_url");
        }
        beat("[]", good_token(), 400, "no object");
        /* it runs for longer than its boot token holds */
        const struct uuid node = { { 0x6d, 0x0b, 0x9e, 0x6c, 0x7f, 0x9e, 0x4f, 0x43, 0x9d, 0x0c, 0x3f, 0x2f, 0x5c, 0x0a, 0x1b, 0x11 } };
        char old[AGENT_TOKEN_SIZE];
        agent_token_make(secret, &node, make_token(MAC, NULL, 0, 999, secret), old);
        snprintf(body, sizeof(body), "{\"callback_url\": \"http://192.0.2.7:9999\", \"agent_token\": \"%s\"}", old);
        beat(body, make_token(MAC, NULL, 0, 999, secret), 202, "");
        json_decref(look_up(make_token(MAC, NULL, 0, 999, secret), MAC, &status));
        assert_int_equal(status, 403);
}

/* A flood of refusals does not keep from the main thread that an inventory waits in the spool: nothing else would tell it. */
static void test_full_mailbox(void **state) {
        const struct note refused = { .kind = NOTE_REFUSED }, accepted = { .kind = NOTE_ACCEPTED };

        for (int i = 0; i < 10000; i++)
                mailbox_put(t.mailbox, &refused);
        mailbox_put(t.mailbox, &accepted);
        while (sd_event_run(t.event, 0) > 0)
                ;
        assert_in_range(t.notes, 1000, 5000);
        assert_int_equal(t.last.kind, NOTE_ACCEPTED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_routes, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_before_the_secret_is_known, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_bad_bodies, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_too_many_values, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_what_grows_can_be_reported, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_foreign, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_accepted, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_nuls, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_nuls_without_room, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_posted_again, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_posted_too_often, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_posted_too_often_without_token, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_node_of_the_answer, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_ramdisk_that_failed, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_agent, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_taken_back, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_lookup, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_heartbeat, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_full_mailbox, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
