#!/usr/bin/python3
"""Figures of pxed: its start and memory with 10,000 nodes, calls, the workers' synchronization, and how long set-boot waits for pxed-tftp.

    bench_pxed.py [--build DIR] [--nodes N]
"""
import shutil
import statistics
import subprocess
import sys
import time

from measuring import build_and_nodes, measured, pss, scratch, share

from varlink import Connection  # noqa: E402

CONFIGURATION = """\
[pxed]
images = {folder}/images

[network lab]
interface = lo
address = 127.0.0.1/8
dhcp = off
"""


def tell(what, value, unit):
    print(f'{what:<58}{value:>12.1f} {unit}', flush=True)


class Daemon:
    def __init__(self, build, folder, name, *arguments):
        self.began = time.monotonic()
        self.log = folder / f'{name}.log'
        self.process = subprocess.Popen([build / name, '--runtime-dir', folder / 'run', '--state-dir', folder / 'state' / name, *arguments],
                                        stdout=open(self.log, 'ab'), stderr=subprocess.STDOUT)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Pxed(Daemon):
    def __init__(self, build, folder):
        shutil.rmtree(folder / 'run', ignore_errors=True)
        super().__init__(build, folder, 'pxed', '--config', folder / 'pxed.conf')
        self.bus = folder / 'run' / 'bus'
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise

    def wait_ready(self):
        while not self.bus.exists():
            if self.process.poll() is not None:
                sys.exit(self.log.read_text())
            time.sleep(0.001)
        # The socket is there a moment before it is listened on.
        while True:
            try:
                self.connection = self.connect()
                break
            except ConnectionRefusedError:
                time.sleep(0.001)
        self.call('org.pxed.Appliance.GetStatus')
        self.ready_ms = (time.monotonic() - self.began) * 1000

    def connect(self):
        return Connection(self.bus)

    def call(self, method, **parameters):
        return self.connection.call(method, **parameters)


def mac(number):
    return f'52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}'


def inventory(number):
    """Some of what a server with two ports reports."""
    macs = [mac(number), mac(number + 0x100000)]
    return {'mac': macs[0], 'post': f'bench-{number}', 'raw': {'inventory': {'filler': 'x' * 4000}}, 'normalized': {
        'uuid': f'00000000-1111-4222-8333-{number:012x}', 'serial': f'SERIAL-{number}', 'manufacturer': 'Bench', 'product': 'Server 1',
        'architecture': 'x86_64', 'bootMode': 'uefi', 'cpus': 64, 'memory': 1 << 38, 'errors': [],
        'disks': [{'name': 'sda', 'size': 1 << 40, 'serial': f'DISK-{number}'}],
        'interfaces': [{'name': f'eth{i}', 'mac': each, 'addresses': [], 'boots': i == 0, 'switchChassis': f'switch-{number // 24}',
                        'switchPort': f'Ethernet1/{number % 24 * 2 + i}'} for i, each in enumerate(macs)]}}


def discover(pxed, nodes):
    """Nodes as they come to be: by their inventories, in batches."""
    began = time.monotonic()
    now = time.time_ns() // 1000
    for batch, first in enumerate(range(0, nodes, 100), 1):
        pxed.call('org.pxed.Worker.Report', role='introspect', instance='bench', batch=batch, observations=[
            {'time': now, 'inventory': inventory(number)} for number in range(first, min(first + 100, nodes))])
        pxed.call('org.pxed.Worker.Report', role='netcfg', instance='bench', batch=batch, observations=[
            {'time': now, 'sighting': {'mac': mac(number), 'network': 'lab', 'addresses': ['127.0.1.1'], 'firstSeen': now, 'lastSeen': now,
                                       'protocols': ['dhcp', 'arp']}} for number in range(first, min(first + 100, nodes))])
    tell(f'inventories taken in, {nodes}', nodes / (time.monotonic() - began), '/s')


