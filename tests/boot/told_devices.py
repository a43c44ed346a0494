"""What QEMU was told of devices (PCI, network cards, disks, USB), in the words of an inspection ramdisk's payload."""
import collections
import ipaddress
import re
import string

from bounds import Like, OneOf

VIRTIO = '0x1af4'
IDE, XHCI = '0101', '0c0330'  # classes
# Linux's driver and the speed that it tells, where QEMU names none
CARDS = {'virtio-net-pci': ('virtio_net', None), 'e1000': ('e1000', 1000), 'e1000e': ('e1000e', 1000)}


def options_of(text):
    """QEMU's 'a=b,c=d' as a dictionary; a first word without a value, the driver, is ''; a comma within a value is doubled."""
    pairs = [part.replace(',,', ',').partition('=') for part in re.split(r'(?<!,),(?!,)', text)] if text else []
    return {name if equals else '': value if equals else name for name, equals, value in pairs}


# ---- PCI ----

def pci_functions(buses):
    """Each PCI function of query-pci, with those behind bridges."""
    for bus in buses:
        for device in bus['devices']:
            yield f"0000:{device['bus']:02x}:{device['slot']:02x}.{device['function']:x}", device
            bridge = device.get('pci_bridge')
            yield from pci_functions([bridge]) if bridge and 'devices' in bridge else ()


def monitor(node, line):
    return node.query('human-monitor-command', **{'command-line': line})


def read_configuration(node, addresses, offset):
    """The 4 bytes at `offset` of the configuration space of each function, read past the guest, by way of the PC's I/O ports. It stands still
    meanwhile, and finds its own address at the first port as it was."""
    def port(number):
        return int(monitor(node, f'i /w {number:#x}').split('=')[1], 16)

    node.query('stop')
    kept, values = port(0xcf8), {}
    for address in addresses:
        bus, slot, function = (int(part, 16) for part in re.fullmatch(r'0000:(..):(..)\.(.)', address).groups())
        monitor(node, f'o /w 0xcf8 {1 << 31 | bus << 16 | slot << 11 | function << 8 | offset:#x}')
        values[address] = port(0xcfc)
    monitor(node, f'o /w 0xcf8 {kept:#x}')
    node.query('cont')
    return values


class Pci:
    """`words` are QEMU's arguments; asked of a machine whose firmware is done."""

    def __init__(self, node, words):
        functions = dict(pci_functions(node.query('query-pci')))
        self.far = {}  # first number of root buses of their own: NUMA node
        for word in words:
            if word.startswith('pxb-pcie,'):
                self.far[int(options_of(word)['bus_nr'])] = int(options_of(word)['numa_node'])
        classes = read_configuration(node, functions, 0x08)
        self.ids = {address: (device['id']['vendor'], device['id']['device']) for address, device in functions.items()}
        self.classes = {address: f'{value >> 8:06x}' for address, value in classes.items()}
        self.revisions = {address: f'{value & 0xff:02x}' for address, value in classes.items()}
        self.address = {device['qdev_id']: address for address, device in functions.items() if device['qdev_id']}

    def numa_node(self, address):
        bus = int(address[5:7], 16)
        return max(((number, node) for number, node in self.far.items() if number <= bus), default=(0, -1))[1]

    def of_class(self, wanted):
        return sorted(address for address, number in self.classes.items() if number.startswith(wanted))

    def payload(self):
        return [{'vendor_id': f'{vendor:04x}', 'product_id': f'{device:04x}', 'class': self.classes[address], 'revision': self.revisions[address],
                 'bus': address, 'numa_node_id': str(self.numa_node(address))} for address, (vendor, device) in sorted(self.ids.items())]


# ---- network cards ----

def user_address(nic):
    """What QEMU's own network gives by DHCP: the 15th address, of 10.0.2.0/24 unless it is told another."""
    network = ipaddress.ip_network(options_of(nic.user).get('net', '10.0.2.0/24'))
    return str(network[15])


def ipv6_addresses(nic):
    """Those that the card can have by now: none yet, its link-local one, and the one by the advertisements of QEMU's own network."""
    octets = bytes.fromhex(nic.mac.replace(':', ''))
    identifier = bytes([octets[0] ^ 2]) + octets[1:3] + b'\xff\xfe' + octets[3:]
    prefixes = ['fe80::'] + (['fec0::'] if nic.user is not None else [])
    return OneOf(None, *(str(ipaddress.IPv6Address(ipaddress.IPv6Address(prefix).packed[:8] + identifier)) for prefix in prefixes))


def interface(nic, number, pci, onboard, plugged, asks):
    """onboard: SMBIOS's number of it, or None; asks: it asks for an address by DHCP."""
    address = pci.address[f'nic{number}']
    driver, speed = CARDS[nic.model]
    vendor, product = (VIRTIO, '0x0001') if driver == 'virtio_net' else (f'{word:#06x}' for word in pci.ids[address])
    told_speed = options_of(nic.options).get('speed')
    return {'name': f'nic{number}', 'mac_address': nic.mac, 'ipv4_address': user_address(nic) if asks else None,
            'ipv6_address': ipv6_addresses(nic) if plugged else None, 'has_carrier': plugged, 'lldp': None, 'vendor': vendor, 'product': product,
            'biosdevname': f'em{onboard}' if onboard else None, 'speed_mbps': (int(told_speed) if told_speed else speed) if plugged else None,
            'pci_address': address, 'driver': driver, 'client_id': None}


# ---- disks ----

