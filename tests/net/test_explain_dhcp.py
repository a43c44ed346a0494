"""What pxed-dhcp says that it would answer is what its dnsmasq then answers, byte for byte; and nothing else is in the answers."""
import random
import socket
import struct
import uuid

import pytest

from dhcp_daemon import CLIENT_MAC, SERVER, DhcpDaemon, Machine
from explained import Explainer, VarlinkError
from waiting import PATIENCE

UUID = "01234567-89ab-cdef-0123-456789abcdef"
MAGIC = 240  # where the options begin: after the header and its cookie
# What each program asks for with option 55: Intel's PXE ROM, EDK II, iPXE, udhcpc.
BIOS = [1, 2, 3, 5, 6, 11, 12, 13, 15, 16, 17, 18, 43, 54, 60, 66, 67, *range(128, 136)]
UEFI = [1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, *range(128, 136)]
IPXE = [1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, *range(128, 136), 175, 203]
SYSTEM = [1, 3, 6, 12, 15, 26, 28, 42]
FULL = {"gateway": "192.0.2.150", "dns": ["192.0.2.9", "192.0.2.8"], "ntp": ["192.0.2.10"], "domain": "lab.example", "leaseTime": 3607}
ARCHITECTURES = [0, 2, 6, 7, 9, 11, 16]


class Asker(Machine):
    """A machine that sends what the explained request says that it is."""

    def stage(self, request, architecture):
        if "system" in request:
            return [("param_req_list", SYSTEM)]
        ipxe = "iPXE" in request
        if ipxe and architecture == 16:
            architecture = 7
        kind = "HTTPClient" if architecture == 16 else "PXEClient"
        options = [(93, struct.pack(">H", architecture)), (94, b"\1\2\1"), (97, b"\0" + uuid.UUID(UUID).bytes_le),
                   ("vendor_class_id", f"{kind}:Arch:{architecture:05}:UNDI:002001".encode())]
        if ipxe:
            return options + [(77, b"iPXE"), (175, b"\x13\x01\x01"), ("param_req_list", IPXE)]
        return options + [("param_req_list", BIOS if architecture < 6 else UEFI)]

    def ask(self, request, architecture, offered, daemon, patience):
        """The reply's UDP payload; None: there was none."""
        options = self.stage(request, architecture)
        if "4011" in request:
            return self.ask_boot_server(options, daemon, patience)
        xid = random.getrandbits(32)
        if "DHCP request" in request:
            self._send("request", xid, [("server_id", SERVER), ("requested_addr", offered), *options])
        else:
            self._send("discover", xid, options)
        answer = self._receive(xid, patience)
        return bytes(answer.bootp) if answer else None

    def ask_boot_server(self, options, daemon, patience):
        with daemon.client.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.bind(("192.0.2.77", 68))
            asker.settimeout(patience)
            asker.sendto(self.packet("request", 5, options, "192.0.2.77")[42:], (SERVER, 4011))
            try:
                return asker.recv(4096)
            except TimeoutError:
                return None


def fields(reply):
    """All that a reply carries: header fields and options in their order, as (code, bytes)."""
    found = [("yiaddr", reply[16:20]), ("siaddr", reply[20:24]), ("sname", reply[44:108].rstrip(b"\0")), ("file", reply[108:236].rstrip(b"\0"))]
    at = MAGIC
    while reply[at] != 255:
        found.append((reply[at], reply[at + 2:at + 2 + reply[at + 1]]))
        at += 2 + reply[at + 1]
    return [(code, value.hex()) for code, value in found if value or code != "sname"]


def told(answer):
    return [(field["name"] if field["code"] is None else field["code"], field["bytes"]) for field in answer["fields"]]


def patience(answer):
    """With a reply that is to come; for one that is not, longer than dnsmasq takes."""
    return PATIENCE if answer["answered"] else 0.5


