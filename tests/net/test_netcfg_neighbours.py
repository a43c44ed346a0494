"""What the appliance's interfaces hang on: LLDP and CDP that scapy sends come back in `link` reports, for as long as they hold."""
import pytest
import scapy.all as scapy
from scapy.contrib import cdp, lldp

from announcements import GROUPS, SWITCH, cdp_frame, lldp_frame, vlan
from netcfg_daemon import Wire, appliance, bus, client, link, start  # noqa: F401 (fixtures)
from netns import connect

def neighbours(bus, network="lab"):
    return link(bus, network)["neighbours"]


def places(bus, network="lab"):
    return sorted((n["protocol"], n["chassis"], n["port"]) for n in neighbours(bus, network))


@pytest.fixture
def wire(appliance, client, bus, start):
    connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24")
    bus.set_network("lab", interface="prov0")
    start()
    bus.wait_for(lambda: bus.values("link") and link(bus, "lab")["carrier"])
    assert neighbours(bus) == []
    return Wire(client, "eth0")


def test_lldp(bus, wire):
    wire.send(lldp_frame(SWITCH, "Eth1/7", 120, lldp.LLDPDUPortDescription(description=b"to the appliance"), lldp.LLDPDUSystemName(system_name=b"tor-7"),
                   lldp.LLDPDUSystemDescription(description=b"Switch OS"),
                   lldp.LLDPDUManagementAddress(management_address_subtype=1, management_address=scapy.inet_aton("192.0.2.254"),
                                                interface_numbering_subtype=2, interface_number=7), vlan(100)))
    bus.wait_for(lambda: neighbours(bus))
    told, = neighbours(bus)
    first, last = told.pop("firstSeen"), told.pop("lastSeen")
    assert 0 < first == last
    assert told == {"interface": "prov0", "protocol": "lldp", "chassis": SWITCH, "port": "Eth1/7", "portDescription": "to the appliance",
                    "systemName": "tor-7", "systemDescription": "Switch OS", "managementAddresses": ["192.0.2.254"], "vlan": 100}
    bus.wait_for(lambda: [s for s in bus.values("sighting") if s["mac"] == SWITCH and s["protocols"] == ["lldp"]])

    wire.send(lldp_frame(SWITCH, "Eth1/7", 120, vlan(200)))
    bus.wait_for(lambda: neighbours(bus)[0]["vlan"] == 200)
    told, = neighbours(bus)
    assert told["firstSeen"] == first < told["lastSeen"] and told["systemName"] is None

    wire.send(lldp_frame(SWITCH, "Eth1/7", 0))
    bus.wait_for(lambda: not neighbours(bus))


def test_cdp(bus, wire):
    wire.send(cdp_frame(fields=[cdp.CDPMsgAddr(naddr=1, addr=[cdp.CDPAddrRecordIPv4(addr="192.0.2.253")]), cdp.CDPMsgPlatform(val=b"cisco WS"),
                                cdp.CDPMsgSoftwareVersion(val=b"IOS 15"), cdp.CDPMsgNativeVLAN(vlan=5)]))
    bus.wait_for(lambda: neighbours(bus))
    told, = neighbours(bus)
    assert {k: v for k, v in told.items() if not k.endswith("Seen")} == {
        "interface": "prov0", "protocol": "cdp", "chassis": "tor-7.example", "port": "GigabitEthernet0/1", "portDescription": None,
        "systemName": None, "systemDescription": "cisco WS IOS 15", "managementAddresses": ["192.0.2.253"], "vlan": 5}
    bus.wait_for(lambda: [s for s in bus.values("sighting") if s["mac"] == SWITCH and s["protocols"] == ["cdp"]])
    wire.send(cdp_frame(ttl=0))
    bus.wait_for(lambda: not neighbours(bus))


def test_all_groups_and_several_devices(bus, wire):
    """Behind a switch that does not speak LLDP itself there may be more than one."""
    for number, group in enumerate(GROUPS):
        wire.send(lldp_frame(f"switch-{number}", "1", 120, group=group))
    wire.send(cdp_frame("switch-3", "1"))
    expected = [("cdp", "switch-3", "1"), *(("lldp", f"switch-{n}", "1") for n in range(3))]
    bus.wait_for(lambda: places(bus) == expected)


def test_expires(bus, wire):
    wire.send(lldp_frame("lasting", "1", 120), lldp_frame("short", "1", 1))
    bus.wait_for(lambda: len(neighbours(bus)) == 2)
    bus.wait_for(lambda: places(bus) == [("lldp", "lasting", "1")])


def test_lost_link(client, bus, wire):
    wire.send(lldp_frame())
    bus.wait_for(lambda: neighbours(bus))
    client.ip("link", "set", "eth0", "down")
    bus.wait_for(lambda: not neighbours(bus))


def test_own_frames_and_malformed_ones_do_nothing(appliance, bus, wire):
    good = bytes(lldp_frame("good", "1", 120))
    for end in range(14, 14 + 6 + 4 + 4):
        wire.send(good[:end])
    wire.send(good[:14] + b"\xff" * 40, good[:14] + bytes(40), bytes(cdp_frame())[:40])
    Wire(appliance, "prov0").send(lldp_frame("own", "1", 120, source=link(bus, "lab")["mac"]))
    wire.send(lldp_frame("last", "1", 120))
    bus.wait_for(lambda: neighbours(bus))
    assert places(bus) == [("lldp", "last", "1")]


def test_inventions_are_bounded(bus, wire):
    for number in range(1000):
        wire.send(lldp_frame(f"invented-{number}", "1", 65535))
    bus.wait_for(lambda: ("lldp", "invented-999", "1") in places(bus))
    assert max(len(told["neighbours"]) for told in bus.values("link")) == 16
    # changes are told together
    assert len(bus.values("link")) < 20


def test_ports_of_a_bridge_and_networks_on_vlans(appliance, client, bus, start):
    """A port's neighbour is that of each network on the bridge, tagged or not, by the port's name."""
    appliance.ip("link", "add", "prov0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
    appliance.ip("link", "set", "prov0", "up")
    for port, peer in (("port1", "eth1"), ("port2", "eth2")):
        connect(appliance, port, client, peer)
        appliance.ip("link", "set", port, "master", "prov0")
    connect(appliance, "other0", client, "eth0")
    bus.set_network("lab", interface="prov0")
    bus.set_network("blue", interface="prov0.42", parent="prov0", vlan=42, address="198.51.100.1/24")
    bus.set_network("elsewhere", interface="other0", address="203.0.113.1/24")
    start()
    bus.wait_for(lambda: {told["network"] for told in bus.values("link")} == {"lab", "blue", "elsewhere"} and link(bus, "lab")["carrier"])
    wires = [Wire(client, peer) for peer in ("eth1", "eth2")]

    def both_heard():
        # again, until the ports are listened to
        for number, each in enumerate(wires, 1):
            each.send(lldp_frame("tor", f"Eth1/{number}", 120))
        return all(sorted(n["interface"] for n in neighbours(bus, network)) == ["port1", "port2"] for network in ("lab", "blue"))
    bus.wait_for(both_heard)
    assert {n["interface"]: n["port"] for n in neighbours(bus, "blue")} == {"port1": "Eth1/1", "port2": "Eth1/2"}
    assert neighbours(bus, "elsewhere") == []
    appliance.ip("link", "set", "port1", "nomaster")
    bus.wait_for(lambda: [n["interface"] for n in neighbours(bus, "lab")] == ["port2"])
    client.ip("link", "set", "eth2", "down")
    bus.wait_for(lambda: neighbours(bus, "lab") == neighbours(bus, "blue") == [])
