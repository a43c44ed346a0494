/* The configuration: what is read, and what is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "pxed/settings.h"

#define LAB "[network lab]\ninterface = eth0\naddress = 192.0.2.1/24\npool = 192.0.2.100-192.0.2.200\n"

static int load(const char *text, struct settings **ret, struct config_error *error) {
        char folder[] = "/tmp/test-pxed-settings-XXXXXX", path[128];
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/pxed.conf", folder);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
        int r = settings_load(path, ret, error);
        unlink(path);
        rmdir(folder);
        return r;
}

static void test_defaults(void **state) {
        _cleanup_(settings_freep) struct settings *s = NULL;
        struct config_error error;
        assert_int_equal(load(LAB, &s, &error), 0);
        assert_int_equal(s->http_port, 8080);
        assert_int_equal(s->introspect_port, 5050);
        assert_string_equal(s->images, "/var/lib/pxed/images");
        assert_int_equal(s->events_kept, 100000);
        assert_string_equal(s->users[ROLE_DHCP], "pxed-dhcp");
        assert_int_equal(s->n_networks, 1);
        const struct network *n = settings_network(s, "lab");
        assert_non_null(n);
        assert_string_equal(n->unknown, "inspect");
        assert_string_equal(n->known, "local");
        assert_int_equal(n->dhcp, DHCP_SERVER);
        assert_int_equal(n->lease_time, 3600);
        assert_int_equal(n->finish, FINISH_POWEROFF);
        assert_null(n->first);
        assert_null(n->parent);
        assert_int_equal(n->mtu, 0);
        assert_false(n->has_address6);
        assert_int_equal(n->manage, MANAGE_REPORT);
        assert_int_equal(n->probe, 600);
        assert_null(settings_network(s, "other"));
}

static void test_all_keys(void **state) {
        _cleanup_(settings_freep) struct settings *s = NULL;
        struct config_error error;
        int r = load("[pxed]\nhttp-port = 80\nintrospect-port=81\nimages=/srv/images\ntoken-lifetime=2h\nevents-kept=10\n"
                     "inventories-kept=1\nboots-kept=2\nnodes-max=3\nshared-macs=0a:94:ef, 00-E0-4C-68-00-01\ninspect-arguments=console=ttyS1\n"
                     "[inspection]\ninspector-listen=[::1]:5051\n"
                     "[bus]\ndhcp-user=nobody\n" LAB
                     "physical-network=rack1\nlease-time=15m\ngateway=192.0.2.254\ndns=192.0.2.2, 192.0.2.3\ndomain=lab.example\n"
                     "ntp=192.0.2.4\nunknown=ignore\nknown=installed\nfinish=wait\n"
                     "[network oob]\ninterface=eth1\naddress=198.51.100.1/25\ndhcp=off\n"
                     "[host 52:54:00:00:00:01]\naddress=192.0.2.50\nnetwork=lab\n"
                     "[host 52-54-00-00-00-02]\ndeny=yes\n",
                     &s, &error);
        assert_int_equal(r, 0);
        assert_int_equal(s->http_port, 80);
        assert_int_equal(s->token_lifetime, 7200);
        assert_int_equal(s->nodes_max, 3);
        assert_int_equal(s->junk.n_macs, 2);
        assert_int_equal(s->junk.macs[1].size, 6);
        assert_string_equal(s->inspector_listen, "[::1]:5051");
        assert_string_equal(s->users[ROLE_DHCP], "nobody");
        const struct network *n = settings_network(s, "lab");
        assert_null(n->unknown);
        assert_string_equal(n->known, "installed");
        assert_int_equal(n->lease_time, 900);
        assert_int_equal(n->n_dns, 2);
        assert_int_equal(n->finish, FINISH_WAIT);
        assert_true(n->has_gateway);
        assert_int_equal(s->n_hosts, 2);
        struct mac mac;
        mac_parse("52:54:00:00:00:02", &mac);
        assert_true(settings_host(s, &mac)->denied);
}

/* Networks may share an interface when their VLANs differ; one of them may be untagged. */
static void test_vlans(void **state) {
        _cleanup_(settings_freep) struct settings *s = NULL;
        struct config_error error;
        int r = load(LAB "[network a]\ninterface=eth0\nvlan=20\naddress=198.51.100.1/25\ndhcp=proxy\nmtu=9000\n"
                     "address6=2001:db8:1::1/64\nmanage=repair\nprobe=30m\n"
                     "[network b]\ninterface=eth0\nvlan=4094\nvlan-interface=storage\naddress=198.51.100.129/25\ndhcp=off\n"
                     "[network c]\ninterface=enp65s0f1np1\nvlan=7\naddress=203.0.113.1/24\ndhcp=proxy\nprobe=off\n",
                     &s, &error);
        assert_int_equal(r, 0);
        const struct network *a = settings_network(s, "a"), *b = settings_network(s, "b"), *c = settings_network(s, "c");
        assert_string_equal(a->interface, "eth0.20");
        assert_string_equal(a->parent, "eth0");
        assert_int_equal(a->vlan, 20);
        assert_int_equal(a->mtu, 9000);
        assert_int_equal(a->address6.length, 64);
        assert_int_equal(a->manage, MANAGE_REPAIR);
        assert_int_equal(a->probe, 1800);
        assert_string_equal(b->interface, "storage");
        assert_string_equal(b->parent, "eth0");
        assert_int_equal(b->probe, 0);
        assert_string_equal(c->interface, "enp65s0f1np1.7");
        assert_int_equal(c->probe, 0);
        assert_string_equal(settings_network(s, "lab")->interface, "eth0");
}

