#!/usr/bin/python3
"""Figures of pxed-introspect: memory at rest with many nodes, inventories per second with their latency, orders per second."""
import concurrent.futures
import json
import os
import socket
import subprocess
import time
import uuid

from measuring import pss, share

from introspect_daemon import ADDRESS, PORT, Introspect, ipa, make_token  # noqa: E402

NODES = 10_000
POSTS = int(os.environ.get("POSTS", 1000))
CLIENTS = 32
SECONDS_MAX = 60


def mac_of(i):
    return f"52:54:00:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:{i & 255:02x}"


def pss_mib(process):
    return pss(process.pid) / 1024


def exchange(daemon, number, path, body):
    """One request from an address of its own, so that the limit per address is not what is measured. Returns seconds, or None when
    it was not answered with 200."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    started = time.monotonic()
    try:
        with socket.socket() as connection:
            connection.settimeout(30)
            connection.bind((f"192.0.2.{100 + number % CLIENTS}", 0))
            connection.connect((ADDRESS, PORT))
            connection.sendall(head + body)
            answer = connection.recv(4096)
    except OSError:
        return None
    return time.monotonic() - started if answer.startswith(b"HTTP/1.1 200") else None


def run(daemon, name, requests):
    """`requests`: (path, body) each. The threads share the client's namespace, which they enter once."""
    def client(number):
        times = []
        with daemon.client.entered():
            for path, body in requests[number::CLIENTS]:
                if time.monotonic() > end:
                    break
                times.append(exchange(daemon, number, path, body))
        return times

    started = time.monotonic()
    end = started + SECONDS_MAX
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        times = [t for client_times in pool.map(client, range(CLIENTS)) for t in client_times]
    took = time.monotonic() - started
    good = [t for t in times if t is not None]
    print(f"{name}: {len(good) / took:.0f}/s, p50 {share(good, 50) * 1000:.1f} ms, p99 {share(good, 99) * 1000:.1f} ms, "
          f"{len(times) - len(good)} of {len(times)} not answered with 200")


def inventories(count):
    """Of machines that are alike but for their MAC, as a rack's are."""
    for i in range(count):
        payload = ipa()
        payload["boot_interface"] = None
        payload["inventory"]["boot"]["pxe_interface"] = None
        payload["inventory"]["interfaces"][1]["mac_address"] = mac_of(i)
        yield f"/v1/continue?token={make_token(mac_of(i))}", json.dumps(payload).encode()


def main():
    with Introspect() as daemon:
        for i in range(CLIENTS):
            daemon.client.ip("address", "add", f"192.0.2.{100 + i}/24", "dev", "eth0", check=False)
        print(f"at rest, no node: {pss_mib(daemon.process):.1f} MiB PSS")
        entries = {}
        for i in range(NODES):
            node = str(uuid.UUID(int=i + 1))
            entries[f"node/{node}"] = {"id": node, "name": f"n{i}", "macs": [mac_of(i), mac_of(i + NODES)], "parameters": {},
                                       "assignment": 0, "once": False, "inspect": False}
        started = time.monotonic()
        for start in range(0, NODES, 1000):
            daemon.bus.set_entries(dict(list(entries.items())[start:start + 1000]))
        daemon.bus.wait_applied("introspect")
        print(f"{NODES} nodes of 2 MACs: {pss_mib(daemon.process):.1f} MiB PSS, applied after {time.monotonic() - started:.2f} s")

        posts = list(inventories(POSTS))
        run(daemon, f"inventories of {len(posts[0][1])} bytes, each on disk before it is answered", posts)
        started = time.monotonic()
        daemon.bus.wait_for(lambda: len(daemon.bus.values("inventory")) >= POSTS * 0.99)
        daemon.bus.wait_for(lambda: not daemon.spooled())
        print(f"the last of them with pxed {time.monotonic() - started:.2f} s later; {pss_mib(daemon.process):.1f} MiB PSS")
        beat = json.dumps({"state": "waiting", "message": None, "mac": "x"}).encode()
        run(daemon, "requests for orders", [(f"/v1/agent?token={make_token(mac_of(i))}", beat) for i in range(POSTS)])
        subprocess.run(["sleep", "1"])
        print(f"afterwards: {pss_mib(daemon.process):.1f} MiB PSS")


if __name__ == "__main__":
    main()
