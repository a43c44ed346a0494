"""pxed itself, started once for all tests, and after each test the question whether it still serves."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from places import BUILD, ROOT
from varlink import Closed, Connection
from waiting import PATIENCE, wait_for


CONFIGURATION = """\
[pxed]
images = {folder}/images

[network lab]
interface = pxe0
address = 192.0.2.1/24
pool = 192.0.2.100-192.0.2.199
unknown = inspect
known = local
finish = poweroff
"""


class Pxed:
    def __init__(self, folder):
        self.folder, self.runtime = folder, folder / 'run'
        (folder / 'images').mkdir()
        configuration = folder / 'pxed.conf'
        configuration.write_text(CONFIGURATION.format(folder=folder))
        self.sanitized = b'__asan_init' in (BUILD / 'pxed').read_bytes()
        # What the sanitizer keeps of freed memory would be taken for memory that pxed holds.
        options = 'quarantine_size_mb=1:allocator_release_to_os_interval_ms=100:' + os.environ.get('ASAN_OPTIONS', '')
        environment = dict(os.environ, ASAN_OPTIONS=options)
        with open(folder / 'log', 'wb') as log:
            self.process = subprocess.Popen([BUILD / 'pxed', '--config', configuration, '--runtime-dir', self.runtime, '--state-dir',
                                             folder / 'state'], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def log(self):
        return (self.folder / 'log').read_text(errors='replace')

    @property
    def bus(self):
        return self.runtime / 'bus'

    @property
    def monitor(self):
        return self.runtime / 'monitor'

    @property
    def own(self):
        return self.runtime / 'pxed.sock'

    def connect(self, path=None):
        return Connection(path or self.bus)

    def serves(self):
        """Whether a peer that connects now is answered."""
        with self.connect() as connection:
            return connection.call('org.varlink.service.GetInfo')['product'] == 'pxed'

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, f'pxed ended:\n{self.log()}'
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return self.serves()
        wait_for(ready, lambda: f'pxed answers:\n{self.log()}')

    def begin_half_message(self):
        """A peer that begins a message before all tests, and says no more: the last test looks what became of it."""
        self.half_message = self.connect()
        self.half_message.send_bytes(b'{"method": "org.varl')
        self.half_message_began = time.monotonic()

    def memory(self):
        """Bytes of resident memory."""
        with open(f'/proc/{self.process.pid}/statm') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')

    def forget_peak(self):
        """peak_memory() counts from now (proc(5), clear_refs)."""
        with open(f'/proc/{self.process.pid}/clear_refs', 'w') as file:
            file.write('5')

    def peak_memory(self):
        with open(f'/proc/{self.process.pid}/status') as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith('VmHWM'))

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def bound(self, megabytes):
        """A bound of memory; the sanitizer's own bookkeeping is allowed for."""
        return megabytes * (3 if self.sanitized else 1) << 20


def pytest_collection_modifyitems(items):
    """What has to wait for the end of a time that began with the first test comes last."""
    items.sort(key=lambda item: item.name == 'test_half_a_message_then_silence')


@contextlib.contextmanager
def running():
    """A pxed of its own, in a folder of its own; nothing of it stays."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix='pxed-'))
    instance = Pxed(folder)
    try:
        instance.wait_ready()
        yield instance
    finally:
        instance.process.kill()
        instance.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope='session')
def pxed():
    with running() as instance:
        instance.begin_half_message()
        instance.memory_at_start = instance.memory()
        yield instance
        assert instance.process.poll() is None, f'pxed ended:\n{instance.log()}'
        instance.process.send_signal(signal.SIGTERM)
        assert instance.process.wait(PATIENCE) == 0, f'pxed did not end well:\n{instance.log()[-8000:]}'


@pytest.fixture(autouse=True)
def still_serves(request):
    yield
    if 'pxed' not in request.fixturenames:
        return
    pxed = request.getfixturevalue('pxed')
    assert pxed.process.poll() is None, f'pxed ended:\n{pxed.log()[-8000:]}'

    def serves():
        # after a test that used all connections up, pxed may not have seen all of them close
        with contextlib.suppress(ConnectionError, Closed):
            return pxed.serves()
    wait_for(serves, 'pxed serves')


@pytest.fixture
def connection(pxed):
    with pxed.connect() as opened:
        yield opened


@pytest.fixture(scope='session')
def build():
    return BUILD


@pytest.fixture(scope='session')
def root():
    return ROOT
