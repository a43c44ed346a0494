#!/usr/bin/python3
"""What pxed-netcfg costs: memory and wake-ups when idle, CPU under traffic that is none of its business while machines boot, latency from the wire to the
bus, floods, and memory with all rings of packets full. Everything in network namespaces; about 90 s."""
import ctypes
import multiprocessing
import socket
import statistics
import struct
import tempfile
import time

from measuring import cpu, pss

from fake_bus import FakeBus  # noqa: E402
from netns import Namespace, connect  # noqa: E402
from places import BUILD  # noqa: E402

ARP = struct.Struct("!6s6sHHHBBH6s4s6s4s")


def switches(pid):
    return sum(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("voluntary_ctxt"))


def arp(number):
    mac = b"\x02\x00" + struct.pack("!I", number)
    return ARP.pack(b"\xff" * 6, mac, 0x0806, 1, 0x0800, 6, 4, 1, mac, b"\xc0\0\2\7", bytes(6), b"\xc0\0\2\x08")  # for another machine: the host does not answer


SOURCE, BROADCAST = b"\x02\0\0\0\0\x05", b"\xff" * 6


def ethernet(payload, ethertype, tags=()):
    return BROADCAST + SOURCE + b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags) + struct.pack("!H", ethertype) + payload


def ipv4(protocol, payload, source=b"\xc0\0\2\x05", destination=b"\xc0\0\2\x06"):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, source, destination) + payload


def udp(source_port, destination_port, payload):
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


TCP = struct.pack("!HHIIBBHHH", 5000, 80, 1, 1, 5 << 4, 0x10, 1000, 0, 0) + b"x" * 26
# between others, of the smallest size: what costs the most per second
UNRELATED = {
    "nothing": None,
    "TCP": ethernet(ipv4(6, TCP), 0x0800),
    "UDP": ethernet(ipv4(17, udp(5000, 6000, b"\xff" * 38)), 0x0800),
    "TCP on a VLAN": ethernet(ipv4(6, TCP), 0x0800, [42]),
    "UDP on a VLAN": ethernet(ipv4(17, udp(5000, 6000, b"\xff" * 38)), 0x0800, [42]),
    "UDP with two tags": ethernet(ipv4(17, udp(5000, 6000, b"\xff" * 38)), 0x0800, [42, 7]),
    "UDP by IPv6": ethernet(struct.pack("!IHBB", 0x60000000, 46, 17, 64) + b"\xfe\x80" + bytes(30) + udp(5000, 6000, b"\xff" * 38), 0x86dd),
}
RATE, SECONDS, EXCHANGES = 200000, 5, 1000


def unrelated(port, size):
    """UDP between others' ports."""
    return ethernet(ipv4(17, udp(5000, port, b"\xff" * size)), 0x0800)


def send(sock, frames, count):
    """Sends `count` frames as fast as it goes; seconds that it took."""
    started = time.monotonic()
    for i in range(count):
        try:
            sock.send(frames[i % len(frames)])
        except OSError:  # the queue is full
            pass
    return time.monotonic() - started


def last_link(bus):
    return bus.values("link")[-1]


def measure_idle(pid):
    before_cpu, before_switches = cpu(pid), switches(pid)
    time.sleep(5)
    print(f"idle: {pss(pid)} KiB PSS, {cpu(pid) - before_cpu:.2f} s CPU and {switches(pid) - before_switches} wake-ups in 5 s")


def measure_unrelated(pid, sock):
    for size in (64, 1400):
        before = cpu(pid)
        took = send(sock, [unrelated(6000, size)], 200000)
        print(f"unrelated UDP of {size} bytes: {200000 / took:,.0f} frames/s, CPU of the daemon {(cpu(pid) - before) / took * 100:.1f} %")


# ---- machines boot while others send

class Message(ctypes.Structure):
    """struct mmsghdr on 64-bit Linux."""
    _fields_ = [("name", ctypes.c_void_p), ("name_size", ctypes.c_uint32), ("vectors", ctypes.c_void_p), ("vector_count", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("control_size", ctypes.c_size_t), ("flags", ctypes.c_int), ("sent", ctypes.c_uint32)]


def send_at_rate(sock, frame, rate, seconds, result):
    """As a process of its own: `rate` frames a second, in groups of 64. Puts how many were sent, and how long it took. Without a frame it only waits."""
    libc, group = ctypes.CDLL(None, use_errno=True), 64
    buffer = ctypes.create_string_buffer(frame or b"", len(frame or b""))
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), len(frame or b""))
    messages = (Message * group)(*[Message(vectors=ctypes.addressof(vector), vector_count=1) for _ in range(group)])
    sent, started = 0, time.monotonic()
    while (now := time.monotonic() - started) < seconds:
        if frame and sent < now * rate:
            sent += max(libc.sendmmsg(sock.fileno(), messages, group, 0), 0)
        else:
            time.sleep(0.0001)
    result.put((sent, time.monotonic() - started))


