"""pxed-netcfg keeps interfaces as the configuration says (manage = repair), or tells what is wrong with them; `ip -j` and the kernel's
own messages are the oracle."""
import json
import signal
import socket
import struct
import time

import pytest

from netcfg_daemon import BUILD, bus  # noqa: F401
from netns import Namespace, connect
from waiting import PATIENCE

OURS = 0x50
V6 = "2001:db8::1/64"
# With no more than its unit gives it.
UNIT = ["setpriv", "--inh-caps", "-all,+net_admin,+net_raw", "--bounding-set", "-all,+net_admin,+net_raw", "--no-new-privs"]


class Appliance(Namespace):
    """Interfaces eth1 and eth2, both as they come: down, without an address."""
    folder = process = None

    def __init__(self):
        super().__init__("appliance")
        for name in ("eth1", "eth2"):
            self.ip("link", "add", name, "type", "veth", "peer", "name", f"{name}-far")
            self.ip("link", "set", f"{name}-far", "up")

    def start(self, bus, capabilities=UNIT):
        self.process = self.popen([*capabilities, str(BUILD / "pxed-netcfg"), "--runtime-dir", str(self.folder / "run"), "--state-dir",
                                   str(self.folder / "state"), "--log-level", "debug"])
        bus.wait_applied("netcfg")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0

    def link(self, name):
        found = self.ip("-j", "-d", "link", "show", name, check=False)
        return json.loads(found.stdout)[0] if found.returncode == 0 else None

    def up(self, name):
        return "UP" in self.link(name)["flags"]

    def addresses(self, name):
        """Each with its origin; link-local ones left out."""
        with self.entered():
            index = socket.if_nametoindex(name)
            return {address: origin for link, address, origin in read_addresses() if link == index and not address.startswith("fe80:")}


