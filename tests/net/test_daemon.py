"""What each daemon has in common: its arguments, what it tells systemd, its own socket, and how it ends."""
import json
import os
import signal
import socket
import subprocess

import pytest

from fake_bus import FakeBus
from places import BUILD
from waiting import PATIENCE

WORKERS = ["pxed-dhcp", "pxed-tftp", "pxed-netcfg", "pxed-introspect"]
DAEMONS = ["pxed", *WORKERS]

CONFIGURATION = """\
[network lab]
interface = nowhere0
address = 192.0.2.1/24
pool = 192.0.2.100-192.0.2.199
"""


class Notified:
    """The receiving side of sd_notify(3)."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(PATIENCE)

    def wait_for(self, assignment):
        """Reads messages until one has the assignment; all of that one."""
        while True:
            message = self.socket.recv(4096).decode().split("\n")
            if assignment in message:
                return message


def ask(path, method, **parameters):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        connection.sendall(json.dumps({"method": method, "parameters": parameters}).encode() + b"\0")
        answer = b""
        while not answer.endswith(b"\0"):
            piece = connection.recv(65536)
            assert piece, "closed before the reply ended"
            answer += piece
        return json.loads(answer[:-1])


@pytest.fixture(params=DAEMONS)
def daemon(request, tmp_path):
    """A running daemon: name, process, what it told systemd, and its socket."""
    name = request.param
    notified = Notified(tmp_path / "notify")
    arguments = ["--runtime-dir", tmp_path / "run", "--state-dir", tmp_path / "state"]
    bus = None
    if name == "pxed":
        (tmp_path / "pxed.conf").write_text(CONFIGURATION)
        arguments += ["--config", tmp_path / "pxed.conf"]
    else:
        bus = FakeBus(tmp_path / "run")
    environment = dict(os.environ, NOTIFY_SOCKET=str(notified.path), WATCHDOG_USEC="400000")
    environment.pop("WATCHDOG_PID", None)
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen([BUILD / name, *map(str, arguments)], env=environment, stderr=log)
    yield name, process, notified, tmp_path / "run" / f"{name.removeprefix('pxed-')}.sock", tmp_path / "log"
    process.kill()
    process.wait()
    if bus:
        bus.stop()


def test_tells_systemd(daemon):
    _, process, notified, _, log = daemon
    notified.wait_for("READY=1")
    notified.wait_for("WATCHDOG=1")
    process.send_signal(signal.SIGTERM)
    notified.wait_for("STOPPING=1")
    assert process.wait(PATIENCE) == 0, log.read_text()


def test_reload_is_told(daemon):
    name, process, notified, _, _ = daemon
    notified.wait_for("READY=1")
    process.send_signal(signal.SIGHUP)
    if name == "pxed":
        message = notified.wait_for("RELOADING=1")
        assert any(line.startswith("MONOTONIC_USEC=") for line in message)
        notified.wait_for("READY=1")
    notified.wait_for("WATCHDOG=1")
    assert process.poll() is None


def test_answers_on_its_own_socket(daemon):
    name, process, notified, path, _ = daemon
    notified.wait_for("READY=1")
    status = ask(path, "org.pxed.Daemon.GetStatus")["parameters"]["status"]
    assert status["name"] == name
    assert status["pid"] == process.pid
    assert "org.pxed.Daemon" in ask(path, "org.varlink.service.GetInfo")["parameters"]["interfaces"]
    assert ask(path, "org.pxed.Daemon.SetLogLevel", level="debug") == {"parameters": {}}
    refused = ask(path, "org.pxed.Daemon.SetLogLevel", level="chatty")
    assert refused["error"] == "org.varlink.service.InvalidParameter"
    assert refused["parameters"]["parameter"] == "level"


@pytest.mark.parametrize("name", DAEMONS)
def test_arguments(name, tmp_path):
    def run(*arguments):
        done = subprocess.run([BUILD / name, *arguments], capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    status, output, _ = run("--help")
    assert status == 0 and "--runtime-dir" in output and name in output
    status, output, _ = run("--version")
    assert status == 0 and output.startswith(f"{name} ")
    for wrong in (["--nonsense"], ["argument"], ["--log-level", "chatty"], ["--state-dir"]):
        status, _, errors = run(*wrong)
        assert status == 1, wrong
        assert name in errors, wrong


@pytest.mark.parametrize("name", DAEMONS)
def test_a_state_folder_that_cannot_be(name, tmp_path):
    (tmp_path / "file").write_text("")
    done = subprocess.run([BUILD / name, "--runtime-dir", tmp_path / "run", "--state-dir", tmp_path / "file"], capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == 1
    assert f"{tmp_path}/file" in done.stderr and "Not a directory" in done.stderr


@pytest.mark.parametrize("name", WORKERS)
def test_nothing_is_applied_before_it_is_told(name, tmp_path):
    """Another pxed, or one whose store was put back, counts its revisions anew: the old one's number says nothing to it."""
    role = name.removeprefix("pxed-")
    bus = FakeBus(str(tmp_path / "run"))
    with subprocess.Popen([BUILD / name, "--runtime-dir", tmp_path / "run", "--state-dir", tmp_path / "state"],
                          stderr=subprocess.DEVNULL) as process:
        try:
            bus.wait_applied(role)
            bus.stop()
            bus.statuses.clear()
            bus._applied.clear()
            answer, bus._call = bus._call, lambda peer, call: "Watch" in call["method"] or answer(peer, call)
            bus.start()
            bus.wait_for(lambda: bus.status(role))
            assert bus.applied(role) == 0 and bus.status(role)["applied"] is None
        finally:
            process.terminate()
            bus.stop()
