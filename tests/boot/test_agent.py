"""The inspection ramdisk on real (emulated) hardware: what it posts must be what QEMU was told, and it must do as it is told."""
import http.server
import json
import os
import pathlib
import socket
import struct
import subprocess
import threading

import pytest

from qemu import Disk, Machine, Nic

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('PXED_BUILD', ROOT / 'build'))
GIB = 1 << 30
UUID = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9fa'
MACS = '52:54:00:aa:00:01', '52:54:00:aa:00:02'
HOST = '10.0.2.2'  # this host, as QEMU's user network shows it
SPEED_UP = 'quiet cryptomgr.notests'


@pytest.fixture(scope='module', autouse=True)
def loopback():
    """A test namespace starts without it."""
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=False)


def built(folder):
    path = BUILD / folder
    if not (path / 'initrd').exists() or not (path / 'vmlinuz').exists():
        pytest.skip(f'{path} is not built: make ramdisk' + (' RAMDISK_KERNEL=generic' if 'generic' in folder else ''))
    return path


class StandIn:
    """In place of pxed-introspect. `statuses`: what the first posts are answered with; `order`: what a waiting machine is told."""

    def __init__(self, statuses=(), order='poweroff', chunked=False):
        self.statuses, self.order, self.chunked = list(statuses), order, chunked
        self.posts, self.reports, self.paths, self.headers = [], [], [], []
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                stand_in.answer(self, self.rfile.read(int(self.headers['Content-Length'])))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_port
        self.url = f'http://{HOST}:{self.port}/v1/continue?token=p1.x-_y'

    def answer(self, handler, body):
        status, reply = 200, {'uuid': UUID}
        self.paths.append(handler.path)
        if handler.path.startswith('/v1/agent'):
            report = json.loads(body)
            self.reports.append(report)
            reply = {'order': self.order if report['state'] == 'waiting' else 'wait'}
        else:
            status = self.statuses.pop(0) if self.statuses else 200
            self.headers.append(dict(handler.headers))
            self.posts.append((status, body))
            if status != 200:
                reply = {'error': {'message': 'the rack \x1b[31mis closed'}}
        text = json.dumps(reply).encode()
        handler.send_response(status)
        if self.chunked:
            handler.send_header('Transfer-Encoding', 'chunked')
            text = b''.join(b'%x\r\n%c\r\n' % (1, byte) for byte in text) + b'0\r\n\r\n'
        else:
            handler.send_header('Content-Length', str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def payload(self):
        return json.loads(self.posts[-1][1])


def machine(tmp_path, server, ramdisk='ramdisk', append='', nics=None, **options):
    path = built(ramdisk)
    append = f'console=ttyS0 {SPEED_UP} ipa-inspection-callback-url={server.url} {append}'
    nics = [Nic(MACS[0], user='')] if nics is None else nics
    return Machine(tmp_path, uuid=UUID, serial='SER-42', smbios={'manufacturer': 'ACME, Inc.', 'product': 'Box 9000'}, nics=nics,
                   kernel=path / 'vmlinuz', initrd=path / 'initrd', append=append, **options)


def disk(tmp_path, name, size, **options):
    path = tmp_path / name
    with open(path, 'wb') as file:
        file.truncate(size)
    return Disk(path, **options)


def check_identity(payload, mode):
    vendor = payload['inventory']['system_vendor']
    assert (vendor['manufacturer'], vendor['product_name'], vendor['serial_number']) == ('ACME, Inc.', 'Box 9000', 'SER-42')
    assert vendor['firmware']['vendor'] and vendor['firmware']['version']
    assert payload['dmi']['system']['uuid'] == UUID
    assert payload['inventory']['boot']['current_boot_mode'] == mode
    assert payload['error'] is None
    assert payload['pxed_agent']['collector_errors'] == []
    times = [step['at'] for step in payload['pxed_agent']['steps']]
    assert times == sorted(times) and len(times) > 5


def test_bios(tmp_path):
    """Everything that the small kernel can see, and power off when told so."""
    disks = [disk(tmp_path, 'a', 6 * GIB, serial='VIRTIO-A'), disk(tmp_path, 'b', 5 * GIB, serial='VIRTIO-B', options='physical_block_size=4096'),
             disk(tmp_path, 'c', GIB, bus='nvme', serial='NVME-C'), disk(tmp_path, 'd', 2 * GIB, bus='ide', serial='IDE-D'),
             disk(tmp_path, 'e', 3 * GIB, bus='scsi', serial='SCSI-E', options='wwn=0x5000c500a1b2c3d4')]
    nics = [Nic(MACS[0]), Nic(MACS[1], user='')]
    with StandIn() as server, machine(tmp_path, server, disks=disks, nics=nics, cpus=2, append='BOOTIF=01-' + MACS[1].replace(':', '-')) as node:
        node.wait_off(60)
        print(node.console)
        payload = server.payload

    check_identity(payload, 'bios')
    inventory = payload['inventory']
    assert inventory['cpu']['count'] == 2 and inventory['cpu']['architecture'] == 'x86_64' and inventory['cpu']['socket_count'] >= 1
    assert inventory['memory']['physical_mb'] == 512 and 400 << 20 < inventory['memory']['total'] < 512 << 20
    assert inventory['boot']['pxe_interface'] == payload['boot_interface'] == '01-52-54-00-aa-00-02'

    found = {entry['serial']: entry for entry in inventory['disks']}
    assert {serial: entry['size'] // GIB for serial, entry in found.items()} == {
        'VIRTIO-A': 6, 'VIRTIO-B': 5, 'NVME-C': 1, 'IDE-D': 2, 'SCSI-E': 3}
    assert {serial: entry['tran'] for serial, entry in found.items()} == {
        'VIRTIO-A': 'virtio', 'VIRTIO-B': 'virtio', 'NVME-C': 'nvme', 'IDE-D': 'sata', 'SCSI-E': 'virtio'}
    assert found['VIRTIO-B']['physical_sectors'] == 4096 and found['VIRTIO-A']['logical_sectors'] == 512
    assert found['IDE-D']['model'] == 'QEMU HARDDISK' and found['IDE-D']['hctl']
    assert found['SCSI-E']['wwn'] == '0x5000c500a1b2c3d4'
    assert payload['root_disk'] == found['VIRTIO-B']  # the smallest of at least 4 GiB

    cards = {card['mac_address']: card for card in inventory['interfaces']}
    assert set(cards) == set(MACS)
    assert cards[MACS[1]]['ipv4_address'] == '10.0.2.15' and cards[MACS[0]]['ipv4_address'] is None
    assert all(card['driver'] == 'virtio_net' and card['has_carrier'] for card in cards.values())
    assert {device['vendor_id'] for device in payload['pci_devices']} >= {'8086', '1af4', '1b36'}
    assert len(payload['numa_topology']['cpus']) == 2
    assert 'lldp_raw' not in payload and payload['tpm']['present'] is False

    assert [report['state'] for report in server.reports] == ['started', 'waiting']
    assert all(report['mac'] == MACS[1] for report in server.reports)
    assert set(server.paths) == {'/v1/continue?token=p1.x-_y', '/v1/agent?token=p1.x-_y'}
    assert server.headers[0]['Content-Type'] == 'application/json'


def test_uefi(tmp_path):
    """Chunked answers, no BOOTIF, restart on order."""
    with StandIn(order='reboot', chunked=True) as server, machine(tmp_path, server, firmware='uefi',
                                                                 disks=[disk(tmp_path, 'a', 5 * GIB, serial='D')]) as node:
        node.wait_off(90)
        assert 'restarting' in node.console
    check_identity(server.payload, 'uefi')
    assert server.payload['inventory']['memory']['physical_mb'] == 1024
    assert server.payload['boot_interface'] is None
    assert server.payload['inventory']['disks'][0]['serial'] == 'D'


def test_small_machine_and_retries(tmp_path):
    """256 MB; no answer, 500 and 409 are tried again, each said on the console; pxed.finish=poweroff needs no order."""
    with StandIn(statuses=[500, 409]) as server, machine(tmp_path, server, memory=256, append='pxed.finish=poweroff') as node:
        node.wait_off(60)
        console = node.console
    assert [status for status, _ in server.posts] == [500, 409, 200]
    assert 'attempt 1 of 60' in console and 'attempt 2 of 60' in console and MACS[0] in console
    assert 'the rack ?[31mis closed' in console  # an answer cannot steer the terminal
    assert [report['state'] for report in server.reports] == ['started', 'posted']
    assert server.payload['inventory']['memory']['physical_mb'] == 256


def test_refused(tmp_path):
    """A refusal is final, shown, and never switches the machine off by itself; an order still does."""
    with StandIn(statuses=[400] * 9, order='wait') as server, machine(tmp_path, server, append='pxed.finish=poweroff') as node:
        node.wait_for('refused the inventory of this machine', 60)
        node.wait_until(lambda: sum(report['state'] == 'waiting' for report in server.reports) >= 2, 20, 'second request for orders')
        assert len(server.posts) == 1
        assert server.reports[-1]['message'] == 'the inventory was refused'
        server.order = 'poweroff'
        node.wait_off(20)
    assert f'MAC {MACS[0]}' in node.console and 'status 400' in node.console


def test_no_url(tmp_path):
    path = built('ramdisk')
    with Machine(tmp_path, kernel=path / 'vmlinuz', initrd=path / 'initrd', append=f'console=ttyS0 {SPEED_UP} pxed.shell=1', nics=[]) as node:
        node.wait_for('no ipa-inspection-callback-url', 60)
        assert node.running


class Switch:
    """The far end of a cable: QEMU's stream protocol is a 4-byte length before each frame. Says LLDP every 0.2 s."""
    FRAME = bytes.fromhex('0180c200000e 020000000001 88cc'
                          '0207 04001122334455'    # chassis: a MAC address
                          '0408 05457468312f3234'  # port: Eth1/24
                          '0602 0078'              # time to live: 120 s
                          '0a03 746f72'            # system name: tor
                          '0000')                  # end

    def __init__(self, path):
        self.path = str(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.ended = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        cable, _ = self.listener.accept()
        threading.Thread(target=self.drain, args=(cable,), daemon=True).start()
        while not self.ended.wait(0.2):
            try:
                cable.sendall(struct.pack('>I', len(self.FRAME)) + self.FRAME)
            except OSError:
                return

    @staticmethod
    def drain(cable):
        while cable.recv(65536):
            pass


def test_lldp(tmp_path):
    """What a switch says on the second card is heard while the first one boots."""
    switch = Switch(tmp_path / 'cable')
    nics = [Nic(MACS[0], user=''), Nic(MACS[1], stream=switch.path)]
    with StandIn() as server, machine(tmp_path, server, nics=nics, append='ipa-collect-lldp=1 ipa-lldp-timeout=3 BOOTIF=01-' +
                                      MACS[0].replace(':', '-')) as node:
        node.wait_off(60)
    switch.ended.set()
    names = {card['mac_address']: card['name'] for card in server.payload['inventory']['interfaces']}
    assert server.payload['lldp_raw'][names[MACS[1]]] == [[1, '04001122334455'], [2, '05457468312f3234'], [3, '0078'], [5, '746f72'], [0, '']]
    assert server.payload['lldp_raw'][names[MACS[0]]] == []
    assert [report['state'] for report in server.reports] == ['started', 'collecting', 'waiting']


def test_generic_kernel(tmp_path):
    """The kernel for real machines: SATA, an Intel card, a management controller, USB."""
    built('ramdisk-generic')
    disks = [disk(tmp_path, 'a', 5 * GIB, bus='sata', serial='SATA-A', options='model=ACME Solid State Disk of Some Length,wwn=0x5000c500a1b2c3d4'),
             disk(tmp_path, 'b', GIB, bus='nvme', serial='NVME-B')]
    nics = [Nic(MACS[0], user='', model='e1000e'), Nic(MACS[1], model='e1000')]
    extra = ['-device', 'ipmi-bmc-sim,id=bmc0', '-device', 'isa-ipmi-kcs,bmc=bmc0', '-device', 'qemu-xhci', '-device', 'usb-kbd']
    with StandIn() as server, machine(tmp_path, server, ramdisk='ramdisk-generic', memory=1024, disks=disks, nics=nics, extra=['-M', 'q35', *extra],
                                      append='BOOTIF=01-' + MACS[0].replace(':', '-')) as node:
        node.wait_off(150)
        print(node.console)
    payload = server.payload
    check_identity(payload, 'bios')
    sata, nvme = (next(entry for entry in payload['inventory']['disks'] if entry['serial'] == serial) for serial in ('SATA-A', 'NVME-B'))
    assert sata['model'] == 'ACME Solid State Disk of Some Length' and sata['tran'] == 'sata' and sata['wwn'] == '0x5000c500a1b2c3d4'
    assert sata['by_path'].endswith('-ata-1') and sata['vendor'] == 'ATA' and sata['hctl']
    assert nvme['tran'] == 'nvme' and nvme['by_path'].endswith('-nvme-1')
    cards = {card['mac_address']: card for card in payload['inventory']['interfaces']}
    assert cards[MACS[0]]['driver'] == 'e1000e' and cards[MACS[0]]['speed_mbps'] == 1000 and cards[MACS[1]]['driver'] == 'e1000'
    assert 'QEMU USB Keyboard' in {device['product'] for device in payload['usb_devices']}
    assert 'management controller: ' in node.console
    # QEMU's simulated BMC has no LAN
    assert payload['inventory']['bmc_address'] is None and payload['inventory']['bmc_mac'] is None
