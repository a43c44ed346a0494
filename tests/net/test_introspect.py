"""pxed-introspect as machines and pxed see it: the real daemon, HTTP over a veth pair, and a stand-in for pxed."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

from introspect_daemon import ADDRESS, MAC, NODE, PORT, Introspect, ipa, make_token
from netns import hold_port
from waiting import PATIENCE, contention, wait_for


@pytest.fixture(scope="module")
def shared():
    """For tests that leave the daemon as it was."""
    with Introspect() as daemon:
        yield daemon


@pytest.fixture
def own():
    with Introspect() as daemon:
        yield daemon


def message(answer):
    return answer["error"]["message"]


def machine(number):
    """The MAC of another machine."""
    return f"52:54:00:aa:00:{number:02x}"


def payload(mac=MAC, **more):
    return {"inventory": {"interfaces": [{"name": "eth0", "mac_address": mac}]}, **more}


def inventories(daemon):
    return daemon.bus.values("inventory")


def wait_for_inventories(daemon, count):
    daemon.bus.wait_for(lambda: len(inventories(daemon)) >= count)
    return inventories(daemon)


# ---- what machines get

def test_inventory_reaches_pxed(own):
    token = make_token(node=NODE, assignment=3)
    assert own.post(ipa(), token) == (200, {"uuid": NODE})
    [inventory] = wait_for_inventories(own, 1)
    assert (inventory["mac"], inventory["node"], inventory["failure"]) == (MAC, NODE, None)
    assert inventory["raw"] == ipa()
    assert [disk["size"] for disk in inventory["normalized"]["disks"]] == [274877906944]
    own.bus.wait_for(lambda: own.steps("inventory"))
    [step] = own.steps("inventory")
    assert (step["mac"], step["node"], step["network"], step["assignment"]) == (MAC, NODE, "lab", 3)
    assert step["detail"].endswith("bytes: 2 CPUs, 24576 MiB, 1 disk, 2 interfaces, bios")
    own.bus.wait_for(lambda: not own.spooled())


def test_unknown_machine_has_no_node_yet(shared):
    assert shared.post(payload(), make_token()) == (200, {"uuid": None})


def test_ironic_api(shared):
    assert shared.request("GET", "/")[2] == {"default_version": {"version": "1.82"}}
    assert shared.post(ipa("zed"), make_token(), "/v1/continue_inspection") == (202, {"uuid": None})


def test_curl_without_content_type(shared):
    """zed and 2023.1 send none; curl's own would be that of a form, and it waits for 100 Continue."""
    body = json.dumps(payload(logs="x" * 2_000_000))
    done = shared.client.run(["curl", "-sS", "-H", "Content-Type:", "--data-binary", "@-", "-w", " %{http_code}",
                              f"http://{ADDRESS}:{PORT}/v1/continue?token={make_token()}"], input=body)
    assert done.stdout == '{"uuid":null} 200'


@pytest.mark.parametrize("method, path, status", [("GET", "/nowhere", 404), ("GET", "/v1/continue", 405), ("DELETE", "/", 405),
                                                  ("POST", "/../etc/passwd", 404)])
def test_everything_else(shared, method, path, status):
    got, headers, answer = shared.request(method, path)
    assert got == status and message(answer)
    assert ("Allow" in headers) == (status == 405)


