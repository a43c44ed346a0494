#!/usr/bin/python3
"""The demonstration: blank machines that nobody knows power on and come back as inspected nodes; then they boot what they are told to."""
import argparse
import pathlib
import shutil
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]

import accelerator  # noqa: E402
import disk  # noqa: E402
import namespace  # noqa: E402
import qemu  # noqa: E402
from appliance import Appliance  # noqa: E402
from hardware import MIB, Disk, Hardware  # noqa: E402

# Seconds from power-on to inspected that the machines may take at most.
LIMITS = {'bios': 15, 'uefi': 30}
PATIENCE = 120
KERNEL_MARKER = 'pxed-demo: this kernel was booted, greeting is'
DISK_MARKER = 'pxed-demo: the local disk was booted'

MACHINES = [
    Hardware('bios', 'bios', cpus=2, memory=512 * MIB, uuid='11111111-2222-4333-8444-555555555501', serial='BIOS-0001',
             macs=['52:54:00:0b:10:01', '52:54:00:0b:10:02'], disks=[Disk(64 * MIB, 'BIOS-DISK-A'), Disk(96 * MIB, 'BIOS-DISK-B')]),
    Hardware('uefi', 'uefi', cpus=1, memory=768 * MIB, uuid='11111111-2222-4333-8444-555555555502', serial='UEFI-0001',
             macs=['52:54:00:0e:f1:01'], disks=[Disk(64 * MIB, 'UEFI-DISK-A')]),
]


class Failed(Exception):
    pass


def say(text):
    print(f'\n\033[1m== {text}\033[0m' if sys.stdout.isatty() else f'\n== {text}', flush=True)


