/* Networks and hosts of the desired state: what is accepted, and the text that dnsmasq gets for them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dhcp/conditions.h"
#include "dhcp/config.h"
#include "dhcp/desired.h"

#define COMMON "'name':'lab','interface':'prov0','address':'192.0.2.1/24','leaseTime':3600,'unknown':'inspect','known':'local','finish':'poweroff'"
#define SERVER "{" COMMON ",'dhcp':'server','poolStart':'192.0.2.100','poolEnd':'192.0.2.199','dns':[],'ntp':[]}"

/* JSON with ' for ". */
static json_t *json_of(const char *text) {
        _cleanup_free_ char *copy = strdup(text);
        for (char *c = copy; *c; c++)
                if (*c == '\'')
                        *c = '"';
        json_t *value = json_loads(copy, 0, NULL);
        if (!value)
                fail_msg("not JSON: %s", copy);
        return value;
}

static int parse(const char *text, struct network *ret, char reason[static 256]) {
        _cleanup_json_ json_t *json = json_of(text);
        reason[0] = '\0';
        return network_parse(json, ret, reason, 256);
}

static char *config_of(const char *text) {
        struct network network;
        char reason[256];
        if (parse(text, &network, reason) < 0)
                fail_msg("refused: %s", reason);
        const struct config_inputs inputs = { &network, 8080, "/s/lab.hosts", "/l/pxed-dhcp-lease", "pxed-dhcp", "pxed" };
        return config_text(&inputs);
}

#define HEAD                                                          \
        "# Written by pxed-dhcp for network lab; changes are lost.\n" \
        "port=0\nno-hosts\nno-resolv\nkeep-in-foreground\npid-file=\nlog-facility=-\nquiet-dhcp\nuser=pxed-dhcp\ngroup=pxed\n" \
        "bind-interfaces\ninterface=prov0\nexcept-interface=lo\n"     \
        "leasefile-ro\ndhcp-script=/l/pxed-dhcp-lease\ndhcp-hostsfile=/s/lab.hosts\n"

#define TAIL                                                                                \
        "dhcp-userclass=set:ipxe,iPXE\n"                                                    \
        "dhcp-match=set:ipxe-option,175\n"                                                  \
        "dhcp-match=set:bios,option:client-arch,0\n"                                        \
        "dhcp-match=set:efi64,option:client-arch,7\n"                                       \
        "dhcp-match=set:efi64,option:client-arch,9\n"                                       \
        "dhcp-match=set:efi64-http,option:client-arch,16\n"                                 \
        "dhcp-boot=tag:ipxe,http://192.0.2.1:8080/boot.ipxe,,192.0.2.1\n"                   \
        "dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe,,192.0.2.1\n"                           \
        "dhcp-boot=tag:!ipxe,tag:efi64,snponly.efi,,192.0.2.1\n"                            \
        "dhcp-boot=tag:!ipxe,tag:efi64-http,http://192.0.2.1:8080/loaders/snponly.efi,,192.0.2.1\n" \
        "dhcp-option-force=tag:!ipxe,tag:efi64-http,60,HTTPClient\n"                        \
        "dhcp-no-override\n"                                                                \
        "dhcp-option=tag:ipxe-option,encap:175,176,1b\n"                                    \
        "dhcp-option=tag:ipxe,tag:!ipxe-option,encap:175,176,1b\n"

static const struct {
        const char *network, *text;
} golden[] = {
        { SERVER, HEAD "dhcp-range=192.0.2.100,192.0.2.199,255.255.255.0,3600\n"
                       "dhcp-lease-max=256\ndhcp-authoritative\ndhcp-ignore-clid\nno-ping\n"
                       "dhcp-option=option:router\ndhcp-option=option:dns-server\n" TAIL },
        /* everything given; a gateway in the pool; IPv6 servers are left out */
        { "{" COMMON ",'dhcp':'server','poolStart':'192.0.2.100','poolEnd':'192.0.2.199','gateway':'192.0.2.150',"
          "'dns':['192.0.2.9','2001:db8::9','192.0.2.10'],'ntp':['192.0.2.11'],'domain':'lab.example'}",
          HEAD "dhcp-range=192.0.2.100,192.0.2.199,255.255.255.0,3600\n"
               "dhcp-lease-max=256\ndhcp-authoritative\ndhcp-ignore-clid\nno-ping\ndhcp-host=id:the-gateway,192.0.2.150\n"
               "dhcp-option=option:router,192.0.2.150\ndhcp-option=option:dns-server,192.0.2.9,192.0.2.10\n"
               "dhcp-option=option:ntp-server,192.0.2.11\ndhcp-option=option:domain-name,lab.example\n" TAIL },
        { "{" COMMON ",'dhcp':'proxy','dns':[],'ntp':[]}",
          HEAD "dhcp-range=192.0.2.1,proxy,255.255.255.0\n" TAIL
               "pxe-service=tag:!ipxe,BC_EFI,pxed,snponly.efi,192.0.2.1\npxe-service=tag:!ipxe,X86-64_EFI,pxed,snponly.efi,192.0.2.1\n" },
};

