"""How the inspection ramdisk is built."""
import os
import subprocess

import pytest

from agent_lab import BUILD, ROOT


def test_builder_s_own_modprobe_configuration(tmp_path):
    """Drivers that are forbidden on the host that builds it, as hardening guides have it for USB disks, are in the ramdisk all the same."""
    cache = BUILD / 'ramdisk/cache'
    if not cache.is_dir():
        pytest.skip(f'{cache} is not there: make ramdisk')
    (tmp_path / 'hardened').mkdir()
    (tmp_path / 'hardened/hardened.conf').write_text('install virtio_blk /bin/false\n')
    # the tests have a mount namespace of their own
    subprocess.run(['mount', '--bind', tmp_path / 'hardened', '/lib/modprobe.d'], check=True)
    try:
        subprocess.run([ROOT / 'introspect/ramdisk/build.sh', tmp_path, BUILD / 'pxed-agent'], check=True,
                       env={**os.environ, 'RAMDISK_KERNEL': 'cloud', 'RAMDISK_COMPRESS': 'none', 'RAMDISK_CACHE': str(cache)})
    finally:
        subprocess.run(['umount', '/lib/modprobe.d'], check=True)
    assert b'/virtio_blk.ko' in (tmp_path / 'initrd').read_bytes()
