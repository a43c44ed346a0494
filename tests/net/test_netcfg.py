"""pxed-netcfg in a network namespace: links and their problems, sightings and steps of real DHCP and TFTP, capture that survives its
interface."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

from fake_bus import FakeBus
from netcfg_daemon import BUILD, appliance, client  # noqa: F401 (fixtures)
from netns import connect, wait_bound
from waiting import PATIENCE, wait_for

MAC = "52:54:00:aa:00:01"


@pytest.fixture
def bus(tmp_path):
    bus = FakeBus(str(tmp_path / "run"))
    bus.set_network("lab", interface="prov0")
    yield bus
    bus.stop()


def start(appliance, tmp_path):
    return appliance.popen([str(BUILD / "pxed-netcfg"), "--runtime-dir", str(tmp_path / "run"), "--state-dir", str(tmp_path / "state"),
                            "--log-level", "debug"])


@pytest.fixture
def daemon(appliance, client, bus, tmp_path):
    """Runs on a network that works."""
    connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24", client_mac=MAC)
    process = start(appliance, tmp_path)
    bus.wait_applied("netcfg")
    bus.wait_for(lambda: link(bus) and link(bus)["carrier"])
    yield process
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def link(bus):
    links = bus.values("link")
    return links[-1] if links else None


def problems(bus):
    status = bus.status("netcfg")
    return {p["subject"]: p["reason"] for p in status["problems"]} if status else {}


def steps(bus, mac=MAC):
    return [s for s in bus.values("step") if s["mac"] == mac]


def sighting(bus, mac=MAC):
    found = [s for s in bus.values("sighting") if s["mac"] == mac]
    return found[-1] if found else None


def start_dnsmasq(appliance, *options):
    appliance.popen(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=prov0", "--bind-interfaces",
                     "--dhcp-range=192.0.2.100,192.0.2.199,1h", "--leasefile-ro", "--no-ping", *options],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_bound(appliance, "udp", 67)


def send_frame(namespace, interface, frame):
    with namespace.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        sock.send(frame)


def udp_from(namespace, data, to, source_port=0):
    with namespace.entered():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", source_port))
    sock.sendto(data, to)
    return sock


def test_link_is_reported(appliance, bus, daemon):
    told = link(bus)
    kernel = appliance.ip("-o", "link", "show", "prov0").stdout
    assert told["network"] == "lab" and told["exists"] and told["up"] and told["carrier"]
    assert told["mac"] in kernel and told["mtu"] == 1500 and kernel.startswith(f"{told['index']}:")
    assert "192.0.2.1/24" in told["addresses"]
    assert problems(bus) == {}
    appliance.ip("link", "set", "prov0", "mtu", "1400")
    bus.wait_for(lambda: link(bus)["mtu"] == 1400)


def test_no_carrier_is_reported_and_no_problem(client, bus, daemon):
    client.ip("link", "set", "eth0", "down")
    bus.wait_for(lambda: not link(bus)["carrier"])
    assert link(bus)["up"] and problems(bus) == {}


def test_a_carrier_that_is_back_at_once_was_never_lost(client, bus, daemon):
    before = len(bus.values("link"))
    for _ in range(2):
        client.ip("link", "set", "eth0", "down")
        time.sleep(1.3)  # the kernel itself tells it up to a second later
        client.ip("link", "set", "eth0", "up")
        time.sleep(0.2)
    time.sleep(2.2)
    assert all(told["carrier"] for told in bus.values("link")[before:])


def test_problems_come_with_what_to_do_and_go_by_themselves(appliance, client, bus, tmp_path):
    # IPv6 has events of its own: without them each one here must be noticed by itself
    appliance.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"])
    start(appliance, tmp_path)
    bus.wait_for(lambda: "There is no interface prov0" in problems(bus).get("network lab", ""))
    assert not link(bus)["exists"]

    connect(appliance, "prov0", client, "eth0")
    appliance.ip("link", "set", "prov0", "down")
    bus.wait_for(lambda: problems(bus).get("network lab", "").startswith("The interface prov0 is down: ip link set prov0 up; The interface prov0 does not have"))

    appliance.ip("link", "set", "prov0", "up")
    bus.wait_for(lambda: problems(bus).get("network lab", "").endswith("ip address add 192.0.2.1/24 dev prov0"))

    appliance.ip("address", "add", "192.0.2.1/16", "dev", "prov0")
    bus.wait_for(lambda: "prefix length 16 instead of 24" in problems(bus).get("network lab", ""))

    appliance.ip("address", "add", "192.0.2.1/24", "dev", "prov0")
    bus.wait_for(lambda: problems(bus) == {})
    assert bus.status("netcfg")["state"] == "ready"

    appliance.ip("address", "del", "192.0.2.1/24", "dev", "prov0")
    bus.wait_for(lambda: "network lab" in problems(bus))


def test_networks_come_and_go(appliance, client, bus, daemon):
    bus.set_network("other", interface="prov9", address="198.51.100.1/24")
    bus.wait_for(lambda: "network other" in problems(bus))
    bus.remove("network/other")
    bus.wait_for(lambda: problems(bus) == {})
    bus.set_network("lab", interface="prov8")
    bus.wait_for(lambda: "prov8" in problems(bus).get("network lab", ""))
    bus.set_network("lab", interface="prov0")
    bus.wait_for(lambda: problems(bus) == {} and link(bus)["exists"])


def test_dhcp_exchange_of_an_operating_system(appliance, client, bus, daemon):
    start_dnsmasq(appliance, "--dhcp-boot=undionly.kpxe")
    client.run(["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"])
    bus.wait_for(lambda: len(steps(bus)) >= 4)
    told = steps(bus)
    assert [s["kind"] for s in told] == ["discover", "offer", "request", "acknowledge"]
    assert {s["stage"] for s in told} == {"os"}
    assert {s["network"] for s in told} == {"lab"}
    discover, offer, request, acknowledge = told
    assert discover["detail"].startswith("udhcp ")
    assert offer["address"] == request["address"] == acknowledge["address"]
    assert offer["address"].startswith("192.0.2.1")
    assert acknowledge["file"] == "undionly.kpxe" and "from server 192.0.2.1" in acknowledge["detail"]
    seen = bus.wait_for(lambda: (s := sighting(bus)) and s["addresses"] == [offer["address"]] and s)
    assert seen["network"] == "lab" and "dhcp" in seen["protocols"]
    assert seen["firstSeen"] <= seen["lastSeen"] <= time.time() * 1e6


def test_own_interface_is_no_machine(appliance, client, bus, daemon):
    client.ip("address", "add", "192.0.2.50/24", "dev", "eth0")
    appliance.run(["sh", "-c", "cat </dev/null >/dev/tcp/192.0.2.50/9; true"], check=False)
    client.run(["ip", "neigh", "flush", "all"])
    udp_from(client, b"hello", ("192.0.2.1", 9)).close()
    bus.wait_for(lambda: (s := sighting(bus)) and "arp" in s["protocols"])
    assert {s["mac"] for s in bus.values("sighting")} == {MAC}


def test_tftp_request_size_and_error(appliance, client, bus, daemon, tmp_path):
    root = tmp_path / "tftp"
    root.mkdir()
    (root / "loader.efi").write_bytes(b"x" * 5000)
    root.chmod(0o755)
    os.chmod(tmp_path, 0o755)
    appliance.popen(["in.tftpd", "--foreground", "--address", "192.0.2.1:69", "--user", "root", "--secure", str(root)])
    client.ip("address", "add", "192.0.2.50/24", "dev", "eth0")
    wait_bound(appliance, "udp", 69)
    udp_from(client, b"\0\1loader.efi\0octet\0tsize\0000\0blksize\0001024\0", ("192.0.2.1", 69)).close()
    bus.wait_for(lambda: any(s["total"] == 5000 for s in steps(bus)))
    told = [s for s in steps(bus) if s["file"] == "loader.efi"]
    times = {o["time"] for o in bus.observations if o.get("step") and o["step"]["file"] == "loader.efi"}
    assert len(times) == 1, "the same step goes on under the same time"
    assert told[-1]["kind"] == "tftp" and told[-1]["address"] == "192.0.2.50"

    udp_from(client, b"\0\1missing.efi\0octet\0", ("192.0.2.1", 69)).close()
    bus.wait_for(lambda: any(s["file"] == "missing.efi" and s["detail"] and "refused by the server: File not found" in s["detail"]
                             for s in steps(bus)))
    assert "tftp" in sighting(bus)["protocols"]


def test_neighbours_of_the_kernel_are_sightings(appliance, client, bus, daemon):
    appliance.ip("neigh", "add", "192.0.2.77", "lladdr", "52:54:00:aa:00:77", "nud", "reachable", "dev", "prov0")
    seen = bus.wait_for(lambda: sighting(bus, "52:54:00:aa:00:77"))
    assert seen["addresses"] == ["192.0.2.77"] and seen["protocols"] == ["neighbour"]
    appliance.ip("neigh", "add", "2001:db8::77", "lladdr", "52:54:00:aa:00:77", "nud", "stale", "dev", "prov0")
    bus.wait_for(lambda: sighting(bus, "52:54:00:aa:00:77")["addresses"] == ["2001:db8::77", "192.0.2.77"])


def test_neighbours_known_before_the_start(appliance, client, bus, tmp_path):
    connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24", client_mac=MAC)
    appliance.ip("neigh", "add", "192.0.2.78", "lladdr", "52:54:00:aa:00:78", "nud", "stale", "dev", "prov0")
    start(appliance, tmp_path)
    bus.wait_for(lambda: sighting(bus, "52:54:00:aa:00:78"))


def test_interface_deleted_and_made_again(appliance, client, bus, daemon):
    first = link(bus)["index"]
    for _ in range(3):
        appliance.ip("link", "delete", "prov0")
        bus.wait_for(lambda: not link(bus)["exists"] and "network lab" in problems(bus))
        connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24", client_mac=MAC)
        bus.wait_for(lambda: link(bus)["exists"] and link(bus)["carrier"] and problems(bus) == {})
    assert link(bus)["index"] != first
    before = len(steps(bus))
    start_dnsmasq(appliance)
    client.run(["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"])
    bus.wait_for(lambda: len(steps(bus)) == before + 4)


def test_another_interface_takes_the_name(appliance, client, bus, daemon):
    connect(appliance, "new0", client, "eth1", client_mac=MAC)
    client.ip("link", "set", "eth0", "down")
    appliance.run(["sh", "-c", "ip link set prov0 down; ip link set prov0 name old0; ip link set old0 up; ip link set new0 down; "
                               "ip link set new0 name prov0; ip address add 192.0.2.1/24 dev prov0; ip link set prov0 up"])
    bus.wait_for(lambda: problems(bus).get("network lab") is None and link(bus)["index"] == index_of(appliance, "prov0"))
    speak_until_seen(client, bus, "eth1", "192.0.2.52")


def index_of(namespace, interface):
    return int(namespace.ip("-o", "link", "show", interface).stdout.split(":")[0])


def test_interface_down_and_up_again(appliance, client, bus, daemon):
    appliance.ip("link", "set", "prov0", "down")
    bus.wait_for(lambda: not link(bus)["up"])
    appliance.ip("link", "set", "prov0", "up")
    bus.wait_for(lambda: link(bus)["up"] and link(bus)["carrier"])
    appliance.run(["sh", "-c", "ip link set prov0 down; ip link set prov0 up"])  # too quick for two events
    time.sleep(0.5)
    speak_until_seen(client, bus, "eth0", "192.0.2.51")


def speak_until_seen(client, bus, interface, address):
    """A machine asks for the server's MAC again and again: what it says before frames are taken from the interface again is heard by nobody."""
    client.ip("address", "add", f"{address}/24", "dev", interface)

    def seen():
        client.run(["ip", "neigh", "flush", "all"])
        udp_from(client, b"hello", ("192.0.2.1", 9)).close()
        return (s := sighting(bus)) and address in s["addresses"]
    wait_for(seen, f"{address} is seen")


