/* pxectl: networks with what they hang on, sightings in full, and the map of switches, ports and machines. */
#include <time.h>

#include "tests/unit/ctl_fixture.h"

#include "pxed/ctl/map.h"
#include "pxed/ctl/show.h"

#define LLDP(interface, chassis, name, port)                                                                               \
        "{'interface':'" interface "','protocol':'lldp','chassis':'" chassis "','port':'" port "','systemName':" name ","    \
        "'portDescription':null,'systemDescription':null,'managementAddresses':['192.0.2.254'],'vlan':10,"                  \
        "'firstSeen':1795221000000000,'lastSeen':1795221000000000}"
#define CDP(interface, device, port)                                                                                       \
        "{'interface':'" interface "','protocol':'cdp','chassis':'" device "','port':'" port "','systemName':null,"          \
        "'systemDescription':'IOS','managementAddresses':[],'vlan':null,'firstSeen':1795221000000000,'lastSeen':1795221000000000}"
#define NETWORK(name, neighbours)                                                                                          \
        "{'name':'" name "','interface':'eth1','address':'192.0.2.1/24','dhcp':'server','poolStart':'192.0.2.10','poolEnd':'192.0.2.99'," \
        "'leaseTime':3600,'unknown':'inspect','known':'local','leases':2,'physicalNetwork':'rack1','link':{'exists':true,'up':true,'carrier':true," \
        "'mac':'52:54:00:bb:00:01','mtu':1500,'addresses':['192.0.2.1/24'],'captured':1000,'dropped':0,'neighbours':[" neighbours "]}}"

/* What CDP says where LLDP is heard too is the same once more; other interfaces, and other devices, are more. */
static void test_hangs_on(void **state) {
        expect(show_networks,
               "[" NETWORK("a", LLDP("eth1", "00:11:22:33:44:55", "'tor-7'", "Eth1/7") "," CDP("eth1", "tor-7.example", "Ethernet1/7")) ","
                   NETWORK("b", CDP("eth1", "tor-8", "Gi0/1")) ","
                   NETWORK("c", LLDP("eth1", "00:11:22:33:44:55", "null", "1") "," LLDP("eth2", "00:11:22:33:44:66", "null", "2")) "," NETWORK("d", "") "]",
               &plain,
               "NAME  INTERFACE  LINK  HANGS ON                ADDRESS       DHCP    POOL                     LEASES  UNKNOWN BOOT  KNOWN BOOT  DROPPED\n"
               "a     eth1       up    tor-7 Eth1/7            192.0.2.1/24  server  192.0.2.10 - 192.0.2.99       2  inspect       local             0\n"
               "b     eth1       up    tor-8 Gi0/1             192.0.2.1/24  server  192.0.2.10 - 192.0.2.99       2  inspect       local             0\n"
               "c     eth1       up    00:11:22:33:44:55 1 +1  192.0.2.1/24  server  192.0.2.10 - 192.0.2.99       2  inspect       local             0\n"
               "d     eth1       up    -                       192.0.2.1/24  server  192.0.2.10 - 192.0.2.99       2  inspect       local             0\n");
}

static void test_network(void **state) {
        expect(show_network,
               "{'name':'blue','interface':'eth1.42','parent':'eth1','vlan':42,'mtu':9000,'address6':'2001:db8::1/64','manage':'repair','address':'192.0.2.1/24',"
               "'dhcp':'proxy','leaseTime':3600,'leases':0,'unknown':'ignore','known':'local','link':{'exists':true,'up':true,'carrier':true,"
               "'mac':'52:54:00:bb:00:01','mtu':1500,'addresses':['192.0.2.1/24','fe80::1/64'],'captured':7,'dropped':2,'neighbours':["
               LLDP("eth1", "00:11:22:33:44:55", "'tor\\u001b7'", "Eth1/7") "," CDP("eth1", "tor-7.example", "Ethernet1/7") "]},"
               "'foreignServers':[{'address':'192.0.2.66','mac':'52:54:00:66:66:66','vlan':7,'offered':'192.0.2.200','client':'52:54:00:00:00:01','nextServer':null,"
               "'file':'x.efi','gateway':null,'firstSeen':1795220705000000,'lastSeen':1795221000000000}]}",
               &plain,
               "           Name: blue\n"
               "   Physical net: -\n"
               "      Interface: eth1.42, VLAN 42 of eth1\n"
               "        Address: 192.0.2.1/24, 2001:db8::1/64\n"
               "            MTU: 9000\n"
               "        Managed: the interface is made and kept as configured\n"
               "           Link: up, 52:54:00:bb:00:01, MTU 1500\n"
               "  Has addresses: 192.0.2.1/24, fe80::1/64\n"
               "        Packets: 7 captured, 2 lost\n"
               "           DHCP: proxy\n"
               "           Pool: -\n"
               "     Lease time: 1 h\n"
               "         Leases: 0\n"
               "   Unknown boot: ignore\n"
               "     Known boot: local\n"
               "\nHangs on\n"
               "  INTERFACE  BY    SWITCH    CHASSIS            PORT         DESCRIPTION  VLAN  ADDRESSES    HEARD  SINCE\n"
               "  eth1       lldp  tor\\x1b7  00:11:22:33:44:55  Eth1/7       -              10  192.0.2.254    5 s  2026-11-21 00:30:00\n"
               "  eth1       cdp   -         tor-7.example      Ethernet1/7  -               -  -              5 s  2026-11-21 00:30:00\n"
               "         System: tor-7.example: IOS\n"
               "\nDHCP servers that are not pxed's\n"
               "  ADDRESS     MAC                ON      OFFERED      TO                 NEXT SERVER  FILE   GATEWAY  HEARD  SINCE\n"
               "  192.0.2.66  52:54:00:66:66:66  VLAN 7  192.0.2.200  52:54:00:00:00:01  -            x.efi  -          5 s  2026-11-21 00:25:05\n");
        expect(show_network, "{'name':'x','link':null}",
               &plain,
               "           Name: x\n   Physical net: -\n      Interface: ?\n        Address: ?\n           Link: not known\n           DHCP: -\n           Pool: -\n"
               "     Lease time: 0 ms\n         Leases: 0\n   Unknown boot: -\n     Known boot: -\n");
}