def boots(pxed):
    """1,000 machines boot at once: what three workers report of them, in the batches that they come in."""
    began, count = time.monotonic(), 0
    now = time.time_ns() // 1000
    for batch, first in enumerate(range(0, 1000, 25), 1000):
        machines = [{'mac': mac(number), 'network': 'lab'} for number in range(first, first + 25)]
        seen = [{'time': now + at, 'step': {**machine, 'kind': kind, 'stage': stage}} for machine in machines
                for at, (kind, stage) in enumerate((kind, stage) for stage in ('firmware', 'ipxe')
                                                   for kind in ('discover', 'offer', 'request', 'acknowledge'))]
        served = [{'time': now + 10 + at, 'step': {**machine, 'kind': kind, 'profile': 'local'}} for machine in machines
                  for at, kind in enumerate(('script', 'started'))]
        for role, observations in (('netcfg', seen), ('tftp', served)):
            pxed.call('org.pxed.Worker.Report', role=role, instance='bench', batch=batch, observations=observations)
            count += len(observations)
    tell('steps of boots taken in', count / (time.monotonic() - began), '/s')


def synchronize(pxed):
    connection = pxed.connect()
    began = time.monotonic()
    entries = 0
    for reply in connection.stream('org.pxed.Worker.Watch', role='tftp'):
        entries += len(reply['entries'])
        if reply['complete']:
            break
    tell(f'a worker told all, {entries} entries', (time.monotonic() - began) * 1000, 'ms')
    connection.close()


def spans(what, values):
    tell(f'{what}: median', statistics.median(values) * 1000, 'ms')
    tell(f'{what}: 99 of 100 under', share(values, 99) * 1000, 'ms')


def set_boot(pxed, build, folder, nodes):
    spans('set-boot without waiting', measured(
        lambda n: pxed.call('org.pxed.Node.SetBoot', node=mac(n % nodes), profile='local', once=bool(n % 2)), 500))
    if not (build / 'pxed-tftp').exists():
        return
    tftp = Daemon(build, folder, 'pxed-tftp')
    try:
        began = time.monotonic()
        pxed.call('org.pxed.Node.SetBoot', node=mac(0), profile='local', wait=True, timeout=30)
        tell(f'pxed-tftp started and told of {nodes} nodes', (time.monotonic() - began) * 1000, 'ms')
        spans('set-boot, waiting for pxed-tftp', measured(
            lambda n: pxed.call('org.pxed.Node.SetBoot', node=mac(n % nodes), profile='local', once=bool(n % 2), wait=True), 500))
        tell('pxed-tftp with them, PSS', pss(tftp.process.pid), 'KiB')
    finally:
        tftp.stop()


def run(build, nodes, folder):
    (folder / 'images').mkdir()
    (folder / 'pxed.conf').write_text(CONFIGURATION.format(folder=folder))
    pxed = Pxed(build, folder)
    try:
        tell('start to the first answer, empty', pxed.ready_ms, 'ms')
        tell('PSS, empty', pss(pxed.process.pid), 'KiB')
        discover(pxed, nodes)
        pxed.stop()
        pxed = Pxed(build, folder)
        tell(f'start to the first answer, {nodes} nodes', pxed.ready_ms, 'ms')
        tell(f'PSS idle, {nodes} nodes', pss(pxed.process.pid), 'KiB')
        synchronize(pxed)
        boots(pxed)
        set_boot(pxed, build, folder, nodes)
        spans('Node.List of 200', measured(lambda n: pxed.call('org.pxed.Node.List', limit=200), 50))
        spans('Node.Get', measured(lambda n: pxed.call('org.pxed.Node.Get', node=mac(n % nodes)), 500))
        time.sleep(1)
        tell('PSS afterwards', pss(pxed.process.pid), 'KiB')
    finally:
        pxed.stop()


def main():
    with scratch() as folder:
        run(*build_and_nodes(), folder)


if __name__ == '__main__':
    main()
