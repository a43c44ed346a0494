"""Physical networks of ports on the whole appliance: known by where a machine is seen, by its switch, by its address; what disagrees is told;
and no port of a wrong one is ever offered. All of it survives a restart of pxed."""
import socket

import pytest

from netns import Namespace, connect
from simulated_machine import SimulatedMachine
from whole_appliance import CONFIGURATION, WholeAppliance

NETWORKS = CONFIGURATION.replace("physical-network = physnet1", "physical-network = rack1") + """
[network other]
interface = oth0
address = 198.51.100.1/25
dhcp = off
physical-network = rack2

[network plain]
interface = pla0
address = 203.0.113.1/24
dhcp = off
manage = repair

[physical-network rack1]
switches = leaf1

[physical-network rack2]
switches = leaf2

[physical-network storage]
ports = Eth1/4?@leaf*
subnets = 203.0.113.0/24
"""


class Rack(WholeAppliance):
    """With two networks more, each a cable into a namespace of its own."""

    def __init__(self):
        super().__init__(NETWORKS)
        self.other, self.plain = Namespace("other"), Namespace("plain")

    def make_bridge(self):
        super().make_bridge()
        connect(self.namespace, "oth0", self.other, "eth0", address="198.51.100.1/25")
        connect(self.namespace, "pla0", self.plain, "eth0", address="203.0.113.1/24")

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.other.delete()
        self.plain.delete()

    def ports(self, machine):
        return {port["interface"]: port for port in self.node(machine.mac)["ports"]}

    def told(self, kind, mac=None):
        return [event["message"] for event in self.events() if event["kind"] == kind and mac in (None, event["mac"])]

    def select(self, machine, **what):
        """Names of the interfaces that may be attached, in order, and why the others may not."""
        name = {port["mac"]: port["interface"] for port in self.node(machine.mac)["ports"]}
        reply = self.call("Node.SelectPort", node=machine.mac, **what)
        return ([name[mac] for candidate in reply["candidates"] for mac in candidate["macs"]],
                {name[mac]: refused["reason"] for refused in reply["refused"] for mac in refused["macs"]})


def tlv(kind, content):
    return [kind, content.hex()]


def lldp(switch, port, vlan=None, vlans=()):
    """As ironic-python-agent posts what a switch says (IEEE 802.1AB, 802.1Q annex D)."""
    chassis = bytes([4]) + bytes.fromhex("0011223344") + switch.encode()[-1:]
    said = [tlv(1, chassis), tlv(2, b"\x05" + port.encode()), tlv(3, b"\0\x78"), tlv(5, switch.encode())]
    if vlan:
        said.append(tlv(127, b"\x00\x80\xc2\x01" + vlan.to_bytes(2, "big")))
    for number in vlans:
        said.append(tlv(127, b"\x00\x80\xc2\x03" + number.to_bytes(2, "big") + b"\x01v"))
    return said + [tlv(0, b"")]


class Machine(SimulatedMachine):
    """With cards besides eth0, each with what its switch said."""

    def mac_of(self, card):
        return f"52:54:00:0b:{self.number:02x}:{int(card[3:]):02x}"

    def inventory(self):
        payload = super().inventory()
        interface = payload["inventory"]["interfaces"][0]
        payload["inventory"]["interfaces"] += [{**interface, "name": card, "mac_address": self.mac_of(card), "ipv4_address": None}
                                               for card in self.said if card != "eth0"]
        payload["lldp_raw"] = {card: said for card, said in self.said.items() if said}
        return payload


def appear(namespace, interface, mac, address):
    """A card with this MAC says who it is on the wire."""
    namespace.ip("link", "set", interface, "down")
    namespace.ip("link", "set", interface, "address", mac, "up")
    namespace.ip("address", "flush", "dev", interface)
    namespace.ip("address", "add", f"{address}/25", "dev", interface)
    with namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", (address.rsplit(".", 1)[0] + ".1", 9))  # asks for the appliance's MAC first


