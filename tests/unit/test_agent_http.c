/* The agent's HTTP: the response parser by tables, and the client against sockets that behave well and badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "introspect/agent/http_client.h"
#include "introspect/agent/server.h"

static struct http_response response;

static int parse(const char *text, bool closed) {
        return http_response_parse(text, strlen(text), closed, &response);
}

static void test_content_length(void **state) {
        const char *text = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nX: y\r\n\r\nhello";
        assert_int_equal(parse(text, false), 1);
        assert_int_equal(response.status, 200);
        assert_string_equal(response.reason, "OK");
        assert_string_equal(response.body, "hello");
        for (size_t size = 0; size < strlen(text); size++) {
                assert_int_equal(http_response_parse(text, size, false, &response), 0);
                assert_int_equal(http_response_parse(text, size, true, &response), -EPIPE);
        }
}

static void test_chunked(void **state) {
        const char *text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;name=value\r\n, world!!!\r\n0\r\nT: x\r\n\r\n";
        assert_int_equal(parse(text, false), 1);
        assert_string_equal(response.body, "hello, world!!!");
        for (size_t size = 0; size < strlen(text); size++)
                assert_int_equal(http_response_parse(text, size, false, &response), 0);
}

static void test_until_close(void **state) {
        const char *text = "HTTP/1.0 503 Service Unavailable\r\n\r\nlater";
        assert_int_equal(parse(text, false), 0);
        assert_int_equal(parse(text, true), 1);
        assert_int_equal(response.status, 503);
        assert_string_equal(response.body, "later");
}

static void test_interim_and_empty(void **state) {
        assert_int_equal(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\n", false), 1);
        assert_int_equal(response.status, 204);
        assert_int_equal(response.body_size, 0);
}

static void test_bad_responses(void **state) {
        static const struct {
                const char *text;
                int error;
        } cases[] = {
                { "SSH-2.0-OpenSSH\r\n", -EBADMSG },
                { "HTTP/2 200 OK\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 20 OK\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 2000 OK\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 099 OK\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", -EMSGSIZE },
                { "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n", -EMSGSIZE },
                { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", -EBADMSG },
                { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", -EMSGSIZE },
                { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", -EBADMSG },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                if (parse(cases[i].text, false) != cases[i].error)
                        fail_msg("case %zu: %d", i, parse(cases[i].text, false));
}

static void test_endless_head(void **state) {
        static char text[HTTP_HEAD_MAX + 100];
        strcpy(text, "HTTP/1.1 200 OK\r\nX: ");
        memset(text + strlen(text), 'a', HTTP_HEAD_MAX);
        assert_int_equal(parse(text, false), -EMSGSIZE);
}

static void test_orders_and_messages(void **state) {
        char buf[32];
#define CASE(text) text, sizeof text - 1
        assert_int_equal(order_parse(CASE("{\"order\": \"reboot\"}")), ORDER_REBOOT);
        assert_int_equal(order_parse(CASE("{\"order\": \"poweroff\", \"x\": 1}")), ORDER_POWEROFF);
        assert_int_equal(order_parse(CASE("{\"order\": \"wait\"}")), ORDER_WAIT);
        assert_int_equal(order_parse(CASE("{\"order\": \"abort\"}")), ORDER_ABORT);
        assert_int_equal(order_parse(CASE("{\"order\": \"explode\"}")), ORDER_NONE);
        assert_int_equal(order_parse(CASE("{\"order\": 1}")), ORDER_NONE);
        assert_int_equal(order_parse(CASE("nothing")), ORDER_NONE);
        error_message(CASE("{\"error\": {\"message\": \"no such node\"}}"), buf, sizeof buf);
        assert_string_equal(buf, "no such node");
        error_message(CASE("{\"error\": \"short\"}"), buf, sizeof buf);
        assert_string_equal(buf, "short");
        error_message(CASE("<html>a long page of a proxy that says little</html>"), buf, sizeof buf);
        assert_string_equal(buf, "<html>a long page of a proxy th");
}

/* A server for one connection: reads until the request's end, if `reads`, and sends `answer`; with no answer it keeps silent. */
struct one_shot {
        int listener;
        const char *answer;
        bool reads;
        char request[4096];
        pthread_t thread;
};

static void *serve(void *userdata) {
        struct one_shot *server = userdata;
        int fd = accept(server->listener, NULL, NULL);
        size_t have = 0;
        while (server->reads && !strstr(server->request, "END")) {
                ssize_t n = recv(fd, server->request + have, sizeof server->request - 1 - have, 0);
                if (n <= 0)
                        break;
                have += (size_t) n;
        }
        for (const char *c = server->answer; c && *c; c++)
                if (send(fd, c, 1, MSG_NOSIGNAL) < 0)
                        break;
        if (!server->answer)
                usleep(300000);
        close(fd);
        return NULL;
}

static void start_server(struct one_shot *server, struct http_url *url) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        char text[64];
        server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(server->listener, (struct sockaddr *) &address, size), 0);
        assert_int_equal(listen(server->listener, 1), 0);
        getsockname(server->listener, (struct sockaddr *) &address, &size);
        snprintf(text, sizeof text, "http://127.0.0.1:%d/v1/continue?token=t", ntohs(address.sin_port));
        assert_int_equal(http_url_parse(text, url), 0);
        pthread_create(&server->thread, NULL, serve, server);
}

static int post_once(struct one_shot *server, const char *body) {
        struct http_url url;
        start_server(server, &url);
        int r = http_post(&url, body, strlen(body), 200, &response);
        pthread_join(server->thread, NULL);
        close(server->listener);
        return r;
}

static void test_client(void **state) {
        struct one_shot server = { .answer = "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}", .reads = true };
        assert_int_equal(post_once(&server, "{\"a\": \"END\"}"), 0);
        assert_int_equal(response.status, 202);
        assert_ptr_equal(strstr(server.request, "POST /v1/continue?token=t HTTP/1.1\r\nHost: 127.0.0.1:"), server.request);
        assert_non_null(strstr(server.request, "\r\nContent-Length: 12\r\n"));
        assert_non_null(strstr(server.request, "\r\n\r\n{\"a\": \"END\"}"));
}

static void test_client_silent_server(void **state) {
        struct one_shot server = { .reads = true };
        assert_int_equal(post_once(&server, "END"), -ETIMEDOUT);
}

static void test_client_cut_answer(void **state) {
        struct one_shot server = { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nshort", .reads = true };
        assert_int_equal(post_once(&server, "END"), -EPIPE);
}

static void test_client_refused(void **state) {
        struct http_url url;
        assert_int_equal(http_url_parse("http://127.0.0.1:1/", &url), 0);
        assert_int_equal(http_post(&url, "", 0, 200, &response), -ECONNREFUSED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_content_length),      cmocka_unit_test(test_chunked),
                cmocka_unit_test(test_until_close),         cmocka_unit_test(test_interim_and_empty),
                cmocka_unit_test(test_bad_responses),       cmocka_unit_test(test_endless_head),
                cmocka_unit_test(test_orders_and_messages), cmocka_unit_test(test_client),
                cmocka_unit_test(test_client_silent_server), cmocka_unit_test(test_client_cut_answer),
                cmocka_unit_test(test_client_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
