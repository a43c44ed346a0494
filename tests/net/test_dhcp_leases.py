"""Leases survive whatever ends: dnsmasq, the daemon, the host, pxed."""
import contextlib
import os
import shutil
import signal
import socket
import time

from dhcp_daemon import BUILD, CLIENT_MAC, DhcpDaemon, Machine, daemon  # noqa: F401
from netns import wait_dead
from waiting import PATIENCE, contention, wait_for


def odd_address(daemon, mac=CLIENT_MAC):
    """A lease that a dnsmasq without memory would not give: another machine has the address that the hash chooses.

    Returns the machine and its address."""
    daemon.bus.set_network("lab", interface="prov0", poolStart="192.0.2.10", poolEnd="192.0.2.10")
    daemon.bus.wait_applied("dhcp")
    machine = Machine(daemon, mac)
    address = machine.boot(arch=0).address
    assert address == "192.0.2.10"
    daemon.bus.set_network("lab", interface="prov0", poolStart="192.0.2.10", poolEnd="192.0.2.250")
    daemon.bus.wait_applied("dhcp")
    assert machine.boot(arch=0).address == address, "the change of the pool lost the lease"
    daemon.bus.wait_for(lambda: daemon.leases().get(mac) == address)
    return machine, address


def test_a_new_machine_would_get_another_address(daemon):
    """That odd_address is odd."""
    daemon.bus.set_network("lab", interface="prov0", poolStart="192.0.2.10", poolEnd="192.0.2.250")
    daemon.bus.wait_applied("dhcp")
    assert Machine(daemon).boot().address != "192.0.2.10"


def test_dnsmasq_killed(daemon):
    machine, address = odd_address(daemon)
    pid = daemon.child()["pid"]
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    daemon.bus.wait_for(lambda: (child := daemon.child())["state"] == "ready" and child["pid"] != pid)
    assert time.monotonic() - killed < contention()
    assert daemon.child()["reason"] == "killed by SIGKILL"
    assert machine.boot(arch=7).address == address


def test_dnsmasq_killed_right_after_the_acknowledgement():
    """What dnsmasq has handed to its helper process still comes, and the next dnsmasq is told no leases before it has."""
    with DhcpDaemon() as daemon:
        daemon.build = f"{daemon.folder}/build"
        os.mkdir(daemon.build)
        shutil.copy(BUILD / "pxed-dhcp", daemon.build)
        with open(f"{daemon.build}/pxed-dhcp-lease", "w") as slow:
            slow.write(f'#!/bin/sh\n[ "$1" = init ] || sleep 0.1\nexec {BUILD}/pxed-dhcp-lease "$@"\n')
        os.chmod(f"{daemon.build}/pxed-dhcp-lease", 0o755)
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start()
        machines = [Machine(daemon, f"52:54:00:cc:00:{i:02x}") for i in range(10)]
        addresses = {machine.mac: machine.boot().address for machine in machines}
        pid = daemon.child()["pid"]
        os.kill(pid, signal.SIGKILL)
        daemon.bus.wait_for(lambda: (child := daemon.child())["state"] == "ready" and child["pid"] != pid)
        stored = open(f"{daemon.state}/dhcp/lab.leases").read()
        assert all(f"{mac} {address} " in stored for mac, address in addresses.items())


def test_daemon_killed(daemon):
    machine, address = odd_address(daemon)
    pid = daemon.child()["pid"]
    daemon.kill()
    wait_dead(pid, "its dnsmasq")
    daemon.bus.observations.clear()
    daemon.start()
    assert machine.boot(arch=0).address == address
    daemon.bus.wait_for(lambda: daemon.leases().get(CLIENT_MAC) == address)


def test_daemon_stopped(daemon):
    """Each lease that was acknowledged is there after an orderly stop, however shortly before."""
    machines = [Machine(daemon, f"52:54:00:dd:00:{i:02x}") for i in range(20)]
    addresses = {machine.mac: machine.boot().address for machine in machines}
    daemon.terminate()
    assert daemon.appliance.pids() == []
    daemon.bus.observations.clear()
    daemon.start()
    daemon.bus.wait_for(lambda: daemon.leases() == addresses)


def test_host_rebooted(daemon):
    """The state folder is what is left; the last bytes of a journal may not be whole lines."""
    machine, address = odd_address(daemon)
    daemon.kill()
    daemon.bus.stop()
    shutil.rmtree(daemon.runtime)
    with open(f"{daemon.state}/dhcp/lab.leases", "a") as journal:
        journal.write("+ 1795226377 52:54:00:0")
    os.makedirs(daemon.runtime)
    daemon.bus.start()
    daemon.start()
    assert machine.boot(arch=0).address == address
    assert Machine(daemon, "52:54:00:00:00:09").boot().address != address


