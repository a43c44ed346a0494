"""org.pxed.Inventory: what is kept of inventories, what differs, questions to all of them and all of them page by page."""
import base64
import copy
import gzip
import itertools
import json

import pytest

from inventories import disk, inspected, mac, normalized
from varlink import VarlinkError

NODES = 7
LOGS = base64.b64encode(gzip.compress(b'what the ramdisk did')).decode()


@pytest.fixture(scope='module')
def bus():
    """Node n has n + 1 disks; 6 has no inventory but the node alone."""
    with inspected() as instance:
        for number in range(NODES - 1):
            instance.report(number, normalized(number, disks=[disk(f'{number}-{i}', rotational=i == 0) for i in range(number + 1)], memory=(number % 2 + 1) << 30),
                            {'inventory': {'memory': {'total': number}}, 'a/b': {'~': [number, {'*': 'star'}]}, 'logs': LOGS})
        instance.connection.call('org.pxed.Node.Create', name='zzz', macs=[mac(NODES - 1)])
        yield instance


@pytest.fixture
def pxed(bus):
    """For the question whether it still serves."""
    return bus.pxed


@pytest.fixture
def machine(bus, request):
    """A machine of the test's own, deleted afterwards; its number."""
    number = 100 + sum(map(ord, request.node.name)) % 100
    yield number
    bus.connection.call('org.pxed.Node.Delete', node=mac(number))


def refused(bus, method, **parameters):
    with pytest.raises(VarlinkError) as refusal:
        bus.call(method, **parameters)
    return refusal.value.name.rpartition('.')[2], refusal.value.parameters


def pages(bus, method, key, limit, **parameters):
    """All of it, and how many pages that took."""
    found, after, count = [], None, 0
    while True:
        reply = bus.call(method, limit=limit, after=after, **parameters)
        found += reply[key]
        after, count = reply['next'], count + 1
        if after is None:
            return found, count


def resolve(document, pointer):
    """(place, value) of each: RFC 6901, written from it, with '*' for each member."""
    found = [('', document)]
    for part in pointer.split('/')[1:]:
        below = []
        for place, value in found:
            items = dict(enumerate(value)) if isinstance(value, list) else value if isinstance(value, dict) else {}
            for key, child in items.items():
                written = str(key).replace('~', '~0').replace('/', '~1')
                if part in ('*', written):
                    below.append((f'{place}/{written}', child))
        found = below
    return found


# ---- what is kept ----

def test_raw_comes_back_as_posted(bus, machine):
    raw = {'inventory': {'x': [1, 2.5, None, True, 'ü']}, 'logs': LOGS, 'error': None}
    bus.report(machine, normalized(machine), raw)
    assert bus.call('GetRaw', node=mac(machine))['raw'] == raw
    bus.report(machine, normalized(machine), {'second': 1})
    assert bus.call('GetRaw', node=mac(machine))['raw'] == {'second': 1}
    # Only the newest has its logs.
    assert bus.call('GetRaw', node=mac(machine), number=1)['raw'] == {key: value for key, value in raw.items() if key != 'logs'}


def test_a_failure_is_kept_with_its_inventory(bus, machine):
    bus.report(machine, normalized(machine))
    bus.report(machine, normalized(machine), failure='no disk was found')
    listed = bus.call('List', node=mac(machine))['inventories']
    assert [each['number'] for each in listed] == [2, 1]
    assert 'no disk was found' in listed[0]['failure'] and listed[1]['failure'] is None
    assert bus.call('Get', node=mac(machine))['inventory']['failure'] == listed[0]['failure']
    assert bus.call('Get', node=mac(machine), number=1)['inventory']['failure'] is None


def test_no_such_inventory(bus):
    assert refused(bus, 'Get', node=mac(0), number=99) == ('NotFound', {'kind': 'inventory', 'reference': '99'})
    assert refused(bus, 'GetRaw', node=mac(0), number=-1) == ('NotFound', {'kind': 'inventory', 'reference': '-1'})
    assert refused(bus, 'Get', node='zzz') == ('NotFound', {'kind': 'inventory', 'reference': 'zzz'})
    assert refused(bus, 'List', node='nobody') == ('NotFound', {'kind': 'node', 'reference': 'nobody'})


# ---- differences ----

