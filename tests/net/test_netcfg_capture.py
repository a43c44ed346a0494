"""pxed-netcfg's capture: what passes its filter with no, one and two VLAN tags, networks that share an interface, ports of bridges, the packets that are
kept of each machine, and the files of boots that failed."""
import base64
import contextlib
import json
import os
import signal
import struct
import subprocess
import time

import pytest
import scapy.all as scapy

from netcfg_daemon import BUILD, Wire, appliance, bus, client, link, start  # noqa: F401 (fixtures)
from netns import connect
from varlink import Connection, VarlinkError
from waiting import PATIENCE, wait_for

LLDP_GROUP = "01:80:c2:00:00:0e"


@pytest.fixture
def trunk(appliance, client, bus, start):
    """A network without tag and two with, on one interface: the kernel of the tests has no VLAN links."""
    connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24")
    bus.set_network("lab", interface="prov0")
    bus.set_network("blue", interface="prov0.42", parent="prov0", vlan=42, address="198.51.100.1/24")
    bus.set_network("green", interface="prov0.43", parent="prov0", vlan=43, address="203.0.113.1/24")
    start()
    bus.wait_for(lambda: link(bus, "lab")["carrier"])
    return Wire(client, "eth0")


def machine(number):
    return f"52:54:00:ca:00:{number:02x}"


def tagged(frame, *tags, tpid=0x8100):
    """The frame with VLAN tags, the outermost named first."""
    raw = bytes(frame)
    return raw[:12] + b"".join((tpid if i == 0 else 0x8100).to_bytes(2, "big") + tag.to_bytes(2, "big") for i, tag in enumerate(tags)) + raw[12:]


def arp(number):
    return scapy.Ether(dst="ff:ff:ff:ff:ff:ff", src=machine(number)) / scapy.ARP(op=1, hwsrc=machine(number), psrc="192.0.2.9", pdst="192.0.2.8")


def discover(number):
    return (scapy.Ether(dst="ff:ff:ff:ff:ff:ff", src=machine(number)) / scapy.IP(src="0.0.0.0", dst="255.255.255.255") /
            scapy.UDP(sport=68, dport=67) / scapy.BOOTP(chaddr=scapy.mac2str(machine(number)), xid=number) /
            scapy.DHCP(options=[("message-type", "discover"), "end"]))


def networks_of(bus, number):
    return {s["network"] for s in bus.values("sighting") if s["mac"] == machine(number)}


def test_each_frame_is_of_the_network_of_its_tag(bus, trunk):
    trunk.send(arp(1), tagged(arp(2), 42), tagged(arp(3), 43), tagged(discover(4), 42), tagged(arp(5), 0x2000), tagged(arp(6), 42, 7),
               tagged(arp(7), 43, 7, tpid=0x88a8), tagged(arp(8), 0xe000 | 43), arp(9))
    bus.wait_for(lambda: networks_of(bus, 9))
    assert [networks_of(bus, n) for n in range(1, 9)] == [
        {"lab"}, {"blue"}, {"green"}, {"blue"}, {"lab"}, {"blue"}, {"green"}, {"green"}]
    assert [(s["network"], s["kind"]) for s in bus.values("step")] == [("blue", "discover")]


def udp4(sport, dport, payload):
    return (scapy.Ether(dst="02:00:00:00:00:02", src=machine(1)) / scapy.IP(src="192.0.2.5", dst="192.0.2.6") /
            scapy.UDP(sport=sport, dport=dport) / scapy.Raw(payload))


def udp6(sport, dport, payload):
    return (scapy.Ether(dst="02:00:00:00:00:02", src=machine(1)) / scapy.IPv6(src="fe80::5", dst="fe80::6") /
            scapy.UDP(sport=sport, dport=dport) / scapy.Raw(payload))


def icmp6(number):
    return (scapy.Ether(dst="33:33:00:00:00:01", src=machine(1)) / scapy.IPv6(src="fe80::5", dst="ff02::1", hlim=255, nh=58) /
            scapy.Raw(bytes([number]) + bytes(23)))


