"""The whole appliance on real firmware: blank machines come back inspected, with the switches that they hang on, also while its parts are killed;
without pxed they boot."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest
from scapy.contrib.lldp import LLDPDUSystemDescription, LLDPDUSystemName

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / 'net')]

from announcements import announced, lldp_frame, vlan, vlan_name  # noqa: E402
from appliance import CONFIGURATION, DAEMONS, Appliance  # noqa: E402
from hardware import MIB, Disk, Hardware  # noqa: E402
from lab import KERNEL_MARKER, KERNEL_PROFILE, MACHINES, Lab  # noqa: E402

BUILD = os.environ.get('PXED_BUILD', str(pathlib.Path(__file__).resolve().parents[2] / 'build'))
PATIENCE = 120
SURVIVOR = Hardware('survivor', 'bios', cpus=1, memory=256 * MIB, uuid='11111111-2222-4333-8444-555555555503', serial='BIOS-0003',
                    macs=['52:54:00:0b:10:03'], disks=[Disk(64 * MIB, 'SURVIVOR-DISK')])
LABEL = 'physical-network = physnet1\n'
LLDP_CONFIGURATION = CONFIGURATION.replace('[network lab]', """\
inspect-arguments = quiet cryptomgr.notests console=tty0 console=ttyS0,115200 ipa-collect-lldp=1 ipa-lldp-timeout=3

[physical-network physnet1]
switches = leaf1*

[physical-network physnet2]
switches = leaf2*

