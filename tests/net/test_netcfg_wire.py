"""pxed-netcfg on a segment with others: what machines say of themselves, foreign DHCP servers (a real dnsmasq), addresses of two machines,
floods of MACs. scapy makes and reads the packets."""
import socket
import subprocess
import threading
import time

import pytest
import scapy.all as scapy
from scapy.layers import dhcp6 as d6

from netcfg_daemon import Wire, appliance, bus, link, start  # noqa: F401
from netns import Namespace, connect
from waiting import PATIENCE, contention

MACHINE, OTHER, FOREIGN = "52:54:00:aa:00:01", "52:54:00:aa:00:02", "52:54:00:f0:00:01"


class Segment:
    """The appliance's interface is a bridge; a machine and a stranger hang on it."""

    def __init__(self, appliance, bus, start, tmp_path):
        self.appliance, self.bus, self.start_daemon, self.tmp_path = appliance, bus, start, tmp_path
        self.machine, self.stranger = Namespace("machine"), Namespace("stranger")
        self.appliance.ip("link", "add", "prov0", "type", "bridge", "forward_delay", "0")
        self.appliance.ip("address", "add", "192.0.2.1/24", "dev", "prov0")
        for port, namespace, mac in (("port0", self.machine, MACHINE), ("port1", self.stranger, FOREIGN)):
            connect(self.appliance, port, namespace, "eth0", client_mac=mac)
            self.appliance.ip("link", "set", port, "master", "prov0")
        self.appliance.ip("link", "set", "prov0", "up")
        self.stranger.ip("address", "add", "192.0.2.9/24", "dev", "eth0")
        self.wires = {namespace: Wire(namespace, "eth0") for namespace in (self.machine, self.stranger)}

    def start(self, **network):
        self.bus.set_network("lab", interface="prov0", **network)
        self.start_daemon()
        self.bus.wait_for(lambda: self.bus.values("link") and link(self.bus, "lab")["carrier"])

    def dnsmasq(self, namespace, name, *options):
        """Its log; returns when it serves."""
        log = self.tmp_path / f"{name}.log"
        interface = "prov0" if namespace is self.appliance else "eth0"
        namespace.popen(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", f"--interface={interface}", "--bind-interfaces",
                         "--no-ping", "--log-dhcp", f"--log-facility={log}", f"--dhcp-leasefile={self.tmp_path / name}.leases", *options],
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.bus.wait_for(lambda: log.exists() and "sockets bound exclusively to interface" in log.read_text())
        return log

    def udhcpc(self, *options):
        """Asks for answers to all: what goes to the machine alone is not seen by others on the segment."""
        self.machine.run(["udhcpc", "-B", "-i", "eth0", "-n", "-q", "-f", "-t", "20", "-s", "/bin/true", *options])

    def send(self, *frames, namespace=None):
        """Each a little after the one before."""
        for frame in frames:
            self.wires[namespace or self.machine].send(frame)
            time.sleep(0.005)

    def sniff(self, namespace, interface):
        """A socket that gets what comes by."""
        with namespace.entered():
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.bind((interface, 0))
        sock.settimeout(PATIENCE)
        return sock

    # ---- what was told

    def sighting(self, mac):
        found = [s for s in self.bus.values("sighting") if s["mac"] == mac]
        return found[-1] if found else None

    def problem(self, subject):
        status = self.bus.status("netcfg")
        return next((p["reason"] for p in status["problems"] if p["subject"] == subject), None) if status else None


@pytest.fixture
def segment(appliance, bus, start, tmp_path):  # noqa: F811
    segment = Segment(appliance, bus, start, tmp_path)
    with segment.machine, segment.stranger:
        yield segment


FOREIGN_OPTIONS = ["--dhcp-range=192.0.2.200,192.0.2.200,1h", "--dhcp-boot=pxelinux.0,,192.0.2.77", "--dhcp-option=3,192.0.2.254"]


