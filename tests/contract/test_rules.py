"""org.pxed.Rule: rules as they are set, told, refused and deleted, what they do to inventories, and what Test says that they would do."""
import json
import time

import pytest

from conftest import running
from varlink import VarlinkError

MACS = [f'52:54:00:0e:00:{i:02x}' for i in range(1, 6)]


def report(connection, post, mac, **normalized):
    now = int(time.time() * 1e6)
    inventory = {'errors': [], 'disks': [], 'serial': f'S-{mac[-2:]}', 'memory': 8 << 30, 'cpus': 4, 'architecture': 'x86_64',
                 'interfaces': [{'name': 'eth0', 'mac': mac, 'addresses': ['192.0.2.100'], 'boots': True}], **normalized}
    connection.call('org.pxed.Worker.Report', role='introspect', instance=post, batch=1, observations=[
        {'time': now, 'inventory': {'mac': mac, 'post': post, 'raw': {'inventory': {'hostname': f'host-{mac[-2:]}'}}, 'normalized': inventory}}])


@pytest.fixture(scope='module')
def pxed():
    """One of its own, with five machines that were inspected; m1 has twice the memory of the others."""
    with running() as instance:
        with instance.connect() as connection:
            for number, mac in enumerate(MACS, 1):
                connection.call('org.pxed.Node.Create', name=f'm{number}', macs=[mac], labels={'ordered': str(8 << 30)})
                report(connection, f'first-{number}', mac, memory=(8 << 30) * (2 if number == 1 else 1))
        yield instance


@pytest.fixture(autouse=True)
def no_rules(connection):
    yield
    for rule in connection.call('org.pxed.Rule.List')['rules']:
        connection.call('org.pxed.Rule.Delete', rule=rule['name'])


def rule(name, conditions=(), actions=(), **more):
    return {'name': name, 'conditions': [{'op': op, 'args': args} for op, args in conditions],
            'actions': [{'op': op, 'args': args} for op, args in actions], **more}


LARGE = ('gt', {'field': '/inventory/memory', 'value': '{/node/labels/ordered}'})
TAG = ('extend-attribute', {'path': '/tags', 'value': 'large'})


def set_rule(connection, value, **more):
    return connection.call('org.pxed.Rule.Set', rule=value, **more)['rule']


def events(connection, kind):
    found, after = [], 0
    while True:
        reply = connection.call('org.pxed.Event.Watch', after=after, limit=1000)
        found += [event['message'] for event in reply['events'] if event['kind'] == kind]
        if reply['synchronized']:
            return found
        after = reply['events'][-1]['number']


def refusal(connection, method, **parameters):
    with pytest.raises(VarlinkError) as raised:
        connection.call(f'org.pxed.Rule.{method}', **parameters)
    return raised.value.name.removeprefix('org.pxed.Rule.'), raised.value.parameters


def results(connection, **parameters):
    return {result['name']: result for result in connection.call('org.pxed.Rule.Test', **parameters)['results']}


def test_set_list_get_delete(connection):
    late = set_rule(connection, rule('late', priority=-1, description='for people'))
    first = set_rule(connection, rule('first', [LARGE], [TAG], priority=7))
    set_rule(connection, rule('b'))
    set_rule(connection, rule('a'))
    assert [each['name'] for each in connection.call('org.pxed.Rule.List')['rules']] == ['first', 'a', 'b', 'late']
    assert connection.call('org.pxed.Rule.Get', rule='first')['rule'] == first
    assert first == {**rule('first', [LARGE], [TAG], priority=7), 'revision': late['revision'] + 1}
    replaced = set_rule(connection, rule('first'))
    assert replaced['revision'] > first['revision'] and replaced['conditions'] == []
    assert [each['name'] for each in connection.call('org.pxed.Rule.List')['rules']] == ['a', 'b', 'first', 'late']
    deleted = connection.call('org.pxed.Rule.Delete', rule='late')
    assert deleted['revision'] == connection.call('org.pxed.Appliance.GetStatus')['revision']
    assert refusal(connection, 'Get', rule='late') == ('NotFound', {'kind': 'rule', 'reference': 'late'})
    assert refusal(connection, 'Delete', rule='late') == ('NotFound', {'kind': 'rule', 'reference': 'late'})
    told = events(connection, 'rule.set')
    assert told[-2:] == ['Inspection rule a was created', 'Inspection rule first was replaced']
    assert events(connection, 'rule.deleted')[-1] == 'Inspection rule late was deleted'


