"""Inventories that are kept go through hooks and rules again; what an inspection is at outlives pxed."""
import contextlib
import copy
import json
import sqlite3
import uuid
import zlib

import pytest

from introspect_daemon import ipa
from test_pxed import MAC, Worker, inventory, pxectl, pxed, step, wait_for  # noqa: F401
from varlink import VarlinkError

RULE = {'name': 'rack', 'conditions': [], 'actions': [{'op': 'set-attribute', 'args': {'path': '/tags', 'value': ['r1']}}]}
MANY = 300
# Their replies fit into a socket's buffer.
LAST = 40


def posted(mac):
    """As a ramdisk posts it, and what was read of it when it came, which knew less than is read now."""
    raw = copy.deepcopy(ipa())
    raw['boot_interface'] = raw['inventory']['boot']['pxe_interface'] = '01-' + mac.replace(':', '-')
    raw['inventory']['interfaces'][1].update(mac_address=mac, name='eth0')
    raw['inventory']['interfaces'] = raw['inventory']['interfaces'][1:2]
    raw['inventory']['system_vendor'].update(serial_number=f'SERIAL-{mac}', manufacturer='Maker')
    raw['dmi'] = {'system': {'uuid': str(uuid.uuid5(uuid.NAMESPACE_OID, mac))}}
    return inventory(mac, mac, serial=f'SERIAL-{mac}', uuid=raw['dmi']['system']['uuid'], raw=raw)


def inspection(pxed, mac=MAC):
    return pxed.call('Node.Get', node=mac)['node']['inspection']


def wait_state(pxed, state, mac=MAC):
    return wait_for(lambda: inspection(pxed, mac)['state'] == state and pxed.call('Node.Get', node=mac)['node'])


def of_kind(pxed, kind, node=None):
    return [event for event in pxed.events() if event['kind'] == kind and (not node or event['node'] == node['id'])]


def test_hooks_and_rules_as_they_are_now(pxed):
    pxed.report('introspect', 1, posted(MAC))
    before = pxed.call('Node.Get', node=MAC)['node']
    assert before['manufacturer'] is None and before['tags'] == []
    pxed.call('Rule.Set', rule={**RULE, 'actions': [{'op': 'set-attribute', 'args': {'path': '/tags', 'value': ['r1', 'inventory {/inventory/number}']}}]})
    assert pxed.call('Node.Reapply', node=MAC)['node']['inspection']['state'] == 'reapplying'
    node = wait_state(pxed, 'finished')
    assert node['manufacturer'] == 'Maker' and node['tags'] == ['r1', 'inventory 1'] and node['serial'] == before['serial']
    kept, = pxed.call('Inventory.List', node=MAC)['inventories']
    assert kept['number'] == 1
    read = pxed.call('Inventory.Get', node=MAC)['inventory']
    assert read['manufacturer'] == 'Maker' and read['failure'] is None and read['received'] == kept['received']
    assert [event['kind'] for event in pxed.events() if event['node'] == node['id']][-2:] == ['node.inspection-reapplying', 'node.inspected']


def test_texts_with_nuls_are_told_of_still(pxed):
    """What is kept as raw has none any more."""
    told, other = 'text: NULs were taken out of 1 text, the first at /inventory/disks/0/serial', 'disks: as it was read before'
    observation = posted(MAC)
    observation['inventory']['normalized']['errors'] = [other, told]
    pxed.report('introspect', 1, observation)
    for _ in range(2):
        pxed.call('Node.Reapply', node=MAC)
        wait_state(pxed, 'finished')
        errors = pxed.call('Inventory.Get', node=MAC)['inventory']['errors']
        assert errors.count(told) == 1 and other not in errors