def compare(daemon, explained, architecture, mac=CLIENT_MAC):
    """Each request as explained is sent. Returns the explanation; the daemon knows then what dnsmasq has given, which it does a moment later."""
    answers, machine, offered, leased = explained["answers"], Asker(daemon, mac), None, None
    for answer in answers:
        reply = machine.ask(answer["request"], architecture, offered, daemon, patience(answer))
        assert answer["answered"] == (reply is not None), answer
        assert answer["protocol"] == "dhcp4" and answer["rules"]
        if reply:
            assert told(answer) == fields(reply), answer["request"]
            offered = socket.inet_ntoa(reply[16:20])
            leased = offered if (53, "05") in fields(reply) and offered != "0.0.0.0" else leased
        else:
            assert answer["fields"] == []
    daemon.bus.wait_for(lambda: leased is None or daemon.leases().get(mac) == leased)
    return answers


@pytest.fixture(scope="module", params=["full", "bare", "proxy"])
def network(request):
    with DhcpDaemon() as daemon:
        proxy = {"dhcp": "proxy", "poolStart": None, "poolEnd": None}
        daemon.bus.set_network("lab", interface="prov0", **{"full": FULL, "bare": {}, "proxy": {**FULL, **proxy}}[request.param])
        daemon.client.ip("address", "add", "192.0.2.77/24", "dev", "eth0")
        daemon.start()
        yield daemon, request.param


@pytest.fixture
def daemon():
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0", poolStart="192.0.2.100", poolEnd="192.0.2.103")
        daemon.start()
        yield daemon


def ask(daemon, **parameters):
    return Explainer(f"{daemon.runtime}/dhcp.sock").ask(**{"mac": CLIENT_MAC, **parameters})


def rules(answer):
    return "\n".join(answer["rules"])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_request_of_each_architecture(network, architecture):
    daemon, mode = network
    mac = f"52:54:00:00:02:{architecture:02x}"
    answers = compare(daemon, ask(daemon, mac=mac, architecture=architecture, uuid=UUID), architecture, mac)
    loads = architecture in (0, 7, 9) or architecture == 16 and mode != "proxy"
    assert any("iPXE" in answer["request"] for answer in answers) == loads
    # and now that it has a lease
    compare(daemon, ask(daemon, mac=mac, architecture=architecture, uuid=UUID), architecture, mac)


def test_many_machines_of_a_pool(daemon):
    """Which of the free addresses each gets, one after the other, until there is none; and again when all have theirs."""
    macs = [f"52:54:00:{random.randrange(256):02x}:{random.randrange(256):02x}:{i:02x}" for i in range(5)]
    for mac in macs:
        answers = compare(daemon, ask(daemon, mac=mac), 0, mac)
    assert len(answers) == 1 and "no address is free" in answers[0]["rules"][-1]
    for mac in macs[:4]:
        assert "of which it has a lease" in rules(compare(daemon, ask(daemon, mac=mac), 0, mac)[0])


def test_pool_over_the_ends_of_class_c(daemon):
    daemon.appliance.ip("address", "add", "198.18.0.1/15", "dev", "prov0")
    daemon.appliance.ip("address", "add", "192.168.4.1/22", "dev", "prov0")
    for address, start, end in ("192.168.4.1/22", "192.168.4.254", "192.168.5.2"), ("198.18.0.1/15", "198.18.1.255", "198.18.2.0"), \
                               ("192.168.4.1/22", "192.168.4.255", "192.168.5.0"):
        daemon.bus.set_network("lab", interface="prov0", address=address, poolStart=start, poolEnd=end)
        daemon.bus.wait_applied("dhcp")
        daemon.wait_ready()
        for i in range(5):
            machine = Machine(daemon, f"52:54:00:00:03:{i:02x}")
            answer = ask(daemon, mac=machine.mac)["answers"][0]
            offer = machine.discover(arch=0, timeout=patience(answer))
            assert answer["answered"] == (offer is not None)
            if offer:
                assert answer["fields"][0]["value"] == offer.address


