"""pxed-dhcp on the wire: who gets which address and which file."""
import os
import shutil
import socket
import subprocess
import time

import pytest
from scapy.layers.dhcp import BOOTP

from dhcp_daemon import BUILD, CLIENT_MAC, LOADER_URL, SCRIPT_URL, SERVER, DhcpDaemon, Machine, daemon, solicit_router  # noqa: F401
from netns import wait_dead
from waiting import PATIENCE

IPXE = {"user_class": b"iPXE", "ipxe_option": True}


@pytest.fixture(scope="module")
def shared():
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0", gateway="192.0.2.150", dns=["192.0.2.9", "2001:db8::9"], ntp=["192.0.2.10"],
                               domain="lab.example")
        daemon.start()
        yield daemon


@pytest.mark.parametrize("stage, file, option_60", [
    ({"arch": 0}, "undionly.kpxe", None),
    ({"arch": 7}, "snponly.efi", None),
    ({"arch": 9}, "snponly.efi", None),
    ({"arch": 16}, LOADER_URL, b"HTTPClient"),
    ({"arch": 0, **IPXE}, SCRIPT_URL, None),
    ({"arch": 7, **IPXE}, SCRIPT_URL, None),
    ({"arch": 9, **IPXE}, SCRIPT_URL, None),
    # iPXE that was loaded by HTTP boot may go on to say so
    ({"arch": 16, **IPXE}, SCRIPT_URL, None),
    ({"arch": 7, "user_class": b"iPXE"}, SCRIPT_URL, None),
    # a vendor's iPXE without the user class is firmware
    ({"arch": 0, "ipxe_option": True}, "undionly.kpxe", None),
    ({"arch": 7, "ipxe_option": True}, "snponly.efi", None),
    ({}, "", None),
    ({"arch": 11}, "", None),
])
def test_boot_file(shared, stage, file, option_60):
    answer = Machine(shared).boot(**stage)
    assert (answer.file, answer.next_server) == (file, SERVER if file else answer.next_server)
    assert answer.option("vendor_class_id") == option_60
    assert answer.option("boot-file-name") is None
    # iPXE, and nobody else, is told not to wait for a proxyDHCP server: its option 175, holding 176 = 1
    assert answer.option(175) == (b"\xb0\x01\x01\xff" if stage.get("ipxe_option") or stage.get("user_class") else None)


def test_options(shared):
    options = Machine(shared).boot(arch=0).options
    assert options["router"] == "192.0.2.150"
    assert options["name_server"] == "192.0.2.9"
    assert options["domain"].rstrip(b"\0") == b"lab.example"
    assert options["lease_time"] == 3600
    assert options["server_id"] == SERVER


def test_appliance_is_no_router(daemon):
    options = Machine(daemon).boot(arch=0).options
    assert "router" not in options and "name_server" not in options


def test_stages_keep_one_address(shared):
    """Firmware, iPXE and two systems with client ids of their own are one machine."""
    machine = Machine(shared, "52:54:00:00:00:77")
    stages = [{"arch": 7, "client_id": b"\0" + bytes(16)}, {"arch": 7, "client_id": b"\x01\x52\x54\0\0\0\x77", **IPXE},
              {"client_id": b"\xff\0\0\0\x01\0\x02" + bytes(12)}, {"client_id": b"\x01\x52\x54\0\0\0\x77"}, {}]
    assert len({machine.boot(**stage).address for stage in stages}) == 1
    shared.bus.wait_for(lambda: "52:54:00:00:00:77" in shared.leases())
    assert len({lease["address"] for lease in shared.bus.values("lease") if lease["mac"] == "52:54:00:00:00:77"}) == 1


def test_gateway_is_never_given(shared):
    """It lies in the pool. The machine asks for it by name."""
    machine = Machine(shared, "52:54:00:00:00:78")
    offer = machine.discover()
    offer.address = "192.0.2.150"
    answer = machine.request(offer)
    assert answer is None or answer.kind == 6