def fragment(offset):
    return scapy.Ether(dst="02:00:00:00:00:02", src=machine(1)) / scapy.IP(src="192.0.2.5", dst="192.0.2.6", frag=offset, proto=17) / scapy.Raw(b"\0\x43" * 20)


TFTP = [(b"\0\6blksize\x001024\0", True), (b"\0\5\0\1File not found\0", True), (b"\0\5\0\x09no such code\0", False), (b"\0\4\0\x10", True),
        (b"\0\4\0\x10and more", False), (b"\0\3\0\1" + b"x" * 512, True), (b"\0\3\0\2" + b"x" * 512, False), (b"\0\7", False), (b"\0", False)]
# what passes: in IPv4 and IPv6 frames made by `udp`
UDP = [(lambda udp: udp(2000, 69, b"\0\1file\0octet\0"), True), (lambda udp: udp(2000, 5000, b"hello"), False),
       *((lambda udp, payload=payload: udp(2000, 3000, payload), passes) for payload, passes in TFTP)]
CASES = [(arp(1), True), (discover(1), True), (udp4(67, 68, b"x" * 300), True), (udp4(2000, 4011, b"x" * 300), True),
         (udp4(4011, 68, b"x" * 300), True), (udp4(68, 5353, b"x" * 300), False), (fragment(0), True), (fragment(64), False),
         (udp6(546, 547, b"\1\0\0\1"), True), (udp6(547, 546, b"\2\0\0\1"), True), (udp6(548, 545, b"\2\0\0\1"), False),
         *((icmp6(number), 133 <= number <= 136) for number in (128, 132, 133, 134, 135, 136, 137, 143)),
         *((make(udp), passes) for udp in (udp4, udp6) for make, passes in UDP),
         (scapy.Ether(dst="02:00:00:00:00:02", src=machine(1)) / scapy.IP(src="192.0.2.5", dst="192.0.2.6") / scapy.TCP(dport=69), False),
         (scapy.Ether(dst=LLDP_GROUP, src=machine(1), type=0x88cc) / scapy.Raw(b"x" * 60), True)]
CDP = bytes.fromhex("01000ccccccc5254000000010030aaaa0300000c2000") + b"x" * 40
CASES_UNTAGGED = [(CDP, True), (CDP.replace(bytes.fromhex("0c2000"), bytes.fromhex("0c2003")), False),
                  (CDP.replace(bytes.fromhex("01000ccccccc"), bytes.fromhex("01000ccccccd")), False)]


def count(appliance, bus):
    """Frames captured so far: a change of the interface is told at once, with them."""
    told = len(bus.values("link"))
    time.sleep(0.1)  # longer than frames wait to be delivered
    mtu = 1400 if link(bus, "lab")["mtu"] == 1500 else 1500
    appliance.ip("link", "set", "prov0", "mtu", str(mtu))
    bus.wait_for(lambda: len(bus.values("link")) > told and link(bus, "lab")["mtu"] == mtu)
    return link(bus, "lab")["captured"]


@pytest.mark.parametrize("from_host", [False, True])  # the kernel keeps the outermost tag of what comes in beside the frame
@pytest.mark.parametrize("tags", [[], [42], [42, 7], [99]])
def test_what_passes(appliance, client, bus, trunk, tags, from_host):
    for namespace in (appliance, client):
        namespace.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"])  # or it would send neighbour discovery of its own
    wire = Wire(appliance, "prov0") if from_host else trunk
    cases = CASES + ([] if tags else CASES_UNTAGGED)
    before = count(appliance, bus)
    wire.send(*(tagged(frame, *tags) for frame, passes in cases if passes))
    after = count(appliance, bus)
    assert after - before == sum(passes for _, passes in cases), "of those that should pass"
    wire.send(*(tagged(frame, *tags) for frame, passes in cases if not passes))
    assert count(appliance, bus) == after, "of those that should not pass"


