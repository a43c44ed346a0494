"""Each part of the appliance is killed, over and over, while machines boot and a controller works: every boot completes, and nothing that
was acknowledged is lost."""
import contextlib
import itertools
import os
import random
import signal
import threading
import time

import pytest

from simulated_machine import SimulatedMachine
from whole_appliance import CHILDREN, CONFIGURATION, DAEMONS, Closed, EventLog, VarlinkError, WholeAppliance

MACHINES = 4
ROUNDS = int(os.environ.get("PXED_ROUNDS", 6))
SEED = int(os.environ.get("PXED_SEED", time.time()))
# As systemd would wait before it starts a daemon again (RestartSec is 100 ms unless told).
DOWN_SECONDS = 0.1


@pytest.fixture
def appliance():
    with WholeAppliance(CONFIGURATION.replace("192.0.2.100-192.0.2.199", "192.0.2.2-192.0.2.254")) as appliance:
        yield appliance


class Actor(threading.Thread):
    """Calls act() over and over until it is told to end; what act() raises is kept."""

    def __init__(self, act):
        super().__init__(daemon=True)
        self.act, self.fault, self.over = act, None, threading.Event()
        self.start()

    def run(self):
        try:
            while not self.over.is_set():
                self.act()
        except BaseException as fault:  # noqa: BLE001: it is raised again in the test's thread
            self.fault = fault

    def end(self):
        self.over.set()
        self.join(120)
        if self.fault:
            raise self.fault
        assert not self.is_alive()


class Rack:
    """Machines that boot all the time; each boot is another machine's. What the appliance answered with 200 is noted."""

    def __init__(self, appliance):
        self.appliance = appliance
        self.machines = [SimulatedMachine(appliance, number) for number in range(1, MACHINES + 1)]
        self.inspected, self.installed = [], {}
        self.counter = itertools.count(1)
        self.actors = [Actor(lambda machine=machine: self.boot(machine)) for machine in self.machines]

    def boot(self, machine):
        number = next(self.counter)
        machine.become(f"52:54:00:0b:{number >> 8:02x}:{number & 255:02x}")
        if number % 3 == 0:
            self.install(machine)
        else:
            assert machine.boot().profile == "inspect"
            self.inspected.append(machine.mac)

    def install(self, machine):
        """A node that the controller has made boots once what it was told to."""
        node = create(self.appliance, [machine.mac], f"install-{machine.mac.replace(':', '-')}")
        set_boot(self.appliance, node["id"], "installer", once=True, wait=True)
        assert machine.boot().profile == "installer"
        # what is consumed is on the disk of pxed-tftp within a moment
        time.sleep(0.05)
        assert machine.script().profile == "local", f"{machine.mac} was installed"
        self.installed[machine.mac] = node["id"]

    def end(self):
        try:
            for actor in self.actors:
                actor.over.set()
            for actor in self.actors:
                actor.end()
        finally:
            for machine in self.machines:
                machine.close()


def create(appliance, macs, name):
    """Node.Create as a controller makes it that does not know whether the call before, which was not answered, was made."""
    try:
        return appliance.insist("Node.Create", name=name, macs=macs)["node"]
    except VarlinkError as error:
        assert error.name == "org.pxed.Node.Exists", error
        return appliance.insist("Node.Get", node=macs[0])["node"]


def set_boot(appliance, node, profile, **more):
    while True:
        try:
            return appliance.insist("Node.SetBoot", node=node, profile=profile, **more)["node"]
        except VarlinkError as error:
            assert error.name == "org.pxed.Node.NotApplied", error


class Controller:
    """Makes nodes and assigns them; what was acknowledged is noted, what was not may have become true or not."""

    def __init__(self, appliance):
        self.appliance = appliance
        self.nodes, self.assignments = {}, {}
        self.counter = itertools.count(1)
        self.actor = Actor(self.act)

    def act(self):
        number = next(self.counter)
        with contextlib.suppress(OSError, Closed):
            with self.appliance.connect(patience=0) as bus:
                node = bus.call("org.pxed.Node.Create", name=f"made-{number}", macs=[f"52:54:00:0c:{number >> 8:02x}:{number & 255:02x}"])["node"]
                self.nodes[node["id"]] = node["name"]
                assigned = bus.call("org.pxed.Node.SetBoot", node=node["id"], profile="installer")["node"]
                self.assignments[node["id"]] = assigned["assignment"]
        time.sleep(0.03)

    def end(self):
        self.actor.end()


def kill_child(appliance, name, before):
    """A child's process is another one than `before` when it has come back."""
    pid = appliance.wait(f"{name} is back", lambda: (pid := appliance.children().get(name)) != before.get(name) and pid)
    before[name] = pid
    os.kill(pid, signal.SIGKILL)


def test_nothing_acknowledged_is_lost_and_every_boot_completes(appliance):
    appliance.set_kernel_profile("installer")
    log, rack, controller = EventLog(appliance), Rack(appliance), Controller(appliance)
    children, kills, moments = {}, 0, random.Random(SEED)
    began = time.monotonic()
    try:
        for _ in range(ROUNDS):
            for victim in DAEMONS:
                # at another moment of the boots each time
                time.sleep(moments.uniform(0.05, 0.4))
                appliance.kill(victim)
                time.sleep(DOWN_SECONDS)
                appliance.start(victim)
                kills += 1
            for child in CHILDREN:
                kill_child(appliance, child, children)
                kills += 1
    finally:
        rack.end()
        controller.end()
    took = time.monotonic() - began
    appliance.wait_ready()

    for mac in rack.inspected:
        appliance.wait_inspected(mac)
    events = log.end()
    print(f"\n{kills} deaths in {took:.0f} s (seed {SEED}): {len(rack.inspected)} machines inspected, {len(rack.installed)} installed once, "
          f"{len(controller.nodes)} nodes made, {len(events)} events, the log resumed {log.resumed} times")
    assert len(rack.inspected) > ROUNDS and len(rack.installed) >= ROUNDS // 2 and len(controller.assignments) > ROUNDS and log.resumed

    stored = appliance.events()
    assert [event["number"] for event in stored] == list(range(1, len(stored) + 1)), "the log has no hole and no duplicate"
    assert [event["number"] for event in events] == list(range(1, len(events) + 1)), "nor has what was followed"
    assert events == stored[:len(events)] and len(stored) - len(events) < 20

    nodes = {node["id"]: node for node in appliance.nodes()}
    assert {id: nodes[id]["name"] for id in controller.nodes} == controller.nodes
    assert {id: nodes[id]["assignment"] for id in controller.assignments} == controller.assignments
    of = lambda kind: [event["mac"] or next(iter(port["mac"] for port in nodes[event["node"]]["ports"]))  # noqa: E731
                       for event in stored if event["kind"] == kind]
    assert sorted(of("node.inspected")) == sorted(rack.inspected), "one event for each inventory that was accepted"
    created = of("node.created")
    assert len(created) == len(set(created)) == len(nodes)
    for mac, node in rack.installed.items():
        appliance.wait(f"{mac} has no assignment any more", lambda: appliance.node(node)["assignment"] is None)
        done = [event for event in appliance.events() if event["kind"] == "node.booted" and event["node"] == node and "one boot" in event["message"]]
        assert len(done) == 1, (mac, done)
    for mac in rack.inspected:
        assert len(appliance.call("Inventory.List", node=mac)["inventories"]) == 1
        newest = appliance.boots(mac)[0]
        assert newest["outcome"] == "inspected", newest