def test_goes_on_without_the_bus(appliance, client, bus, daemon):
    bus.stop()
    start_dnsmasq(appliance)
    client.run(["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"])
    links = len(bus.values("link"))
    bus.start()
    bus.wait_for(lambda: [s["kind"] for s in steps(bus)] == ["discover", "offer", "request", "acknowledge"])
    bus.wait_for(lambda: len(bus.values("link")) > links)  # told again: pxed may have forgotten it


ARP = struct.Struct("!6s6sHHHBBH6s4s6s4s")


def arp_frame(mac, address):
    return ARP.pack(b"\xff" * 6, mac, 0x0806, 1, 0x0800, 6, 4, 1, mac, address, bytes(6), socket.inet_aton("192.0.2.1"))


def send_many(namespace, interface, frames):
    with namespace.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        for frame in frames:
            try:
                sock.send(frame)
            except OSError:  # the queue is full
                pass


def pss(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))


@pytest.mark.parametrize("stopped", [True, False])
def test_flood_of_macs(appliance, client, bus, daemon, stopped):
    """Drops are counted and told; memory stays bounded; who boots afterwards is told at once."""
    count = 30000
    frames = [arp_frame(b"\x02" + struct.pack("!BI", 0, i), socket.inet_aton("192.0.2.2")) for i in range(count)]
    if stopped:
        daemon.send_signal(signal.SIGSTOP)  # sure to lose some
    send_many(client, "eth0", frames)
    daemon.send_signal(signal.SIGCONT)
    told = bus.wait_for(lambda: link(bus)["captured"] + link(bus)["dropped"] >= count and link(bus))
    start_dnsmasq(appliance)
    client.run(["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"])
    bus.wait_for(lambda: [s["kind"] for s in steps(bus)] == ["discover", "offer", "request", "acknowledge"])
    if stopped:
        assert told["dropped"] > 0
    assert bus.status("netcfg")["dropped"] == 0, "sightings of a flood may not push observations out of the queue"
    # ASan's own memory says nothing about the daemon's
    if "asan" not in BUILD.name:
        assert pss(daemon.pid) < 25000