def test_revisions(connection):
    assert refusal(connection, 'Set', rule=rule('r'), ifRevision=3) == ('Conflict', {'revision': 0})
    revision = set_rule(connection, rule('r'), ifRevision=0)['revision']
    assert refusal(connection, 'Set', rule=rule('r'), ifRevision=0) == ('Conflict', {'revision': revision})
    assert refusal(connection, 'Delete', rule='r', ifRevision=revision + 1) == ('Conflict', {'revision': revision})
    # what a caller says of the revision itself counts for nothing
    assert set_rule(connection, rule('r', revision=12345), ifRevision=revision)['revision'] == revision + 1


@pytest.mark.parametrize('value, field, reason', [
    (rule('../r'), 'name', 'letters, digits'),
    (rule('r', [('eq', {'field': '/node/name'})]), 'conditions[0].args.value', 'eq needs it'),
    (rule('r', [LARGE, ('like', {})]), 'conditions[1].op', 'none of eq'),
    (rule('r', [('matches', {'field': '/node/name', 'value': 'a('})]), 'conditions[0].args.value', 'regular expression'),
    (rule('r', [('in-net', {'field': '/node/bmcAddress', 'value': ['192.0.2.0/24', '192.0.2.0/40']})]), 'conditions[0].args.value[1]', 'no network'),
    (rule('r', [('eq', {'field': '/inventory/disk/*/size', 'value': 1})]), 'conditions[0].args.field', 'no "disk"'),
    (rule('r', [], [TAG, ('set-attribute', {'path': '/id', 'value': 'x'})]), 'actions[1].args.path', '/name'),
    (rule('r', [('eq', {'field': '/node/name', 'value': 1})] * 65), 'conditions', 'more than 64'),
    (rule('r', [], [('log', {'message': 'x' * 70000})]), '', '65536 bytes')])
def test_refusals(connection, value, field, reason):
    before = connection.call('org.pxed.Appliance.GetStatus')['revision']
    for method in 'Set', 'Test':
        error, parameters = refusal(connection, method, rule=value)
        assert (error, parameters['field']) == ('Invalid', field) and reason in parameters['reason']
    assert connection.call('org.pxed.Rule.List')['rules'] == []
    assert connection.call('org.pxed.Appliance.GetStatus')['revision'] == before


def test_sensitive(connection, pxed):
    secret = rule('secret', [('eq', {'field': '/inventory/serial', 'value': 'S-01'})],
                  [('set-attribute', {'path': '/extra/password', 'value': 'hush'}), ('log', {'message': 'hush'})], sensitive=True)
    told = set_rule(connection, secret)
    assert [part['args'] for part in told['conditions'] + told['actions']] == [{}, {}, {}]
    with pxed.connect(pxed.monitor) as monitor:
        assert monitor.call('org.pxed.Rule.Get', rule='secret')['rule'] == monitor.call('org.pxed.Rule.List')['rules'][0] == told
        tested = monitor.call('org.pxed.Rule.Test', node='m1')
        assert refusal(monitor, 'Set', rule=rule('r'))[0].endswith(('PermissionDenied', 'InterfaceNotFound'))
    assert tested['results'][0]['rules'] == ['secret']
    assert tested['results'][0]['changes'] == [{'pointer': '/extra/password', 'before': None, 'after': None}]
    assert 'hush' not in json.dumps([connection.call('org.pxed.Event.Watch', after=0, limit=1000), pxed.log(), told, tested])
    error, parameters = refusal(connection, 'Set', rule=told)
    assert error == 'Invalid' and parameters['field'] == 'conditions[0].args.field' and 'given again' in parameters['reason']


def test_test_without_rules(connection):
    assert results(connection) == {f'm{i}': {'node': connection.call('org.pxed.Node.Get', node=f'm{i}')['node']['id'], 'name': f'm{i}',
                                             'rules': [], 'changes': []} | {'failure': None} for i in range(1, 6)}


