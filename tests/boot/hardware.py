"""What a machine is given by QEMU, and how an inventory differs from it."""
import dataclasses

MIB = 1024 * 1024


@dataclasses.dataclass
class Disk:
    size: int  # bytes
    serial: str
    path: str = ''


@dataclasses.dataclass
class Hardware:
    name: str
    firmware: str  # bios, uefi
    cpus: int
    memory: int  # bytes
    uuid: str
    serial: str
    macs: list
    disks: list

    def differences(self, inventory):
        """Each thing that the inventory (org.pxed.Inventory.Get) has otherwise, as a line; none: they are equal."""
        given = {
            'firmware mode': self.firmware,
            'CPUs': self.cpus,
            'memory': self.memory,
            'SMBIOS UUID': self.uuid,
            'serial number': self.serial,
            'MACs': sorted(self.macs),
            'disks': sorted((disk.serial, disk.size) for disk in self.disks),
        }
        inspected = {
            'firmware mode': inventory['bootMode'],
            'CPUs': inventory['cpus'],
            'memory': inventory['memory'],
            'SMBIOS UUID': inventory['uuid'],
            'serial number': inventory['serial'],
            'MACs': sorted(interface['mac'] for interface in inventory['interfaces']),
            'disks': sorted((disk['serial'], disk['size']) for disk in inventory['disks']),
        }
        return [f'{what}: QEMU was given {given[what]}, inspected was {inspected[what]}' for what in given if given[what] != inspected[what]]