def test_pxed_is_down(daemon):
    """Also a daemon that starts then serves its networks; what it saw is told when pxed is back."""
    machine, address = odd_address(daemon)
    daemon.bus.stop()
    daemon.kill()
    daemon.start(wait=False)
    answer = wait_for(lambda: machine.discover(arch=0, timeout=1), "an offer")
    assert answer.address == address
    new = Machine(daemon, "52:54:00:00:00:33").boot()
    daemon.bus.observations.clear()
    daemon.bus.start()
    daemon.bus.wait_for(lambda: daemon.leases() == {CLIENT_MAC: address, "52:54:00:00:00:33": new.address})


def test_expired_lease_is_not_given_to_dnsmasq(daemon):
    daemon.kill()
    with open(f"{daemon.state}/dhcp/lab.leases", "w") as journal:
        journal.write(f"+ {int(time.time()) - 10} 52:54:00:00:00:aa 192.0.2.111 * *\n")
        journal.write(f"+ {int(time.time()) + 1000} 52:54:00:00:00:ab 192.0.2.112 * *\n")
    daemon.bus.observations.clear()
    daemon.start()
    assert Machine(daemon, "52:54:00:00:00:ab").boot().address == "192.0.2.112"
    told = {lease["mac"]: lease["ended"] for lease in daemon.bus.values("lease")}
    assert told.get("52:54:00:00:00:aa") is not False


def test_machine_moves_to_another_address(daemon):
    """The old lease is told as ended, the new one as held."""
    machine = Machine(daemon)
    old = machine.boot().address
    daemon.bus.wait_for(lambda: daemon.bus.values("lease"))
    daemon.bus.set_entry(f"host/{CLIENT_MAC}", mac=CLIENT_MAC, address="192.0.2.50", denied=False)
    daemon.bus.wait_applied("dhcp")
    assert old != "192.0.2.50" and machine.boot().address == "192.0.2.50"
    last = lambda: {lease["address"]: lease["ended"] for lease in daemon.bus.values("lease")}  # noqa: E731
    daemon.bus.wait_for(lambda: last() == {old: True, "192.0.2.50": False})


def test_journal_stays_small(daemon):
    """Renewals are lines; the file is written anew before they are many times the leases."""
    daemon.kill()
    line = f"+ {int(time.time()) + 1000} 52:54:00:00:00:ab 192.0.2.112 * *\n"
    with open(f"{daemon.state}/dhcp/lab.leases", "w") as journal:
        journal.write(line * 5000)
    daemon.start()
    assert os.path.getsize(f"{daemon.state}/dhcp/lab.leases") == len(line)


def test_journal_cannot_be_written(daemon):
    """A full disk: machines are served, the problem is told, and goes when there is room; nothing is lost then."""
    daemon.terminate()
    folder = f"{daemon.state}/dhcp"
    os.system(f"mount -t tmpfs -o size=64k pxed-test {folder}")
    try:
        daemon.start()
        with contextlib.suppress(OSError), open(f"{folder}/fill", "wb", buffering=0) as fill:
            while True:
                fill.write(bytes(4096))
        machines = [Machine(daemon, f"52:54:00:ee:{i // 256:02x}:{i % 256:02x}") for i in range(90)]
        addresses = {machine.mac: machine.boot().address for machine in machines}
        daemon.wait_problem("No space left", "leases of network lab")
        os.unlink(f"{folder}/fill")
        daemon.wait_no_problem("leases of network lab")
        daemon.bus.wait_for(lambda: daemon.leases() == addresses)
        daemon.kill()
        daemon.bus.observations.clear()
        daemon.start()
        daemon.bus.wait_for(lambda: daemon.leases() == addresses)
    finally:
        daemon.kill()
        os.system(f"umount {folder}")


def test_foreign_process_may_not_tell_leases(daemon):
    """Nonsense on the socket costs its sender the connection."""
    for nonsense in b"\n\n", b"\0\0", b"action add\nnetwork lab\n\n", b"x" * 5000, b"action init\nnetwork none\n\n":
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(f"{daemon.runtime}/dhcp-lease.sock")
        peer.settimeout(PATIENCE)
        try:
            peer.sendall(nonsense)
            assert peer.recv(100) == b""
        except ConnectionResetError:
            pass
    half = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    for peer in half[:60]:
        peer.connect(f"{daemon.runtime}/dhcp-lease.sock")
        peer.sendall(b"action ")
    assert Machine(daemon).boot()
    daemon.bus.wait_for(lambda: daemon.leases())
    assert os.stat(f"{daemon.runtime}/dhcp-lease.sock").st_mode & 0o777 == 0o600
