"""The whole appliance on real firmware: blank machines come back inspected, also while its parts are killed; without pxed they boot."""
import os
import pathlib
import re
import signal
import sys
import time

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]

from appliance import DAEMONS, Appliance  # noqa: E402
from hardware import MIB, Disk, Hardware  # noqa: E402
from lab import KERNEL_MARKER, KERNEL_PROFILE, MACHINES, Lab  # noqa: E402

BUILD = os.environ.get('PXED_BUILD', str(pathlib.Path(__file__).resolve().parents[2] / 'build'))
PATIENCE = 120
SURVIVOR = Hardware('survivor', 'bios', cpus=1, memory=512 * MIB, uuid='11111111-2222-4333-8444-555555555503', serial='BIOS-0003',
                    macs=['52:54:00:0b:10:03'], disks=[Disk(64 * MIB, 'SURVIVOR-DISK')])
# Without graphics SeaBIOS puts the screen of firmware and iPXE on the serial line.
SCREEN = ('-M', 'graphics=off')


@pytest.fixture(scope='module')
def lab():
    with Appliance(BUILD) as appliance:
        lab = Lab(appliance, [*MACHINES, SURVIVOR])
        lab.set_kernel_profile()
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
