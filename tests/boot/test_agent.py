"""The inspection ramdisk on real (emulated) hardware: what it posts must be what QEMU was told, and it must do as it is told."""
import base64
import http.server
import io
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import tarfile
import threading

import pytest

from bmc import Bmc
from qemu import Disk, Machine, Nic
from tpm import Tpm

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('PXED_BUILD', ROOT / 'build'))
GIB = 1 << 30
UUID = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9fa'
MACS = '52:54:00:aa:00:01', '52:54:00:aa:00:02'
HOST = '10.0.2.2'  # this host, as QEMU's user network shows it
# an emulated timer can be late by so much, where the host is busy, that the kernel gives up on it
SPEED_UP = 'quiet cryptomgr.notests no_timer_check'


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
    """In place of pxed-introspect. `statuses`: what the first posts are answered with; `order`: what a waiting machine is told; `orders`:
    what it is told in other states."""

    def __init__(self, statuses=(), order='poweroff', orders=None, chunked=False):
        self.statuses, self.orders, self.chunked = list(statuses), {**(orders or {}), 'waiting': order}, chunked
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
            reply = {'order': self.orders.get(report['state'], 'wait')}
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


def assert_like(ours, theirs, path=''):
    """What an ironic-python-agent has must be here under the same name and be of the same type, or null."""
    if isinstance(theirs, dict):
        for key in theirs if path != '/lldp_raw' else ():
            assert key in ours or path == '' and key == 'lldp_raw', f'{path}/{key} is missing'
            if ours.get(key) is not None and theirs[key] is not None:
                assert_like(ours[key], theirs[key], f'{path}/{key}')
    elif isinstance(theirs, list):
        assert isinstance(ours, list), path
        for entry in ours if theirs else ():
            assert_like(entry, theirs[0], f'{path}[]')
    else:
        assert type(ours) is type(theirs), f'{path}: {ours!r}, an ironic-python-agent posts {theirs!r}'


def pci_of(buses):
    """Address, vendor, device, class (without the programming interface) of each PCI device that QEMU has."""
    for bus in buses:
        for device in bus['devices']:
            address = f"0000:{device['bus']:02x}:{device['slot']:02x}.{device['function']:x}"
            yield address, f"{device['id']['vendor']:04x}", f"{device['id']['device']:04x}", f"{device['class_info']['class']:04x}"
            bridge = device.get('pci_bridge')
            yield from pci_of([bridge]) if bridge and 'devices' in bridge else ()


def check_buses(payload, node):
    """PCI and USB, against what QEMU says that it emulates; the machine is stopped in its firmware or runs."""
    assert sorted((device['bus'], device['vendor_id'], device['product_id'], device['class'][:4]) for device in payload['pci_devices']) == sorted(
        pci_of(node.query('query-pci')))
    usb = node.query('human-monitor-command', **{'command-line': 'info usb'})
    assert sorted(re.findall(r'Product (.*?)(?:,|\r|\n|$)', usb)) == sorted(
        device['product'] for device in payload['usb_devices'] if 'Host Controller' not in device['product'])


def read_logs(payload):
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(payload['logs'], validate=True)), mode='r:gz') as archive:
        return {member.name: archive.extractfile(member).read().decode(errors='replace') for member in archive.getmembers()}