def test_reservation_and_denial(daemon):
    taken = Machine(daemon, "52:54:00:00:00:02").boot(arch=0).address
    daemon.bus.wait_for(lambda: taken in daemon.leases().values())
    for address, text in ("192.0.2.50", "address: 192.0.2.50, its reservation"), (taken, f"reservation {taken}: not now, it is leased to"):
        daemon.bus.set_entry(f"host/{CLIENT_MAC}", mac=CLIENT_MAC, address=address, denied=False)
        daemon.bus.wait_applied("dhcp")
        assert text in rules(compare(daemon, ask(daemon), 0)[0])
    # one that is reserved for another is not given
    daemon.bus.set_entries({f"host/{CLIENT_MAC}": None, **{f"host/52:54:00:00:04:{i:02x}": {"mac": f"52:54:00:00:04:{i:02x}", "address": f"192.0.2.{i}",
                                                                                          "denied": False} for i in (100, 101, 102)}})
    daemon.bus.wait_applied("dhcp")
    compare(daemon, ask(daemon, mac="52:54:00:00:00:05"), 0, "52:54:00:00:00:05")

    daemon.bus.set_entry(f"host/{CLIENT_MAC}", mac=CLIENT_MAC, denied=True)
    daemon.bus.wait_applied("dhcp")
    answers = compare(daemon, ask(daemon), 0)
    assert len(answers) == 1 and "denied" in answers[0]["rules"][-1]


def test_off_and_not_served(daemon):
    daemon.bus.set_network("lab", interface="prov0", dhcp="off")
    daemon.bus.wait_applied("dhcp")
    answers = compare(daemon, ask(daemon), 0)
    assert len(answers) == 1 and answers[0]["rules"] == ["network lab: dhcp = off: another server has to answer"]

    daemon.bus.set_network("lab", interface="prov9")
    daemon.wait_problem("no interface prov9")
    answers = compare(daemon, ask(daemon), 0)
    assert len(answers) == 1 and "there is no interface prov9" in answers[0]["rules"][-1]


def test_nothing_changes(daemon):
    first = ask(daemon)
    assert [ask(daemon) for _ in range(20)] == [first] * 20
    assert not daemon.bus.values("lease") and daemon.child()["restarts"] == 0


@pytest.mark.parametrize("parameters, error, member, text", [
    ({"mac": "nonsense"}, "Invalid", "mac", "no address of a machine"),
    ({"mac": "01:00:5e:00:00:01"}, "Invalid", "mac", "no address of a machine"),
    ({"mac": ""}, "Invalid", "mac", "no address of a machine"),
    ({"uuid": "1234"}, "Invalid", "uuid", "no UUID"),
    ({"architecture": -1}, "Invalid", "architecture", "0 to 65535"),
    ({"architecture": 65536}, "Invalid", "architecture", "0 to 65535"),
    ({"network": "elsewhere"}, "NotFound", None, None),
    ({"network": ""}, "NotFound", None, None),
])
def test_refusals(daemon, parameters, error, member, text):
    with pytest.raises(VarlinkError) as raised:
        ask(daemon, **parameters)
    assert raised.value.name == f"org.pxed.Explain.{error}"
    if error == "Invalid":
        assert raised.value.parameters["field"] == member and text in raised.value.parameters["reason"]
    else:
        assert raised.value.parameters == {"kind": "network", "reference": parameters["network"]}


def test_which_network(daemon):
    daemon.bus.set_network("two", interface="prov9", address="198.51.100.1/24", poolStart="198.51.100.10", poolEnd="198.51.100.20")
    daemon.bus.wait_applied("dhcp")
    with pytest.raises(VarlinkError) as raised:
        ask(daemon)
    assert raised.value.parameters["field"] == "network" and "several" in raised.value.parameters["reason"]
    assert ask(daemon, network="two")["network"] == "two"
    daemon.bus.set_entries({"network/lab": None, "network/two": None})
    daemon.bus.wait_applied("dhcp")
    with pytest.raises(VarlinkError) as raised:
        ask(daemon)
    assert "serves no network" in raised.value.parameters["reason"]
