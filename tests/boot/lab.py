"""Machines on an appliance: what the demonstration and the tests do with them."""
import pathlib
import shutil
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import accelerator  # noqa: E402
import disk  # noqa: E402
import qemu  # noqa: E402
from hardware import MIB, Disk, Hardware  # noqa: E402

KERNEL_PROFILE = 'demo'
KERNEL_MARKER = 'pxed-demo: this kernel was booted, greeting is'

MACHINES = [
    Hardware('bios', 'bios', cpus=2, memory=512 * MIB, uuid='11111111-2222-4333-8444-555555555501', serial='BIOS-0001',
             macs=['52:54:00:0b:10:01', '52:54:00:0b:10:02'], disks=[Disk(64 * MIB, 'BIOS-DISK-A'), Disk(96 * MIB, 'BIOS-DISK-B')]),
    Hardware('uefi', 'uefi', cpus=1, memory=768 * MIB, uuid='11111111-2222-4333-8444-555555555502', serial='UEFI-0001',
             macs=['52:54:00:0e:f1:01'], disks=[Disk(64 * MIB, 'UEFI-DISK-A')]),
]


class Lab:
    """Each machine's hardware gets blank disks and a cable to the appliance for its first network card."""

    def __init__(self, appliance, machines=()):
        self.appliance = appliance
        self.folder = appliance.folder
        self.taps = {}
        for hardware in machines:
            self.add(hardware)

    def add(self, hardware):
        for number, blank in enumerate(hardware.disks):
            blank.path = disk.blank(self.folder / f'{hardware.name}-disk{number}', blank.size)
        self.taps[hardware.name] = self.appliance.tap()

    def machine(self, hardware, extra=()):
        """A qemu.Machine with that hardware, not powered on."""
        nics = [qemu.Nic(mac, tap=self.taps[hardware.name] if number == 0 else None) for number, mac in enumerate(hardware.macs)]
        disks = [qemu.Disk(each.path, serial=each.serial) for each in hardware.disks]
        return qemu.Machine(self.folder, hardware.name, firmware=hardware.firmware, memory=hardware.memory // MIB, cpus=hardware.cpus,
                            disks=disks, nics=nics, uuid=hardware.uuid, serial=hardware.serial, extra=extra,
                            accel=accelerator.choose(self.appliance.build))

    def node(self, hardware):
        """The node of a machine, None while there is none."""
        try:
            return self.appliance.ask('node', 'show', hardware.macs[0])['node']
        except RuntimeError:
            return None

    def is_inspected(self, hardware):
        return (self.node(hardware) or {}).get('inspection', {}).get('state') == 'finished'

    def differences(self, hardware):
        """Between its newest inventory and what QEMU was given: a line each."""
        return hardware.differences(self.appliance.ask('inventory', 'show', hardware.macs[0])['inventory'])

    def boots(self, hardware):
        """Newest first."""
        return self.appliance.ask('boot', 'list', self.node(hardware)['id'])['boots']

    def set_kernel_profile(self):
        """KERNEL_PROFILE: its ramdisk says KERNEL_MARKER and its parameter `greeting`, and switches the machine off."""
        folder, root = self.appliance.images / KERNEL_PROFILE, self.folder / 'demo-root'
        folder.mkdir()
        shutil.copyfile(self.appliance.build / 'ramdisk/vmlinuz', folder / 'vmlinuz')
        (root / 'bin').mkdir(parents=True)
        for name in ('dev', 'proc'):
            (root / name).mkdir()
        shutil.copy('/bin/busybox', root / 'bin/busybox')
        init = root / 'init'
        init.write_text(f'#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\n/bin/busybox mount -t proc proc /proc\n'
                        f'echo "{KERNEL_MARKER} $greeting" > /dev/console\n/bin/busybox poweroff -f\n')
        init.chmod(0o755)
        subprocess.run(f'find . | cpio -o -H newc --quiet > {folder}/initrd', shell=True, check=True, cwd=root)
        self.appliance.ctl('profile', 'set', KERNEL_PROFILE, '--kind', 'kernel', '--kernel', f'{KERNEL_PROFILE}/vmlinuz', '--initrd',
                           f'{KERNEL_PROFILE}/initrd', '--arguments', 'quiet console=ttyS0 greeting=${greeting}', '--param', 'greeting=none')