def test_failure_changes_nothing_and_can_be_mended(pxed):
    pxed.report('introspect', 1, posted(MAC))
    before = pxed.call('Node.Get', node=MAC)['node']
    pxed.call('Rule.Set', rule={**RULE, 'actions': [{'op': 'fail', 'args': {'message': 'not in my house'}}]})
    pxed.call('Node.Reapply', node=MAC)
    node = wait_state(pxed, 'error')
    assert node['inspection']['hook'] == 'rule rack' and 'not in my house' in node['inspection']['error']
    same = [key for key in before if key not in ('inspection', 'revision')]
    assert [node[key] for key in same] == [before[key] for key in same]
    assert 'not in my house' in pxed.call('Inventory.Get', node=MAC)['inventory']['failure']
    assert len(of_kind(pxed, 'node.inspection-failed')) == 1
    pxed.call('Rule.Delete', rule='rack')
    pxed.call('Node.Reapply', node=MAC)
    assert wait_state(pxed, 'finished')['manufacturer'] == 'Maker'
    assert pxed.call('Inventory.Get', node=MAC)['inventory']['failure'] is None


def test_what_cannot_be_reapplied(pxed):
    pxed.call('Node.Create', name='n', macs=[MAC])
    with pytest.raises(VarlinkError, match='NotFound') as none:
        pxed.call('Node.Reapply', node='n')
    assert none.value.parameters == {'kind': 'inventory', 'reference': 'n'}
    pxed.report('introspect', 1, posted(MAC))
    pxed.call('Node.Inspect', node='n')
    with pytest.raises(VarlinkError, match='WrongState') as waiting:
        pxed.call('Node.Reapply', node='n')
    assert waiting.value.parameters == {'state': 'waiting'}
    with pytest.raises(VarlinkError, match='Conflict'):
        pxed.call('Node.Reapply', node='n', ifRevision=1)