REFUSALS = {
    "no token": (None, payload(), 403, "has no boot token"),
    "damaged": ("p1.nonsense", payload(), 403, "is damaged"),
    "forged": (make_token(secret="43" * 32), payload(), 403, "not made by this appliance"),
    "expired": (make_token(expires=1), payload(), 403, "expired at 1970-01-01 00:00:01 UTC"),
    "foreign": (make_token(), payload("52:54:00:00:00:99"), 403, f"the token was made for MAC {MAC}, which this inventory does not have"),
    # each of another machine: of one only some are taken at once
    "not JSON": (make_token(machine(1)), b"inventory=1", 400, "not acceptable JSON"),
    "empty": (make_token(machine(2)), b"", 400, "ends too early"),
    "no object": (make_token(machine(3)), b"[1]", 400, "no object"),
    "100 deep": (make_token(machine(4)), b"[" * 100 + b"]" * 100, 400, "nested too deep"),
    "deep inside": (make_token(machine(5)), json.dumps(payload()).encode()[:-1] + b', "x": ' + b"[" * 100 + b"]" * 100 + b"}", 400, "nested too deep"),
    "17 MiB": (make_token(machine(6)), b'{"logs": "' + b"x" * (17 << 20) + b'"}', 413, "larger than 16384 KiB"),
    "no interfaces": (make_token(machine(7)), {"inventory": {}}, 400, "validate-interfaces"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused(shared, name):
    """A clear status and reason, a step in the machine's boot where the token says whose, and nothing stored."""
    token, body, status, reason = REFUSALS[name]
    shared.bus.wait_for(lambda: not shared.spooled())
    stored, steps = len(inventories(shared)), len(shared.steps("refused"))
    got, answer = shared.post(body, token)
    assert got == status and reason in message(answer)
    if token and token.count(".") == 5:
        shared.bus.wait_for(lambda: len(shared.steps("refused")) > steps)
        step = shared.steps("refused")[-1]
        assert step["mac"].replace(":", "") == token.split(".")[2] and reason in step["detail"]
    assert shared.spooled() == [] and len(inventories(shared)) == stored


def test_17_mib_in_chunks(shared):
    """Without a length nobody knows beforehand; the answer comes all the same."""
    def chunks():
        yield b'{"logs": "'
        for _ in range(17):
            yield b"x" * (1 << 20)
        yield b'"}'
    status, _, answer = shared.request("POST", f"/v1/continue?token={make_token(machine(17))}", chunks())
    assert status == 413, answer


def test_16_mib_is_taken(own):
    body = json.dumps(payload(logs="")).encode()
    body = body[:-2] + b"x" * ((16 << 20) - len(body)) + body[-2:]
    assert len(body) == 16 << 20
    assert own.post(body, make_token())[0] == 200
    own.bus.wait_for(lambda: inventories(own))


def test_reposts_are_one(own):
    """An agent whose answer was lost posts the same bytes again."""
    token = make_token()
    own.bus.stop()
    assert [own.post(ipa(), token)[0] for _ in range(3)] == [200, 200, 200]
    assert len(own.spooled()) == 1
    own.bus.start()
    own.bus.wait_for(lambda: not own.spooled() and own.steps("inventory"))
    assert len(inventories(own)) == 1 and len(own.steps("inventory")) == 1


# ---- orders

def test_orders(own):
    token = make_token(node=NODE, assignment=5)
    own.bus.set_entry(f"node/{NODE}", id=NODE, name="n1", macs=[MAC], parameters={}, assignment=5, once=True, inspect=True)
    own.bus.wait_applied("introspect")
    for state in "started", "collecting":
        assert own.agent(state, token) == "wait"
    assert own.post(payload(), token)[0] == 200
    for _ in range(20):
        assert own.agent("waiting", token) == "wait"
    own.bus.set_entry(f"node/{NODE}", id=NODE, name="n1", macs=[MAC], parameters={}, assignment=5, once=True, inspect=False)
    wait_for_inventories(own, 1)
    own.bus.wait_applied("introspect")
    own.bus.wait_for(lambda: not own.spooled())
    time.sleep(2.2)  # for so long after pxed has taken it nobody is told anything else
    assert own.agent("waiting", token) == "wait"
    own.bus.set_entry(f"node/{NODE}", id=NODE, name="n1", macs=[MAC], parameters={}, assignment=9, once=True, inspect=False)
    own.bus.wait_applied("introspect")
    assert own.agent("waiting", token) == "reboot"
    own.bus.wait_for(lambda: len(own.steps("agent")) >= 3)
    assert [step["detail"] for step in own.steps("agent")] == ["started", "collecting", "waiting"]


def test_agent_is_refused_like_an_inventory(shared):
    status, answer = shared.post({"state": "started"}, make_token(expires=1), "/v1/agent")
    assert status == 403 and "expired" in message(answer)


# ---- nothing acknowledged is lost

def test_pxed_is_away(own):
    own.bus.stop()
    for i in range(5):
        assert own.post(payload(machine(i % 3), i=i), make_token(machine(i % 3)))[0] == 200
    assert len(own.spooled()) == 5
    own.bus.start()
    assert [inventory["raw"]["i"] for inventory in wait_for_inventories(own, 5)] == [0, 1, 2, 3, 4]
    own.bus.wait_for(lambda: not own.spooled())


def test_killed_before_it_could_report(own):
    own.bus.stop()
    posted = [own.post(payload(i=i), make_token())[0] for i in range(3)]
    own.stop(signal.SIGKILL)
    assert posted == [200, 200, 200] and len(own.spooled()) == 3
    own.bus.start()
    own.start()
    stored = wait_for_inventories(own, 3)
    own.bus.wait_for(lambda: not own.spooled())
    assert [inventory["raw"]["i"] for inventory in stored] == [0, 1, 2]
    assert len({inventory["post"] for inventory in stored}) == 3


def test_killed_again_and_again(own):
    """Whatever was acknowledged is reported, under one name however often."""
    acknowledged = []
    for i in range(30):
        if i % 5 == 4:
            own.stop(signal.SIGKILL)
            own.start()
            own.wait_listening()
        if own.post(payload(i=i), make_token())[0] == 200:
            acknowledged.append(i)
    own.bus.wait_for(lambda: {inventory["raw"]["i"] for inventory in inventories(own)} >= set(acknowledged))
    names = {}
    for inventory in inventories(own):
        assert names.setdefault(inventory["post"], inventory["raw"]["i"]) == inventory["raw"]["i"]
    assert len(names) == len(set(names.values()))


def refused(daemon):
    return sorted(os.listdir(os.path.join(daemon.own_state_dir, "refused")))


def test_damaged_posts_in_the_spool(own):
    """Are set aside, and do not hold up the others."""
    own.bus.stop()
    assert [own.post(payload(i=i), make_token())[0] for i in range(3)] == [200, 200, 200]
    names = own.spooled()
    own.stop()
    [segment] = pathlib.Path(own.own_state_dir, "spool").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"i": 1', b'"i": 7'))
    pathlib.Path(own.own_state_dir, "spool", f"{1:016x}.posts").write_bytes(b"no post, but as long as the head of one" * 3)
    own.bus.start()
    own.start()
    own.wait_listening()
    assert own.post(payload(i=3), make_token())[0] == 200
    assert [inventory["raw"]["i"] for inventory in wait_for_inventories(own, 3)] == [0, 2, 3]
    own.bus.wait_for(lambda: not own.spooled())
    [whole, post] = refused(own)
    assert whole == f"{1:016x}.posts" and post.endswith(f"-{MAC.replace(':', '')}-{names[1]}.json")


@pytest.mark.parametrize("way", ["refuses", "closes"])
def test_one_that_pxed_does_not_take(own, way):
    """Does not keep those from pxed that are reported with it."""
    own.bus.stop()
    assert [own.post(payload(machine(i), i=i), make_token(machine(i)))[0] for i in range(5)] == [200] * 5
    bad = own.spooled()[2]
    setattr(own.bus, way, lambda observation: (observation.get("inventory") or {}).get("post") == bad)
    own.bus.start()
    if way == "refuses":
        assert [inventory["raw"]["i"] for inventory in wait_for_inventories(own, 4)] == [0, 1, 3, 4]
        own.bus.wait_for(lambda: not own.spooled())
        assert [name.endswith(f"-{bad}.json") for name in refused(own)] == [True]
    else:
        assert [inventory["raw"]["i"] for inventory in wait_for_inventories(own, 4)] == [0, 1, 3, 4]
        own.bus.wait_for(lambda: own.spooled() == [bad])
        assert refused(own) == []
        own.bus.closes = None
        assert [inventory["raw"]["i"] for inventory in wait_for_inventories(own, 5)][4] == 2


def test_pxed_denies_reports(own):
    """As where its configuration names another user for a while: nothing that was accepted is lost, and the daemon says what to do."""
    own.bus.denies = True
    assert [own.post(payload(machine(i), i=i), make_token(machine(i)))[0] for i in range(20)] == [200] * 20
    wait_for(lambda: "reports to pxed" in own.log(), own.log)
    assert len(own.spooled()) == 20 and refused(own) == []
    own.bus.denies = False
    assert [inventory["raw"]["i"] for inventory in wait_for_inventories(own, 20)] == list(range(20))
    own.bus.wait_for(lambda: own.bus.status("introspect")["problems"] == [] and not own.spooled())
    assert refused(own) == [] and len(own.steps("inventory")) == 20


@pytest.fixture
def small_disk(tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", tmp_path], check=True)
    yield str(tmp_path)
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_disk_is_full(small_disk):
    with Introspect(state_dir=small_disk) as daemon:
        filler = os.path.join(small_disk, "filler")
        with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"x" * 4096)
        daemon.bus.stop()
        status, _, answer = daemon.request("POST", f"/v1/continue?token={make_token()}", json.dumps(payload(logs="x" * 50_000)))
        assert status == 507 and "disk of the appliance is full" in message(answer)
        assert daemon.spooled() == []
        daemon.bus.start()
        problem = daemon.bus.wait_for(lambda: daemon.bus.status("introspect")["problems"])[0]
        assert problem["subject"] == "inventory spool" and f"{small_disk}/introspect/spool: the disk of the appliance is full: make room" in problem["reason"]
        os.unlink(filler)
        assert daemon.post(payload(logs="x" * 50_000), make_token())[0] == 200
        daemon.bus.wait_for(lambda: not daemon.bus.status("introspect")["problems"])
        wait_for_inventories(daemon, 1)


@pytest.mark.parametrize("trouble", ["read-only", "no inodes"])
def test_disk_takes_no_files(small_disk, trouble):
    """Though it has room: the problem stays for as long as that."""
    fillers = pathlib.Path(small_disk, "fillers")

    def begin():
        if trouble == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
            return
        fillers.mkdir()
        subprocess.run(["mount", "-o", "remount,nr_inodes=200", small_disk], check=True)
        with pytest.raises(OSError):
            for i in range(201):
                (fillers / str(i)).touch()

    def end():
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
        shutil.rmtree(fillers, ignore_errors=True)

    def problems(daemon):
        return [problem["subject"] for problem in daemon.bus.status("introspect")["problems"]]

    with Introspect(state_dir=small_disk) as daemon:
        daemon.bus.wait_for(lambda: not problems(daemon))
        begin()
        assert daemon.post(payload(), make_token())[0] in (503, 507)
        daemon.bus.wait_for(lambda: "inventory spool" in problems(daemon))
        time.sleep(2.5)  # it is looked at each second
        assert "inventory spool" in problems(daemon)
        end()
        daemon.bus.wait_for(lambda: "inventory spool" not in problems(daemon))
        assert daemon.post(payload(), make_token())[0] == 200
        wait_for_inventories(daemon, 1)


@pytest.fixture
def journal():
    """What a daemon sends to journald whose standard error is a journal's stream."""
    folder = pathlib.Path("/run/systemd/journal")
    if not folder.parent.exists():
        pytest.skip("no /run/systemd to mount over")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder.parent], check=True)
    folder.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(folder / "socket"))
        receiver.settimeout(PATIENCE)
        yield receiver
    subprocess.run(["umount", "--lazy", folder.parent], check=True)


