"""A pxed-tftp in a namespace of its own, on a stand-in for pxed, and HTTP and TFTP clients for it."""
import http.client
import os
import pathlib
import re
import signal
import socket
import struct

from fake_bus import FakeBus
from netns import Namespace, connect
from places import BUILD
from waiting import PATIENCE

ADDRESS, PORT = "192.0.2.1", 8080
MAC = "52:54:00:aa:00:01"
NODE = "2b3f4c5d-0000-4000-8000-0000000000{:02x}"


def node_entry(number, **body):
    """Key and value of a node, whose MAC ends with its number."""
    identity = NODE.format(number)
    return f"node/{identity}", {"id": identity, "name": f"node{number}", "macs": [f"52:54:00:aa:00:{number:02x}"], "parameters": {},
                                "assignment": 0, "once": False, "inspect": False, **body}


def profile_entry(name, kind="kernel", **body):
    defaults = {"initrds": [], "arguments": "", "parameters": {}}
    if kind != "local":
        defaults.update(kernel=f"{name}/vmlinuz", initrds=[f"{name}/initrd"])
    return f"profile/{name}", {"name": name, "kind": kind, **defaults, **body}


class Daemon:
    """The appliance's side has prov0 with ADDRESS/24, the client's side eth0 with 192.0.2.50/24."""

    def __init__(self, tmp_path, network=True, link=True):
        self.path = pathlib.Path(tmp_path)
        self.images = self.path / "images"
        self.images.mkdir()
        for name in ("inspect", "installer"):
            (self.images / name).mkdir()
            (self.images / name / "vmlinuz").write_bytes(b"kernel of " + name.encode() + os.urandom(100_000))
            (self.images / name / "initrd").write_bytes(os.urandom(300_000))
        self.bus = FakeBus(str(self.path / "run"))
        self.bus.set_entry("settings", secret="11" * 32, httpPort=PORT, introspectPort=5050, imageDirectory=str(self.images),
                           tokenLifetime=86400)
        self.bus.set_entries(dict([profile_entry("local", "local"), profile_entry("inspect", "inspect"), profile_entry("installer")]))
        self.appliance, self.client = Namespace("appliance"), Namespace("client")
        if link:
            self.link()
        if network:
            self.bus.set_network("lab", interface="prov0", unknown="inspect")
        self.process = None
        self.prefix = []  # of the daemon's command line

    def link(self):
        connect(self.appliance, "prov0", self.client, "eth0", address=f"{ADDRESS}/24", client_mac=MAC)
        self.client.ip("address", "add", "192.0.2.50/24", "dev", "eth0")

    def start(self, *arguments, applied=True, program=BUILD / "pxed-tftp"):
        self.process = self.appliance.popen([*self.prefix, str(program), "--runtime-dir", str(self.path / "run"), "--state-dir",
                                             str(self.path / "state"), "--log-level", "debug", *arguments])
        if applied:
            self.bus.wait_for(lambda: self.status() and self.bus.applied("tftp") >= self.bus.revision)
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.bus._applied.pop("tftp", None)
        self.bus.statuses.pop("tftp", None)

    def close(self):
        status = None
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(PATIENCE)
        self.appliance.delete()
        self.client.delete()
        self.bus.stop()
        assert status in (None, 0)

    # ---- what the daemon says

    def status(self):
        return self.bus.status("tftp")

    def problems(self):
        return {problem["subject"]: problem["reason"] for problem in (self.status() or {}).get("problems", [])}

    def child(self):
        children = (self.status() or {}).get("children", [])
        return children[0] if children else None

    def wait_ready(self):
        self.bus.wait_for(lambda: self.child() and self.child()["state"] == "ready")

    def steps(self, kind):
        return [step for step in self.bus.values("step") if step["kind"] == kind]

    def wait_step(self, kind, **members):
        """The first step of that kind whose members are these."""
        def find():
            return next((s for s in self.steps(kind) if all(s.get(k) == v for k, v in members.items())), None)
        return self.bus.wait_for(find)

    # ---- clients

    def connection(self, timeout=PATIENCE):
        with self.client.entered():
            connection = http.client.HTTPConnection(ADDRESS, PORT, timeout=timeout)
            connection.connect()
        return connection

    def socket(self, timeout=PATIENCE):
        with self.client.entered():
            return socket.create_connection((ADDRESS, PORT), timeout=timeout)

    def request(self, method, target, headers={}):
        """Status, headers and body of one request on a connection of its own."""
        connection = self.connection()
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, target, **headers):
        return self.request("GET", target, {name.replace("_", "-"): value for name, value in headers.items()})

    def script(self, mac=MAC, platform="pcbios", **query):
        parameters = "&".join(f"{name}={value}" for name, value in {"mac": mac, "platform": platform, **query}.items())
        status, _, body = self.get(f"/boot?{parameters}")
        assert status == 200
        return body.decode()

    def urls(self, script):
        """Targets of the files that a script loads, in their order."""
        return re.findall(rf"^(?:kernel|initrd|chain)\b.* http://{ADDRESS}:{PORT}(/(?:images|loaders)/\S+)", script, re.M)

    def load(self, script):
        """Fetches all files of a script as iPXE would."""
        for target in self.urls(script):
            assert self.get(target)[0] == 200

    def tftp(self, name, timeout=PATIENCE):
        """A file by TFTP (RFC 1350), or the message of the server's error."""
        with self.client.entered():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(timeout)
        with sock:
            sock.sendto(struct.pack("!H", 1) + name.encode() + b"\0octet\0", (ADDRESS, 69))
            data, block = b"", 1
            while True:
                packet, peer = sock.recvfrom(2048)
                opcode, number = struct.unpack("!HH", packet[:4])
                if opcode == 5:
                    raise FileNotFoundError(packet[4:].rstrip(b"\0").decode())
                sock.sendto(struct.pack("!HH", 4, number), peer)
                if number == block & 0xFFFF:
                    data, block = data + packet[4:], block + 1
                if len(packet) < 516:
                    return data