def test_udhcpc(daemon):
    script = f"{daemon.folder}/script"
    with open(script, "w") as file:
        file.write('#!/bin/sh\n[ "$1" = bound ] && echo "bound ip=$ip file=$boot_file server=$siaddr lease=$lease"\nexit 0\n')
    os.chmod(script, 0o755)
    output = daemon.client.run(["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "3", "-s", script, "-x", "0x5d:0007"]).stdout
    lease = daemon.bus.wait_for(lambda: daemon.bus.values("lease"))[0]
    assert f"bound ip={lease['address']} file=snponly.efi server={SERVER} lease=3600" in output
    assert lease["mac"] == CLIENT_MAC and lease["network"] == "lab" and not lease["ended"]
    assert abs(lease["expires"] / 1e6 - time.time() - 3600) < 10


def test_release(daemon):
    machine = Machine(daemon)
    machine.release(machine.boot())
    daemon.bus.wait_for(lambda: daemon.bus.values("lease") and daemon.bus.values("lease")[-1]["ended"])


def test_denied_then_not(daemon):
    daemon.bus.set_entry(f"host/{CLIENT_MAC}", mac=CLIENT_MAC, denied=True)
    daemon.bus.wait_applied("dhcp")
    machine, other = Machine(daemon), Machine(daemon, "52:54:00:00:00:02")
    assert machine.discover(arch=0, timeout=0.5) is None
    assert other.boot(arch=0)
    pid = daemon.child()["pid"]

    daemon.bus.remove(f"host/{CLIENT_MAC}")
    daemon.bus.wait_applied("dhcp")
    assert machine.boot(arch=0)
    assert daemon.child()["pid"] == pid, "a change of hosts restarted dnsmasq"


def test_denied_on_another_network_only(daemon):
    daemon.bus.set_entry(f"host/{CLIENT_MAC}", mac=CLIENT_MAC, network="elsewhere", denied=True)
    daemon.bus.wait_applied("dhcp")
    assert Machine(daemon).boot(arch=0)


def test_reservation(daemon):
    machine = Machine(daemon)
    machine.boot(arch=0)
    daemon.bus.set_entry(f"host/{CLIENT_MAC}", mac=CLIENT_MAC, address="192.0.2.50", denied=False)
    daemon.bus.wait_applied("dhcp")
    for stage in {"arch": 0, "client_id": b"\0" + bytes(16)}, {"arch": 0, **IPXE}, {}:
        assert machine.boot(**stage).address == "192.0.2.50"
    daemon.bus.wait_for(lambda: daemon.leases().get(CLIENT_MAC) == "192.0.2.50")
    # and the newest that pxed was told is the address that it has, not the end of the one before
    assert not daemon.bus.values("lease")[-1]["ended"]


def test_many_hosts_are_few_hangups(daemon):
    for i in range(200):
        mac = f"52:54:00:01:00:{i:02x}"
        daemon.bus.set_entry(f"host/{mac}", mac=mac, denied=True)
    daemon.bus.wait_applied("dhcp")
    assert Machine(daemon, "52:54:00:01:00:c7").discover(timeout=0.3) is None
    reads = [line for line in daemon.child()["lastLines"] if line.endswith("lab.hosts")]
    assert len(reads) < 10


def test_change_of_one_network_leaves_the_other(daemon):
    daemon.appliance.ip("link", "add", "prov1", "type", "bridge")
    daemon.appliance.ip("address", "add", "198.51.100.1/24", "dev", "prov1")
    daemon.appliance.ip("link", "set", "prov1", "up")
    daemon.bus.set_network("two", interface="prov1", address="198.51.100.1/24", poolStart="198.51.100.10", poolEnd="198.51.100.20")
    second = daemon.wait_ready("two")
    first = daemon.child("lab")
    daemon.bus.set_network("lab", interface="prov0", poolStart="192.0.2.30", poolEnd="192.0.2.31")
    daemon.bus.wait_applied("dhcp")
    assert daemon.wait_ready("lab")["pid"] != first["pid"]
    assert daemon.wait_ready("two")["pid"] == second["pid"]
    assert Machine(daemon).boot().address in ("192.0.2.30", "192.0.2.31")
    assert first["restarts"] == 0 and daemon.child("lab")["reason"] is None


def test_applied_means_on_the_wire(daemon):
    """After each change of the pool was applied the very next offer is from it."""
    for i in range(10):
        first = 20 + 10 * i
        daemon.bus.set_network("lab", interface="prov0", poolStart=f"192.0.2.{first}", poolEnd=f"192.0.2.{first + 5}")
        daemon.bus.wait_applied("dhcp")
        answer = Machine(daemon, f"52:54:00:00:01:{i:02x}").discover()
        assert answer and first <= int(answer.address.split(".")[3]) <= first + 5


def test_mode_off_and_on(daemon):
    daemon.bus.set_network("lab", interface="prov0", dhcp="off")
    daemon.bus.wait_for(lambda: daemon.child()["state"] == "stopped" and daemon.child()["pid"] is None)
    assert Machine(daemon).discover(timeout=0.3) is None
    daemon.bus.set_network("lab", interface="prov0")
    daemon.wait_ready()
    assert Machine(daemon).boot()


def test_removed_network(daemon):
    daemon.bus.remove("network/lab")
    daemon.bus.wait_for(lambda: daemon.child() is None)
    daemon.bus.wait_applied("dhcp")
    assert Machine(daemon).discover(timeout=0.3) is None
    daemon.bus.set_network("lab", interface="prov0")
    daemon.wait_ready()
    assert Machine(daemon).boot()


def test_http_port(daemon):
    daemon.bus.set_entry("settings", **{**daemon.bus.entries["settings"], "httpPort": 8088})
    daemon.bus.wait_applied("dhcp")
    assert Machine(daemon).boot(arch=0, **IPXE).file == f"http://{SERVER}:8088/boot.ipxe"


def test_proxy(daemon):
    """Another server gives the addresses; ours adds server and file."""
    daemon.bus.set_network("lab", interface="prov0", dhcp="proxy", poolStart=None, poolEnd=None)
    daemon.bus.wait_applied("dhcp")
    daemon.wait_ready()
    machine = Machine(daemon)
    assert machine.discover(timeout=0.3) is None, "a client that is not PXE was answered"
    bios = machine.discover(arch=0)
    assert (bios.address, bios.next_server, bios.file) == ("0.0.0.0", SERVER, "undionly.kpxe")
    assert bios.option("vendor_class_id") == b"PXEClient"
    ipxe = machine.discover(arch=0, **IPXE)
    assert (ipxe.address, ipxe.file) == ("0.0.0.0", SCRIPT_URL)
    # boot the file at once, without a menu: PXE 2.1, option 43, sub-option 6 = 8
    assert bios.option("vendor_specific").startswith(b"\x06\x01\x08")
    # UEFI is told the server, and asks it again at port 4011 when it has an address
    efi = machine.discover(arch=7)
    assert (efi.address, efi.next_server, efi.file) == ("0.0.0.0", SERVER, "")
    daemon.client.ip("address", "add", "192.0.2.77/24", "dev", "eth0")
    with daemon.client.entered():
        second = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    second.bind(("192.0.2.77", 68))
    second.settimeout(PATIENCE)
    second.sendto(machine.packet("request", 5, machine.options(arch=7), "192.0.2.77")[42:], (SERVER, 4011))
    answer = BOOTP(second.recv(4096))
    assert answer.file.rstrip(b"\0") == b"snponly.efi" and answer.siaddr == SERVER


def test_router_solicitation_is_answered(daemon):
    """The interface has a link-local IPv6 address alone. What is advertised makes nobody a router."""
    assert "fe80" in daemon.appliance.run(["ip", "-6", "address", "show", "dev", "prov0"]).stdout
    assert "global" not in daemon.appliance.run(["ip", "-6", "address", "show", "dev", "prov0"]).stdout
    message, source, hop_limit = solicit_router(daemon)
    assert source.startswith("fe80") and hop_limit == 255
    assert message[4:16] == bytes(12), "hop limit, flags or a router's lifetime"
    assert message[16:18] == b"\x01\x01" and len(message) == 24


def test_burst_of_machines_with_close_macs(daemon):
    """A rack of machines: all ask before the first of them is acknowledged; each gets its own address, none a NAK."""
    machines = [Machine(daemon, f"52:54:00:aa:00:{i:02x}") for i in range(40)]
    offers = [machine.discover(arch=0) for machine in machines]
    answers = [machine.request(offer, arch=0) for machine, offer in zip(machines, offers)]
    assert [answer.kind for answer in answers] == [5] * len(machines)
    assert len({answer.address for answer in answers}) == len(machines)


def test_collision_is_recovered_from(daemon):
    """Two machines are offered the same last address; the one that comes too late gets a NAK and, asking again, another."""
    daemon.bus.set_network("lab", interface="prov0", poolStart="192.0.2.10", poolEnd="192.0.2.11")
    daemon.bus.wait_applied("dhcp")
    machines = [Machine(daemon, f"52:54:00:bb:00:{i:02x}") for i in range(8)]
    offers = {}
    for machine in machines:
        offer = machine.discover()
        if offer.address in offers:
            break
        offers[offer.address] = machine, offer
    first, first_offer = offers[offer.address]
    assert first.request(first_offer).kind == 5
    assert machine.request(offer).kind == 6
    assert machine.boot().address != first_offer.address


def test_as_a_user_without_root():
    """As the unit runs it: no root, three capabilities."""
    with DhcpDaemon(user="daemon") as daemon:
        # a user may not look into a build folder that is root's alone
        shutil.copytree(BUILD, f"{daemon.folder}/build", ignore=lambda _, names: [n for n in names if not n.startswith("pxed-dhcp")])
        subprocess.run(["chown", "-R", "daemon", daemon.folder], check=True)
        os.chmod(f"{daemon.runtime}/bus", 0o666)
        daemon.bus.set_network("lab", interface="prov0")
        daemon.build = f"{daemon.folder}/build"
        daemon.start()
        answer = Machine(daemon).boot(arch=7)
        daemon.bus.wait_for(lambda: daemon.leases() == {CLIENT_MAC: answer.address})
        pid = daemon.child()["pid"]
        assert os.stat(f"/proc/{pid}").st_uid == os.stat(daemon.folder).st_uid
        daemon.kill()
        wait_dead(pid, "its dnsmasq")