def test_journal_has_lines_that_can_be_read(journal, monkeypatch):
    """A request's path with a line end and an escape sequence in it: journalctl would show "[blob data]" instead of the reason."""
    with Introspect(start=False) as daemon:
        pathlib.Path(daemon.log_path).touch()
        status = os.stat(daemon.log_path)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        daemon.start()
        daemon.wait_listening()
        assert daemon.request("POST", f"/v1/heartbeat/%0aforged%1b[2J?token={make_token()}", "{}")[0] == 404
        while b"a heartbeat of node" not in (sent := journal.recv(1 << 16)):
            pass
        assert b"\nMESSAGE=Answered " in b"\n" + sent and b"a heartbeat of node ?forged?[2J, which is not known\n" in sent


# ---- the port, slow and hostile clients

def test_port_is_taken():
    with Introspect(start=False) as daemon:
        other = hold_port(daemon.server, "tcp", PORT, ADDRESS)
        daemon.start()
        problem = daemon.bus.wait_for(lambda: (daemon.bus.status("introspect") or {}).get("problems"))[0]
        assert problem["subject"] == f"port {PORT} of network lab"
        assert f"python3 (process {other.pid}) has port {PORT} of {ADDRESS}" in problem["reason"]
        assert daemon.bus.status("introspect")["state"] == "degraded"
        other.kill()
        other.wait()
        daemon.bus.wait_for(lambda: not daemon.bus.status("introspect")["problems"])
        daemon.wait_listening()


