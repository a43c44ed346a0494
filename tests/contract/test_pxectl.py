"""Each command of pxectl against the real pxed: what it prints, its JSON, its exit statuses."""
import json
import os
import re
import subprocess
import uuid

import pytest

from waiting import PATIENCE


class Ctl:
    """Runs pxectl on a runtime folder. `ok` gives its standard output, `json` what --json prints, `fails` its complaint."""

    def __init__(self, program, runtime):
        self.program, self.runtime = program, runtime

    def run(self, *arguments, **options):
        environment = {**os.environ, 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8'}
        return subprocess.run([self.program, '--runtime-dir', self.runtime, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                              env=environment, **options)

    def ok(self, *arguments, **options):
        done = self.run(*arguments, **options)
        assert (done.returncode, done.stderr) == (0, ''), (arguments, done)
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.ok('--json', *arguments))

    def fails(self, status, *arguments, **options):
        """The complaint is one line on standard error, and with --json one object."""
        done = self.run(*arguments, **options)
        assert done.returncode == status, (arguments, done)
        assert done.stdout == '' and re.fullmatch('pxectl: .+\n', done.stderr), done
        error = json.loads(self.run('--json', *arguments, **options).stderr)
        assert error['status'] == status and error['message']
        return done.stderr


@pytest.fixture
def ctl(pxed, build):
    return Ctl(build / 'pxectl', pxed.runtime)


@pytest.fixture
def node(ctl):
    """A node with a MAC of its own, deleted afterwards."""
    number = uuid.uuid4().bytes
    mac = '52:54:00:%02x:%02x:%02x' % tuple(number[:3])
    name = f'ctl-{number.hex()[:12]}'
    created = ctl.json('node', 'create', name, '--mac', mac, '--tag', 'rack1', '--label', 'owner=ops')['node']
    assert created['name'] == name and created['ports'][0]['mac'] == mac
    assert created['tags'] == ['rack1'] and created['labels'] == {'owner': 'ops'}
    yield created
    ctl.run('node', 'delete', created['id'])


@pytest.fixture
def profile(ctl):
    name = f'ctl-{uuid.uuid4().hex[:12]}'
    ctl.ok('profile', 'set', name, '--kernel', 'debian/vmlinuz', '--initrd', 'debian/initrd', '--initrd', 'debian/extra', '--arguments', 'console=${console} ip=dhcp',
           '--param', 'console=ttyS0', '--description', 'for tests')
    yield name
    ctl.run('profile', 'delete', name)


# ---- without pxed

@pytest.mark.parametrize('arguments', [
    ['node', 'list'], ['profile', 'list'], ['network', 'list'], ['network', 'show', 'x'], ['map'], ['lease', 'list'], ['sighting', 'list'], ['boot', 'list'], ['boot', 'show'], ['events'],
    ['events', '--follow'], ['watch'], ['inventory', 'list', 'x'], ['reload'], ['daemon', 'pxed'], ['log-level', 'pxed', 'info'], ['call', 'org.pxed.Node.List'],
    ['call', 'org.pxed.Event.Watch', '--more'], ['node', 'set', 'x', '--tag', 'y'], ['rule', 'list'], ['rule', 'show', 'x'], ['rule', 'test']])
def test_not_running(build, tmp_path, arguments):
    assert 'is pxed running' in Ctl(build / 'pxectl', tmp_path).fails(3, *arguments)


def test_status_without_pxed(build, tmp_path):
    done = Ctl(build / 'pxectl', tmp_path).run('status')
    assert done.returncode == 3 and len(re.findall('absent', done.stdout)) == 5
    done = Ctl(build / 'pxectl', tmp_path).run('status', '--json')
    assert {daemon['name'] for daemon in json.loads(done.stdout)['daemons']} == {'pxed', 'pxed-dhcp', 'pxed-tftp', 'pxed-netcfg', 'pxed-introspect'}


def test_no_permission(build, pxed, tmp_path):
    """Who is neither root nor in the group is told so."""
    nobody = Ctl(build / 'pxectl', pxed.runtime)
    if subprocess.run(['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', 'test', '-x', build], check=False).returncode != 0:
        pytest.skip('nobody cannot reach the build folder')
    done = subprocess.run(['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', nobody.program, '--runtime-dir', pxed.runtime, 'node', 'list'],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 3 and 'member of the group pxed' in done.stderr


# ---- usage

@pytest.mark.parametrize('arguments', [
    [], ['frobnicate'], ['node'], ['node', 'frobnicate'], ['node', 'show'], ['node', 'show', 'a', 'b'], ['node', 'list', '--frobnicate'], ['node', 'list', '--timeout'],
    ['node', 'list', '--timeout', 'soon'], ['node', 'create', 'x'], ['node', 'set', 'x'], ['node', 'set', 'x', '--label', 'novalue'],
    ['node', 'set-boot', 'x', 'y', '--param', '=z'], ['node', 'set-boot', 'x', 'y', '--wait', '--timeout', '100'], ['node', 'delete', 'x', '--if-revision', 'y'],
    ['node', 'explain'], ['boot', 'list', '--limit', '0'], ['events', '--after', '-1'], ['events', '--limit', '1001'], ['profile', 'set', 'x', '--kind', 'iso'], ['watch', '--exit-when', 'running=1'],
    ['log-level', 'pxed', 'loud'], ['call', 'nodot'], ['call', 'a.b', '[]'], ['call', 'a.b', '{'], ['node', 'show', b'\xff']])
def test_usage(build, tmp_path, arguments):
    done = subprocess.run([build / 'pxectl', '--runtime-dir', tmp_path, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and done.stdout == '' and re.fullmatch('pxectl: .+\n', done.stderr), done


def test_help(build, root):
    ctl = Ctl(build / 'pxectl', '/nonexistent')
    text = ctl.ok('help')
    manual = re.sub(r'\\-', '-', (root / 'docs/pxectl.1').read_text())
    commands = re.findall(r'^  ((?:[a-z][a-z-]* )+)', text, re.M)
    assert len(commands) > 25
    for command in commands:
        words = re.match('((?:node|profile|network|lease|sighting|boot|inventory|rule) )?[a-z-]+', command).group(0).split()
        shown = ctl.ok('help', *words)
        assert shown == ctl.ok(*words, '--help')
        # the manual tells each command and option
        assert re.search(r'^\.(B|BR|BI) "?' + ' '.join(words) + r'("| |$)', manual, re.M), words
        for option in re.findall(r'^  (--[a-z-]+)', shown, re.M):
            assert option in manual, (words, option)
    assert ctl.ok('--help') == text and ctl.ok('-h') == text
    assert 'node list' in ctl.ok('node', '--help') and 'profile' not in ctl.ok('help', 'node')
    assert re.fullmatch(r'pxectl [0-9.]+\n', ctl.ok('--version'))
    assert ctl.run('help', 'frobnicate').returncode == 2


# ---- nodes

def test_node_list_and_show(ctl, node):
    assert node['name'] in ctl.ok('node', 'list')
    assert node['id'] in [one['id'] for one in ctl.json('node', 'list')['nodes']]
    shown = ctl.ok('node', 'show', node['name'])
    assert node['id'] in shown and node['ports'][0]['mac'] in shown and 'owner=ops' in shown
    for reference in (node['id'], node['ports'][0]['mac'], node['name']):
        assert ctl.json('node', 'show', reference)['node']['id'] == node['id']


def test_node_list_is_paged(ctl):
    names = [f'ctl-page-{number:03}' for number in range(250)]
    for number, name in enumerate(names):
        ctl.ok('node', 'create', name, '--mac', f'52:54:00:fe:00:{number:02x}')
    try:
        assert [one['name'] for one in ctl.json('node', 'list')['nodes'] if one['name'].startswith('ctl-page-')] == names
        assert len(re.findall('^ctl-page-', ctl.ok('node', 'list'), re.M)) == 250
    finally:
        for name in names:
            ctl.ok('node', 'delete', name)


def test_node_not_found(ctl):
    for arguments in (['node', 'show', 'no-such'], ['node', 'rename', 'no-such', 'x'], ['node', 'set', 'no-such', '--tag', 'x'], ['node', 'delete', 'no-such'],
                      ['node', 'set-boot', 'no-such', 'local'], ['node', 'clear-boot', 'no-such'], ['node', 'inspect', 'no-such'], ['node', 'abort', 'no-such'], ['node', 'explain', 'no-such'],
                      ['inventory', 'list', 'no-such'], ['inventory', 'show', 'no-such'], ['inventory', 'raw', 'no-such'], ['boot', 'list', 'no-such']):
        assert "'pxectl node list'" in ctl.fails(4, *arguments)


def test_node_exists(ctl, node):
    complaint = ctl.fails(5, 'node', 'create', 'ctl-other', '--mac', node['ports'][0]['mac'])
    assert 'this MAC' in complaint and (node['name'] in complaint or node['id'] in complaint)
    assert 'this name' in ctl.fails(5, 'node', 'create', node['name'], '--mac', '52:54:00:fd:00:01')


def test_node_invalid(ctl, node):
    assert 'name' in ctl.fails(1, 'node', 'rename', node['name'], 'no spaces allowed')
    ctl.fails(1, 'node', 'create', '--mac', 'no-mac')


def test_node_set_found(ctl, node):
    changed = ctl.json('node', 'set', node['id'], '--property', 'memory_mb=4096', '--property', 'vendor=acme', '--property', 'list=[1, {"a": null}]',
                       '--capability', 'cpu_vt=true', '--trait', 'CUSTOM_A', '--trait', 'CUSTOM_B', '--extra', 'rack="7"',
                       '--root-device-hint', 'size=>= 100', '--root-device-hint', 'rotational=false')['node']
    assert changed['properties'] == {'memory_mb': 4096, 'vendor': 'acme', 'list': [1, {'a': None}]} and changed['extra'] == {'rack': '7'}
    assert changed['capabilities'] == {'cpu_vt': 'true'} and changed['traits'] == ['CUSTOM_A', 'CUSTOM_B']
    assert changed['rootDeviceHints'] == {'size': '>= 100', 'rotational': 'false'}
    shown = ctl.ok('node', 'show', node['id'])
    for line in ('Properties:', 'list=[1,{"a":null}]', 'Capabilities:', 'cpu_vt=true', 'Traits:', 'CUSTOM_A, CUSTOM_B', 'Root hints:', 'size=>= 100, rotational=false'):
        assert line in shown
    complaint = ctl.fails(1, 'node', 'set', node['id'], '--root-device-hint', 'size=big')
    assert 'rootDeviceHints' in complaint and 'size: "big" is no size' in complaint
    assert 'there is no hint of this name' in ctl.fails(1, 'node', 'set', node['id'], '--root-device-hint', 'colour=red')
    assert 'no trait' in ctl.fails(1, 'node', 'set', node['id'], '--trait', 'a-b')
    changed = ctl.json('node', 'set', node['id'], '--unproperty', 'list', '--unproperty', 'vendor', '--unproperty', 'memory_mb', '--untrait', 'CUSTOM_A', '--uncapability', 'cpu_vt',
                       '--unextra', 'rack', '--unroot-device-hint', 'size')['node']
    assert changed['rootDeviceHints'] == {'rotational': 'false'} and changed['traits'] == ['CUSTOM_B']
    assert changed['properties'] is changed['capabilities'] is changed['extra'] is None


def test_node_change(ctl, node):
    ctl.ok('node', 'set', node['id'], '--tag', 'db', '--untag', 'rack1', '--label', 'a=1', '--label', 'owner=dev')
    changed = ctl.json('node', 'set', node['id'], '--unlabel', 'a', '--tag', 'b')['node']
    assert changed['tags'] == ['db', 'b'] and changed['labels'] == {'owner': 'dev'}
    renamed = ctl.json('node', 'rename', node['id'], node['name'] + '-x')['node']
    assert renamed['name'] == node['name'] + '-x' and renamed['tags'] == ['db', 'b']
    ctl.fails(5, 'node', 'rename', node['id'], 'other', '--if-revision', node['revision'])
    ctl.fails(5, 'node', 'set', node['id'], '--tag', 'z', '--if-revision', node['revision'])
    ctl.fails(5, 'node', 'delete', node['id'], '--if-revision', node['revision'])
    assert ctl.json('node', 'delete', node['id'], '--if-revision', renamed['revision'])['revision'] > renamed['revision']
    ctl.fails(4, 'node', 'show', node['id'])


def test_ports(ctl, node):
    mac = node['ports'][0]['mac']
    ctl.ok('node', 'set-port', node['name'], mac, '--physical-network', 'rack1', '--expected-switch', 'leaf1', '--expected-port', 'Eth1/7',
           '--group', 'bond0', '--boots', 'no')
    port = ctl.json('node', 'show', mac)['node']['ports'][0]
    assert (port['physicalNetwork'], port['physicalNetworkSource'], port['expectedChassis'], port['expectedPort'], port['portGroup'],
            port['boots']) == ('rack1', 'assigned', 'leaf1', 'Eth1/7', 'bond0', False)
    shown = ctl.ok('node', 'show', mac)
    assert 'rack1 (assigned)' in shown and 'port Eth1/7 of leaf1' in shown
    chosen = ctl.ok('node', 'select-port', mac, '--physical-network', 'rack1', '--segment', 'rack2:7')
    assert mac in chosen and 'rack1' in chosen and 'Refused' not in chosen
    chosen = ctl.ok('node', 'select-port', mac, '--segment', 'rack2:7')
    assert 'No port may be attached' in chosen and 'not on rack2' in chosen
    ctl.ok('node', 'set-port', node['name'], mac, '--attachment', 'port-9', '--physical-network', '')
    assert 'port-9' in ctl.json('node', 'select-port', mac)['refused'][0]['reason']
    assert ctl.json('node', 'set-port', node['name'], mac, '--attachment', '', '--boots', 'yes')['node']['ports'][0]['boots']
    assert ctl.json('node', 'select-port', mac, '--physical-network', 'rack1', '--allow-unknown')['candidates'][0]['macs'] == [mac]
    for wrong in [['set-port', node['name'], mac], ['set-port', node['name'], mac, '--boots', 'perhaps'],
                  ['select-port', mac, '--segment', 'rack1:4095'], ['select-port', mac, '--segment', 'rack1:']]:
        ctl.fails(2, 'node', *wrong)
    assert 'physicalNetwork' in ctl.fails(1, 'node', 'set-port', mac, mac, '--physical-network', 'a b')
    assert "'pxectl node show NODE' shows those there are" in ctl.fails(4, 'node', 'set-port', mac, '52:54:00:ff:ff:fe', '--group', 'x')
    ctl.fails(5, 'node', 'set-port', mac, mac, '--group', 'x', '--if-revision', '1')


def test_boot_assignment(ctl, node, profile):
    assert f"{node['name']} boots {profile} once" in ctl.ok('node', 'set-boot', node['name'], profile, '--once', '--param', 'console=tty0')
    assignment = ctl.json('node', 'show', node['name'])['node']['assignment']
    assert (assignment['profile'], assignment['once'], assignment['parameters']) == (profile, True, {'console': 'tty0'})
    assert f'{profile} (once)' in ctl.ok('node', 'list')
    ctl.fails(1, 'node', 'set-boot', node['name'], profile, '--param', 'undeclared=1')
    assert "'pxectl profile list'" in ctl.fails(4, 'node', 'set-boot', node['name'], 'no-such')
    assert node['name'] in ctl.fails(5, 'profile', 'delete', profile)

    assert ctl.json('node', 'explain', node['name'])['decision']['profile'] == profile
    assert ctl.json('node', 'explain', node['ports'][0]['mac'], '--network', 'lab')['decision']['profile'] == profile
    assert profile in ctl.ok('node', 'explain', node['name'])
    assert ctl.json('node', 'explain', '--mac', '52:54:00:fc:00:01', '--network', 'lab') == {'node': None, **ctl.json('node', 'explain', '52:54:00:fc:00:01', '--network', 'lab')}

    ctl.ok('node', 'clear-boot', node['name'])
    assert not ctl.json('node', 'show', node['name'])['node'].get('assignment')
    ctl.ok('node', 'inspect', node['name'])
    assert ctl.json('node', 'show', node['name'])['node']['inspection']['state'] == 'waiting'


def test_abort(ctl, node):
    assert "its inspection is 'none': there is none to take back" in ctl.fails(5, 'node', 'abort', node['name'])
    ctl.ok('node', 'inspect', node['name'])
    ctl.fails(5, 'node', 'abort', node['name'], '--if-revision', '1')
    assert ctl.ok('node', 'abort', node['name']) == f"{node['name']}: inspection is aborting\n"
    shown = ctl.ok('node', 'show', node['name'])
    assert re.search(r'Inspection: aborting, until \d{4}-', shown)
    assert "its inspection is 'aborting': it ends when the ramdisk was told" in ctl.fails(5, 'node', 'inspect', node['name'])


def test_without_an_inventory(ctl, node):
    name = node['name']
    for command in ('inventory', 'show'), ('inventory', 'raw'), ('inventory', 'diff'), ('inventory', 'export'), ('rule', 'test', '--node'):
        assert f"no inventory of {name} is kept: 'pxectl node inspect {name}'" in ctl.fails(4, *command, name), command


def test_reapply_names_the_node(ctl, node):
    done = ctl.run('node', 'reapply', node['name'], 'no-such')
    complaint = done.stderr
    assert done.returncode == 4
    assert f"pxectl: {node['name']}: no inventory of " in complaint and 'pxectl: no-such: there is no node' in complaint


def test_wait_without_workers(ctl, node):
    """No worker is connected that could apply it: stored, and said to be not applied."""
    complaint = ctl.run('node', 'set-boot', node['name'], 'local', '--wait', '--timeout', '1')
    assert complaint.returncode == 6 and 'pxectl daemon' in complaint.stderr
    assert ctl.json('node', 'show', node['name'])['node']['assignment']['profile'] == 'local'


# ---- profiles

def test_profiles(ctl, profile):
    listed = {one['name']: one for one in ctl.json('profile', 'list')['profiles']}
    assert {'inspect', 'local', profile} <= set(listed)
    table = ctl.ok('profile', 'list')
    assert profile in table and 'debian/vmlinuz' in table
    shown = ctl.json('profile', 'show', profile)['profile']
    assert (shown['kind'], shown['kernel'], shown['initrds'], shown['arguments'], shown['parameters'], shown['description']) == (
        'kernel', 'debian/vmlinuz', ['debian/initrd', 'debian/extra'], 'console=${console} ip=dhcp', {'console': 'ttyS0'}, 'for tests')
    assert 'console=${console} ip=dhcp' in ctl.ok('profile', 'show', profile)
    ctl.fails(5, 'profile', 'set', profile, '--kernel', 'x', '--if-revision', '0')
    ctl.fails(1, 'profile', 'set', profile, '--kernel', '../../etc/passwd')
    ctl.fails(1, 'profile', 'set', profile, '--kind', 'kernel')
    ctl.fails(4, 'profile', 'show', 'no-such')
    ctl.ok('profile', 'delete', profile)
    ctl.fails(4, 'profile', 'delete', profile)
    assert 'part of pxed' in ctl.fails(1, 'profile', 'delete', 'local')


# ---- the rest

def test_networks(ctl):
    table = ctl.ok('network', 'list')
    assert 'lab' in table and '192.0.2.1/24' in table
    assert ctl.json('network', 'list')['networks'][0]['name'] == 'lab'


@pytest.mark.parametrize('kind', ['lease', 'sighting'])
def test_empty_lists(ctl, kind):
    assert ctl.json(kind, 'list') == {f'{kind}s': []}
    assert ctl.run(kind, 'list', '--network', 'lab').returncode == 0
    ctl.fails(4, kind, 'list', '--network', 'no-such')


def test_boots(ctl):
    assert isinstance(ctl.json('boot', 'list')['boots'], list)
    ctl.fails(4, 'boot', 'show', '999999999')


def test_diagnose_what_was_never_seen(ctl, node):
    reply = ctl.json('diagnose', '52:54:00:99:99:99')
    assert reply['boot'] is None and reply['diagnosis']['signature'] == 'no-discover'
    assert 'ether host 52:54:00:99:99:99' in reply['diagnosis']['confirm']
    shown = ctl.ok('diagnose', node['name'])
    assert shown.startswith(f"{node['name']}: no boot to show\n")
    assert 'no-discover' in shown and 'Evidence' in shown and 'Fix' in shown
    ctl.fails(4, 'diagnose', 'no-such')


def test_inventories(ctl, node):
    assert ctl.json('inventory', 'list', node['name']) == {'inventories': []}
    assert 'not inspected yet' in ctl.run('inventory', 'list', node['name']).stderr
    ctl.fails(4, 'inventory', 'show', node['name'])
    ctl.fails(4, 'inventory', 'raw', node['name'], '--number', '3')


def test_events(ctl, node):
    events = ctl.json('events')['events']
    numbers = [event['number'] for event in events]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    created = [event for event in events if event['kind'] == 'node.created' and node['name'] in event['message']]
    assert len(created) == 1
    after = ctl.json('events', '--after', created[0]['number'] - 1)['events']
    assert after[0] == created[0]
    assert f"{created[0]['number']} " in ctl.ok('events', '--after', created[0]['number'] - 1)
    assert len(ctl.ok('events', '--limit', '1').splitlines()) == 1
    assert ctl.json('events', '--after', created[0]['number'] - 1, '--limit', '1')['events'] == created[:1]


def test_follow(ctl, node):
    """A new event comes at once, as one line of JSON."""
    process = subprocess.Popen([ctl.program, '--runtime-dir', ctl.runtime, 'events', '--follow', '--json', '--limit', '1'], stdout=subprocess.PIPE, text=True)
    try:
        last = json.loads(process.stdout.readline())['number']
        ctl.ok('node', 'set-boot', node['name'], 'local')
        event = json.loads(process.stdout.readline())
        assert event['number'] == last + 1
    finally:
        process.kill()
        process.wait()


def test_status(ctl):
    status = ctl.json('status')
    assert status['state'] in ('ready', 'degraded')
    assert {'pxed', 'pxed-dhcp', 'pxed-tftp', 'pxed-netcfg', 'pxed-introspect'} == {daemon['name'] for daemon in status['daemons']}
    text = ctl.ok('status')
    assert text.startswith('pxed ') and 'pxed-introspect' in text
    assert ctl.run('status', '--wait', '--timeout', '0.3').returncode == (0 if status['state'] == 'ready' else 6)


def test_daemon(ctl):
    assert ctl.json('daemon', 'pxed')['status']['name'] == 'pxed'
    assert 'Version:' in ctl.ok('daemon', 'pxed')
    ctl.ok('log-level', 'pxed', 'debug')
    ctl.ok('log-level', 'pxed', 'info')
    ctl.fails(4, 'daemon', 'no-such')
    # A worker that does not run: what pxed knows of it
    done = ctl.run('daemon', 'pxed-dhcp')
    assert done.returncode == 3 and 'absent' in done.stdout


def test_reload(ctl, pxed):
    assert ctl.json('reload')['revision'] >= 0
    configuration = pxed.folder / 'pxed.conf'
    good = configuration.read_text()
    configuration.write_text(good + '\n[network bad]\ninterface = x\nno-such-key = 1\n')
    try:
        assert re.search(r'pxed\.conf:\d+: .*no-such-key', ctl.fails(1, 'reload'))
    finally:
        configuration.write_text(good)
        ctl.ok('reload')


def test_monitor(ctl, node):
    assert ctl.json('--monitor', 'node', 'show', node['name'])['node'] == ctl.json('node', 'show', node['name'])['node']
    assert '--monitor' in ctl.fails(3, '--monitor', 'node', 'delete', node['name'])
    assert ctl.json('node', 'show', node['name'])


def test_watch_ends(ctl):
    assert ctl.run('watch', '--timeout', '2').returncode == 0
    assert ctl.run('watch', '--timeout', '2', '--exit-when', 'inspected=99').returncode == 6
    assert ctl.run('watch', '--exit-when', 'inspected=0').returncode == 0


def test_call(ctl, node):
    assert ctl.json('call', 'org.pxed.Node.Get', json.dumps({'node': node['id']}))['node']['id'] == node['id']
    done = ctl.run('call', 'org.pxed.Node.Get', '-', input=json.dumps({'node': node['id']}))
    assert json.loads(done.stdout)['node']['id'] == node['id']
    assert json.loads(ctl.ok('call', 'org.pxed.Daemon.GetStatus', '--daemon', 'pxed'))['status']['name'] == 'pxed'
    for method, parameters, status, word in (('org.pxed.Node.Get', '{"node": "no-such"}', 4, 'org.pxed.Node.NotFound'),
                                             ('org.pxed.Node.Get', '{"node": 7}', 1, 'org.varlink.service.InvalidParameter'),
                                             ('org.pxed.Node.Get', '{}', 1, "'node'"),
                                             ('org.pxed.Node.NoSuch', '{}', 1, 'MethodNotFound'),
                                             ('org.pxed.Boot.Watch', '{}', 1, 'add --more')):
        done = ctl.run('call', method, parameters)
        assert done.returncode == status and word in done.stderr
    done = ctl.run('call', '--more', 'org.pxed.Event.Watch', '{"after": 0}', '--timeout', '2')
    assert [json.loads(line) for line in done.stdout.splitlines()][0]['events']


# ---- completion

def complete(root, build, runtime, *words):
    """What bash would offer for the last of the words."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pxectl; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(['bash', '-c', script, 'bash', root / 'docs/completion/pxectl.bash', build / 'pxectl', *words],
                          env={**os.environ, 'PXED_RUNTIME_DIR': str(runtime)}, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stderr == ''
    return done.stdout.split()


def test_completion(root, build, pxed, node):
    offered = lambda *words: complete(root, build, pxed.runtime, *words)
    assert offered('sta') == ['status']
    assert offered('node', 'set') == ['set', 'set-boot', 'set-port']
    assert offered('node', 'show', node['name'][:8]) == [node['name']]
    assert 'local' in offered('node', 'set-boot', node['name'], '')
    assert offered('lease', 'list', '--network', 'l') == offered('network', 'show', 'l') == offered('map', '') == ['lab']
    assert offered('node', 'set-boot', node['name'], 'local', '--onc') == ['--once']
    assert offered('profile', 'set', 'x', '--kind', 'i') == ['inspect']
    assert offered('node', 'set', 'x', '--root-device-hint', 'wwn') == ['wwn', 'wwn_with_extension', 'wwn_vendor_extension']
    assert offered('log-level', 'dh') == ['dhcp'] and offered('log-level', 'dhcp', 'd') == ['debug']
    assert offered('help', 'inv') == ['inventory'] and offered('help', 'inventory', 'r') == ['raw']
    assert offered('node', 'show', node['name'], '') == []
    assert complete(root, build, '/nonexistent', 'node', 'show', '') == []