def arp(mac, address, target="192.0.2.1", op=1):
    return scapy.Ether(dst="ff:ff:ff:ff:ff:ff", src=mac) / scapy.ARP(op=op, hwsrc=mac, psrc=address, pdst=target)


def decline(mac, address):
    return (scapy.Ether(dst="ff:ff:ff:ff:ff:ff", src=mac) / scapy.IP(src="0.0.0.0", dst="255.255.255.255") / scapy.UDP(sport=68, dport=67) /
            scapy.BOOTP(chaddr=scapy.mac2str(mac), xid=7) /
            scapy.DHCP(options=[("message-type", "decline"), ("requested_addr", address), ("server_id", "192.0.2.1"), "end"]))


def test_what_a_machine_says_of_itself(segment):
    segment.start()
    segment.dnsmasq(segment.appliance, "own", "--dhcp-range=192.0.2.100,192.0.2.199,1h")
    segment.udhcpc("-x", "hostname:node-7", "-x", "0x3d:0152540012ab")
    told = segment.bus.wait_for(lambda: (s := segment.sighting(MACHINE)) and s["addresses"] and s)
    assert told["hostname"] == "node-7" and told["vendorClass"].startswith("udhcp ") and told["clientId"] == "0152540012ab"
    assert told["architecture"] is None and told["relay"] is None and told["vlan"] is None
    segment.udhcpc("-x", "hostname:node-8")
    segment.bus.wait_for(lambda: segment.sighting(MACHINE)["hostname"] == "node-8")


def test_the_network_s_own_server_is_not_foreign(segment):
    segment.start()
    # by another address of this host, too
    segment.appliance.ip("address", "add", "198.51.100.1/24", "dev", "prov0")
    segment.dnsmasq(segment.appliance, "own", "--dhcp-range=198.51.100.100,198.51.100.199,1h")
    segment.udhcpc()
    acknowledge = segment.bus.wait_for(lambda: [s for s in segment.bus.values("step") if s["kind"] == "acknowledge"])[0]
    assert acknowledge["server"] == "198.51.100.1"
    assert segment.bus.values("foreignServer") == []
    assert not any(s["foreign"] for s in segment.bus.values("step"))


def test_foreign_server(segment):
    segment.start()
    segment.dnsmasq(segment.stranger, "foreign", *FOREIGN_OPTIONS)
    segment.udhcpc()
    segment.bus.wait_for(lambda: [s["kind"] for s in segment.bus.values("step")][-1:] == ["acknowledge"])
    told, = segment.bus.wait_for(lambda: segment.bus.values("foreignServer"))  # the offer; the acknowledgement says nothing new
    assert told.pop("firstSeen") <= told.pop("lastSeen") <= time.time() * 1e6
    assert told == {"network": "lab", "address": "192.0.2.9", "mac": FOREIGN, "vlan": None, "offered": "192.0.2.200", "client": MACHINE,
                    "nextServer": "192.0.2.77", "file": "pxelinux.0", "gateway": "192.0.2.254"}
    assert any(s["foreign"] for s in segment.bus.values("step"))


def test_the_address_that_it_had_before_is_foreign_once_it_is_another_s(segment):
    """What is own is read again when an interface changes."""
    segment.appliance.ip("address", "add", "192.0.2.9/24", "dev", "lo")
    segment.stranger.ip("address", "flush", "dev", "eth0")
    segment.start()
    segment.appliance.ip("address", "del", "192.0.2.9/24", "dev", "lo")
    segment.stranger.ip("address", "add", "192.0.2.9/24", "dev", "eth0")
    segment.dnsmasq(segment.stranger, "foreign", *FOREIGN_OPTIONS)
    time.sleep(0.5)  # the kernel's event, and the delay that many of them are read with
    segment.udhcpc()
    segment.bus.wait_for(lambda: segment.bus.values("foreignServer"))