def test_test_one_rule_alone(connection):
    set_rule(connection, rule('stored', [], [('fail', {'message': 'never'})]))
    found = results(connection, rule=rule('tried', [LARGE], [TAG, ('set-capability', {'name': 'memory', 'value': '{/inventory/memory}'})]))
    assert [name for name, result in found.items() if result['rules'] == ['tried']] == ['m1']
    assert {change['pointer']: (change['before'], change['after']) for change in found['m1']['changes']} == {
        '/tags': ('[]', '["large"]'), '/capabilities/memory': (None, f'"{16 << 30}"')}
    assert all(result['changes'] == [] and result['failure'] is None for name, result in found.items() if name != 'm1')
    node = connection.call('org.pxed.Node.Get', node='m1')['node']
    assert node['tags'] == [] and [each['name'] for each in connection.call('org.pxed.Rule.List')['rules']] == ['stored']
    assert {result['failure'] for result in results(connection).values()} == {'rule stored: never'}


def test_test_tells_what_would_fail(connection):
    name = ('set-attribute', {'path': '/name', 'value': 'm2'})
    assert results(connection, rule=rule('r', [LARGE], [name]))['m1']['failure'].startswith('node: name')
    assert results(connection, rule=rule('r', [LARGE], [name]), node='m2')['m2']['failure'] is None
    missing = results(connection, rule=rule('r', [], [('set-attribute', {'path': '/extra/x', 'value': '{/inventory/cpuModel}'})]), node='m3')['m3']
    assert missing['failure'] == 'rule r: actions[0]: there is no /inventory/cpuModel' and missing['changes'] == []


def test_test_pages(connection):
    seen, after = [], None
    while True:
        reply = connection.call('org.pxed.Rule.Test', limit=2, after=after)
        seen += [result['name'] for result in reply['results']]
        after = reply['next']
        if not after:
            break
        assert len(reply['results']) <= 2
    assert seen == ['m1', 'm2', 'm3', 'm4', 'm5']
    for limit in 0, 201:
        assert refusal(connection, 'Test', limit=limit)[1]['field'] == 'limit'
    assert refusal(connection, 'Test', node='none') == ('NotFound', {'kind': 'node', 'reference': 'none'})
    connection.call('org.pxed.Node.Create', name='m4-new', macs=['52:54:00:0e:01:01'])
    assert refusal(connection, 'Test', node='m4-new') == ('NotFound', {'kind': 'inventory', 'reference': 'm4-new'})
    assert [result['name'] for result in connection.call('org.pxed.Rule.Test', after='m4')['results']] == ['m5']
    connection.call('org.pxed.Node.Delete', node='m4-new')


def test_rules_run_when_an_inventory_comes(connection):
    """In their order, over what the hooks and the rules before have made; and Test had said so."""
    set_rule(connection, rule('by-serial', [('matches', {'field': '/inventory/serial', 'value': 'S-0[5-9]'})], [
        ('set-attribute', {'path': '/extra/host', 'value': '{/raw/inventory/hostname}'}), ('add-trait', {'name': 'CUSTOM_RULED'}),
        ('set-port-attribute', {'mac': MACS[4], 'path': '/attachment', 'value': 'from {/inventory/interfaces/0/name}'}),
        ('set-plugin-data', {'path': '/rules', 'value': {'cpus': '{/inventory/cpus}'}}),
        ('log', {'message': 'saw {/inventory/serial}', 'level': 'warning'})], priority=1))
    set_rule(connection, rule('after', [('eq', {'field': '/node/traits/*', 'value': 'CUSTOM_RULED'})], [TAG]))
    told = results(connection, node='m5')['m5']
    assert told['rules'] == ['by-serial', 'after']
    report(connection, 'second-5', MACS[4])
    node = connection.call('org.pxed.Node.Get', node='m5')['node']
    assert node['inspection']['state'] == 'finished' and node['tags'] == ['large']
    assert node['ports'][0]['attachment'] == 'from eth0'
    assert events(connection, 'rule.log')[-1] == 'm5: rule by-serial, warning: saw S-05'
    assert sorted(change['pointer'] for change in told['changes']) == ['/extra/host', '/ports/0/attachment', '/tags', '/traits']
    # what Test says of what is so already: nothing
    assert results(connection, node='m5')['m5']['changes'] == []


