"""pxectl on what pxed was told of the wire: what networks hang on, sightings in full, and the map. The workers' reports are the test's."""
import re
import time

import pytest

from conftest import running
from test_pxectl import Ctl

SWITCH = '00:11:22:33:44:55'
SEEN, STRANGER = '52:54:00:0a:00:01', '52:54:00:0a:00:99'


def neighbour(interface, protocol, chassis, port, **more):
    now = int(time.time() * 1e6)
    return {'interface': interface, 'protocol': protocol, 'chassis': chassis, 'port': port, 'managementAddresses': [], 'firstSeen': now,
            'lastSeen': now, **more}


def report(connection, role, *observations):
    now = int(time.time() * 1e6)
    connection.call('org.pxed.Worker.Report', role=role, instance='test', batch=1, observations=[{'time': now, **each} for each in observations])


@pytest.fixture(scope='module')
def pxed():
    """One of its own: what is reported here stays."""
    with running() as instance:
        now = int(time.time() * 1e6)
        with instance.connect() as connection:
            report(connection, 'netcfg',
                   {'link': {'network': 'lab', 'exists': True, 'up': True, 'carrier': True, 'addresses': ['192.0.2.1/24'], 'neighbours': [
                       neighbour('pxe0', 'lldp', SWITCH, 'Eth1/48', systemName='tor-7', systemDescription='Switch OS', vlan=10),
                       neighbour('pxe0', 'cdp', 'tor-7.example', 'Ethernet1/48')]}},
                   *({'sighting': {'mac': mac, 'network': 'lab', 'addresses': [address], 'firstSeen': now, 'lastSeen': now, 'protocols': ['dhcp'],
                                   'hostname': 'host-1', 'architecture': 7, 'vendorClass': 'PXEClient:Arch:00007'}}
                     for mac, address in ((SEEN, '192.0.2.100'), (STRANGER, '192.0.2.199'))),
                   {'foreignServer': {'network': 'lab', 'address': '192.0.2.66', 'mac': '52:54:00:66:66:66', 'offered': '192.0.2.200',
                                      'firstSeen': now, 'lastSeen': now}})
            report(connection, 'introspect',
                   {'inventory': {'mac': SEEN, 'post': 'one', 'raw': {}, 'normalized': {
                       'errors': [], 'disks': [], 'serial': 'S1', 'memory': 1 << 30, 'architecture': 'x86_64', 'interfaces': [
                           {'name': 'eth0', 'mac': SEEN, 'addresses': ['192.0.2.100'], 'boots': True, 'switchChassis': SWITCH, 'switchPort': 'Eth1/7',
                            'switchName': 'tor-7', 'switchVlan': 10, 'switchVlans': [10, 20]}]}}})
        yield instance


@pytest.fixture
def ctl(pxed, build):
    return Ctl(build / 'pxectl', pxed.runtime)


@pytest.fixture
def name(ctl):
    return ctl.json('node', 'show', SEEN)['node']['name']


def test_network_list(ctl):
    assert ' tor-7 Eth1/48 ' in ctl.ok('network', 'list')


def test_network_show(ctl):
    shown = ctl.ok('network', 'show', 'lab')
    for text in ('Interface: pxe0', 'Link: up', SWITCH, 'Ethernet1/48', 'Switch OS', '192.0.2.66', '52:54:00:66:66:66'):
        assert text in shown
    document = ctl.json('network', 'show', 'lab')
    assert document == {'network': ctl.json('network', 'list')['networks'][0]}
    assert [n['protocol'] for n in document['network']['link']['neighbours']] == ['lldp', 'cdp']
    assert "'pxectl network list'" in ctl.fails(4, 'network', 'show', 'no-such')


def test_sightings(ctl, name):
    assert 'host-1' not in ctl.ok('sighting', 'list') and len(ctl.ok('sighting', 'list').splitlines()) == 3
    shown = ctl.ok('sighting', 'list', '--mac', SEEN)
    for text in (f'Node: {name}', 'Hostname: host-1', 'Architecture: 7 (UEFI', 'Vendor class: PXEClient:Arch:00007', 'Addresses: 192.0.2.100'):
        assert text in shown
    assert [s['mac'] for s in ctl.json('sighting', 'list', '--mac', SEEN)['sightings']] == [SEEN]


def ageless(tree):
    """Without how long ago each was seen, which goes on while it is asked."""
    return re.sub(r'seen (now|\d+ \w+)', 'seen', tree)


def test_map(ctl, name):
    tree = ctl.ok('map')
    lines = [line.split() for line in tree.replace('│', ' ').splitlines()]
    assert lines[0] == ['lab,', 'on', 'pxe0']
    assert lines[1] == ['├──', 'tor-7', f'({SWITCH})']
    assert lines[2] == ['├──', 'Eth1/7', '(VLAN', '10)'] and lines[3] == ['└──', name, 'eth0', SEEN, '192.0.2.100']
    assert lines[4] == ['└──', 'Eth1/48', '(VLAN', '10)'] and lines[5] == ['└──', 'this', 'appliance', 'pxe0']
    assert lines[6] == ['└──', 'switch', 'not', 'known'] and lines[7][:4] == ['└──', STRANGER, '192.0.2.199', 'host-1']
    assert len(lines) == 8
    assert ageless(ctl.ok('map', 'lab')) == ageless(tree)
    assert 'map' in ctl.ok('--monitor', 'help') and ageless(ctl.ok('--monitor', 'map')) == ageless(tree)
    assert "'no-such'" in ctl.fails(4, 'map', 'no-such')


def test_map_as_json(ctl, name):
    network, = ctl.json('map')['networks']
    assert (network['name'], network['interface'], network['physicalNetwork']) == ('lab', 'pxe0', None)
    switch, = network['switches']
    assert (switch['name'], switch['chassis']) == ('tor-7', SWITCH)
    near, far = switch['ports']
    assert (near['port'], near['vlan'], near['appliance'], far['port'], far['appliance']) == ('Eth1/7', 10, [], 'Eth1/48', ['pxe0'])
    machine, = near['machines']
    assert {key: machine[key] for key in ('mac', 'name', 'interface', 'addresses', 'hostname')} == {
        'mac': SEEN, 'name': name, 'interface': 'eth0', 'addresses': ['192.0.2.100'], 'hostname': 'host-1'}
    assert [one['mac'] for one in network['unplaced']] == [STRANGER] and network['unplaced'][0]['node'] is None


def test_conflicts_stand_beside_the_port(ctl, name):
    ctl.ok('node', 'set-port', name, SEEN, '--expected-switch', 'tor-8')
    try:
        conflict, = ctl.json('node', 'show', name)['node']['ports'][0]['conflicts']
        assert f'conflict: {conflict}\n' in ctl.ok('map')
        assert ctl.json('map')['networks'][0]['switches'][0]['ports'][0]['machines'][0]['conflicts'] == [conflict]
    finally:
        ctl.ok('node', 'set-port', name, SEEN, '--expected-switch', '')
