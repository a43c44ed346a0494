#!/usr/bin/python3
"""Figures of what pxed keeps of inventories: taking them in, what they take on disk and in memory, questions to all of them, all of them page by page.

    bench_inventories.py [--build DIR] [--nodes N]
"""
import json
import time

import bench_pxed
import server_inventory
from bench_pxed import Pxed, spans, tell
from measuring import build_and_nodes, cpu, measured, pss, scratch


def interface(raw):
    return {'name': raw['name'], 'mac': raw['mac_address'], 'driver': raw.get('driver'), 'speedMbps': raw.get('speed_mbps'), 'carrier': raw['has_carrier'],
            'pciAddress': raw.get('pci_address'), 'addresses': [address for address in (raw.get('ipv4_address'),) if address], 'boots': False,
            'switchChassis': '00:11:22:33:44:55', 'switchPort': 'Ethernet1/7', 'switchName': 'leaf-1', 'switchVlan': 100, 'switchVlans': [100],
            'lldp': {'switch_system_name': 'leaf-1', 'switch_port_id': 'Ethernet1/7', 'switch_port_mtu': 9216, 'switch_port_untagged_vlan_id': 100}}


def disk(raw):
    return {'name': raw['name'], 'size': raw['size'], 'serial': raw['serial'], 'model': raw['model'], 'vendor': raw.get('vendor'), 'wwn': raw.get('wwn'),
            'rotational': raw['rotational'], 'transport': raw.get('tran'), 'byPath': raw.get('by_path'), 'hctl': raw.get('hctl')}


def observation(number, post):
    """As pxed-introspect reports it."""
    raw = server_inventory.inventory(number)
    system, inventory = raw['inventory']['system_vendor'], raw['inventory']
    return {'time': time.time_ns() // 1000, 'inventory': {'mac': inventory['interfaces'][0]['mac_address'], 'post': post, 'raw': raw, 'normalized': {
        'serial': system['serial_number'], 'manufacturer': system['manufacturer'], 'product': system['product_name'], 'architecture': 'x86_64',
        'firmwareVersion': system['firmware']['version'], 'bootMode': 'uefi', 'cpus': inventory['cpu']['count'], 'cpuModel': inventory['cpu']['model_name'],
        'cpuFlags': inventory['cpu']['flags'], 'memory': 1 << 38, 'errors': [], 'bmcAddress': inventory['bmc_address'],
        'interfaces': [interface(each) for each in inventory['interfaces']], 'disks': [disk(each) for each in inventory['disks']]}}}


def take_in(pxed, nodes, turn, what):
    """In reports of 10, as they come from pxed-introspect."""
    spent, began_cpu = 0, cpu(pxed.process.pid)
    for first in range(0, nodes, 10):
        report = [observation(number, f'{turn}-{number}') for number in range(first, min(first + 10, nodes))]
        began = time.monotonic()
        pxed.call('org.pxed.Worker.Report', role='introspect', instance=f'bench-{turn}', batch=first + 1, observations=report)
        spent += time.monotonic() - began
    tell(f'{what}, {nodes}', nodes / spent, '/s')
    tell(f'{what}: processor time of pxed for each', (cpu(pxed.process.pid) - began_cpu) / nodes * 1e6, 'us')


def database(folder):
    return sum(path.stat().st_size for path in (folder / 'state').rglob('pxed.db*'))


def pages(pxed, what, method, **parameters):
    began, began_cpu, after, longest, count = time.monotonic(), cpu(pxed.process.pid), None, 0, 0
    while True:
        call = time.monotonic()
        reply = pxed.call(f'org.pxed.Inventory.{method}', after=after, **parameters)
        longest = max(longest, time.monotonic() - call)
        count += 1
        after = reply['next']
        if after is None:
            break
    tell(f'{what}, {count} pages', (time.monotonic() - began) * 1000, 'ms')
    tell(f'{what}: processor time of pxed', (cpu(pxed.process.pid) - began_cpu) * 1000, 'ms')
    tell(f'{what}: the longest page', longest * 1000, 'ms')


def run(build, nodes, folder):
    (folder / 'images').mkdir()
    (folder / 'pxed.conf').write_text(bench_pxed.CONFIGURATION.format(folder=folder))
    pxed = Pxed(build, folder)
    try:
        tell('a payload', len(json.dumps(server_inventory.inventory(1), separators=(',', ':'))), 'bytes')
        empty = database(folder)
        take_in(pxed, nodes, 1, 'first inventories taken in')
        tell('database, for each inventory', (database(folder) - empty) / nodes, 'bytes')
        take_in(pxed, nodes, 2, 'second inventories taken in')
        pxed.stop()
        pxed = Pxed(build, folder)
        tell('database, for each of two', (database(folder) - empty) / nodes / 2, 'bytes')
        tell(f'PSS idle, {nodes} nodes with two inventories', pss(pxed.process.pid), 'KiB')
        pages(pxed, 'Query of all, /disks/*/serial', 'Query', pointer='/disks/*/serial', limit=500)
        pages(pxed, 'Query of all, raw', 'Query', pointer='/inventory/disks/*/serial', raw=True, limit=500)
        pages(pxed, 'Query of all, no match', 'Query', pointer='/memory', equals='7', limit=500)
        pages(pxed, 'Export of all', 'Export', limit=100)
        pages(pxed, 'Export of all, raw', 'Export', limit=100, raw=True)
        macs = [server_inventory.inventory(number)['inventory']['interfaces'][0]['mac_address'] for number in range(200)]
        for method in ('Get', 'GetRaw', 'Diff'):
            spans(f'Inventory.{method}', measured(lambda n, name=method: pxed.call(f'org.pxed.Inventory.{name}', node=macs[n % 200]), 500))
        tell('PSS afterwards', pss(pxed.process.pid), 'KiB')
    finally:
        pxed.stop()


def main():
    with scratch() as folder:
        run(*build_and_nodes(), folder)


if __name__ == '__main__':
    main()
