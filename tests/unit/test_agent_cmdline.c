/* The agent's reading of the kernel command line, its URLs, and when it tries again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "introspect/agent/cmdline.h"
#include "introspect/agent/retry.h"
#include "introspect/agent/url.h"

#define URL "http://192.0.2.1:5050/v1/continue?token=p1.-.525400123456.0.68f0.ab"

static struct agent_options parse(const char *text) {
        struct agent_options options;
        agent_options_parse(text, &options);
        return options;
}

static void test_defaults(void **state) {
        struct agent_options options = parse("quiet initrd=initrd ro\n");
        assert_string_equal(options.callback_url, "");
        assert_string_equal(options.bootif, "");
        assert_string_equal(options.boot_mac, "");
        assert_false(options.collect_lldp);
        assert_int_equal(options.lldp_timeout_ms, 1000);
        assert_false(options.dhcp_all);
        assert_int_equal(options.finish, AGENT_FINISH_WAIT);
        assert_false(options.shell);
}

static void test_everything(void **state) {
        struct agent_options options = parse("quiet ipa-inspection-callback-url=" URL " BOOTIF=01-52-54-00-AB-cd-ef ipa-collect-lldp=1 "
                                             "ipa-lldp-timeout=2.5 pxed.finish=poweroff pxed.shell=1");
        assert_string_equal(options.callback_url, URL);
        assert_string_equal(options.bootif, "01-52-54-00-AB-cd-ef");
        assert_string_equal(options.boot_mac, "52:54:00:ab:cd:ef");
        assert_true(options.collect_lldp);
        assert_int_equal(options.lldp_timeout_ms, 2500);
        assert_int_equal(options.finish, AGENT_FINISH_POWEROFF);
        assert_true(options.shell);
}

static void test_dhcp_all(void **state) {
        assert_true(parse("ipa-inspection-dhcp-all-interfaces=all").dhcp_all);
        assert_true(parse("ipa-inspection-dhcp-all-interfaces=True").dhcp_all);
        assert_true(parse("ipa-inspection-dhcp-all-interfaces=1").dhcp_all);
        assert_false(parse("ipa-inspection-dhcp-all-interfaces=pxe").dhcp_all);
        assert_false(parse("ipa-inspection-dhcp-all-interfaces=no").dhcp_all);
        assert_false(parse("ipa-inspection-dhcp-all-interfaces=all ipa-inspection-dhcp-all-interfaces=0").dhcp_all);
}

static void test_last_wins_and_quotes(void **state) {
        struct agent_options options = parse("pxed.finish=poweroff x=\"a pxed.finish=wait b\" \"ipa-inspection-callback-url=http://h/ a\" "
                                             "pxed.finish=reboot pxed.finish=nonsense");
        assert_int_equal(options.finish, AGENT_FINISH_REBOOT);
        assert_string_equal(options.callback_url, "http://h/ a");
}

static void test_bootif_forms(void **state) {
        assert_string_equal(parse("BOOTIF=52:54:00:ab:cd:ef").boot_mac, "52:54:00:ab:cd:ef");
        assert_string_equal(parse("BOOTIF=52-54-00-ab-cd-ef").boot_mac, "52:54:00:ab:cd:ef");
        assert_string_equal(parse("BOOTIF=01-52-54-00-ab-c").boot_mac, "");
        assert_string_equal(parse("BOOTIF=01-52-54-00-ab-cd-eg").boot_mac, "");
        assert_string_equal(parse("BOOTIF=01-52-54-00-ab-cd-ef-00").boot_mac, "");
        assert_string_equal(parse("BOOTIF=").boot_mac, "");
}

static void test_bad_values(void **state) {
        assert_int_equal(parse("ipa-lldp-timeout=-1").lldp_timeout_ms, 1000);
        assert_int_equal(parse("ipa-lldp-timeout=soon").lldp_timeout_ms, 1000);
        assert_int_equal(parse("ipa-lldp-timeout=nan").lldp_timeout_ms, 1000);
        assert_int_equal(parse("ipa-lldp-timeout=1e9").lldp_timeout_ms, 120000);
        assert_int_equal(parse("pxed.lldp-timeout=0").lldp_timeout_ms, 0);
        assert_false(parse("ipa-collect-lldp=0").collect_lldp);
        /* a URL that does not fit is not cut: its token would be broken */
        char line[AGENT_URL_MAX + 200] = "ipa-inspection-callback-url=http://h/";
        memset(line + strlen(line), 'a', AGENT_URL_MAX);
        assert_string_equal(parse(line).callback_url, "");
}