@pytest.fixture(scope="module")
def rack():
    with Rack() as rack:
        yield rack


@pytest.fixture(scope="module")
def machine(rack):
    """Inspected on the network lab."""
    machine = Machine(rack, 1)
    machine.said = {"eth0": lldp("leaf1", "Eth1/1", 10, [10, 20]), "eth1": lldp("leaf2", "Eth1/1"), "eth2": None, "eth3": lldp("leaf2", "Eth1/44"),
                    "eth4": None}
    machine.boot()
    rack.wait_inspected(machine.mac)
    yield machine
    machine.close()


def test_sources(rack, machine):
    """Seen on a network with a label, by the switch, by a port of it, by the address; and not known at all."""
    appear(rack.plain, "eth0", machine.mac_of("eth2"), "203.0.113.77")
    rack.wait("eth2 is seen with its address", lambda: rack.ports(machine)["eth2"]["physicalNetwork"])
    known = {name: (port["physicalNetwork"], port["physicalNetworkSource"]) for name, port in rack.ports(machine).items()}
    assert known == {"eth0": ("rack1", "sighting"), "eth1": ("rack2", "lldp"), "eth2": ("storage", "address"), "eth3": ("storage", "lldp"),
                     "eth4": (None, None)}
    eth0 = rack.ports(machine)["eth0"]
    assert (eth0["switchName"], eth0["switchPort"], eth0["switchVlan"], eth0["switchVlans"]) == ("leaf1", "Eth1/1", 10, [10, 20])
    assert not any(port["conflicts"] for port in rack.ports(machine).values()) and not rack.told("port.conflict")
    for card, name in ("eth0", "rack1"), ("eth1", "rack2"), ("eth2", "storage"), ("eth3", "storage"):
        mac = rack.ports(machine)[card]["mac"]
        [message] = rack.wait(f"{card} is told", lambda: rack.told("port.physical-network", mac))
        assert name in message


def test_select(rack, machine):
    assert rack.select(machine, physicalNetworks=["rack1"])[0] == ["eth0"]
    candidates, refused = rack.select(machine, physicalNetworks=["storage"])
    assert candidates == ["eth2", "eth3"] and "rack1" in refused["eth0"] and "not known" in refused["eth4"]
    assert rack.select(machine, physicalNetworks=["rack2"], allowUnknown=True)[0] == ["eth1", "eth4"]
    assert rack.select(machine, segments=[{"physicalNetwork": "rack1", "vlan": 20}])[0] == ["eth0"]
    candidates, refused = rack.select(machine, segments=[{"physicalNetwork": "rack1", "vlan": 30}])
    assert candidates == [] and "leaf1" in refused["eth0"] and "not VLAN 30 of rack1" in refused["eth0"]
    shown = rack.ctl("node", "select-port", machine.mac, "--physical-network", "rack2")
    assert machine.mac_of("eth1") in shown


def test_seen_against_switch(rack, machine):
    """eth1 hangs on leaf2 of rack2 by LLDP, and answers on the network of rack1: its inventory is older than its cable. Meanwhile the bridge has the
    lowest MAC of its ports, for so short that the appliance's address must not seem to be claimed by two machines (test_address_conflict)."""
    mac = machine.mac_of("eth1")
    moved = Namespace("moved")
    try:
        rack.namespace.ip("link", "add", "m99", "address", "02:00:00:00:00:01", "type", "veth", "peer", "name", "eth0", "netns", moved.name)
        rack.namespace.ip("link", "set", "m99", "master", "pxe0", "up")
        appear(moved, "eth0", mac, "192.0.2.50")
        [message] = rack.wait("the conflict is told", lambda: rack.told("port.conflict", mac))
        assert "rack1 (network lab)" in message and "rack2" in message and "leaf2" in message
        candidates, refused = rack.select(machine)
        assert "eth1" not in candidates and "rack1" in refused["eth1"] and "rack2" in refused["eth1"]
        for wanted in "rack1", "rack2":
            assert "eth1" not in rack.select(machine, physicalNetworks=[wanted], allowUnknown=True)[0]
    finally:
        moved.delete()


