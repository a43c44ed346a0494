"""pxed-netcfg beside real DHCPv6: dnsmasq serves and relays it, the kernel discovers its neighbours, scapy is the machine."""
import pathlib
import socket
import subprocess
import uuid

import pytest
import scapy.all as scapy
from scapy.layers import dhcp6 as d6

from netcfg_daemon import appliance, bus, client, start  # noqa: F401 (fixtures)
from netns import Namespace, connect
from simulated_machine import SimulatedMachine
from waiting import PATIENCE, wait_for
from whole_appliance import WholeAppliance

MAC = "52:54:00:aa:00:01"
UUID = uuid.UUID("2b3f4c5d-1111-4222-8333-0123456789ab")
URL = "tftp://[2001:db8::1]/snponly.efi"
SERVERS = "ff02::1:2"


def skip_detection(namespace):
    """Its link-local addresses are good at once: nobody waits for duplicate address detection."""
    namespace.run(["sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.forwarding=1"])


@pytest.fixture(autouse=True)
def usable_at_once(appliance, client):
    for made in (appliance, client):
        skip_detection(made)


@pytest.fixture
def lab(bus, start):
    """Starts pxed-netcfg on prov0, which is there."""
    def start_it():
        bus.set_network("lab", interface="prov0")
        start()
        bus.wait_for(lambda: [told for told in bus.values("link") if told["carrier"]])
    return start_it


def dnsmasq(where, *options):
    """Ready when it has its port."""
    process = where.popen(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--leasefile-ro", "--bind-dynamic", *options],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: ":0223 " in pathlib.Path(f"/proc/{process.pid}/net/udp6").read_text(), "dnsmasq serves DHCPv6")


class Machine:
    """A UEFI firmware's DHCPv6, as far as a server looks at it."""

    def __init__(self, where):
        wait_for(lambda: "fe80:" in (told := where.ip("-6", "address", "show", "dev", "eth0").stdout) and "tentative" not in told,
                 "the machine has a link-local address")
        with where.entered():
            self.sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.index = socket.if_nametoindex("eth0")
        self.sock.bind(("::", 546))
        self.sock.settimeout(PATIENCE)
        self.said = scapy.Raw(b"".join(map(bytes, (
            d6.DHCP6OptClientId(duid=d6.DUID_UUID(uuid=uuid.UUID(bytes=UUID.bytes_le))), d6.DHCP6OptElapsedTime(elapsedtime=0),
            d6.DHCP6OptOptReq(reqopts=[23, 59]), d6.DHCP6OptClientArchType(archtypes=[7]),
            d6.DHCP6OptVendorClass(enterprisenum=343, vcdata=[d6.VENDOR_CLASS_DATA(data=b"PXEClient:Arch:00007:UNDI:003016")])))))

    def ask(self, message):
        self.sock.sendto(bytes(message / self.said), (SERVERS, 547, 0, self.index))
        return d6.DHCP6_Reply(self.sock.recv(2048))  # the messages of a server are all alike

    def boot(self):
        """Solicit, Advertise, Request, Reply. Returns the address."""
        offer = self.ask(d6.DHCP6_Solicit(trid=7) / d6.DHCP6OptIA_NA(iaid=1))
        assert offer.msgtype == 2
        reply = self.ask(d6.DHCP6_Request(trid=8) / d6.DHCP6OptServerId(duid=offer[d6.DHCP6OptServerId].duid) /
                         d6.DHCP6OptIA_NA(iaid=1))
        assert reply.msgtype == 7
        return reply[d6.DHCP6OptIAAddress].addr


def steps(bus):
    return [step for step in bus.values("step") if step["mac"] == MAC]


def sighting(bus):
    found = [seen for seen in bus.values("sighting") if seen["mac"] == MAC]
    return found[-1] if found else None


SERVED = ["--dhcp-match=set:efi64,option6:61,7", f"--dhcp-option=tag:efi64,option6:bootfile-url,{URL}"]


def check_boot(bus, address, server=None):
    told = bus.wait_for(lambda: len(steps(bus)) >= 4 and steps(bus))
    assert [step["kind"] for step in told] == ["discover", "offer", "request", "acknowledge"]
    for step in told:
        assert (step["protocol"], step["stage"], step["architecture"], step["uuid"]) == ("dhcp6", "firmware", 7, str(UUID))
    assert [step["xid"] for step in told] == [7, 7, 8, 8]
    assert told[1]["address"] == told[3]["address"] == address and told[3]["file"] == URL
    assert told[3]["options"]["59"] == URL and told[3]["options"]["5"] == address
    assert told[1]["foreign"] is told[3]["foreign"] is False and told[0]["foreign"] is None
    seen = bus.wait_for(lambda: (s := sighting(bus)) and address in s["addresses"] and s)
    assert "dhcp6" in seen["protocols"] and (seen["uuid"], seen["architecture"]) == (str(UUID), 7)
    return told, seen


def test_a_machine_boots_by_dhcp6(appliance, client, bus, lab):
    connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24", client_mac=MAC)
    appliance.ip("address", "add", "2001:db8::1/64", "dev", "prov0", "nodad")
    lab()
    dnsmasq(appliance, "--interface=prov0", "--dhcp-range=2001:db8::100,2001:db8::1ff,64,1h", *SERVED)
    address = Machine(client).boot()
    told, _ = check_boot(bus, address)
    assert told[1]["server"].startswith("fe80::")

    # what it does with the address is neighbour discovery: the kernel's own
    client.ip("address", "add", f"{address}/64", "dev", "eth0", "nodad")
    with client.entered():
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"hello", ("2001:db8::1", 9))
    bus.wait_for(lambda: "nd" in sighting(bus)["protocols"] and sighting(bus)["addresses"][0] == address)
    assert {seen["mac"] for seen in bus.values("sighting")} == {MAC}, "the appliance is no machine"


