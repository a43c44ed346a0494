/* lib/lldp_parsed: each TLV under the names and with the words of ironic-inspector's parse_lldp hook. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "lib/lldp_describe.h"
#include "lib/lldp_parsed.h"

static const struct {
        const char *tlvs, *expected; /* JSON, with ' for " */
} cases[] = {
        /* nothing heard, or nothing that says anything */
        { "[]", "null" },
        { "[[3, '0078'], [0, '']]", "null" },
        { "[[9, '00'], [126, '00'], [127, '00112233'], [127, '0080c2ff00'], [127, '00120fff00']]", "null" },
        { "[[1, '04'], [2, ''], [7, '0014'], [8, '00'], [127, '0080c20100'], [127, '00120f0400']]", "null" },

        /* chassis id, by subtype */
        { "[[1, '0143686173736973']]", "{'switch_chassis_id': 'Chassis'}" },
        { "[[1, '04001122AABBCC']]", "{'switch_chassis_id': '00:11:22:aa:bb:cc'}" },
        { "[[1, '0501c0000201']]", "{'switch_chassis_id': '192.0.2.1'}" },
        { "[[1, '050220010db8000000000000000000000001']]", "{'switch_chassis_id': '2001:db8::1'}" },
        { "[[1, '0665746830']]", "{'switch_chassis_id': 'eth0'}" },
        { "[[1, '0773772d31']]", "{'switch_chassis_id': 'sw-1'}" },
        { "[[1, '09beef']]", "{'switch_chassis_id': 'beef'}" },
        { "[[1, '0773772d31'], [1, '0773772d32']]", "{'switch_chassis_id': 'sw-1'}" },

        /* port id, by subtype */
        { "[[2, '01416c696173']]", "{'switch_port_id': 'Alias'}" },
        { "[[2, '03001122aabbcc']]", "{'switch_port_id': '00:11:22:aa:bb:cc'}" },
        { "[[2, '0401c0000202']]", "{'switch_port_id': '192.0.2.2'}" },
        { "[[2, '05457468312f32']]", "{'switch_port_id': 'Eth1/2'}" },
        { "[[2, '07353534']]", "{'switch_port_id': '554'}" },

        /* texts: nothing in them steers a terminal */
        { "[[4, '72000a1b5b324a37']]", "{'switch_port_description': 'r? ?[2J7'}" },
        { "[[5, '746f722d3700']]", "{'switch_system_name': 'tor-7'}" },
        { "[[6, '4f530d0a56 31']]", "null" },
        { "[[6, '4f530d0a5631']]", "{'switch_system_description': 'OS  V1'}" },

        /* capabilities: bit 0, 'other', has no name */
        { "[[7, '00010000']]", "{'switch_capabilities_support': [], 'switch_capabilities_enabled': []}" },
        { "[[7, '07ff0014']]",
          "{'switch_capabilities_support': ['Repeater', 'Bridge', 'WLAN', 'Router', 'Telephone', 'DOCSIS cable device', 'Station only',"
          " 'C-Vlan', 'S-Vlan', 'TPMR'], 'switch_capabilities_enabled': ['Bridge', 'Router']}" },

        /* management addresses: IPv4, IPv6, a MAC, and one of a family that is none of these */
        { "[[8, '0501c0000201020000000700'], [8, '110220010db8000000000000000000000001030000010000'],"
          " [8, '070600112233446601000000000000'], [8, '03106162020000000100']]",
          "{'switch_mgmt_addresses': ['192.0.2.1', '2001:db8::1', '00:11:22:33:44:66']}" },

        /* IEEE 802.1 */
        { "[[127, '0080c2010064']]", "{'switch_port_untagged_vlan_id': 100}" },
        { "[[127, '0080c2010000']]", "{'switch_port_untagged_vlan_id': 0}" },
        { "[[127, '0080c202020014'], [127, '0080c202060015']]",
          "{'switch_port_protocol_vlan_support': true, 'switch_port_protocol_vlan_enabled': false, 'switch_port_protocol_vlan_ids': [20, 21]}" },
        { "[[127, '0080c202040014']]",
          "{'switch_port_protocol_vlan_support': false, 'switch_port_protocol_vlan_enabled': true, 'switch_port_protocol_vlan_ids': [20]}" },
        { "[[127, '0080c203006507766c616e313031'], [127, '0080c203006600']]",
          "{'switch_port_vlans': [{'id': 101, 'name': 'vlan101'}, {'id': 102, 'name': ''}]}" },
        { "[[127, '0080c2040288cc'], [127, '0080c2040426424203']]", "{'switch_protocol_identities': ['88cc', '26424203']}" },
        { "[[127, '0080c2060400']]", "{'switch_port_management_vlan_id': 1024}" },
        { "[[127, '0080c2070300000011']]",
          "{'switch_port_link_aggregation_support': true, 'switch_port_link_aggregation_enabled': true, 'switch_port_link_aggregation_id': 17}" },

        /* IEEE 802.3 */
        { "[[127, '00120f030180000011']]",
          "{'switch_port_link_aggregation_support': true, 'switch_port_link_aggregation_enabled': false,"
          " 'switch_port_link_aggregation_id': 2147483665}" },
        { "[[127, '00120f0405ea']]", "{'switch_port_mtu': 1514}" },
        { "[[127, '00120f01036c01001e']]",
          "{'switch_port_autonegotiation_support': true, 'switch_port_autonegotiation_enabled': true, 'switch_port_mau_type': '1000BASE-T full duplex',"
          " 'switch_port_physical_capabilities': ['1000BASE-T fdx', '100BASE-TX fdx', '100BASE-TX hdx', '10BASE-T fdx', '10BASE-T hdx']}" },
        { "[[127, '00120f010193fe0000']]",
          "{'switch_port_autonegotiation_support': true, 'switch_port_autonegotiation_enabled': false, 'switch_port_mau_type': 'Unknown',"
          " 'switch_port_physical_capabilities': ['1000BASE-T hdx', '1000BASE-X fdx', '1000BASE-X hdx', '100BASE-T2 fdx', '100BASE-T2 hdx', '10BASE-T4',"
          " 'Asym PAUSE fdx', 'Asym and Sym PAUSE fdx', 'PAUSE fdx', 'Sym PAUSE fdx']}" },
        { "[[127, '00120f010200000035']]",
          "{'switch_port_autonegotiation_support': false, 'switch_port_autonegotiation_enabled': true, 'switch_port_mau_type': '1000BASE-PX20U',"
          " 'switch_port_physical_capabilities': []}" },
        { "[[127, '00120f010000000036']]",
          "{'switch_port_autonegotiation_support': false, 'switch_port_autonegotiation_enabled': false, 'switch_port_mau_type': '54',"
          " 'switch_port_physical_capabilities': []}" },
};

static json_t *parse(const char *text) {
        char json[1024];
        size_t n = (size_t) snprintf(json, sizeof(json), "%s", text);

        assert_true(n < sizeof(json));
        for (size_t i = 0; i < n; i++)
                if (json[i] == '\'')
                        json[i] = '"';
        json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        return value;
}

static void test_each_tlv(void **state) {
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *tlvs = parse(cases[i].tlvs), *expected = parse(cases[i].expected);
                struct lldp lldp;
                lldp_read(tlvs, &lldp);
                _cleanup_json_ json_t *parsed = lldp_parsed(&lldp);
                if (!json_equal(parsed, expected)) {
                        _cleanup_free_ char *text = json_dumps(parsed, JSON_ENCODE_ANY);
                        fail_msg("%s: %s", cases[i].tlvs, text);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_tlv) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
