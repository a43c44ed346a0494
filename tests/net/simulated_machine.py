"""A machine that boots by the network, as far as the appliance can see of it: DHCP, TFTP and HTTP as firmware, iPXE and the inspection
ramdisk do them, with their patience. Each has a network namespace and a cable to the appliance's bridge."""
import copy
import http.client
import json
import re
import socket
import struct
import time
import uuid

from dhcp_daemon import Machine as Card
from introspect_daemon import ipa
from netns import Namespace
from waiting import PATIENCE

FIRMWARE = {"arch": 0}
IPXE = {"arch": 0, "user_class": b"iPXE", "ipxe_option": True}
OS = {}
# What is hit by a death on the other side, and tried again.
TRANSIENT = (OSError, http.client.HTTPException)
PAUSE = 0.1
# iPXE gives up a file after ten tries, and asks anew what to boot.
DOWNLOAD_TRIES = 10


class GaveUp(AssertionError):
    """More than the patience of a machine."""


class Script:
    """What /boot answered. `profile` is None where the machine is refused."""

    def __init__(self, text):
        self.text = text
        heading = re.search(r"^echo pxed: boots profile ([\w.-]+)", text, re.M)
        self.profile = heading and heading[1]
        self.urls = re.findall(r"^(?:kernel|initrd)\b.*? (http://\S+)", text, re.M)
        callback = re.search(r"ipa-inspection-callback-url=(\S+)", text)
        self.callback = callback and callback[1]

    def __repr__(self):
        return f"Script({self.text!r})"