def test_moves_between_networks(rack, machine):
    """The same card on a network of another label within an hour."""
    mac = machine.mac_of("eth1")
    appear(rack.other, "eth0", mac, "198.51.100.20")
    [message] = rack.wait("the move is told", lambda: rack.told("sighting.moved", mac))
    assert "from network lab" in message and "to network other" in message
    conflicts = rack.wait("both are told", lambda: rack.told("port.conflict", mac)[1:])
    assert "rack1 (network lab)" in conflicts[-1] and "rack2 (network other)" in conflicts[-1]
    assert "eth1" not in rack.select(machine)[0]


def test_two_nodes_at_one_switch_port(rack, machine):
    second = Machine(rack, 2)
    second.said = {"eth0": lldp("leaf1", "Eth1/1"), "eth1": lldp("leaf1", "Eth1/2")}
    try:
        second.boot()
        rack.wait_inspected(second.mac)
        for one, other in (second, machine), (machine, second):
            [message] = rack.wait("the claim is told", lambda: rack.told("port.conflict", one.mac))
            assert "Eth1/1 of leaf1" in message and rack.node(other.mac)["name"] in message
            assert rack.select(one, physicalNetworks=["rack1"])[0] == [] if one is machine else ["eth1"]
        # It is plugged elsewhere, and inspected again.
        second.said["eth0"] = lldp("leaf1", "Eth1/3")
        rack.call("Node.Inspect", node=second.mac, wait=True)
        second.boot()
        rack.wait("the conflict is over", lambda: not rack.ports(machine)["eth0"]["conflicts"])
        assert rack.select(machine, physicalNetworks=["rack1"])[0] == ["eth0"]
    finally:
        second.close()


def test_foreign_server(rack, machine):
    """Somebody else's dnsmasq on the machines' network: told once, listed, also after a restart of pxed."""
    server = Namespace("server")
    try:
        rack.namespace.ip("link", "add", "m98", "type", "veth", "peer", "name", "eth0", "netns", server.name)
        rack.namespace.ip("link", "set", "m98", "master", "pxe0", "up")
        server.ip("link", "set", "eth0", "address", "52:54:00:0c:00:01", "up")
        server.ip("address", "add", "192.0.2.66/24", "dev", "eth0")
        assert not rack.told("network.foreign-server")
        server.popen(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces", "--no-ping",
                      "--dhcp-range=192.0.2.210,192.0.2.220", "--leasefile-ro", "--log-facility=-", "--pid-file="])

        def told():
            machine.card.discover(timeout=0.5)
            return rack.told("network.foreign-server")

        [message] = rack.wait("the foreign server is told", told)
        assert "192.0.2.66 at 52:54:00:0c:00:01" in message and "network lab" in message.lower() and machine.mac in message

        def listed():
            return {network["name"]: network["foreignServers"] for network in rack.call("Network.List")["networks"]}

        [foreign] = listed()["lab"]
        assert foreign["address"] == "192.0.2.66" and foreign["offered"].startswith("192.0.2.2") and not listed()["other"]
        rack.restart("pxed")
        rack.wait_ready()
        assert [server["address"] for server in listed()["lab"]] == ["192.0.2.66"]
        machine.card.discover(timeout=0.5)
        assert len(rack.told("network.foreign-server")) == 1
    finally:
        server.delete()


def announce(namespace, interface, switch, port, ttl):
    """One LLDP frame, as a switch sends it."""
    said = [(kind, bytes.fromhex(content)) for kind, content in lldp(switch, port)]
    frame = bytes.fromhex("0180c200000e 5254000d0001 88cc")
    for kind, content in said:
        content = ttl.to_bytes(2, "big") if kind == 3 else content
        frame += (kind << 9 | len(content)).to_bytes(2, "big") + content
    with namespace.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        sock.send(frame)