def check_identity(payload, mode):
    for sample in sorted((ROOT / 'tests/data/ipa').glob('*.json')):
        assert_like(payload, json.loads(sample.read_text()))
    logs = read_logs(payload)
    assert 'inspects this machine' in logs['pxed-agent.log'] and 'Linux version' in logs['dmesg']
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
    """256 MB, one network card, one disk; no answer, 500 and 409 are tried again, each said on the console; pxed.finish=poweroff needs no order."""
    disks = [disk(tmp_path, 'a', 5 * GIB, serial='ONLY-A', options='addr=0x6,physical_block_size=4096')]
    nics = [Nic(MACS[0], user='', options='addr=0x5')]
    with StandIn(statuses=[500, 409]) as server, machine(tmp_path, server, memory=256, append='pxed.finish=poweroff', disks=disks, nics=nics) as node:
        node.wait_off(60)
        console = node.console
    assert [status for status, _ in server.posts] == [500, 409, 200]
    assert 'attempt 1 of 60' in console and 'attempt 2 of 60' in console and MACS[0] in console
    assert 'the rack ?[31mis closed' in console  # an answer cannot steer the terminal
    assert [report['state'] for report in server.reports] == ['started', 'retrying', 'retrying', 'posted']
    check_identity(server.payload, 'bios')
    inventory = server.payload['inventory']
    assert inventory['memory']['physical_mb'] == 256
    assert [module['Size'] for module in server.payload['dmi']['memory']['devices']] == ['256 MB']
    assert inventory['disks'] == [server.payload['root_disk']] == [{
        'name': '/dev/vda', 'size': 5 * GIB, 'serial': 'ONLY-A', 'vendor': '0x1af4', 'tran': 'virtio', 'rotational': True, 'removable': False,
        'by_path': '/dev/disk/by-path/pci-0000:00:06.0', 'logical_sectors': 512, 'physical_sectors': 4096,
        **dict.fromkeys(['model', 'hctl', 'wwn', 'wwn_with_extension', 'wwn_vendor_extension'])}]
    ipv6 = inventory['interfaces'][0].pop('ipv6_address')  # of the moment: its link-local one, or that of QEMU's router
    assert ipv6 is None or ipv6.endswith('5054:ff:feaa:1')
    assert inventory['interfaces'] == [{
        'name': 'eth0', 'mac_address': MACS[0], 'ipv4_address': '10.0.2.15', 'has_carrier': True, 'vendor': '0x1af4', 'product': '0x0001',
        'pci_address': '0000:00:05.0', 'driver': 'virtio_net', **dict.fromkeys(['lldp', 'client_id', 'biosdevname', 'speed_mbps'])}]
    assert (inventory['cpu']['count'], inventory['cpu']['socket_count']) == (1, 1)
    assert len(server.payload['numa_topology']['ram']) == len(server.payload['numa_topology']['cpus']) == 1
    assert server.payload['raid_members'] == []


def test_refused(tmp_path):
    """A refusal is final, shown, and never switches the machine off by itself; that it was taken back ends it."""
    with StandIn(statuses=[400] * 9, order='wait') as server, machine(tmp_path, server, append='pxed.finish=poweroff') as node:
        node.wait_for('refused the inventory of this machine', 60)
        node.wait_until(lambda: sum(report['state'] == 'waiting' for report in server.reports) >= 2, 20, 'second request for orders')
        assert len(server.posts) == 1
        assert server.reports[-1]['message'] == 'the inventory was refused'
        server.orders['waiting'] = 'abort'
        node.wait_off(20)
    assert 'was taken back' in node.console
    assert f'MAC {MACS[0]}' in node.console and 'status 400' in node.console


def test_taken_back(tmp_path):
    """An order to abort ends the machine as its command line says, with nothing posted."""
    with StandIn(orders={'started': 'abort'}) as server, machine(tmp_path, server, append='pxed.finish=poweroff') as node:
        node.wait_off(60)
        assert 'was taken back' in node.console and 'switching off' in node.console
    assert (server.posts, [report['state'] for report in server.reports]) == ([], ['started'])