#define SIGHTING(mac, node, name, more)                                                                                    \
        "{'mac':'" mac "','network':'lab','addresses':['192.0.2.9'],'firstSeen':1795220705000000,'lastSeen':1795221000000000,'node':" node "," \
        "'name':" name "," more "}"

static void test_sightings(void **state) {
        expect(show_sightings,
               "[" SIGHTING("52:54:00:00:00:01", "'id'", "'web-1'", "'protocols':['dhcp','arp']") "," SIGHTING("52:54:00:00:00:02", "null", "null", "'protocols':['arp'],'vlan':7") ","
                   SIGHTING("52:54:00:00:00:03", "null", "null", "'protocols':['lldp'],'vlan':0,'physicalNetwork':'rack1'") "]",
               &plain,
               "MAC                NETWORK                ADDRESSES  SEEN  FIRST SEEN           BY         NODE\n"
               "52:54:00:00:00:01  lab                    192.0.2.9   5 s  2026-11-21 00:25:05  dhcp, arp  web-1\n"
               "52:54:00:00:00:02  lab, VLAN 7            192.0.2.9   5 s  2026-11-21 00:25:05  arp        -\n"
               "52:54:00:00:00:03  lab (rack1), untagged  192.0.2.9   5 s  2026-11-21 00:25:05  lldp       -\n");
        expect(show_sightings_in_full,
               "[" SIGHTING("52:54:00:00:00:01", "'id'", "'web-1'", "'protocols':['dhcp'],'hostname':'h\\u001b','vendorClass':'PXEClient','architecture':7,'uuid':'u',"
               "'clientId':'0152','relay':'192.0.2.254','circuitId':'00','remoteId':'01'") "," SIGHTING("52:54:00:00:00:01", "null", "null", "'protocols':['arp'],'vlan':7") "]",
               &plain,
               "            MAC: 52:54:00:00:00:01\n"
               "           Node: web-1\n"
               "        Network: lab\n"
               "      Addresses: 192.0.2.9\n"
               "        Seen by: dhcp\n"
               "     First seen: 2026-11-21 00:25:05\n"
               "      Last seen: 2026-11-21 00:30:00 (5 s)\n"
               "   Architecture: 7 (UEFI x86-64)\n"
               "       Hostname: h\\x1b\n"
               "   Vendor class: PXEClient\n"
               "           UUID: u\n"
               "      Client id: 0152\n"
               "          Relay: 192.0.2.254\n"
               "     Circuit id: 00\n"
               "      Remote id: 01\n"
               "\n"
               "            MAC: 52:54:00:00:00:01\n"
               "           Node: -\n"
               "        Network: lab, VLAN 7\n"
               "      Addresses: 192.0.2.9\n"
               "        Seen by: arp\n"
               "     First seen: 2026-11-21 00:25:05\n"
               "      Last seen: 2026-11-21 00:30:00 (5 s)\n");
}

/* ---- the map */

#define PORT(mac, network, place) "{'mac':'" mac "','network':" network ",'interface':'eth0'," place "}"
#define NODE(name, ports) "{'id':'id-" name "','name':'" name "','ports':[" ports "]}"
#define AT(chassis, name, port) "'switchChassis':" chassis ",'switchName':" name ",'switchPort':'" port "'"

static const char nodes[] =
        "[" NODE("web-10", PORT("52:54:00:00:00:10", "'lab'", AT("'00:11:22:33:44:55'", "'tor-7'", "Eth1/10") ",'switchVlan':10,'conflicts':['one','two\\u001b']")) ","
        NODE("web-2", PORT("52:54:00:00:00:02", "'lab'", AT("'00:11:22:33:44:55'", "null", "Eth1/2")) "," PORT("52:54:00:00:00:12", "null", "'switchPort':null")) ","
        NODE("db", PORT("52:54:00:00:00:03", "'lab'", AT("'00:11:22:33:44:55'", "'tor-7'", "Eth1/2")) "," PORT("52:54:00:00:00:13", "'lab'", AT("null", "'tor-9'", "1"))) ","
        NODE("lost", PORT("52:54:00:00:00:04", "'lab'", "'switchPort':null")) ","
        NODE("other", PORT("52:54:00:00:00:05", "'gone'", AT("'00:11:22:33:44:55'", "'tor-7'", "Eth1/5"))) "]";
