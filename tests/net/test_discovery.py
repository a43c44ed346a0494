"""Machines that nobody knows, on the whole appliance: when they become nodes is their network's to say, and BMCs never do."""
from appliance_fixtures import appliance, card, machine, macs  # noqa: F401
from simulated_machine import FIRMWARE, OS

MORE_CONFIGURATION = "discover = seen\n"


def of_kind(appliance, kind, mac):
    return [event for event in appliance.events() if event["kind"] == kind and event["mac"] == mac]


def is_sighted(appliance, mac):
    return any(sighting["mac"] == mac and "dhcp" in sighting["protocols"] for sighting in appliance.call("Network.ListSightings")["sightings"])


def dhcp(machine, vendor_class):
    """A whole exchange of something that names itself so; its address."""
    options = [("vendor_class_id", vendor_class)]
    machine.card.options = lambda **_: options
    try:
        return machine.card.boot().address
    finally:
        del machine.card.options


def test_machine_that_asks_to_boot(appliance, machine):
    machine.dhcp(FIRMWARE)
    node = appliance.wait("it is a node", lambda: appliance.node(machine.mac))
    assert node["inspection"]["state"] == "none" and node["ports"][0]["mac"] == machine.mac
    [created] = of_kind(appliance, "node.created", machine.mac)
    assert "asks to boot" in created["message"]
    # and goes on as any machine does that has a node
    machine.dhcp(FIRMWARE)
    assert not machine.boot().callback
    assert len(of_kind(appliance, "node.created", machine.mac)) == 1


def test_any_host(appliance, machine):
    machine.dhcp(OS)
    appliance.wait("it was seen", lambda: is_sighted(appliance, machine.mac))
    assert appliance.node(machine.mac) is None


def test_bmc_that_names_itself(appliance, machine):
    dhcp(machine, b"iDRAC")
    [told] = appliance.wait("it is told", lambda: of_kind(appliance, "discovery.bmc", machine.mac))
    assert "management controller (iDRAC)" in told["message"] and told["network"] == "lab"
    assert appliance.node(machine.mac) is None


def test_bmc_of_a_node(appliance, machine):
    """It is known by the MAC that the inventory tells, and its address goes with its lease."""
    bmc = next(macs)
    machine.dhcp(FIRMWARE)
    node = appliance.wait("it is a node", lambda: appliance.node(machine.mac))
    appliance.call("Node.Inspect", node=machine.mac, wait=True)
    payload = machine.inventory()
    payload["inventory"].update(bmc_address="192.0.2.250", bmc_mac=bmc)
    machine.inventory = lambda: payload
    try:
        machine.boot()
    finally:
        del machine.inventory
    assert appliance.wait_inspected(node["id"])["bmcAddress"] == "192.0.2.250"
    machine.become(bmc)
    address = dhcp(machine, b"udhcp 1.30.1")
    appliance.wait("the node's BMC is there", lambda: appliance.node(node["id"])["bmcAddress"] == address)
    [told] = appliance.wait("it is told", lambda: of_kind(appliance, "discovery.bmc", bmc))
    assert told["node"] == node["id"] and node["name"] in told["message"]
    assert appliance.node(bmc) is None


def test_never(appliance, machine):
    text = appliance.configuration.read_text()
    appliance.configuration.write_text(text.replace("discover = seen", "discover = never"))
    try:
        appliance.call("Appliance.Reload")
        assert machine.boot().callback, "the ramdisk is served as before"
        [told] = appliance.wait("that is told", lambda: of_kind(appliance, "inventory.unknown-machine", machine.mac))
        assert "discover = never" in told["message"]
        assert appliance.node(machine.mac) is None
    finally:
        appliance.configuration.write_text(text)
        appliance.call("Appliance.Reload")
