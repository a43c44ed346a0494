"""Loaders by TFTP from the real in.tftpd; what is missing or taken is told, and mended by itself."""
import os
import pathlib
import signal
import socket
import time

import pytest

from fake_bus import send
from netns import hold_port, wait_dead
from tftp_daemon import ADDRESS, MAC, PORT, Daemon, node_entry

IPXE = pathlib.Path("/usr/lib/ipxe")


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon(tmp_path)
    yield daemon
    daemon.close()


def test_loaders(daemon):
    daemon.start().wait_ready()
    for name in ("undionly.kpxe", "snponly.efi"):
        assert daemon.tftp(name) == (IPXE / name).read_bytes()
    local = daemon.tftp("local-x64.efi")
    assert local[:2] == b"MZ" and local == daemon.get("/loaders/local-x64.efi")[2]
    assert daemon.status()["state"] == "ready" and not daemon.problems()


def test_with_curl_and_options(daemon):
    daemon.start().wait_ready()
    daemon.client.run(["curl", "-sf", "--tftp-blksize", "1468", "-o", str(daemon.path / "got"), f"tftp://{ADDRESS}/snponly.efi"])
    assert (daemon.path / "got").read_bytes() == (IPXE / "snponly.efi").read_bytes()


@pytest.mark.parametrize("name", ["none", "../consumed", "/etc/passwd", "../../../../etc/passwd", "loaders/../../state", "", "a" * 400])
def test_names_refused(daemon, name):
    daemon.start().wait_ready()
    with pytest.raises((FileNotFoundError, socket.timeout)):
        daemon.tftp(name, timeout=0.5)


def test_not_root_inside(daemon):
    """A link that leads out of the folder finds nothing."""
    daemon.start().wait_ready()
    (daemon.path / "state/tftp/loaders/link").symlink_to("/etc/hostname")
    with pytest.raises(FileNotFoundError):
        daemon.tftp("link")


def test_missing_loader(daemon, tmp_path):
    folder = tmp_path / "ipxe"
    daemon.start("--ipxe-dir", str(folder))
    daemon.bus.wait_for(lambda: "loader snponly.efi" in daemon.problems() and "loader undionly.kpxe" in daemon.problems())
    reason = daemon.problems()["loader snponly.efi"]
    assert str(folder / "snponly.efi") in reason and "apt install ipxe" in reason
    assert daemon.status()["state"] == "degraded"
    # the other half still works
    assert daemon.get("/boot.ipxe")[0] == 200
    daemon.wait_ready()

    folder.mkdir()
    for name in ("undionly.kpxe", "snponly.efi"):
        (folder / name).write_bytes((IPXE / name).read_bytes())
    daemon.bus.wait_for(lambda: not daemon.problems())
    assert daemon.tftp("snponly.efi") == (IPXE / "snponly.efi").read_bytes()

    # an upgrade of the package is taken over; its removal leaves what is there
    (folder / "snponly.efi").write_bytes(b"newer")
    daemon.bus.wait_for(lambda: daemon.tftp("snponly.efi") == b"newer")
    (folder / "snponly.efi").unlink()
    time.sleep(1.5)
    assert daemon.tftp("snponly.efi") == b"newer" and not daemon.problems()


def test_missing_program(daemon, tmp_path):
    program = tmp_path / "in.tftpd"
    daemon.start("--tftpd", str(program))
    reason = daemon.bus.wait_for(lambda: daemon.problems().get("TFTP of network lab"))
    assert str(program) in reason and "apt install tftpd-hpa" in reason
    program.symlink_to("/usr/sbin/in.tftpd")
    daemon.wait_ready()
    daemon.bus.wait_for(lambda: not daemon.problems())


def test_port_69_in_use(daemon):
    holder = hold_port(daemon.appliance, "udp", 69)
    daemon.start()
    reason = daemon.bus.wait_for(lambda: daemon.problems().get("TFTP of network lab"))
    assert f"port 69 of {ADDRESS} is in use by python3 (process {holder.pid})" in reason
    assert daemon.get("/boot.ipxe")[0] == 200
    holder.kill()
    holder.wait()
    daemon.wait_ready()
    daemon.bus.wait_for(lambda: not daemon.problems())
    assert daemon.tftp("ready") == b"pxed\n"


def test_http_port_in_use(daemon):
    holder = hold_port(daemon.appliance, "tcp", PORT)
    daemon.start()
    reason = daemon.bus.wait_for(lambda: daemon.problems().get(f"port {PORT} of {ADDRESS}"))
    assert f"in use by python3 (process {holder.pid})" in reason
    daemon.wait_ready()
    holder.kill()
    holder.wait()
    daemon.bus.wait_for(lambda: not daemon.problems())
    assert daemon.get("/boot.ipxe")[0] == 200
    # or another port is told
    daemon.bus.set_entry("settings", **{**daemon.bus.entries["settings"], "httpPort": 8099})
    daemon.bus.wait_applied("tftp")
    output = daemon.client.run(["curl", "-sf", f"http://{ADDRESS}:8099/boot.ipxe"]).stdout
    assert f"http://{ADDRESS}:8099/boot?" in output
    with pytest.raises(ConnectionRefusedError):
        daemon.connection()


