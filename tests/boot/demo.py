#!/usr/bin/python3
"""The demonstration: blank machines that nobody knows power on and come back as inspected nodes; then they boot what they are told to."""
import argparse
import pathlib
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]

import accelerator  # noqa: E402
import disk  # noqa: E402
import namespace  # noqa: E402
from appliance import Appliance  # noqa: E402
from lab import KERNEL_MARKER, KERNEL_PROFILE, MACHINES, Lab  # noqa: E402

# Seconds from power-on to inspected that are aimed at: a busy host is told so, not failed.
LIMITS = {'bios': 15, 'uefi': 30}
PATIENCE = 120
DISK_MARKER = 'pxed-demo: the local disk was booted'


class Failed(Exception):
    pass


def say(text):
    print(f'\n\033[1m== {text}\033[0m' if sys.stdout.isatty() else f'\n== {text}', flush=True)


class Demonstration(Lab):
    def __init__(self, appliance):
        super().__init__(appliance, MACHINES)

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
            self.show('boot', 'show', self.boots(hardware)[0]['id'])
            print()
        say('What was inspected')
        for hardware in MACHINES:
            self.show('inventory', 'show', hardware.macs[0])
            print()
        failures = []
        for hardware in MACHINES:
            differences = self.differences(hardware)
            failures += [f'{hardware.name}: {line}' for line in differences]
            limit = LIMITS[hardware.firmware]
            print(f'{hardware.name}: {"equals what QEMU was given" if not differences else "DIFFERS from what QEMU was given"}; '
                  f'power-on to inspected {seconds[hardware.name]:.1f} s'
                  + (f', more than the {limit} s aimed at: is the host busy?' if seconds[hardware.name] > limit else f' (at most {limit})'))
        if failures:
            raise Failed('\n'.join(failures))

    def boot_kernel_once(self, hardware):
        say(f'{hardware.name} is told to boot a kernel, once')
        self.set_kernel_profile()
        self.appliance.ctl('node', 'set-boot', hardware.macs[0], KERNEL_PROFILE, '--param', 'greeting=hello', '--once', '--wait')
        with self.machine(hardware) as machine:
            took = machine.wait_for(f'{KERNEL_MARKER} hello', PATIENCE)
            machine.wait_off(PATIENCE)
        self.appliance.wait('the assignment is used up', lambda: self.node(hardware)['assignment'] is None, 10)
        print(f'It booted the kernel {took:.1f} s after power-on. From now on it boots: {self.node(hardware)["decision"]["profile"]}')

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