def test_taken_back_while_posting(tmp_path):
    """Also when the server takes no inventory; a machine that is to wait waits, and boots again when it is told so."""
    with StandIn(statuses=[503] * 9, order='abort', orders={'retrying': 'abort'}) as server, machine(tmp_path, server) as node:
        node.wait_for('was taken back', 60)
        node.wait_until(lambda: sum(report['state'] == 'waiting' for report in server.reports) >= 2, 20, 'second request for orders')
        server.orders['waiting'] = 'reboot'
        node.wait_off(20)
        assert node.console.count('was taken back') == 1 and 'restarting' in node.console
    assert [status for status, _ in server.posts] == [503]
    assert all('message' not in report or report['message'] is None for report in server.reports)


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
    with StandIn(order='wait') as server, machine(tmp_path, server, ramdisk='ramdisk-generic', memory=1024, disks=disks, nics=nics,
                                                  extra=['-M', 'q35', *extra], append='BOOTIF=01-' + MACS[0].replace(':', '-')) as node:
        node.wait_for('waiting for orders', 150)
        print(node.console)
        payload = server.payload
        check_buses(payload, node)
    check_identity(payload, 'bios')
    sata, nvme = (next(entry for entry in payload['inventory']['disks'] if entry['serial'] == serial) for serial in ('SATA-A', 'NVME-B'))
    assert sata['model'] == 'ACME Solid State Disk of Some Length' and sata['tran'] == 'sata' and sata['wwn'] == '0x5000c500a1b2c3d4'
    assert sata['by_path'].endswith('-ata-1') and sata['vendor'] == 'ATA' and sata['hctl']
    assert nvme['tran'] == 'nvme' and nvme['by_path'].endswith('-nvme-1')
    cards = {card['mac_address']: card for card in payload['inventory']['interfaces']}
    assert cards[MACS[0]]['driver'] == 'e1000e' and cards[MACS[0]]['speed_mbps'] == 1000 and cards[MACS[1]]['driver'] == 'e1000'
    assert 'QEMU USB Keyboard' in {device['product'] for device in payload['usb_devices']}
    assert 'management controller: ' in node.console
    assert (payload['inventory']['cpu']['count'], payload['inventory']['memory']['physical_mb']) == (1, 1024)
    # QEMU's simulated BMC has no LAN
    assert payload['inventory']['bmc_address'] is None and payload['inventory']['bmc_mac'] is None


def test_management_controller(tmp_path):
    """Its addresses, which are on its second channel; and a TPM. 256 MB are enough also for the big kernel."""
    bmc = Bmc(tmp_path / 'bmc', mac='52:a0:aa:a1:00:77', v4='192.0.2.77', v6='2001:db8::77')
    with StandIn() as server, Tpm(tmp_path) as tpm, machine(tmp_path, server, ramdisk='ramdisk-generic', memory=256,
                                                            extra=bmc.arguments() + tpm.arguments()) as node:
        node.wait_off(100)
        print(node.console)
    assert 'management controller: address 192.0.2.77' in node.console
    inventory = server.payload['inventory']
    assert (inventory['bmc_address'], inventory['bmc_v6address'], inventory['bmc_mac']) == ('192.0.2.77', '2001:db8::77', '52:a0:aa:a1:00:77')
    assert server.payload['tpm'] == {'present': True, 'version': '2.0'}
    assert inventory['memory']['physical_mb'] == 256
    check_identity(server.payload, 'bios')


# The machine of test_two_numa_nodes: a root bus of its own for the second node, and what firmware says of everything.
NUMA_MACS = MACS + ('52:54:00:aa:00:03',)
NUMA_MEMORY = 1024, 512  # MiB of each node
SMBIOS_TABLES = [
    'type=0,vendor=ACME Firmware,version=F-1.2,date=02/29/2024', 'type=2,manufacturer=ACME,product=Board 7,serial=BOARD-1',
    'type=3,manufacturer=ACME,serial=CHASSIS-1,asset=ASSET-1', 'type=17,manufacturer=Chips,serial=DIMM-1,part=PART-1,speed=2666,loc_pfx=SLOT,bank=B',
    'type=4,manufacturer=ACME Chips,version=P-9000,max-speed=3600,current-speed=2400',
    'type=41,designation=Onboard LAN,instance=1,kind=ethernet,pcidev=lan1']
MD_UUID = bytes.fromhex('00112233445566778899aabbccddeeff')


