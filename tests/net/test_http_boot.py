"""The boot scripts of pxed-tftp: they follow the desired state at once, what was to be booted once is booted once, and what machines fetch
is reported."""
import os
import socket
import threading
import time

import pytest

from tftp_daemon import ADDRESS, MAC, NODE, PORT, Daemon, node_entry, profile_entry
from waiting import wait_for

UNKNOWN = "52:54:00:ff:00:01"


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon(tmp_path)
    yield daemon.start()
    daemon.close()


def assign(daemon, number=1, **body):
    daemon.bus.set_entries(dict([node_entry(number, **body)]))
    daemon.bus.wait_applied("tftp")


def test_start_script(daemon):
    status, headers, body = daemon.get("/boot.ipxe")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    assert headers["Cache-Control"] == "no-store"
    assert body.startswith(b"#!ipxe\n")
    assert f"http://{ADDRESS}:{PORT}/boot?mac=${{netX/mac}}".encode() in body


def test_unknown_machine(daemon):
    script = daemon.script(UNKNOWN, uuid="2b3f4c5d-1111-4000-8000-000000000001")
    assert "/images/inspect/vmlinuz?token=p1.-.525400ff0001.0." in script
    assert f"ipa-inspection-callback-url=http://{ADDRESS}:5050/v1/continue?token=p1.-.525400ff0001.0." in script
    step = daemon.wait_step("script", mac=UNKNOWN)
    assert step["profile"] == "inspect" and step["network"] == "lab" and "node" not in step
    assert step["uuid"] == "2b3f4c5d-1111-4000-8000-000000000001"
    assert "unknown machines" in step["detail"]


def test_ignored_machine(daemon):
    daemon.bus.set_network("lab", interface="prov0", unknown=None)
    daemon.bus.wait_applied("tftp")
    script = daemon.script(UNKNOWN)
    assert "ignores unknown machines" in " ".join(script.replace("\necho ", " ").split())
    assert UNKNOWN in script and script.endswith("exit 1\n")
    assert "ignores" in daemon.wait_step("refused", mac=UNKNOWN)["detail"]


def test_found_by_uuid(daemon):
    assign(daemon, uuid="2b3f4c5d-2222-4000-8000-000000000001", profile="installer", assignment=9)
    script = daemon.script(UNKNOWN, uuid="2B3F4C5D-2222-4000-8000-000000000001")
    assert f"/images/installer/vmlinuz?token=p1.{NODE.format(1)}.525400ff0001.9." in script


def test_missing_image(daemon):
    assign(daemon, profile="installer", assignment=9)
    (daemon.images / "installer/initrd").rename(daemon.images / "away")
    script = daemon.script()
    assert "installer/initrd" in script and "kernel --name" not in script
    assert "installer/initrd" in daemon.wait_step("refused", mac=MAC)["detail"]
    (daemon.images / "away").rename(daemon.images / "installer/initrd")
    assert "kernel --name" in daemon.script()


def test_requests_without_identity(daemon):
    """A script whose token names no machine would bring back an inventory of none."""
    for query in ("", "?", "?mac=", "?mac=zz&uuid=zz", "?mac=00:00:00:00:00:00", "?" + "x=y&" * 100, "?mac=%00",
                  "?uuid=11111111-2222-4333-8444-555555555555"):
        status, _, body = daemon.get("/boot" + query)
        assert status == 400 and b"/boot?mac=" in body, query
    assert not daemon.steps("script")


def test_two_networks(daemon):
    daemon.appliance.ip("address", "add", "198.51.100.1/24", "dev", "prov0")
    daemon.bus.set_network("other", interface="prov0", address="198.51.100.1/24", unknown="local")
    daemon.bus.wait_applied("tftp")
    output = daemon.appliance.run(["curl", "-sf", f"http://198.51.100.1:{PORT}/boot?mac={UNKNOWN}"]).stdout
    assert "network: other, served by 198.51.100.1" in output and "sanboot" in output
    assert "network: lab" in daemon.script(UNKNOWN)
    daemon.bus.remove("network/other")
    daemon.bus.wait_applied("tftp")
    assert daemon.appliance.run(["curl", "-s", f"http://198.51.100.1:{PORT}/boot"], check=False).returncode == 7


def test_set_boot_is_true_when_applied(daemon):
    """The next script that is asked for after the revision is applied is the new one, a thousand times."""
    daemon.bus.set_entries(dict(profile_entry(name, kernel=f"{name}", initrds=[]) for name in ("even", "odd")))
    for name in ("even", "odd"):
        (daemon.images / name).write_bytes(b"kernel")
    connection = daemon.connection()
    for i in range(1000):
        name = ("even", "odd")[i % 2]
        assign(daemon, profile=name, assignment=100 + i)
        connection.request("GET", f"/boot?mac={MAC}")
        body = connection.getresponse().read().decode()
        assert f"/images/{name}?token=p1.{NODE.format(1)}.525400aa0001.{100 + i:x}." in body