def dhcp(kind, number, own):
    """Discover, offer, request or acknowledge of machine `number`; the frame of a client or, with the appliance's MAC, of a server."""
    mac = b"\x02\x01" + struct.pack("!I", number)
    client = kind in (1, 3)
    message = (struct.pack("!BBBBIHH4s4s4s4s", 1 if client else 2, 1, 6, 0, number, 0, 0x8000, bytes(4), bytes(4) if client else b"\xc0\0\2\x64", bytes(4), bytes(4)) +
               mac + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63" + bytes([53, 1, kind, 54, 4, 192, 0, 2, 1, 255]))
    ports = (68, 67) if client else (67, 68)
    frame = ethernet(ipv4(17, udp(*ports, message), bytes(4) if client else b"\xc0\0\2\x01", BROADCAST[:4]), 0x0800)
    return BROADCAST + (mac if client else own) + frame[12:]


def measure_boots(pid, bus, sock, server, base):
    """Full exchanges of DHCP go on while others send: is each of their packets seen?"""
    own = bytes.fromhex(last_link(bus)["mac"].replace(":", ""))
    for round_, (name, frame) in enumerate(UNRELATED.items()):
        first = base + round_ * EXCHANGES
        result = multiprocessing.Queue()
        known, dropped, before = len(bus.values("step")), last_link(bus)["dropped"], cpu(pid)
        sender = multiprocessing.Process(target=send_at_rate, args=(sock, frame, RATE, SECONDS, result))
        sender.start()
        started = time.monotonic()
        for i in range(EXCHANGES):
            for kind, by in ((1, sock), (2, server), (3, sock), (5, server)):
                by.send(dhcp(kind, first + i, own))
            time.sleep(max(0, started + (i + 1) * (SECONDS - 0.5) / EXCHANGES - time.monotonic()))
        sent, took = result.get()
        used = (cpu(pid) - before) / took * 100
        sender.join()
        time.sleep(6)  # the last counts
        seen = sum(1 for step in bus.values("step")[known:] if step["mac"].startswith("02:01:"))
        print(f"{name}: {sent / took:,.0f} frames/s of others and {4 * EXCHANGES / took:,.0f} DHCP packets/s: {seen:,} of {4 * EXCHANGES:,} DHCP packets told, "
              f"{last_link(bus)['dropped'] - dropped} dropped, CPU of the daemon {used:.1f} %")


def measure_rings(pid, bus, sock, server):
    """Memory with all rings of packets full."""
    own, before = bytes.fromhex(last_link(bus)["mac"].replace(":", "")), pss(pid)
    for number in range(300):
        frames = [dhcp(1, 900000 + number, own), dhcp(2, 900000 + number, own)]
        for i in range(250):
            (server if i % 2 else sock).send(frames[i % 2])
        time.sleep(0.02)
    time.sleep(6)
    print(f"rings of packets full: {before} KiB PSS before, {pss(pid)} KiB after")


def measure_latency(bus, sock):
    times = []
    for i in range(100):
        known = len(bus.values("sighting"))
        started = time.monotonic()
        sock.send(arp(1000000 + i))
        bus.wait_for(lambda: len(bus.values("sighting")) > known)
        times.append((time.monotonic() - started) * 1000)
        time.sleep(0.03)
    print(f"from the wire to the bus: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms of 100")


def measure_flood(pid, bus, sock):
    before, link = cpu(pid), last_link(bus)
    took = send(sock, [arp(i) for i in range(100000)], 100000)
    time.sleep(6)
    told = last_link(bus)
    captured, dropped = told["captured"] - link["captured"], told["dropped"] - link["dropped"]
    print(f"ARP of 100,000 MACs: {100000 / took:,.0f} frames/s, captured {captured:,}, dropped {dropped:,}, "
          f"{cpu(pid) - before:.2f} s CPU, then {pss(pid)} KiB PSS, {len(bus.values('sighting')):,} sightings reported, "
          f"{bus.status('netcfg')['dropped']} observations dropped")


def open_raw(namespace, interface):
    with namespace.entered():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # sends only
    sock.bind((interface, 0))
    return sock


def main():
    with tempfile.TemporaryDirectory() as folder, Namespace("bench-a") as appliance, Namespace("bench-c") as client:
        bus = FakeBus(folder + "/run")
        bus.set_network("lab", interface="prov0")
        connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24")
        started = time.monotonic()
        daemon = appliance.popen([str(BUILD / "pxed-netcfg"), "--runtime-dir", folder + "/run", "--state-dir", folder + "/state",
                                  "--log-level", "error"])
        bus.wait_applied("netcfg")
        print(f"start to applied: {(time.monotonic() - started) * 1000:.0f} ms")
        time.sleep(2)
        sock, server = open_raw(client, "eth0"), open_raw(appliance, "prov0")
        measure_idle(daemon.pid)
        measure_unrelated(daemon.pid, sock)
        measure_boots(daemon.pid, bus, sock, server, 1000000)
        measure_latency(bus, sock)
        measure_rings(daemon.pid, bus, sock, server)
        measure_flood(daemon.pid, bus, sock)
        bus.stop()


if __name__ == "__main__":
    main()
