"""pxectl on inspection rules: files of them, what is refused in these, what they would do; and the examples of pxed-rules(7)."""
import json
import re

import pytest

from test_pxectl import Ctl, complete
from test_rules import LARGE, TAG, no_rules, pxed, rule  # noqa: F401 (fixtures)
from varlink import VarlinkError


@pytest.fixture
def ctl(pxed, build):  # noqa: F811
    return Ctl(build / 'pxectl', pxed.runtime)


@pytest.fixture
def write(tmp_path):
    def write(value):
        path = tmp_path / 'rules.json'
        path.write_text(value if isinstance(value, str) else json.dumps(value, indent=2))
        return path
    return write


def examples(root):
    page = (root / 'docs/pxed-rules.7').read_text()
    return [block.replace(r'\-', '-').replace(r'\e', '\\') for block in re.findall(r'^\.EX\n(.*?)^\.EE\n', page, re.M | re.S)]


def test_examples_of_the_manual(ctl, root, write):
    for example in examples(root):
        ctl.ok('rule', 'set', write(example))
    assert [each['name'] for each in ctl.json('rule', 'list')['rules']] == ['disks-as-ordered', 'memory-as-ordered', 'gpus', 'web-1']
    # the machines of the test have neither a label of that name nor disks
    assert {result['failure'] for result in ctl.json('rule', 'test')['results']} == {'rule disks-as-ordered: disks of  bytes'}
    ctl.ok('rule', 'delete', 'disks-as-ordered')
    assert {result['failure'] for result in ctl.json('rule', 'test')['results']} == {None}


def test_set_show_list_delete(ctl, write):
    assert ctl.run('rule', 'list').stdout == '' and 'pxed-rules(7)' in ctl.run('rule', 'list').stderr
    shown = ctl.ok('rule', 'set', write(rule('r', [LARGE], [TAG], description='large ones', priority=3)))
    assert re.search(r'^r +3 +1 +extend-attribute +large ones$', shown, re.M)
    assert ctl.ok('rule', 'list') == shown
    text = ctl.ok('rule', 'show', 'r')
    assert '  /inventory/memory  gt  {/node/labels/ordered}\n' in text and '  extend-attribute  path: /tags  value: large\n' in text
    told = ctl.json('rule', 'show', 'r')['rule']
    assert ctl.json('rule', 'list') == {'rules': [told]}
    assert told['revision'] < ctl.json('rule', 'set', write([rule('r'), rule('s')]))['rules'][0]['revision']
    assert 'Always' in ctl.ok('rule', 'show', 'r')
    ctl.fails(5, 'rule', 'set', '--if-revision', '1', write(rule('r')))
    ctl.fails(5, 'rule', 'delete', '--if-revision', '1', 'r')
    ctl.ok('rule', 'delete', 'r')
    assert "'pxectl rule list'" in ctl.fails(4, 'rule', 'show', 'r')
    ctl.fails(4, 'rule', 'delete', 'r')


def test_what_was_set_before_a_refusal_is_told(ctl, write):
    """That there are too many is known only when it is the turn of the first of these."""
    told = ctl.fails(1, 'rule', 'set', write([rule(f'r{number}') for number in range(258)]))
    assert re.search(r"rules.json:\d+: \[256\]\.name: there are 256 rules already \(the 256 before it in the file are set\)$", told), told
    assert 'are set' not in ctl.fails(1, 'rule', 'set', write([rule('a'), rule('b')]))
    assert len(ctl.json('rule', 'list')['rules']) == 256


def test_all_that_is_set_can_be_listed(ctl, connection):
    """Rules of 64 KiB are told in one message, which has to be one that clients take."""
    names = []
    for number in range(60):
        large = rule(f'r{number:02}', [('one-of', {'field': '/inventory/cpus', 'value': [number] * 7000})])
        try:
            connection.call('org.pxed.Rule.Set', rule=large)
            names.append(large['name'])
        except VarlinkError as error:
            assert error.parameters['reason'].startswith('all rules together have at most 2097152 bytes'), error
    assert 20 < len(names) < 60
    assert [each['name'] for each in ctl.json('rule', 'list')['rules']] == names
    # Another one in the place of one of them takes no more than that.
    connection.call('org.pxed.Rule.Set', rule=rule('r00', [('one-of', {'field': '/inventory/cpus', 'value': [1] * 7000})]))


def test_standard_input(ctl):
    ctl.ok('rule', 'set', '-', input=json.dumps(rule('r')))
    assert 'standard input:1:1: ' in ctl.fails(2, 'rule', 'set', '-', input='}')


def test_sensitive(ctl, write):
    path = write(rule('s', [LARGE], [('log', {'message': 'hush'})], sensitive=True))
    assert 'hush' not in ctl.ok('rule', 'set', path) + ctl.ok('rule', 'show', 's') + ctl.ok('--json', 'rule', 'show', 's')
    assert 'sensitive' in ctl.fails(1, 'rule', 'test', '--rule', 's')
    assert '1 matched' in ctl.ok('rule', 'test') and '1 matched' in ctl.ok('rule', 'test', path)