static const char networks[] =
        "[" NETWORK("lab", LLDP("eth1", "00:11:22:33:44:55", "'tor-7'", "Eth1/7") "," CDP("eth1", "tor-7", "Ethernet1/7") "," CDP("eth2", "tor-9", "48")) ","
        NETWORK("empty", "") "]";
static const char sightings[] =
        "[" SIGHTING("52:54:00:00:00:02", "'id-web-2'", "'web-2'", "'protocols':['dhcp']") ","
        SIGHTING("52:54:00:00:00:99", "null", "null", "'protocols':['dhcp'],'hostname':'stranger'") ","
        SIGHTING("00:11:22:33:44:55", "null", "null", "'protocols':['lldp','cdp']") "]";

static json_t *build(const char *only) {
        _cleanup_json_ json_t *a = json(nodes), *b = json(networks), *c = json(sightings);
        json_t *map = map_build(a, b, c, only);
        assert_non_null(map);
        return map;
}

#define LAB                                                                         \
        "lab, physical network rack1, on eth1\n"                                    \
        "|-- tor-7 (00:11:22:33:44:55)\n"                                           \
        "|   |-- Eth1/2\n"                                                          \
        "|   |   |-- db eth0  52:54:00:00:00:03\n"                                  \
        "|   |   `-- web-2 eth0  52:54:00:00:00:02  192.0.2.9\n"                    \
        "|   |-- Eth1/7 (VLAN 10)\n"                                                \
        "|   |   `-- this appliance  eth1\n"                                        \
        "|   `-- Eth1/10 (VLAN 10)\n"                                               \
        "|       `-- web-10 eth0  52:54:00:00:00:10\n"                              \
        "|           |-- conflict: one\n"                                           \
        "|           `-- conflict: two\\x1b\n"                                      \
        "|-- tor-9\n"                                                               \
        "|   |-- 1\n"                                                               \
        "|   |   `-- db eth0  52:54:00:00:00:13\n"                                  \
        "|   `-- 48\n"                                                              \
        "|       `-- this appliance  eth2\n"                                        \
        "`-- switch not known\n"                                                    \
        "    |-- lost eth0  52:54:00:00:00:04\n"                                    \
        "    `-- 52:54:00:00:00:99  192.0.2.9  stranger  no node, seen 5 s\n"

static void test_map(void **state) {
        _cleanup_json_ json_t *all = build(NULL), *lab = build("lab"), *none = build("empty");

        expect_shown(map_show, all, &plain,
                     LAB "\nempty, physical network rack1, on eth1\n"
                         "\nseen on no network\n"
                         "`-- switch not known\n"
                         "    `-- web-2 eth0  52:54:00:00:00:12\n"
                         "\ngone\n"
                         "`-- tor-7 (00:11:22:33:44:55)\n"
                         "    `-- Eth1/5\n"
                         "        `-- other eth0  52:54:00:00:00:05\n");
        expect_shown(map_show, lab, &plain, LAB);
        const struct look unicode = { .now = NOW, .unicode = true };
        expect_shown(map_show, none, &unicode, "empty, physical network rack1, on eth1\n");
}

static void test_map_as_json(void **state) {
        _cleanup_json_ json_t *map = build("lab");
        const json_t *network = json_array_get(json_get_array(map, "networks"), 0);
        const json_t *first = json_array_get(json_get_array(network, "switches"), 0);
        const json_t *port = json_array_get(json_get_array(first, "ports"), 0), *machine = json_array_get(json_get_array(port, "machines"), 1);
        _cleanup_json_ json_t *expected = json("{'mac':'52:54:00:00:00:02','node':'id-web-2','name':'web-2','interface':'eth0','addresses':['192.0.2.9'],"
                                               "'hostname':null,'lastSeen':1795221000000000,'conflicts':null}");
        assert_int_equal(json_array_size(json_get_array(map, "networks")), 1);
        assert_true(json_equal(machine, expected));
        /* Nothing that is missing or of another type does harm. */
        _cleanup_json_ json_t *odd = json("[{},1,null,{'ports':[1,{}],'link':{'neighbours':[1,{},{'protocol':'cdp'}]},'protocols':[1]}]"), *odd_map = map_build(odd, odd, odd, NULL);
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(map_show(odd_map, &plain, out), 0);
        fclose(out);
        free(text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hangs_on), cmocka_unit_test(test_network), cmocka_unit_test(test_sightings),
                cmocka_unit_test(test_map),      cmocka_unit_test(test_map_as_json),
        };

        setenv("TZ", "UTC", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
