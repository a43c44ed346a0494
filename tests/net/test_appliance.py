"""The whole appliance: what a machine, a controller and an operator get of the five daemons together."""
import json
import re
import statistics
import subprocess
import time

import pytest

from announcements import SWITCH, lldp_frame
from appliance_fixtures import appliance, card, macs, machine  # noqa: F401
from netcfg_daemon import Wire
from netns import hold_port
from simulated_machine import IPXE, SimulatedMachine
from waiting import PATIENCE
from whole_appliance import VarlinkError, WholeAppliance

def kinds(events, node):
    return [event["kind"] for event in events if event["node"] == node["id"]]


# ---- from unknown to inspected

def test_unknown_machine_becomes_an_inspected_node(appliance, machine):
    before = appliance.events()[-1]["number"]
    assert appliance.node(machine.mac) is None
    start = machine.firmware()
    script = machine.script(start)
    assert script.profile == "inspect"
    discovered = appliance.wait("the node is there", lambda: appliance.node(machine.mac))
    assert discovered["inspection"]["state"] == "waiting"
    assert machine.load(script)
    posted = machine.inspect(script)

    node = appliance.wait_inspected(machine.mac)
    assert node["id"] == discovered["id"]
    given = posted["inventory"]
    assert {key: node[key] for key in ("uuid", "serial", "manufacturer", "product", "architecture", "bootMode", "cpus", "memory")} == {
        "uuid": machine.uuid, "serial": f"SERIAL-{machine.mac}", "manufacturer": "Simulated", "product": "Machine 1",
        "architecture": "x86_64", "bootMode": "bios", "cpus": given["cpu"]["count"], "memory": given["memory"]["physical_mb"] << 20}
    # pxed-netcfg tells in its own time where it was seen
    [port] = appliance.wait("its card is seen", lambda: [port for port in appliance.node(machine.mac)["ports"] if port["network"]])
    assert (port["mac"], port["interface"], port["boots"], port["network"], port["physicalNetwork"]) == (
        machine.mac, "eth0", True, "lab", "physnet1")
    assert port["switchChassis"] == "00:11:22:33:44:55" and port["switchPort"] == "Eth1/1"
    assert port["switchName"] == "sw-test" and port["switchVlan"] == 77
    inventory = appliance.call("Inventory.Get", node=machine.mac)["inventory"]
    [disk] = inventory["disks"]
    assert (disk["size"], disk["serial"]) == (given["disks"][0]["size"], f"DISK-{machine.mac}")
    assert appliance.call("Inventory.GetRaw", node=machine.mac)["raw"] == posted

    expected = ["discover", "offer", "request", "acknowledge", "tftp", "script", "file", "started", "agent", "inventory"]

    def told():
        """Each worker tells in its own time, also after what the ramdisk posted."""
        [boot] = appliance.boots(machine.mac)
        whole = set(expected) <= {step["kind"] for step in boot["steps"]} and any(step["stage"] == "os" for step in boot["steps"])
        return boot if boot["outcome"] == "inspected" and whole else None
    boot = appliance.wait("the whole boot is known", told)
    assert boot["node"] == node["id"] and boot["network"] == "lab"
    steps = [step["kind"] for step in boot["steps"]]
    assert [steps.index(kind) for kind in expected] == sorted(steps.index(kind) for kind in expected) and "refused" not in steps, steps
    assert {step["stage"] for step in boot["steps"] if step["kind"] == "discover"} == {"firmware", "ipxe", "os"}
    appliance.wait("it is told that it booted", lambda: "node.booted" in kinds(appliance.events(before), node))
    seen = [event for event in appliance.events(before) if event["mac"] == machine.mac or event["node"] == node["id"]]
    of_node = [event["kind"] for event in seen if event["kind"].startswith("node.")]
    # pxed-tftp tells that it booted, in its own time
    of_node.remove("node.booted")
    assert of_node == ["node.created", "node.inspection-waiting", "node.inspection-processing", "node.inspected"]
    assert {"boot.started", "boot.ended"} <= {event["kind"] for event in seen}
    [lease] = appliance.wait("its lease is told", lambda: [
        lease for lease in appliance.call("Network.ListLeases", network="lab")["leases"] if lease["mac"] == machine.mac])
    assert (lease["address"], lease["node"]) == (machine.address, node["id"])
    assert machine.script().profile == "local"