def attributes(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind, data[4:size]
        data = data[(size + 3) & ~3:]


def read_addresses():
    """Of the kernel, by RTM_GETADDR: neither iproute2 nor pyroute2 of Debian 12 knows IFA_PROTO (11)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.send(struct.pack("=IHHII8s", 24, 22, 0x301, 1, 0, b""))  # NLM_F_REQUEST | NLM_F_DUMP, struct ifaddrmsg
        while True:
            data = sock.recv(1 << 17)
            while data:
                size, kind = struct.unpack_from("=IH", data)
                if kind == 3:  # NLMSG_DONE
                    return
                family, length, _, _, index = struct.unpack_from("=BBBBI", data, 16)
                found = dict(attributes(data[24:size]))
                yield index, f"{socket.inet_ntop(family, found.get(2) or found[1])}/{length}", found.get(11, b"\0")[0]
                data = data[(size + 3) & ~3:]


@pytest.fixture
def appliance(tmp_path):
    with Appliance() as namespace:
        namespace.folder = tmp_path
        yield namespace


def problems(bus):
    status = bus.status("netcfg")
    return {p["subject"]: p["reason"] for p in status["problems"]} if status else {}


def repairs(bus, network="lab"):
    return [deed for repair in bus.values("repair") if repair["network"] == network for deed in repair["actions"]]


def test_repair_makes_the_interface(appliance, bus):
    bus.set_network("lab", interface="eth1", manage="repair", address6=V6, mtu=1400)
    appliance.start(bus)
    bus.wait_for(lambda: repairs(bus))
    assert repairs(bus) == ["set the MTU of eth1 to 1400 (it was 1500)", "set eth1 up", "add the address 192.0.2.1/24 to eth1",
                            f"add the address {V6} to eth1"]
    assert appliance.link("eth1")["mtu"] == 1400 and appliance.up("eth1")
    assert appliance.addresses("eth1") == {"192.0.2.1/24": OURS, V6: OURS}
    assert not appliance.up("eth2") and appliance.addresses("eth2") == {}
    time.sleep(0.5)
    assert len(bus.values("repair")) == 1 and problems(bus) == {}


def test_drift_is_repaired(appliance, bus):
    bus.set_network("lab", interface="eth1", manage="repair", address6=V6, mtu=1400)
    appliance.start(bus)
    bus.wait_for(lambda: len(repairs(bus)) == 4)

    appliance.run(["sh", "-c", "ip address del 192.0.2.1/24 dev eth1; ip link set eth1 mtu 1300; ip link set eth1 down"])
    bus.wait_for(lambda: appliance.addresses("eth1") == {"192.0.2.1/24": OURS, V6: OURS} and appliance.up("eth1"))
    assert appliance.link("eth1")["mtu"] == 1400
    # a foreign address is nobody's business, nor is it when it takes the place of ours
    appliance.ip("address", "add", "198.51.100.7/24", "dev", "eth1")
    appliance.ip("address", "del", "192.0.2.1/24", "dev", "eth1")
    appliance.ip("address", "add", "192.0.2.1/24", "dev", "eth1", check=False)  # unless pxed-netcfg was quicker
    time.sleep(0.3)
    bus.wait_for(lambda: set(appliance.addresses("eth1")) == {"198.51.100.7/24", "192.0.2.1/24", V6} and problems(bus) == {})


def test_interface_that_comes_later(appliance, bus):
    bus.set_network("lab", interface="br7", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: problems(bus).get("network lab", "").startswith("There is no interface br7"))
    appliance.ip("link", "add", "br7", "type", "bridge")
    bus.wait_for(lambda: problems(bus) == {} and appliance.addresses("br7") == {"192.0.2.1/24": OURS})
    assert appliance.up("br7")
    appliance.ip("link", "set", "eth1", "master", "br7")
    bus.set_network("other", interface="eth1", manage="repair", address="198.51.100.1/24")
    bus.wait_for(lambda: "a port of the bridge br7" in problems(bus).get("network other", ""))
    assert appliance.addresses("eth1") == {}
    appliance.ip("link", "set", "eth1", "nomaster")
    bus.wait_for(lambda: problems(bus) == {} and appliance.addresses("eth1"))


def test_an_address_that_is_elsewhere_is_not_given_twice(appliance, bus):
    appliance.ip("address", "add", "192.0.2.1/24", "dev", "eth2")
    bus.set_network("lab", interface="eth1", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: problems(bus).get("network lab") == (
        "The network's address is on the interface eth2 instead of eth1: say interface = eth2 in the network's section of the configuration, "
        "or ip address del 192.0.2.1/24 dev eth2"))
    assert appliance.addresses("eth1") == {} and appliance.up("eth1")
    time.sleep(1.2)  # no timer does it
    appliance.ip("address", "del", "192.0.2.1/24", "dev", "eth2")
    bus.wait_for(lambda: problems(bus) == {} and appliance.addresses("eth1") == {"192.0.2.1/24": OURS})


def test_report_tells_all_and_changes_nothing(appliance, bus):
    bus.set_network("lab", interface="eth1", manage="report", address6=V6, mtu=1400)
    bus.set_network("tagged", interface="eth2.42", parent="eth2", vlan=42, address="198.51.100.1/24")
    appliance.start(bus)
    bus.wait_for(lambda: len(problems(bus)) == 2)
    assert problems(bus)["network lab"] == (
        "The interface eth1 has MTU 1500 instead of 1400: ip link set eth1 mtu 1400; The interface eth1 is down: ip link set eth1 up; "
        "The interface eth1 does not have the network's address 192.0.2.1/24: ip address add 192.0.2.1/24 dev eth1; "
        f"The interface eth1 does not have the network's address {V6}: ip address add {V6} dev eth1")
    assert problems(bus)["network tagged"] == (
        "There is no interface eth2.42: ip link add link eth2 name eth2.42 type vlan id 42; The interface eth2 is down: ip link set eth2 up; "
        "The interface eth2.42 is down: ip link set eth2.42 up; "
        "The interface eth2.42 does not have the network's address 198.51.100.1/24: ip address add 198.51.100.1/24 dev eth2.42")
    time.sleep(0.3)
    assert not appliance.up("eth1") and appliance.addresses("eth1") == {} and bus.values("repair") == []
    # what it says to do does it
    for difference in problems(bus)["network lab"].split("; "):
        appliance.run(difference.split(": ", 1)[1].split())
    bus.wait_for(lambda: "network lab" not in problems(bus))
    # and now pxed-netcfg is told to do it
    bus.set_network("lab", interface="eth1", manage="repair", address6="2001:db8::2/64", mtu=1300)
    bus.wait_for(lambda: appliance.link("eth1")["mtu"] == 1300 and "2001:db8::2/64" in appliance.addresses("eth1"))
    assert V6 in appliance.addresses("eth1"), "it did not make that one"


def test_vlans_of_a_kernel_without(appliance, bus):
    """The kernel that tests run on has no VLAN links, or has them: both are told as they are."""
    has = appliance.ip("link", "add", "link", "eth1", "name", "try", "type", "vlan", "id", "9", check=False).returncode == 0
    bus.set_network("tagged", interface="eth2.42", parent="eth2", vlan=42, manage="repair")
    appliance.start(bus)
    if has:
        bus.wait_for(lambda: appliance.link("eth2.42"))
    else:
        bus.wait_for(lambda: "this kernel has no VLAN interfaces: modprobe 8021q" in problems(bus).get("network tagged", ""))
    # a link of that name that is none is left alone
    bus.set_network("tagged", interface="eth2.43", parent="eth2", vlan=43, manage="repair")
    appliance.ip("link", "add", "eth2.43", "type", "bridge")
    bus.wait_for(lambda: "eth2.43 is there, but is not VLAN 43 on eth2" in problems(bus).get("network tagged", ""))
    assert appliance.addresses("eth2.43") == {} and not appliance.up("eth2.43")


def test_network_that_goes_takes_only_ours(appliance, bus):
    appliance.ip("address", "add", "198.51.100.7/24", "dev", "eth1")
    bus.set_network("lab", interface="eth1", manage="repair", address6=V6)
    bus.set_network("told", interface="eth2", address="203.0.113.1/24", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: len(appliance.addresses("eth1")) == 3 and appliance.addresses("eth2"))
    bus.set_network("lab", interface="eth1", address="192.0.2.5/24", manage="repair", address6=None)
    bus.wait_for(lambda: appliance.addresses("eth1") == {"198.51.100.7/24": 0, "192.0.2.5/24": OURS})
    bus.remove("network/lab")
    bus.wait_for(lambda: appliance.addresses("eth1") == {"198.51.100.7/24": 0})
    assert appliance.up("eth1"), "no link is set down"
    # a network that is only told of leaves what there is
    bus.set_network("told", interface="eth2", address="203.0.113.1/24", manage="report")
    bus.remove("network/told")
    bus.wait_applied("netcfg")
    time.sleep(0.3)
    assert appliance.addresses("eth2") == {"203.0.113.1/24": OURS} and problems(bus) == {}


def test_a_restarted_daemon_knows_what_it_made(appliance, bus):
    # as pxed-netcfg marks its links; it makes VLANs only, but goes by the mark
    appliance.ip("link", "add", "old.7", "type", "bridge")
    appliance.ip("link", "set", "old.7", "alias", "pxed: network old")
    appliance.ip("link", "add", "new.7", "type", "bridge")
    appliance.ip("link", "set", "new.7", "alias", "provisioning")
    bus.set_network("lab", interface="eth1", manage="repair")
    bus.set_network("gone", interface="eth2", address="198.51.100.1/24", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: appliance.addresses("eth1") and appliance.addresses("eth2"))
    bus.wait_for(lambda: not appliance.link("old.7"))
    assert appliance.link("new.7")
    appliance.stop()
    assert appliance.addresses("eth1") == {"192.0.2.1/24": OURS} and appliance.up("eth1"), "a daemon that stops leaves all as it is"

    bus.remove("network/gone")
    bus.set_network("lab", interface="eth1", address="192.0.2.9/24", manage="repair")
    appliance.ip("address", "add", "192.0.2.77/32", "dev", "eth2")
    appliance.start(bus)
    bus.wait_for(lambda: appliance.addresses("eth1") == {"192.0.2.9/24": OURS} and appliance.addresses("eth2") == {"192.0.2.77/32": 0})


def test_an_address_whose_going_would_take_a_foreign_one_stays(appliance, bus):
    appliance.run(["sysctl", "-qw", "net.ipv4.conf.eth1.promote_secondaries=0"])
    bus.set_network("lab", interface="eth1", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: appliance.addresses("eth1"))
    appliance.ip("address", "add", "192.0.2.77/24", "dev", "eth1")
    bus.set_network("lab", interface="eth1", address="192.0.2.9/24", manage="repair")
    bus.wait_for(lambda: "the kernel would delete 192.0.2.77/24 with it" in problems(bus).get("network lab", ""))
    assert set(appliance.addresses("eth1")) == {"192.0.2.1/24", "192.0.2.77/24", "192.0.2.9/24"}
    appliance.run(["sysctl", "-qw", "net.ipv4.conf.eth1.promote_secondaries=1"])  # tells nobody
    appliance.ip("address", "add", "203.0.113.9/32", "dev", "lo")
    bus.wait_for(lambda: problems(bus) == {} and set(appliance.addresses("eth1")) == {"192.0.2.77/24", "192.0.2.9/24"})


def test_a_fight_is_told_and_slows_down(appliance, bus):
    bus.set_network("lab", interface="eth1", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: len(repairs(bus)) == 2)
    time.sleep(0.1)  # what was to be done at first is no drift
    other = appliance.popen(["sh", "-c", "while sleep 0.05; do ip address flush dev eth1 scope global; done"])
    reason = bus.wait_for(lambda: problems(bus).get("network lab"))
    assert reason.startswith("Something else keeps changing eth1: The interface eth1 does not have the network's address 192.0.2.1/24: ip address add")
    assert "put right every 4 s" in reason
    bus.wait_for(lambda: len(bus.values("repair")) == 5)
    other.kill()
    times = [o["time"] / 1e6 for o in bus.observations if o.get("repair")][1:]
    assert [round(later - earlier) for earlier, later in zip(times, times[1:])] == [1, 2, 4]


def test_ipv6_that_is_switched_off(appliance, bus):
    appliance.run(["sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=1"])
    bus.set_network("lab", interface="eth1", manage="repair", address6=V6)
    appliance.start(bus)
    bus.wait_for(lambda: "IPv6 is switched off there" in problems(bus).get("network lab", ""))
    assert set(appliance.addresses("eth1")) == {"192.0.2.1/24"}, "what can be done is done"
    appliance.run(["sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=0"])
    bus.wait_for(lambda: problems(bus) == {} and V6 in appliance.addresses("eth1"))


def test_without_the_capability_it_is_told(appliance, bus):
    bus.set_network("lab", interface="eth1", manage="repair")
    appliance.start(bus, [word.replace("+net_admin,", "") for word in UNIT])
    bus.wait_for(lambda: problems(bus).get("network lab") == (
        "Cannot set eth1 up: Operation not permitted: pxed-netcfg needs the capability CAP_NET_ADMIN (its unit gives it); "
        "The interface eth1 is down: ip link set eth1 up; "
        "The interface eth1 does not have the network's address 192.0.2.1/24: ip address add 192.0.2.1/24 dev eth1"))
    assert bus.values("repair") == []


def test_neighbour_limits_of_a_namespace(appliance, bus):
    """They are the host's: here they can only be told, and only where they are too low."""
    bus.set_network("lab", interface="eth1", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: appliance.addresses("eth1"))
    assert problems(bus) == {}
    bus.set_network("lab", interface="eth1", address="10.0.0.1/8", poolStart="10.1.0.0", poolEnd="10.16.255.255", manage="repair")
    reason = bus.wait_for(lambda: problems(bus).get("neighbour limits"))
    assert "not a network namespace" in reason and "gc_thresh2=262144" in reason
    bus.set_network("lab", interface="eth1", address="10.0.0.1/8", poolStart="10.1.0.0", poolEnd="10.1.0.99", manage="repair")
    bus.wait_for(lambda: problems(bus) == {})


@pytest.mark.parametrize("entry", [{"address": "nonsense"}, {"interface": ""}, {"interface": "a" * 40}, {"vlan": 42, "parent": "b" * 16}])
def test_what_is_not_understood_is_passed_over(appliance, bus, entry):
    bus.set_network("bad", **{"interface": "eth2", "manage": "repair", **entry})
    bus.set_network("lab", interface="eth1", manage="repair")
    appliance.start(bus)
    bus.wait_for(lambda: appliance.addresses("eth1"))
    assert appliance.addresses("eth2") == {} and not appliance.up("eth2")


def test_machines_are_seen_on_what_was_repaired(appliance, bus):
    with Namespace("client") as client:
        connect(appliance, "prov0", client, "eth0", client_mac="52:54:00:aa:00:01")
        appliance.ip("link", "set", "prov0", "down")
        bus.set_network("lab", interface="prov0", manage="repair")
        appliance.start(bus)
        bus.wait_for(lambda: appliance.addresses("prov0") and any(told["carrier"] for told in bus.values("link")))
        client.ip("address", "add", "192.0.2.50/24", "dev", "eth0")
        with client.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"hello", ("192.0.2.1", 9))
        bus.wait_for(lambda: any("192.0.2.50" in s["addresses"] for s in bus.values("sighting")))