def test_flood_of_dhcp_is_bounded(appliance, client, bus, daemon):
    import scapy.all as scapy
    base = bytearray(bytes(scapy.Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:00") / scapy.IP(src="0.0.0.0", dst="255.255.255.255") /
                           scapy.UDP(sport=68, dport=67, chksum=0) / scapy.BOOTP(chaddr=b"\0" * 6, xid=1) /
                           scapy.DHCP(options=[("message-type", "discover"), "end"])))
    frames = []
    for i in range(20000):
        base[46:50] = struct.pack("!I", i)  # xid
        base[70:76] = b"\x02\x00" + struct.pack("!I", i)
        frames.append(bytes(base))
    started = time.monotonic()
    send_many(client, "eth0", frames)
    bus.wait_for(lambda: link(bus)["captured"] + link(bus)["dropped"] >= len(frames))
    took = time.monotonic() - started
    assert 0 < len(bus.values("step")) <= 5000 + 1000 * took  # OBSERVER_STEPS_BURST, OBSERVER_STEPS_RATE
    start_dnsmasq(appliance)
    client.run(["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"])
    bus.wait_for(lambda: [s["kind"] for s in steps(bus)] == ["discover", "offer", "request", "acknowledge"])


def test_frames_of_other_vlans_say_so_and_rubbish_is_passed_over(client, bus, daemon):
    frame = arp_frame(b"\x02\x00\x00\x00\x01\x00", socket.inet_aton("192.0.2.9"))
    send_frame(client, "eth0", frame[:12] + struct.pack("!HH", 0x8100, 100) + frame[12:])
    for size in range(14, len(frame)):
        send_frame(client, "eth0", frame[:size])
    send_frame(client, "eth0", frame[:12] + struct.pack("!HH", 0x8100, 0x2000) + frame[12:].replace(b"\x01\x00\xc0", b"\x01\x07\xc0"))
    # a tag that names no VLAN is of this network
    send_frame(client, "eth0", arp_frame(b"\x02\x00\x00\x00\x01\x01", socket.inet_aton("192.0.2.9")))
    bus.wait_for(lambda: sighting(bus, "02:00:00:00:01:01"))
    assert sighting(bus, "02:00:00:00:01:07")["vlan"] is None
    assert sighting(bus, "02:00:00:00:01:00")["vlan"] == 100


def test_capture_on_a_bridge_tells_each_step_once(appliance, client, bus, tmp_path):
    appliance.ip("link", "add", "prov0", "type", "bridge", "forward_delay", "0")
    appliance.ip("address", "add", "192.0.2.1/24", "dev", "prov0")
    appliance.ip("link", "set", "prov0", "up")
    connect(appliance, "port0", client, "eth0", client_mac=MAC)
    appliance.ip("link", "set", "port0", "master", "prov0")
    start(appliance, tmp_path)
    bus.wait_applied("netcfg")
    start_dnsmasq(appliance)
    client.run(["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"])
    bus.wait_for(lambda: len(steps(bus)) >= 4)
    time.sleep(0.3)
    assert [s["kind"] for s in steps(bus)] == ["discover", "offer", "request", "acknowledge"]


def test_tools_are_there():
    assert all(shutil.which(tool) for tool in ("dnsmasq", "in.tftpd", "udhcpc"))
