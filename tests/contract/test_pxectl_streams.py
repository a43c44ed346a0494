"""pxectl against a bus that the test plays: streams that break, hostile text, replies that do not come, terminals.

What pxectl does with the real pxed is tested in test_pxectl.py.
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

from places import BUILD
from waiting import PATIENCE, contention, wait_for

PXECTL = BUILD / 'pxectl'
START = 1795221005000000


class Bus:
    """Answers each call by the function that `methods` has for it: parameters in; a reply, a list of replies of a stream that goes on,
    an Error, or None (no reply) out."""

    class Error(Exception):
        pass

    def __init__(self, path):
        self.path, self.methods, self.calls, self.streams = str(path), {}, [], []
        self.start()

    def start(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.connections = []
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        self.streams.clear()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b''
        while True:
            try:
                more = connection.recv(65536)
            except OSError:
                return
            if not more:
                return
            data += more
            while b'\0' in data:
                message, data = data.split(b'\0', 1)
                self.answer(connection, json.loads(message))

    def answer(self, connection, call):
        method, parameters = call['method'], call.get('parameters', {})
        self.calls.append((method, parameters))
        try:
            result = self.methods[method](parameters)
        except self.Error as error:
            send(connection, {'error': error.args[0], 'parameters': error.args[1]})
            return
        if call.get('more'):
            self.streams.append(connection)
            for reply in result or []:
                send(connection, {'parameters': reply, 'continues': True})
        elif result is not None:
            send(connection, {'parameters': result})

    def push(self, *replies):
        wait_for(lambda: self.streams)
        for reply in replies:
            for connection in self.streams:
                send(connection, {'parameters': reply, 'continues': True})


def send(connection, message):
    try:
        connection.sendall(json.dumps(message).encode() + b'\0')
    except OSError:
        pass  # it has gone


@pytest.fixture(scope='module', autouse=True)
def half_message():
    """pxed itself is not needed here, nor asked after each test."""


@pytest.fixture(autouse=True)
def still_serves():
    pass


@pytest.fixture
def bus(tmp_path):
    bus = Bus(tmp_path / 'bus')
    yield bus
    bus.stop()


def command(bus, *arguments):
    return [PXECTL, '--runtime-dir', os.path.dirname(bus.path), *arguments]


def run(bus, *arguments, **options):
    environment = {**os.environ, 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8', **options.pop('env', {})}
    return subprocess.run(command(bus, *arguments), capture_output=True, text=True, timeout=PATIENCE, env=environment, **options)


def start(bus, *arguments, **options):
    return subprocess.Popen(command(bus, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def event(number, message='it happened'):
    return {'number': number, 'time': START + number, 'kind': 'node.created', 'message': message}


def boot(number, mac='52:54:00:00:00:01', outcome='running', steps=(), **more):
    return {'id': number, 'mac': mac, 'network': 'lab', 'started': START, 'outcome': outcome, 'steps': list(steps), **more}


def step(kind, offset=0, **more):
    return {'time': START + offset, 'kind': kind, **more}


class EventLog:
    """org.pxed.Event.Watch as the interface file tells it."""

    def __init__(self, bus, n):
        self.events = [event(number) for number in range(1, n + 1)]
        bus.methods['org.pxed.Event.Watch'] = self.watch

    def watch(self, parameters):
        after, limit = parameters.get('after'), parameters.get('limit')
        if after is None:
            return {'events': self.events[-(limit or 500):], 'synchronized': True}
        chosen = [event for event in self.events if event['number'] > after]
        reply = {'events': chosen[:limit or 500], 'synchronized': len(chosen) <= (limit or 500)}
        return reply if limit else [reply]


# ---- events

def test_events_are_paged(bus):
    EventLog(bus, 2500)
    done = run(bus, 'events', '--after', '0', '--json')
    assert done.returncode == 0
    assert [event['number'] for event in json.loads(done.stdout)['events']] == list(range(1, 2501))
    assert len(bus.calls) == 3


def test_events_newest(bus):
    EventLog(bus, 300)
    lines = run(bus, 'events').stdout.splitlines()
    assert len(lines) == 100 and lines[-1].split() == ['300', '2026-11-21', '00:30:05', 'node.created', 'it', 'happened']


def test_follow_goes_on_after_a_restart_without_hole_or_duplicate(bus):
    log = EventLog(bus, 3)
    process = start(bus, 'events', '--follow', '--json', '--after', '1')
    read = lambda: json.loads(process.stdout.readline())['number']
    assert [read(), read()] == [2, 3]
    log.events.append(event(4))
    bus.push({'events': [event(4)], 'synchronized': True})
    assert read() == 4
    bus.stop()
    log.events += [event(5), event(6)]
    time.sleep(0.2)
    bus.start()
    assert [read(), read()] == [5, 6]
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == -signal.SIGINT


def test_follow_flushes_each_event_and_ends_with_its_reader(bus):
    EventLog(bus, 30)
    process = start(bus, 'events', '--follow', bufsize=1)
    lines = [process.stdout.readline() for _ in range(10)]
    assert lines[0].split()[0] == '21' and lines[-1].split()[0] == '30'
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == ''


def test_follow_ends_with_its_timeout(bus):
    EventLog(bus, 0)
    assert run(bus, 'events', '--follow', '--timeout', '2').returncode == 0


def test_expired(bus):
    def expired(parameters):
        raise Bus.Error('org.pxed.Event.Expired', {'oldest': 12})
    bus.methods['org.pxed.Event.Watch'] = expired
    for arguments in (['--after', '3'], ['--follow', '--after', '3']):
        done = run(bus, 'events', *arguments)
        assert done.returncode == 4 and '12 is the oldest' in done.stderr


# ---- watch

def test_watch_lines_and_condition(bus):
    bus.methods['org.pxed.Boot.Watch'] = lambda parameters: [{'synchronized': True}]
    process = start(bus, 'watch', '--exit-when', 'inspected=2', '--timeout', str(PATIENCE), env={**os.environ, 'TZ': 'UTC'})
    bus.push({'boot': boot(1, steps=[step('discover', 0, stage='firmware', architecture=0)]), 'synchronized': True},
             {'boot': boot(1, outcome='inspected', ended=START + 5000000), 'synchronized': True},
             {'boot': boot(2, outcome='inspected', ended=START + 5000000), 'synchronized': True})  # the same machine again
    time.sleep(0.3)
    assert process.poll() is None
    bus.push({'boot': boot(3, mac='52:54:00:00:00:03', outcome='inspected', ended=START + 6000000), 'synchronized': True})
    assert process.wait(PATIENCE) == 0
    assert process.stdout.read().splitlines() == [
        '00:30:05.000   +0.000s  52:54:00:00:00:01  discover     firmware, BIOS',
        '00:30:10.000   +5.000s  52:54:00:00:00:01  inspected after 5.0 s',
        '00:30:10.000   +5.000s  52:54:00:00:00:01  inspected after 5.0 s',
        '00:30:11.000   +6.000s  52:54:00:00:00:03  inspected after 6.0 s']


def test_watch_catches_up_after_a_restart(bus):
    bus.methods['org.pxed.Boot.Watch'] = lambda parameters: [{'boot': boot(1), 'synchronized': True}]
    bus.methods['org.pxed.Boot.List'] = lambda parameters: {'boots': [boot(1, outcome='booted', ended=START + 1)]}
    process = start(bus, 'watch', '--exit-when', 'booted=1', '--timeout', str(PATIENCE), '--json')
    assert json.loads(process.stdout.readline())['outcome'] == 'running'
    bus.stop()
    bus.methods['org.pxed.Boot.Watch'] = lambda parameters: [{'synchronized': True}]
    time.sleep(0.2)
    bus.start()
    assert process.wait(PATIENCE) == 0
    assert json.loads(process.stdout.readline())['outcome'] == 'booted'


def test_watch_timeout(bus):
    bus.methods['org.pxed.Boot.Watch'] = lambda parameters: [{'boot': boot(1), 'synchronized': True}]
    assert run(bus, 'watch', '--timeout', '2').returncode == 0
    done = run(bus, 'watch', '--timeout', '2', '--exit-when', 'ended=1')
    assert done.returncode == 6 and "ended before 'ended=1' came true" in done.stderr


class Terminal:
    """pxectl with a terminal of its own."""

    def __init__(self, bus, *arguments):
        self.master, slave = pty.openpty()
        environment = {**os.environ, 'TERM': 'xterm', 'LC_ALL': 'C.UTF-8', 'TZ': 'UTC'}
        environment.pop('NO_COLOR', None)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 110, 0, 0))
        self.slave = slave
        self.process = subprocess.Popen(command(bus, *arguments), stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.text = ''

    def expect(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            assert time.monotonic() < end, f'{pattern!r} is not in {self.text!r}'
            if select.select([self.master], [], [], 0.1)[0]:
                self.text += os.read(self.master, 65536).decode(errors='replace')

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal(bus):
    opened = []

    def open_terminal(*arguments):
        opened.append(Terminal(bus, *arguments))
        return opened[-1]
    yield open_terminal
    for one in opened:
        one.close()


@pytest.mark.parametrize('end', ['q', '\x03'])
def test_watch_draws_in_place_and_gives_the_terminal_back(bus, terminal, end):
    bus.methods['org.pxed.Boot.Watch'] = lambda parameters: [{'boot': boot(1, steps=[step('file', 0, file='vmlinuz', bytes=1, total=2)]), 'synchronized': True}]
    watch = terminal('watch')
    watch.expect('vmlinuz')
    assert not termios.tcgetattr(watch.slave)[3] & termios.ECHO
    bus.push({'boot': boot(1, outcome='inspected', ended=START + 1000000), 'synchronized': True})
    watch.expect('\x1b\\[3A.*inspected')
    watch.expect('█')
    os.write(watch.master, end.encode())
    assert watch.process.wait(PATIENCE) == 0
    assert termios.tcgetattr(watch.slave)[3] & termios.ECHO and termios.tcgetattr(watch.slave)[3] & termios.ICANON


def test_watch_says_that_pxed_went_away(bus, terminal):
    bus.methods['org.pxed.Boot.Watch'] = lambda parameters: [{'boot': boot(1), 'synchronized': True}]
    bus.methods['org.pxed.Boot.List'] = lambda parameters: {'boots': []}
    watch = terminal('watch')
    watch.expect('1 in flight')
    bus.stop()
    watch.expect('pxed went away')
    bus.start()
    watch.text = ''
    watch.expect('q: quit')


# ---- text of the wire

HOSTILE = '\x1b]0;owned\x07\x1b[2J\n\u009b31m\u202eevil'


def hostile_node():
    return {'id': HOSTILE, 'name': HOSTILE, 'revision': 1, 'created': START, 'serial': HOSTILE, 'ports': [{'mac': HOSTILE, 'boots': True, 'interface': HOSTILE}],
            'tags': [HOSTILE], 'labels': {HOSTILE: HOSTILE}, 'assignment': {'profile': HOSTILE, 'parameters': {}, 'once': True, 'revision': 1, 'assigned': 1},
            'decision': {'profile': HOSTILE, 'reasons': [HOSTILE]}, 'inspection': {'state': 'error', 'error': HOSTILE}}


def harmless(text, colored=False):
    """Nothing that steers a terminal is in it but line ends and, on a terminal, colours and what draws in place."""
    if colored:
        text = re.sub('\x1b\\[[0-9;]*[mAKJ]|\r', '', text)
    return not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]', text)


@pytest.mark.parametrize('arguments', [['node', 'list'], ['node', 'show', 'x'], ['node', 'set-boot', 'x', 'y'], ['node', 'show', 'x', '--json'],
                                       ['node', 'explain', 'x'], ['events'], ['boot', 'show'], ['status'], ['_complete', '--', 'node', 'show', '']])
def test_hostile_text(bus, terminal, arguments):
    node = hostile_node()
    bus.methods.update({
        'org.pxed.Node.List': lambda parameters: {'nodes': [node]},
        'org.pxed.Node.Get': lambda parameters: {'node': node},
        'org.pxed.Node.SetBoot': lambda parameters: {'node': node},
        'org.pxed.Node.Explain': lambda parameters: {'node': HOSTILE, 'decision': node['decision']},
        'org.pxed.Event.Watch': lambda parameters: {'events': [{**event(1, HOSTILE), 'kind': HOSTILE}], 'synchronized': True},
        'org.pxed.Boot.List': lambda parameters: {'boots': [boot(1, mac=HOSTILE, name=HOSTILE, outcome=HOSTILE, reason=HOSTILE,
                                                                 steps=[step(HOSTILE, detail=HOSTILE, file=HOSTILE)])]},
        'org.pxed.Appliance.GetStatus': lambda parameters: {
            'state': HOSTILE, 'version': HOSTILE, 'revision': 1, 'daemons': [{
                'name': HOSTILE, 'state': HOSTILE, 'problems': [{'subject': HOSTILE, 'reason': HOSTILE, 'since': 1}],
                'children': [{'name': HOSTILE, 'state': HOSTILE, 'reason': HOSTILE, 'lastLines': [HOSTILE]}]}]}})
    done = run(bus, *arguments)
    assert done.returncode == 0, done.stderr
    # Where the reader is a program JSON stands as it is; it is on a terminal that nothing may be raw.
    if '--json' not in arguments:
        assert harmless(done.stdout) and harmless(done.stderr)
    shown = terminal(*arguments)
    shown.process.wait(PATIENCE)
    if arguments[0] != '_complete':
        shown.expect('owned' if '--json' not in arguments else 'revision')
    assert harmless(shown.text, colored=True)


def test_only_plain_names_are_offered(bus):
    bus.methods['org.pxed.Node.List'] = lambda parameters: {'nodes': [hostile_node(), {'name': 'web-1'}, {'name': '$(reboot)'}, {'name': 'a b'}, {}]}
    assert run(bus, '_complete', '--', 'node', 'show', '').stdout == 'web-1\n'


def test_hostile_error(bus):
    def refuse(parameters):
        raise Bus.Error('org.pxed.Node.Invalid', {'field': HOSTILE, 'reason': HOSTILE})
    bus.methods['org.pxed.Node.Get'] = refuse
    done = run(bus, 'node', 'show', 'x')
    assert done.returncode == 1 and harmless(done.stderr) and 'evil' in done.stderr
    error = json.loads(run(bus, 'node', 'show', 'x', '--json').stderr)
    assert error['status'] == 1 and error['error'] == 'org.pxed.Node.Invalid' and error['parameters']['field'] == HOSTILE


# ---- replies that do not come, or make no sense

def test_no_reply(bus):
    bus.methods['org.pxed.Node.List'] = lambda parameters: None
    begun = time.monotonic()
    done = run(bus, 'node', 'list', '--timeout', '0.3')
    assert done.returncode == 6 and 'in time' in done.stderr and time.monotonic() - begun < 5 * contention()


def test_connection_ends_before_the_reply(bus):
    bus.methods['org.pxed.Node.List'] = lambda parameters: [connection.shutdown(socket.SHUT_RDWR) for connection in bus.connections] and None
    done = run(bus, 'node', 'list')
    assert done.returncode == 3 and 'ended before the reply' in done.stderr


def test_a_page_that_leads_to_itself(bus):
    bus.methods['org.pxed.Node.List'] = lambda parameters: {'nodes': [], 'next': 'x'}
    done = run(bus, 'node', 'list')
    assert done.returncode == 1 and len(bus.calls) == 2


def test_reply_of_other_types(bus):
    for reply in ({}, {'nodes': 7}, {'nodes': [None, 1, {'name': 5, 'ports': 'x', 'tags': {}}]}):
        bus.methods['org.pxed.Node.List'] = lambda parameters: reply
        assert run(bus, 'node', 'list').returncode == 0


# ---- changes

def test_set_keeps_what_others_change_meanwhile(bus):
    node = {'id': 'i', 'name': 'n', 'revision': 1, 'tags': ['old', 'gone'], 'labels': {'a': '1', 'b': '2'}}

    def update(parameters):
        if parameters['ifRevision'] == 1:
            node.update(revision=2, tags=['old', 'gone', 'theirs'])
        if parameters['ifRevision'] != node['revision']:
            raise Bus.Error('org.pxed.Node.Conflict', {'revision': node['revision']})
        return {'node': {**node, **parameters}}
    bus.methods.update({'org.pxed.Node.Get': lambda parameters: {'node': node}, 'org.pxed.Node.Update': update})
    done = run(bus, 'node', 'set', 'n', '--tag', 'new', '--untag', 'gone', '--label', 'b=3', '--unlabel', 'a', '--json')
    assert done.returncode == 0
    assert bus.calls[-1] == ('org.pxed.Node.Update', {'node': 'i', 'ifRevision': 2, 'tags': ['old', 'theirs', 'new'], 'labels': {'b': '3'}})
    done = run(bus, 'node', 'set', 'n', '--tag', 'new', '--if-revision', '1')
    assert done.returncode == 5


def test_wait_is_kept_by_pxed(bus):
    def set_boot(parameters):
        raise Bus.Error('org.pxed.Node.NotApplied', {'revision': 9, 'role': 'tftp'})
    bus.methods['org.pxed.Node.SetBoot'] = set_boot
    done = run(bus, 'node', 'set-boot', 'n', 'p', '--wait', '--timeout', '3', '--param', 'a=b=c', '--once')
    assert done.returncode == 6 and 'pxectl daemon tftp' in done.stderr
    assert bus.calls == [('org.pxed.Node.SetBoot', {'node': 'n', 'profile': 'p', 'once': True, 'parameters': {'a': 'b=c'}, 'wait': True, 'timeout': 3})]
    assert run(bus, 'node', 'set-boot', 'n', 'p', '--wait', '--timeout', '61').returncode == 2


def test_boot_list_is_paged(bus):
    def list_boots(parameters):
        newest = min(parameters.get('before', 451) - 1, 450)
        return {'boots': [boot(number) for number in range(newest, max(newest - parameters['limit'], 0), -1)]}
    bus.methods['org.pxed.Boot.List'] = list_boots
    ids = lambda *arguments: [boot['id'] for boot in json.loads(run(bus, 'boot', 'list', '--json', *arguments).stdout)['boots']]
    assert ids('--limit', '1000') == list(range(450, 0, -1))
    assert ids('--limit', '201') == list(range(450, 249, -1))
    assert json.loads(run(bus, 'boot', 'show', '17', '--json').stdout)['boot']['id'] == 17
    assert run(bus, 'boot', 'show', '451').returncode == 4


# ---- manners

def test_output_that_cannot_be_written(bus):
    bus.methods['org.pxed.Node.List'] = lambda parameters: {'nodes': [hostile_node()]}
    with open('/dev/full', 'w') as full:
        done = subprocess.run(command(bus, 'node', 'list'), stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and 'No space left' in done.stderr


def test_pipe_that_closes_is_quiet(bus):
    bus.methods['org.pxed.Node.List'] = lambda parameters: {'nodes': [hostile_node()] * 2000}
    done = subprocess.run(['bash', '-c', '"$0" "$@" | head -1', *command(bus, 'node', 'list')], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.startswith('NAME') and done.stderr == ''


def test_colors(bus, terminal):
    bus.methods['org.pxed.Node.List'] = lambda parameters: {'nodes': [hostile_node()]}
    assert '\x1b[' not in run(bus, 'node', 'list').stdout
    colored, plain = terminal('node', 'list'), terminal('node', 'list', '--no-color')
    colored.expect('\x1b\\[1mNAME')
    plain.expect('NAME.*\n.*\n')
    assert '\x1b' not in plain.text
