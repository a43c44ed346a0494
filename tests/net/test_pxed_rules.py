"""Inspection rules that pxed has acknowledged outlive it; what the store refuses has not happened; and Test of many nodes leaves the bus time for others."""
import contextlib
import sqlite3

import pytest

from test_pxed import MAC, VarlinkError, inventory, pxed, small_disk, wait_for  # noqa: F401 (fixtures)

TAG = {'op': 'extend-attribute', 'args': {'path': '/tags', 'value': 'ruled'}}


def rule(name, *actions, **more):
    return {'name': name, 'conditions': [], 'actions': list(actions), **more}


def rules(pxed):  # noqa: F811
    return pxed.call('Rule.List')['rules']


def test_rules_outlive_a_kill(pxed):  # noqa: F811
    for each in rule('low', TAG, priority=-1), rule('gone'), rule('secret', TAG, sensitive=True), rule('high', priority=1), rule('low', priority=-2):
        pxed.call('Rule.Set', rule=each)
    pxed.call('Rule.Delete', rule='gone')
    before = rules(pxed)
    assert [each['name'] for each in before] == ['high', 'secret', 'low']
    pxed.kill()
    # one that this pxed cannot evaluate is left out and said; the others work on
    with contextlib.closing(sqlite3.connect(pxed.state / 'pxed/pxed.db')) as database, database:
        for name in 'newer', 'older':
            database.execute('INSERT INTO rules VALUES (?, 1, ?)', (name, f'{{"name": "{name}", "conditions": [{{"op": "resembles", "args": {{}}}}], "actions": []}}'))
    pxed.start()
    assert rules(pxed) == before
    assert 'Inspection rule newer of the store is left out: conditions[0].op' in pxed.log()
    pxed.report('introspect', 1, inventory('a'))
    assert pxed.call('Node.List')['nodes'][0]['tags'] == ['ruled']
    problem = wait_for(lambda: pxed.problem('rules'))
    assert problem.startswith('inspection rule newer of the store and 1 more do not run') and 'conditions[0].op' in problem and 'delete' in problem
    pxed.call('Rule.Set', rule=rule('newer'))
    assert [each['name'] for each in rules(pxed)] == ['high', 'newer', 'secret', 'low']
    assert wait_for(lambda: pxed.problem('rules')).startswith('inspection rule older of the store does not run')
    pxed.call('Rule.Delete', rule='older')
    wait_for(lambda: pxed.problem('rules') is None)
    with pytest.raises(VarlinkError, match='NotFound'):
        pxed.call('Rule.Delete', rule='older')
    pxed.kill()
    pxed.start()
    assert len(rules(pxed)) == 4 and pxed.problem('rules') is None


def test_a_refused_write_leaves_the_rules_as_they_were(small_disk):  # noqa: F811
    pxed = small_disk  # noqa: F811
    pxed.call('Rule.Set', rule=rule('r', TAG))
    filler = pxed.state / 'filler'
    with contextlib.suppress(OSError), open(filler, 'wb') as file:
        while True:
            file.write(b'x' * 65536)
            file.flush()
    with pytest.raises(VarlinkError) as refused:
        for number in range(200):
            before = rules(pxed), pxed.call('Appliance.GetStatus')['revision']
            pxed.call('Rule.Set', rule=rule('r', *[{'op': 'log', 'args': {'message': f'{number} ' + 'x' * 4000}}] * 4))
    assert refused.value.name == 'org.pxed.Rule.StorageFailed' and 'full' in refused.value.parameters['reason']
    with pytest.raises(VarlinkError, match='StorageFailed'):
        pxed.call('Rule.Delete', rule='r')
    assert (rules(pxed), pxed.call('Appliance.GetStatus')['revision']) == before
    assert 'make room' in wait_for(lambda: pxed.problem('store'))
    filler.unlink()
    wait_for(lambda: pxed.problem('store') is None)
    pxed.call('Rule.Delete', rule='r')
    assert rules(pxed) == []


def test_test_leaves_the_bus_to_others(pxed):  # noqa: F811
    """However many nodes are asked for, a call looks at them for no longer than about 50 ms, and the next one goes on there."""
    nodes = 60
    for number in range(nodes):
        mac = f'52:54:00:0d:00:{number:02x}'
        pxed.call('Node.Create', name=f'n{number:02}', macs=[mac])
        observation = inventory(f'post-{number}', mac=mac, serial=f'S{number}', uuid=None)
        observation['inventory']['raw'] = {'many': ['abcabc'] * 5000}
        pxed.report('introspect', number + 1, observation)
    condition = {'op': '!contains', 'multiple': 'all', 'args': {'field': '/raw/many/*', 'value': '(a|b)*d'}}
    slow = {'name': 'slow', 'conditions': [condition] * 8, 'actions': [TAG]}
    pages, after = [], None
    while not pages or after:
        reply = pxed.call('Rule.Test', rule=slow, limit=200, after=after)
        pages.append([result['name'] for result in reply['results'] if result['rules'] == ['slow'] and result['changes']])
        after = reply['next']
    assert len(pages) > 1
    assert sum(pages, []) == [f'n{number:02}' for number in range(nodes)]