def test_address_comes_later_and_port_moves():
    with Introspect(start=False) as daemon:
        daemon.server.ip("address", "flush", "dev", "prov0")
        daemon.start()
        daemon.bus.wait_applied("introspect")
        daemon.server.ip("address", "add", f"{ADDRESS}/24", "dev", "prov0")
        daemon.wait_listening()
        daemon.bus.set_network("lab", interface="prov0", address="192.0.2.3/24")
        daemon.server.ip("address", "add", "192.0.2.3/24", "dev", "prov0")
        daemon.bus.wait_applied("introspect")
        with pytest.raises(OSError):
            daemon.connect()
        with daemon.client.entered():
            socket.create_connection(("192.0.2.3", PORT), timeout=PATIENCE).close()


def test_slow_clients_hold_up_nobody(shared):
    """As many as one address may have are half-way through a request; a machine of another address is served at once."""
    slow = [shared.connect() for _ in range(40)]
    head = f"POST /v1/continue?token={make_token()} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{{".encode()
    for i, connection in enumerate(slow):
        try:
            connection.sendall(head if i % 2 else b"POST /v1/conti")
        except OSError:
            pass
    shared.client.ip("address", "add", "192.0.2.101/24", "dev", "eth0")
    with shared.client.entered():
        quick = socket.socket()
        quick.bind(("192.0.2.101", 0))
        quick.settimeout(PATIENCE)
        started = time.monotonic()
        quick.connect((ADDRESS, PORT))
    quick.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert quick.recv(4096).startswith(b"HTTP/1")
    assert time.monotonic() - started < contention()
    for connection in slow:
        connection.close()
    quick.close()


