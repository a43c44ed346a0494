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

    def run(self, command, check=True, timeout=30, **options):
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


@atexit.register
def _delete_all():
    for namespace in list(_alive):
        namespace.delete()
