"""A stand-in for pxed: a small org.pxed.Worker server on RUNTIME/bus that feeds a worker and records its reports.

    bus = FakeBus(runtime_dir)
    bus.set_entry("network/lab", name="lab", interface="prov0", ...)
    bus.wait_applied("dhcp")
    bus.wait_for(lambda: bus.values("lease"))
"""
import json
import os
import socket
import threading
import time

from idl import Interface
from places import ROOT
from waiting import PATIENCE

WORKER = Interface((ROOT / "interfaces/org.pxed.Worker.varlink").read_text())

# first words of the keys that each role gets
ROLES = {
    "dhcp": {"settings", "network", "host"},
    "tftp": {"settings", "network", "profile", "node"},
    "netcfg": {"settings", "network", "capture"},
    "introspect": {"settings", "network", "node"},
}

DEFAULT_SETTINGS = {"secret": "00" * 32, "httpPort": 8080, "introspectPort": 5050, "imageDirectory": "/var/lib/pxed/images",
                    "tokenLifetime": 86400}
DEFAULT_NETWORK = {"address": "192.0.2.1/24", "dhcp": "server", "poolStart": "192.0.2.100", "poolEnd": "192.0.2.199",
                   "leaseTime": 3600, "dns": [], "ntp": [], "unknown": "inspect", "known": "local", "finish": "poweroff"}


class FakeBus:
    def __init__(self, runtime_dir):
        os.makedirs(runtime_dir, exist_ok=True)
        self.path = os.path.join(runtime_dir, "bus")
        self.changed = threading.Condition(threading.RLock())
        self.revision = 0
        self.entries = {}
        self.observations = []  # as reported, each once, with "role" added
        self.statuses = {}      # role: the last Status
        self.broken = []        # where reports broke the contract, as pxed would name it
        self.replies = {}       # method that is none of org.pxed.Worker: parameters of its reply
        self._applied = {}
        self._batches = set()
        self._watchers = []     # (role, connection)
        self._connections = []
        self.silent = False     # takes calls of Watch and answers none
        self.refuses = None     # an observation of which this is true is refused, and with it its batch
        self.closes = None      # one of which this is true ends the connection
        self.denies = False     # takes no reports of this user
        self._listener = None
        self.set_entry("settings", **DEFAULT_SETTINGS)
        self.start()

    # ---- what the test says

    def set_entry(self, key, **body):
        """Sets one entry, as one revision, e.g. set_entry("host/52:54:00:00:00:01", mac=..., denied=True)."""
        self.set_entries({key: body})

    def set_entries(self, entries):
        """Sets several ({key: body, or None to remove}) as one revision."""
        with self.changed:
            self.revision += 1
            for key, body in entries.items():
                if body is None:
                    self.entries.pop(key, None)
                else:
                    self.entries[key] = body
            for role, connection in list(self._watchers):
                mine = [entry(key, body) for key, body in entries.items() if kind(key) in ROLES[role]]
                send(connection, reply(self.revision, False, mine), more=True)

    def set_network(self, name, **body):
        """As set_entry, with defaults for what a test does not care about."""
        self.set_entry(f"network/{name}", **{**DEFAULT_NETWORK, "name": name, **body})

    def remove(self, key):
        self.set_entries({key: None})

    def stop(self):
        """pxed is gone: nobody listens, connections end."""
        with self.changed:
            self._listener.shutdown(socket.SHUT_RDWR)  # ends accept() in the other thread
            self._listener.close()
            os.unlink(self.path)
            for connection in self._connections:
                close(connection)
            self._connections.clear()
            self._watchers.clear()

    def start(self):
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(16)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    # ---- what the worker said

    def applied(self, role):
        with self.changed:
            return self._applied.get(role, 0)

    def status(self, role):
        with self.changed:
            return self.statuses.get(role)

    def values(self, kind_of_observation):
        """The "lease", "step", ... of each observation that has one."""
        with self.changed:
            return [o[kind_of_observation] for o in self.observations if o.get(kind_of_observation)]

    def wait_for(self, predicate, timeout=PATIENCE):
        """Waits until predicate() is true and returns what it returned; AssertionError after `timeout` seconds."""
        end = time.monotonic() + timeout
        with self.changed:
            while not (result := predicate()):
                assert not self.broken, f"a report is not of the contract: {self.broken}"
                left = end - time.monotonic()
                assert left > 0, f"not within {timeout} s; statuses: {json.dumps(self.statuses, indent=1)}"
                self.changed.wait(min(left, 0.05))
            return result

    def wait_applied(self, role):
        self.wait_for(lambda: self.applied(role) >= self.revision)

    # ---- the protocol

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.changed:
                self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        buffer = bytearray()
        try:
            while data := connection.recv(1 << 18):
                buffer += data
                if b"\0" not in data:  # an inventory is many of these: looked at once, when it is whole
                    continue
                *messages, rest = bytes(buffer).split(b"\0")
                buffer = bytearray(rest)
                for message in messages:
                    self._call(connection, json.loads(message))
        except OSError:
            pass
        with self.changed:
            self._watchers = [w for w in self._watchers if w[1] is not connection]
        close(connection)

    def _call(self, connection, call):
        method, parameters = call["method"], call.get("parameters", {})
        with self.changed:
            if method == "org.pxed.Worker.Watch":
                role = parameters["role"]
                if self.silent:
                    return
                self._watchers.append((role, connection))
                mine = [entry(key, body) for key, body in self.entries.items() if kind(key) in ROLES[role]]
                send(connection, reply(self.revision, True, mine), more=True)
            elif method == "org.pxed.Worker.Report":
                wrong = WORKER.check(WORKER.methods["Report"].call, parameters)
                if self.denies:
                    send(connection, {}, error="org.varlink.service.PermissionDenied")
                elif self.closes and any(map(self.closes, parameters["observations"])):
                    close(connection)
                elif self.refuses and any(map(self.refuses, parameters["observations"])):
                    send(connection, {"field": "observations", "reason": "is refused"}, error="org.pxed.Worker.Invalid")
                elif wrong is None:
                    self._report(parameters)
                    send(connection, {})
                else:
                    self.broken.append(wrong)
                    send(connection, {"parameter": wrong}, error="org.varlink.service.InvalidParameter")
            elif method in self.replies:
                send(connection, self.replies[method])
            else:
                send(connection, {"method": method}, error="org.varlink.service.MethodNotFound")
            self.changed.notify_all()

    def _report(self, report):
        role, batch = report["role"], (report["instance"], report["batch"])
        if report.get("applied") is not None:
            self._applied[role] = report["applied"]
        if report.get("status"):
            self.statuses[role] = report["status"]
        if batch not in self._batches:
            self._batches.add(batch)
            self.observations += [{"role": role, **o} for o in report["observations"]]


def kind(key):
    return key.split("/")[0]


def entry(key, body):
    return {"key": key, kind(key): body} if body is not None else {"key": key}


def reply(revision, reset, entries):
    return {"revision": revision, "reset": reset, "complete": True, "entries": entries}


def send(connection, parameters, more=False, error=None):
    message = {"parameters": parameters, **({"continues": True} if more else {}), **({"error": error} if error else {})}
    try:
        connection.sendall(json.dumps(message).encode() + b"\0")
    except OSError:
        pass


def close(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