def numa_machine(tmp_path, server):
    disks = [disk(tmp_path, 'a', 5 * GIB, bus='sata', serial='SATA-A', options='model=ACME Solid State,wwn=0x5000c500a1b2c3d4,rotation_rate=1'),
             disk(tmp_path, 'b', 6 * GIB, bus='scsi', serial='SCSI-B',
                  options='vendor=ACME,product=Spinner,wwn=0x5000c500a1b2c3d5,scsi-id=3,lun=1,rotation_rate=7200,physical_block_size=4096')]
    namespaces = [disk(tmp_path, 'c', 7 * GIB), disk(tmp_path, 'd', 8 * GIB)]
    with open(disks[1].path, 'r+b') as file:  # a member of a RAID 1 (linux/raid/md_p.h: superblock 1.2)
        file.seek(4096)
        file.write(struct.pack('<4I16s32sQiIQII', 0xa92b4efc, 1, 0, 0, MD_UUID, b'rack:root', 0, 1, 0, 2048, 0, 2).ljust(144, b'\0') +
                   struct.pack('<Q', 8).ljust(76, b'\0') + struct.pack('<I', 2).ljust(36, b'\0') + struct.pack('<2H', 1, 0))
    extra = ['-cpu', 'max,model-id=ACME Processor 9000']
    for number, size in enumerate(NUMA_MEMORY):
        extra += ['-object', f'memory-backend-ram,id=m{number},size={size}M', '-numa', f'node,nodeid={number},cpus={2 * number}-{2 * number + 1},memdev=m{number}']
    extra += ['-device', 'nvme,id=nvme0,serial=NVME-C']
    for number, namespace in enumerate(namespaces, 1):
        extra += ['-drive', f'if=none,id=ns{number},format=raw,file={namespace.path}',
                  '-device', f'nvme-ns,drive=ns{number},bus=nvme0,nsid={number}']
    for table in SMBIOS_TABLES:
        extra += ['-smbios', table]
    nics = [Nic(NUMA_MACS[0], user='', model='e1000', options='id=lan1,addr=0x10'), Nic(NUMA_MACS[1], user='net=192.0.2.0/24', options='addr=0x11')]
    # last, since devices that name no bus would come onto this one
    extra += ['-device', 'pxb-pcie,id=far,bus=pcie.0,bus_nr=128,numa_node=1', '-device', 'pcie-root-port,id=port1,bus=far,chassis=1',
              '-netdev', 'user,id=far1,net=198.51.100.0/24', '-device', f'virtio-net-pci,netdev=far1,mac={NUMA_MACS[2]},bus=port1,romfile=']
    return machine(tmp_path, server, ramdisk='ramdisk-generic', firmware='uefi', memory=sum(NUMA_MEMORY), cpus='4,sockets=2,cores=2,threads=1',
                   disks=disks, nics=nics, extra=extra,
                   append='ipa-inspection-dhcp-all-interfaces=all BOOTIF=01-' + NUMA_MACS[0].replace(':', '-'))


def check_firmware_tables(payload):
    dmi = payload['dmi']
    assert payload['inventory']['system_vendor']['firmware'] == {'vendor': 'ACME Firmware', 'version': 'F-1.2', 'build_date': '02/29/2024'}
    assert dmi['board'] == {'manufacturer': 'ACME', 'product_name': 'Board 7', 'serial_number': 'BOARD-1'}
    assert dmi['chassis'] == {'manufacturer': 'ACME', 'serial_number': 'CHASSIS-1', 'asset_tag': 'ASSET-1'}
    assert dmi['bios'] == {'Vendor': 'ACME Firmware', 'Version': 'F-1.2', 'Release Date': '02/29/2024'}
    (module,) = dmi['memory']['devices']
    assert dmi['memory']['Number Of Devices'] == 1
    assert (module['Size'], module['Manufacturer'], module['Serial Number'], module['Part Number'], module['Speed']) == (
        '1536 MB', 'Chips', 'DIMM-1', 'PART-1', '2666 MT/s')
    assert module['Locator'].startswith('SLOT') and module['Bank Locator'] == 'B'
    assert [(socket['Manufacturer'], socket['Max Speed'], socket['Current Speed'], socket['Core Count'], socket['Status']) for socket in dmi['cpu']] == [
        ('ACME Chips', '3600 MHz', '2400 MHz', '2', 'Populated')] * 2