[network lab]""")
UPLINK = 'up0'
# Whose cable ends at which port; the machine uefi at one of another physical network than that of the network that it boots on.
CHASSIS = {'leaf1': '00:11:22:33:44:01', 'leaf2': '00:11:22:33:44:02'}
CABLES = {UPLINK: ('leaf1', 'Ethernet1/1'), 'bios': ('leaf1', 'Ethernet1/7'), 'survivor': ('leaf1', 'Ethernet1/8'), 'uefi': ('leaf2', 'Ethernet1/9')}
VLAN, VLANS = 10, {10: 'machines', 20: 'storage'}
# A switch says it each 30 s; the ramdisk listens for some seconds.
ANNOUNCE_SECONDS = 0.2
# Without graphics SeaBIOS puts the screen of firmware and iPXE on the serial line.
SCREEN = ('-M', 'graphics=off')


def announcement(switch, port):
    """What a switch says on a port, its port VLAN and the VLANs that it carries included."""
    return lldp_frame(CHASSIS[switch], port, 120, LLDPDUSystemName(system_name=switch.encode()), LLDPDUSystemDescription(description=b'Switch OS'),
                      vlan(VLAN), *(vlan_name(*each) for each in VLANS.items()), source=CHASSIS[switch])


@pytest.fixture(scope='module')
def lab():
    with Appliance(BUILD, configuration=LLDP_CONFIGURATION) as appliance:
        lab = Lab(appliance, [*MACHINES, SURVIVOR])
        lab.set_kernel_profile()
        # the switch's end of the appliance's cable; of a machine's cable the tap is that end
        appliance.run('ip', 'link', 'add', UPLINK, 'master', 'pxe0', 'up', 'type', 'veth', 'peer', 'name', 'switch0')
        appliance.run('ip', 'link', 'set', 'switch0', 'up')
        switch_ends = {UPLINK: 'switch0', **lab.taps}
        with announced({switch_ends[end]: announcement(*cable) for end, cable in CABLES.items()}, ANNOUNCE_SECONDS):
            yield lab


@pytest.fixture(scope='module')
def inspected(lab):
    """Both machines were powered on together, blank and unknown, and went off inspected."""
    assert lab.appliance.ask('node', 'list')['nodes'] == []
    machines = [lab.machine(hardware) for hardware in MACHINES]
    try:
        for machine in machines:
            machine.start()
        for hardware, machine in zip(MACHINES, machines):
            machine.wait_until(lambda: lab.is_inspected(hardware), PATIENCE, 'inspection')
        for machine in machines:
            machine.wait_off(PATIENCE)
    finally:
        for machine in machines:
            machine.stop()
    return lab


def in_order(steps, kinds):
    """Whether the first step of each kind comes before that of the next."""
    seen = [step['kind'] for step in steps]
    return all(kind in seen for kind in kinds) and sorted(kinds, key=seen.index) == list(kinds)


@pytest.mark.parametrize('hardware', MACHINES, ids=lambda hardware: hardware.name)
def test_blank_machine_comes_back_inspected(inspected, hardware):
    assert inspected.differences(hardware) == []
    node = inspected.node(hardware)
    assert (node['uuid'], node['bootMode']) == (hardware.uuid, hardware.firmware)
    assert sorted(port['mac'] for port in node['ports']) == sorted(hardware.macs)
    assert [port['mac'] for port in node['ports'] if port['boots']] == hardware.macs[:1]


@pytest.mark.parametrize('hardware', MACHINES, ids=lambda hardware: hardware.name)
def test_its_boot_is_told_step_by_step(inspected, hardware):
    [boot] = inspected.boots(hardware)
    assert (boot['outcome'], boot['network'], boot['mac']) == ('inspected', 'lab', hardware.macs[0])
    # the network card's own iPXE needs no loader of the appliance's under BIOS
    loader = ['tftp'] if hardware.firmware == 'uefi' else []
    expected = ['discover', 'offer', 'request', 'acknowledge', *loader, 'script', 'file', 'started', 'agent', 'inventory']
    assert in_order(boot['steps'], expected), boot['steps']
    assert 'refused' not in [step['kind'] for step in boot['steps']]
    times = [step['time'] for step in boot['steps']]
    assert times == sorted(times)
    for step in boot['steps']:
        if step['kind'] == 'file':
            assert step['bytes'] == step['total'] > 0, step


@pytest.mark.parametrize('hardware', MACHINES, ids=lambda hardware: hardware.name)
def test_a_healthy_boot_has_no_diagnosis(inspected, hardware):
    appliance, mac = inspected.appliance, hardware.macs[0]
    assert appliance.ask('diagnose', mac)['diagnosis'] is None
    # pxed looks each second: at no moment did it seem stuck
    events = appliance.ask('events', '--after', '0', '--limit', '1000')['events']
    assert [event for event in events if event['kind'] == 'boot.stuck' and event['mac'] == mac] == []
    # nor by the packets alone
    capture = pathlib.Path(os.environ.get('PXED_CAPTURES', appliance.folder)) / f'{hardware.name}.pcapng'
    appliance.ctl('capture', mac, '--output', capture, '--force')
    read = subprocess.run([f'{BUILD}/pxed-netcfg', '--read', capture], capture_output=True, text=True, check=True).stdout
    assert f'Boot of {mac}' in read and 'Diagnosis' not in read, read


# ---- where it hangs

def booting_port(lab, hardware):
    [port] = [port for port in lab.node(hardware)['ports'] if port['boots']]
    return port


@pytest.mark.parametrize('hardware', MACHINES, ids=lambda hardware: hardware.name)
def test_its_port_is_where_the_switch_said(inspected, hardware):
    switch, port = CABLES[hardware.name]
    said = {'switchChassis': CHASSIS[switch], 'switchName': switch, 'switchPort': port, 'switchVlan': VLAN, 'switchVlans': list(VLANS)}
    for known in inspected.node(hardware)['ports']:
        assert {key: known[key] for key in said} == (said if known['boots'] else dict.fromkeys(said)), known['mac']


def test_appliance_and_machine_are_on_one_switch(inspected):
    """By what each of them heard itself; what goes out to the machines is nothing that the appliance hears."""
    [network] = inspected.appliance.ask('network', 'list')['networks']
    [neighbour] = network['link']['neighbours']
    switch, port = CABLES[UPLINK]
    assert {key: neighbour[key] for key in ('interface', 'protocol', 'chassis', 'systemName', 'port', 'vlan')} == {
        'interface': UPLINK, 'protocol': 'lldp', 'chassis': CHASSIS[switch], 'systemName': switch, 'port': port, 'vlan': VLAN}

    [place] = inspected.appliance.ask('map', 'lab')['networks']
    hangs = {(switch['name'], port['port']): (port['appliance'], [machine['name'] for machine in port['machines']])
             for switch in place['switches'] for port in switch['ports']}
    assert hangs[CABLES[UPLINK]] == ([UPLINK], [])
    for hardware in MACHINES:
        assert hangs[CABLES[hardware.name]] == ([], [inspected.node(hardware)['name']])
    assert [switch['chassis'] for switch in place['switches']] == sorted(CHASSIS.values())


def test_switch_and_label_agree(inspected):
    """The label of the network and the switch name one physical network, each for itself."""
    hardware, appliance = MACHINES[0], inspected.appliance
    port = booting_port(inspected, hardware)
    assert (port['physicalNetwork'], port['physicalNetworkSource'], port['conflicts']) == ('physnet1', 'sighting', [])
    [candidate] = appliance.ask('node', 'select-port', port['mac'], '--physical-network', 'physnet1')['candidates']
    assert candidate['macs'] == [port['mac']]

    labelled = appliance.configuration.read_text()
    assert LABEL in labelled
    appliance.configuration.write_text(labelled.replace(LABEL, ''))
    try:
        appliance.ctl('reload')
        by_switch = [booting_port(inspected, hardware) for hardware in MACHINES]
    finally:
        appliance.configuration.write_text(labelled)
        appliance.ctl('reload')
    assert [(port['physicalNetwork'], port['physicalNetworkSource'], port['conflicts']) for port in by_switch] == [
        ('physnet1', 'lldp', []), ('physnet2', 'lldp', [])]
    appliance.wait_ready()


def test_a_switch_of_another_physical_network_is_a_conflict(inspected):
    hardware, appliance = MACHINES[1], inspected.appliance
    port = booting_port(inspected, hardware)
    [conflict] = port['conflicts']
    for side in 'physnet1 (network lab)', f'port Ethernet1/9 of leaf2 ({CHASSIS["leaf2"]}) is of physnet2':
        assert side in conflict

    def told():
        events = appliance.ask('events', '--after', '0', '--limit', '1000')['events']
        return [event for event in events if event['kind'] == 'port.conflict']
    events = appliance.wait('the conflict is told', told, 5)
    assert {event['mac'] for event in events} == {port['mac']} and conflict in events[0]['message']
    for wanted in [], ['--physical-network', 'physnet1'], ['--physical-network', 'physnet2', '--allow-unknown']:
        selection = appliance.ask('node', 'select-port', port['mac'], *wanted)
        assert selection['candidates'] == []
        [refusal] = selection['refused']
        assert refusal['macs'] == [port['mac']] and conflict in refusal['reason']


# ---- parts of the appliance are gone

def test_a_known_machine_boots_without_pxed(inspected):
    """What it was assigned; and how it went is told when pxed is back."""
    lab, hardware = inspected, MACHINES[0]
    lab.appliance.ctl('node', 'set-boot', hardware.macs[0], KERNEL_PROFILE, '--param', 'greeting=alone', '--wait')
    lab.appliance.stop('pxed')
    with lab.machine(hardware) as machine:
        machine.wait_for(f'{KERNEL_MARKER} alone', PATIENCE)
        machine.wait_off(PATIENCE)
    time_off = time.time() * 1e6
    lab.appliance.start('pxed')
    expected = ['discover', 'offer', 'request', 'acknowledge', 'script', 'file', 'started']

    def told():
        boots = lab.boots(hardware) if lab.appliance.status() else []
        return boots if len(boots) > 1 and in_order(boots[0]['steps'], expected) else None

    boot, before = lab.appliance.wait('the boot is told', told, 10)
    assert (boot['outcome'], before['outcome']) == ('booted', 'inspected')
    assert all(step['time'] < time_off for step in boot['steps'])
    assert lab.node(hardware)['assignment']['profile'] == KERNEL_PROFILE


def test_an_inspection_is_taken_back(inspected):
    """While its kernel starts: the ramdisk ends without an inventory, as the network's `finish` says."""
    lab, hardware = inspected, MACHINES[0]
    mac = hardware.macs[0]
    lab.appliance.ctl('node', 'inspect', mac)
    with lab.machine(hardware) as machine:
        machine.wait_until(lambda: lab.boots(hardware)[0]['outcome'] == 'running' and in_order(lab.boots(hardware)[0]['steps'], ['script', 'file']), PATIENCE,
                           'script')
        lab.appliance.ctl('node', 'abort', mac)
        machine.wait_for('was taken back', PATIENCE)
        machine.wait_off(PATIENCE)
        assert 'inventory posted' not in machine.console
    assert lab.node(hardware)['inspection']['error'] == 'aborted: the ramdisk was told'


