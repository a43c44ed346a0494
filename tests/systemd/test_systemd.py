"""pxed under a real systemd: installed and started as README.md says, in a Debian 12 that QEMU boots. guest.sh has the checks.

Each boot is one run of the guest on the same disk; the lock of tests/boot/qemu.py is held for one boot at a time.
"""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/boot'))
from qemu import Disk, Machine  # noqa: E402

BUILD = pathlib.Path(os.environ.get('PXED_BUILD', ROOT / 'build')).resolve()
PACKAGES = os.environ.get('PXED_PACKAGES', 'dnsmasq-base tftpd-hpa ipxe iproute2').split()
FOLDER = BUILD / 'systemd'
BOOT_SECONDS = 130

BOOTS = {
    'first': ('installs_as_in_readme', 'runs_as_its_own_users', 'gets_an_address', 'loads_by_tftp', 'loads_the_ramdisk_by_http', 'is_inspected',
              'boots_an_image', 'is_seen_on_the_wire', 'journal_has_fields', 'journal_has_no_errors', 'who_may_use_the_sockets'),
    'second': ('is_started_with_the_host', 'reloads_a_good_file', 'refuses_a_bad_file', 'killed_children_come_back', 'killed_daemons_come_back',
               'killed_units_come_back'),
    'third': ('is_started_with_the_host', 'a_daemon_that_dies_often_comes_back', 'stops_all_and_starts_all', 'machine_still_boots',
              'hanging_daemons_are_restarted'),
}


@pytest.fixture(scope='module')
def disk():
    """Debian with what `make install` installs; the kernel is the ramdisk's, which has ext4 and NVMe without modules."""
    installed = FOLDER / 'installed'
    subprocess.run(['rm', '-rf', installed], check=True)
    subprocess.run(['make', '--no-print-directory', f'BUILD={BUILD}', 'install', 'RAMDISK_KERNEL=cloud', f'DESTDIR={installed}'], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    cache = pathlib.Path(os.environ.get('PXED_RAMDISK_CACHE', BUILD / 'ramdisk/cache'))
    kernels = sorted((path for path in cache.glob('linux-image-*-cloud-amd64_*') if path.is_dir()), key=os.path.getmtime)
    subprocess.run(['sh', ROOT / 'tests/systemd/image.sh', FOLDER, installed, kernels[-1], *PACKAGES], check=True)
    return FOLDER / 'disk'


@pytest.mark.parametrize('boot', BOOTS)
def test_boot(disk, boot):
    # qemu64: the instructions that TCG emulates slowly are not used
    machine = Machine(FOLDER, name=boot, memory=1024, cpus=1, disks=[Disk(disk, bus='nvme', serial='root', options='')],
                      kernel=BUILD / 'ramdisk/vmlinuz', extra=['-cpu', 'qemu64,+rdrand'],
                      append='root=/dev/nvme0n1 rw console=ttyS0 quiet loglevel=3 systemd.show_status=0 mitigations=off panic=-1 '
                             f'check={",".join(BOOTS[boot])}')
    with machine:
        machine.wait_for('check: done', BOOT_SECONDS)
        machine.wait_off(30)
        console = machine.console.replace('\r', '')
    print(console)
    passed = re.findall(r'^check: passed (\w+)', console, re.M)
    assert sorted(passed) == sorted(BOOTS[boot]), console