class Demonstration:
    def __init__(self, appliance):
        self.appliance = appliance
        self.folder = appliance.folder
        self.taps = {}
        for hardware in MACHINES:
            for number, blank in enumerate(hardware.disks):
                blank.path = disk.blank(self.folder / f'{hardware.name}-disk{number}', blank.size)
            self.taps[hardware.name] = appliance.tap()

    def machine(self, hardware):
        nics = [qemu.Nic(mac, tap=self.taps[hardware.name] if number == 0 else None) for number, mac in enumerate(hardware.macs)]
        disks = [qemu.Disk(each.path, serial=each.serial) for each in hardware.disks]
        return qemu.Machine(self.folder, hardware.name, firmware=hardware.firmware, memory=hardware.memory // MIB, cpus=hardware.cpus,
                            disks=disks, nics=nics, uuid=hardware.uuid, serial=hardware.serial, accel=accelerator.choose(self.appliance.build))

    def node(self, hardware):
        """The node of a machine, None while there is none."""
        try:
            return self.appliance.ask('node', 'show', hardware.macs[0])['node']
        except RuntimeError:
            return None

    def is_inspected(self, hardware):
        return (self.node(hardware) or {}).get('inspection', {}).get('state') == 'finished'

    def show(self, *command):
        sys.stdout.write(self.appliance.ctl(*command))
        sys.stdout.flush()

    # ---- the acts

    def discover_and_inspect(self):
        say('Two blank machines that nobody knows are powered on')
        watch = subprocess.Popen([self.appliance.build / 'pxectl', '--runtime-dir', self.appliance.runtime, 'watch', '--exit-when',
                                  f'inspected={len(MACHINES)}'], stdin=subprocess.DEVNULL)
        powered_on = {}
        machines = [self.machine(hardware) for hardware in MACHINES]
        try:
            for hardware, machine in zip(MACHINES, machines):
                machine.start()
                powered_on[hardware.name] = time.time() - machine.elapsed
            for hardware in MACHINES:
                self.appliance.wait(f'{hardware.name} is inspected', lambda: self.is_inspected(hardware), PATIENCE)
            watch.wait(PATIENCE)
            for machine in machines:
                machine.wait_off(PATIENCE)
        finally:
            watch.kill()
            watch.wait()
            for machine in machines:
                machine.stop()
        return {hardware.name: self.node(hardware)['inspection']['finished'] / 1e6 - powered_on[hardware.name] for hardware in MACHINES}

    def compare(self, seconds):
        say('How each of them got there')
        for hardware in MACHINES:
            boots = self.appliance.ask('boot', 'list', self.node(hardware)['id'])['boots']
            self.show('boot', 'show', boots[0]['id'])
            print()
        say('What was inspected')
        for hardware in MACHINES:
            self.show('inventory', 'show', hardware.macs[0])
            print()
        failures = []
        for hardware in MACHINES:
            inventory = self.appliance.ask('inventory', 'show', hardware.macs[0])['inventory']
            differences = hardware.differences(inventory)
            failures += [f'{hardware.name}: {line}' for line in differences]
            limit = LIMITS[hardware.firmware]
            print(f'{hardware.name}: power-on to inspected {seconds[hardware.name]:.1f} s (at most {limit}); '
                  f'{"equals what QEMU was given" if not differences else "DIFFERS from what QEMU was given"}')
            if seconds[hardware.name] > limit:
                failures.append(f'{hardware.name}: power-on to inspected took {seconds[hardware.name]:.1f} s, more than {limit}')
        if failures:
            raise Failed('\n'.join(failures))

    def boot_kernel_once(self, hardware):
        say(f'{hardware.name} is told to boot a kernel, once')
        self.make_kernel()
        self.appliance.ctl('profile', 'set', 'demo', '--kind', 'kernel', '--kernel', 'demo/vmlinuz', '--initrd', 'demo/initrd', '--arguments',
                           'quiet console=ttyS0 greeting=${greeting}', '--param', 'greeting=none')
        self.appliance.ctl('node', 'set-boot', hardware.macs[0], 'demo', '--param', 'greeting=hello', '--once', '--wait')
        with self.machine(hardware) as machine:
            took = machine.wait_for(f'{KERNEL_MARKER} hello', PATIENCE)
            machine.wait_off(PATIENCE)
        self.appliance.wait('the assignment is used up', lambda: self.node(hardware)['assignment'] is None, 10)
        print(f'It booted the kernel {took:.1f} s after power-on. From now on it boots: {self.node(hardware)["decision"]["profile"]}')

    def make_kernel(self):
        """A kernel profile's files: a ramdisk that says that it runs, and switches off."""
        folder, root = self.appliance.images / 'demo', self.folder / 'demo-root'
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
        subprocess.run('find . | cpio -o -H newc --quiet > ../images/demo/initrd', shell=True, check=True, cwd=root)

    def boot_local_disks(self):
        say('Both get an operating system on their first disk, and are told to boot it')
        for hardware in MACHINES:
            disk.bootable(hardware.disks[0].path, DISK_MARKER, hardware.disks[0].size)
            self.appliance.ctl('node', 'set-boot', hardware.macs[0], 'local', '--wait')
        for hardware in MACHINES:
            with self.machine(hardware) as machine:
                took = machine.wait_for(DISK_MARKER, PATIENCE)
            print(f'{hardware.name}: its disk was booted {took:.1f} s after power-on')


def play(build):
    accelerated = accelerator.choose(pathlib.Path(build).resolve())
    say(f'The appliance starts (machines run under {accelerated.upper()})')
    started = time.monotonic()
    with Appliance(build) as appliance:
        print(f'ready after {time.monotonic() - started:.1f} s')
        demonstration = Demonstration(appliance)
        demonstration.show('status')
        seconds = demonstration.discover_and_inspect()
        demonstration.compare(seconds)
        demonstration.boot_kernel_once(MACHINES[0])
        demonstration.boot_local_disks()
        say('The nodes, and what happened')
        demonstration.show('node', 'list')
        demonstration.show('events', '--after', '0')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', default='build', help='folder of the binaries')
    options = parser.parse_args()
    namespace.enter()
    try:
        play(options.build)
    except (Failed, AssertionError, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
        print(f'\nThe demonstration FAILED: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nInterrupted; nothing is left behind.', file=sys.stderr)
        return 130
    say('The demonstration is complete; nothing of it is left behind')
    return 0


if __name__ == '__main__':
    sys.exit(main())
