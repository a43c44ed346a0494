"""`make install` into a folder: what it puts there is what systemd can start."""
import os
import subprocess

import pytest

from places import ROOT

UNITS = ('pxed', 'pxed-dhcp', 'pxed-tftp', 'pxed-netcfg', 'pxed-introspect')


@pytest.fixture(scope='module')
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp('installed')
    # The ramdisk and a plain build are there already when the suites run: nothing is built here.
    subprocess.run(['make', '--no-print-directory', 'install', 'RAMDISK_KERNEL=cloud', f'DESTDIR={folder}'], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder


def test_programs_run(installed):
    for name in UNITS:
        done = subprocess.run([installed / 'usr/sbin' / name, '--version'], stdout=subprocess.PIPE, text=True, check=True)
        assert done.stdout.startswith(f'{name} ')
    assert subprocess.run([installed / 'usr/bin/pxectl', '--help'], stdout=subprocess.DEVNULL).returncode == 0


def test_units_are_sound(installed):
    for name in [f'{unit}.service' for unit in UNITS] + ['pxed.target']:
        done = subprocess.run(['systemd-analyze', 'verify', '--man=no', f'--root={installed}', name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        # The folder is no whole system: what is not ours is missing there.
        ours = [line for line in done.stdout.splitlines() if 'pxed' in line and 'sysinit.target not found' not in line and '/bin/kill' not in line]
        assert ours == [], done.stdout


def test_units_start_what_is_installed(tmp_path):
    subprocess.run(['make', '--no-print-directory', 'install', f'DESTDIR={tmp_path}', 'PREFIX=/usr/local', 'RAMDISK_KERNEL=cloud'], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    for name in UNITS:
        text = (tmp_path / f'usr/local/lib/systemd/system/{name}.service').read_text()
        program = next(line for line in text.splitlines() if line.startswith('ExecStart=')).removeprefix('ExecStart=').lstrip('/')
        assert os.access(tmp_path / program, os.X_OK), program


def test_users_and_folders(installed, tmp_path):
    (tmp_path / 'etc').mkdir()
    for name in ('sysusers', 'tmpfiles'):
        source = installed / f'usr/lib/{name}.d/pxed.conf'
        folder = tmp_path / f'usr/lib/{name}.d'
        folder.mkdir(parents=True)
        (folder / 'pxed.conf').write_text(source.read_text())
    subprocess.run(['systemd-sysusers', f'--root={tmp_path}'], check=True, stderr=subprocess.DEVNULL)
    users = {line.split(':')[0] for line in (tmp_path / 'etc/passwd').read_text().splitlines()}
    assert set(UNITS) <= users
    group = next(line for line in (tmp_path / 'etc/group').read_text().splitlines() if line.startswith('pxed:'))
    assert set(group.split(':')[3].split(',')) == set(UNITS) - {'pxed'}
    done = subprocess.run(['systemd-tmpfiles', '--create', f'--root={tmp_path}', 'pxed.conf'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    assert (tmp_path / 'var/lib/pxed/images').is_dir(), done.stdout
    assert (tmp_path / 'run/pxed').stat().st_mode & 0o7777 == 0o1775


def test_an_operator_s_configuration_stays(installed):
    configuration = installed / 'etc/pxed/pxed.conf'
    assert configuration.exists()
    configuration.write_text('# mine\n')
    subprocess.run(['make', '--no-print-directory', 'install', 'RAMDISK_KERNEL=cloud', f'DESTDIR={installed}'], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert configuration.read_text() == '# mine\n'