class SimulatedMachine:
    def __init__(self, appliance, number):
        self.number = number
        self.namespace = Namespace(f"machine{number}")
        self.address = None
        end = f"m{number}"
        appliance.namespace.ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", self.namespace.name)
        appliance.namespace.ip("link", "set", end, "master", "pxe0", "up")
        self.namespace.ip("link", "set", "eth0", "up")
        self.become(f"52:54:00:00:{number:02x}:00")

    def become(self, mac):
        """Another machine from now on."""
        self.mac, self.uuid = mac, str(uuid.uuid5(uuid.NAMESPACE_OID, mac))
        self.namespace.ip("link", "set", "eth0", "address", mac)
        self.card, self.client = None, self.namespace  # `client`: where the card is made
        self.card = Card(self, mac)

    def close(self):
        self.namespace.delete()

    def insist(self, what, attempt):
        """attempt() until it returns something else than None; what deaths on the other side do to it counts as None."""
        end = time.monotonic() + PATIENCE
        fault = None
        while time.monotonic() < end:
            try:
                result = attempt()
                if result is not None:
                    return result
            except TRANSIENT as error:
                fault = error
            time.sleep(PAUSE)
        raise GaveUp(f"{self.mac}: no {what} within {PATIENCE} s ({fault!r})")

    # ---- the protocols

    def dhcp(self, stage):
        """The acknowledgement; the address is the card's from then on."""
        def exchange():
            offer = self.card.discover(timeout=1, **stage)
            answer = offer and offer.kind == 2 and self.card.request(offer, timeout=1, **stage)
            return answer if answer and answer.kind == 5 else None

        answer = self.insist("DHCP acknowledgement", exchange)
        if answer.address != self.address:
            self.namespace.ip("address", "flush", "dev", "eth0")
            self.namespace.ip("address", "add", f"{answer.address}/24", "dev", "eth0")
            self.address = answer.address
        return answer

    def tftp(self, server, name):
        """A file by RFC 1350, from its begin again when it is interrupted."""
        def load():
            with self.namespace.entered():
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with sock:
                sock.settimeout(0.5)
                sock.sendto(struct.pack("!H", 1) + name.encode() + b"\0octet\0", (server, 69))
                data, block = b"", 1
                while True:
                    packet, peer = sock.recvfrom(2048)
                    opcode, number = struct.unpack("!HH", packet[:4])
                    assert opcode == 3, f"TFTP of {name}: {packet}"
                    sock.sendto(struct.pack("!HH", 4, number), peer)
                    if number == block & 0xFFFF:
                        data, block = data + packet[4:], block + 1
                    if len(packet) < 516:
                        return data

        return self.insist(f"{name} by TFTP", load)

    def request(self, method, url, body=None, timeout=20):
        """Status and body of one request, without patience."""
        host, port, target = re.fullmatch(r"http://([\d.]+):(\d+)(/.*)", url).groups()
        connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
        try:
            with self.namespace.entered():
                connection.connect()
            connection.request(method, target, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def get(self, url, tries=None):
        """The body, as iPXE insists on it; None after `tries`."""
        count = 0

        def load():
            nonlocal count
            count += 1
            try:
                status, body = self.request("GET", url)
            except TRANSIENT:
                status = 503
            if status == 200:
                return body
            assert status == 503, f"{url}: {status} {body}"
            return False if count == tries else None

        return self.insist(url, load) or None

    def post(self, url, payload):
        """The answer, as the ramdisk insists on it."""
        def send():
            status, body = self.request("POST", url, json.dumps(payload).encode())
            if status == 200:
                return json.loads(body)
            assert status in (408, 409, 429) or status >= 500, f"{url}: {status} {body}"
            return None

        return self.insist(url, send)

    # ---- the stages of a boot

    def firmware(self):
        """Returns the URL that iPXE is given."""
        answer = self.dhcp(FIRMWARE)
        assert answer.file == "undionly.kpxe", answer.file
        assert len(self.tftp(answer.next_server, answer.file)) > 50_000
        return self.dhcp(IPXE).file

    def script(self, start="http://192.0.2.1:8080/boot.ipxe"):
        """What the machine is to boot."""
        chain = re.search(r"^chain .* (http://\S+)", self.get(start).decode(), re.M)[1]
        for name, value in {"${netX/mac}": self.mac, "${uuid}": self.uuid, "${platform}": "pcbios", "${buildarch}": "i386",
                            "${serial:uristring}": f"SERIAL-{self.mac}", "${manufacturer:uristring}": "", "${product:uristring}": ""}.items():
            chain = chain.replace(name, value)
        assert "$" not in chain, chain
        return Script(self.get(chain).decode())

    def load(self, script):
        """All files; False: one of them could not be had, the machine asks anew."""
        return all(self.get(url, DOWNLOAD_TRIES) is not None for url in script.urls)

    def inventory(self):
        """As the ramdisk posts it."""
        payload = copy.deepcopy(ipa())
        payload["boot_interface"] = payload["inventory"]["boot"]["pxe_interface"] = "01-" + self.mac.replace(":", "-")
        payload["dmi"] = {"system": {"uuid": self.uuid}}
        inventory = payload["inventory"]
        card = inventory["interfaces"][1]
        card.update(mac_address=self.mac, name="eth0", ipv4_address=self.address)
        inventory["interfaces"] = [card]
        payload["lldp_raw"] = {"eth0": payload["lldp_raw"]["nic0.100"]}
        inventory["system_vendor"].update(serial_number=f"SERIAL-{self.mac}", manufacturer="Simulated", product_name="Machine 1")
        inventory["disks"][0]["serial"] = f"DISK-{self.mac}"
        payload["logs"] = ""
        return payload

    def inspect(self, script):
        """The ramdisk's part: its states, its inventory. Returns what was posted."""
        self.dhcp(OS)
        agent = script.callback.replace("/v1/continue", "/v1/agent")
        payload = self.inventory()
        for state in ("started", "collecting"):
            self.post(agent, {"state": state, "message": None, "mac": self.mac})
        self.post(script.callback, payload)
        self.post(agent, {"state": "posted", "message": None, "mac": self.mac})
        return payload

    def boot(self):
        """From power-on to what the script says; returns the script that was followed to its end."""
        start = self.firmware()
        script = self.script(start)
        while not self.load(script):
            script = self.script(start)
        if script.callback:
            self.inspect(script)
        return script
