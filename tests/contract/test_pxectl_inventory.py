"""pxectl inventory: list, show, diff, query and export against a pxed that has some."""
import json
import os
import pty
import re
import subprocess

import pytest

from inventories import disk, inspected, mac, normalized
from test_pxectl import Ctl
from waiting import PATIENCE

NODES = 5
RAW = {'inventory': {'memory': {'total': 5}}, 'esc\u202eape': '\u009b31m', 'logs': 'H4sIAAAAAAAA'}


@pytest.fixture(scope='module')
def bus():
    """Node 0 was inspected twice, and something has changed; then a ramdisk failed. The others have one inventory each."""
    with inspected() as instance:
        before = normalized(0, bmcAddress='10.0.0.9', bmcMac='52:54:00:bb:00:01')
        after = normalized(0, bmcAddress='10.0.0.9', bmcMac='52:54:00:bb:00:01', memory=32 << 30, disks=[disk('A0'), disk('C0', model='\x1b[31mred')])
        after['interfaces'][0].update(addresses=['10.9.9.9'], lldp={
            'switch_system_name': 'tor-7', 'switch_port_id': 'Eth1/7', 'switch_port_untagged_vlan_id': 10, 'switch_port_mtu': 9000,
            'switch_port_vlans': [{'id': 10, 'name': 'a'}, {'id': 20, 'name': 'b'}], 'switch_port_link_aggregation_enabled': True,
            'switch_port_link_aggregation_id': 3, 'switch_mgmt_addresses': ['192.0.2.250']})
        instance.report(0, before)
        instance.report(0, after, RAW)
        for number in range(1, NODES):
            instance.report(number, normalized(number, memory=(number % 2 + 1) << 30), {'number': number})
        instance.report(4, normalized(4, errors=['usb: no such bus']), failure='the disk is\non fire')
        yield instance


@pytest.fixture
def pxed(bus):
    return bus.pxed


@pytest.fixture
def ctl(bus, build):
    return Ctl(build / 'pxectl', bus.pxed.runtime)


@pytest.fixture
def names(bus):
    return [bus.name(number) for number in range(NODES)]


def test_list(ctl):
    lines = ctl.ok('inventory', 'list', mac(4)).splitlines()
    assert 'NOT TAKEN OVER' in lines[0] and 'the disk is\\non fire' in lines[1] and lines[2].endswith(' -')


def test_show(ctl, names):
    shown = ctl.ok('inventory', 'show', mac(0))
    for text in (f'Node: {names[0]} (', 'BMC: 10.0.0.9, 52:54:00:bb:00:01', 'Memory: 32 GiB', 'Root device: /dev/A0,', 'LLDP', 'tor-7', '10, 20', '9000',
                 '192.0.2.250', '\\x1b[31mred'):
        assert text in shown, text
    assert 'Root device' not in ctl.ok('inventory', 'show', mac(0), '--number', 1)
    failed = ctl.ok('inventory', 'show', mac(4))
    assert 'Not taken over' in failed and 'the disk is\\non fire' in failed and 'Not collected: usb: no such bus' in failed
    assert json.loads(ctl.ok('inventory', 'show', mac(0), '--raw')) == json.loads(ctl.ok('inventory', 'raw', mac(0))) == RAW
    assert ctl.json('inventory', 'show', mac(0), '--raw', '--number', 1)['raw'] == {'posted': 1}


def test_diff(ctl):
    shown = ctl.ok('inventory', 'diff', mac(0)).splitlines()
    assert shown[0] == 'Inventory 2 from 1'
    assert '~ memory is 32 GiB, was 64 GiB' in shown and '- disk B0 (/dev/B0, 480 GB, Fast) is gone' in shown
    assert '+ disk C0 (/dev/C0, 480 GB, ?[31mred) is new' in shown
    address = '~ interface 52:54:00:1d:00:00 (eth0): addresses: now also 10.9.9.9; no longer 10.0.0.0'
    # What comes and goes from boot to boot is last.
    assert shown.index(address) > shown.index('~ memory is 32 GiB, was 64 GiB')
    assert '+ disk B0 (/dev/B0, 480 GB, Fast) is new' in ctl.ok('inventory', 'diff', mac(0), 2, 1)
    assert ctl.ok('inventory', 'diff', mac(0), 2, 2) == 'Inventory 2 from 2\nNothing differs.\n'
    reply = ctl.json('inventory', 'diff', mac(0), 1)
    assert (reply['from'], reply['to']) == (1, 2) and len(reply['differences']) == len(shown) - 1
    assert 'no inventory from before number 1 is kept' in ctl.fails(4, 'inventory', 'diff', mac(1))
    ctl.fails(4, 'inventory', 'diff', mac(0), 1, 9)
    assert "'pxectl inventory list" in ctl.fails(2, 'inventory', 'diff', mac(0), 'old')


