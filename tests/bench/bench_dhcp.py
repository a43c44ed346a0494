"""Leases per second: pxed-dhcp's dnsmasq against one that keeps a lease file of its own. Run as root; PXED_BUILD names the build folder.

    tests/bench/bench_dhcp.py [MACHINES [WINDOW]]
"""
import os
import select
import socket
import struct
import sys
import time

from measuring import pss

from dhcp_daemon import DhcpDaemon, Machine  # noqa: E402

MACHINES = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
WINDOW = int(sys.argv[2]) if len(sys.argv) > 2 else 64
RETRY = 1.0

OWN_FILE = """\
port=0
no-hosts
no-resolv
keep-in-foreground
pid-file=
quiet-dhcp
log-facility=-
user=root
group=root
bind-interfaces
interface=prov0
except-interface=lo
dhcp-range=10.0.1.0,10.0.255.250,255.255.0.0,3600
dhcp-lease-max=65536
dhcp-authoritative
dhcp-ignore-clid
no-ping
dhcp-leasefile={folder}/own.leases
"""


def mac_of(i):
    return f"52:54:{i >> 24 & 255:02x}:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:{i & 255:02x}"


class Storm:
    """MACHINES exchanges, at most WINDOW of them in flight, each packet asked again after RETRY seconds."""

    def __init__(self, daemon):
        self.machine = Machine(daemon)
        self.socket = self.machine.socket
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.socket.setblocking(False)

    def packet(self, kind, i, options):
        """Scapy once for each kind, then only the bytes that differ are put in."""
        key = kind, len(options)
        if key not in self.templates:
            self.templates[key] = self.machine.packet(kind, 0, options + self.machine.options(arch=7))
        packet = bytearray(self.templates[key])
        packet[46:50] = struct.pack(">I", i)
        packet[70:76] = bytes.fromhex(mac_of(i).replace(":", ""))
        packet[40:42] = b"\0\0"  # no UDP checksum
        return packet

    def ask(self, i, offer=None):
        if offer is None:
            packet = self.packet("discover", i, [])
        else:
            packet = self.packet("request", i, [("server_id", "10.0.0.1"), ("requested_addr", "10.0.0.9")])
            at = packet.index(b"\x32\x04\x0a\0\0\x09")
            packet[at + 2:at + 6] = offer
        self.socket.send(packet)
        self.flight[i] = offer, time.monotonic()

    def run(self):
        self.templates, self.flight, self.asked_again, done, started = {}, {}, 0, 0, 0
        begin = time.monotonic()
        while done < MACHINES:
            while started < MACHINES and len(self.flight) < WINDOW:
                self.ask(started)
                started += 1
            select.select([self.socket], [], [], 0.05)
            try:
                while True:
                    frame = self.socket.recv(2048)
                    if frame[23] != 17 or frame[36:38] != b"\0\x44":
                        continue
                    i, kind = struct.unpack(">I", frame[46:50])[0], frame[284]
                    if i not in self.flight:
                        continue
                    if kind == 2 and self.flight[i][0] is None:
                        self.ask(i, frame[58:62])
                    elif kind == 5:
                        del self.flight[i]
                        done += 1
                    elif kind == 6:
                        self.ask(i)
            except BlockingIOError:
                pass
            now = time.monotonic()
            for i, (offer, sent) in list(self.flight.items()):
                if now - sent > RETRY:
                    self.asked_again += 1
                    self.ask(i)
        return time.monotonic() - begin


def report(name, storm, stored):
    seconds = storm.run()
    acknowledged = time.monotonic()
    while not stored():
        time.sleep(0.02)
    print(f"{name}: {MACHINES / seconds:.0f} leases/s, {storm.asked_again} packets asked again, all stored {time.monotonic() - acknowledged:.2f} s later",
          flush=True)


def lines(path):
    return open(path).read().count("\n") if os.path.exists(path) else 0


def prepare(daemon):
    daemon.appliance.ip("address", "add", "10.0.0.1/16", "dev", "prov0")


def main():
    with DhcpDaemon() as daemon:
        prepare(daemon)
        daemon.bus.set_network("lab", interface="prov0", address="10.0.0.1/16", poolStart="10.0.1.0", poolEnd="10.0.255.250")
        started = time.monotonic()
        daemon.start()
        print(f"start to dnsmasq ready: {(time.monotonic() - started) * 1000:.0f} ms")
        report("pxed-dhcp", Storm(daemon), lambda: lines(f"{daemon.state}/dhcp/lab.leases") >= MACHINES)
        print(f"PSS of pxed-dhcp and dnsmasq with {MACHINES} leases: {sum(map(pss, daemon.appliance.pids()))} KB")
        daemon.kill()
        started = time.monotonic()
        daemon.start()
        print(f"start to dnsmasq ready with {MACHINES} leases: {(time.monotonic() - started) * 1000:.0f} ms")
    with DhcpDaemon() as daemon:
        prepare(daemon)
        with open(f"{daemon.folder}/own.conf", "w") as file:
            file.write(OWN_FILE.format(folder=daemon.folder))
        daemon.process = daemon.appliance.popen(["dnsmasq", "-C", f"{daemon.folder}/own.conf"], stderr=-3)
        time.sleep(0.5)
        report("dnsmasq with its lease file", Storm(daemon), lambda: lines(f"{daemon.folder}/own.leases") >= MACHINES)


if __name__ == "__main__":
    main()
