"""The inspection ramdisk on real (emulated) hardware: the whole of what it posts must be what QEMU was told, nothing more and nothing less."""
import json
import struct

from agent_lab import GIB, MACS, ROOT, StandIn, Switch, bootif, disk, machine
from bmc import Bmc
from bounds import differences, other_values
from qemu import Nic
from told import Told
from tpm import Tpm

WAITING = 'waiting for orders'


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


def check(payload, told, **options):
    for sample in sorted((ROOT / 'tests/data/ipa').glob('*.json')):
        assert_like(payload, json.loads(sample.read_text()))
    seen, expected = told.named(payload), told.payload(**options)
    assert differences(seen, expected) == []
    for change in other_values(seen, expected):
        assert differences(seen, expected), f'nobody would notice {change}'
    assert differences(seen, expected) == []


def test_one_card_one_disk(tmp_path):
    """BIOS, 256 MB, a virtio card and disk; the kernel for virtual machines."""
    disks = [disk(tmp_path, 'a', 5 * GIB, serial='ONLY-A', options='addr=0x6,physical_block_size=4096')]
    nics = [Nic(MACS[0], user='hostname=node-7', options='addr=0x5')]
    with StandIn(order='wait') as server, machine(tmp_path, server, memory=256, disks=disks, nics=nics) as node:
        node.wait_for(WAITING, 60)
        check(server.payload, Told(node), root_disk=0)
        server.orders['waiting'] = 'poweroff'
        node.wait_off(20)
        assert 'switching off' in node.console
    assert {report['state'] for report in server.reports} == {'started', 'waiting'}


def test_every_bus_of_the_small_kernel(tmp_path):
    disks = [disk(tmp_path, 'a', 6 * GIB, serial='VIRTIO-A'), disk(tmp_path, 'b', 5 * GIB, serial='VIRTIO-B', options='physical_block_size=4096'),
             disk(tmp_path, 'c', GIB, bus='nvme', serial='NVME-C'), disk(tmp_path, 'd', 2 * GIB, bus='ide', serial='IDE-D'),
             disk(tmp_path, 'e', 3 * GIB, bus='scsi', serial='SCSI-E', options='wwn=0x5000c500a1b2c3d4')]
    nics = [Nic(MACS[0]), Nic(MACS[1], user='')]
    with StandIn(order='wait') as server, Tpm(tmp_path, version='1.2') as tpm, machine(tmp_path, server, disks=disks, nics=nics, cpus=2, extra=tpm.arguments(),
                                                                                      append=f'BOOTIF={bootif(MACS[1])}') as node:
        node.wait_for(WAITING, 60)
        check(server.payload, Told(node), root_disk=1, tpm='1.2')  # the smallest of at least 4 GiB


def test_simulated_management_controller(tmp_path):
    """BIOS, the kernel for real machines: QEMU's own BMC, which has no LAN, threads, SATA and NVMe, Intel's cards, one with a switch, one with no
    cable, USB."""
    disks = [disk(tmp_path, 'a', 5 * GIB, bus='sata', serial='SATA-A', options='model=ACME Solid State Disk of Some Length,wwn=0x5000c500a1b2c3d4'),
             disk(tmp_path, 'b', GIB, bus='nvme', serial='NVME-B'), disk(tmp_path, 'c', 4 * GIB, bus='usb', serial='USB-C', options='removable=on')]
    switch = Switch(tmp_path / 'cable')
    nics = [Nic(MACS[0], user='', model='e1000e'), Nic(MACS[1], stream=switch.path, model='e1000'), Nic(MACS[2])]
    extra = ['-M', 'q35', '-cpu', 'max,vendor=GenuineIntel,-aes', '-device', 'ipmi-bmc-sim,id=bmc0', '-device', 'isa-ipmi-kcs,bmc=bmc0',
             '-device', 'usb-kbd,bus=xhci0.0,port=2,serial=KBD-1']
    with StandIn(order='wait') as server, machine(tmp_path, server, ramdisk='ramdisk-generic', memory=1024, cpus='4,sockets=1,cores=2,threads=2', disks=disks,
                                                  nics=nics, extra=extra, append=f'ipa-collect-lldp=1 ipa-lldp-timeout=3 BOOTIF={bootif(MACS[0])}') as node:
        node.query('set_link', name='n2', up=False)
        node.wait_for(WAITING, 150)
        assert 'management controller: address not set' in node.console
        check(server.payload, Told(node, unplugged=[2]), root_disk=0, lldp={1: Switch.HEARD})
        assert [report['state'] for report in server.reports][:3] == ['started', 'collecting', 'waiting']
    switch.ended.set()