def test_diff_and_event(bus, machine):
    before = normalized(machine)
    after = copy.deepcopy(before)
    gone = after['disks'].pop(0)
    after['memory'] //= 2
    after['interfaces'][1].update(switchPort='Eth1/48', addresses=['10.9.9.9'])
    bus.report(machine, before)
    bus.report(machine, after)
    reply = bus.call('Diff', node=mac(machine))
    assert (reply['from'], reply['to']) == (1, 2)
    told = {each['pointer']: each for each in reply['differences'] if not each['pointer'].startswith('/pluginData')}
    assert told.keys() == {'/disks/0', '/memory', '/interfaces/1/switchPort', '/interfaces/1/addresses'}
    assert told['/disks/0']['change'] == 'removed' and told['/disks/0']['after'] is None and told['/disks/0']['hardware']
    assert json.loads(told['/disks/0']['before']) == gone
    assert (json.loads(told['/memory']['before']), json.loads(told['/memory']['after'])) == (64 << 30, 32 << 30)
    assert told['/memory']['text'] == 'memory is 32 GiB, was 64 GiB'
    assert not told['/interfaces/1/addresses']['hardware']
    # Backwards, what was gone is new; to itself nothing differs.
    back = {each['pointer']: each for each in bus.call('Diff', node=mac(machine), **{'from': 2, 'to': 1})['differences']}
    assert back['/disks/0']['change'] == 'added' and 'is new' in back['/disks/0']['text']
    assert bus.call('Diff', node=mac(machine), **{'from': 2, 'to': 2})['differences'] == []
    events = [event['message'] for event in bus.events('node.hardware-changed') if event['mac'] == mac(machine)]
    assert len(events) == 1
    for words in ('memory is 32 GiB, was 64 GiB', f'disk A{machine} (/dev/A{machine}, 480 GB, Fast) is gone', 'switch port is Eth1/48'):
        assert words in events[0]
    assert '10.9.9.9' not in events[0]


def test_diff_refuses(bus, machine):
    bus.report(machine, normalized(machine))
    assert refused(bus, 'Diff', node=mac(machine)) == ('NotFound', {'kind': 'inventory', 'reference': 'before 1'})
    assert refused(bus, 'Diff', node=mac(machine), to=7) == ('NotFound', {'kind': 'inventory', 'reference': '7'})
    assert refused(bus, 'Diff', node=mac(machine), **{'from': 7}) == ('NotFound', {'kind': 'inventory', 'reference': '7'})
    assert refused(bus, 'Diff', node='zzz') == ('NotFound', {'kind': 'inventory', 'reference': 'zzz'})
    assert refused(bus, 'Diff', node='nobody')[1]['kind'] == 'node'


# ---- questions ----

@pytest.mark.parametrize('raw, pointer', [
    (False, '/memory'), (False, '/disks/*/serial'), (False, '/disks/2'), (False, '/interfaces/*/addresses/*'), (False, '/interfaces/0/lldp/*'),
    (False, '/bmcAddress'), (False, '/no/such'), (False, '/disks/01'), (False, '/*/0/name'), (False, ''), (True, '/inventory/memory/total'),
    (True, '/a~1b/~0/0'), (True, '/a~1b/~0/1/*'), (True, '/*'), (True, '/logs'),
])
@pytest.mark.parametrize('limit', [3, 500])
def test_query(bus, raw, pointer, limit):
    matches, count = pages(bus, 'Query', 'matches', limit, pointer=pointer, raw=raw)
    expected = []
    for number in sorted(range(NODES - 1), key=bus.name):
        document = bus.call('GetRaw', node=mac(number))['raw'] if raw else bus.call('Get', node=mac(number))['inventory']
        node = bus.call('Get', node=mac(number))['inventory']['node']
        expected += [(node, bus.name(number), 1, place, value) for place, value in resolve(document, pointer)]
    assert [(match['node'], match['name'], match['number'], match['pointer'], json.loads(match['value'])) for match in matches] == expected
    assert count == (3 if limit == 3 else 1)


def test_query_equals(bus):
    def nodes(**query):
        return [match['name'] for match in bus.call('Query', **query)['matches']]
    assert nodes(pointer='/memory', equals=str(2 << 30)) == [bus.name(number) for number in (1, 3, 5)]
    assert nodes(pointer='/memory', equals=f'{2 << 30}.0') == [bus.name(number) for number in (1, 3, 5)]
    assert nodes(pointer='/disks/*/serial', equals='"5-5"') == [bus.name(5)]
    assert nodes(pointer='/disks/*/rotational', equals='true') == [bus.name(number) for number in range(6)]
    assert nodes(pointer='/inventory', equals='{"memory": {"total": 4}}', raw=True) == [bus.name(4)]
    assert nodes(pointer='/bootMode', equals='"bios"') == nodes(pointer='/bootMode', equals='null') == []


@pytest.mark.parametrize('parameters, field', [
    ({'pointer': 'memory'}, 'pointer'), ({'pointer': '/a~2'}, 'pointer'), ({'pointer': '/a~'}, 'pointer'), ({'pointer': '/' + 'x' * 600}, 'pointer'),
    ({'pointer': '/x' * 40}, 'pointer'), ({'pointer': '/a', 'equals': 'uefi'}, 'equals'), ({'pointer': '/a', 'equals': ''}, 'equals'),
    ({'pointer': '/a', 'equals': '1, 2'}, 'equals'), ({'pointer': '/a', 'equals': '1], [2'}, 'equals'), ({'pointer': '/a', 'equals': '[' * 5000}, 'equals'),
    ({'pointer': '/a', 'limit': 0}, 'limit'), ({'pointer': '/a', 'limit': 501}, 'limit'),
])
def test_query_refuses(bus, parameters, field):
    error, what = refused(bus, 'Query', **parameters)
    assert (error, what['field']) == ('Invalid', field) and len(what['reason']) > 5