def test_query(ctl, names):
    assert ctl.ok('inventory', 'query', '/memory', '--equals', 2 << 30).split() == ['NODE', 'POINTER', 'VALUE', *[
        word for number in (1, 3) for word in (names[number], '/memory', str(2 << 30))]]
    assert len(ctl.ok('inventory', 'query', '/disks/*/serial').splitlines()) == 1 + 2 * NODES
    # A text needs no quotation marks, and is shown without.
    assert ctl.ok('inventory', 'query', '/disks/*/serial', '--equals', 'B3') == ctl.ok('inventory', 'query', '/disks/*/serial', '--equals', '"B3"')
    assert ctl.ok('inventory', 'query', '/disks/*/serial', '--equals', 'B3').split()[3:] == [names[3], '/disks/1/serial', 'B3']
    assert ctl.json('inventory', 'query', '/number', '--raw')['matches'][0]['value'] == '1'
    assert '\u202e' not in ctl.ok('inventory', 'query', '/*', '--raw')
    done = ctl.run('inventory', 'query', '/memory', '--equals', 7)
    assert done.returncode == 0 and done.stdout == '' and '''as a text it would be --equals '"7"'.''' in done.stderr
    assert ctl.json('inventory', 'query', '/no/such') == {'matches': []}
    assert "begins with '/'" in ctl.fails(1, 'inventory', 'query', 'memory')


def test_export(ctl, bus, names):
    lines = [json.loads(line) for line in ctl.ok('inventory', 'export').splitlines()]
    assert [line['name'] for line in lines] == names and all(line['raw'] is None for line in lines)
    assert [line['inventory'] for line in lines] == [bus.call('Get', node=name)['inventory'] for name in names]
    lines = [json.loads(line) for line in ctl.ok('inventory', 'export', '--raw', '--json').splitlines()]
    assert lines[0]['raw'] == RAW and lines[1]['raw'] == {'number': 1}
    one = json.loads(ctl.ok('inventory', 'export', names[0], '--raw'))
    assert one == lines[0]
    ctl.fails(4, 'inventory', 'export', 'nobody')


def test_what_has_very_many_values(build):
    """Six inventories of as many values as are accepted: together more than one message may have."""
    with inspected() as instance:
        for number in range(6):
            instance.report(number, normalized(number), {'x': [1] * 120000})
        ctl = Ctl(build / 'pxectl', instance.pxed.runtime)
        assert [len(json.loads(line)['raw']['x']) for line in ctl.ok('inventory', 'export', '--raw').splitlines()] == [120000] * 6
        assert len(ctl.json('inventory', 'query', '/x/119999', '--raw')['matches']) == 6


def test_export_to_files(ctl, names, tmp_path):
    file, folder = tmp_path / 'all.json', tmp_path / 'folder'
    assert ctl.ok('inventory', 'export', '--output', file) == f'{NODES} inventories in {file}\n'
    assert file.read_text() == ctl.ok('inventory', 'export')
    assert '--force' in ctl.fails(1, 'inventory', 'export', '--output', file)
    assert ctl.ok('inventory', 'export', names[1], '--output', file, '--force') == f'1 inventory in {file}\n'
    assert json.loads(file.read_text())['name'] == names[1]

    assert ctl.json('inventory', 'export', '--output', f'{folder}/') == {'output': f'{folder}/', 'inventories': NODES}
    assert sorted(each.name for each in folder.iterdir()) == [f'{name}.json' for name in names]
    assert json.loads((folder / f'{names[2]}.json').read_text())['inventory']['memory'] == 1 << 30
    ctl.fails(1, 'inventory', 'export', '--output', folder)
    ctl.ok('inventory', 'export', '--output', folder, '--force')

    assert 'No such file' in ctl.fails(1, 'inventory', 'export', '--output', tmp_path / 'no' / 'such')
    # What was begun and failed is not left behind.
    ctl.fails(4, 'inventory', 'export', 'nobody', '--output', tmp_path / 'new')
    assert not (tmp_path / 'new').exists()


def test_export_to_a_full_disk(ctl):
    assert 'No space left' in ctl.fails(1, 'inventory', 'export', '--output', '/dev/full', '--force')


def test_progress_is_for_terminals(ctl, tmp_path):
    master, slave = pty.openpty()
    done = subprocess.run([ctl.program, '--runtime-dir', ctl.runtime, 'inventory', 'export', '--output', tmp_path / 'all'], stdout=subprocess.DEVNULL, stderr=slave,
                          timeout=PATIENCE, check=True)
    os.close(slave)
    drawn = os.read(master, 4096).decode()
    os.close(master)
    assert done.returncode == 0 and re.search(f'{NODES} of {NODES} nodes', drawn) and drawn.endswith('\r')
    assert ctl.run('inventory', 'export').stderr == ''


def test_completion(ctl, names):
    def offered(*words):
        return ctl.ok('_complete', '--', *words).splitlines()
    assert {'list', 'show', 'raw', 'diff', 'query', 'export'} <= set(offered('inventory', ''))
    assert offered('inventory', 'diff', names[0][:-1]) == names and offered('inventory', 'export', names[0]) == [names[0]]
    assert set(offered('inventory', 'export', '--')) >= {'--output', '--force', '--raw'} and '--equals' in offered('inventory', 'query', '--')
