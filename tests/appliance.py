"""The whole appliance, started from a build folder: the five daemons, dnsmasq and in.tftpd, on a bridge that machines plug into.

Runs in the network namespace that it is called in, which must not be the host's (see tests/namespace.py), or in the one that it is given.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from waiting import PATIENCE

DAEMONS = ('pxed', 'pxed-dhcp', 'pxed-tftp', 'pxed-netcfg', 'pxed-introspect')

CONFIGURATION = """\
[pxed]
images = {images}

[network lab]
interface = pxe0
address = 192.0.2.1/24
pool = 192.0.2.100-192.0.2.199
physical-network = physnet1
unknown = inspect
known = local
finish = {finish}
"""


class Appliance:
    """Use as a context manager. `folder` holds state, sockets, logs and images, and is removed at the end.

    ramdisk: a folder with files to stand in for the inspection ramdisk's, which lie beside the programs; they are copied.
    namespace: has entered(), in which the daemons and the bridge are made.
    """

    def __init__(self, build, finish='poweroff', configuration=CONFIGURATION, ramdisk=None, namespace=None):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='pxed-'))
        self.runtime, self.state, self.images = self.folder / 'run', self.folder / 'state', self.folder / 'images'
        self.images.mkdir()
        if ramdisk:
            shutil.copytree(ramdisk, self.images / 'ramdisk')
        self.configuration = self.folder / 'pxed.conf'
        self.configuration.write_text(configuration.format(images=self.images, finish=finish))
        self.namespace = namespace
        self.processes = {}
        self.taps = 0

    def inside(self):
        return self.namespace.entered() if self.namespace else contextlib.nullcontext()

    def run(self, *command, check=True):
        with self.inside():
            subprocess.run(command, check=check, stderr=None if check else subprocess.DEVNULL)

    def make_bridge(self):
        self.run('ip', 'link', 'add', 'pxe0', 'type', 'bridge', 'forward_delay', '0')
        self.run('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'pxe0')
        self.run('ip', 'link', 'set', 'pxe0', 'up')

    def __enter__(self):
        try:
            self.run('ip', 'link', 'set', 'lo', 'up')
            self.make_bridge()
            for name in DAEMONS:
                self.start(name)
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(DAEMONS):
            if name in self.processes:
                self.stop(name)
        for link in ('pxe0', *(f'tap{number}' for number in range(self.taps))):
            self.run('ip', 'link', 'delete', link, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, name):
        return self.folder / f'{name}.log'

    def start(self, name, **environment):
        arguments = ['--runtime-dir', self.runtime, '--state-dir', self.state]
        if name == 'pxed':
            arguments += ['--config', self.configuration]
        with open(self.log(name), 'ab') as log, self.inside():
            self.processes[name] = subprocess.Popen([self.build / name, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                    env={**os.environ, **environment})

    def stop(self, name, with_signal=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(with_signal)
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def kill(self, name):
        """As a crash does: at once, and whatever it is about."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def children(self):
        """Process id of each child that runs, by its name ('dnsmasq:lab')."""
        daemons = (self.status() or {}).get('daemons', [])
        return {child['name']: child['pid'] for daemon in daemons for child in daemon['children'] if child['pid']}

    def ctl(self, *arguments, check=True, timeout=60):
        """pxectl's standard output."""
        done = subprocess.run([self.build / 'pxectl', '--runtime-dir', self.runtime, *map(str, arguments)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError(f"pxectl {' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def ask(self, *arguments, timeout=60):
        """What pxectl --json prints, parsed."""
        return json.loads(self.ctl('--json', *arguments, timeout=timeout))

    def wait(self, what, condition, timeout=PATIENCE):
        """Asks until condition() is true and returns its value; on the way fails when a daemon has ended. `what`: what is waited for, or a function
        that tells what is known of it."""
        deadline = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f'{name} ended with {process.returncode}:\n{self.log(name).read_text()[-3000:]}')
            if time.monotonic() > deadline:
                logs = '\n'.join(f'== {name}\n{self.log(name).read_text()[-3000:]}' for name in self.processes)
                raise TimeoutError(f'{what() if callable(what) else what}: not after {timeout} s\n{logs}')
            time.sleep(0.05)

    def status(self):
        try:
            return self.ask('status')
        except (RuntimeError, ValueError):
            return None

    def wait_ready(self, timeout=PATIENCE):
        return self.wait('the appliance is ready', lambda: (self.status() or {}).get('state') == 'ready', timeout)

    def tap(self):
        """A new port of the bridge; its name."""
        name = f'tap{self.taps}'
        self.taps += 1
        self.run('ip', 'tuntap', 'add', name, 'mode', 'tap')
        self.run('ip', 'link', 'set', name, 'master', 'pxe0', 'up')
        return name
