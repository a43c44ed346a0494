"""The packets of a machine whose boot fails, on the whole appliance: what is kept of them, and what pxectl gives."""
import subprocess

import scapy.all as scapy

from appliance_fixtures import appliance, card, machine  # noqa: F401
from simulated_machine import FIRMWARE


def newest_boot(appliance, mac):
    """None: no step of it was told yet."""
    return next(iter(appliance.call("Boot.List", mac=mac, limit=1)["boots"]), None)


def wait_for_boot(appliance, mac, is_wanted):
    return appliance.wait(f"a boot of {mac}", lambda: (boot := newest_boot(appliance, mac)) and is_wanted(boot) and boot)


def pxectl(appliance, folder, *arguments):
    return subprocess.run([appliance.build / "pxectl", "--runtime-dir", appliance.runtime, "capture", *arguments], cwd=folder, check=True,
                          capture_output=True, text=True).stdout


def check_packets(path, machine):
    """DHCP of firmware and iPXE, the loader's beginning and end."""
    packets = scapy.rdpcap(str(path))
    assert all(machine.mac in (p.src, p.dst) or scapy.BOOTP in p for p in packets)
    kinds = [dict(o for o in p[scapy.DHCP].options if isinstance(o, tuple) and len(o) == 2)["message-type"] for p in packets if scapy.DHCP in p]
    assert kinds[:8] == [1, 2, 3, 5] * 2
    # scapy knows TFTP by its port: what goes on between other ports is told by its first bytes
    tftp = [bytes(p[scapy.UDP].payload) for p in packets if scapy.UDP in p and scapy.DHCP not in p]
    assert tftp[0].startswith(b"\0\1undionly.kpxe\0") and tftp[1].startswith(b"\0\3\0\1") and tftp[2] == b"\0\4\0\1"
    last = int.from_bytes(tftp[-1][2:], "big")
    assert tftp[-1][:2] == b"\0\4" and last > 100 and len(tftp) < 10


def test_a_boot_that_fails(appliance, machine, tmp_path):
    script = machine.script(machine.firmware())
    assert machine.load(script)
    assert wait_for_boot(appliance, machine.mac, lambda boot: True)["capture"] is None
    machine.post(script.callback, {**machine.inventory(), "error": "the ramdisk found no disk"})
    boot = wait_for_boot(appliance, machine.mac, lambda boot: boot["capture"])
    assert boot["outcome"] == "failed"
    check_packets(boot["capture"], machine)

    said = pxectl(appliance, tmp_path, machine.mac)
    name = machine.mac.replace(":", "-") + ".pcapng"
    assert said.startswith(name)
    check_packets(tmp_path / name, machine)

    # the file is as it was after both have started anew, though the rings are empty then
    kept = open(boot["capture"], "rb").read()
    appliance.restart("pxed-netcfg")
    appliance.restart("pxed")
    # a request without its discover would belong to the boot that failed, and this would run again
    machine.insist("capture", lambda: appliance.log("pxed-netcfg").read_text().count("Frames are captured from") == 2 or None)
    machine.dhcp(FIRMWARE)
    wait_for_boot(appliance, machine.mac, lambda newer: newer["id"] != boot["id"])
    assert open(boot["capture"], "rb").read() == kept
    old = [b for b in appliance.call("Boot.List", mac=machine.mac)["boots"] if b["id"] == boot["id"]]
    assert [b["capture"] for b in old] == [boot["capture"]]