def test_ironic_python_agent_is_found_and_beats(appliance, machine):
    """A profile's arguments have the URL that an agent looks itself up at; where it takes commands is told of its node."""
    machine.load(machine.script(machine.firmware()))
    machine.inspect(machine.script())
    node = appliance.wait_inspected(machine.mac)
    appliance.call("Profile.Set", name="ipa", kind="inspect", arguments="quiet ipa-api-url=${introspect}/t/${token}")
    appliance.call("Node.SetBoot", node=node["id"], profile="ipa", wait=True)
    script = machine.script()
    assert script.profile == "ipa"
    api = re.search(r" ipa-api-url=(\S+)", script.text)[1]
    assert api.startswith("http://192.0.2.1:5050/t/p1.")
    status, body = machine.request("GET", f"{api}/v1/lookup?addresses={machine.mac}")
    answer = json.loads(body)
    assert (status, answer["node"]["uuid"]) == (200, node["id"])
    beat = {"callback_url": f"https://{machine.address}:9999", "agent_token": answer["config"]["agent_token"], "agent_version": "9.11.0",
            "agent_verify_ca": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}
    with pytest.raises(VarlinkError, match="NotFound") as none:
        appliance.call("Node.GetAgent", node=node["name"])
    assert none.value.parameters == {"kind": "agent", "reference": node["name"]}
    assert machine.request("POST", f"{api}/v1/heartbeat/{node['id']}", json.dumps(beat).encode())[0] == 202
    agent = appliance.wait("the node has its agent", lambda: appliance.node(machine.mac)["agent"])
    assert (agent["callbackUrl"], agent["version"]) == (beat["callback_url"], "9.11.0")
    assert appliance.call("Node.GetAgent", node=node["name"]) == {"agent": agent, "token": beat["agent_token"], "verifyCa": beat["agent_verify_ca"]}
    assert "node.agent" in kinds(appliance.events(), node)


def test_machine_and_appliance_on_one_switch(appliance, machine):
    """What the switch says to the machine and what it says to the appliance meet in one map."""
    machine.boot()
    name = appliance.wait_inspected(machine.mac)["name"]
    Wire(machine.namespace, "eth0").send(lldp_frame(SWITCH, "Eth1/48", 60))

    def ports():
        [network] = appliance.ask("map", "lab")["networks"]
        return {port["port"]: port for switch in network["switches"] if switch["chassis"] == SWITCH for port in switch["ports"]}
    appliance.wait("the switch was heard", lambda: "Eth1/48" in ports())
    assert name in [one["name"] for one in ports()["Eth1/1"]["machines"]]
    assert (ports()["Eth1/48"]["appliance"], ports()["Eth1/48"]["machines"]) == (["m1"], [])
    Wire(machine.namespace, "eth0").send(lldp_frame(SWITCH, "Eth1/48", 0))
    appliance.wait("it took that back", lambda: "Eth1/48" not in ports())


# ---- once

def once(appliance, machine, profile):
    node = appliance.call("Node.Create", name=None, macs=[machine.mac], uuid=None, tags=None, labels=None)["node"]
    appliance.call("Node.SetBoot", node=machine.mac, profile=profile, once=True, wait=True)
    return node


@pytest.fixture(scope="module")
def profile(appliance):
    """Name of a kernel profile, and its files' contents."""
    return "installer", appliance.set_kernel_profile("installer")