def memory_kib(process):
    """0 under AddressSanitizer, which keeps what was freed."""
    with open(f"/proc/{process.pid}/maps") as file:
        if "libasan" in file.read():
            return 0
    with open(f"/proc/{process.pid}/smaps_rollup") as file:
        return int(next(line for line in file if line.startswith("Pss:")).split()[1])


def test_bodies_in_flight_are_bounded(own):
    """Ten machines send 15 MiB each and do not finish: nothing swells, those over the bound are told to come again, and a usual
    inventory is taken all the while."""
    connections = [own.connect() for _ in range(10)]
    for i, connection in enumerate(connections):
        body = json.dumps(payload(machine(i), logs="x")).encode()
        head = f"POST /v1/continue?token={make_token(machine(i))} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + (15 << 20)}\r\n\r\n".encode()
        connection.sendall(head + body[:-2] + b"x" * (15 << 20))
    assert memory_kib(own.process) < 100 * 1024
    assert own.post(payload(), make_token())[0] == 200
    answers = []
    for connection in connections[-5:]:
        connection.sendall(body[-2:])
        answers.append(connection.makefile("rb").read())
    refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503") and b"Retry-After: 5" in answer]
    assert len(refused) >= 2  # at most 3 fit
    for connection in connections:
        connection.close()
    own.bus.wait_for(lambda: len(inventories(own)) == 1 + len(answers) - len(refused))
    own.bus.wait_for(lambda: memory_kib(own.process) < 20 * 1024)


@pytest.mark.parametrize("text", [b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"POST /v1/continue HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                                  b"POST /v1/continue HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                                  b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                                  b"POST /v1/agent HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])
def test_no_http(shared, text):
    """Gets no good answer, and harms nothing else."""
    connection = shared.connect(timeout=1)
    try:
        connection.sendall(text)
        assert not connection.recv(4096).startswith(b"HTTP/1.1 200")
    except (ConnectionError, TimeoutError):  # closed, or not yet: what may still become a request has 30 s
        pass
    connection.close()
    assert shared.request("GET", "/")[0] == 200


def test_a_flood_of_refusals_is_not_a_flood_of_reports(shared):
    steps = len(shared.steps("refused"))
    for _ in range(300):
        shared.post(b"{}", make_token(expires=1))
    time.sleep(0.5)
    assert len(shared.steps("refused")) - steps < 150
    assert shared.request("GET", "/")[0] == 200
