"""org.pxed.Node.SetPort and SelectPort: what a controller sets of ports, which of them may be attached, and what is refused."""
import itertools

import pytest

from varlink import VarlinkError

numbers = itertools.count()


@pytest.fixture
def node(connection):
    """A node with three ports, forgotten afterwards."""
    base = next(numbers)
    macs = [f'52:54:00:0f:{base:02x}:{i:02x}' for i in range(3)]
    node = connection.call('org.pxed.Node.Create', macs=macs)['node']
    yield node
    connection.call('org.pxed.Node.Delete', node=node['id'])


def set_port(connection, node, index, **what):
    """The port as it is afterwards."""
    mac = node['ports'][index]['mac']
    reply = connection.call('org.pxed.Node.SetPort', node=node['id'], mac=mac, **what)['node']
    return next(port for port in reply['ports'] if port['mac'] == mac)


def select(connection, node, **what):
    """Candidates and refused ports by their number."""
    reply = connection.call('org.pxed.Node.SelectPort', node=node['name'], **what)
    number = {port['mac']: i for i, port in enumerate(node['ports'])}
    return ([[number[mac] for mac in candidate['macs']] for candidate in reply['candidates']],
            {tuple(number[mac] for mac in refused['macs']): refused['reason'] for refused in reply['refused']})


def refusal(connection, method, **parameters):
    with pytest.raises(VarlinkError) as refused:
        connection.call(f'org.pxed.Node.{method}', **parameters)
    return refused.value


def test_nothing_is_known_of_new_ports(connection, node):
    port = node['ports'][0]
    assert port['physicalNetwork'] is None and port['physicalNetworkSource'] is None and port['conflicts'] == []
    assert port['attachment'] is None and port['switchVlans'] is None
    assert select(connection, node) == ([[0], [1], [2]], {})
    candidates, refused = select(connection, node, physicalNetworks=['rack1'])
    assert candidates == [] and all('not known' in reason and 'rack1' in reason for reason in refused.values()) and len(refused) == 3
    assert select(connection, node, physicalNetworks=['rack1'], allowUnknown=True) == ([[0], [1], [2]], {})


def test_the_first_mac_boots(connection):
    macs = ['52:54:00:0f:ff:00', '52:54:00:0f:ff:01']
    node = connection.call('org.pxed.Node.Create', macs=[*macs, macs[0].upper()])['node']
    connection.call('org.pxed.Node.Delete', node=node['id'])
    assert [(port['mac'], port['boots']) for port in node['ports']] == [(macs[0], True), (macs[1], False)]


def test_set_port(connection, node):
    port = set_port(connection, node, 1, physicalNetwork='rack1', expectedChassis='leaf1', expectedPort='Eth1/7', portGroup='bond0',
                    attachment='8f9c8a51', boots=True)
    assert port == {**port, 'physicalNetwork': 'rack1', 'physicalNetworkSource': 'assigned', 'expectedChassis': 'leaf1',
                    'expectedPort': 'Eth1/7', 'portGroup': 'bond0', 'attachment': '8f9c8a51', 'boots': True, 'conflicts': []}
    # What is null stays; an empty string takes it away.
    port = set_port(connection, node, 1, attachment='', portGroup=None)
    assert (port['attachment'], port['portGroup'], port['boots']) == (None, 'bond0', True)
    port = set_port(connection, node, 1, physicalNetwork='', expectedChassis='', expectedPort='', portGroup='', boots=False)
    assert all(port[name] is None for name in ('physicalNetwork', 'physicalNetworkSource', 'expectedChassis', 'expectedPort', 'portGroup'))
    events = connection.call('org.pxed.Event.Watch', after=0, limit=1000)['events']
    told = [event['message'] for event in events if event['node'] == node['id'] and event['kind'] == 'node.updated']
    assert 'expected switch leaf1' in told[0] and 'attachment 8f9c8a51, the machine boots by it' in told[0]
    assert told[1].endswith(': no attachment')
    listed = [n for n in connection.call('org.pxed.Node.List', limit=500)['nodes'] if n['id'] == node['id']]
    assert listed[0]['ports'][1] == port and listed[0]['revision'] > node['revision']