def wait_until_told(appliance, node):
    """Until pxed-tftp has written down that the machine has all of its files, or has told pxed: the machine has the last byte a moment earlier."""
    mark = appliance.state / "tftp/consumed" / node["id"]
    appliance.wait("pxed-tftp knows that all was fetched",
                   lambda: mark.exists() or "pxed" in appliance.processes and appliance.node(node["id"])["assignment"] is None)


def assert_consumed_once(appliance, node, since):
    appliance.wait("the assignment is used up", lambda: appliance.node(node["id"])["assignment"] is None)
    appliance.wait_ready()
    consumed = [event for event in appliance.events(since) if event["kind"] == "node.booted" and event["node"] == node["id"]
                and "one boot" in event["message"]]
    assert len(consumed) == 1, consumed


def test_once_is_served_until_it_was_fetched_and_never_again(appliance, machine, profile):
    since = appliance.events()[-1]["number"]
    node = once(appliance, machine, profile[0])
    machine.dhcp(IPXE)
    for _ in range(3):
        script = machine.script()
        assert script.profile == "installer"
    assert machine.get(script.urls[0]) == profile[1][0]
    assert machine.script().profile == "installer" and appliance.node(machine.mac)["assignment"]
    script = machine.script()
    assert [machine.get(url) for url in script.urls] == profile[1]
    wait_until_told(appliance, node)
    assert machine.script().profile == "local"
    assert_consumed_once(appliance, node, since)
    assert machine.script().profile == "local"


@pytest.mark.parametrize("moment", ["script", "kernel", "all"])
@pytest.mark.parametrize("victim", ["pxed-tftp", "pxed"])
def test_once_when_a_daemon_dies_in_between(appliance, machine, profile, victim, moment):
    """`moment`: what the machine was served last before the death."""
    since = appliance.events()[-1]["number"]
    node = once(appliance, machine, profile[0])
    machine.dhcp(IPXE)
    script = machine.script()
    fetched = {"script": 0, "kernel": 1, "all": 2}[moment]
    for number, url in enumerate(script.urls):
        if number == fetched:
            appliance.restart(victim)
        assert machine.get(url) == profile[1][number]
    wait_until_told(appliance, node)
    if fetched == len(script.urls):
        appliance.restart(victim)
    assert machine.script().profile == "local"
    assert_consumed_once(appliance, node, since)
    assert machine.script().profile == "local"


def test_once_is_consumed_though_both_daemons_die_after_the_last_file(appliance, machine, profile):
    """pxed-tftp remembers what pxed could not hear, and tells it when both are back."""
    since = appliance.events()[-1]["number"]
    node = once(appliance, machine, profile[0])
    machine.dhcp(IPXE)
    script = machine.script()
    appliance.kill("pxed")
    assert machine.load(script)
    wait_until_told(appliance, node)
    appliance.restart("pxed-tftp")
    appliance.start("pxed")
    assert_consumed_once(appliance, node, since)
    assert machine.script().profile == "local"


# ---- set-boot, waiting

def test_each_script_after_set_boot_is_the_new_one(appliance, machine):
    """1,000 times; the reply of set-boot is the moment from which it counts."""
    for name in ("even", "odd"):
        appliance.set_kernel_profile(name)
    appliance.call("Node.Create", macs=[machine.mac])
    machine.dhcp(IPXE)
    url = f"http://192.0.2.1:8080/boot?mac={machine.mac}&platform=pcbios"
    spans = []
    with appliance.connect() as bus:
        for number in range(1000):
            name = ("even", "odd")[number % 2]
            began = time.monotonic()
            bus.call("org.pxed.Node.SetBoot", node=machine.mac, profile=name, wait=True)
            spans.append(time.monotonic() - began)
            status, script = machine.request("GET", url)
            assert status == 200 and f"boots profile {name}:".encode() in script, (number, script)
    print(f"\nset-boot with waiting, 1,000 times: median {statistics.median(spans) * 1000:.1f} ms, "
          f"worst {max(spans) * 1000:.1f} ms")


# ---- pxed stopped