def test_many_go_on_after_a_restart_and_hold_nobody_up(pxed):
    macs = [f'52:54:00:0d:{number >> 8:02x}:{number & 255:02x}' for number in range(MANY)]
    for batch in range(0, MANY, 100):
        pxed.report('introspect', batch // 100 + 1, *(posted(mac) for mac in macs[batch:batch + 100]))
    pxed.call('Rule.Set', rule=RULE)
    with pxed.connect() as connection:
        # The last of them and the question at once: how soon a client asks is not what is asked here.
        for mac in macs[:-LAST]:
            connection.call('org.pxed.Node.Reapply', node=mac)
        calls = [{'method': 'org.pxed.Node.Reapply', 'parameters': {'node': mac}} for mac in macs[-LAST:]]
        calls.append({'method': 'org.pxed.Node.List', 'parameters': {'limit': 500}})
        connection.send_bytes(b''.join(json.dumps(call).encode() + b'\0' for call in calls))
        for _ in macs[-LAST:]:
            connection.reply()
        left = [node for node in connection.reply()[0]['nodes'] if node['inspection']['state'] == 'reapplying']
    assert left, 'the bus was served only when all were done'
    pxed.kill()
    pxed.start()

    def done():
        nodes = pxed.call('Node.List', limit=500)['nodes']
        return len(nodes) == MANY and all(node['inspection']['state'] == 'finished' for node in nodes) and nodes
    nodes = wait_for(done)
    assert all(node['tags'] == ['r1'] for node in nodes)
    assert len(of_kind(pxed, 'node.inspected')) == 2 * MANY and len(of_kind(pxed, 'node.inspection-reapplying')) == MANY


def test_pxectl(pxed):
    others = [MAC[:-1] + '2', MAC[:-1] + '3']
    pxed.report('introspect', 1, posted(MAC), posted(others[0]))
    pxed.call('Node.Create', name='empty', macs=[others[1]])
    done = pxectl(pxed, 'node', 'reapply', '--all')
    assert (done.returncode, done.stdout) == (0, '2 reapplied, 0 failed, 1 without an inventory or in another inspection\n'), done
    pxed.call('Rule.Set', rule={**RULE, 'actions': [{'op': 'fail', 'args': {'message': 'no'}}]})
    done = pxectl(pxed, 'node', 'reapply', MAC, others[0])
    assert done.returncode == 1 and done.stdout.startswith('0 reapplied, 2 failed\n') and 'rule rack: no' in done.stdout, done
    done = pxectl(pxed, '--json', 'node', 'reapply', 'empty', MAC)
    assert done.returncode == 4 and [one['node'] for one in json.loads(done.stdout)['failed']], done
    assert pxectl(pxed, 'node', 'reapply').returncode == 2
    assert pxectl(pxed, 'node', 'reapply', '--all', MAC).returncode == 2


def test_states_outlive_pxed(pxed):
    """Of an inventory that is on the appliance's disk pxed hears again, however often it dies."""
    pxed.report('tftp', 1, step('script', profile='inspect'))
    for state, kind in ('waiting', None), ('processing', 'inventory'):
        if kind:
            pxed.report('introspect', 1, step(kind))
        assert inspection(pxed)['state'] == state
        deadline = inspection(pxed)['deadline']
        pxed.kill()
        pxed.start()
        assert inspection(pxed)['state'] == state and inspection(pxed)['deadline'] == deadline
    pxed.report('introspect', 2, posted(MAC))
    assert inspection(pxed)['state'] == 'finished' and inspection(pxed)['deadline'] is None
    kinds = [event['kind'] for event in pxed.events() if event['kind'].startswith('node.ins')]
    assert kinds == ['node.inspection-waiting', 'node.inspection-processing', 'node.inspected']


def test_lost_inventory(pxed):
    """pxed-introspect has told of one that never comes."""
    pxed.write('[inspection]\nprocessing-timeout = 1s\n')
    pxed.call('Appliance.Reload')
    pxed.report('tftp', 1, step('script', profile='inspect'))
    pxed.report('introspect', 1, step('inventory'))
    node = wait_state(pxed, 'error')
    assert 'did not come within 1 second' in node['inspection']['error'] and node['decision']['profile'] == 'inspect'
    # it was only late
    pxed.report('introspect', 2, posted(MAC))
    assert wait_state(pxed, 'finished')['decision']['profile'] == 'local'


def test_the_run_that_is_asked_for_is_told(pxed):
    """pxed-introspect tells by it a post of this run from one of the last, of which it may have the same bytes."""
    pxed.write('[inspection]\nprocessing-timeout = 1s\n')
    pxed.call('Appliance.Reload')
    worker = Worker(pxed, 'introspect')
    pxed.report('tftp', 1, step('script', profile='inspect'))
    pxed.report('introspect', 1, step('inventory'))
    node = wait_state(pxed, 'error')
    entry = f"node/{node['id']}"
    wait_for(lambda: worker.state.get(entry, {}).get('inspect'))
    assert worker.state[entry]['inspectionStarted'] == node['inspection']['started']
    again = pxed.call('Node.Inspect', node=MAC)['node']['inspection']['started']
    assert again > node['inspection']['started']
    wait_for(lambda: worker.state[entry]['inspectionStarted'] == again)


@pytest.mark.parametrize('document', [b'nonsense', zlib.compress(b'{"errors": [')], ids=['packed', 'text'])
def test_a_damaged_inventory_is_named(pxed, document):
    """A question to all nodes fails too: it has to be said by which of them, and what helps."""
    others = [MAC[:-1] + '2', MAC[:-1] + '3']
    pxed.report('introspect', 1, posted(others[0]), posted(MAC), posted(others[1]))
    node = pxed.call('Node.Get', node=MAC)['node']
    pxed.kill()
    with contextlib.closing(sqlite3.connect(pxed.state / 'pxed/pxed.db')) as database, database:
        database.execute('UPDATE inventories SET document = ?, document_size = 12 WHERE node = ?', (document, uuid.UUID(node['id']).bytes))
    pxed.start()
    for method, parameters in (('Inventory.Get', {'node': MAC}), ('Inventory.Query', {'pointer': '/serial'}), ('Inventory.Export', {}), ('Rule.Test', {})):
        with pytest.raises(VarlinkError, match='StorageFailed') as failed:
            pxed.call(method, **parameters)
        assert failed.value.parameters['reason'] == f"inventory 1 of node {node['id']} is damaged: inspect its machine again"
    assert f"the store failed, and nothing was changed: inventory 1 of node {node['id']}" in pxectl(pxed, 'inventory', 'show', MAC).stderr
    pxed.call('Node.Reapply', node=MAC)
    assert wait_state(pxed, 'error')['inspection']['error'].endswith('is damaged: inspect its machine again')
    # What helps.
    pxed.report('introspect', 2, {**posted(MAC), 'inventory': {**posted(MAC)['inventory'], 'post': 'another'}})
    assert len(pxed.call('Inventory.Query', pointer='/serial')['matches']) == 3