def test_what_is_wrong_is_told_with_its_line(ctl, write):
    cases = [('{\n  "name": "r",\n}', 2, ':3:1: '),
             ('{"name": "r", "name": "s"}', 2, 'duplicate'),
             ('[1]', 2, 'objects'),
             ('{\n  "name": "r",\n  "actions": [],\n  "conditions": [\n    {"op": "is-none", "args": {"field": "/node/name"}},\n    {"op": "lt",\n'
              '     "args": {\n       "field": "/node/cpus",\n       "value": "x"}}\n  ]\n}', 1, ':9: conditions[1].args.value: lt needs a number'),
             ('{\n  "name": "r",\n  "actions": []\n}', 1, ':1: conditions: it is missing'),
             ('[\n{"name": "r", "conditions": [], "actions": []},\n{"name": "s", "conditions": [], "actions": [{"op": "x", "args": {}}]}]', 1,
              ':3: [1].actions[0].op: "x" is none of'),
             ('[\n{"name": "r", "conditions": [], "actions": []},\n{"name": "r", "conditions": [], "actions": []}]', 2,
              ':3: [1].name: a rule before it has this name too'),
             ('[]', 2, 'there is no rule in it'),
             ('{"rules": [\n{"name": "r", "conditions": [],\n "actions": [{"op": "x", "args": {}}]}]}', 1, ':3: rules[0].actions[0].op: "x" is none of'),
             ('{"rule": {"name": "r", "conditions": [],\n "actions": [{"op": "x", "args": {}}]}}', 1, ':2: rule.actions[0].op: "x" is none of')]
    for text, status, message in cases:
        path = write(text)
        assert message in ctl.fails(status, 'rule', 'set', path), text
    assert ctl.json('rule', 'list') == {'rules': []}
    assert 'conditions[1]' in ctl.fails(1, 'rule', 'test', write(cases[3][0]))
    ctl.fails(2, 'rule', 'set', '/nonexistent')
    ctl.fails(2, 'rule', 'set', write([]), '--if-revision', '1')
    ctl.fails(2, 'rule', 'test', write([rule('a'), rule('b')]))
    ctl.fails(2, 'rule', 'test', write(rule('a')), '--rule', 'a')


def test_what_is_told_can_be_set_again(ctl, write):
    ctl.ok('rule', 'set', write([rule('r', [LARGE], [TAG], priority=3), rule('s')]))
    for told in ctl.json('rule', 'list'), ctl.json('rule', 'show', 'r'):
        names = [each['name'] for each in told.get('rules', [told.get('rule')])]
        for name in names:
            ctl.ok('rule', 'delete', name)
        path = write(told)
        assert [each['name'] for each in ctl.json('rule', 'set', path)['rules']] == names
        assert len(names) > 1 or '1 matched' in ctl.ok('rule', 'test', path)
    shown = ctl.json('rule', 'show', 'r')['rule']
    assert {**shown, 'revision': 0} == {**rule('r', [LARGE], [TAG], priority=3), 'revision': 0}


def test_test(ctl, write):
    path = write(rule('r', [LARGE], [TAG, ('set-capability', {'name': 'size', 'value': 'L'})]))
    text = ctl.ok('rule', 'test', path)
    assert re.search(r'^m1 +r +/tags +\[\] +\["large"\]$', text, re.M) and re.search(r'^m1 +r +/capabilities/size +- +"L"$', text, re.M)
    assert 'm2' not in text and text.endswith('\n5 nodes with an inventory: 1 matched, 1 would change, 0 would fail\n')
    assert ctl.ok('rule', 'test', path, '--node', 'm2') == '1 node with an inventory: 0 matched, 0 would change, 0 would fail\n'
    ctl.ok('rule', 'set', path)
    assert ctl.ok('rule', 'test') == ctl.ok('rule', 'test', '--rule', 'r') == text
    assert [result['rules'] for result in ctl.json('rule', 'test', '--node', 'm1')['results']] == [['r']]
    failing = write(rule('f', [], [('fail', {'message': 'no {/inventory/serial}'})]))
    assert re.search(r'^m2 +f +fails +- +rule f: no S-02$', ctl.ok('rule', 'test', failing), re.M)
    ctl.fails(4, 'rule', 'test', '--node', 'none')
    ctl.fails(4, 'rule', 'test', '--rule', 'none')
    ctl.ok('--monitor', 'rule', 'test', path)
    ctl.fails(3, '--monitor', 'rule', 'set', path)


def test_completion(ctl, root, build, pxed, write):  # noqa: F811
    ctl.ok('rule', 'set', write([rule('rule-a'), rule('rule-b')]))
    assert complete(root, build, pxed.runtime, 'rule', 'sh') == ['show']
    assert complete(root, build, pxed.runtime, 'rule', 'show', 'rule-') == ['rule-a', 'rule-b']
    assert complete(root, build, pxed.runtime, 'rule', 'test', '--rule', 'rule-b') == ['rule-b']
    assert complete(root, build, pxed.runtime, 'rule', 'test', '--node', 'm1') == ['m1']
    assert complete(root, build, pxed.runtime, 'node', 'reapply', 'm1', 'm2', 'm') == ['m1', 'm2', 'm3', 'm4', 'm5']
