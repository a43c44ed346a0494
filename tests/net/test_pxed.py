"""pxed by itself: what it acknowledged outlives it, what it refuses has not happened, and a bad configuration changes nothing."""
import contextlib
import json
import os
import pwd
import re
import signal
import subprocess
import threading
import time

import pytest

from places import BUILD, ROOT
from varlink import Closed, Connection, VarlinkError
from waiting import PATIENCE, wait_for

LAB = '[network lab]\ninterface = pxe0\naddress = 192.0.2.1/24\npool = 192.0.2.100-192.0.2.199\n'
MAC = '52:54:00:00:00:01'


class Pxed:
    def __init__(self, folder):
        self.folder, self.runtime, self.configuration = folder, folder / 'run', folder / 'pxed.conf'
        self.state = folder / 'state'
        self.write('')
        self.process = None

    def write(self, more):
        self.configuration.write_text(f'[pxed]\nimages = {self.folder}/images\n{LAB}{more}')

    def start(self):
        log = open(self.folder / 'log', 'ab')
        self.process = subprocess.Popen([BUILD / 'pxed', '--config', self.configuration, '--runtime-dir', self.runtime, '--state-dir',
                                         self.state], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self.serves, self.log)
        return self

    def serves(self):
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(OSError, Closed):
            with self.connect() as connection:
                return connection.call('org.pxed.Appliance.GetStatus')

    def log(self):
        return (self.folder / 'log').read_text(errors='replace')

    def connect(self, name='bus'):
        return Connection(self.runtime / name)

    def call(self, method, **parameters):
        with self.connect() as connection:
            return connection.call(f'org.pxed.{method}', **parameters)

    def events(self, after=0):
        events = []
        while True:
            reply = self.call('Event.Watch', after=after, limit=1000)
            events += reply['events']
            if reply['synchronized']:
                return events
            after = events[-1]['number']

    def report(self, role, batch, *observations, instance='test', **more):
        return self.call('Worker.Report', role=role, instance=instance, batch=batch, observations=list(observations), **more)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(PATIENCE) == 0, self.log()

    def problem(self, subject):
        for daemon in self.call('Appliance.GetStatus')['daemons']:
            for problem in daemon['problems']:
                if problem['subject'] == subject:
                    return problem['reason']


@pytest.fixture
def pxed(tmp_path):
    instance = Pxed(tmp_path)
    instance.start()
    try:
        yield instance
    finally:
        if instance.process.poll() is None:
            instance.process.terminate()
            try:
                instance.process.wait(PATIENCE)
            finally:
                instance.process.kill()


def now():
    return time.time_ns() // 1000


def step(kind, time=None, mac=MAC, **more):
    return {'time': time or now(), 'step': {'mac': mac, 'network': 'lab', 'kind': kind, **more}}


def inventory(post, mac=MAC, serial='S1', uuid='01234567-89ab-4cde-8f01-23456789abcd', **more):
    return {'time': now(), 'inventory': {'mac': mac, 'post': post, 'raw': {'posted': post}, **more, 'normalized': {
        'uuid': uuid, 'serial': serial, 'cpus': 2, 'memory': 1 << 30, 'architecture': 'x86_64', 'disks': [], 'errors': [],
        'interfaces': [{'name': 'eth0', 'mac': mac, 'addresses': [], 'boots': True}]}}}


class Worker:
    """A role's two connections, which applies at once what it is told, or not at all."""

    def __init__(self, pxed, role, applies=True):
        self.pxed, self.role, self.applies = pxed, role, applies
        self.state, self.revision, self.batch, self.complete = {}, None, 0, threading.Event()
        self.connection = pxed.connect()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        assert self.complete.wait(PATIENCE)

    def run(self):
        reports = self.pxed.connect()
        with contextlib.suppress(Closed, OSError):
            for reply in self.connection.stream('org.pxed.Worker.Watch', role=self.role):
                if reply['reset']:
                    self.state = {}
                for entry in reply['entries']:
                    key = entry.pop('key')
                    if entry:
                        self.state[key] = next(iter(entry.values()))
                    else:
                        self.state.pop(key, None)
                if not reply['complete']:
                    continue
                self.revision = reply['revision']
                self.complete.set()
                if self.applies:
                    self.batch += 1
                    reports.call('org.pxed.Worker.Report', role=self.role, instance=f'{id(self)}', batch=self.batch, observations=[],
                                 applied=self.revision)

    def close(self):
        self.connection.socket.shutdown(2)
        self.thread.join(PATIENCE)