def lldp(number=1):
    return scapy.Ether(dst=LLDP_GROUP, src=machine(number), type=0x88cc) / scapy.Raw(b"x" * 60)


@pytest.fixture
def bridge(appliance, client, bus, start):
    """A network on a bridge with one port; IPv6 is off, since it would send neighbour discovery of its own."""
    for namespace in (appliance, client):
        namespace.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"])
    appliance.ip("link", "add", "prov0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
    appliance.ip("address", "add", "192.0.2.1/24", "dev", "prov0")
    appliance.ip("link", "set", "prov0", "up")
    add_port(appliance, client, "port1", "eth1")
    bus.set_network("lab", interface="prov0")
    start()
    bus.wait_for(lambda: link(bus, "lab")["carrier"])


def add_port(appliance, client, port, peer):
    connect(appliance, port, client, peer)
    appliance.ip("link", "set", port, "master", "prov0")


def wait_heard(appliance, bus, wire, frame, times=1):
    """Sends a frame again and again until it is captured: then it must be that often."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        before = count(appliance, bus)
        wire.send(frame)
        heard = count(appliance, bus) - before
        if heard:
            assert heard == times
            return
    raise AssertionError("it was not captured")


def test_ports_of_a_bridge(appliance, client, bus, bridge):
    first = Wire(client, "eth1")
    for frame in (lldp(), CDP, arp(1)):
        wait_heard(appliance, bus, first, frame)
    add_port(appliance, client, "port2", "eth2")
    second = Wire(client, "eth2")
    for frame in (lldp(), CDP, arp(1)):
        wait_heard(appliance, bus, second, frame)
    appliance.ip("link", "set", "port1", "nomaster")
    before = count(appliance, bus)
    first.send(lldp())
    assert count(appliance, bus) == before
    appliance.ip("link", "set", "port1", "master", "prov0")
    wait_heard(appliance, bus, first, lldp())
    appliance.ip("link", "set", "port2", "down")
    appliance.ip("link", "set", "port2", "name", "uplink2")
    appliance.ip("link", "set", "uplink2", "up")
    wait_heard(appliance, bus, second, lldp())
    appliance.ip("link", "delete", "uplink2")
    wait_heard(appliance, bus, first, lldp())


def test_a_bridge_with_many_ports(appliance, client, bus, bridge):
    """The first 16 are listened to, and it goes on to work."""
    for i in range(2, 20):
        add_port(appliance, client, f"port{i}", f"eth{i}")
    wait_heard(appliance, bus, Wire(client, "eth16"), lldp())
    before = count(appliance, bus)
    Wire(client, "eth19").send(lldp())
    assert count(appliance, bus) == before
    appliance.ip("link", "delete", "port3")
    wait_heard(appliance, bus, Wire(client, "eth17"), lldp())


def test_networks_leave_and_come_back(appliance, bus, trunk):
    """The capture stays as long as there is one that needs it."""
    bus.remove("network/lab")
    trunk.send(tagged(arp(1), 42), arp(2))
    bus.wait_for(lambda: networks_of(bus, 1) == {"blue"})
    bus.set_network("blue", interface="prov0.44", parent="prov0", vlan=44, address="198.51.100.1/24")
    bus.wait_applied("netcfg")
    trunk.send(tagged(arp(3), 44))
    bus.wait_for(lambda: networks_of(bus, 3) == {"blue"})
    bus.set_entries({"network/blue": None, "network/green": None})
    bus.wait_applied("netcfg")
    bus.set_network("lab", interface="prov0")
    bus.wait_applied("netcfg")
    trunk.send(arp(4))
    bus.wait_for(lambda: networks_of(bus, 4) == {"lab"})


# ---- packets of each machine

def connection_of(tmp_path):
    def connected():
        with contextlib.suppress(OSError):
            return Connection(str(tmp_path / "run" / "netcfg.sock"))
    return wait_for(connected, "netcfg.sock")


class Captures:
    """org.pxed.Capture on the daemon's own socket."""

    def __init__(self, tmp_path):
        self.tmp_path = tmp_path
        self.connection = connection_of(tmp_path)

    def list(self, **parameters):
        return self.connection.call("org.pxed.Capture.List", **parameters)

    def machines(self):
        return {machine["mac"]: machine for machine in self.list()["machines"]}

    def get(self, mac):
        """The machine as told, and its frames by scapy."""
        got = self.connection.call("org.pxed.Capture.Get", mac=mac)
        path = self.tmp_path / "got.pcapng"
        path.write_bytes(base64.b64decode(got["pcapng"], validate=True))
        return got["machine"], scapy.rdpcap(str(path))

    def wait(self, number, packets):
        wait_for(lambda: self.machines().get(machine(number), {"packets": 0})["packets"] >= packets, lambda: f"{packets} packets of {self.machines()}")
        return self.get(machine(number))


@pytest.fixture
def captures(trunk, tmp_path):
    return Captures(tmp_path)


def interfaces_and_directions(path):
    """Of each packet, by draft-ietf-opsawg-pcapng: scapy passes over both."""
    data, at, names, found = path.read_bytes(), 0, [], []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 1:  # Interface Description Block
            names.append(options(data[at + 16:at + length - 4])[2].decode())
        if kind == 6:  # Enhanced Packet Block
            interface, _, _, size = struct.unpack_from("<IIII", data, at + 8)
            flags = options(data[at + 28 + (size + 3) // 4 * 4:at + length - 4]).get(2, bytes(4))
            found.append((names[interface], {0: None, 1: "in", 2: "out"}[flags[0] & 3]))
        at += length
    return found


def options(data):
    found = {}
    while data and (head := struct.unpack_from("<HH", data))[0] != 0:
        found[head[0]] = data[4:4 + head[1]]
        data = data[4 + (head[1] + 3) // 4 * 4:]
    return found


def test_packets_of_a_machine(appliance, bus, trunk, captures, tmp_path):
    assert captures.list() == {"machines": [], "limits": {"bytesPerMachine": 65536, "bytes": 16777216}, "next": None}
    before = time.time() * 1e6
    frames = [discover(1), tagged(discover(1), 42), tagged(arp(1), 42, 7), arp(1)]
    trunk.send(arp(1), arp(2), *frames[:3], arp(2), frames[3])
    mac = json.loads(appliance.ip("-j", "link", "show", "prov0").stdout)[0]["address"]
    answer = scapy.Ether(dst=machine(1), src=mac) / scapy.ARP(op=2, hwsrc=mac, psrc="192.0.2.8", pdst="192.0.2.9")
    captures.wait(1, 4)
    Wire(appliance, "prov0").send(answer)
    told, packets = captures.wait(1, 5)
    assert [bytes(p) for p in packets] == [bytes(f) for f in [*frames, answer]]
    assert set(captures.machines()) == {machine(1)} and captures.machines()[machine(1)] == told
    assert told["bytes"] == sum(len(p) for p in packets) and told["overwritten"] == 0
    assert before <= told["firstSeen"] <= float(packets[0].time) * 1e6 + 1 and told["lastSeen"] == int(packets[-1].time * 1000000)
    assert interfaces_and_directions(tmp_path / "got.pcapng") == [("prov0", "in")] * 4 + [("prov0", "out")]

    # what pxed-netcfg itself reads out of the file
    read = subprocess.run([str(BUILD / "pxed-netcfg"), "--json", "--read", str(tmp_path / "got.pcapng")], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in read.stdout.splitlines()]
    lines = [line for line in lines if "ethernet" in line]
    assert [line["time"] for line in lines] == [int(p.time * 1000000) for p in packets]
    assert [len(line["ethernet"]["tags"]) for line in lines] == [0, 1, 2, 0, 0]


def test_get_and_list_refuse(trunk, captures):
    for method, parameters, error in [("Get", {"mac": machine(9)}, ("NotFound", {"kind": "machine", "reference": machine(9)})),
                                      ("Get", {"mac": "nonsense"}, ("Invalid", {"field": "mac", "reason": "it is no MAC address"})),
                                      ("List", {"after": "x"}, ("Invalid", {"field": "after", "reason": "it is no MAC address"})),
                                      ("List", {"limit": 0}, ("Invalid", {"field": "limit", "reason": "it is 1 to 1000"})),
                                      ("List", {"limit": 1001}, ("Invalid", {"field": "limit", "reason": "it is 1 to 1000"}))]:
        with pytest.raises(VarlinkError) as caught:
            captures.connection.call(f"org.pxed.Capture.{method}", **parameters)
        assert (caught.value.name, caught.value.parameters) == (f"org.pxed.Capture.{error[0]}", error[1])


def test_list_page_by_page(trunk, captures):
    trunk.send(*(discover(n) for n in (3, 1, 5, 2, 4)))
    captures.wait(4, 1)
    first = captures.list(limit=2)
    assert [m["mac"] for m in first["machines"]] == [machine(1), machine(2)] and first["next"] == machine(2)
    second = captures.list(limit=3, after=first["next"])
    assert [m["mac"] for m in second["machines"]] == [machine(3), machine(4), machine(5)] and second["next"] is None


def test_a_frame_longer_than_what_is_captured(trunk, client, appliance, captures):
    for namespace, interface in ((client, "eth0"), (appliance, "prov0")):
        namespace.ip("link", "set", interface, "mtu", "9000")
    trunk.send(discover(1), scapy.Ether(dst="02:00:00:00:00:02", src=machine(1)) / scapy.IP(src="192.0.2.5", dst="192.0.2.6") /
               scapy.UDP(sport=2000, dport=3000) / scapy.Raw(b"\0\3\0\1" + bytes(8192)))
    _, packets = captures.wait(1, 2)
    assert len(packets[1]) == 2048 and packets[1].wirelen == 14 + 20 + 8 + 4 + 8192


# ---- files of boots that failed

def capture_files(bus):
    return {o["boot"]: o["path"] for o in bus.values("captureFile")}


def test_files_of_failed_boots(bus, trunk, captures, start, tmp_path):
    folder = tmp_path / "state" / "netcfg" / "captures"
    trunk.send(discover(1), arp(1))
    captures.wait(1, 2)
    bus.set_entries({"capture/7": {"boot": 7, "mac": machine(1)}, "capture/8": {"boot": 8, "mac": machine(2)}})
    bus.wait_for(lambda: capture_files(bus) == {7: str(folder / "7.pcapng"), 8: None})
    kept = (folder / "7.pcapng").read_bytes()
    assert [bytes(p) for p in scapy.rdpcap(str(folder / "7.pcapng"))] == [bytes(discover(1)), bytes(arp(1))]
    assert (folder / "7.pcapng").stat().st_mode & 0o777 == 0o640

    # written once: not again for packets that come later, nor after pxed or pxed-netcfg started anew
    trunk.send(discover(1), discover(2))
    captures.wait(2, 1)
    for again in range(2):
        told = len(bus.values("captureFile"))
        bus.stop()
        bus.start()
        bus.wait_for(lambda: len(bus.values("captureFile")) == told + 2)
        assert (folder / "7.pcapng").read_bytes() == kept and capture_files(bus) == {7: str(folder / "7.pcapng"), 8: None}

    # gone with the entry
    (folder / "note.txt").write_text("not pxed's")
    (folder / "12.pcapng.new-abcdef").write_text("left behind")
    bus.set_entries({"capture/7": None, "capture/9": {"boot": 9, "mac": machine(2)}})
    bus.wait_for(lambda: capture_files(bus).get(9) == str(folder / "9.pcapng"))
    assert sorted(p.name for p in folder.iterdir()) == ["8.pcapng", "9.pcapng", "note.txt"]


def test_each_file_waits_for_its_own_last_packets(bus, trunk, captures, tmp_path):
    """Boots that fail one soon after the other: the packets of each may be in the kernel still."""
    folder = tmp_path / "state" / "netcfg" / "captures"
    for number in range(1, 31):
        trunk.send(discover(number))
        bus.set_entry(f"capture/{number}", boot=number, mac=machine(number))
        time.sleep(0.02)  # so that a wait that began with the first boot ends amid them
    bus.wait_for(lambda: len(capture_files(bus)) == 30)
    assert capture_files(bus) == {number: str(folder / f"{number}.pcapng") for number in range(1, 31)}


def test_files_survive_a_restart(bus, trunk, captures, start, tmp_path):
    folder = tmp_path / "state" / "netcfg" / "captures"
    trunk.send(discover(1))
    captures.wait(1, 1)
    bus.set_entries({"capture/7": {"boot": 7, "mac": machine(1)}, "capture/8": {"boot": 8, "mac": machine(2)}})
    bus.wait_for(lambda: 8 in capture_files(bus))
    kept = (folder / "7.pcapng").read_bytes()
    bus.stop()
    start.processes[0].send_signal(signal.SIGTERM)
    start.processes[0].wait(PATIENCE)
    # as if it had ended before it kept the entry: what it starts with must not remove the file
    desired = tmp_path / "state" / "netcfg" / "desired"
    desired.write_text("".join(line for line in desired.read_text().splitlines(True) if not line.startswith("capture/7")))
    process = start(wait=False)
    with connection_of(tmp_path) as connection:
        # of networks that lack their interface: it serves what it kept
        wait_for(lambda: connection.call("org.pxed.Daemon.GetStatus")["status"]["problems"], "a problem")
        bus.remove("capture/8")
        bus.set_entry("capture/6", boot=6, mac=machine(2))
        bus.observations.clear()
        bus.start()
        bus.wait_for(lambda: 6 in capture_files(bus))
    assert process.poll() is None and capture_files(bus)[6] is None and capture_files(bus)[7] == str(folder / "7.pcapng")
    assert (folder / "7.pcapng").read_bytes() == kept and not (folder / "8.pcapng").exists()


def test_not_more_than_200_files(bus, trunk, captures, tmp_path):
    folder = tmp_path / "state" / "netcfg" / "captures"
    trunk.send(discover(1))
    captures.wait(1, 1)
    bus.set_entries({f"capture/{n}": {"boot": n, "mac": machine(1)} for n in range(1, 201)})
    bus.wait_for(lambda: len(capture_files(bus)) == 200)
    assert all(capture_files(bus).values()) and len(list(folder.iterdir())) == 200
    bus.set_entries({f"capture/{n}": {"boot": n, "mac": machine(1)} for n in range(300, 305)})
    bus.wait_for(lambda: capture_files(bus).get(304) and capture_files(bus)[1] is None)
    assert {int(p.name.split(".")[0]) for p in folder.iterdir()} == {*range(6, 201), *range(300, 305)}
    assert {n for n, path in capture_files(bus).items() if not path} == {1, 2, 3, 4, 5}


def test_a_folder_that_cannot_be_written(bus, trunk, captures, tmp_path):
    folder = tmp_path / "state" / "netcfg" / "captures"
    folder.write_text("in the way")
    bus.set_entry("capture/7", boot=7, mac=machine(1))
    bus.wait_for(lambda: any("Cannot keep the packets of failed boots" in p["reason"] for p in bus.status("netcfg")["problems"]))
    assert capture_files(bus) == {}
    folder.unlink()
    bus.set_entry("capture/8", boot=8, mac=machine(1))
    bus.wait_for(lambda: set(capture_files(bus)) == {7, 8})
    bus.wait_for(lambda: not any(p["subject"] == "captures" for p in bus.status("netcfg")["problems"]))


# ---- pxectl capture

class Ctl:
    def __init__(self, tmp_path):
        self.runtime, self.folder = tmp_path / "run", tmp_path / "files"
        self.folder.mkdir()

    def run(self, *arguments):
        return subprocess.run([str(BUILD / "pxectl"), "--runtime-dir", str(self.runtime), "capture", *arguments], capture_output=True, cwd=self.folder,
                              env={**os.environ, "TZ": "UTC"})

    def ok(self, *arguments):
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, b""), done
        return done.stdout

    def fails(self, status, *arguments):
        done = self.run(*arguments)
        assert (done.returncode, done.stdout) == (status, b""), done
        return done.stderr.decode()

    def frames(self, name):
        return [bytes(p) for p in scapy.rdpcap(str(self.folder / name))]


@pytest.fixture
def ctl(tmp_path):
    return Ctl(tmp_path)


def test_pxectl_writes_a_file(bus, trunk, captures, ctl):
    trunk.send(discover(1), arp(1))
    captures.wait(1, 2)
    bus.stop()  # pxed is not needed
    name = "52-54-00-ca-00-01.pcapng"
    said = ctl.ok(machine(1).upper()).decode()
    assert said.startswith(f"{name}: 2 packets, ") and said.count("\n") == 1
    assert ctl.frames(name) == [bytes(discover(1)), bytes(arp(1))]
    assert f"{name} exists already: --force overwrites it" in ctl.fails(1, machine(1))
    (ctl.folder / name).write_text("x" * 100000)
    ctl.ok(machine(1), "--force")
    assert len(ctl.frames(name)) == 2
    assert json.loads(ctl.ok("--json", machine(1), "--output", "other.pcapng")) == {
        "files": [{"file": "other.pcapng", "machine": captures.machines()[machine(1)]}]}
    assert (ctl.folder / "other.pcapng").read_bytes() == (ctl.folder / name).read_bytes() == ctl.ok(machine(1), "--output", "-")
    assert "cannot write no/such: No such file" in ctl.fails(1, machine(1), "--output", "no/such")
    assert "cannot write /dev/full: No space left" in ctl.fails(1, machine(1), "--force", "--output", "/dev/full")
    assert "no packets of 52:54:00:ca:00:09 are kept" in ctl.fails(4, machine(9))
    assert "would both be standard output" in ctl.fails(2, "--json", machine(1), "--output", "-")
    bus.start()


def test_pxectl_takes_a_node(bus, trunk, captures, ctl):
    bus.replies["org.pxed.Node.Get"] = {"node": {"name": "web-1", "ports": [{"mac": machine(n)} for n in (1, 2, 3)]}}
    assert "no packets of web-1 are kept" in ctl.fails(4, "web-1")
    trunk.send(discover(1))
    captures.wait(1, 1)
    ctl.ok("web-1", "--output", "one.pcapng")
    trunk.send(discover(3))
    captures.wait(3, 1)
    assert "several MACs" in ctl.fails(2, "web-1", "--output", "two.pcapng")
    assert ctl.ok("web-1").count(b"\n") == 2
    assert sorted(p.name for p in ctl.folder.iterdir()) == ["52-54-00-ca-00-01.pcapng", "52-54-00-ca-00-03.pcapng", "one.pcapng"]


def test_pxectl_lists(trunk, captures, ctl):
    assert "No packets are kept" in ctl.run().stderr.decode()
    trunk.send(*(discover(n) for n in range(1, 4)), arp(2))
    captures.wait(2, 2)  # the last one
    lines = ctl.ok().decode().splitlines()
    assert lines[0].split() == ["MAC", "PACKETS", "SIZE", "OVERWRITTEN", "SINCE", "NEWEST"]
    assert [line.split()[:2] for line in lines[1:]] == [[machine(1), "1"], [machine(2), "2"], [machine(3), "1"]]
    assert json.loads(ctl.ok("--json")) == {key: captures.list()[key] for key in ("machines", "limits")}
    assert "need a machine" in ctl.fails(2, "--force")


def test_pxectl_without_netcfg(tmp_path, ctl):
    assert "is pxed-netcfg running" in ctl.fails(3) and "is pxed-netcfg running" in ctl.fails(3, machine(1))