def test_with_pxed_stopped_a_known_machine_boots(appliance, machine):
    """DHCP, loader, script and image; its inventory is taken; all of it is told when pxed is back."""
    machine.boot()
    node = appliance.wait_inspected(machine.mac)
    before = len(appliance.call("Inventory.List", node=node["id"])["inventories"])
    appliance.call("Node.Inspect", node=node["id"], wait=True)
    boots = len(appliance.boots(machine.mac))
    since = appliance.events()[-1]["number"]

    assert appliance.stop("pxed") == 0
    script = machine.boot()
    assert script.profile == "inspect"
    stopped = time.time() * 1e6
    time.sleep(0.3)
    appliance.start("pxed")
    appliance.wait_ready()

    appliance.wait("the inventory is there",
                   lambda: len(appliance.call("Inventory.List", node=node["id"])["inventories"]) == before + 1)
    whole = {"discover", "acknowledge", "tftp", "script", "file", "started", "agent", "inventory"}
    newest = appliance.wait("the whole boot is known", lambda: (boots_now := appliance.boots(machine.mac)) and
                            boots_now[0]["outcome"] == "inspected" and len(boots_now) == boots + 1 and
                            whole <= {step["kind"] for step in boots_now[0]["steps"]} and boots_now[0])
    assert all(step["time"] < stopped for step in newest["steps"]), "steps have the time at which they were"
    [lease] = appliance.wait("its lease is told", lambda: [
        lease for lease in appliance.call("Network.ListLeases")["leases"] if lease["mac"] == machine.mac and lease["address"] == machine.address])
    assert lease["address"] == machine.address
    told = kinds(appliance.events(since), node)
    assert told.count("node.inspected") == 1 and told.count("boot.started") == 1, told
    assert appliance.node(machine.mac)["decision"]["profile"] == "local"


def test_with_pxed_stopped_an_unknown_machine_is_inspected_too(appliance, machine):
    appliance.stop("pxed")
    assert machine.boot().profile == "inspect"
    appliance.start("pxed")
    node = appliance.wait_inspected(machine.mac)
    assert kinds(appliance.events(), node).count("node.created") == 1


# ---- what is missing is told, and what is back is used

def test_missing_interface_is_told_and_recovers(appliance, machine):
    appliance.namespace.ip("link", "delete", "pxe0")
    problems = appliance.wait("each daemon says it", lambda: all(
        any("pxe0" in reason for reason in appliance.problems(name).values()) for name in ("pxed-dhcp", "pxed-netcfg")))
    assert problems
    status = appliance.ask("status")
    assert status["state"] == "degraded"
    appliance.make_bridge()
    appliance.namespace.ip("link", "set", f"m{machine.number}", "master", "pxe0")
    appliance.wait_ready()
    machine.boot()
    appliance.wait_inspected(machine.mac)


def test_taken_ports_are_told_and_recover(appliance, machine):
    """All four at once, from the start of their daemons on."""
    holders = {67: ("udp", "pxed-dhcp"), 69: ("udp", "pxed-tftp"), 8080: ("tcp", "pxed-tftp"), 5050: ("tcp", "pxed-introspect")}
    names = {name for _, name in holders.values()}
    for name in names:
        appliance.stop(name)
    held = [hold_port(appliance.namespace, kind, port) for port, (kind, _) in holders.items()]
    for name in names:
        appliance.start(name)
    for port, (_, name) in holders.items():
        appliance.wait(f"{name} says that port {port} is taken", lambda: any(
            str(port) in f"{subject} {reason}" and "python3" in reason for subject, reason in appliance.problems(name).items()))
    assert appliance.ask("status")["state"] == "degraded"
    for holder in held:
        holder.kill()
        holder.wait()
    appliance.wait_ready()
    machine.boot()
    appliance.wait_inspected(machine.mac)


# ---- the configuration

def broken(appliance):
    """The configuration with a line that cannot be used, and the number of that line."""
    lines = appliance.configuration.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if line.startswith("pool"))
    lines[number] = "pool = 192.0.2.199-192.0.2.100"
    return "\n".join(lines) + "\n", number + 1