def test_management_controller(tmp_path):
    """Its addresses, which are on its second channel; a TPM 2.0, disks at SAS and at parallel SCSI. 256 MB are enough also for the big kernel."""
    bmc = Bmc(tmp_path / 'bmc', mac='52:a0:aa:a1:00:77', v4='192.0.2.77', v6='2001:db8::77')
    disks = [disk(tmp_path, 'a', 3 * GIB, bus='sas', serial='SAS-A', options='wwn=0x5000c500a1b2c3d6'), disk(tmp_path, 'b', GIB, bus='lsi', serial='LSI-B')]
    with StandIn(order='wait') as server, Tpm(tmp_path) as tpm, machine(tmp_path, server, ramdisk='ramdisk-generic', memory=256, disks=disks,
                                                                       extra=bmc.arguments() + tpm.arguments()) as node:
        node.wait_for(WAITING, 100)
        assert 'management controller: address 192.0.2.77' in node.console
        check(server.payload, Told(node), root_disk=None, bmc=('192.0.2.77', '2001:db8::77', '52:a0:aa:a1:00:77'), tpm='2.0')


# ---- two NUMA nodes ----

NUMA_MEMORY = 1024, 512  # MiB of each node
SMBIOS_TABLES = [
    'type=1,version=V-2,sku=SKU-1,family=Boxes', 'type=0,vendor=ACME Firmware,version=F-1.2,date=02/29/2024',
    'type=2,manufacturer=ACME,product=Board 7,serial=BOARD-1', 'type=3,manufacturer=ACME,serial=CHASSIS-1,asset=ASSET-1',
    'type=17,manufacturer=Chips,serial=DIMM-1,part=PART-1,speed=2666,loc_pfx=SLOT,bank=B',
    'type=4,sock_pfx=Socket,manufacturer=ACME Chips,version=P-9000,max-speed=3600,current-speed=2400,serial=CPU-1,part=P-1',
    'type=41,designation=Onboard LAN,instance=1,kind=ethernet,pcidev=nic0']
RAID_UUID = bytes.fromhex('00112233445566778899aabbccddeeff')
RAID_MEMBER = {'format': 'linux_raid_member', 'version': '1.2', 'array_uuid': '00112233-4455-6677-8899-aabbccddeeff',
               'array_name': 'rack:root', 'level': 1, 'disks': 2, 'role': 1}


def make_raid_member(path):
    """Superblock 1.2 of a RAID 1 (linux/raid/md_p.h)."""
    with open(path, 'r+b') as file:
        file.seek(4096)
        file.write(struct.pack('<4I16s32sQiIQII', 0xa92b4efc, 1, 0, 0, RAID_UUID, b'rack:root', 0, 1, 0, 2048, 0, 2).ljust(144, b'\0') +
                   struct.pack('<Q', 8).ljust(76, b'\0') + struct.pack('<I', 2).ljust(36, b'\0') + struct.pack('<2H', 1, 0))


def numa_machine(tmp_path, server):
    """A root bus of its own for the second node, and firmware that says something of everything."""
    disks = [disk(tmp_path, 'a', 5 * GIB, bus='sata', serial='SATA-A', options='model=ACME Solid State,wwn=0x5000c500a1b2c3d4,rotation_rate=1'),
             disk(tmp_path, 'b', 6 * GIB, bus='scsi', serial='SCSI-B',
                  options='vendor=ACME,product=Spinner,wwn=0x5000c500a1b2c3d5,scsi-id=3,lun=1,rotation_rate=7200,physical_block_size=4096'),
             disk(tmp_path, 'c', 7 * GIB, bus='nvme-ns', serial='NVME-C'),
             disk(tmp_path, 'd', 8 * GIB, bus='nvme-ns', serial='NVME-C', options='logical_block_size=4096,physical_block_size=4096')]
    make_raid_member(disks[1].path)
    extra = ['-cpu', 'max,model-id=ACME Processor 9000']
    for number, size in enumerate(NUMA_MEMORY):
        extra += ['-object', f'memory-backend-ram,id=m{number},size={size}M', '-numa', f'node,nodeid={number},cpus={2 * number}-{2 * number + 1},memdev=m{number}']
    for table in SMBIOS_TABLES:
        extra += ['-smbios', table]
    # devices that name no bus would come onto this one, if it were there before them
    extra += ['-device', 'pxb-pcie,id=far,bus=pcie.0,bus_nr=128,numa_node=1', '-device', 'pcie-root-port,id=port1,bus=far,chassis=1']
    nics = [Nic(MACS[0], user='hostname=node-9', model='e1000', options='addr=0x10'),
            Nic(MACS[1], user='net=192.0.2.0/24', options='addr=0x11,speed=25000,duplex=full'),
            Nic(MACS[2], user='net=198.51.100.0/24,ipv6=off', options='bus=port1')]
    return machine(tmp_path, server, ramdisk='ramdisk-generic', firmware='uefi', memory=sum(NUMA_MEMORY), cpus='4,sockets=2,cores=2,threads=1',
                   disks=disks, nics=nics, extra=extra, append=f'ipa-collect-lldp=1 ipa-inspection-dhcp-all-interfaces=all BOOTIF={bootif(MACS[0])}')


def test_two_numa_nodes(tmp_path):
    """UEFI, two sockets and nodes, SATA, SCSI and NVMe disks, three cards, each of which is asked to get an address, none of which hears a switch."""
    with StandIn(order='wait') as server, numa_machine(tmp_path, server) as node:
        node.wait_for(WAITING, 150)
        check(server.payload, Told(node), root_disk=0, raid_members=[{'device': 'disk1', **RAID_MEMBER}], lldp={})
