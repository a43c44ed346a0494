"""The whole appliance in a network namespace, with stand-ins for the ramdisk's files, and what tests ask of it over the bus."""
import contextlib
import os
import pathlib
import shutil
import socket
import tempfile
import threading
import time

from appliance import CONFIGURATION, DAEMONS, Appliance  # noqa: F401
from netns import Namespace
from places import BUILD
from varlink import Closed, Connection, VarlinkError
from waiting import PATIENCE

# The foreign programs that the daemons run.
CHILDREN = ("dnsmasq:lab", "in.tftpd:lab")


class WholeAppliance(Appliance):
    def __init__(self, configuration=CONFIGURATION, build=BUILD):
        files = pathlib.Path(tempfile.mkdtemp(prefix="pxed-ramdisk-"))
        (files / "vmlinuz").write_bytes(os.urandom(200_000))
        (files / "initrd").write_bytes(os.urandom(500_000))
        super().__init__(build, finish="poweroff", configuration=configuration, ramdisk=files, namespace=Namespace("whole"))
        shutil.rmtree(files)

    def __exit__(self, *exception):
        for name in [name for name in reversed(DAEMONS) if name in self.processes]:
            self.stop(name)
        complaints = [line for name in DAEMONS if self.log(name).exists() for line in self.log(name).read_text(errors="replace").splitlines()
                      if "Sanitizer" in line or "runtime error" in line]
        super().__exit__(*exception)
        self.namespace.delete()
        assert not complaints, complaints

    # ---- daemons

    def wait_ready(self, timeout=PATIENCE):
        """Until each daemon also has the state that it was told: one that was started just now is there before it serves."""
        def serves():
            status = self.status()
            return status and status["state"] == "ready" and all(daemon["applied"] is not None for daemon in status["daemons"] if daemon["name"] != "pxed")
        return self.wait("the appliance is ready", serves, timeout)

    def restart(self, name):
        self.kill(name)
        self.start(name)

    def time_to_ready(self, name):
        """Starts it; seconds until it tells systemd READY=1."""
        path = self.folder / f"{name}.notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(str(path))
            notified.settimeout(PATIENCE)
            started = time.monotonic()
            self.start(name, NOTIFY_SOCKET=str(path))
            while b"READY=1" not in notified.recv(4096):
                pass
            took = time.monotonic() - started
        path.unlink()
        return took

    def pss(self, name):
        """KiB of the daemon, without its children."""
        for line in open(f"/proc/{self.processes[name].pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1])
        raise ValueError(name)

    # ---- the bus

    def connect(self, timeout=PATIENCE, patience=PATIENCE):
        """patience: seconds in which pxed may come back."""
        end = time.monotonic() + patience
        while True:
            try:
                return Connection(self.runtime / "bus", timeout)
            except (ConnectionRefusedError, FileNotFoundError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def call(self, method, **parameters):
        with contextlib.closing(self.connect()) as connection:
            return connection.call(f"org.pxed.{method}", **parameters)

    def insist(self, method, **parameters):
        """The call as a controller makes it that does not give up while pxed is away. It may be made more than once."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.call(method, **parameters)
            except (OSError, Closed):
                assert time.monotonic() < end, f"{method}: pxed is away"
                time.sleep(0.05)

    def node(self, reference):
        """None: there is none."""
        try:
            return self.call("Node.Get", node=reference)["node"]
        except VarlinkError as error:
            assert error.name == "org.pxed.Node.NotFound", error
            return None

    def nodes(self):
        found, after = [], None
        while True:
            page = self.call("Node.List", after=after, limit=500) if after else self.call("Node.List", limit=500)
            found += page["nodes"]
            after = page.get("next")
            if not after:
                return found

    def events(self, after=0):
        """All that are stored now."""
        found = []
        while True:
            page = self.call("Event.Watch", after=after, limit=1000)["events"]
            found += page
            if len(page) < 1000:
                return found
            after = page[-1]["number"]

    def boots(self, mac):
        """Newest first."""
        return self.call("Boot.List", mac=mac)["boots"]

    def daemon_status(self, name):
        return next(daemon for daemon in self.ask("status")["daemons"] if daemon["name"] == name)

    def problems(self, name):
        """{subject: reason}, as `pxectl status` has it."""
        return {problem["subject"]: problem["reason"] for problem in self.daemon_status(name)["problems"]}

    def wait_inspected(self, reference):
        def inspected():
            node = self.node(reference)
            return node if node and node["inspection"]["state"] == "finished" else None
        return self.wait(f"{reference} is inspected", inspected)

    def set_kernel_profile(self, name):
        """A profile of kind kernel with files of its own; returns their contents in the order that a machine loads them."""
        folder = self.images / name
        folder.mkdir()
        files = {"vmlinuz": os.urandom(100_000), "initrd": os.urandom(200_000)}
        for file, content in files.items():
            (folder / file).write_bytes(content)
        self.call("Profile.Set", name=name, kind="kernel", kernel=f"{name}/vmlinuz", initrds=[f"{name}/initrd"], arguments="quiet")
        return list(files.values())


class EventLog:
    """Event.Watch from 0 on, resumed after the last number whenever pxed goes away; each event as often as it is told."""

    def __init__(self, appliance):
        self.appliance, self.events, self.resumed, self.fault = appliance, [], 0, None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        while not self.ended.is_set():
            try:
                with self.appliance.connect(timeout=0.5) as connection:
                    after = self.events[-1]["number"] if self.events else 0
                    for reply in connection.stream("org.pxed.Event.Watch", after=after):
                        self.events += reply["events"]
                        if self.ended.is_set():
                            return
            except TimeoutError:
                pass
            except (OSError, Closed):
                self.resumed += 1
                time.sleep(0.01)
            except VarlinkError as error:
                self.fault = error
                return

    def end(self):
        self.ended.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive() and not self.fault, self.fault
        return self.events