def test_reload_of_a_bad_file_keeps_the_good_one(appliance, machine):
    good = appliance.configuration.read_text()
    bad, line = broken(appliance)
    since = appliance.events()[-1]["number"]
    appliance.configuration.write_text(bad)
    try:
        with pytest.raises(RuntimeError) as refused:
            appliance.ctl("reload")
        assert f"{appliance.configuration}:{line}" in str(refused.value) or (
            str(appliance.configuration) in str(refused.value) and f"line {line}" in str(refused.value)), refused.value
        reasons = appliance.problems("pxed")
        assert any(str(appliance.configuration) in reason and str(line) in reason for reason in reasons.values()), reasons
        assert appliance.ask("status")["state"] == "degraded"
        assert "config.refused" in [event["kind"] for event in appliance.events(since)]
        machine.boot()
        appliance.wait_inspected(machine.mac)
    finally:
        appliance.configuration.write_text(good)
    appliance.ctl("reload")
    assert appliance.problems("pxed") == {}
    appliance.wait_ready()


def test_pxed_does_not_start_with_a_bad_file(appliance):
    bad, line = broken(appliance)
    path = appliance.folder / "bad.conf"
    path.write_text(bad)
    done = subprocess.run([appliance.build / "pxed", "--config", path, "--runtime-dir", appliance.folder / "run2", "--state-dir",
                           appliance.folder / "state2"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0
    assert f"{path}:{line}:" in done.stderr and "pool" in done.stderr, done.stderr


# ---- the disk is full

@pytest.fixture
def small_disk():
    """An appliance whose pxed keeps its state on a file system of 4 MiB."""
    with WholeAppliance() as appliance:
        folder = appliance.state / "pxed"
        appliance.stop("pxed")
        copy = appliance.folder / "copy"
        subprocess.run(["cp", "-a", folder, copy], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "pxed-small", folder], check=True)
        try:
            subprocess.run(f"cp -a {copy}/. {folder}", shell=True, check=True)
            appliance.start("pxed")
            appliance.wait_ready()
            yield appliance, folder
        finally:
            if "pxed" in appliance.processes:
                appliance.stop("pxed")
            subprocess.run(["umount", folder], check=True)


def test_full_disk_refuses_writes_and_serves_machines(small_disk):
    appliance, folder = small_disk
    machine = SimulatedMachine(appliance, 2)
    try:
        machine.boot()
        node = appliance.wait_inspected(machine.mac)
        filler = folder / "filler"
        with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(4096))

        def refused():
            try:
                appliance.call("Node.Update", node=node["id"], labels={"filler": str(time.time())})
            except VarlinkError as error:
                return error
            return None
        error = appliance.wait("a write is refused", refused)
        assert error.name == "org.pxed.Node.StorageFailed" and error.parameters["reason"]
        revision = appliance.node(node["id"])["revision"]
        for _ in range(3):
            with pytest.raises(VarlinkError, match="StorageFailed"):
                appliance.call("Node.SetBoot", node=node["id"], profile="inspect", wait=True)
        assert appliance.node(node["id"])["revision"] == revision and appliance.node(node["id"])["assignment"] is None
        assert appliance.ask("status")["state"] == "degraded", "an operator sees it"
        assert machine.script().profile == "local"
        machine.become("52:54:00:0f:00:01")
        assert machine.boot().profile == "inspect", "an unknown machine is inspected, its inventory waits"

        filler.unlink()
        appliance.wait_inspected(machine.mac)
        appliance.call("Node.SetBoot", node=node["id"], profile="inspect", wait=True)
        assert appliance.node(node["id"])["assignment"]["profile"] == "inspect"
        appliance.wait_ready()
        numbers = [event["number"] for event in appliance.events()]
        assert numbers == list(range(1, len(numbers) + 1))
    finally:
        machine.close()
