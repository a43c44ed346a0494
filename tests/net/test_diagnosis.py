"""Every signature of pxed-diagnosis(7), made with real packets on an appliance with real children; and a healthy boot, which shows none."""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest
import scapy.all as scapy

from netns import Namespace
from shifted_clock import ShiftedClock
from simulated_machine import FIRMWARE, OS, SimulatedMachine
from waiting import PATIENCE
from whole_appliance import BUILD, VarlinkError, WholeAppliance

CONFIGURATION = """\
[pxed]
images = {images}

[network lab]
interface = pxe0
address = 192.0.2.1/24
pool = 192.0.2.100-192.0.2.199
unknown = inspect
known = local
finish = {finish}

[network proxied]
interface = pxe1
address = 198.51.100.1/24
dhcp = proxy

[network off]
interface = pxe2
address = 203.0.113.1/24
dhcp = off

[network tiny]
interface = pxe3
address = 10.7.0.1/24
pool = 10.7.0.10-10.7.0.10
unknown = ignore

[network mute]
interface = pxe4
address = 10.8.0.1/24
pool = 10.8.0.10-10.8.0.90

[host 52:54:00:0d:00:01]
deny = yes
"""
BRIDGES = {"pxe1": "198.51.100.1/24", "pxe2": "203.0.113.1/24", "pxe3": "10.7.0.1/24", "pxe4": "10.8.0.1/24"}
SERVER = "192.0.2.1"
DENIED = "52:54:00:0d:00:01"
# Of signatures to the MAC of the machine that is to show it; and the patience that it takes, in seconds.
MACS = {}
FOREIGN_MAC, PROXIED_MAC = "52:54:00:0d:10:01", "52:54:00:0d:10:02"


class DiagnosedAppliance(WholeAppliance):
    def __init__(self):
        super().__init__(configuration=CONFIGURATION)
        self.clock = ShiftedClock(self.folder)

    def make_bridge(self):
        super().make_bridge()
        for bridge, address in BRIDGES.items():
            self.run("ip", "link", "add", bridge, "type", "bridge", "forward_delay", "0")
            self.run("ip", "address", "add", address, "dev", bridge)
            self.run("ip", "link", "set", bridge, "up")

    def start(self, name, **environment):
        super().start(name, **environment, **(self.clock.environment if name == "pxed" else {}))

    def newest(self, mac):
        boots = self.boots(mac)
        return boots[0] if boots else None


class Wire:
    """A cable into a bridge, for frames with any MAC."""

    def __init__(self, appliance, bridge, number):
        self.namespace = Namespace(f"wire{number}")
        end = f"w{number}"
        appliance.namespace.ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", self.namespace.name)
        appliance.namespace.ip("link", "set", end, "master", bridge, "up")
        self.namespace.ip("link", "set", "eth0", "up")
        with self.namespace.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("eth0", 0))

    def send(self, frame):
        self.socket.send(bytes(frame))

    def dhcp(self, mac, kind, xid, arch=0, more=(), vlan=None, **fields):
        ether = scapy.Ether(src=mac, dst="ff:ff:ff:ff:ff:ff")
        if vlan is not None:
            ether /= scapy.Dot1Q(vlan=vlan)
        self.send(ether / scapy.IP(src="0.0.0.0", dst="255.255.255.255") / scapy.UDP(sport=68, dport=67) /
                  scapy.BOOTP(chaddr=scapy.mac2str(mac), xid=xid, flags=0x8000, **fields) /
                  scapy.DHCP(options=[("message-type", kind), ("vendor_class_id", f"PXEClient:Arch:{arch:05}:UNDI:002001".encode()),
                                      (93, struct.pack(">H", arch)), *more, "end"]))

    def discovers(self, mac, count=2, **options):
        """Sent again with the same transaction id; each differs by its seconds, as a machine's do."""
        xid = random.getrandbits(32)
        for number in range(count):
            self.dhcp(mac, "discover", xid, secs=4 * number, **options)


