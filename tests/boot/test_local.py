"""The scripts of pxed-tftp on real firmware: iPXE under BIOS and UEFI starts the local disk, waits where there is nothing to boot, and
goes on by itself when that has changed. The appliance here is pxed-tftp alone, with a stand-in for pxed and a dnsmasq of its own."""
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "net"))

import disk  # noqa: E402
from tftp_daemon import ADDRESS, BUILD, PORT, Daemon, node_entry  # noqa: E402

OVMF_CODE, OVMF_VARS = "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"
DNSMASQ = """\
port=0
no-hosts
log-dhcp
no-ping
interface=prov0
bind-interfaces
dhcp-range=192.0.2.100,192.0.2.150,1h
enable-ra
dhcp-range=::,constructor:prov0,ra-only
dhcp-userclass=set:ipxe,iPXE
dhcp-match=set:efi,option:client-arch,7
dhcp-match=set:efi,option:client-arch,9
dhcp-boot=tag:!ipxe,tag:efi,snponly.efi,,{address}
dhcp-boot=tag:!ipxe,tag:!efi,undionly.kpxe,,{address}
dhcp-boot=tag:ipxe,http://{address}:{port}/boot.ipxe,,{address}
dhcp-option=tag:ipxe,encap:175,176,1b
"""


@pytest.fixture
def lab(tmp_path):
    """pxed-tftp and dnsmasq on a bridge."""
    daemon = Daemon(tmp_path, network=False, link=False)
    daemon.appliance.ip("link", "add", "prov0", "type", "bridge", "forward_delay", "0")
    daemon.appliance.ip("address", "add", f"{ADDRESS}/24", "dev", "prov0")
    daemon.appliance.ip("link", "set", "prov0", "up")
    daemon.bus.set_network("lab", interface="prov0", unknown=None)
    configuration = tmp_path / "dnsmasq.conf"
    configuration.write_text(DNSMASQ.format(address=ADDRESS, port=PORT))
    daemon.appliance.popen(["dnsmasq", "--keep-in-foreground", f"--conf-file={configuration}", f"--dhcp-leasefile={tmp_path}/leases",
                            f"--pid-file={tmp_path}/dnsmasq.pid", f"--log-facility={tmp_path}/dnsmasq.log"])
    daemon.start()
    daemon.wait_ready()
    with open("/tmp/pxed-qemu.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield daemon
        daemon.close()


class Machine:
    """A QEMU machine whose serial line is read into `screen`."""

    def __init__(self, lab, number, firmware, image=None):
        self.mac = f"52:54:00:aa:00:{number:02x}"
        self.log = lab.path / f"serial{number}"
        tap = f"tap{number}"
        lab.appliance.ip("tuntap", "add", tap, "mode", "tap")
        lab.appliance.ip("link", "set", tap, "master", "prov0", "up")
        command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "512", "-display", "none", "-no-reboot", "-monitor", "none",
                   "-serial", f"file:{self.log}", "-uuid", f"00000000-0000-4000-8000-0000000000{number:02x}",
                   "-netdev", f"tap,id=n0,ifname={tap},script=no,downscript=no"]
        device = f"virtio-net-pci,netdev=n0,mac={self.mac},bootindex=1"
        if firmware == "uefi":
            variables = lab.path / f"vars{number}.fd"
            shutil.copy(OVMF_VARS, variables)
            command += ["-M", "q35,graphics=off", "-device", device + ",romfile=",
                        "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF_CODE}", "-drive", f"if=pflash,format=raw,file={variables}",
                        "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"]
        else:
            # Without graphics SeaBIOS puts the screen of firmware and iPXE on the serial line.
            command += ["-M", "pc,graphics=off", "-device", device]
        if image:
            command += ["-drive", f"if=none,id=d0,format=raw,file={image}", "-device", "virtio-blk-pci,drive=d0,bootindex=2"]
        self.process = lab.appliance.popen(command, stdin=subprocess.DEVNULL)

    def screen(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return re.sub(r"\x1b\[[0-9;=?]*[A-Za-z]", "", text).replace("\r", "")

    def wait_for(self, text, timeout=90):
        end = time.monotonic() + timeout
        while not self.shows(text):
            assert self.process.poll() is None, f"QEMU ended:\n{self.screen()}"
            assert time.monotonic() < end, f"no '{text}' within {timeout} s:\n{self.screen()}"
            time.sleep(0.1)

    def shows(self, text):
        """Wherever lines were broken."""
        return text in " ".join(self.screen().split())

    def off(self):
        self.process.kill()
        self.process.wait()


FIRMWARES = ["bios", "uefi"]


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_local_disk(lab, firmware):
    lab.bus.set_entries(dict([node_entry(1)]))
    image = disk.bootable(lab.path / "disk", "LOCAL DISK STARTED")
    machine = Machine(lab, 1, firmware, image)
    machine.wait_for("LOCAL DISK STARTED")
    assert lab.wait_step("started", mac=machine.mac)["profile"] == "local"
    machine.off()


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_waits_for_what_is_missing(lab, firmware):
    """An unknown machine is told so with its MAC; a node whose profile is not there yet goes on when it is."""
    image = disk.bootable(lab.path / "disk", "LOCAL DISK STARTED")
    lab.bus.set_entries(dict([node_entry(1, profile="later", assignment=5)]))
    machine = Machine(lab, 1, firmware, image)
    machine.wait_for("there is no profile later")
    assert machine.shows(f"MAC {machine.mac}, node node1")
    lab.wait_step("refused", mac=machine.mac)
    lab.bus.set_entries(dict([node_entry(1, profile="local", assignment=6)]))
    machine.wait_for("LOCAL DISK STARTED")
    machine.off()


def test_no_system_on_disk_uefi(lab):
    """What has nothing to start says so and asks again, instead of landing in firmware setup."""
    lab.bus.set_entries(dict([node_entry(1)]))
    machine = Machine(lab, 1, "uefi", disk.blank(lab.path / "disk", 64 << 20))
    machine.wait_for("no disk of this machine has an operating system")
    lab.bus.set_entries(dict([node_entry(1, profile="later", assignment=5)]))
    machine.wait_for("no operating system was started from a disk")
    machine.wait_for("there is no profile later")
    machine.off()


def test_unknown_is_ignored_bios(lab):
    image = disk.bootable(lab.path / "disk", "LOCAL DISK STARTED")
    machine = Machine(lab, 2, "bios", image)
    machine.wait_for("network lab ignores unknown machines")
    assert machine.shows(machine.mac)
    machine.wait_for("LOCAL DISK STARTED")
    machine.off()
