#!/usr/bin/python3
"""Inventories per second through the whole appliance: posted by eight clients at once, on disk before each is answered, and stored by pxed;
with 10,000 known nodes, each of which is inspected once.

    bench_inspection_posts.py [--posts N] [--nodes N] [--clients N] [--unasked] [--folder DIR] [--perf DAEMON]

The state is on the disk of --folder, since an fsync to memory would cost nothing. The clients share the processors with the appliance.
"""
import argparse
import dataclasses
import multiprocessing
import os
import pathlib
import socket
import subprocess
import tempfile
import time

import server_inventory
from measuring import cpu, pss, share

import namespace  # noqa: E402
from introspect_daemon import make_token  # noqa: E402
from netns import Namespace  # noqa: E402
from whole_appliance import DAEMONS, WholeAppliance  # noqa: E402

APPLIANCE = ("192.0.2.1", 5050)
CLIENT_ADDRESS = "192.0.2.{}"
FIRST_CLIENT = 220  # above the pool
WINDOW = 64  # calls on their way to pxed at a time
MEASURED = ("pxed", "pxed-introspect")
TICKS = os.sysconf("SC_CLK_TCK")


def busy_seconds():
    """Of all processors, whoever used them."""
    user, nice, system, _, _, interrupts, soft = map(int, pathlib.Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + interrupts + soft) / TICKS


def memory_mib(process):
    """Resident now, of it not shared, and resident at most."""
    def value(name):
        return next(int(line.split()[1]) for line in open(f"/proc/{process.pid}/status") if line.startswith(name)) / 1024
    return value("VmRSS:"), pss(process.pid) / 1024, value("VmHWM:")


# ---- the nodes

def calls(bus, method, each):
    """Many calls on one connection, some at a time on their way; the replies' parameters."""
    replies, sent = [], 0
    while len(replies) < len(each):
        while sent < len(each) and sent - len(replies) < WINDOW:
            bus.request(method, each[sent])
            sent += 1
        replies.append(bus.reply()[0])
    return replies


def make_nodes(appliance, count, asked):
    """Their ids."""
    began = time.monotonic()
    with appliance.connect() as bus:
        made = calls(bus, "org.pxed.Node.Create", [
            {"name": f"server-{number}", "macs": [server_inventory.mac(number)]} for number in range(count)])
        ids = [reply["node"]["id"] for reply in made]
        if asked:
            calls(bus, "org.pxed.Node.Inspect", [{"node": node} for node in ids])
    print(f"{count} nodes created{' and asked to be inspected' if asked else ''} in {time.monotonic() - began:.1f} s")

    def applied():
        status = appliance.ask("status")
        return all(daemon["applied"] == status["revision"] for daemon in status["daemons"] if daemon["name"] in ("pxed-tftp", "pxed-introspect"))
    appliance.wait("both that are told of nodes have all", applied)
    return ids


def secret(appliance):
    """Of the boot tokens, as it is told to pxed-introspect."""
    with appliance.connect() as bus:
        for reply in bus.stream("org.pxed.Worker.Watch", role="introspect"):
            for entry in reply["entries"]:
                if entry["key"] == "settings":
                    return entry["settings"]["secret"]


# ---- the clients

@dataclasses.dataclass
class Figures:
    """What a client saw."""
    began: float
    ended: float
    spans: list  # seconds of each post that was taken
    refused: list
    cpu: float


def post(address, request):
    """Seconds until the answer was there, and the answer. A connection each, as machines do it."""
    began = time.monotonic()
    with socket.socket() as connection:
        connection.bind((address, 0))
        connection.connect(APPLIANCE)
        connection.sendall(request)
        answer = connection.recv(4096)
    return time.monotonic() - began, answer


def client(net, number, machines, pipe):
    """A process. Its requests are ready as bytes before it begins."""
    requests = []
    for machine, token in machines:
        body = server_inventory.body(machine)
        head = f"POST /v1/continue?token={token} HTTP/1.1\r\nHost: appliance\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        requests.append(head.encode() + body)
    with net.entered():
        pipe.send(sum(map(len, requests)))
        pipe.recv()
        spans, refused, before = [], [], time.process_time()
        began = time.monotonic()
        for request in requests:
            took, answer = post(CLIENT_ADDRESS.format(FIRST_CLIENT + number), request)
            if answer.startswith(b"HTTP/1.1 200 "):
                spans.append(took)
            else:
                refused.append(answer)
        pipe.send(Figures(began, time.monotonic(), spans, refused, time.process_time() - before))
        pipe.recv()
    os._exit(0)