def test_once(daemon):
    assign(daemon, profile="installer", assignment=9, once=True)
    # a script alone, or half the files, consumes nothing
    first = daemon.script()
    kernel, initrd = daemon.urls(first)
    daemon.get(kernel)
    daemon.get(initrd, Range="bytes=0-100")
    second = daemon.script()
    assert "/images/installer/" in second and not daemon.steps("started")
    # all of them, with a glitch and a resumed part
    kernel, initrd = daemon.urls(second)
    daemon.get(initrd, Range="bytes=0-99999")
    daemon.get(initrd, Range="bytes=100000-")
    daemon.request("HEAD", kernel)
    assert not daemon.steps("started")
    daemon.get(kernel)
    step = daemon.wait_step("started")
    assert (step["assignment"], step["profile"], step["node"], step["mac"]) == (9, "installer", NODE.format(1), MAC)
    assert "sanboot" in daemon.script()
    # a new assignment of the same profile is another one
    assign(daemon, profile="installer", assignment=10, once=True)
    assert "/images/installer/" in daemon.script()


def test_once_local(daemon):
    assign(daemon, profile="local", assignment=9, once=True)
    daemon.bus.set_network("lab", interface="prov0", known="installer")
    daemon.bus.wait_applied("tftp")
    assert "sanboot" in daemon.script()
    assert daemon.wait_step("started")["assignment"] == 9
    assert "/images/installer/" in daemon.script()


def test_until_changed(daemon):
    assign(daemon, profile="installer", assignment=9)
    for times in (1, 2):
        script = daemon.script()
        assert "/images/installer/" in script
        daemon.load(script)
        # no machine comes back before its last byte is known to have arrived
        daemon.bus.wait_for(lambda: len(daemon.steps("started")) == times)


def test_inspect_goes_first_and_consumes_nothing(daemon):
    assign(daemon, profile="installer", assignment=9, once=True, inspect=True)
    script = daemon.script()
    assert "/images/inspect/vmlinuz" in script
    daemon.load(script)
    assert daemon.wait_step("started")["assignment"] == 0
    assign(daemon, profile="installer", assignment=9, once=True)
    assert "/images/installer/" in daemon.script()


def test_once_survives_kill(daemon):
    assign(daemon, profile="installer", assignment=9, once=True)
    daemon.load(daemon.script())
    daemon.wait_step("started")
    for _ in range(3):
        daemon.kill()
        daemon.start()
        assert "sanboot" in daemon.script()
    assert (daemon.path / "state/tftp/consumed" / NODE.format(1)).exists()
    # the desired state moves on
    assign(daemon)
    assert not (daemon.path / "state/tftp/consumed" / NODE.format(1)).exists()


def test_kill_in_the_middle_of_a_boot(daemon):
    """The kernel came from the daemon that was killed, the ramdisk from the next one."""
    assign(daemon, profile="installer", assignment=9, once=True)
    kernel, initrd = daemon.urls(daemon.script())
    daemon.get(kernel)
    daemon.kill()
    daemon.start()
    assert daemon.get(initrd)[0] == 200
    assert daemon.wait_step("started")["assignment"] == 9
    assert "sanboot" in daemon.script()


def test_without_pxed(daemon):
    """Machines are served, what they did is reported when pxed is back."""
    assign(daemon, profile="installer", assignment=9, once=True)
    daemon.bus.stop()
    time.sleep(0.1)
    script = daemon.script()
    assert "/images/installer/" in script
    daemon.load(script)
    # the machine has the last byte a moment before pxed-tftp knows of it
    wait_for(lambda: "sanboot" in daemon.script(), "the boot counts")
    assert not daemon.steps("started")
    daemon.bus.start()
    assert daemon.wait_step("started")["assignment"] == 9
    assert [step["file"] for step in daemon.steps("file")] == ["installer/vmlinuz", "installer/initrd"]


def test_disk_full(daemon):
    """What cannot be written is told and kept in mind."""
    consumed = daemon.path / "state/tftp/consumed"
    consumed.rmdir()
    consumed.write_text("in the way")
    assign(daemon, profile="installer", assignment=9, once=True)
    daemon.load(daemon.script())
    daemon.bus.wait_for(lambda: "consumed assignments" in daemon.problems())
    assert "sanboot" in daemon.script()


def test_bad_tokens(daemon):
    """The file is served, but counts for nobody."""
    assign(daemon, profile="installer", assignment=9, once=True)
    target = daemon.urls(daemon.script())[1]
    for bad in (target[:-1] + ("0" if target[-1] != "0" else "1"), target.replace(".9.", ".8."), target.split("?")[0] + "?token=" + "x" * 500):
        assert daemon.get(bad)[0] == 200
    time.sleep(0.3)
    assert not daemon.steps("file")


