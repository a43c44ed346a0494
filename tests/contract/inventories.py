"""Machines and the inventories that they report, for tests of pxed that has them."""
import contextlib
import time

from conftest import running


def mac(number, card=0):
    return f'52:54:00:1d:{card:02x}:{number:02x}'


def disk(serial, **more):
    return {'name': f'/dev/{serial}', 'serial': serial, 'size': 480_000_000_000, 'model': 'Fast', **more}


def normalized(number, **more):
    return {'errors': [], 'serial': f'S{number}', 'memory': 64 << 30, 'cpus': 8, 'architecture': 'x86_64', 'bootMode': 'uefi', 'product': 'Server 1',
            'disks': [disk(f'A{number}'), disk(f'B{number}')], 'interfaces': [
                {'name': f'eth{card}', 'mac': mac(number, card), 'addresses': [f'10.0.{card}.{number}'], 'boots': card == 0, 'carrier': True,
                 'switchChassis': '00:11:22:33:44:55', 'switchPort': f'Eth1/{number}', 'lldp': {'switch_port_mtu': 1500}} for card in (0, 1)], **more}


class Inspected:
    """A pxed of its own, and a worker that reports inventories to it."""

    def __init__(self, pxed):
        self.pxed, self.posts, self.batch = pxed, 0, 0
        self.connection = pxed.connect()

    def call(self, method, **parameters):
        return self.connection.call(f'org.pxed.Inventory.{method}', **parameters)

    def report(self, number, inventory, raw=None, **more):
        self.posts += 1
        self.observe('introspect', {'inventory': {'mac': mac(number), 'post': f'post-{self.posts}', 'normalized': inventory,
                                                  'raw': raw if raw is not None else {'posted': self.posts}, **more}})

    def observe(self, role, what):
        self.batch += 1
        self.connection.call('org.pxed.Worker.Report', role=role, instance='test', batch=self.batch, observations=[{'time': int(time.time() * 1e6), **what}])

    def events(self, kind):
        return [event for event in self.connection.call('org.pxed.Event.Watch', limit=1000)['events'] if event['kind'] == kind]

    def name(self, number):
        return self.connection.call('org.pxed.Node.Get', node=mac(number))['node']['name']


@contextlib.contextmanager
def inspected():
    with running() as instance:
        yield Inspected(instance)