class Clients:
    def __init__(self, appliance, count, machines):
        self.net = Namespace("clients")
        appliance.namespace.ip("link", "add", "clients", "type", "veth", "peer", "name", "eth0", "netns", self.net.name)
        appliance.namespace.ip("link", "set", "clients", "master", "pxe0", "up")
        self.net.ip("link", "set", "eth0", "up")
        self.pipes, self.processes = [], []
        for number in range(count):
            self.net.ip("address", "add", CLIENT_ADDRESS.format(FIRST_CLIENT + number) + "/24", "dev", "eth0")
            mine, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=client, args=(self.net, number, machines[number::count], theirs), daemon=True)
            process.start()
            self.pipes.append(mine)
            self.processes.append(process)
        self.bytes = sum(pipe.recv() for pipe in self.pipes)

    def run(self):
        """What each of them saw."""
        for pipe in self.pipes:
            pipe.send(True)
        return [pipe.recv() for pipe in self.pipes]

    def end(self):
        for pipe in self.pipes:
            pipe.send(True)
        for process in self.processes:
            process.join()
        self.net.delete()


# ---- the figures

class Meter:
    """Processor time since it was made."""

    def __init__(self, appliance):
        self.appliance, self.time, self.busy = appliance, time.monotonic(), busy_seconds()
        self.cpu = {name: cpu(appliance.processes[name].pid) for name in DAEMONS}

    def tell(self, what, posts, clients):
        took, busy = time.monotonic() - self.time, busy_seconds() - self.busy
        spent = {name: cpu(self.appliance.processes[name].pid) - self.cpu[name] for name in DAEMONS}
        others = sum(spent[name] for name in DAEMONS if name not in MEASURED)
        print(f"{what}: processor time of each post: " + ", ".join(f"{name} {spent[name] / posts * 1e6:.0f} us" for name in MEASURED) +
              f", the other daemons {others / posts * 1e6:.0f} us, clients {clients / posts * 1e6:.0f} us; "
              f"{busy / took:.2f} of {os.cpu_count()} processors busy, {clients / took:.2f} of them with the clients")


def stored(bus, reference):
    return bus.call("org.pxed.Node.Get", node=reference)["node"]["inspection"]["state"] == "finished"


def wait_stored(appliance, numbers):
    """The spool is handed on in the order that it was filled in: the clients' last ones come last."""
    with appliance.connect() as bus:
        for number in numbers:
            while not stored(bus, server_inventory.mac(number)):
                time.sleep(0.01)


def tell_posts(figures, bytes_posted):
    began, ended = min(each.began for each in figures), max(each.ended for each in figures)
    spans = [span for each in figures for span in each.spans]
    refused = [answer for each in figures for answer in each.refused]
    print(f"{len(spans)} inventories of {bytes_posted / (len(spans) + len(refused)):.0f} bytes by {len(figures)} clients, taken: "
          f"{len(spans) / (ended - began):.0f}/s, p50 {share(spans, 50) * 1000:.1f} ms, p99 {share(spans, 99) * 1000:.1f} ms, "
          f"worst {max(spans) * 1000:.1f} ms; refused: {len(refused)} {refused[:1] or ''}")
    return began, ended, len(spans)


def profiled(appliance, name):
    if not name:
        return None
    return subprocess.Popen(["perf", "record", "-q", "-g", "--call-graph", "fp", "-F", "999", "-o", f"/tmp/{name}.perf", "-p",
                             str(appliance.processes[name].pid)])


def database_bytes(appliance):
    return sum(path.stat().st_size for path in appliance.state.rglob("pxed.db"))


def tell_memory(appliance, what):
    print(f"{what}: " + "; ".join("{}: RSS {:.1f} MiB, PSS {:.1f} MiB, RSS at most {:.1f} MiB".format(name, *memory_mib(appliance.processes[name]))
                                  for name in MEASURED))


def bench(appliance, options):
    ids = make_nodes(appliance, options.nodes, not options.unasked)
    key, expires = secret(appliance), int(time.time()) + 3600
    machines = [(number, make_token(server_inventory.mac(number), ids[number], expires=expires, secret=key)) for number in range(options.posts)]
    clients = Clients(appliance, options.clients, machines)
    tell_memory(appliance, "before")
    size = database_bytes(appliance)
    perf = profiled(appliance, options.perf)
    meter = Meter(appliance)
    figures = clients.run()
    client_cpu = sum(each.cpu for each in figures)
    began, ended, taken = tell_posts(figures, clients.bytes)
    meter.tell("while they post", taken, client_cpu)
    wait_stored(appliance, range(max(0, options.posts - options.clients), options.posts))
    last = time.monotonic()
    meter.tell("until all are stored", taken, client_cpu)
    if perf:
        perf.send_signal(2)
        perf.wait()
    print(f"the last one stored by pxed {last - ended:.2f} s after the last answer: {taken / (last - began):.0f}/s from post to store")
    tell_memory(appliance, "at that moment")
    clients.end()
    time.sleep(2)
    tell_memory(appliance, "2 s later")
    print(f"database: {(database_bytes(appliance) - size) / taken:.0f} bytes for each inventory")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--unasked", action="store_true", help="nobody asked for the inspections")
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--perf", help="a daemon to record: /tmp/DAEMON.perf")
    options = parser.parse_args()
    namespace.enter()
    tempfile.tempdir = options.folder
    with WholeAppliance() as appliance:
        bench(appliance, options)


if __name__ == "__main__":
    main()
