"""What QEMU was told of processors, in the words of an inspection ramdisk's payload."""
import re

from bounds import Between

# Properties of QEMU's processor that switch something else than a bit of CPUID.
SETTINGS = {'check', 'cpuid-0xb', 'enforce', 'fill-mtrr-mask', 'full-cpuid-auto-level', 'host-cache-info', 'host-phys-bits', 'hotpluggable', 'hotplugged', 'kvm',
            'l3-cache', 'legacy-cache', 'migratable', 'pmu', 'realized', 'start-powered-off', 'tcg-cpuid', 'vmware-cpuid-freq',
            'x-intel-pt-auto-level', 'x-migrate-smi-count', 'x-vendor-cpuid-only'}
# QEMU's other names of bits, and Linux's own name for one.
NAMES = {'i64': 'lm', 'xd': 'nx', 'sse3': 'pni', 'pclmuldq': 'pclmulqdq', 'cr8legacy': 'cr8_legacy'}
# Bits that Linux 6.1 has no word for in /proc/cpuinfo.
UNNAMED = {'pcommit', 'pks', 'svme_addr_chk'}
# What Linux finds out or decides by itself; ospke: that it uses the protection keys, which QEMU has.
LINUX_OWN = {'AuthenticAMD': {'rep_good', 'nopl', 'cpuid', 'extd_apicid', '3dnowprefetch', 'vmmcall', 'ospke'},
             'GenuineIntel': {'constant_tsc', 'nopl', 'xtopology', 'cpuid', 'pti', 'ospke'}}


class Cpus:
    """Asked of a machine that runs. Linux counts processors as QEMU does (cpu-index)."""

    def __init__(self, node):
        found = node.query('query-cpus-fast')
        path = found[0]['qom-path']
        properties = [entry['name'] for entry in node.query('qom-list', path=path) if entry['type'] == 'bool']
        self.on = {name for name in properties if node.query('qom-get', path=path, property=name)}
        self.model_id, self.vendor = (node.query('qom-get', path=path, property=name) for name in ('model-id', 'vendor'))
        self.architecture = node.query('query-target')['arch']
        self.places = {entry['cpu-index']: entry['props'] for entry in found}

    @property
    def sockets(self):
        return len({place['socket-id'] for place in self.places.values()})

    @property
    def cores_of_socket(self):
        return len({place['core-id'] for place in self.places.values() if place['socket-id'] == 0})

    @property
    def threads_of_socket(self):
        return sum(place['socket-id'] == 0 for place in self.places.values())

    def flags(self):
        names = {NAMES.get(name, re.sub('[-.]', '_', name)) for name in self.on - SETTINGS}
        if self.threads_of_socket > 1:
            names |= {'ht', 'cmp_legacy'} if self.vendor == 'AuthenticAMD' else {'ht'}
        return sorted(names - UNNAMED | LINUX_OWN[self.vendor])

    def payload(self):
        """The frequency is the emulator's, which QEMU cannot be told."""
        return {'model_name': self.model_id, 'frequency': Between(100, 20000, r'\d+\.\d+'), 'count': len(self.places),
                'architecture': self.architecture, 'flags': self.flags(), 'socket_count': self.sockets}

    def threads_of_cores(self):
        cores = {}
        for thread, place in sorted(self.places.items()):
            cores.setdefault((place.get('node-id', 0), place['socket-id'], place['core-id']), []).append(thread)
        return [{'cpu': core, 'numa_node': node, 'thread_siblings': threads} for (node, _, core), threads in sorted(cores.items())]
