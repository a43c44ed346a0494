"""Inspections as a controller commands them, over the whole appliance: taken back, also across restarts of pxed."""
import json

import pytest

from appliance_fixtures import appliance, card, machine  # noqa: F401
from simulated_machine import OS
from varlink import VarlinkError
from whole_appliance import CONFIGURATION

def inspection(appliance, machine):
    return appliance.node(machine.mac)["inspection"]


def wait_state(appliance, machine, state):
    def reached():
        node = appliance.node(machine.mac)
        return node if node and node["inspection"]["state"] == state else None
    return appliance.wait(f"the inspection is {state}", reached)


def told(appliance, machine):
    """Of its inspection: the kinds of events, less their word."""
    node = appliance.node(machine.mac)["id"]
    kinds = [event["kind"] for event in appliance.events() if event["node"] == node]
    return [kind.removeprefix("node.") for kind in kinds if kind.startswith("node.ins") or kind.startswith("node.inv")]


def begin(appliance, machine):
    """The ramdisk runs: the URL of its inventory, and of its orders."""
    script = machine.script(machine.firmware())
    assert script.callback and machine.load(script)
    machine.dhcp(OS)
    wait_state(appliance, machine, "waiting")
    return script.callback, script.callback.replace("/v1/continue", "/v1/agent")


def order(machine, url, state="collecting"):
    return machine.post(url, {"state": state, "message": None, "mac": machine.mac})["order"]


def test_ramdisk_is_told(appliance, machine):
    callback, agent = begin(appliance, machine)
    assert order(machine, agent, "started") == "wait"
    node = appliance.call("Node.AbortInspection", node=machine.mac)["node"]
    assert node["inspection"]["state"] == "aborting" and node["inspection"]["deadline"] > node["inspection"]["started"]
    assert node["decision"]["profile"] == "local"
    with pytest.raises(VarlinkError, match="WrongState") as refused:
        appliance.call("Node.Inspect", node=machine.mac)
    assert refused.value.parameters == {"state": "aborting"}
    appliance.wait("the ramdisk is told", lambda: order(machine, agent) == "abort")
    ended = wait_state(appliance, machine, "error")["inspection"]
    assert ended["error"] == "aborted: the ramdisk was told" and ended.get("hook") is None and ended.get("deadline") is None
    # its next boot is its own, and another inspection is another one
    assert machine.script().callback is None
    appliance.call("Node.Inspect", node=machine.mac, wait=True)
    machine.boot()
    wait_state(appliance, machine, "finished")
    assert told(appliance, machine) == ["inspection-waiting", "inspection-aborting", "inspection-aborted", "inspection-waiting",
                                        "inspection-processing", "inspected"]


def test_what_is_posted_is_refused(appliance, machine):
    """An ironic-python-agent asks for no orders."""
    callback, _ = begin(appliance, machine)
    appliance.call("Node.AbortInspection", node=machine.mac)
    payload = json.dumps(machine.inventory()).encode()
    answers = []

    def refused():
        answers.append(machine.request("POST", callback, payload))
        return answers[-1][0] == 410
    appliance.wait("the post is refused", refused)
    assert b"taken back" in answers[-1][1]
    assert wait_state(appliance, machine, "error")["inspection"]["error"] == "aborted: the ramdisk was told"
    assert appliance.node(machine.mac)["serial"] is None


def test_late_inventory_is_kept_and_not_taken_over(appliance, machine):
    """The ramdisk is not heard of until the time is over; what it brings then is stored, and taken over when somebody says so."""
    callback, _ = begin(appliance, machine)
    appliance.configuration.write_text(CONFIGURATION.format(images=appliance.images, finish="poweroff") + "\n[inspection]\naborting-timeout = 3s\n")
    appliance.call("Appliance.Reload")
    appliance.call("Node.AbortInspection", node=machine.mac)
    ended = wait_state(appliance, machine, "error")["inspection"]
    appliance.configuration.write_text(CONFIGURATION.format(images=appliance.images, finish="poweroff"))
    appliance.call("Appliance.Reload")
    assert ended["error"].startswith("aborted: the ramdisk was not heard of within 3 seconds")
    machine.post(callback, machine.inventory())
    appliance.wait("that is told", lambda: told(appliance, machine)[-1] == "inventory-refused")
    node = appliance.node(machine.mac)
    assert node["serial"] is None and node["inspection"] == ended
    assert appliance.call("Inventory.Get", node=machine.mac)["inventory"]["failure"] == "the inspection was taken back before it came"


def test_machine_that_did_not_boot(appliance, machine):
    """No ramdisk is there to be told: it is over as soon as none can be served any more."""
    appliance.call("Node.Create", macs=[machine.mac])
    with pytest.raises(VarlinkError, match="WrongState") as refused:
        appliance.call("Node.AbortInspection", node=machine.mac)
    assert refused.value.parameters == {"state": "none"}
    appliance.call("Node.Inspect", node=machine.mac)
    appliance.call("Node.AbortInspection", node=machine.mac)
    assert wait_state(appliance, machine, "error")["inspection"]["error"] == "aborted: no ramdisk was served"
    assert told(appliance, machine) == ["inspection-waiting", "inspection-aborting", "inspection-aborted"]


def test_abort_outlives_pxed(appliance, machine):
    """pxed dies after the call and comes back: the ramdisk is told all the same, once."""
    callback, agent = begin(appliance, machine)
    appliance.call("Node.AbortInspection", node=machine.mac)
    appliance.kill("pxed")
    appliance.start("pxed")
    assert wait_state(appliance, machine, "aborting")
    appliance.wait("the ramdisk is told", lambda: order(machine, agent) == "abort")
    wait_state(appliance, machine, "error")
    assert told(appliance, machine) == ["inspection-waiting", "inspection-aborting", "inspection-aborted"]
