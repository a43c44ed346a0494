"""The scripts of pxed-tftp on real firmware: iPXE under BIOS and UEFI starts the local disk, waits where there is nothing to boot, and
goes on by itself when that has changed. The appliance here is pxed-tftp alone, with a stand-in for pxed and a dnsmasq of its own."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "net"))

import disk  # noqa: E402
import qemu  # noqa: E402
from tftp_daemon import ADDRESS, PORT, Daemon, node_entry  # noqa: E402

DISK_STARTED = "LOCAL DISK STARTED"
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
    yield daemon
    daemon.close()


class Machine(qemu.Machine):
    """A machine of the lab, whose screen is on the serial line; the network comes before its one disk."""

    def __init__(self, lab, number, firmware, image):
        self.lab, self.mac = lab, f"52:54:00:aa:00:{number:02x}"
        tap = f"tap{number}"
        lab.appliance.ip("tuntap", "add", tap, "mode", "tap")
        lab.appliance.ip("link", "set", tap, "master", "prov0", "up")
        super().__init__(lab.path, firmware=firmware, nics=[qemu.Nic(self.mac, tap=tap, bootindex=1)], disks=[qemu.Disk(image, bootindex=2)],
                         fw_cfg={"opt/org.tianocore/IPv6PXESupport": "n"} if firmware == "uefi" else {}, extra=["-M", "graphics=off"])

    def start(self):
        with self.lab.appliance.entered():
            return super().start()

    def shows(self, text):
        """Wherever the screen broke the line."""
        return text in " ".join(re.sub(r"\x1b\[[0-9;=?]*[A-Za-z]", "", self.console).split())

    def wait_screen(self, text, timeout=90):
        self.wait_until(lambda: self.shows(text), timeout, f'"{text}" on the screen')


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_local_disk(lab, firmware):
    """A node whose profile is not there is told so with its MAC, asks again, and starts its disk when that is what it shall boot."""
    image = disk.bootable(lab.path / "disk", DISK_STARTED)
    lab.bus.set_entries(dict([node_entry(1, profile="later", assignment=5)]))
    with Machine(lab, 1, firmware, image) as machine:
        machine.wait_screen("there is no profile later")
        assert machine.shows(f"MAC {machine.mac}, node node1")
        lab.wait_step("refused", mac=machine.mac)
        lab.bus.set_entries(dict([node_entry(1, profile="local", assignment=6, once=True)]))
        machine.wait_screen(DISK_STARTED)
        assert lab.wait_step("started", mac=machine.mac)["assignment"] == 6


def test_no_system_on_disk_uefi(lab):
    """What has nothing to start says so and asks again, instead of landing in firmware setup."""
    lab.bus.set_entries(dict([node_entry(1)]))
    with Machine(lab, 1, "uefi", disk.blank(lab.path / "disk", 64 << 20)) as machine:
        machine.wait_screen("no disk of this machine has an operating system")
        lab.bus.set_entries(dict([node_entry(1, profile="later", assignment=5)]))
        machine.wait_screen("no operating system was started from a disk")
        machine.wait_screen("there is no profile later")


def test_unknown_is_ignored_bios(lab):
    """The machine is told, and left to its next boot device."""
    with Machine(lab, 2, "bios", disk.bootable(lab.path / "disk", DISK_STARTED)) as machine:
        machine.wait_screen("network lab ignores unknown machines")
        assert machine.shows(machine.mac)
        machine.wait_screen(DISK_STARTED)