def test_interface_comes_later(tmp_path):
    daemon = Daemon(tmp_path, link=False)
    daemon.start()
    reason = daemon.bus.wait_for(lambda: daemon.problems().get("TFTP of network lab"))
    assert f"address {ADDRESS} is not on this host" in reason
    daemon.link()
    daemon.wait_ready()
    assert daemon.get("/boot.ipxe")[0] == 200
    assert daemon.tftp("ready") == b"pxed\n"
    daemon.close()


def test_killed_child(daemon):
    daemon.start().wait_ready()
    for _ in range(2):
        pid = daemon.child()["pid"]
        os.kill(pid, signal.SIGKILL)
        daemon.bus.wait_for(lambda: daemon.child()["state"] == "ready" and daemon.child()["pid"] != pid)
        assert daemon.tftp("ready") == b"pxed\n"
    assert daemon.child()["restarts"] == 2


def test_child_ends_with_the_daemon(daemon):
    daemon.start().wait_ready()
    pid = daemon.child()["pid"]
    daemon.kill()
    wait_dead(pid, "its in.tftpd")


def test_address_changes(daemon):
    daemon.start().wait_ready()
    daemon.appliance.ip("address", "add", "192.0.2.9/24", "dev", "prov0")
    daemon.bus.set_network("lab", interface="prov0", address="192.0.2.9/24")
    daemon.bus.wait_applied("tftp")
    daemon.wait_ready()
    assert "network: lab, served by 192.0.2.9" in daemon.client.run(["curl", "-sf", f"http://192.0.2.9:{PORT}/boot?mac={MAC}"]).stdout
    daemon.client.run(["curl", "-sf", "-o", "/dev/null", "tftp://192.0.2.9/snponly.efi"])
    with pytest.raises(ConnectionRefusedError):
        daemon.connection()
    daemon.bus.remove("network/lab")
    daemon.bus.wait_for(lambda: not daemon.status()["children"])


def test_missing_image_folder(daemon):
    daemon.start()
    daemon.images.rename(daemon.path / "away")
    reason = daemon.bus.wait_for(lambda: daemon.problems().get("image folder"))
    assert str(daemon.images) in reason
    (daemon.path / "away").rename(daemon.images)
    daemon.bus.wait_for(lambda: not daemon.problems())


def test_ten_thousand_nodes(daemon):
    """A start with them, and changes among them."""
    daemon.bus.set_entries(dict(
        (f"node/{n:08x}-0000-4000-8000-000000000000",
         {"id": f"{n:08x}-0000-4000-8000-000000000000", "name": f"node{n}", "macs": [f"52:54:01:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"],
          "uuid": f"{n:08x}-1111-4000-8000-000000000000", "profile": "installer", "parameters": {}, "assignment": n + 1, "once": False,
          "inspect": False}) for n in range(10000)))
    daemon.start()
    assert f".{10000:x}." in daemon.script("52:54:01:00:27:0f")
    for n in range(100):
        daemon.bus.set_entries(dict([node_entry(1, profile="installer", assignment=20000 + n)]))
    daemon.bus.wait_applied("tftp")
    assert f".{20099:x}." in daemon.script(MAC)


def test_as_the_service_runs_it(daemon):
    """Not as root, with the capabilities and the umask of systemd/pxed-tftp.service."""
    for folder in (daemon.path, daemon.path / "run", daemon.images):
        folder.chmod(0o777)
    for folder in (daemon.path, *daemon.path.parents):
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 1:
            folder.chmod(0o711)
    os.chmod(daemon.path / "run/bus", 0o777)
    capabilities = "+net_bind_service,+sys_chroot,+setuid,+setgid"
    daemon.prefix = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}",
                     f"--bounding-set=-all,{capabilities}", "--no-new-privs", "sh", "-c", 'umask 0027 && exec "$@"', "sh"]
    daemon.start().wait_ready()
    assert daemon.tftp("snponly.efi") == (IPXE / "snponly.efi").read_bytes()
    assert not daemon.problems()
    pid = daemon.child()["pid"]
    daemon.kill()
    wait_dead(pid, "its in.tftpd")


def test_a_full_disk_of_pxed_is_not_hammered(daemon):
    """What could not be stored is sent again once a second, also while more is seen; nothing of it is lost."""
    answer, refused = daemon.bus._call, []

    def refuse(peer, call):
        if call["method"] == "org.pxed.Worker.Report":
            refused.append(call)
            send(peer, {"reason": "full"}, error="org.pxed.Worker.StorageFailed")
        else:
            answer(peer, call)

    daemon.start()
    daemon.bus._call = refuse
    began, asked = time.monotonic(), 0
    while (took := time.monotonic() - began) < 1.5 or asked <= 20:
        assert "#!ipxe" in daemon.script()
        asked += 1
        time.sleep(0.01)
    assert 1 <= len(refused) <= 1.5 + took
    daemon.bus._call = answer
    daemon.bus.wait_for(lambda: len(daemon.steps("script") + daemon.steps("refused")) == asked)
