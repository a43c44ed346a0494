"""pxed-netcfg's capture: what passes its filter with no, one and two VLAN tags, networks that share an interface, and ports of bridges."""
import os
import pathlib
import signal
import socket

import pytest
import scapy.all as scapy

from fake_bus import FakeBus
from netns import Namespace, connect

BUILD = pathlib.Path(os.environ.get("PXED_BUILD", "build")).resolve()
LLDP_GROUP = "01:80:c2:00:00:0e"


@pytest.fixture
def appliance():
    with Namespace("appliance") as namespace:
        yield namespace


@pytest.fixture
def client():
    with Namespace("client") as namespace:
        yield namespace


@pytest.fixture
def bus(tmp_path):
    bus = FakeBus(str(tmp_path / "run"))
    yield bus
    bus.stop()


@pytest.fixture
def start(appliance, bus, tmp_path):
    """Starts pxed-netcfg; at the end it must have ended in order."""
    started = []

    def start_it():
        process = appliance.popen([str(BUILD / "pxed-netcfg"), "--runtime-dir", str(tmp_path / "run"), "--state-dir", str(tmp_path / "state"),
                                   "--log-level", "debug"])
        started.append(process)
        bus.wait_applied("netcfg")
        return process
    yield start_it
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


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


class Wire:
    """Sends frames as they are into an interface."""

    def __init__(self, namespace, interface):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))

    def send(self, *frames):
        for frame in frames:
            self.socket.send(bytes(frame))


def link(bus, network):
    return [link for link in bus.values("link") if link["network"] == network][-1]


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


def captured(bus, network="lab"):
    return link(bus, network)["captured"]