def test_expired_token(daemon):
    daemon.bus.set_entry("settings", **{**daemon.bus.entries["settings"], "tokenLifetime": 1})
    assign(daemon, profile="installer", assignment=9, once=True)
    script = daemon.script()
    time.sleep(2.1)
    daemon.load(script)
    assert "expired" in daemon.wait_step("refused", mac=MAC)["detail"]
    assert not daemon.steps("started")


def test_refused_file(daemon):
    assign(daemon, profile="installer", assignment=9)
    kernel = daemon.urls(daemon.script())[0]
    assert daemon.get(kernel.replace("/installer/vmlinuz", "/installer/gone"))[0] == 404
    assert daemon.wait_step("refused", mac=MAC)["file"] == "installer/gone"


def test_progress(daemon):
    """What the machine really has, while it has not all, although nobody but the kernel sees the bytes."""
    size = 40_000_000
    (daemon.images / "installer/initrd").write_bytes(os.urandom(size))
    assign(daemon, profile="installer", assignment=9)
    target = daemon.urls(daemon.script())[1]
    received = 0
    with daemon.client.entered():
        sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    sock.connect((ADDRESS, PORT))
    sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    def read(upto):
        nonlocal received
        while received < upto:
            part = sock.recv(min(1 << 16, upto - received))
            assert part
            received += len(part)

    for share in (0.25, 0.5, 0.75):
        read(int(size * share))
        # in the receiver's buffer there may be a little more than was read
        daemon.bus.wait_for(lambda: any(abs(step["bytes"] - received) < 1_000_000 for step in daemon.steps("file")))
    assert all(step["total"] == size and step["bytes"] < size for step in daemon.steps("file"))
    read(size)
    daemon.wait_step("file", bytes=size)
    steps = daemon.steps("file")
    assert [step["bytes"] for step in steps] == sorted(step["bytes"] for step in steps)
    times = [o["time"] for o in daemon.bus.observations if (o.get("step") or {}).get("kind") == "file"]
    assert len(set(times)) == 1  # one step that goes on
    sock.close()


def test_progress_of_a_broken_transfer(daemon):
    (daemon.images / "installer/initrd").write_bytes(os.urandom(40_000_000))
    assign(daemon, profile="installer", assignment=9)
    target = daemon.urls(daemon.script())[1]
    with daemon.socket() as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = 0
        while received < 10_000_000:
            received += len(sock.recv(1 << 16))
    daemon.bus.wait_for(lambda: daemon.steps("file") and daemon.steps("file")[-1]["bytes"] > 9_000_000)
    time.sleep(0.5)
    assert 9_000_000 < daemon.steps("file")[-1]["bytes"] < 40_000_000
    assert not daemon.steps("started")


def test_many_machines_at_once(daemon):
    """Each of 40 machines gets its own script and files."""
    daemon.bus.set_entries(dict(node_entry(n, profile="installer", assignment=100 + n, once=True) for n in range(1, 41)))
    daemon.bus.wait_applied("tftp")
    failures = []

    def boot(number):
        try:
            daemon.load(daemon.script(f"52:54:00:aa:00:{number:02x}"))
        except Exception as error:  # told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=boot, args=(n,)) for n in range(1, 41)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    daemon.bus.wait_for(lambda: {step["assignment"] for step in daemon.steps("started")} == set(range(101, 141)))


# ---- what was kept on disk

KEPT = "Serving the state of the last run"


def killed_and_changed(daemon):
    """What is on disk knows a node that has an assignment; what pxed says now has none."""
    assign(daemon, profile="installer", assignment=9)
    daemon.kill()
    daemon.bus.set_entries(dict([node_entry(1)]))


def test_kept_state_is_not_served_when_pxed_is_there(daemon, capfd):
    killed_and_changed(daemon)
    daemon.start()
    assert "/images/installer/" not in daemon.script()
    time.sleep(0.6)  # the time after which it would be
    assert "/images/installer/" not in daemon.script() and KEPT not in capfd.readouterr().err


def test_kept_state_is_served_when_pxed_says_nothing(daemon, capfd):
    killed_and_changed(daemon)
    daemon.bus.silent = True
    daemon.start(applied=False)
    wait_for(lambda: KEPT in capfd.readouterr().err, "the state of the last run")
    assert "/images/installer/" in daemon.script()
    # pxed's state takes its place
    daemon.bus.silent = False
    daemon.bus.stop()
    daemon.bus.start()
    daemon.bus.wait_applied("tftp")
    assert "/images/installer/" not in daemon.script()