static void test_golden(void **state) {
        for (size_t i = 0; i < ELEMENTS(golden); i++) {
                _cleanup_free_ char *text = config_of(golden[i].network);
                assert_string_equal(text, golden[i].text);
        }
}

/* dnsmasq itself reads each. */
static void test_dnsmasq_accepts(void **state) {
        _cleanup_free_ char *dnsmasq = find_dnsmasq();
        if (!dnsmasq)
                skip();
        for (size_t i = 0; i < ELEMENTS(golden); i++) {
                _cleanup_free_ char *text = config_of(golden[i].network);
                char path[] = "/tmp/pxed-test-XXXXXX", command[256];
                int fd = mkstemp(path);
                assert_return_code(fd, errno);
                assert_int_equal(write(fd, text, strlen(text)), strlen(text));
                close(fd);
                snprintf(command, sizeof command, "%s --test --conf-file=%s 2>&1 | grep -q 'syntax check OK'", dnsmasq, path);
                int r = system(command);
                unlink(path);
                assert_int_equal(r, 0);
        }
}

static void test_networks_that_are_refused(void **state) {
        static const struct {
                const char *member; /* put over those of SERVER */
                const char *reason; /* a part of it */
        } cases[] = {
                { "'name':'a b'", "name" },
                { "'name':'../up'", "name" },
                { "'name':''", "name" },
                { "'interface':'prov0\\nuser=root'", "cannot be the name of a network interface" },
                { "'interface':'much-too-long-name'", "cannot be the name of a network interface" },
                { "'address':'192.0.2.1'", "no IPv4 address with prefix length" },
                { "'address':'2001:db8::1/64'", "no IPv4 address with prefix length" },
                { "'address':'192.0.2.1/31'", "prefix length from 8 to 30" },
                { "'dhcp':'maybe'", "none of server, proxy, off" },
                { "'poolStart':null", "needs a pool" },
                { "'poolEnd':'192.0.3.1'", "lies outside of the network 192.0.2.0/24" },
                { "'poolStart':'192.0.1.255'", "lies outside of the network 192.0.2.0/24" },
                { "'poolStart':'192.0.2.200'", "ends (192.0.2.199) before it starts (192.0.2.200)" },
                { "'poolStart':'here'", "no pair of IPv4 addresses" },
                { "'leaseTime':60", "lease time of 60 s" },
                { "'leaseTime':-1", "lease time" },
                { "'gateway':'fe80::1'", "gateway 'fe80::1'" },
                { "'domain':'a,b'", "no DNS name" },
                { "'domain':'a\\nport=53'", "no DNS name" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char member[256], reason[256] = "";
                snprintf(member, sizeof member, "{%s}", cases[i].member);
                _cleanup_json_ json_t *json = json_of(SERVER), *over = json_of(member);
                struct network network;
                json_object_update(json, over);
                if (network_parse(json, &network, reason, sizeof reason) != -EINVAL)
                        fail_msg("accepted: %s", member);
                if (!strstr(reason, cases[i].reason))
                        fail_msg("%s: %s", member, reason);
        }
}

static void test_off_needs_no_pool(void **state) {
        struct network network;
        char reason[256];
        assert_int_equal(parse("{" COMMON ",'dhcp':'off'}", &network, reason), 0);
        assert_int_equal(network.mode, DHCP_OFF);
}

static void test_addresses_that_can_be_given(void **state) {
        struct network a;
        char reason[256];
        assert_int_equal(parse(SERVER, &a, reason), 0);
        assert_true(network_can_give(&a, 0xc00002fe));
        assert_false(network_can_give(&a, 0xc00002ff));
        assert_false(network_can_give(&a, 0xc0000200));
        assert_false(network_can_give(&a, 0xc0000201));
        assert_false(network_can_give(&a, 0xc0000302));
}

static void test_hosts(void **state) {
        _cleanup_(desired_freep) struct desired *desired = NULL;
        _cleanup_free_ struct host *hosts = NULL;
        size_t n = 0;
        struct network lab;
        char reason[256];
        static const char *const entries[] = {
                "{'mac':'52:54:00:00:00:04','network':null,'address':null,'denied':true}",
                "{'mac':'52:54:00:00:00:01','network':'lab','address':'192.0.2.50','denied':false}",
                /* denied wins over its reservation */
                "{'mac':'52:54:00:00:00:02','network':'lab','address':'192.0.2.51','denied':true}",
                "{'mac':'52:54:00:00:00:03','network':'other','address':'192.0.2.52','denied':false}",
                /* for each network, and of another one's prefix */
                "{'mac':'52:54:00:00:00:05','network':null,'address':'198.51.100.1','denied':false}",
                "{'mac':'52:54:00:00:00:06','network':null,'address':'192.0.2.1','denied':false}",
                "{'mac':'52:54:00:00:00:07','network':null,'address':null,'denied':false}",
                "{'mac':'nonsense','network':null,'address':null,'denied':true}",
        };

        assert_int_equal(parse(SERVER, &lab, reason), 0);
        assert_int_equal(desired_new(&desired), 0);
        for (size_t i = 0; i < ELEMENTS(entries); i++) {
                char key[64];
                _cleanup_json_ json_t *host = json_of(entries[i]), *entry = json_pack("{s:O}", "host", host);
                snprintf(key, sizeof key, "host/%s", json_string_value(json_object_get(host, "mac")));
                desired_take(desired, key, entry);
        }
        assert_int_equal(desired_hosts(desired, &hosts, &n), 0);
        assert_int_equal(n, ELEMENTS(entries) - 1);
        _cleanup_free_ char *text = hosts_text(&lab, hosts, n);
        assert_string_equal(text, "52:54:00:00:00:01,192.0.2.50\n52:54:00:00:00:02,ignore\n52:54:00:00:00:04,ignore\n");
}

static void test_desired(void **state) {
        _cleanup_(desired_freep) struct desired *desired = NULL;
        _cleanup_json_ json_t *settings = json_of("{'settings':{'httpPort':8088}}"), *network = json_of("{'network':" SERVER "}"),
                              *gone = json_object();

        assert_int_equal(desired_new(&desired), 0);
        assert_int_equal(desired_http_port(desired), 8080);
        desired_take(desired, "settings", settings);
        desired_take(desired, "network/lab", network);
        desired_take(desired, "network/gone", network);
        desired_take(desired, "network/gone", gone);
        desired_take(desired, NULL, gone);
        assert_int_equal(desired_http_port(desired), 8088);
        assert_int_equal(json_object_size(desired_networks(desired)), 1);
        desired_reset(desired);
        assert_int_equal(desired_http_port(desired), 8080);
        assert_int_equal(json_object_size(desired_networks(desired)), 0);
}

static void test_conditions(void **state) {
        const struct conditions good = { .interface = 3, .up = true, .has_address = true, .has_dnsmasq = true, .has_helper = true };
        struct network lab;
        char text[256];
        assert_int_equal(parse(SERVER, &lab, text), 0);
        assert_false(conditions_explain(&lab, &good, text, sizeof text));

        struct conditions c = good;
        c.port = 67;
        assert_true(conditions_explain(&lab, &c, text, sizeof text));
        assert_string_equal(text, "UDP port 67 on prov0 is in use by another process; stop that DHCP server, or set dhcp = off for the network");
        c.holder = 12;
        strcpy(c.holder_name, "dhcpd");
        assert_true(conditions_explain(&lab, &c, text, sizeof text));
        assert_non_null(strstr(text, "in use by dhcpd (pid 12);"));
        /* what comes first is told first */
        c.has_address = false;
        conditions_explain(&lab, &c, text, sizeof text);
        assert_string_equal(text, "interface prov0 does not have the address 192.0.2.1/24; add it there, or correct address in pxed.conf");
        c.up = false;
        conditions_explain(&lab, &c, text, sizeof text);
        assert_non_null(strstr(text, "is down"));
        c.interface = 0;
        conditions_explain(&lab, &c, text, sizeof text);
        assert_non_null(strstr(text, "there is no interface prov0"));
        c.has_dnsmasq = false;
        conditions_explain(&lab, &c, text, sizeof text);
        assert_non_null(strstr(text, "dnsmasq-base"));
}

static void test_sockets_in_the_way(void **state) {
        static const struct {
                struct udp_socket socket;
                bool in_the_way;
        } cases[] = {
                { { 0, 0, 1 }, true },           { { 0, 3, 1 }, true },          { { 0, 4, 1 }, false },
                { { 0xc0000201, 0, 1 }, true },  { { 0x7f000001, 0, 1 }, false }, { { 0xc0000201, 4, 1 }, false },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                assert_int_equal(socket_is_in_the_way(&cases[i].socket, 3, 0xc0000201), cases[i].in_the_way);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_golden),
                cmocka_unit_test(test_dnsmasq_accepts),
                cmocka_unit_test(test_networks_that_are_refused),
                cmocka_unit_test(test_off_needs_no_pool),
                cmocka_unit_test(test_addresses_that_can_be_given),
                cmocka_unit_test(test_hosts),
                cmocka_unit_test(test_desired),
                cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_sockets_in_the_way),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
