"""VLANs, bridge and neighbour limits as a kernel has them that has VLANs: pxed and pxed-netcfg in a guest with Debian's. vlan_guest.sh acts there;
what iproute2 and /proc say of it comes back on the console and is judged here."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from qemu import Machine

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get('PXED_BUILD', HERE.parents[1] / 'build')).resolve()
MODULES = ('8021q', 'bridge', 'veth')
PROGRAMS = {'usr/sbin': [BUILD / 'pxed', BUILD / 'pxed-netcfg'], 'usr/bin': [BUILD / 'pxectl']}
GUEST_SECONDS = 60

TAGGED = """
[network tagged]
interface = eth1
vlan = {vlan}
address = 192.0.2.1/24
address6 = 2001:db8::1/64
mtu = 1400
manage = repair
dhcp = off
"""
NAMED = """
[network named]
interface = eth1
vlan = 43
vlan-interface = prov43
address = 198.51.100.1/24
manage = repair
dhcp = off
"""
JUMBO = """
[network jumbo]
interface = eth2
vlan = 44
mtu = 9000
address = 172.16.0.1/24
manage = repair
dhcp = off
"""
BRIDGED = """
[network bridged]
interface = br0
address = 10.0.0.1/16
pool = 10.0.1.0-10.0.4.255
manage = repair
"""
CONFIGURATIONS = {
    'first': TAGGED.format(vlan=42) + NAMED + JUMBO + BRIDGED,
    'second': TAGGED.format(vlan=45) + JUMBO + BRIDGED,
    'third': BRIDGED,
}


def kernel_tree():
    """The unpacked package of the kernel that the ramdisk has: its modules."""
    cache = pathlib.Path(os.environ.get('PXED_RAMDISK_CACHE', BUILD / 'ramdisk/cache'))
    trees = sorted((path for path in cache.glob('linux-image-*-cloud-amd64_*') if path.is_dir()), key=os.path.getmtime)
    if not trees or not (BUILD / 'ramdisk/vmlinuz').exists():
        pytest.skip(f'{BUILD}/ramdisk is not built: make ramdisk')
    return trees[-1]


def add_modules(root):
    tree = kernel_tree()
    release = next((tree / 'lib/modules').iterdir()).name
    tools = dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin:/sbin')
    wanted = subprocess.run(['modprobe', '-d', tree, '-S', release, '-a', '--show-depends', *MODULES], env=tools, check=True, capture_output=True,
                            text=True).stdout
    for path in sorted(set(re.findall(r'/(lib/modules/\S+\.ko)', wanted))):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / path, root / path)
    for name in ('modules.builtin', 'modules.builtin.modinfo', 'modules.order'):
        shutil.copy(tree / 'lib/modules' / release / name, root / 'lib/modules' / release)
    subprocess.run(['depmod', '-b', root, release], env=tools, check=True)
    (root / 'sbin').mkdir(exist_ok=True)
    (root / 'sbin/modprobe').symlink_to('/bin/busybox')  # the kernel calls it, also for what pxed-netcfg asks for


def add_programs(root):
    (root / 'bin').mkdir()
    shutil.copy('/bin/busybox', root / 'bin/busybox')
    for folder, programs in {**PROGRAMS, 'usr/sbin': [*PROGRAMS['usr/sbin'], pathlib.Path(shutil.which('ip'))]}.items():
        (root / folder).mkdir(parents=True)
        for program in programs:
            shutil.copy(program, root / folder)
            needed = subprocess.run(['ldd', program], check=True, capture_output=True, text=True).stdout
            for library in re.findall(r'(/\S+\.so\S*)', needed):
                (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, root / library[1:])


def add_configurations(root):
    (root / 'etc/pxed').mkdir(parents=True)
    for name, text in CONFIGURATIONS.items():
        (root / 'etc/pxed' / name).write_text(text)


@pytest.fixture(scope='module')
def said(tmp_path_factory):
    """What the guest told, by name."""
    folder = tmp_path_factory.mktemp('vlan')
    root = folder / 'root'
    root.mkdir()
    add_modules(root)
    add_programs(root)
    add_configurations(root)
    shutil.copy(HERE / 'vlan_guest.sh', root / 'init')
    (root / 'init').chmod(0o755)
    with open(folder / 'initrd', 'wb') as initrd:
        names = subprocess.run(['find', '.', '-mindepth', '1'], cwd=root, check=True, capture_output=True).stdout
        subprocess.run(['cpio', '--quiet', '-o', '-H', 'newc', '-R', '+0:+0'], cwd=root, input=names, stdout=initrd, check=True)
    # qemu64: the instructions that TCG emulates slowly are not used
    with Machine(folder, name='guest', kernel=BUILD / 'ramdisk/vmlinuz', initrd=folder / 'initrd', extra=['-cpu', 'qemu64,+rdrand'],
                 append='console=ttyS0 quiet loglevel=3 mitigations=off cryptomgr.notests panic=-1') as guest:
        guest.wait_off(GUEST_SECONDS)
        print(f'the guest took {guest.elapsed:.1f} s')
        console = guest.console.replace('\r', '')
    told = dict(re.findall(r'^vlan: (\w+) (.*)$', console, re.M))
    assert 'vlan: done' in console, guest.report()
    return told


def links(said, name):
    return {link['ifname']: link for link in json.loads(said[name])}


def addresses(link):
    return {f"{address['local']}/{address['prefixlen']}" for address in link['addr_info'] if address['scope'] == 'global'}


def check_vlan(link, parent, number, mtu, network, wanted):
    assert link['link'] == parent and link['linkinfo']['info_kind'] == 'vlan'
    assert link['linkinfo']['info_data']['id'] == number and link['linkinfo']['info_data']['protocol'] == '802.1Q'
    assert 'UP' in link['flags'] and link['mtu'] == mtu and link.get('ifalias') == f'pxed: network {network}'
    assert addresses(link) == wanted


def test_vlans_are_made(said):
    before, made = links(said, 'before'), links(said, 'made')
    assert 'eth1.42' not in before and 'UP' not in before['eth1']['flags'] and 'UP' not in before['br0']['flags']
    check_vlan(made['eth1.42'], 'eth1', 42, 1400, 'tagged', {'192.0.2.1/24', '2001:db8::1/64'})
    check_vlan(made['prov43'], 'eth1', 43, 1500, 'named', {'198.51.100.1/24'})
    assert 'UP' in made['eth1']['flags'] and addresses(made['eth1']) == set() and made['eth1']['mtu'] == 1500


def test_a_bridge_gets_its_address(said):
    bridge = links(said, 'made')['br0']
    assert 'UP' in bridge['flags'] and addresses(bridge) == {'10.0.0.1/16'} and 'ifalias' not in bridge


def test_drift_is_repaired(said):
    before, again = links(said, 'made'), links(said, 'again')
    assert before['eth1.42']['ifindex'] != again['eth1.42']['ifindex'], 'it was deleted'
    assert before['prov43']['ifindex'] == again['prov43']['ifindex'], 'that one was not'
    check_vlan(again['eth1.42'], 'eth1', 42, 1400, 'tagged', {'192.0.2.1/24', '2001:db8::1/64'})
    assert 'UP' in again['eth1']['flags'] and 'UP' in again['prov43']['flags']


def test_a_tagged_machine_is_seen_on_its_network(said):
    assert said['answered'] == 'true'
    seen = [s for s in json.loads(said['sightings'])['sightings'] if s['mac'] == '52:54:00:aa:00:42']
    assert [s['network'] for s in seen] == ['tagged'] and '192.0.2.50' in seen[0]['addresses']
    assert seen[0].get('vlan') is None, 'that is of other VLANs than the network\'s own'


def test_neighbour_limits_hold_the_pool(said):
    # twice 1024 + 3: cat's lines are joined
    assert said['limits'] == '10242048'


def test_an_mtu_waits_for_that_of_the_interface_below(said):
    reasons = [problem['reason'] for daemon in json.loads(said['fault'])['daemons'] for problem in daemon['problems']]
    assert 'The MTU of eth2.44 cannot be 9000 because that of eth2, which it is on, is 1500: ip link set eth2 mtu 9000' in reasons
    check_vlan(links(said, 'changed')['eth2.44'], 'eth2', 44, 9000, 'jumbo', {'172.16.0.1/24'})


def test_what_is_wanted_no_more_goes_and_only_that(said):
    changed, end = links(said, 'changed'), links(said, 'end')
    check_vlan(changed['eth1.45'], 'eth1', 45, 1400, 'tagged', {'192.0.2.1/24', '2001:db8::1/64'})
    for state in changed, end:
        assert addresses(state['eth1']) == {'203.0.113.7/24'} and 'UP' in state['eth1']['flags']
        assert state['eth1.99']['linkinfo']['info_data']['id'] == 99
        assert addresses(state['br0']) == {'10.0.0.1/16'}
    assert not {'eth1.42', 'prov43', 'eth1.45', 'eth2.44'} & set(end)


def test_each_repair_is_an_event(said):
    texts = [event['message'] for event in json.loads(said['events'])['events'] if event['kind'] == 'network.repaired']
    assert any('create eth1.42 on eth1 (VLAN 42)' in text and 'set eth1 up' in text for text in texts)
    assert sum('create eth1.42' in text for text in texts) == 2