@pytest.mark.parametrize('field, value', [
    ('physicalNetwork', 'a b'), ('physicalNetwork', 'x' * 64), ('physicalNetwork', '-a'), ('expectedChassis', 'x' * 256),
    ('expectedPort', 'a\nb'), ('portGroup', 'a\x7f'), ('attachment', 'x' * 300), ('attachment', '\t')])
def test_set_port_refuses(connection, node, field, value):
    error = refusal(connection, 'SetPort', node=node['id'], mac=node['ports'][0]['mac'], **{field: value})
    assert error.name == 'org.pxed.Node.Invalid' and error.parameters['field'] == field


def test_set_port_of_nobody(connection, node):
    error = refusal(connection, 'SetPort', node='nobody', mac=node['ports'][0]['mac'])
    assert (error.name, error.parameters['kind']) == ('org.pxed.Node.NotFound', 'node')
    error = refusal(connection, 'SetPort', node=node['id'], mac='52:54:00:ff:ff:ff')
    assert (error.name, error.parameters['kind']) == ('org.pxed.Node.NotFound', 'port')
    assert refusal(connection, 'SetPort', node=node['id'], mac='x').parameters['field'] == 'mac'
    error = refusal(connection, 'SetPort', node=node['id'], mac=node['ports'][0]['mac'], ifRevision=node['revision'] + 1000)
    assert error.name == 'org.pxed.Node.Conflict'


def test_select_port(connection, node):
    set_port(connection, node, 0, physicalNetwork='rack1')
    set_port(connection, node, 1, physicalNetwork='rack1', boots=True)
    set_port(connection, node, 2, physicalNetwork='rack2')
    set_port(connection, node, 0, boots=False)
    assert select(connection, node) == ([[1], [0], [2]], {})
    candidates, refused = select(connection, node, physicalNetworks=['rack1'])
    assert candidates == [[1], [0]] and 'rack2' in refused[2,] and 'rack1' in refused[2,]
    assert select(connection, node, segments=[{'physicalNetwork': 'rack2', 'vlan': 7}])[0] == [[2]]
    assert select(connection, node, physicalNetworks=['rack1'], segments=[{'physicalNetwork': 'rack2'}])[0] == [[1], [0], [2]]
    # A group goes first, and only as a whole.
    for index in 0, 2:
        set_port(connection, node, index, portGroup='bond0')
    candidates, refused = select(connection, node)
    assert candidates == [[1]] and 'rack1 and rack2' in refused[0, 2]
    set_port(connection, node, 2, physicalNetwork='rack1')
    assert select(connection, node) == ([[0, 2], [1]], {})
    set_port(connection, node, 2, attachment='port-9')
    candidates, refused = select(connection, node)
    assert candidates == [[1]] and 'port-9' in refused[0, 2]


def test_select_port_refuses(connection, node):
    assert refusal(connection, 'SelectPort', node='nobody').name == 'org.pxed.Node.NotFound'
    assert refusal(connection, 'SelectPort', node=node['id'], physicalNetworks=['a b']).parameters['field'] == 'physicalNetworks'
    assert refusal(connection, 'SelectPort', node=node['id'], physicalNetworks=['a'] * 257).parameters['field'] == 'physicalNetworks'
    for vlan in 0, -1, 4095:
        error = refusal(connection, 'SelectPort', node=node['id'], segments=[{'physicalNetwork': 'a', 'vlan': vlan}])
        assert error.parameters['field'] == 'segments'


def test_monitor_may_ask_but_not_set(pxed, node):
    with pxed.connect(pxed.monitor) as monitor:
        assert len(monitor.call('org.pxed.Node.SelectPort', node=node['id'])['candidates']) == 3
        error = refusal(monitor, 'SetPort', node=node['id'], mac=node['ports'][0]['mac'], attachment='x')
        assert 'PermissionDenied' in error.name
