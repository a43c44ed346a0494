"""Which accelerator of QEMU really works here."""
import functools
import pathlib
import subprocess
import tempfile
import time

# The kernel's own words once it has come as far as its first process.
MARKER = 'Run /init'
TRIAL_SECONDS = 5


def guest_runs(accelerator, build, seconds=TRIAL_SECONDS):
    """Whether a guest of two processors starts a kernel: /dev/kvm may be there, even run a boot sector, and hang all the same."""
    ramdisk = pathlib.Path(build) / 'ramdisk'
    with tempfile.TemporaryDirectory() as folder:
        console = pathlib.Path(folder) / 'console'
        command = ['qemu-system-x86_64', '-accel', accelerator, '-cpu', 'max', '-smp', '2', '-m', '256', '-display', 'none', '-monitor', 'none',
                   '-nic', 'none', '-no-reboot', '-serial', f'file:{console}', '-kernel', ramdisk / 'vmlinuz', '-initrd', ramdisk / 'initrd',
                   '-append', 'console=ttyS0 panic=-1']
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as guest:
            deadline = time.monotonic() + seconds
            said = False
            while not said and guest.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
                said = console.exists() and MARKER.encode() in console.read_bytes()
            guest.kill()
        return said


@functools.cache
def choose(build):
    """'kvm' or 'tcg'. `build` has the ramdisk that is tried."""
    return 'kvm' if pathlib.Path('/dev/kvm').exists() and guest_runs('kvm', build) else 'tcg'
