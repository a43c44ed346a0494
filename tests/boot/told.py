"""The whole payload that an inspection ramdisk must post, from what QEMU was told: its arguments, and what it says of the machine over QMP.

    told = Told(node)          # while the machine runs, its firmware done
    assert told.named(server.payload) == told.payload(root_disk=0)

Nothing in it comes from the ramdisk. Linux gives names to disks and cards in the order in which their drivers come, so named() puts QEMU's own
(disk0, nic0) in their place. Sizes of disks differ.
"""
import collections
import datetime
import functools
import pathlib
import re

import agent_lab
import told_devices
from bounds import Between, Whose
from told_cpu import Cpus
from told_devices import options_of

# What the kernel keeps for itself: its own text, and the description of each page (64 bytes of 4 KiB, and half as much again).
KERNEL_KEEPS, KERNEL_KEEPS_OF_EACH = 64 << 20, 1 / 32
SEABIOS = pathlib.Path('/usr/share/seabios/bios-256k.bin')
COLLECTORS = ['default', 'logs', 'pci-devices', 'numa-topology', 'dmi-decode', 'usb-devices']
CLOCK_SECONDS = 600


def size_text(mib):
    return f'{mib} MB' if mib % 1024 else f'{mib // 1024} GB'


def most_of(total, unit=1):
    return Between((total * (1 - KERNEL_KEEPS_OF_EACH) - KERNEL_KEEPS) / unit, total / unit)