class Scenes:
    """Each makes one machine show one signature, up to the silence that follows."""

    def __init__(self, appliance):
        self.appliance = appliance
        self.machine = SimulatedMachine(appliance, 1)
        self.wires = {bridge: Wire(appliance, bridge, number) for number, bridge in enumerate(["pxe0", *BRIDGES])}
        self.open = []  # sockets that stay open: a closed one would answer with ICMP
        self.servers = []

    def mac(self, name, mac=None):
        MACS[name] = mac or f"52:54:00:0d:01:{len(MACS):02x}"
        return MACS[name]

    def become(self, name):
        self.machine.become(self.mac(name))
        return self.machine

    def foreign_server(self, bridge, address, pool, mac, *options):
        """A real DHCP server of somebody else, which answers this machine only."""
        namespace = Namespace("foreign")
        end = f"f{len(self.servers)}"
        self.appliance.namespace.ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", namespace.name)
        self.appliance.namespace.ip("link", "set", end, "master", bridge, "up")
        namespace.ip("address", "add", f"{address}/24", "dev", "eth0")
        namespace.ip("link", "set", "eth0", "up")
        namespace.popen(["dnsmasq", "-k", "--conf-file=/dev/null", "--port=0", "--log-facility=/dev/null", "--pid-file=", "--leasefile-ro", "--no-ping",
                         "--interface=eth0", f"--dhcp-range={pool},{pool}", f"--dhcp-host={mac},set:ours", "--dhcp-ignore=tag:!ours",
                         "--dhcp-authoritative", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.servers.append(namespace)

    def close(self):
        self.machine.close()
        for wire in self.wires.values():
            wire.namespace.delete()
        for server in self.servers:
            server.delete()

    # ---- DHCP

    def no_offer_denied(self):
        self.wires["pxe0"].discovers(self.mac("no-offer-denied", DENIED))

    def no_offer_ignored(self):
        self.wires["pxe2"].discovers(self.mac("no-offer-ignored"))

    def no_offer_pool_empty(self):
        wire = self.wires["pxe3"]
        mac, xid = "52:54:00:0d:20:01", 99
        wire.dhcp(mac, "discover", xid)
        wire.dhcp(mac, "request", xid, more=[("requested_addr", "10.7.0.10"), ("server_id", "10.7.0.1")])
        self.appliance.wait("the only address is leased", lambda: self.appliance.call("Network.ListLeases", network="tiny")["leases"])
        wire.discovers(self.mac("no-offer-pool-empty"))

    def no_offer_wrong_vlan(self):
        self.wires["pxe0"].discovers(self.mac("no-offer-wrong-vlan"), vlan=100)

    def no_offer_relay_unknown(self):
        mac, wire, xid = self.mac("no-offer-relay-unknown"), self.wires["pxe0"], 77
        for seconds in (0, 4, 8):
            wire.send(scapy.Ether(src="52:54:00:0d:99:99", dst="ff:ff:ff:ff:ff:ff") / scapy.IP(src="10.99.0.1", dst="255.255.255.255") /
                      scapy.UDP(sport=67, dport=67) / scapy.BOOTP(chaddr=scapy.mac2str(mac), xid=xid, giaddr="10.99.0.1", hops=1, secs=seconds) /
                      scapy.DHCP(options=[("message-type", "discover"), ("vendor_class_id", b"PXEClient:Arch:00000:UNDI:002001"), (93, b"\0\0"), "end"]))

    def no_offer(self):
        """dnsmasq is there and says nothing."""
        os.kill(self.appliance.children()["dnsmasq:mute"], signal.SIGSTOP)
        self.wires["pxe4"].discovers(self.mac("no-offer"))

    def no_offer_proxy(self):
        self.wires["pxe1"].discovers(self.mac("no-offer-proxy"), arch=7)

    def offer_not_requested(self):
        self.wires["pxe0"].discovers(self.mac("offer-not-requested"), count=3)

    def offer_not_requested_foreign(self):
        mac = self.mac("offer-not-requested-foreign", FOREIGN_MAC)
        self.foreign_server("pxe0", "192.0.2.66", "192.0.2.77", mac, "--dhcp-boot=evil.0")
        self.choose_foreign("pxe0", mac, "192.0.2.66", "192.0.2.77")

    def offer_not_requested_proxy(self):
        mac = self.mac("offer-not-requested-proxy", PROXIED_MAC)
        self.foreign_server("pxe1", "198.51.100.66", "198.51.100.77", mac)
        self.choose_foreign("pxe1", mac, "198.51.100.66", "198.51.100.77", arch=7)

    def choose_foreign(self, bridge, mac, server, address, **options):
        wire, xid = self.wires[bridge], random.getrandbits(32)

        def offered():
            wire.dhcp(mac, "discover", xid, **options)
            return any(step["kind"] == "offer" and step.get("server") == server for step in self.steps(mac))

        self.appliance.wait(f"{server} offers", offered)
        wire.dhcp(mac, "request", xid, more=[("requested_addr", address), ("server_id", server)], **options)

    def address_declined(self):
        machine = self.become("address-declined")
        answer = machine.dhcp(FIRMWARE)
        self.wires["pxe0"].dhcp(machine.mac, "decline", 5, more=[("requested_addr", answer.address), ("server_id", SERVER)])

    def nak(self):
        self.wires["pxe0"].dhcp(self.mac("nak"), "request", 6, more=[("requested_addr", "10.99.9.9")])

    # ---- TFTP

    def tftp_socket(self, request):
        with self.machine.namespace.entered():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(PATIENCE)
        sock.sendto(request, (SERVER, 69))
        self.open.append(sock)
        return sock

    @staticmethod
    def rrq(name, **options):
        return struct.pack("!H", 1) + b"\0".join([name.encode(), b"octet", *(word.encode() for option in options.items() for word in option), b""])

    def tftp_timeout_request(self):
        """in.tftpd is there and does not answer."""
        namespace = self.wires["pxe4"].namespace
        os.kill(self.appliance.children()["in.tftpd:mute"], signal.SIGSTOP)
        namespace.ip("link", "set", "eth0", "address", self.mac("tftp-timeout-request"))
        namespace.ip("address", "add", "10.8.0.200/24", "dev", "eth0")
        with namespace.entered():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.open.append(sock)
        for _ in range(2):
            sock.sendto(self.rrq("undionly.kpxe"), ("10.8.0.1", 69))
            time.sleep(0.3)  # what comes at once again is one frame seen twice

    def tftp_timeout_options(self):
        self.become("tftp-timeout-options").dhcp(FIRMWARE)
        packet, _ = self.tftp_socket(self.rrq("undionly.kpxe", blksize="1468", tsize="0")).recvfrom(2048)
        assert packet[:2] == b"\0\6"

    def tftp_timeout_mtu(self):
        self.become("tftp-timeout-mtu").dhcp(FIRMWARE)
        sock = self.tftp_socket(self.rrq("undionly.kpxe", blksize="1468", tsize="0"))
        packet, peer = sock.recvfrom(2048)
        sock.sendto(b"\0\4\0\0", peer)
        assert sock.recvfrom(2048)[0][:4] == b"\0\3\0\1"

    def tftp_stalled(self):
        self.become("tftp-stalled").dhcp(FIRMWARE)
        sock = self.tftp_socket(self.rrq("undionly.kpxe", blksize="512", tsize="0"))
        _, peer = sock.recvfrom(2048)
        for block in range(4):
            sock.sendto(struct.pack("!HH", 4, block), peer)
            sock.recvfrom(2048)

    def tftp_file_missing(self):
        self.become("tftp-file-missing").dhcp(FIRMWARE)
        assert self.tftp_socket(self.rrq("no-such.efi")).recvfrom(2048)[0][:4] == b"\0\5\0\1"

    def tftp_refused(self):
        self.become("tftp-refused").dhcp(FIRMWARE)
        packet = self.tftp_socket(self.rrq("undionly.kpxe", blksize="1")).recvfrom(2048)[0]
        if packet[:2] != b"\0\5":  # it takes any size: a write is refused by each
            packet = self.tftp_socket(struct.pack("!H", 2) + b"x\0octet\0").recvfrom(2048)[0]
        assert packet[:2] == b"\0\5" and packet[:4] != b"\0\5\0\1", packet

    # ---- loaders

    def loader_wrong_architecture(self):
        machine = self.become("loader-wrong-architecture")
        answer = machine.dhcp({"arch": 7})
        machine.tftp(answer.next_server, "undionly.kpxe")

    def loader_not_started(self):
        machine = self.become("loader-not-started")
        answer = machine.dhcp({"arch": 7})
        machine.tftp(answer.next_server, answer.file)

    def ipxe_loop(self):
        """iPXE of a vendor that does not say that it is iPXE."""
        machine = self.become("ipxe-loop")
        for _ in range(4):
            answer = machine.dhcp(FIRMWARE)
            machine.tftp(answer.next_server, answer.file)

    def script_not_fetched(self):
        self.become("script-not-fetched").firmware()

    # ---- scripts and files

    def script_refused(self):
        machine = self.become("script-refused")
        # of the network that ignores whom it does not know
        machine.request_refused = self.http_boot(machine.mac, "pxe3", "10.7.0.200", "10.7.0.1")
        assert "ignores" in machine.request_refused

    def http_boot(self, mac, bridge, address, server):
        wire = self.wires[bridge]
        wire.namespace.ip("address", "replace", f"{address}/24", "dev", "eth0")
        return wire.namespace.run(["curl", "-s", "-m", str(PATIENCE), f"http://{server}:8080/boot?mac={mac}"]).stdout

    def assigned(self, name, profile):
        """A node that boots this profile, and its script."""
        machine = self.become(name)
        node = self.appliance.call("Node.Create", name=name, macs=[machine.mac])["node"]
        self.appliance.call("Node.SetBoot", node=node["id"], profile=profile, wait=True)
        machine.firmware()
        return machine, machine.script()

    def file_missing(self):
        self.appliance.set_kernel_profile("gone")
        machine, script = self.assigned("file-missing", "gone")
        (self.appliance.images / "gone" / "vmlinuz").unlink()
        assert machine.request("GET", script.urls[0])[0] == 404

    def kernel_not_fetched(self):
        self.appliance.set_kernel_profile("whole")
        self.assigned("kernel-not-fetched", "whole")

    def kernel_stalled(self):
        self.appliance.set_kernel_profile("large")
        (self.appliance.images / "large" / "vmlinuz").write_bytes(bytes(64 << 20))
        machine, script = self.assigned("kernel-stalled", "large")
        host, port, target = re.fullmatch(r"http://([\d.]+):(\d+)(/.*)", script.urls[0]).groups()
        with machine.namespace.entered():
            sock = socket.create_connection((host, int(port)), timeout=PATIENCE)
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        sock.recv(100_000)
        self.open.append(sock)
        self.appliance.wait("bytes are told", lambda: any(step["kind"] == "file" and step["bytes"] for step in self.steps(machine.mac)))

    # ---- the ramdisk

    def inspected(self, name):
        machine = self.become(name)
        script = machine.script(machine.firmware())
        assert machine.load(script)
        return machine, script

    def agent_silent(self):
        self.inspected("agent-silent")

    def agent_stalled(self):
        machine, script = self.inspected("agent-stalled")
        machine.dhcp(OS)
        machine.post(script.callback.replace("/v1/continue", "/v1/agent"), {"state": "collecting", "message": None, "mac": machine.mac})

    def inventory_refused(self):
        machine, script = self.inspected("inventory-refused")
        # what is told of a boot's end is what was known of it then: each worker tells in its own time
        self.appliance.wait("its ramdisk has started",
                            lambda: any(step["kind"] == "started" for boot in self.appliance.boots(machine.mac)[:1] for step in boot["steps"]))
        payload = json.dumps(machine.inventory()).replace(machine.mac, "52:54:00:00:99:99").replace(machine.mac.replace(":", "-"), "52-54-00-00-99-99")
        status, body = machine.request("POST", script.callback, payload.encode())
        assert status == 403, body

    def agent_failed(self):
        machine, script = self.inspected("agent-failed")
        payload = machine.inventory()
        payload["error"] = "no disk was found"
        machine.post(script.callback, payload)

    # ---- over and over

    def boot_loops(self):
        machine = self.become("boot-loops")
        for _ in range(5):
            machine.script(machine.firmware())

    def steps(self, mac):
        boot = self.appliance.newest(mac)
        return boot["steps"] if boot else []

    def outcome(self, name):
        boot = self.appliance.newest(MACS[name])
        return boot and boot["outcome"]

    def is_told(self, name, kind, what):
        steps = [step for step in self.steps(MACS[name]) if step["kind"] == kind]
        if isinstance(what, str):
            return any(step.get("transfer") == what for step in steps)
        return sum(1 + (step.get("repeats") or 0) for step in steps) >= what


# What the evidence or reason is to name.
EXPECTED = {
    "no-offer-denied": "deny", "no-offer-ignored": "DHCP is off", "no-offer-pool-empty": "1 of the pool's 1", "no-offer-wrong-vlan": "VLAN 100",
    "no-offer-relay-unknown": "10.99.0.1", "no-offer": "2 DISCOVERs", "no-offer-proxy": "Nobody gives addresses", "offer-not-requested": "3 DISCOVERs",
    "offer-not-requested-foreign": "192.0.2.66 offered 192.0.2.77, boot file evil.0", "offer-not-requested-proxy": "198.51.100.66 gave the address 198.51.100.77",
    "address-declined": "DECLINE", "nak": "10.99.9.9", "tftp-timeout-request": "10.8.0.1 does not answer", "tftp-timeout-options": "undionly.kpxe",
    "tftp-timeout-mtu": "1500", "tftp-stalled": " bytes", "tftp-file-missing": "no-such.efi", "tftp-refused": "TFTP error",
    "loader-wrong-architecture": "undionly.kpxe is for x86 under BIOS", "loader-not-started": "snponly.efi", "ipxe-loop": "3 times",
    "script-not-fetched": "boot.ipxe", "script-refused": "ignores unknown machines", "file-missing": "gone/vmlinuz", "kernel-not-fetched": "profile whole",
    "kernel-stalled": "large/vmlinuz", "agent-silent": "driver", "agent-stalled": "collecting", "inventory-refused": "this inventory does not have",
    "agent-failed": "no disk was found", "boot-loops": "4 boots",
}
# What is known of it when all has been told: how often a kind of step was seen, or how far the transfer has got.
TOLD = {
    **dict.fromkeys(["no-offer-denied", "no-offer-ignored", "no-offer-pool-empty", "no-offer-wrong-vlan", "no-offer"], {"discover": 2}),
    "no-offer-relay-unknown": {"discover": 3}, "no-offer-proxy": {"discover": 2, "offer": 1}, "offer-not-requested": {"discover": 3, "offer": 1},
    "offer-not-requested-foreign": {"acknowledge": 1, "nak": 1}, "offer-not-requested-proxy": {"acknowledge": 1}, "address-declined": {"nak": 1},
    "nak": {"nak": 1}, "tftp-timeout-request": {"tftp": 2}, "tftp-timeout-options": {"tftp": "options"}, "tftp-timeout-mtu": {"tftp": "agreed"},
    **dict.fromkeys(["tftp-stalled", "loader-wrong-architecture", "loader-not-started", "ipxe-loop"], {"tftp": "data"}),
    **dict.fromkeys(["tftp-file-missing", "tftp-refused"], {"tftp": "refused"}), "script-not-fetched": {"acknowledge": 2},
    **dict.fromkeys(["script-refused", "file-missing", "inventory-refused"], {"refused": 1}), **dict.fromkeys(["kernel-not-fetched", "boot-loops"], {"script": 1}),
    "kernel-stalled": {"file": 1}, "agent-silent": {"started": 1}, "agent-stalled": {"started": 1, "agent": 1}, "agent-failed": {"inventory": 1},
}
LATE = {"agent-silent": 190, "agent-stalled": 310}
# They have ended by themselves, or are told without a wait.
ENDED = {"ipxe-loop", "script-refused", "file-missing", "inventory-refused", "agent-failed", "boot-loops"}


@pytest.fixture(scope="module")
def appliance():
    with DiagnosedAppliance() as appliance:
        yield appliance


@pytest.fixture(scope="module")
def told(appliance):
    """All scenes, one after the other, and then silence: {signature: the boot that is to have it}."""
    scenes = Scenes(appliance)
    try:
        machine = scenes.become("healthy")
        machine.boot()
        for name in EXPECTED:
            getattr(scenes, name.replace("-", "_"))()
        # each worker tells in its own time: all is known before the clock goes on
        appliance.wait("the healthy boot has ended", lambda: scenes.outcome("healthy") == "inspected")
        for name, steps in TOLD.items():
            for kind, what in steps.items():
                appliance.wait(lambda: f"{name}: {kind} {what}, of {json.dumps(appliance.boots(MACS[name]))}", lambda: scenes.is_told(name, kind, what))
        boots = {}

        def take(names):
            def all_diagnosed():
                boots.update({name: appliance.newest(MACS[name]) for name in names})
                return all(boots[name]["diagnosis"] for name in names)
            with contextlib.suppress(TimeoutError):
                appliance.wait("all have a diagnosis", all_diagnosed)

        appliance.clock.forward(100)
        take([name for name in EXPECTED if name not in LATE])
        passed = 100
        for name, seconds in LATE.items():
            appliance.clock.forward(seconds - passed)
            passed = seconds
            take([name])
        yield boots
    finally:
        scenes.close()


@pytest.mark.parametrize("name", EXPECTED)
def test_signature(appliance, told, name):
    # the last of a machine that begins over and over has only begun
    boot = appliance.boots(MACS[name])[1] if name in ("boot-loops", "ipxe-loop") else told[name]
    diagnosis = boot["diagnosis"]
    steps = [{key: value for key, value in step.items() if value is not None} for step in boot["steps"]]
    assert diagnosis and diagnosis["signature"] == name, json.dumps([diagnosis, boot["outcome"], steps], indent=1)
    words = [diagnosis["reason"], *diagnosis["evidence"]]
    assert any(EXPECTED[name] in text for text in words), words
    assert diagnosis["evidence"] and diagnosis["fix"] and "MAC" not in diagnosis["confirm"]
    events = [event for event in appliance.events() if event["mac"] == MACS[name]]
    stuck = [event for event in events if event["kind"] == "boot.stuck"]
    if name in ENDED:
        assert any(event["kind"] == "boot.ended" and diagnosis["reason"] in event["message"] for event in events), events
    else:
        assert len(stuck) == 1 and boot["outcome"] in ("running", "silent"), (stuck, boot["outcome"])


def test_every_signature_is_made_here():
    page = (pathlib.Path(__file__).parents[2] / "docs/pxed-diagnosis.7").read_text()
    names = {name.replace("\\-", "-") for name in re.findall(r"^\.SS (\S+)$", page, re.M)}
    assert names - set(EXPECTED) == {"no-discover"}


def test_what_was_never_seen(appliance, told):
    reply = appliance.call("Boot.Diagnose", node="52:54:00:0d:ff:ff")
    assert reply["boot"] is None and reply["diagnosis"]["signature"] == "no-discover"
    node = appliance.call("Node.Create", name="quiet", macs=["52:54:00:0d:ff:fe"])["node"]
    appliance.call("Node.SetBoot", node=node["id"], profile="local")
    diagnosis = appliance.call("Boot.Diagnose", node="quiet")["diagnosis"]
    assert diagnosis["signature"] == "no-discover" and any("told to boot local" in text for text in diagnosis["evidence"])
    with pytest.raises(VarlinkError, match="NotFound"):
        appliance.call("Boot.Diagnose", node="nobody")


def test_a_healthy_boot_shows_none(appliance, told):
    [boot] = appliance.boots(MACS["healthy"])
    assert (boot["outcome"], boot["diagnosis"]) == ("inspected", None)
    assert not [event for event in appliance.events() if event["kind"] == "boot.stuck" and event["mac"] == MACS["healthy"]]
    assert appliance.call("Boot.Diagnose", node=MACS["healthy"])["diagnosis"] is None
    assert appliance.call("Boot.Get", id=boot["id"])["boot"] == boot
    with pytest.raises(VarlinkError, match="NotFound"):
        appliance.call("Boot.Get", id=10**9)
    tftp = next(step for step in boot["steps"] if step["kind"] == "tftp")
    assert tftp["server"] == SERVER and tftp["transfer"] in ("data", "done")
    offer = next(step for step in boot["steps"] if step["kind"] == "offer")
    assert offer["foreign"] is False and offer["options"]["54"] == SERVER


def captured(appliance, boot):
    """The boot, once there is the file of its packets."""
    def asked():
        told = appliance.call("Boot.Get", id=boot["id"])["boot"]
        return told if told.get("capture") else None
    return appliance.wait("a file", asked)


def test_packets_of_a_failed_boot_are_kept(appliance, told):
    boot = captured(appliance, told["file-missing"])
    read = subprocess.run([str(BUILD / "pxed-netcfg"), "--read", boot["capture"]], capture_output=True, text=True, check=True).stdout
    assert f"Boot of {MACS['file-missing']}" in read and "  tftp " in read, read
    # what tests/data/captures has
    for name in ("no-offer", "tftp-file-missing", "offer-not-requested-foreign", "ipxe-loop") if "PXED_CAPTURES" in os.environ else ():
        shutil.copyfile(captured(appliance, told[name])["capture"], pathlib.Path(os.environ["PXED_CAPTURES"]) / f"{name}.pcapng")


def test_pxectl_draws_it(appliance, told):
    shown = appliance.ctl("boot", "show", str(told["offer-not-requested-foreign"]["id"]), "--all")
    assert "192.0.2.66" in shown and "foreign" in shown and "54 = 192.0.2.66" in shown and "offer-not-requested-foreign" in shown
    assert "no-offer-denied" in appliance.ctl("boot", "list", DENIED)
    assert "Nothing is wrong" not in appliance.ctl("diagnose", DENIED)
