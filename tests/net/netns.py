"""Network namespaces for tests: uniquely named, gone when the test process ends.

    appliance, client = Namespace("appliance"), Namespace("client")
    connect(appliance, "prov0", client, "eth0", address="192.0.2.1/24")
    appliance.popen([...]); client.run([...])
    with client.entered():          # sockets made here belong to the namespace
        sock = socket.socket(...)
"""
import atexit
import contextlib
import ctypes
import os
import signal
import subprocess
import time

from waiting import PATIENCE, wait_for

_alive = []
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    def __init__(self, label="net"):
        self.name = f"pxed-{os.urandom(4).hex()}-{label}"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        _alive.append(self)
        self.processes = []
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments, check=True):
        return subprocess.run(["ip", "-n", self.name, *arguments], check=check, capture_output=True, text=True)

    def run(self, command, check=True, timeout=PATIENCE, **options):
        """Runs a command inside and returns its CompletedProcess with the output as text."""
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.STDOUT)
        return subprocess.run(["ip", "netns", "exec", self.name, *command], check=check, timeout=timeout, text=True, **options)

    def popen(self, command, **options):
        """Starts a command inside; it is killed with the namespace. `ip netns exec` becomes it: its pid is the command's."""
        process = subprocess.Popen(["ip", "netns", "exec", self.name, *command], **options)
        self.processes.append(process)
        return process

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is inside for as long as this lasts."""
        with open("/proc/thread-self/ns/net") as old, open(f"/run/netns/{self.name}") as new:
            _setns(new)
            try:
                yield self
            finally:
                _setns(old)

    def pids(self):
        output = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True).stdout
        return [int(pid) for pid in output.split()]

    def delete(self):
        """Kills what runs inside and removes it; a second call does nothing."""
        if self not in _alive:
            return
        _alive.remove(self)
        for _ in range(100):
            pids = [pid for pid in self.pids() if pid != os.getpid()]
            if not pids:
                break
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for process in self.processes:
                process.poll()
            time.sleep(0.02)
        subprocess.run(["ip", "netns", "delete", self.name])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.delete()


def _setns(file):
    if _libc.setns(file.fileno(), 0x40000000) != 0:  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


def connect(appliance, appliance_interface, client, client_interface, address=None, client_mac=None):
    """A veth pair between two namespaces, both ends up; `address` ("192.0.2.1/24") is the first one's."""
    subprocess.run(["ip", "link", "add", appliance_interface, "netns", appliance.name, "type", "veth",
                    "peer", "name", client_interface, "netns", client.name], check=True)
    if client_mac:
        client.ip("link", "set", client_interface, "address", client_mac)
    if address:
        appliance.ip("address", "add", address, "dev", appliance_interface)
    appliance.ip("link", "set", appliance_interface, "up")
    client.ip("link", "set", client_interface, "up")


def is_alive(pid):
    """Not even as a zombie, which a test's namespace may keep."""
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_dead(pid, what):
    wait_for(lambda: not is_alive(pid), f"{what} has ended")


def wait_bound(namespace, kind, port):
    """Until something in it has the port ("udp" or "tcp"): what comes from then on is answered, if not at once."""
    def bound():
        with namespace.entered(), open(f"/proc/thread-self/net/{kind}") as table:
            return any(line.split()[1].endswith(f":{port:04X}") for line in table)
    wait_for(bound, f"{kind} port {port} of {namespace.name}")


def hold_port(namespace, kind, port, address=""):
    """A program that has a port ("udp" or "tcp") from when this returns."""
    program = ("import socket, time\n"
               f"held = socket.socket(socket.AF_INET, socket.SOCK_{'DGRAM' if kind == 'udp' else 'STREAM'})\n"
               f"held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, {kind == 'tcp'})\n"
               f"held.bind(('{address}', {port}))\n"
               f"{'held.listen()' if kind == 'tcp' else ''}\n"
               "print('held', flush=True)\n"
               "time.sleep(600)\n")
    holder = namespace.popen(["/usr/bin/python3", "-c", program], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    return holder


@atexit.register
def _delete_all():
    for namespace in list(_alive):
        namespace.delete()