static void test_refused(void **state) {
        static const struct {
                const char *text;
                unsigned line;
                const char *reason; /* part of it */
        } cases[] = {
                { "[pxed]\nhttp-port = 0\n", 2, "no port" },
                { "[pxed]\nhttp-port = 65536\n", 2, "no port" },
                { "[pxed]\nhttp-port = 80x\n", 2, "no port" },
                { "[pxed]\nhttp-port = 5050\n", 0, "both 5050" },
                { "[pxed]\nhtpp-port = 80\n", 2, "no key" },
                { "[pxed]\nimages = here\n", 2, "absolute" },
                { "[pxed]\ntoken-lifetime = 5\n", 2, "duration" },
                { "[pxed]\ntoken-lifetime = 99999999999999999999d\n", 2, "duration" },
                { "[pxed]\nshared-macs = 0a:94:ef, nonsense\n", 2, "neither a MAC nor the first bytes" },
                { "[pxed]\nshared-uuids = 01234567-89ab-4cde-8f01-23456789abcd nonsense\n", 2, "\"nonsense\" is no UUID" },
                { "[pxed]\nshared-serials = ok, 01234567890123456789012345678901234567890123456789012345678901234\n", 2, "longer than 64 bytes" },
                { "[network a]\ndiscover = all\n", 2, "none of inspected, seen, never" },
                { "[inspection]\nwaiting-timeout = 0s\n", 2, "no time-out" },
                { "[network a]\nwithout-token = perhaps\n", 2, "neither accept nor refuse" },
                { "[inspection]\ninspector-listen = 5051\n", 2, "no address with a port" },
                { "[inspection]\ninspector-listen = localhost:5051\n", 2, "no address with a port" },
                { "[pxed]\nevents-kept = -1\n", 2, "no count" },
                { "[nonsense]\na = b\n", 2, "no section" },
                { "[inspection]\nhooks = memory, nothing\n", 2, "there is no hook \"nothing\": default, ramdisk-error" },
                { "[inspection]\nadd-ports = some\n", 2, "none of all, active, pxe" },
                { "[inspection]\nkeep-ports = some\n", 2, "none of all, present, added" },
                { "[inspection more]\nhooks = memory\n", 2, "takes no name" },
                { "[pci-alias a b]\nvendor-id = 1\n", 2, "needs a name" },
                { "[pci-alias a]\nvendor-id = 12345\n", 2, "no PCI id" },
                { "[pci-alias a]\nclass = 302\n", 2, "no class" },
                { "[pci-alias a]\nrevision = 100\n", 2, "no revision" },
                { "[pci-alias a]\nrevision = 1\n", 0, "give vendor-id, product-id or class" },
                { "[accelerator a]\nvendor-id = 10de\ntype = GPU\n", 0, "needs vendor-id, product-id and type" },
                { "[accelerator a]\ntype = a GPU\n", 2, "no type" },
                { "[pxed extra]\nhttp-port = 80\n", 2, "takes no name" },
                { "[network]\ninterface = eth0\n", 2, "name" },
                { "[network la/b]\ninterface = eth0\n", 2, "name" },
                { "[network lab]\naddress = 192.0.2.1/24\ndhcp = off\n", 2, "interface = is missing" },
                { "[network lab]\ninterface = eth0\ndhcp = off\n", 2, "address = is missing" },
                { "[network lab]\ninterface = a/b\n", 2, "no interface name" },
                { "[network lab]\ninterface = sixteen-letters-\n", 2, "no interface name" },
                { "[network lab]\naddress = 192.0.2.1\n", 2, "prefix length" },
                { "[network lab]\naddress = 192.0.2.1/31\n", 2, "no room" },
                { "[network lab]\naddress = 2001:db8::1/64\n", 2, "no IPv4" },
                { "[network lab]\ninterface = eth0\naddress = 192.0.2.0/24\ndhcp = off\n", 3, "broadcast" },
                { "[network lab]\ninterface = eth0\naddress = 192.0.2.1/24\n", 2, "needs a pool" },
                { "[network lab]\ninterface = eth0\naddress = 192.0.2.1/24\npool = 192.0.3.1-192.0.3.9\n", 4, "no host address" },
                { "[network lab]\ninterface = eth0\naddress = 192.0.2.1/24\npool = 192.0.2.9-192.0.2.5\n", 4, "before it begins" },
                { "[network lab]\ninterface = eth0\naddress = 192.0.2.5/24\npool = 192.0.2.1-192.0.2.9\n", 4, "own address" },
                { "[network lab]\ninterface = eth0\naddress = 192.0.2.5/24\npool = 192.0.2.9\n", 4, "no pool" },
                { "[network lab]\ninterface = eth0\naddress = 192.0.2.5/24\ndhcp = proxy\npool = 192.0.2.10-192.0.2.20\n", 5,
                  "no use" },
                { LAB "gateway = 198.51.100.1\n", 5, "outside" },
                { LAB "gateway = nowhere\n", 5, "no IPv4" },
                { LAB "dns = 192.0.2.2 nowhere\n", 5, "no IPv4" },
                { LAB "domain = a b\n", 5, "no domain" },
                { LAB "dhcp = yes\n", 5, "server, proxy, off" },
                { LAB "finish = halt\n", 5, "poweroff, reboot, wait" },
                { LAB "known = ignore\n", 5, "cannot be ignored" },
                { LAB "unknown = a b\n", 5, "no name" },
                { LAB "lease-time = 10s\n", 5, "duration" },
                { LAB "[network b]\ninterface = eth0\naddress = 198.51.100.1/24\ndhcp = off\n", 6, "network lab already" },
                { LAB "[network b]\ninterface = eth1\naddress = 192.0.2.129/25\ndhcp = off\n", 7, "overlap" },
                { LAB "vlan = 0\n", 5, "no VLAN id" },
                { LAB "vlan = 4095\n", 5, "no VLAN id" },
                { LAB "vlan = ten\n", 5, "no VLAN id" },
                { LAB "vlan-interface = tagged\n", 5, "without vlan" },
                { LAB "vlan = 10\nvlan-interface = eth0\n", 6, "the one below" },
                { LAB "vlan = 10\nvlan-interface = far-too-long-a-name\n", 6, "no interface name" },
                { "[network lab]\ninterface = enp65s0f1np1\nvlan = 100\naddress = 192.0.2.1/24\ndhcp = off\n", 3, "vlan-interface" },
                { LAB "mtu = 1279\n", 5, "no MTU" },
                { LAB "mtu = 9217\n", 5, "no MTU" },
                { LAB "address6 = 192.0.2.1/24\n", 5, "no IPv6" },
                { LAB "address6 = 2001:db8::1\n", 5, "no IPv6" },
                { LAB "address6 = 2001:db8::1/128\n", 5, "no room" },
                { LAB "address6 = fe80::1/64\n", 5, "unicast" },
                { LAB "address6 = ff02::1/64\n", 5, "unicast" },
                { LAB "manage = yes\n", 5, "report nor repair" },
                { LAB "probe = 5\n", 5, "duration" },
                { LAB "probe = no\n", 5, "duration" },
                { LAB "vlan = 7\n[network b]\ninterface = eth0\nvlan = 7\naddress = 198.51.100.1/24\ndhcp = off\n", 8,
                  "eth0.7 (VLAN 7 of eth0) is the one of network lab already" },
                { LAB "vlan = 7\n[network b]\ninterface = eth0\nvlan = 7\nvlan-interface = b\naddress = 198.51.100.1/24\ndhcp = off\n",
                  8, "network lab already" },
                { LAB "vlan = 7\n[network b]\ninterface = eth0.7\naddress = 198.51.100.1/24\ndhcp = off\n", 7, "network lab already" },
                { LAB "mtu = 1500\n[network b]\ninterface = eth0\nvlan = 7\nmtu = 9000\naddress = 198.51.100.1/24\ndhcp = off\n", 9,
                  "more than the 1500 of network lab" },
                { LAB "address6 = 2001:db8::1/32\n[network b]\ninterface = eth1\naddress6 = 2001:db8:1::1/64\n"
                      "address = 198.51.100.1/24\ndhcp = off\n", 8, "IPv6 addresses overlap" },
                { "[physical-network]\nswitches = leaf1\n", 2, "needs a name" },
                { "[physical-network a b]\nswitches = leaf1\n", 2, "needs a name" },
                { "[physical-network a]\nswitches =\n", 2, "missing" },
                { "[physical-network a]\nswitches = leaf1 leaf[1-4\n", 2, "\"leaf[1-4\" is no pattern" },
                { "[physical-network a]\nswitches = leaf\\\n", 2, "no pattern" },
                { "[physical-network a]\nports = Eth1\n", 2, "PORT@SWITCH" },
                { "[physical-network a]\nports = a@b@c\n", 2, "PORT@SWITCH" },
                { "[physical-network a]\nports = @leaf1\n", 2, "1 to 128" },
                { "[physical-network a]\nports = Eth1@lea[f\n", 2, "no pattern" },
                { "[physical-network a]\nsubnets = 192.0.2.0/24 192.0.3.0\n", 2, "no subnet" },
                { "[physical-network a]\nsubnets = 2001:db8::/129\n", 2, "no subnet" },
                { "[physical-network a]\nswitch = leaf1\n", 2, "no key" },
                { "[host 1]\ndeny = yes\n", 2, "MAC" },
                { "[host 01:00:5e:00:00:01]\ndeny = yes\n", 2, "MAC" },
                { LAB "[host 52:54:00:00:00:01]\nnetwork = lab\n", 6, "give address" },
                { LAB "[host 52:54:00:00:00:01]\nnetwork = lob\ndeny = yes\n", 6, "no network lob" },
                { LAB "[host 52:54:00:00:00:01]\naddress = 198.51.100.9\n", 6, "of no network" },
                { LAB "[host 52:54:00:00:00:01]\naddress = 192.0.2.1\n", 6, "own" },
                { LAB "[host 52:54:00:00:00:01]\naddress = 192.0.2.9\ndeny = yes\n", 6, "exclude" },
                { LAB "[host 52:54:00:00:00:01]\naddress = 192.0.2.9\n[host 52:54:00:00:00:02]\naddress = 192.0.2.9\n", 8, "already" },
                { LAB "[host 52:54:00:00:00:01]\ndeny = perhaps\n", 6, "neither" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct settings *s = NULL;
                struct config_error error = { 0 };
                int r = load(cases[i].text, &s, &error);
                if (r != -22 || error.line != cases[i].line || !strstr(error.reason, cases[i].reason))
                        fail_msg("case %zu: %d, line %u, reason \"%s\"", i, r, error.line, error.reason);
                assert_null(s);
        }
}

/* Tens of thousands of reservations are read in a moment: pxed answers nobody while it reads. */
static void test_many_hosts(void **state) {
        enum { HOSTS = 30000 };
        _cleanup_(settings_freep) struct settings *s = NULL;
        _cleanup_free_ char *text = NULL;
        struct config_error error;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        fputs("[network lab]\ninterface = eth0\naddress = 10.0.0.1/8\npool = 10.255.0.1-10.255.0.100\n", file);
        for (unsigned i = 0; i < HOSTS; i++)
                fprintf(file, "[host 52:54:00:00:%02x:%02x]\naddress = 10.1.%u.%u\n", i >> 8, i & 255, i / 250, i % 250 + 1);
        fclose(file);
        uint64_t before = monotonic_us();
        assert_int_equal(load(text, &s, &error), 0);
        assert_true(monotonic_us() - before < 2 * USEC_PER_SEC);
        assert_int_equal(s->n_hosts, HOSTS);
        const struct mac mac = { { 0x52, 0x54, 0, 0, 0x10, 0x20 } };
        assert_ptr_equal(settings_host(s, &mac), &s->hosts[0x1020]);
        const struct mac other = { { 0x52, 0x54, 1, 0, 0x10, 0x20 } };
        assert_null(settings_host(s, &other));
}

static void test_equal(void **state) {
        _cleanup_(settings_freep) struct settings *a = NULL, *b = NULL, *c = NULL;
        struct config_error error;
        assert_int_equal(load(LAB "dns = 192.0.2.2\n", &a, &error), 0);
        assert_int_equal(load(LAB "dns = 192.0.2.2\n", &b, &error), 0);
        assert_int_equal(load(LAB "dns = 192.0.2.3\n", &c, &error), 0);
        assert_true(network_equal(&a->networks[0], &b->networks[0]));
        assert_false(network_equal(&a->networks[0], &c->networks[0]));

        static const char *const keys[] = { "vlan = 7\n", "mtu = 9000\n", "address6 = 2001:db8::1/64\n", "manage = repair\n", "probe = 1h\n" };
        for (size_t i = 0; i < ELEMENTS(keys); i++) {
                _cleanup_(settings_freep) struct settings *d = NULL;
                char text[256];
                snprintf(text, sizeof text, LAB "dns = 192.0.2.2\n%s", keys[i]);
                assert_int_equal(load(text, &d, &error), 0);
                assert_false(network_equal(&a->networks[0], &d->networks[0]));
        }
}

static void test_inspection(void **state) {
        _cleanup_(settings_freep) struct settings *s = NULL, *none = NULL;
        struct config_error error;
        int r = load(LAB "[inspection]\nhooks = ramdisk-error, memory cpus\nadd-ports = pxe\nkeep-ports = added\n"
                     "[pci-alias nic]\nvendor-id = 0x8086\nproduct-id = 10Fb\nclass = 0200\nrevision = 1\n"
                     "[accelerator T4]\nvendor-id = 10de\nproduct-id = 1eb8\ntype = GPU\n", &s, &error);
        if (r < 0)
                fail_msg("%s:%u: %s", error.file, error.line, error.reason);
        assert_int_equal(s->inspection.n_hooks, 3);
        assert_string_equal(s->inspection.hooks[2]->name, "cpus");
        assert_int_equal(s->inspection.add_ports, ADD_PORTS_PXE);
        assert_int_equal(s->inspection.keep_ports, KEEP_PORTS_ADDED);
        assert_int_equal(s->inspection.n_aliases, 1);
        const struct pci_kind *kind = s->inspection.aliases;
        assert_string_equal(kind->name, "nic");
        assert_int_equal(kind->vendor, 0x8086);
        assert_int_equal(kind->product, 0x10fb);
        assert_int_equal(kind->revision, 1);
        assert_string_equal(kind->class, "0200");
        assert_int_equal(s->inspection.n_accelerators, 1);
        assert_string_equal(s->inspection.accelerators[0].type, "GPU");
        assert_int_equal(s->inspection.accelerators[0].revision, -1);
        assert_int_equal(load(LAB, &none, &error), 0);
        assert_true(none->inspection.n_hooks > 3);
        assert_int_equal(none->inspection.add_ports, ADD_PORTS_ALL);
        assert_int_equal(none->inspection.keep_ports, KEEP_PORTS_ALL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_all_keys),
                cmocka_unit_test(test_vlans),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_many_hosts),
                cmocka_unit_test(test_equal),
                cmocka_unit_test(test_inspection),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