def test_query_bounds(bus, machine):
    """What a ramdisk may post is no reply without end."""
    bus.report(machine, normalized(machine), {'many': list(range(5000))})
    matches = bus.call('Query', pointer='/many/*', raw=True, after=None)['matches']
    assert [int(match['value']) for match in matches] == list(range(2000))
    # A large value ends the page, so that the next node comes with the next.
    bus.report(machine, normalized(machine), {'large': 'x' * (2 << 20)})
    reply = bus.call('Query', pointer='/large', raw=True)
    assert len(reply['matches']) == 1 and reply['next'] == bus.name(machine)


# ---- all of them ----

@pytest.mark.parametrize('limit', [1, 4, 100])
@pytest.mark.parametrize('raw', [False, True])
def test_export(bus, limit, raw):
    exported, count = pages(bus, 'Export', 'inventories', limit, raw=raw)
    assert [each['name'] for each in exported] == sorted(bus.name(number) for number in range(NODES - 1))
    assert count == -(-NODES // limit)
    for each in exported:
        assert each['inventory'] == bus.call('Get', node=each['node'])['inventory']
        assert each['raw'] == (bus.call('GetRaw', node=each['node'])['raw'] if raw else None)
        assert (each['number'], each['received']) == (each['inventory']['number'], each['inventory']['received'])


def test_export_bounds(bus, machine):
    assert refused(bus, 'Export', limit=101)[1]['field'] == 'limit'
    bus.report(machine, normalized(machine), {'large': 'x' * (2 << 20)})
    reply = bus.call('Export', limit=100, raw=True)
    assert reply['inventories'][-1]['name'] == reply['next'] == bus.name(machine)
    assert bus.call('Export', limit=100)['next'] is None


def test_pages_go_on_where_a_node_has_gone(bus):
    assert bus.call('Export', after='zzz', limit=1) == {'inventories': [], 'next': None}
    assert len(bus.call('Export', after='a name that is none', limit=1)['inventories']) == 1


def test_the_monitor_may_ask(bus):
    with bus.pxed.connect(bus.pxed.monitor) as connection:
        for method, parameters in (('Query', {'pointer': '/memory'}), ('Export', {}), ('List', {'node': mac(0)})):
            assert connection.call(f'org.pxed.Inventory.{method}', **parameters)


def test_the_monitor_is_told_no_logs(bus, machine):
    """They may have the token of the machine's boot, as a ramdisk logs its kernel's command line."""
    bus.report(machine, normalized(machine), {'inventory': {'x': 1}, 'logs': LOGS})
    rule = {'conditions': [{'op': '!is-empty', 'args': {'field': '/raw/logs'}}], 'actions': []}

    def told(connection):
        raw = connection.call('org.pxed.Inventory.GetRaw', node=mac(machine))['raw']
        exported = connection.call('org.pxed.Inventory.Export', raw=True, limit=100)['inventories']
        queried = connection.call('org.pxed.Inventory.Query', pointer='/logs', raw=True, limit=500)['matches']
        tested = connection.call('org.pxed.Rule.Test', node=mac(machine), rule={'name': 'logs', **rule})['results'][0]['rules']
        return 'logs' in raw, any('logs' in each['raw'] for each in exported), len(queried) > 0, tested == ['logs']
    assert told(bus.connection) == (True, True, True, True)
    with bus.pxed.connect(bus.pxed.monitor) as connection:
        assert told(connection) == (False, False, False, False)


def test_the_bmc_goes_with_its_lease(bus, machine):
    """One that has leases of both families renews both, again and again: the IPv4 address stays what the node tells."""
    bmc, lasts = mac(machine, 9), itertools.count(1_900_000_000_000_000)

    def address_after(*addresses):
        for address in addresses:
            bus.observe('dhcp', {'lease': {'network': 'lab', 'mac': bmc, 'address': address, 'expires': next(lasts), 'ended': False}})
        return bus.connection.call('org.pxed.Node.Get', node=mac(machine))['node']['bmcAddress']
    bus.report(machine, normalized(machine, bmcMac=bmc))
    assert address_after('2001:db8::9') == '2001:db8::9'
    assert address_after('2001:db8::a') == '2001:db8::a'
    assert address_after('192.0.2.150') == '192.0.2.150'
    assert address_after('2001:db8::a', '192.0.2.150', '2001:db8::a') == '192.0.2.150'
    assert address_after('192.0.2.151') == '192.0.2.151'
    told = [event['message'] for event in bus.events('node.updated') if event['mac'] == bmc]
    assert len(told) == 4 and told[-1].endswith('is at 192.0.2.151 now, and was at 192.0.2.150')