def test_kill_loses_nothing(pxed):
    """What a call acknowledged is there after each kill -9; the events have no hole and no duplicate."""
    acknowledged, stop = [], threading.Event()

    def create(thread):
        number = 0
        while not stop.is_set():
            number += 1
            mac = f'52:54:{thread:02x}:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}'
            try:
                acknowledged.append(pxed.call('Node.Create', macs=[mac])['node']['id'])
            except (Closed, OSError):
                time.sleep(0.01)
            except VarlinkError as error:
                assert error.name == 'org.pxed.Node.Exists'  # made, but the reply was lost

    threads = [threading.Thread(target=create, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for number in range(1, 6):
        wait_for(lambda: len(acknowledged) > 10 * number, 'nodes')
        pxed.kill()
        pxed.start()
    stop.set()
    for thread in threads:
        thread.join()
    stored, after = set(), None
    while True:
        reply = pxed.call('Node.List', after=after, limit=500)
        stored |= {node['id'] for node in reply['nodes']}
        after = reply.get('next')
        if not after:
            break
    assert len(acknowledged) > 50 and set(acknowledged) <= stored
    numbers = [event['number'] for event in pxed.events()]
    assert numbers == list(range(1, len(numbers) + 1))
    created = [event['node'] for event in pxed.events() if event['kind'] == 'node.created']
    assert len(created) == len(set(created)) == len(stored)


def test_batch_twice(pxed):
    """A batch that comes again after a lost reply is acknowledged and not taken twice, also by a pxed that was started anew."""
    script = step('script', profile='inspect')
    pxed.report('tftp', 1, script)
    pxed.report('introspect', 1, inventory('a'), inventory('b'))
    before = pxed.events()
    pxed.report('tftp', 1, script)
    pxed.report('introspect', 1, inventory('c'))
    pxed.kill()
    pxed.start()
    pxed.report('tftp', 1, script)
    pxed.report('introspect', 1, inventory('a'), inventory('b'))
    # Another instance may bring what this one had queued.
    pxed.report('introspect', 1, inventory('b'), instance='other')
    assert pxed.events() == before
    assert len(pxed.call('Inventory.List', node=MAC)['inventories']) == 2
    assert pxed.call('Inventory.GetRaw', node=MAC)['raw'] == {'posted': 'b'}


def test_agent_of_a_node(pxed):
    """Told once where it takes commands, and again when that changes; a beat by itself writes nothing. Gone with its node."""
    node = pxed.call('Node.Create', macs=[MAC])['node']
    assert node['agent'] is None

    def beat(batch, url='http://192.0.2.100:9999', **more):
        value = {'node': node['id'], 'mac': MAC, 'callbackUrl': url, 'agentVersion': '9.11.0', **more}
        pxed.report('introspect', batch, {'time': now(), 'heartbeat': value})
        return pxed.call('Node.Get', node=MAC)['node']

    def written():
        return sorted((path.name, path.stat().st_mtime_ns) for path in pxed.state.rglob('*'))

    first = beat(1)['agent']
    assert (first['callbackUrl'], first['version']) == ('http://192.0.2.100:9999', '9.11.0')
    before = written()
    for batch in range(2, 50):
        beat(batch)
    assert written() == before
    assert pxed.call('Node.Get', node=MAC)['node']['agent']['lastHeartbeat'] > first['lastHeartbeat']
    assert pxed.call('Node.List')['nodes'][0]['revision'] == node['revision']
    assert beat(50, 'https://192.0.2.101:9999', agentVersion=None)['agent']['version'] is None
    told = [event for event in pxed.events() if event['kind'] == 'node.agent']
    assert [event['message'] for event in told] == [
        f"an agent of version 9.11.0 runs on {node['name']} and takes commands at http://192.0.2.100:9999",
        f"an agent runs on {node['name']} and takes commands at https://192.0.2.101:9999"]
    assert [event['node'] for event in told] == [node['id']] * 2
    for bad in {'callbackUrl': ''}, {'callbackUrl': 'x' * 600}, {'node': 'x'}, {'mac': 'x'}:
        with pytest.raises(VarlinkError) as refused:
            pxed.report('introspect', 51, {'time': now(), 'heartbeat': {'node': node['id'], 'mac': MAC, 'callbackUrl': 'http://x', **bad}})
        assert refused.value.parameters['field'] == f'observations[0].heartbeat.{next(iter(bad))}'
    with pytest.raises(VarlinkError, match='InvalidParameter|Invalid'):
        beat(51, verifyCa='x' * 8193)
    pxed.call('Node.Delete', node=MAC)
    pxed.report('introspect', 51, {'time': now(), 'heartbeat': {'node': node['id'], 'mac': MAC, 'callbackUrl': 'http://x', 'agentVersion': None}})
    assert pxed.call('Node.Create', macs=[MAC])['node']['agent'] is None


def pxectl(pxed, *arguments):
    return subprocess.run([BUILD / 'pxectl', *arguments], capture_output=True, text=True, env={**os.environ, 'PXED_RUNTIME_DIR': str(pxed.runtime)})


def test_agent_is_commanded_by_those_who_control(pxed):
    """Its token and certificate are told on the control socket alone, and are in nothing else that is told."""
    node = pxed.call('Node.Create', name='m1', macs=[MAC])['node']
    none = pxectl(pxed, 'node', 'agent', 'm1')
    assert none.returncode == 4 and 'no ironic-python-agent has said' in none.stderr
    certificate = '-----BEGIN CERTIFICATE-----\nAAAA\r\nB\x1b[2J\n-----END CERTIFICATE-----\n'
    pxed.report('introspect', 1, {'time': now(), 'heartbeat': {
        'node': node['id'], 'mac': MAC, 'callbackUrl': 'https://192.0.2.100:9999', 'agentVersion': None, 'agentToken': 'f00d' * 16, 'verifyCa': certificate}})
    told = pxed.call('Node.GetAgent', node='m1')
    assert (told['token'], told['verifyCa'], told['agent']) == ('f00d' * 16, certificate, pxed.call('Node.Get', node='m1')['node']['agent'])
    assert 'f00d' not in json.dumps([pxed.call('Node.Get', node='m1'), pxed.call('Node.List'), pxed.events()]) + pxed.log()
    with pxed.connect('monitor') as connection, pytest.raises(VarlinkError, match='PermissionDenied|InterfaceNotFound|MethodNotFound'):
        connection.call('org.pxed.Node.GetAgent', node='m1')
    shown = pxectl(pxed, 'node', 'agent', 'm1')
    assert shown.returncode == 0 and 'f00d' * 16 in shown.stdout and 'https://192.0.2.100:9999' in shown.stdout
    assert shown.stdout.splitlines()[-4:] == ['-----BEGIN CERTIFICATE-----', 'AAAA', 'B\\x1b[2J', '-----END CERTIFICATE-----']
    assert json.loads(pxectl(pxed, '--json', 'node', 'agent', 'm1').stdout) == told


def test_events_are_in_the_journal_too(pxed):
    pxed.report('tftp', 1, step('script', profile='inspect'))
    pxed.report('introspect', 1, inventory('a'))
    node, = pxed.call('Node.List')['nodes']
    events = [event for event in pxed.events() if not event['daemon']]
    assert 'node.inspected' in {event['kind'] for event in events}
    lines = [line for line in pxed.log().splitlines() if '[EVENT=' in line and '[DAEMON=' not in line]
    assert len(lines) == len(events)
    for line, event in zip(lines, events):
        assert event['message'] in line and f"[EVENT={event['kind']}]" in line and f"[MAC={MAC}]" in line
        assert not event['node'] or f"[NODE={node['id']}]" in line


def test_known_again_after_restart(pxed):
    pxed.report('netcfg', 1, step('discover', stage='firmware', architecture=7), {'time': now(), 'sighting': {
        'mac': MAC, 'network': 'lab', 'addresses': ['192.0.2.100'], 'firstSeen': 1, 'lastSeen': now(), 'protocols': ['dhcp']}})
    pxed.report('dhcp', 1, {'time': now(), 'lease': {'network': 'lab', 'mac': MAC, 'address': '192.0.2.100', 'ended': False}})
    pxed.report('tftp', 1, step('script', profile='inspect'))
    kept = ['Node.List', 'Boot.List', 'Network.ListSightings', 'Network.ListLeases', 'Profile.List']
    before = [pxed.call(method) for method in kept]
    assert before[0]['nodes'][0]['ports'][0]['network'] == 'lab'
    pxed.kill()
    pxed.start()
    assert [pxed.call(method) for method in kept] == before
    pxed.report('introspect', 1, inventory('a'))
    boot, = pxed.call('Boot.List')['boots']
    assert boot['outcome'] == 'inspected' and [each['kind'] for each in boot['steps']] == ['discover', 'script', 'inventory']


def test_set_boot_waits_for_tftp(pxed):
    pxed.call('Node.Create', name='n', macs=[MAC])
    with pytest.raises(VarlinkError) as none:
        pxed.call('Node.SetBoot', node='n', profile='local', wait=True, timeout=1)
    assert none.value.name == 'org.pxed.Node.NotApplied' and none.value.parameters['role'] == 'tftp'
    assert pxed.call('Node.Get', node='n')['node']['assignment']['profile'] == 'local'  # stored all the same
    others = [Worker(pxed, role) for role in ('dhcp', 'netcfg', 'introspect')]
    lazy = Worker(pxed, 'tftp', applies=False)
    with pytest.raises(VarlinkError) as late:
        pxed.call('Node.SetBoot', node='n', profile='inspect', wait=True, timeout=1)
    assert late.value.name == 'org.pxed.Node.NotApplied'
    lazy.close()
    tftp = Worker(pxed, 'tftp')
    for number in range(300):
        profile = 'local' if number % 2 else 'inspect'
        node = pxed.call('Node.SetBoot', node='n', profile=profile, wait=True)['node']
        # What the reply says is what the worker has.
        applied = tftp.state[f'node/{node["id"]}']
        assert applied['profile'] == profile and applied['assignment'] == node['assignment']['revision']
    pxed.call('Node.ClearBoot', node='n', wait=True)
    assert not tftp.state[f'node/{node["id"]}'].get('profile')
    pxed.call('Node.Inspect', node='n', wait=True)
    assert tftp.state[f'node/{node["id"]}']['inspect']
    pxed.call('Node.Delete', node='n')
    wait_for(lambda: f'node/{node["id"]}' not in tftp.state)
    for worker in [tftp, *others]:
        worker.close()
    assert {key for key in others[0].state if not key.startswith(('settings', 'network/', 'host/'))} == set()


def test_wait_for_what_changes_nothing(pxed):
    """Revisions that a worker is never told of, because they concern it in nothing, keep no call waiting."""
    tftp = Worker(pxed, 'tftp')
    pxed.call('Node.Create', name='n', macs=[MAC])
    pxed.call('Node.Update', node='n', tags=['a'])
    pxed.call('Node.ClearBoot', node='n', wait=True, timeout=20)
    pxed.call('Node.Inspect', node='n', wait=True, timeout=20)
    pxed.call('Node.Update', node='n', tags=['b'])
    pxed.call('Node.Inspect', node='n', wait=True, timeout=20)
    assert tftp.revision < pxed.call('Appliance.GetStatus')['revision']
    tftp.close()


def test_made_up_machines(pxed):
    """What anybody can make up is bounded, and takes nothing from the machines that are known."""
    pxed.call('Node.Create', name='n', macs=[MAC])
    for batch in range(1, 9):
        pxed.report('netcfg', batch, *[step('discover', mac=f'52:54:01:{batch:02x}:{n >> 8:02x}:{n & 255:02x}', stage='firmware')
                                       for n in range(1000)])
    assert pxed.call('Appliance.GetStatus')['boots'] == 5000
    pxed.report('netcfg', 100, step('discover', stage='firmware'))
    assert pxed.call('Boot.List', node='n')['boots'][0]['outcome'] == 'running'


def test_wait_is_answered_when_tftp_comes(pxed):
    pxed.call('Node.Create', name='n', macs=[MAC])
    with pxed.connect() as connection:
        connection.request('org.pxed.Node.SetBoot', {'node': 'n', 'profile': 'local', 'wait': True, 'timeout': 20})
        time.sleep(0.2)
        tftp = Worker(pxed, 'tftp')
        assert connection.reply()[0]['node']['assignment']['profile'] == 'local'
    tftp.close()


def test_many_nodes_in_pieces_while_they_change(pxed):
    """A worker that is told all while nodes come, change and go ends up with what there is."""
    ids = [pxed.call('Node.Create', macs=[f'52:54:00:00:{n >> 8:02x}:{n & 255:02x}'])['node']['id'] for n in range(700)]
    slow = pxed.connect()
    slow.request('org.pxed.Worker.Watch', {'role': 'tftp'}, more=True)
    time.sleep(0.1)
    for number, identity in enumerate(ids):
        if number % 3 == 0:
            pxed.call('Node.Delete', node=identity)
        elif number % 3 == 1:
            pxed.call('Node.SetBoot', node=identity, profile='local')
    final = pxed.call('Node.Create', name='final', macs=['52:54:00:ff:00:00'])['node']['id']
    state, resets = {}, 0
    while f'node/{final}' not in state:
        reply, _ = slow.reply()
        resets += reply['reset']
        assert len(reply['entries']) <= 200
        for entry in reply['entries']:
            key = entry.pop('key')
            state[key] = next(iter(entry.values()), None)
    slow.close()
    nodes = {key: value for key, value in state.items() if key.startswith('node/') and value}
    assert resets == 1 and len(nodes) == 700 - 234 + 1
    assert all(bool(nodes[f'node/{identity}'].get('profile')) == (number % 3 == 1)
               for number, identity in enumerate(ids) if number % 3)


def test_once_is_consumed_by_its_own_boot(pxed):
    pxed.call('Node.Create', name='n', macs=[MAC])
    first = pxed.call('Node.SetBoot', node='n', profile='local', once=True)['node']['assignment']['revision']
    second = pxed.call('Node.SetBoot', node='n', profile='local', once=True)['node']['assignment']['revision']
    pxed.report('tftp', 1, step('started', profile='local', assignment=first))
    assert pxed.call('Node.Get', node='n')['node']['assignment']['revision'] == second
    pxed.report('tftp', 2, step('started', profile='local', assignment=second))
    assert pxed.call('Node.Get', node='n')['node'].get('assignment') is None


def test_reload(pxed):
    netcfg = Worker(pxed, 'netcfg')
    revision = pxed.call('Appliance.GetStatus')['revision']
    pxed.write('lease-time = 2h\n[host 52:54:00:00:00:09]\naddress = 192.0.2.9\n')
    assert pxed.call('Appliance.Reload')['revision'] > revision
    wait_for(lambda: netcfg.state['network/lab']['leaseTime'] == 7200)
    pxed.write('lease-time = forever\n')
    with pytest.raises(VarlinkError) as bad:
        pxed.call('Appliance.Reload')
    assert bad.value.name == 'org.pxed.Appliance.BadConfiguration'
    assert bad.value.parameters['file'] == str(pxed.configuration) and bad.value.parameters['line'] == 7
    assert 'forever' in bad.value.parameters['reason']
    assert 'stays in force' in pxed.problem('configuration')
    assert pxed.call('Network.List')['networks'][0]['leaseTime'] == 7200
    pxed.write('lease-time = 3h\n')
    pxed.process.send_signal(signal.SIGHUP)
    wait_for(lambda: netcfg.state['network/lab']['leaseTime'] == 10800)
    assert pxed.problem('configuration') is None
    pxed.configuration.write_text(f'[pxed]\nimages = {pxed.folder}/images\nshared-macs = 0A-94-EF\n')
    pxed.call('Appliance.Reload')
    wait_for(lambda: 'network/lab' not in netcfg.state)
    wait_for(lambda: netcfg.state['settings']['sharedMacs'] == ['0a:94:ef'])
    assert pxed.call('Network.List')['networks'] == []
    kinds = [event['kind'] for event in pxed.events()]
    assert kinds.count('config.reloaded') == 3 and kinds.count('config.refused') == 1
    assert 'problem.set' in kinds and 'problem.cleared' in kinds
    netcfg.close()


def test_start_with_a_bad_configuration(tmp_path):
    pxed = Pxed(tmp_path)
    pxed.write('known = ignore\n')
    done = subprocess.run([BUILD / 'pxed', '--config', pxed.configuration, '--runtime-dir', pxed.runtime, '--state-dir', pxed.state],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0 and f'{pxed.configuration}:7: known' in done.stderr


def test_profile_that_is_missing(pxed):
    pxed.write('known = debian\n')
    pxed.call('Appliance.Reload')
    assert 'debian' in wait_for(lambda: pxed.problem('network lab'))
    decision = pxed.call('Node.Create', name='n', macs=[MAC])['node']['decision']
    assert decision.get('profile') is None and 'no profile debian' in decision['reasons'][-1]
    pxed.call('Profile.Set', name='debian', kind='kernel', kernel='debian/vmlinuz')
    wait_for(lambda: pxed.problem('network lab') is None)
    with pytest.raises(VarlinkError) as used:
        pxed.call('Profile.Delete', name='debian')
    assert used.value.parameters['by'] == 'network lab'


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / 'state'
    folder.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=3m', 'pxed-small', folder], check=True)
    instance = Pxed(tmp_path)
    try:
        yield instance.start()
    finally:
        instance.kill()
        subprocess.run(['umount', folder], check=True)


def test_full_disk(small_disk):
    pxed = small_disk
    node = pxed.call('Node.Create', name='n', macs=[MAC])['node']
    watch = Worker(pxed, 'tftp')
    filler = pxed.state / 'filler'
    with contextlib.suppress(OSError), open(filler, 'wb') as file:
        while True:
            file.write(b'x' * 65536)
            file.flush()
    with pytest.raises(VarlinkError) as refused:
        for number in range(200):
            before = pxed.call('Node.Get', node='n')['node'], pxed.call('Appliance.GetStatus')['revision']
            pxed.call('Node.Update', node='n', tags=[f'{number} {"x" * 200}'] * 60)
    assert refused.value.name == 'org.pxed.Node.StorageFailed' and 'full' in refused.value.parameters['reason']
    assert (pxed.call('Node.Get', node='n')['node'], pxed.call('Appliance.GetStatus')['revision']) == before
    assert 'make room' in wait_for(lambda: pxed.problem('store'))
    with pytest.raises(VarlinkError) as report:
        pxed.report('introspect', 1, inventory('a'))
    assert report.value.name == 'org.pxed.Worker.StorageFailed'
    assert node['id'] and pxed.call('Node.List')['nodes'] and pxed.events()
    filler.unlink()
    # It finds out by itself, tells what was, and takes the batch that waits.
    wait_for(lambda: pxed.problem('store') is None)
    pxed.report('introspect', 1, inventory('a'))
    assert len(pxed.call('Inventory.List', node='n')['inventories']) == 1
    numbers = [event['number'] for event in pxed.events()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 'problem.set' in [event['kind'] for event in pxed.events()]
    watch.close()


def test_two_on_one_store(pxed, tmp_path):
    done = subprocess.run([BUILD / 'pxed', '--config', pxed.configuration, '--runtime-dir', tmp_path / 'run2', '--state-dir', pxed.state],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0 and 'another pxed' in done.stderr


def test_monitor_only_reads(pxed):
    with pxed.connect('monitor') as monitor:
        assert monitor.call('org.pxed.Node.List')['nodes'] == []
        for method, parameters in (('Node.Create', {'macs': [MAC]}), ('Appliance.Reload', {}),
                                   ('Worker.Report', {'role': 'tftp', 'instance': 'x', 'batch': 1, 'observations': []})):
            with pytest.raises(VarlinkError) as refused:
                monitor.call(f'org.pxed.{method}', **parameters)
            assert refused.value.name == 'org.varlink.service.PermissionDenied'


# Which of pxed's methods the user of pxed-introspect may call; those of other workers may call none but the last.
GATEWAY = {'Node.Get', 'Node.List', 'Node.Inspect', 'Node.AbortInspection', 'Node.Reapply', 'Inventory.Get', 'Inventory.GetRaw'}
OF_WORKERS = {'Worker.Watch', 'Worker.Report'}


def permitted(pxed, user):
    """Methods of the bus that are not refused to this user; calls have no parameters, so that nothing is done."""
    permitted = set()
    for path in sorted((ROOT / 'interfaces').glob('org.pxed.*.varlink')):
        for name in re.findall(r'^method (\w+)', path.read_text(), re.M):
            method = f"{path.stem.removeprefix('org.pxed.')}.{name}"
            os.seteuid(user)
            try:
                connection = pxed.connect()
            finally:
                os.seteuid(0)
            with connection:
                connection.send({'method': f'org.pxed.{method}', 'parameters': {'nonsense': True}, 'more': True})
                error = connection.receive().get('error', '').removeprefix('org.varlink.service.')
                if error not in ('PermissionDenied', 'InterfaceNotFound', 'MethodNotImplemented'):
                    permitted.add(method)
    return permitted


def test_users_of_workers(pxed):
    gateway, other = pwd.getpwnam('nobody').pw_uid, pwd.getpwnam('daemon').pw_uid
    pxed.stop()
    pxed.write('[bus]\nintrospect-user = nobody\ntftp-user = daemon\n')
    pxed.start()
    for folder in (pxed.folder, *pxed.folder.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o111)
    os.chmod(pxed.runtime / 'bus', 0o666)
    assert permitted(pxed, other) == OF_WORKERS
    assert permitted(pxed, gateway) == OF_WORKERS | GATEWAY


def test_events_resume_and_expire(pxed):
    pxed.write('')
    pxed.configuration.write_text(pxed.configuration.read_text().replace('[pxed]\n', '[pxed]\nevents-kept = 20\n'))
    pxed.call('Appliance.Reload')
    follower = pxed.connect()
    stream = follower.stream('org.pxed.Event.Watch', after=0)
    seen = [event['number'] for event in next(stream)['events']]
    for number in range(50):
        pxed.call('Node.Create', macs=[f'52:54:00:00:01:{number:02x}'])
    for reply in stream:
        seen += [event['number'] for event in reply['events']]
        if len(seen) >= 50:
            break
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    follower.close()
    with pytest.raises(VarlinkError) as expired:
        pxed.call('Event.Watch', after=1)
    oldest = expired.value.parameters['oldest']
    assert expired.value.name == 'org.pxed.Event.Expired' and oldest > 20
    assert pxed.call('Event.Watch', after=oldest - 1)['events'][0]['number'] == oldest
    assert pxed.call('Event.Watch', after=0)['events'][0]['number'] == oldest
    with pytest.raises(VarlinkError):
        pxed.call('Event.Watch', after=10 ** 6)


def test_boots_are_watched(pxed):
    with pxed.connect() as connection:
        stream = connection.stream('org.pxed.Boot.Watch')
        assert next(stream) == {'boot': None, 'synchronized': True}
        began = now()
        pxed.report('netcfg', 1, step('discover', time=began, stage='firmware'))
        assert next(stream)['boot']['steps'][0]['kind'] == 'discover'
        # Progress that comes faster than it is told.
        for batch in range(1, 101):
            pxed.report('tftp', batch, step('file', time=began + 10, file='k', bytes=batch, total=100))
        told = 0
        for reply in stream:
            told += 1
            if reply['boot']['steps'][-1]['bytes'] == 100:
                break
        assert told <= (now() - began) / 100000 + 2
        pxed.report('tftp', 101, step('started', time=began + 20, profile='local'))
        assert next(stream)['boot']['outcome'] == 'booted'


def test_largest_inventory_is_stored(pxed):
    """What pxed-introspect accepts (introspect/api_inventory.c: REPORT_MAX) can be reported: a machine was told that it is stored."""
    normalized = {'errors': [], 'interfaces': [], 'disks': []}
    pxed.report('introspect', 1, {'time': now(), 'inventory': {'mac': MAC, 'node': None, 'post': 'large', 'normalized': normalized,
                                                               'failure': None, 'raw': {'logs': 'x' * (22 << 20)}}})
    assert len(pxed.call('Inventory.List', node=MAC)['inventories']) == 1
    shown = subprocess.run([BUILD / 'pxectl', '--runtime-dir', pxed.runtime, 'inventory', 'raw', MAC], capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, '') and len(json.loads(shown.stdout)['logs']) == 22 << 20
