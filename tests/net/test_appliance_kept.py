"""Daemons that start while pxed is away serve what they served before: each keeps the desired state of its role."""
import json
import re
import stat

import pytest

from appliance_fixtures import appliance, card, machine  # noqa: F401
from whole_appliance import DAEMONS

WORKERS = [name for name in DAEMONS if name != "pxed"]
SHORT = {name: name.removeprefix("pxed-") for name in WORKERS}


def kept_file(appliance, worker):
    return appliance.state / SHORT[worker] / "desired"


def captures(appliance):
    """How often pxed-netcfg has begun to take frames from the network's interface."""
    return appliance.log("pxed-netcfg").read_text().count("Frames are captured from the interface pxe0")


def restart(appliance, *workers):
    """As after a crash, and back; pxed is away. What is not captured is seen by nobody: that is waited for."""
    before = captures(appliance)
    for worker in workers:
        appliance.kill(worker)
    for worker in workers:
        appliance.time_to_ready(worker)
    if "pxed-netcfg" in workers:
        appliance.wait("frames are captured", lambda: captures(appliance) > before)


@pytest.mark.parametrize("restarted", [*([worker] for worker in WORKERS), WORKERS])
def test_machine_boots_when_pxed_is_away(appliance, machine, restarted):
    """What was assigned last, once, and then what the network says; all of it is told when pxed is back."""
    machine.boot()
    node = appliance.wait_inspected(machine.mac)
    profile = f"kernel-{machine.mac.replace(':', '')}"
    contents = appliance.set_kernel_profile(profile)
    appliance.call("Node.SetBoot", node=node["id"], profile=profile, once=True, wait=True)
    appliance.kill("pxed")
    restart(appliance, *restarted)

    script = machine.boot()
    assert script.profile == profile and [machine.get(url) for url in script.urls] == contents
    # the machine has the last byte a moment before pxed-tftp knows of it
    appliance.wait("pxed-tftp has it that all was fetched", (appliance.state / "tftp/consumed" / node["id"]).exists)
    restart(appliance, *restarted)
    assert machine.boot().profile == "local"
    appliance.start("pxed")
    appliance.wait_ready()
    appliance.wait("pxed knows", lambda: appliance.node(machine.mac)["assignment"] is None)
    assert appliance.node(machine.mac)["decision"]["profile"] == "local"
    # the boot after the last restart, with what each daemon has to tell of it
    appliance.wait("the whole boot is known", lambda: {"discover", "acknowledge", "tftp", "script"} <=
                   {step["kind"] for step in appliance.boots(machine.mac)[0]["steps"]})


def test_unknown_machine_is_inspected_when_pxed_is_away(appliance, machine):
    """Its token is good for a pxed-introspect that has started since: the secret is kept as well."""
    appliance.kill("pxed")
    restart(appliance, "pxed-tftp", "pxed-introspect")
    script = machine.script(machine.firmware())
    restart(appliance, "pxed-introspect")
    machine.load(script)
    machine.inspect(script)
    appliance.start("pxed")
    appliance.wait_inspected(machine.mac)


def test_only_the_daemon_reads_it(appliance):
    for worker in WORKERS:
        assert stat.S_IMODE(kept_file(appliance, worker).stat().st_mode) == 0o600


def test_a_damaged_file_is_ignored(appliance, machine):
    appliance.kill("pxed")
    for worker in WORKERS:
        kept_file(appliance, worker).write_bytes(b"pxed-state 1 %s\nrubbish\n\t1\n" % SHORT[worker].encode())
        appliance.kill(worker)
        appliance.start(worker)
    for worker in WORKERS:
        warning = rf"warning: Cannot use .*{SHORT[worker]}/desired \(it is damaged\)"
        appliance.wait(f"{worker} says it", lambda: re.search(warning, appliance.log(worker).read_text()))
    appliance.start("pxed")
    appliance.wait_ready()
    machine.boot()


def test_a_full_disk_is_told(appliance, machine):
    """The file cannot be written while its folder's place is taken; what came meanwhile is written when it can."""
    node = appliance.call("Node.Create", name="kept", macs=[machine.mac])["node"]
    path = kept_file(appliance, "pxed-tftp")
    path.rename(path.with_name("away"))
    path.mkdir()
    appliance.call("Node.Update", node=node["id"], labels={"a": "b"})
    appliance.call("Node.SetBoot", node=node["id"], profile="inspect", wait=True)
    reason = appliance.wait("it is told", lambda: appliance.problems("pxed-tftp").get("kept state"))
    assert str(path) in reason and "make room" in reason
    path.rmdir()
    path.with_name("away").rename(path)
    appliance.wait("it is written", lambda: "kept state" not in appliance.problems("pxed-tftp"))
    appliance.kill("pxed")
    restart(appliance, "pxed-tftp")
    assert machine.boot().profile == "inspect"


def test_10000_nodes(appliance):
    """Nothing is too much: the last of them is known."""
    appliance.kill("pxed")
    path = kept_file(appliance, "pxed-tftp")
    header, *lines = path.read_text().splitlines(keepends=True)
    uuid = "2b3f4c5d-0000-4000-8000-00000000{:04x}"
    nodes = [f'node/{uuid.format(i)}\t{{"key":"node/{uuid.format(i)}","node":{{"id":"{uuid.format(i)}","name":"n{i}","macs":["52:54:00:bb:{i >> 8:02x}:{i & 255:02x}"],'
             f'"parameters":{{}},"assignment":0,"once":false,"inspect":false}}}}\n' for i in range(10000)]
    path.write_text("".join([header, *nodes, *lines]))
    appliance.kill("pxed-tftp")
    appliance.start("pxed-tftp")

    def knows():
        """pxed is away, so that pxectl fails; what pxed-tftp says is told all the same."""
        boot = json.loads(appliance.ctl("--json", "explain", "52:54:00:bb:27:0f", check=False))["stories"][0]["boot"]
        return boot and "its MAC is one of node n9999" in json.dumps(boot)
    appliance.wait("the last of them is known", knows)
    appliance.start("pxed")
    appliance.wait_ready()
