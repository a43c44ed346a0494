"""What the tests of pxed-introspect share: the daemon in a namespace of its own with a stand-in for pxed, tokens, and posts."""
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from fake_bus import FakeBus
from netns import Namespace, connect
from places import BUILD
from waiting import PATIENCE, wait_for

SECRET = "42" * 32
ADDRESS, PORT = "192.0.2.1", 5050
MAC = "52:54:00:aa:bb:01"
NODE = "6d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b11"


def make_token(mac=MAC, node=None, assignment=0, expires=None, secret=SECRET):
    """lib/token.h, written once more: p1.NODE.MAC.ASSIGNMENT.EXPIRES.HMAC"""
    expires = int(time.time()) + 600 if expires is None else expires
    text = f"p1.{node or '-'}.{mac.replace(':', '')}.{assignment:x}.{expires:x}"
    return f"{text}.{hmac.new(bytes.fromhex(secret), text.encode(), hashlib.sha256).hexdigest()[:32]}"


def ipa(version="2025.1"):
    folder = os.path.join(os.path.dirname(__file__), "..", "data", "ipa")
    with open(os.path.join(folder, f"ipa-{version}.json")) as file:
        return json.load(file)


class Introspect:
    """with Introspect() as daemon: daemon.post(...); daemon.bus.values("inventory")"""

    def __init__(self, state_dir=None, start=True):
        self.folder = tempfile.mkdtemp(prefix="pxed-introspect-")
        self.state_dir = state_dir or os.path.join(self.folder, "state")
        self.own_state_dir = os.path.join(self.state_dir, "introspect")
        self.server, self.client = Namespace("introspect"), Namespace("ramdisk")
        connect(self.server, "prov0", self.client, "eth0", address=f"{ADDRESS}/24")
        self.client.ip("address", "add", "192.0.2.100/24", "dev", "eth0")
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        self.bus = FakeBus(os.path.join(self.folder, "run"))
        self.bus.set_entry("settings", secret=SECRET, httpPort=8080, introspectPort=PORT, imageDirectory="/", tokenLifetime=600)
        self.bus.set_network("lab", interface="prov0", address=f"{ADDRESS}/24")
        if start:
            self.start()
            self.wait_listening()
            self.bus.wait_for(lambda: self.bus.status("introspect"))

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = self.server.popen(
                [str(BUILD / "pxed-introspect"), "--runtime-dir", os.path.join(self.folder, "run"),
                 "--state-dir", self.state_dir, "--log-level", "debug"], stderr=log)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(PATIENCE)

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait_listening(self):
        def listens():
            assert self.process.poll() is None, self.log()
            try:
                self.connect().close()
                return True
            except OSError:
                return False
        wait_for(listens, self.log)

    def connect(self, timeout=PATIENCE):
        """A TCP connection from the ramdisk's namespace."""
        with self.client.entered():
            return socket.create_connection((ADDRESS, PORT), timeout=timeout)

    def request(self, method, path, body=None, headers=None, timeout=PATIENCE):
        """Returns (status, headers, the body as JSON)."""
        connection = http.client.HTTPConnection(ADDRESS, PORT, timeout=timeout)
        connection.sock = self.connect(timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            data = response.read()
            return response.status, dict(response.getheaders()), json.loads(data) if data else None
        finally:
            connection.close()

    def post(self, payload, token=None, path="/v1/continue", **options):
        """`payload`: an object, or bytes as they are."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        status, _, answer = self.request("POST", path + (f"?token={token}" if token is not None else ""), body, **options)
        return status, answer

    def agent(self, state, token, message=None):
        status, answer = self.post({"state": state, "message": message, "mac": MAC}, token, "/v1/agent")
        assert status == 200, answer
        return answer["order"]

    def spooled(self):
        """Names of the posts that pxed has not acknowledged, as they are on disk: see introspect/segments.h."""
        posts = []
        with contextlib.suppress(FileNotFoundError):
            for path in sorted(pathlib.Path(self.own_state_dir, "spool").iterdir()):
                data = path.read_bytes()
                while head := re.match(rb"([WD]) [0-9a-f]{16} ([0-9a-f]{8}) [0-9a-f]{12} ([0-9a-f]{32}) [0-9a-f]{8}\n", data):
                    posts += [head[3].decode()] * (head[1] == b"W")
                    data = data[head.end() + int(head[2], 16) + 1:]
        return posts

    def steps(self, kind):
        return [step for step in self.bus.values("step") if step["kind"] == kind]

    def close(self):
        if self.process and self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
        self.server.delete()
        self.client.delete()
        self.bus.stop()
        log = self.log()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert "Sanitizer" not in log, log

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