def check_numa_disks(payload):
    found = {entry['size'] // GIB: entry for entry in payload['inventory']['disks']}
    assert set(found) == {5, 6, 7, 8}
    sata, scsi = found[5], found[6]
    assert (sata['serial'], sata['model'], sata['vendor'], sata['wwn'], sata['rotational'], sata['tran']) == (
        'SATA-A', 'ACME Solid State', 'ATA', '0x5000c500a1b2c3d4', False, 'sata')
    assert (scsi['serial'], scsi['model'], scsi['vendor'], scsi['wwn'], scsi['rotational'], scsi['physical_sectors']) == (
        'SCSI-B', 'Spinner', 'ACME', '0x5000c500a1b2c3d5', True, 4096)
    assert scsi['hctl'].endswith(':0:3:1') and scsi['by_path'].endswith('-scsi-0:0:3:1')
    # Linux believes no identifier of a namespace of QEMU's (NVME_QUIRK_BOGUS_NID): it makes one of the controller's
    identifier = f"nvme.1b36-{b'NVME-C'.hex()}-{b'QEMU NVMe Ctrl'.hex()}"
    assert [(found[size]['serial'], found[size]['wwn'], found[size]['by_path'][-7:]) for size in (7, 8)] == [
        ('NVME-C', f'{identifier}-{number:08}', f'-nvme-{number}') for number in (1, 2)]
    assert payload['root_disk'] == sata
    assert payload['raid_members'] == [
        {'device': scsi['name'], 'format': 'linux_raid_member', 'version': '1.2', 'array_uuid': '00112233-4455-6677-8899-aabbccddeeff',
         'array_name': 'rack:root', 'level': 1, 'disks': 2, 'role': 1}]


def test_two_numa_nodes(tmp_path):
    """UEFI, two sockets and nodes, SATA, SCSI and NVMe disks, three cards, each of which is asked to get an address."""
    built('ramdisk-generic')
    with StandIn(order='wait') as server, numa_machine(tmp_path, server) as node:
        node.wait_for('waiting for orders', 150)
        print(node.console)
        payload = server.payload
        check_buses(payload, node)
    check_identity(payload, 'uefi')
    check_firmware_tables(payload)
    check_numa_disks(payload)
    cpu, numa = payload['inventory']['cpu'], payload['numa_topology']
    assert (cpu['model_name'], cpu['count'], cpu['socket_count']) == ('ACME Processor 9000', 4, 2) and 'aes' in cpu['flags']
    assert payload['inventory']['memory']['physical_mb'] == 1536
    assert sorted((thread, entry['numa_node']) for entry in numa['cpus'] for thread in entry['thread_siblings']) == [(0, 0), (1, 0), (2, 1), (3, 1)]
    for entry, size in zip(numa['ram'], NUMA_MEMORY, strict=True):  # the kernel keeps some for itself
        assert size * 0.8 < entry['size_kb'] / 1024 <= size
    near, onboard, far = (next(card for card in payload['inventory']['interfaces'] if card['mac_address'] == mac) for mac in
                          (NUMA_MACS[1], NUMA_MACS[0], NUMA_MACS[2]))
    assert (onboard['pci_address'], onboard['driver'], onboard['biosdevname'], onboard['vendor']) == ('0000:00:10.0', 'e1000', 'em1', '0x8086')
    assert (near['pci_address'], near['driver'], near['biosdevname']) == ('0000:00:11.0', 'virtio_net', None)
    assert far['pci_address'] == '0000:81:00.0'
    assert {'name': far['name'], 'numa_node': 1} in numa['nics']
    assert {device['bus']: device['numa_node_id'] for device in payload['pci_devices']}['0000:81:00.0'] == '1'
    assert (onboard['ipv4_address'], near['ipv4_address'], far['ipv4_address']) == ('10.0.2.15', '192.0.2.15', '198.51.100.15')