def test_servers_that_answer_a_relay_are_another_network_s(segment):
    segment.start()
    for port, message in ((67, "offer"), (67, "ack"), (68, "nak")):
        segment.send(scapy.Ether(dst="ff:ff:ff:ff:ff:ff", src=FOREIGN) / scapy.IP(src="192.0.2.9", dst="255.255.255.255") /
                     scapy.UDP(sport=67, dport=port) / scapy.BOOTP(op=2, chaddr=scapy.mac2str(MACHINE), giaddr="192.0.2.254") /
                     scapy.DHCP(options=[("message-type", message), ("server_id", f"192.0.2.{port}"), "end"]))
    told = segment.bus.wait_for(lambda: segment.bus.values("foreignServer"))
    assert [s["address"] for s in told] == ["192.0.2.68"]
    assert told[0]["offered"] is None and told[0]["file"] is None


def test_forged_servers_do_not_flood_pxed(segment):
    segment.start()
    segment.send(*[scapy.Ether(dst="ff:ff:ff:ff:ff:ff", src=FOREIGN) / scapy.IP(src="192.0.2.9", dst="255.255.255.255") /
                   scapy.UDP(sport=67, dport=68) / scapy.BOOTP(op=2, xid=i, chaddr=scapy.mac2str(MACHINE)) /
                   scapy.DHCP(options=[("message-type", "offer"), ("server_id", f"198.51.{i // 250}.{i % 250 + 1}"), "end"])
                   for i in range(400)])
    segment.bus.wait_for(lambda: len(segment.bus.values("step")) == 400)
    assert 50 <= len(segment.bus.values("foreignServer")) <= 120


def test_probe(segment):
    """One question finds a server that nobody asked; nothing is taken from it, and the question is no boot of a machine."""
    log = segment.dnsmasq(segment.stranger, "foreign", *FOREIGN_OPTIONS)
    own = segment.dnsmasq(segment.appliance, "own", "--dhcp-range=192.0.2.100,192.0.2.199,1h", f"--dhcp-host={MACHINE},ignore")
    wire = segment.sniff(segment.stranger, "eth0")
    segment.start(probe=3600)
    started = time.monotonic()
    frame = next(f for f in iter(lambda: scapy.Ether(wire.recv(2048)), None) if scapy.BOOTP in f and f[scapy.BOOTP].op == 1)
    assert 4 <= time.monotonic() - started <= 10 + contention()
    mac = link(segment.bus, "lab")["mac"]
    whole = bytes(frame)
    assert (frame.src, frame.dst, len(whole)) == (mac, "ff:ff:ff:ff:ff:ff", 342)
    for layer in (scapy.IP, scapy.UDP):  # scapy fills both in anew
        del frame[layer].chksum
    assert bytes(scapy.Ether(bytes(frame))) == whole, "checksums"
    ip, udp, bootp = frame[scapy.IP], frame[scapy.UDP], frame[scapy.BOOTP]
    assert (ip.src, ip.dst, ip.ttl, ip.len, udp.sport, udp.dport, udp.len) == ("0.0.0.0", "255.255.255.255", 64, 328, 68, 67, 308)
    assert (bootp.htype, bootp.hlen, bootp.hops, bootp.secs, bootp.flags.value) == (1, 6, 0, 0, 0x8000)
    assert bootp.chaddr[:6] == scapy.mac2str(mac) and bootp.chaddr[6:] == bytes(10) and bootp.xid != 0
    assert (bootp.ciaddr, bootp.yiaddr, bootp.siaddr, bootp.giaddr, bootp.sname, bootp.file) == (*["0.0.0.0"] * 4, bytes(64), bytes(128))
    options = [o for o in frame[scapy.DHCP].options if o not in ("end", "pad")]
    assert options == [("message-type", 1), ("vendor_class_id", b"pxed"), ("param_req_list", [1, 3, 6, 43, 51, 54, 66, 67])]

    told, = segment.bus.wait_for(lambda: segment.bus.values("foreignServer"))
    assert (told["address"], told["offered"], told["client"], told["file"]) == ("192.0.2.9", "192.0.2.200", mac, "pxelinux.0")
    assert segment.bus.values("step") == [] and mac not in {s["mac"] for s in segment.bus.values("sighting")}, "it is no machine's"
    # no lease was taken, and what was offered is free: the pool has this one address
    assert "DHCPREQUEST" not in log.read_text() and (segment.tmp_path / "foreign.leases").read_text() == ""
    assert mac not in own.read_text(), "what is sent by an interface does not come back to its own host"
    segment.udhcpc()
    assert f"DHCPACK(eth0) 192.0.2.200 {MACHINE}" in log.read_text()