def test_a_machine_is_inspected_while_each_part_is_killed(lab):
    """One boot, each daemon and child killed in the midst of what it does for the machine."""
    appliance = lab.appliance
    appliance.wait_ready()
    children = appliance.children()

    def screen():
        return ' '.join(re.sub(r'\x1b\[[0-9;=?]*[A-Za-z]', '', machine.console).split())

    def strike(text, *victims):
        machine.wait_until(lambda: text in screen(), PATIENCE, f'"{text}" on the screen')
        for victim in victims:
            if victim in DAEMONS:
                appliance.kill(victim)
            else:
                os.kill(children.pop(victim), signal.SIGKILL)
        time.sleep(0.1)
        for victim in victims:
            if victim in DAEMONS:
                appliance.start(victim)

    with lab.machine(SURVIVOR, extra=SCREEN) as machine:
        strike('iPXE', 'dnsmasq:lab', 'in.tftpd:lab')
        strike('Configuring', 'pxed-dhcp')
        strike('asks http', 'pxed')
        strike('boots profile inspect', 'pxed-tftp')
        strike('inspects this machine', 'pxed-netcfg', 'pxed')
        strike('has a link', 'pxed-introspect')
        machine.wait_until(lambda: lab.is_inspected(SURVIVOR), PATIENCE, 'inspection')
        machine.wait_off(PATIENCE)
        print(f'\ninspected {machine.elapsed:.1f} s after power-on')
    assert lab.differences(SURVIVOR) == []
    assert lab.boots(SURVIVOR)[0]['outcome'] == 'inspected'
    events = appliance.ask('events', '--after', '0', '--limit', '1000')['events']
    assert [event['number'] for event in events] == list(range(1, len(events) + 1))
    assert len([event for event in events if event['kind'] == 'node.inspected' and event['mac'] == SURVIVOR.macs[0]]) == 1
    appliance.wait_ready()