def test_no_address_left(appliance, client, bus, lab):
    connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24", client_mac=MAC)
    appliance.ip("address", "add", "2001:db8::1/64", "dev", "prov0", "nodad")
    lab()
    dnsmasq(appliance, "--interface=prov0", "--dhcp-range=2001:db8::100,2001:db8::100,64,1h",
            "--dhcp-host=id:00:03:00:01:52:54:00:00:00:99,[2001:db8::100]")
    Machine(client).ask(d6.DHCP6_Solicit(trid=7) / d6.DHCP6OptIA_NA(iaid=1))
    told = bus.wait_for(lambda: len(steps(bus)) >= 2 and steps(bus))
    assert [step["kind"] for step in told] == ["discover", "nak"]
    assert "refused: no addresses available (status 2)" in told[1]["detail"] and told[1]["options"]["13"].startswith("2 ")


def test_a_machine_boots_through_a_relay(appliance, client, bus, lab):
    with Namespace("relay") as relay:
        skip_detection(relay)
        connect(appliance, "prov0", relay, "up0", address="192.0.2.1/24", client_mac="52:54:00:cc:00:01")
        connect(relay, "down0", client, "eth0", client_mac=MAC)
        appliance.ip("address", "add", "2001:db8::1/64", "dev", "prov0", "nodad")
        appliance.ip("route", "add", "2001:db8:1::/64", "via", "2001:db8::2")
        relay.ip("address", "add", "2001:db8::2/64", "dev", "up0", "nodad")
        relay.ip("address", "add", "2001:db8:1::1/64", "dev", "down0", "nodad")
        lab()
        dnsmasq(appliance, "--interface=prov0", "--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,1h", *SERVED)
        dnsmasq(relay, "--dhcp-relay=2001:db8:1::1,2001:db8::1")
        told, seen = check_boot(bus, Machine(client).boot())
        assert all("by relay 2001:db8:1::1" in step["detail"] for step in told)
        assert seen["relay"] == "2001:db8:1::1"
        bus.wait_for(lambda: any(s["mac"] == "52:54:00:cc:00:01" and "nd" in s["protocols"] for s in bus.values("sighting")))


def link_local(appliance, interface):
    with appliance.inside():
        shown = subprocess.check_output(["ip", "-6", "address", "show", "dev", interface, "scope", "link"], text=True)
    return "inet6" in shown and "tentative" not in shown


def test_the_whole_appliance_tells_it():
    """pxed takes all that pxed-netcfg tells of it: the boot's steps and what was seen of the machine."""
    with WholeAppliance() as appliance:
        appliance.wait_ready()
        machine = SimulatedMachine(appliance, 1)
        machine.become(MAC)
        appliance.namespace.ip("address", "add", "2001:db8::1/64", "dev", "pxe0", "nodad")
        # dnsmasq answers from the link-local address once the kernel has found that nobody else has it
        appliance.wait("pxe0 has its link-local address", lambda: link_local(appliance, "pxe0"))
        dnsmasq(appliance.namespace, "--interface=pxe0", "--dhcp-range=2001:db8::100,2001:db8::1ff,64,1h", *SERVED)
        address = Machine(machine.namespace).boot()

        def steps():
            return [step for boot in appliance.boots(MAC) for step in boot["steps"]]
        appliance.wait("the boot was told", lambda: len(steps()) >= 4)
        assert [(step["kind"], step["protocol"], step["stage"], step["address"]) for step in steps()] == [
            ("discover", "dhcp6", "firmware", None), ("offer", "dhcp6", "firmware", address), ("request", "dhcp6", "firmware", None),
            ("acknowledge", "dhcp6", "firmware", address)]
        assert steps()[3]["file"] == steps()[3]["options"]["59"] == URL and steps()[3]["server"].startswith("fe80::")

        def sighting():
            return next((seen for seen in appliance.call("Network.ListSightings", mac=MAC)["sightings"] if address in seen["addresses"]), None)
        seen = appliance.wait("the machine is seen", sighting)
        assert "dhcp6" in seen["protocols"] and seen["uuid"] == str(UUID)
        machine.close()