DUID = d6.DHCP6OptClientId(duid=d6.DUID_LL(lladdr=MACHINE))


def dhcp6(mac, source, destination, ports, *layers):
    frame = scapy.Ether(src=mac, dst="33:33:00:01:00:02") / scapy.IPv6(src=source, dst=destination) / scapy.UDP(sport=ports[0], dport=ports[1])
    for layer in layers:
        frame /= layer
    return frame


def given(address):
    return d6.DHCP6OptIA_NA(iaid=1, ianaopts=[d6.DHCP6OptIAAddress(addr=address, preflft=600, validlft=600)])


def test_foreign_server_of_dhcp6(segment):
    segment.start()
    own = next(a for a in link(segment.bus, "lab")["addresses"] if a.startswith("fe80")).split("/")[0]

    def advertise(source, mac):
        return dhcp6(mac, source, "fe80::50", (547, 546), d6.DHCP6_Advertise(trid=9), DUID, d6.DHCP6OptServerId(duid=d6.DUID_LL(lladdr=mac)),
                     given("2001:db8::200"), d6.DHCP6OptBootFileUrl(optdata=b"tftp://[2001:db8::9]/other.efi"))

    segment.send(dhcp6(MACHINE, "fe80::50", "ff02::1:2", (546, 547), d6.DHCP6_Solicit(trid=9), DUID, d6.DHCP6OptIA_NA(iaid=1)),
                 advertise(own, OTHER), advertise("fe80::9", FOREIGN))
    told, = segment.bus.wait_for(lambda: segment.bus.values("foreignServer"))
    assert {key: told[key] for key in ("address", "mac", "offered", "client", "file", "gateway")} == {
        "address": "fe80::9", "mac": FOREIGN, "offered": "2001:db8::200", "client": MACHINE, "file": "tftp://[2001:db8::9]/other.efi",
        "gateway": None}


def advertisement(mac, address, override=1):
    return (scapy.Ether(dst="33:33:00:00:00:01", src=mac) / scapy.IPv6(src=address, dst="ff02::1", hlim=255) /
            scapy.ICMPv6ND_NA(tgt=address, R=0, S=0, O=override) / scapy.ICMPv6NDOptDstLLAddr(lladdr=mac))


def detection(mac, address):
    return (scapy.Ether(dst="33:33:ff:00:00:53", src=mac) / scapy.IPv6(src="::", dst="ff02::1:ff00:53", hlim=255) /
            scapy.ICMPv6ND_NS(tgt=address))


def test_two_machines_claim_an_ipv6_address(segment):
    segment.start()
    a, b = MACHINE, OTHER
    segment.send(advertisement(a, "2001:db8::51", 0), advertisement(b, "2001:db8::51", 0), advertisement(a, "2001:db8::51", 0),  # anycast
                 detection(a, "2001:db8::53"), advertisement(b, "2001:db8::53"), detection(a, "2001:db8::53"), advertisement(b, "2001:db8::53"),
                 advertisement(a, "2001:db8::50"), advertisement(b, "2001:db8::50"), advertisement(a, "2001:db8::50"),
                 dhcp6(b, "fe80::50", "ff02::1:2", (546, 547), d6.DHCP6_Decline(trid=3), d6.DHCP6OptClientId(duid=d6.DUID_LL(lladdr=b)),
                       d6.DHCP6OptServerId(duid=d6.DUID_LL(lladdr=FOREIGN)), given("2001:db8::54")))
    told = segment.bus.wait_for(lambda: len(segment.bus.values("addressConflict")) > 1 and segment.bus.values("addressConflict"))
    assert [(c["address"], c["macs"]) for c in told] == [("2001:db8::50", [a, b]), ("2001:db8::54", [b])]


