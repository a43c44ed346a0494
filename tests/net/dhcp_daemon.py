"""pxed-dhcp from the build folder on a wire of its own, and machines that ask it, made with scapy."""
import contextlib
import json
import random
import shutil
import socket
import struct
import tempfile
import time

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from fake_bus import FakeBus
from netns import Namespace, connect
from places import BUILD
from waiting import PATIENCE

SERVER = "192.0.2.1"
LOADER_URL = f"http://{SERVER}:8080/loaders/snponly.efi"
SCRIPT_URL = f"http://{SERVER}:8080/boot.ipxe"
CLIENT_MAC = "52:54:00:00:00:01"
# as firmware asks: among others the options that carry file and server
REQUESTED = [1, 3, 6, 12, 15, 43, 54, 60, 66, 67, 97, 128, 175]


class DhcpDaemon:
    """An appliance namespace with the interface prov0 and a client namespace with eth0; the daemon runs after start()."""

    def __init__(self, with_interface=True, user=None):
        self.folder = tempfile.mkdtemp(prefix="pxed-dhcp-")
        self.runtime, self.state = f"{self.folder}/run", f"{self.folder}/state"
        self.appliance, self.client = Namespace("appliance"), Namespace("client")
        self.process, self.user, self.build = None, user, BUILD
        if with_interface:
            self.connect()
        self.bus = FakeBus(self.runtime)

    def connect(self):
        connect(self.appliance, "prov0", self.client, "eth0", address=f"{SERVER}/24", client_mac=CLIENT_MAC)

    def start(self, wait=True):
        command = [f"{self.build}/pxed-dhcp", "--runtime-dir", self.runtime, "--state-dir", self.state]
        if self.user:
            capabilities = "+net_bind_service,+net_admin,+net_raw"
            command = ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups", "--inh-caps", capabilities,
                       "--ambient-caps", capabilities, *command]
        self.log = open(f"{self.folder}/log", "a")
        self.process = self.appliance.popen(command, stdout=self.log, stderr=self.log)
        if wait:
            self.wait_ready()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0

    def child(self, network="lab"):
        """The state of the network's dnsmasq as reported last; None: there is none."""
        status = self.bus.status("dhcp")
        children = status["children"] if status and status["pid"] == self.process.pid else []
        return next((child for child in children if child["name"] == f"dnsmasq:{network}"), None)

    def wait_ready(self, network="lab"):
        return self.bus.wait_for(lambda: (child := self.child(network)) and child["state"] == "ready" and child)

    def problem(self, subject="network lab"):
        status = self.bus.status("dhcp")
        return next((p["reason"] for p in status["problems"] if p["subject"] == subject), None) if status else None

    def wait_problem(self, text, subject="network lab"):
        return self.bus.wait_for(lambda: text in (self.problem(subject) or ""))

    def wait_no_problem(self, subject="network lab"):
        self.bus.wait_for(lambda: self.problem(subject) is None)

    def leases(self):
        """MAC: address, as told to pxed last."""
        return {lease["mac"]: lease["address"] for lease in self.bus.values("lease") if not lease["ended"]}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if exception[0]:
            print(open(f"{self.folder}/log").read() if self.process else "", json.dumps(self.bus.statuses, indent=1))
        self.client.delete()
        self.appliance.delete()
        self.bus.stop()
        shutil.rmtree(self.folder)


@pytest.fixture
def daemon():
    """It serves the network lab."""
    with DhcpDaemon() as daemon:
        daemon.bus.set_network("lab", interface="prov0")
        daemon.start()
        yield daemon


class Machine:
    """A machine's network card on the client's eth0. Each stage (firmware, iPXE, system) is told by its keyword arguments."""

    def __init__(self, daemon, mac=CLIENT_MAC, interface="eth0"):
        self.mac = mac
        with daemon.client.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.socket.bind((interface, 0x0800))

    def packet(self, kind, xid, options, ciaddr="0.0.0.0"):
        return bytes(Ether(src=self.mac, dst="ff:ff:ff:ff:ff:ff") / IP(src=ciaddr, dst="255.255.255.255") / UDP(sport=68, dport=67) /
                     BOOTP(chaddr=bytes.fromhex(self.mac.replace(":", "")), xid=xid, flags=0x8000, ciaddr=ciaddr) /
                     DHCP(options=[("message-type", kind), *options, "end"]))

    def _send(self, *arguments, **options):
        # what other machines were sent meanwhile fills the socket's buffer
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(4096)
        self.socket.setblocking(True)
        self.socket.send(self.packet(*arguments, **options))

    def _receive(self, xid, timeout):
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                frame = self.socket.recv(4096)
            except TimeoutError:
                break
            # UDP to port 68, BOOTREPLY, our transaction
            if frame[23] == 17 and frame[36:38] == b"\0\x44" and frame[42] == 2 and struct.unpack(">I", frame[46:50])[0] == xid:
                return Answer(Ether(frame))
        return None

    @staticmethod
    def options(arch=None, user_class=None, client_id=None, ipxe_option=False, vendor_class=None):
        options = []
        if arch is not None:
            kind = vendor_class or ("HTTPClient" if arch == 16 else "PXEClient")
            options += [(93, struct.pack(">H", arch)), ("vendor_class_id", f"{kind}:Arch:{arch:05}:UNDI:002001".encode())]
        if user_class:
            options.append((77, user_class))
        if ipxe_option:
            options.append((175, b"\x13\x01\x01"))
        if client_id:
            options.append(("client_id", client_id))
        return options + [("param_req_list", REQUESTED)]

    def discover(self, timeout=PATIENCE, **stage):
        xid = random.getrandbits(32)
        self._send("discover", xid, self.options(**stage))
        return self._receive(xid, timeout)

    def request(self, offer, timeout=PATIENCE, **stage):
        xid = random.getrandbits(32)
        chosen = [("server_id", offer.option("server_id")), ("requested_addr", offer.address)]
        self._send("request", xid, chosen + self.options(**stage))
        return self._receive(xid, timeout)

    def boot(self, **stage):
        """DISCOVER to ACK; returns the ACK."""
        offer = self.discover(**stage)
        assert offer and offer.kind == 2, f"no offer for {self.mac} {stage}"
        answer = self.request(offer, **stage)
        assert answer and answer.kind == 5, f"no acknowledgement for {self.mac} {stage}"
        assert answer.address == offer.address and answer.file == offer.file
        return answer

    def release(self, answer):
        self._send("release", random.getrandbits(32), [("server_id", answer.option("server_id"))], ciaddr=answer.address)


def solicit_router(daemon, interface="eth0"):
    """Asks for routers until one answers: its message, address and hop limit. Both ends' addresses are usable only after duplicate
    address detection."""
    with daemon.client.entered():
        asker = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        index = socket.if_nametoindex(interface)
    asker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    asker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    asker.settimeout(0.3)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            asker.sendto(bytes([133, 0, 0, 0, 0, 0, 0, 0]), ("ff02::2", 0, 0, index))
            message, ancillary, _, source = asker.recvmsg(1500, 100)
            if message[0] == 134 and source[3] == index:
                return message, source[0], int.from_bytes(ancillary[0][2], "little")
    raise AssertionError("no router advertisement")


class Answer:
    def __init__(self, frame):
        self.bootp = frame[BOOTP]
        self.options = dict(option[:2] for option in frame[DHCP].options if isinstance(option, tuple))
        self.kind = self.options["message-type"]
        self.address, self.next_server = self.bootp.yiaddr, self.bootp.siaddr
        self.file = self.bootp.file.rstrip(b"\0").decode()

    def option(self, name):
        return self.options.get(name)