def test_an_inventory_is_whole_for_rules(connection):
    """With what only pxed knows of it: the same when it comes and when it is tested."""
    conditions = [('ge', {'field': '/inventory/number', 'value': 1}), ('is-none', {'field': '/inventory/failure'}),
                  ('eq', {'field': '/inventory/node', 'value': '{/node/id}'}), ('gt', {'field': '/inventory/received', 'value': 0})]
    set_rule(connection, rule('whole', conditions, [('set-attribute', {'path': '/extra/inventory', 'value': '{/inventory/number}'})]))
    set_rule(connection, rule('no', [], [('fail', {'message': 'no'})], priority=-1))
    report(connection, 'whole-2', MACS[1])
    connection.call('org.pxed.Rule.Delete', rule='no')
    assert connection.call('org.pxed.Inventory.Get', node='m2')['inventory']['failure'] == 'rule no: no'
    newest = connection.call('org.pxed.Inventory.List', node='m2')['inventories'][0]['number']
    told = results(connection, node='m2')['m2']
    assert told['rules'] == ['whole'] and [(change['pointer'], change['after']) for change in told['changes']] == [('/extra/inventory', str(newest))]
    report(connection, 'whole-2-again', MACS[1])
    assert connection.call('org.pxed.Node.Get', node='m2')['node']['extra']['inventory'] == newest + 1


def test_a_rule_that_fails_changes_nothing(connection):
    set_rule(connection, rule('tag', [], [TAG], priority=1))
    set_rule(connection, rule('too-small', [('lt', {'field': '/inventory/memory', 'value': '{/node/labels/ordered}'})],
                              [('fail', {'message': '{/inventory/memory} bytes of memory, ordered are {/node/labels/ordered}'})]))
    report(connection, 'second-3', MACS[2], memory=4 << 30)
    node = connection.call('org.pxed.Node.Get', node='m3')['node']
    assert node['inspection']['state'] == 'error' and node['tags'] == []
    assert node['inspection']['error'] == f'rule too-small: {4 << 30} bytes of memory, ordered are {8 << 30}'
    report(connection, 'third-3', MACS[2])
    node = connection.call('org.pxed.Node.Get', node='m3')['node']
    assert node['inspection']['state'] == 'finished' and node['tags'] == ['large']


@pytest.mark.parametrize('ramdisk, outcome', [(None, 'inspected'), ('no disk was found', 'failed')])
def test_what_a_rule_fails_is_no_failed_boot(connection, ramdisk, outcome):
    """The ramdisk has done its work: nobody is to look there for what is wrong."""
    mac = f'52:54:00:0e:01:{len(outcome):02x}'
    set_rule(connection, rule('guard', (), [('fail', {'message': 'other disks were ordered'})]))
    more = {'failure': ramdisk} if ramdisk else {}
    connection.call('org.pxed.Worker.Report', role='introspect', instance=outcome, batch=1, observations=[{'time': int(time.time() * 1e6), 'inventory': {
        'mac': mac, 'post': outcome, 'raw': {}, **more, 'normalized': {
            'errors': [], 'disks': [], 'memory': 8 << 30, 'cpus': 4, 'architecture': 'x86_64',
            'interfaces': [{'name': 'eth0', 'mac': mac, 'addresses': [], 'boots': True}]}}}])
    assert connection.call('org.pxed.Node.Get', node=mac)['node']['inspection']['hook'] == ('ramdisk-error' if ramdisk else 'rule guard')
    boot, = connection.call('org.pxed.Boot.List', mac=mac)['boots']
    assert boot['outcome'] == outcome and (boot['diagnosis'] is None) == (ramdisk is None), boot
    assert ramdisk is None or boot['reason'] == f'ramdisk-error: {ramdisk}'
    connection.call('org.pxed.Node.Delete', node=mac)


def test_what_a_sensitive_rule_sets_is_not_in_why_it_cannot_be(connection):
    """Its values fit by themselves, and only the node as a whole cannot be so."""
    set_rule(connection, rule('secret', (), [('set-attribute', {'path': '/name', 'value': 'm2'})], sensitive=True))
    told = 'node: what the rules set cannot be; one of them is sensitive'
    result, = connection.call('org.pxed.Rule.Test', node='m1')['results']
    assert (result['rules'], result['failure'], result['changes']) == (['secret'], told, [])
    report(connection, 'sensitive', MACS[0])
    assert connection.call('org.pxed.Node.Get', node='m1')['node']['inspection']['error'] == told
    assert events(connection, 'node.inspection-failed')[-1].endswith(told)
    connection.call('org.pxed.Rule.Delete', rule='secret')
    report(connection, 'sensitive again', MACS[0], memory=16 << 30)
