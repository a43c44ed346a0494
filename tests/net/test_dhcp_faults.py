"""What keeps a network from working is told in words, and goes away by itself when it is put right."""
import os
import shutil
import signal
import subprocess
import time

from dhcp_daemon import BUILD, DhcpDaemon, Machine, solicit_router
from netns import connect, hold_port, wait_bound
from waiting import contention, wait_for


def recovered(daemon, since, within=2.0):
    daemon.wait_ready()
    daemon.wait_no_problem()
    assert time.monotonic() - since < within * contention()
    assert Machine(daemon).boot(arch=0)


def test_missing_interface_then_it_appears():
    with DhcpDaemon(with_interface=False) as daemon:
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start(wait=False)
        daemon.wait_problem("there is no interface prov0")
        daemon.bus.wait_applied("dhcp")
        assert daemon.bus.status("dhcp")["state"] == "degraded"
        daemon.connect()
        recovered(daemon, time.monotonic())


def test_interface_goes_and_comes_again():
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start()
        daemon.appliance.ip("link", "delete", "prov0")
        daemon.wait_problem("there is no interface prov0")
        daemon.connect()
        recovered(daemon, time.monotonic())

def test_another_interface_takes_the_name():
    """So quickly that the daemon never sees it missing; sockets are bound to the one that has another name now."""
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start()
        connect(daemon.appliance, "spare0", daemon.client, "eth1", client_mac="52:54:00:00:00:02")
        batch = ("link set prov0 name old0\nlink set spare0 name prov0\naddress delete 192.0.2.1/24 dev old0\n"
                 "address add 192.0.2.1/24 dev prov0\n")
        daemon.process.send_signal(signal.SIGSTOP)
        subprocess.run(["ip", "-n", daemon.appliance.name, "-batch", "-"], input=batch, text=True, check=True)
        daemon.process.send_signal(signal.SIGCONT)
        machine = Machine(daemon, interface="eth1")
        wait_for(lambda: machine.discover(arch=0, timeout=1), "an offer")
        solicit_router(daemon, "eth1")


def test_interface_down_and_without_address():
    with DhcpDaemon() as daemon:
        daemon.appliance.ip("address", "flush", "dev", "prov0")
        daemon.appliance.ip("link", "set", "prov0", "down")
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start(wait=False)
        daemon.wait_problem("interface prov0 is down; bring it up: ip link set prov0 up")
        daemon.appliance.ip("link", "set", "prov0", "up")
        daemon.wait_problem("interface prov0 does not have the address 192.0.2.1/24")
        daemon.appliance.ip("address", "add", "192.0.2.1/24", "dev", "prov0")
        recovered(daemon, time.monotonic())

        # while it runs: told, and dnsmasq stays
        pid = daemon.child()["pid"]
        daemon.appliance.ip("address", "delete", "192.0.2.1/24", "dev", "prov0")
        daemon.wait_problem("does not have the address")
        daemon.appliance.ip("address", "add", "192.0.2.1/24", "dev", "prov0")
        recovered(daemon, time.monotonic())
        assert daemon.child()["pid"] == pid


def test_port_taken_then_freed():
    with DhcpDaemon() as daemon:
        holder = hold_port(daemon.appliance, "udp", 67)
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start(wait=False)
        daemon.wait_problem(f"UDP port 67 on prov0 is in use by python3 (pid {holder.pid})")
        holder.kill()
        holder.wait()
        recovered(daemon, time.monotonic())


def test_another_dnsmasq_on_the_interface():
    """Which would not keep ours from starting: two would answer."""
    with DhcpDaemon() as daemon:
        other = daemon.appliance.popen(["dnsmasq", "-C", "/dev/null", "-k", "-p0", "-x", "", "-i", "prov0", "-z", "--user=root", "--log-facility=-",
                                        "-F", "192.0.2.5,192.0.2.6", "-l", f"{daemon.folder}/other"], stderr=-3)
        wait_bound(daemon.appliance, "udp", 67)
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start(wait=False)
        daemon.wait_problem(f"in use by dnsmasq (pid {other.pid})")
        other.kill()
        other.wait()
        recovered(daemon, time.monotonic())


def test_pool_outside_of_the_network():
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0", poolStart="198.51.100.1", poolEnd="198.51.100.9")
        daemon.start(wait=False)
        daemon.wait_problem("the pool 198.51.100.1 - 198.51.100.9 lies outside of the network 192.0.2.0/24")
        daemon.bus.set_network("lab", interface="prov0")
        recovered(daemon, time.monotonic())


def test_a_bad_network_leaves_the_others():
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0")
        daemon.bus.set_network("../evil", interface="prov0")
        daemon.bus.set_network("bad", interface="prov0\nuser=root")
        daemon.start()
        daemon.wait_problem("cannot be the name of a network interface", "network bad")
        assert Machine(daemon).boot(arch=0)
        assert sorted(os.listdir(daemon.state)) == ["dhcp"]


def test_dnsmasq_not_installed(monkeypatch):
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0")
        # a mount namespace in which it is not
        hide = f"mkdir -p {daemon.folder}/none && mount --bind {daemon.folder}/none /usr/sbin && exec {BUILD}/pxed-dhcp --runtime-dir {daemon.runtime} --state-dir {daemon.state}"
        daemon.process = daemon.appliance.popen(["unshare", "--mount", "sh", "-c", hide], stderr=-3)
        daemon.wait_problem("dnsmasq is not installed; install the package dnsmasq-base")
        shutil.copy("/usr/sbin/dnsmasq", f"{daemon.folder}/none/dnsmasq")
        recovered(daemon, time.monotonic())


def test_crash_loop():
    """A dnsmasq that cannot start: its own words are told, and it is tried on."""
    with DhcpDaemon() as daemon:
        os.makedirs(f"{daemon.folder}/bin")
        program = f"{daemon.folder}/bin/dnsmasq"
        with open(program, "w") as file:
            file.write("#!/bin/sh\necho 'dnsmasq: something is broken' >&2\nexit 2\n")
        os.chmod(program, 0o755)
        daemon.bus.set_network("lab", interface="prov0")
        daemon.process = daemon.appliance.popen(["env", f"PATH={daemon.folder}/bin:{os.environ['PATH']}", f"{BUILD}/pxed-dhcp", "--runtime-dir",
                                                 daemon.runtime, "--state-dir", daemon.state], stderr=-3)
        daemon.wait_problem("exited with status 2: dnsmasq: something is broken")
        assert daemon.child()["crashLoop"]
        os.unlink(program)
        os.symlink("/usr/sbin/dnsmasq", program)
        daemon.wait_ready()
        assert Machine(daemon).boot(arch=0)
        daemon.wait_no_problem()
