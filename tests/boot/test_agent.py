"""The inspection ramdisk does as it is told by the server and by its command line."""
from agent_lab import GIB, MACS, SPEED_UP, StandIn, bootif, built, disk, machine
from qemu import Machine, Nic


def test_uefi(tmp_path):
    """Chunked answers, no BOOTIF, restart on order."""
    with StandIn(order='reboot', chunked=True) as server, machine(tmp_path, server, firmware='uefi',
                                                                 disks=[disk(tmp_path, 'a', 5 * GIB, serial='D')]) as node:
        node.wait_off(90)
        assert 'restarting' in node.console
    assert server.payload['inventory']['boot'] == {'current_boot_mode': 'uefi', 'pxe_interface': None}
    assert (server.payload['boot_interface'], server.payload['error'], server.payload['pxed_agent']['collector_errors']) == (None, None, [])


def test_retries(tmp_path):
    """500 and 409 are tried again, each said on the console; pxed.finish=poweroff needs no order."""
    nics = [Nic(MACS[0]), Nic(MACS[1], user='')]
    with StandIn(statuses=[500, 409]) as server, machine(tmp_path, server, nics=nics, append=f'pxed.finish=poweroff BOOTIF={bootif(MACS[1])}') as node:
        node.wait_off(60)
        console = node.console
    assert [status for status, _ in server.posts] == [500, 409, 200]
    assert 'attempt 1 of 60' in console and 'attempt 2 of 60' in console and MACS[1] in console
    assert 'the rack ?[31mis closed' in console  # an answer cannot steer the terminal
    assert [report['state'] for report in server.reports] == ['started', 'retrying', 'retrying', 'posted']
    assert all(report['mac'] == MACS[1] for report in server.reports)
    assert set(server.paths) == {'/v1/continue?token=p1.x-_y', '/v1/agent?token=p1.x-_y'}
    assert server.headers[0]['Content-Type'] == 'application/json'


def test_driver_refused(tmp_path):
    """What the kernel would not load is said, and stands in the agent's log: a disk may be missing for it."""
    with StandIn() as server, machine(tmp_path, server, disks=[disk(tmp_path, 'a', GIB)], append='module_blacklist=virtio_blk') as node:
        node.wait_off(60)
    line = 'the kernel refuses the driver virtio_blk: Operation not permitted'
    assert line in node.console
    assert line in [step['text'] for step in server.payload['pxed_agent']['steps']]
    assert server.payload['inventory']['disks'] == []


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