static void test_order_url(void **state) {
        char buf[AGENT_URL_MAX];
        assert_int_equal(agent_order_url(URL, buf, sizeof buf), 0);
        assert_string_equal(buf, "http://192.0.2.1:5050/v1/agent?token=p1.-.525400123456.0.68f0.ab");
        assert_int_equal(agent_order_url("http://h/a/b/c", buf, sizeof buf), 0);
        assert_string_equal(buf, "http://h/a/b/agent");
        assert_int_equal(agent_order_url("http://h/x?u=/a/b", buf, sizeof buf), 0);
        assert_string_equal(buf, "http://h/agent?u=/a/b");
        assert_int_equal(agent_order_url("http://h", buf, sizeof buf), -EINVAL);
        assert_int_equal(agent_order_url("http://h?x=/", buf, sizeof buf), -EINVAL);
        assert_int_equal(agent_order_url(URL, buf, 20), -ENAMETOOLONG);
}

static void test_url(void **state) {
        struct http_url url;
        assert_int_equal(http_url_parse(URL "#part", &url), 0);
        assert_string_equal(url.host, "192.0.2.1:5050");
        assert_string_equal(url.target, "/v1/continue?token=p1.-.525400123456.0.68f0.ab");
        struct sockaddr_in *v4 = (struct sockaddr_in *) &url.address;
        assert_int_equal(v4->sin_family, AF_INET);
        assert_int_equal(ntohs(v4->sin_port), 5050);
        assert_int_equal(ntohl(v4->sin_addr.s_addr), 0xc0000201);

        assert_int_equal(http_url_parse("HTTP://[fd00::1]:5050", &url), 0);
        assert_string_equal(url.host, "[fd00::1]:5050");
        assert_string_equal(url.target, "/");
        assert_int_equal(url.address.ss_family, AF_INET6);

        assert_int_equal(http_url_parse("http://192.0.2.1?a=b", &url), 0);
        assert_string_equal(url.host, "192.0.2.1");
        assert_string_equal(url.target, "/?a=b");
}

static void test_bad_url(void **state) {
        static const struct {
                const char *text;
                int error;
        } cases[] = {
                { "", -EPROTONOSUPPORT },
                { "https://192.0.2.1/", -EPROTONOSUPPORT },
                { "http://", -EINVAL },
                { "http:///v1", -EINVAL },
                { "http://appliance/v1", -EDESTADDRREQ },
                { "http://192.0.2.1:0/", -EINVAL },
                { "http://192.0.2.1:65536/", -EINVAL },
                { "http://192.0.2.1:50x/", -EINVAL },
                { "http://[fd00::1/", -EINVAL },
                { "http://[fd00::1]x/", -EINVAL },
                { "http://192.0.2.1/a b", -EINVAL },
                { "http://192.0.2.1/a\r\nX: y", -EINVAL },
        };
        struct http_url url;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                if (http_url_parse(cases[i].text, &url) != cases[i].error)
                        fail_msg("%s: %d", cases[i].text, http_url_parse(cases[i].text, &url));
}

static void test_retry(void **state) {
        static const struct {
                int outcome;
                enum post_verdict verdict;
        } cases[] = {
                { 200, POST_DONE },  { 202, POST_DONE },           { 400, POST_FINAL },  { 404, POST_FINAL },  { 302, POST_FINAL },
                { 413, POST_FINAL }, { -ECONNREFUSED, POST_RETRY }, { 409, POST_RETRY }, { 429, POST_RETRY }, { 503, POST_RETRY },
        };
        static const unsigned waits[] = { 1000, 2000, 4000, 8000, 10000, 10000 };
        unsigned wait;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_int_equal(post_judge(cases[i].outcome, 0, 0, &wait), cases[i].verdict);
        for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
                post_judge(500, i, 0, &wait);
                assert_int_equal(wait, waits[i]);
                post_judge(500, i, waits[i] / 4 - 1, &wait);
                assert_int_equal(wait, waits[i] - waits[i] / 4 + 1);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults), cmocka_unit_test(test_dhcp_all),    cmocka_unit_test(test_everything), cmocka_unit_test(test_last_wins_and_quotes),
                cmocka_unit_test(test_bootif_forms), cmocka_unit_test(test_bad_values), cmocka_unit_test(test_order_url),
                cmocka_unit_test(test_url),         cmocka_unit_test(test_bad_url),    cmocka_unit_test(test_retry),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