def test_address_conflict(rack, machine):
    """Two machines say in turn that an address is theirs: told with both, and with the node that one of them is."""
    mine, other = machine.mac_of("eth3"), "52:54:00:0e:00:01"
    with rack.other.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("eth0", 0))
        for mac in mine, other, mine, other:
            sender = bytes.fromhex(mac.replace(":", "")) + socket.inet_aton("198.51.100.30")
            sock.send(b"\xff" * 6 + sender[:6] + bytes.fromhex("0806 0001 0800 06 04 0002") + sender + b"\xff" * 6 + sender[6:])
    [message] = rack.wait("the conflict is told", lambda: rack.told("network.address-conflict"))
    assert "198.51.100.30" in message and "network other" in message.lower()
    assert f"{mine} ({rack.node(machine.mac)['name']})" in message and other in message


def test_repair(rack):
    """An address that somebody took away comes back, and that is told."""
    before = len(rack.told("network.repaired"))
    rack.namespace.ip("address", "delete", "203.0.113.1/24", "dev", "pla0")
    message = rack.wait("the repair is told", lambda: rack.told("network.repaired")[before:])[0]
    assert "network plain" in message and "203.0.113.1/24" in message


def test_neighbour(rack):
    """The cable of a network's interface goes to another switch: told with both, not when a switch only falls silent."""
    def hangs_on():
        network = next(network for network in rack.call("Network.List")["networks"] if network["name"] == "plain")
        return [(neighbour["systemName"], neighbour["port"]) for neighbour in network["link"]["neighbours"]]

    announce(rack.plain, "eth0", "leaf7", "p1", 3)
    rack.wait("leaf7 is heard", lambda: hangs_on() == [("leaf7", "p1")])
    rack.wait("leaf7 is silent", lambda: hangs_on() == [])
    assert not rack.told("network.neighbour")
    announce(rack.plain, "eth0", "leaf8", "p2", 120)
    [message] = rack.wait("the move is told", lambda: rack.told("network.neighbour"))
    assert "pla0 of network plain hangs on port p2 of leaf8" in message and "before it was port p1 of leaf7" in message
    assert hangs_on() == [("leaf8", "p2")]


def test_restart(rack, machine):
    rack.call("Node.SetPort", node=machine.mac, mac=machine.mac_of("eth4"), physicalNetwork="rack9", portGroup="bond0", attachment="port-7",
              expectedChassis="leaf9")
    before, selected = rack.ports(machine), rack.select(machine)
    events = {kind: rack.told(kind) for kind in ("port.physical-network", "port.conflict", "sighting.moved")}
    rack.restart("pxed")
    rack.wait_ready()
    assert rack.ports(machine) == before and rack.select(machine) == selected
    assert before["eth4"]["physicalNetworkSource"] == "assigned" and "port-7" in selected[1]["eth4"]
    appear(rack.other, "eth0", machine.mac_of("eth1"), "198.51.100.20")
    rack.call("Node.SetPort", node=machine.mac, mac=machine.mac, attachment="")
    assert {kind: rack.told(kind) for kind in events} == events  # nothing is told again


def test_reload(rack, machine):
    """Another label of a network is told of the ports on it."""
    text = rack.configuration.read_text()
    rack.configuration.write_text(text.replace("subnets = 203.0.113.0/24", "subnets = 203.0.114.0/24").replace("Eth1/4?", "Eth1/9?"))
    rack.ctl("reload")
    mac = machine.mac_of("eth3")
    message = rack.wait("eth3 is told", lambda: rack.told("port.physical-network", mac)[1:])[0]
    assert "rack2 now" in message and "storage" in message
    assert rack.ports(machine)["eth2"]["physicalNetwork"] is None
    rack.configuration.write_text(text.replace("switches = leaf1", "switches = leaf[1"))
    with pytest.raises(RuntimeError, match="leaf\\[1.*is no pattern"):
        rack.ctl("reload")
    rack.configuration.write_text(text)
    rack.ctl("reload")