class Told:
    """unplugged: numbers of the cards whose cable was taken out by QMP."""

    def __init__(self, node, unplugged=()):
        self.node, self.words, self.unplugged = node, node.arguments(), unplugged
        self.smbios = collections.defaultdict(dict)
        for table in map(options_of, self.values('-smbios')):
            self.smbios[table['type']] |= table
        self.machine_type = node.query('qom-get', path='/machine', property='type').removesuffix('-machine')
        self.backends = {each['id']: each['size'] for each in node.query('query-memdev')}
        self.pci, self.cpus = told_devices.Pci(node, self.words), Cpus(node)
        self.usb = told_devices.usb_of(node, self.words, self.pci)
        self.version = re.search(r'^VERSION := (\S+)$', (agent_lab.ROOT / 'Makefile').read_text(), re.M)[1]

    def values(self, option):
        return [value for word, value in zip(self.words, self.words[1:]) if word == option]

    def parameter(self, name):
        found = re.search(rf'\b{name}=(\S+)', self.node.append)
        return found and found[1]

    # ---- firmware's tables ----

    def firmware(self):
        """Vendor, version, date of SMBIOS type 0; what SeaBIOS says of itself where QEMU is told none."""
        table = self.smbios['0']
        if table:
            return table['vendor'], table['version'], table['date']
        return 'SeaBIOS', Whose('a version in the file of SeaBIOS', lambda text: text and text.encode() in SEABIOS.read_bytes()), '04/01/2014'

    def processor_tables(self):
        table = self.smbios['4']
        cores, threads = str(self.cpus.cores_of_socket), str(self.cpus.threads_of_socket)
        return [{'Socket Designation': f"{table.get('sock_pfx', 'CPU')}{number:2x}", 'Manufacturer': table.get('manufacturer', 'QEMU'),
                 'Version': table.get('version', self.machine_type), 'Max Speed': f"{table.get('max-speed', 2000)} MHz",
                 'Current Speed': f"{table.get('current-speed', 2000)} MHz", 'Status': 'Populated', 'Serial Number': table.get('serial'),
                 'Part Number': table.get('part'), 'Core Count': cores, 'Core Enabled': cores, 'Thread Count': threads}
                for number in range(self.cpus.sockets)]

    def memory_tables(self):
        """QEMU makes modules of 16 GiB, so that there is one."""
        table, size = self.smbios['17'], size_text(self.node.memory)
        module = {'Locator': f"{table.get('loc_pfx', 'DIMM')} 0", 'Bank Locator': table.get('bank'), 'Size': size, 'Type': 'RAM',
                  'Speed': f"{table['speed']} MT/s" if 'speed' in table else None, 'Manufacturer': table.get('manufacturer', 'QEMU'),
                  'Serial Number': table.get('serial'), 'Part Number': table.get('part')}
        return {'Maximum Capacity': size, 'Number Of Devices': 1, 'devices': [module]}

    def dmi(self):
        system, board, chassis = (self.smbios[number] for number in '123')
        vendor, version, date = self.firmware()
        return {'system': {'manufacturer': system['manufacturer'], 'product_name': system['product'],
                           'version': system.get('version', self.machine_type), 'serial_number': system['serial'], 'uuid': self.node.uuid,
                           'sku': system.get('sku'), 'family': system.get('family')},
                'board': {'manufacturer': board.get('manufacturer'), 'product_name': board.get('product'), 'serial_number': board.get('serial')},
                'chassis': {'manufacturer': chassis.get('manufacturer', 'QEMU'), 'serial_number': chassis.get('serial'),
                            'asset_tag': chassis.get('asset')},
                'bios': {'Vendor': vendor, 'Version': version, 'Release Date': date}, 'cpu': self.processor_tables(), 'memory': self.memory_tables()}

    # ---- parts of the inventory ----

    def boot_card(self):
        """The card that BOOTIF names; without it, the only one."""
        mac = (self.parameter('BOOTIF') or '')[3:].replace('-', ':')
        (number,) = [number for number, nic in enumerate(self.node.nics) if mac in ('', nic.mac)]
        return number

    def interfaces(self):
        everywhere, found = self.parameter('ipa-inspection-dhcp-all-interfaces') == 'all', []
        table = self.smbios['41']
        for number, nic in enumerate(self.node.nics):
            onboard = table['instance'] if table.get('pcidev') == f'nic{number}' else None
            asks = nic.user is not None and (everywhere or number == self.boot_card())
            found.append(told_devices.interface(nic, number, self.pci, onboard, number not in self.unplugged, asks))
        return found

    def disks(self):
        return [told_devices.disk_of(self.node.disks, number, self.pci) for number in range(len(self.node.disks))]

    def numa(self):
        nodes = {int(entry['nodeid']): self.backends[entry['memdev']] for entry in map(options_of, self.values('-numa'))}
        cards = [(f'nic{number}', self.pci.numa_node(self.pci.address[f'nic{number}'])) for number in range(len(self.node.nics))]
        return {'ram': [{'numa_node': node, 'size_kb': most_of(size, 1024)} for node, size in sorted(nodes.items() or [(0, self.node.memory << 20)])],
                'cpus': self.cpus.threads_of_cores(), 'nics': [{'name': name, 'numa_node': node} for name, node in cards if node >= 0]}

    def inventory(self, bmc):
        vendor, version, date = self.firmware()
        system, boot_card = self.smbios['1'], self.node.nics[self.boot_card()]
        return {'interfaces': self.interfaces(), 'cpu': self.cpus.payload(), 'disks': self.disks(),
                'memory': {'total': most_of(self.node.memory << 20), 'physical_mb': self.node.memory},
                **dict(zip(('bmc_address', 'bmc_v6address', 'bmc_mac'), bmc)),
                'system_vendor': {'product_name': system['product'], 'serial_number': system['serial'], 'manufacturer': system['manufacturer'],
                                  'firmware': {'vendor': vendor, 'version': version, 'build_date': date}},
                'boot': {'current_boot_mode': self.node.firmware, 'pxe_interface': self.parameter('BOOTIF')},
                'hostname': options_of(boot_card.user).get('hostname')}

    def agent(self):
        boot_card = self.boot_card()
        now = datetime.datetime.now(datetime.timezone.utc)
        return {'version': self.version, 'interface': f'nic{boot_card}', 'address': told_devices.user_address(self.node.nics[boot_card]),
                'started_at': Whose(f'around {now}', lambda text: abs(datetime.datetime.fromisoformat(text) - now).total_seconds() < CLOCK_SECONDS),
                'collector_errors': [], 'steps': Whose('steps with their times', are_steps)}

    # ---- the whole ----

    def payload(self, root_disk, bmc=(None, None, None), raid_members=(), lldp=None, tpm=None):
        """root_disk: the number of the disk, or None. bmc: its IPv4, IPv6 and MAC address. lldp: {number of the card: TLVs} of those that
        something is said to; None: nobody listens. tpm: its version."""
        document = {'inventory': self.inventory(bmc), 'root_disk': None if root_disk is None else self.disks()[root_disk],
                    'boot_interface': self.parameter('BOOTIF'), 'error': None,
                    'configuration': {'collectors': COLLECTORS + ([] if lldp is None else ['lldp']),
                                      'managers': [{'name': 'pxed_agent', 'version': self.version}]},
                    'dmi': self.dmi(), 'pci_devices': self.pci.payload(), 'usb_devices': self.usb, 'numa_topology': self.numa(),
                    'tpm': {'present': tpm is not None, 'version': tpm}, 'raid_members': list(raid_members),
                    'logs': Whose('an archive of two logs', are_logs), 'pxed_agent': self.agent()}
        if lldp is not None:
            document['lldp_raw'] = {f'nic{number}': lldp.get(number, []) for number in range(len(self.node.nics))}
        return in_order(document)

    def named(self, payload):
        """A copy of the payload with QEMU's names of disks, known by their sizes, and of cards, known by their MACs."""
        inventory = payload['inventory']
        assert [card['name'] for card in inventory['interfaces']] == [f'eth{number}' for number in range(len(self.node.nics))]
        assert sorted(disk['name'] for disk in inventory['disks']) == sorted(told_devices.kernel_names(self.node.disks))
        sizes = {disk.path.stat().st_size: f'disk{number}' for number, disk in enumerate(self.node.disks)}
        macs = {nic.mac: f'nic{number}' for number, nic in enumerate(self.node.nics)}
        names = {disk['name']: sizes.get(disk['size']) for disk in inventory['disks']}
        names |= {card['name']: macs.get(card['mac_address']) for card in inventory['interfaces']}
        return in_order(renamed(payload, {ours: theirs for ours, theirs in names.items() if theirs}))


def renamed(value, names):
    if isinstance(value, dict):
        return {names.get(key, key): renamed(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [renamed(entry, names) for entry in value]
    return names.get(value, value) if isinstance(value, str) else value


def in_order(payload):
    """Lists whose order means nothing are sorted."""
    inventory, numa = payload['inventory'], payload['numa_topology']
    orders = [(inventory, 'interfaces', lambda entry: entry['name']), (inventory, 'disks', lambda entry: entry['name']),
              (inventory['cpu'], 'flags', str), (payload, 'usb_devices', lambda entry: entry['handle']),
              (payload, 'pci_devices', lambda entry: entry['bus']), (numa, 'cpus', lambda entry: entry['thread_siblings']),
              (numa, 'nics', lambda entry: entry['name'])]
    for holder, key, order in orders:
        holder[key] = sorted(holder[key], key=order)
    return payload


def are_steps(steps):
    times = [step['at'] for step in steps]
    return all(set(step) == {'at', 'text'} and step['text'] for step in steps) and times == sorted(times) and len(steps) > 5


@functools.cache
def are_logs(text):
    logs = agent_lab.read_logs(text)
    return (set(logs) == {'pxed-agent.log', 'dmesg'} and 'inspects this machine' in logs['pxed-agent.log'] and 'Linux version' in logs['dmesg']
            and 'token=p1.****' in logs['dmesg'])