def test_two_machines_claim_an_address(segment):
    segment.start()
    segment.send(arp(MACHINE, "192.0.2.50"), arp(OTHER, "192.0.2.50", op=2), arp(MACHINE, "192.0.2.50"))
    told, = segment.bus.wait_for(lambda: segment.bus.values("addressConflict"))
    assert told == {"network": "lab", "address": "192.0.2.50", "macs": [MACHINE, OTHER], "vlan": None}
    segment.send(arp(OTHER, "192.0.2.50"), arp(MACHINE, "192.0.2.50"))
    # no conflict: who only asks (RFC 5227), who takes over, the appliance on each of its cards
    segment.send(arp(MACHINE, "0.0.0.0", "192.0.2.51"), arp(OTHER, "192.0.2.51"), arp(MACHINE, "0.0.0.0", "192.0.2.51"), arp(OTHER, "192.0.2.51"),
                 arp(OTHER, "0.0.0.0", "192.0.2.54"), arp(MACHINE, "0.0.0.0", "192.0.2.54"),
                 arp(MACHINE, "192.0.2.52"), arp(OTHER, "192.0.2.52"), arp(OTHER, "192.0.2.52"))
    segment.send(arp(OTHER, "192.0.2.53"), decline(MACHINE, "192.0.2.53"))
    told = segment.bus.wait_for(lambda: len(segment.bus.values("addressConflict")) > 1 and segment.bus.values("addressConflict"))
    assert [(c["address"], c["macs"]) for c in told[1:]] == [("192.0.2.53", [MACHINE, OTHER])]


def test_the_appliance_s_own_address_is_claimed(segment):
    segment.start()
    mac = link(segment.bus, "lab")["mac"]

    def conflict():
        segment.send(arp(FOREIGN, "192.0.2.1", "192.0.2.1"), namespace=segment.stranger)
        segment.send(arp(MACHINE, "192.0.2.2"))  # which the kernel answers
        return segment.bus.values("addressConflict")

    told = segment.bus.wait_for(conflict)[0]
    assert told["address"] == "192.0.2.1" and set(told["macs"]) == {mac, FOREIGN}


def test_flood_of_macs_is_a_problem_with_what_to_do(segment):
    """And no question for foreign servers is asked meanwhile where none is wanted any more."""
    segment.machine.ip("address", "add", "192.0.2.8/24", "dev", "eth0")
    log = segment.dnsmasq(segment.machine, "foreign", "--dhcp-range=192.0.2.200,192.0.2.200,1h")
    segment.start(probe=3600)
    segment.bus.set_network("lab", interface="prov0", probe=None)
    stop = threading.Event()

    def flood():
        frame = bytearray(bytes(arp("02:00:00:00:00:00", "192.0.2.60")))
        frame[6:12] = scapy.mac2str(FOREIGN)
        for i in range(1 << 24):
            if stop.is_set():
                return
            frame[22:28] = b"\x02\x00\x00" + i.to_bytes(3, "big")
            segment.wires[segment.stranger].send(frame)
            time.sleep(0.004)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        reason = segment.bus.wait_for(lambda: segment.problem("flood lab"))
    finally:
        stop.set()
        thread.join()
    assert "new MAC addresses in a second on prov0, e.g. 02:00:00:" in reason and f"sent by {FOREIGN}. It scans" in reason
    assert "DHCPDISCOVER" not in log.read_text()
    segment.bus.remove("network/lab")
    segment.bus.wait_for(lambda: not segment.problem("flood lab"))
