#!/usr/bin/python3
"""What pxed-netcfg costs: memory and wake-ups when idle, CPU under traffic that is none of its business, latency from the wire to the
bus, and floods. Everything in network namespaces; about 30 s."""
import os
import pathlib
import socket
import statistics
import struct
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "net"))
from fake_bus import FakeBus  # noqa: E402
from netns import Namespace, connect  # noqa: E402

BUILD = pathlib.Path(os.environ.get("PXED_BUILD", "build")).resolve()
ARP = struct.Struct("!6s6sHHHBBH6s4s6s4s")


def cpu(pid):
    """Seconds of CPU of a process."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def switches(pid):
    return sum(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("voluntary_ctxt"))


def pss(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))


def arp(number):
    mac = b"\x02\x00" + struct.pack("!I", number)
    return ARP.pack(b"\xff" * 6, mac, 0x0806, 1, 0x0800, 6, 4, 1, mac, b"\xc0\0\2\7", bytes(6), b"\xc0\0\2\x08")  # for another machine: the host does not answer


def unrelated(port, size):
    """UDP between others' ports."""
    udp = struct.pack("!HHHH", 5000, port, 8 + size, 0) + b"\xff" * size
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\xc0\0\2\x05", b"\xc0\0\2\x06")
    return b"\xff" * 6 + b"\x02\0\0\0\0\x05" + b"\x08\x00" + ip + udp


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
        with client.entered():
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sock.bind(("eth0", 0))
        measure_idle(daemon.pid)
        measure_unrelated(daemon.pid, sock)
        measure_latency(bus, sock)
        measure_flood(daemon.pid, bus, sock)
        bus.stop()


if __name__ == "__main__":
    main()