def at_nvme(disk, number, place, options, pci):
    """Linux believes no identifier of a namespace of QEMU's (NVME_QUIRK_BOGUS_NID): it makes one of the controller's vendor, serial number and model."""
    model, namespace = 'QEMU NVMe Ctrl', place + 1 if disk.bus == 'nvme-ns' else 1
    wwn = f'nvme.1b36-{disk.serial.encode().hex()}-{model.encode().hex()}-{namespace:08}'
    controller = pci.address['nvme0' if disk.bus == 'nvme-ns' else f'disk{number}']
    return {'tran': 'nvme', 'model': model, 'rotational': False, 'wwn': wwn, 'wwn_with_extension': wwn, 'by_path': f'{controller}-nvme-{namespace}'}


def at_ata(disk, number, place, options, pci):
    controller = pci.address['ahci0'] if disk.bus == 'sata' else pci.of_class(IDE)[0]
    return {'tran': 'sata', 'vendor': 'ATA', 'model': options.get('model', 'QEMU HARDDISK'), 'hctl': Like(r'\d+:0:0:0'),
            'by_path': f'{controller}-ata-{place + 1}'}


def at_scsi(disk, number, place, options, pci):
    """Where QEMU is told no target, it takes the next one. At SAS the target is the number of the phy."""
    target, lun = options.get('scsi-id', place), options.get('lun', 0)
    path = f'sas-phy{target}-lun-{lun}' if disk.bus == 'sas' else f'scsi-0:0:{target}:{lun}'
    return {'tran': {'scsi': 'virtio', 'lsi': 'spi', 'sas': 'sas'}[disk.bus], 'vendor': options.get('vendor', 'QEMU'),
            'model': options.get('product', 'QEMU HARDDISK'), 'hctl': Like(rf'\d+:0:{target}:{lun}'),
            'by_path': f"{pci.address[f'{disk.bus}0']}-{path}"}


def at_virtio(disk, number, place, options, pci):
    return {'tran': 'virtio', 'vendor': VIRTIO, 'by_path': pci.address[f'disk{number}']}


def at_usb(disk, number, place, options, pci):
    """On the port that its place gives it, as SCSI disk of the only interface."""
    return {'tran': 'usb', 'vendor': 'QEMU', 'model': 'QEMU HARDDISK', 'hctl': Like(r'\d+:0:0:0'), 'removable': options.get('removable') == 'on',
            'by_path': f"{pci.address['xhci0']}-usb-0:{place + 1}:1.0-scsi-0:0:0:0"}


KINDS = {'usb': at_usb, 'virtio': at_virtio, 'scsi': at_scsi, 'sas': at_scsi, 'lsi': at_scsi, 'ide': at_ata, 'sata': at_ata, 'nvme': at_nvme, 'nvme-ns': at_nvme}
NO_DISK_FACTS = dict.fromkeys(['vendor', 'model', 'hctl', 'wwn', 'wwn_with_extension', 'wwn_vendor_extension'])


def disk_of(disks, number, pci):
    """The number of a SCSI host is of the moment: drivers come in any order. A disk of which QEMU was told no speed of rotation tells none, and
    then Linux takes it for one that rotates."""
    disk = disks[number]
    options = options_of(disk.options)
    place = sum(other.bus == disk.bus for other in disks[:number])
    found = {**NO_DISK_FACTS, 'name': f'disk{number}', 'size': disk.path.stat().st_size, 'serial': disk.serial, 'removable': False,
             'rotational': options.get('rotation_rate') != '1', 'logical_sectors': int(options.get('logical_block_size', 512)),
             'physical_sectors': int(options.get('physical_block_size', 512)), 'wwn': options.get('wwn'), 'wwn_with_extension': options.get('wwn'),
             **KINDS[disk.bus](disk, number, place, options, pci)}
    return {**found, 'by_path': f"/dev/disk/by-path/pci-{found['by_path']}"}


def kernel_names(disks):
    """The names that Linux gives to these disks, in whatever order."""
    counts = collections.Counter({'virtio': 'vd', 'nvme': 'nvme', 'nvme-ns': 'nvme-ns'}.get(disk.bus, 'sd') for disk in disks)
    lettered = [f'/dev/{prefix}{letter}' for prefix in ('sd', 'vd') for letter in string.ascii_lowercase[:counts[prefix]]]
    return lettered + [f'/dev/nvme{number}n1' for number in range(counts['nvme'])] + [f'/dev/nvme0n{number + 1}' for number in range(counts['nvme-ns'])]


# ---- USB ----

# What QEMU says of each, what it tells the guest, and the bus by its speed
USB_DEVICES = {'usb-kbd': ('QEMU USB Keyboard', 'QEMU USB Keyboard', '0627', '0001', 1),
               'usb-storage': ('QEMU USB MSD', 'QEMU USB HARDDRIVE', '46f4', '0001', 2)}


def usb_of(node, words, pci):
    """Linux's own two root hubs of the controller: what is fast hangs at the second one. Numbers count on each bus."""
    kernel = r'Linux 6\.\S+ xhci-hcd'
    found = [{'vendor': Like(kernel), 'product': 'xHCI Host Controller', 'handle': f'USB:{bus}:1', 'vendor_id': '1d6b', 'product_id': product,
              'serial_number': address} for address in pci.of_class(XHCI) for bus, product in ((1, '0002'), (2, '0003'))]
    told, numbers = [options_of(word) for word in words if word.startswith('usb-')], collections.Counter()
    for options in told:
        _, product, vendor_id, product_id, bus = USB_DEVICES[options['']]
        numbers[bus] += 1
        found.append({'vendor': 'QEMU', 'product': product, 'handle': f'USB:{bus}:{numbers[bus] + 1}', 'vendor_id': vendor_id, 'product_id': product_id,
                      'serial_number': options['serial']})
    seen = re.findall(r'Product (.*?)(?:,|\r|\n|$)', monitor(node, 'info usb'))
    assert sorted(seen) == sorted(USB_DEVICES[options['']][0] for options in told), seen
    return found
