"""pxectl explain on the whole appliance: one story, and what it says comes true."""
import json
import re
import subprocess

import pytest

from appliance_fixtures import appliance, card, machine  # noqa: F401

UNKNOWN = "52:54:00:0e:00:01"


def run(appliance, *arguments):
    done = subprocess.run([appliance.build / "pxectl", "--runtime-dir", appliance.runtime, "explain", *arguments], capture_output=True, text=True,
                          timeout=30)
    assert "Traceback" not in done.stderr
    return done


def tell(appliance, *arguments):
    done = run(appliance, "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["stories"]


def test_unknown_machine(appliance):
    [story] = tell(appliance, UNKNOWN)
    assert (story["mac"], story["node"], story["network"], story["architecture"]) == (UNKNOWN, None, "lab", 0)
    assert story["decision"]["profile"] == "inspect" and story["failures"] == [] and story["notes"] == []
    assert story["boots"] is True and re.fullmatch(r"It boots profile inspect: 2 files, [\d.]+ KiB\.", story["conclusion"])
    text = run(appliance, UNKNOWN, "--bytes", "--script").stdout
    for expected in ("DHCP discover of the firmware", "undionly.kpxe", "756e64696f6e6c792e6b707865", "DHCP discover of iPXE",
                     "acknowledged, with what was offered", "network lab boots inspect on unknown machines", "    | #!ipxe", "token=TOKEN"):
        assert expected in text, expected
    assert text.endswith(story["conclusion"] + "\n")
    short = run(appliance, UNKNOWN).stdout
    assert "#!ipxe" not in short and "756e6469" not in short
    # and nobody has become a node by it
    assert appliance.node(UNKNOWN) is None


def test_several_architectures(appliance):
    stories = tell(appliance, UNKNOWN, "--arch", "bios", "--arch", "efi64", "--arch", "http64", "--arch", "arm64", "--arch", "6")
    assert [story["architecture"] for story in stories] == [0, 7, 16, 11, 6]
    assert [story["boots"] for story in stories] == [True, True, True, False, False]
    assert "no loader for this architecture" in stories[3]["conclusion"]


def test_it_comes_true(appliance, machine):
    """A node that has booted is told by name: its MAC, network and firmware are known. Then it boots what was told."""
    machine.become("52:54:00:0e:00:02")
    machine.boot()
    node = appliance.wait_inspected(machine.mac)
    appliance.wait("its firmware is known", lambda: any(step.get("architecture") is not None for step in appliance.boots(machine.mac)[0]["steps"]))
    appliance.set_kernel_profile("debian")
    appliance.call("Node.SetBoot", node=node["id"], profile="debian", once=True, wait=True)
    for _ in range(3):
        [story] = tell(appliance, node["name"])
        assert story["mac"] == machine.mac and story["node"] == node["name"] and story["network"] == "lab"
        assert story["source"] == "as it said at its newest boot"
    assert story["conclusion"].startswith("It boots profile debian: 2 files")
    script = machine.script(machine.firmware())
    assert script.profile == "debian"
    offer = next(field for field in story["dhcp"]["answers"][0]["fields"] if field["name"] == "yiaddr")
    assert offer["value"] == machine.address
    told = next(answer["text"] for answer in story["boot"]["answers"] if answer["request"].startswith("HTTP /boot?"))
    assert told == re.sub(r"p1\.[0-9A-Za-z.-]+", "TOKEN", script.text)


def test_missing_file_is_told(appliance):
    node = appliance.call("Node.Create", name="broken", macs=["52:54:00:0e:00:03"])["node"]
    appliance.call("Profile.Set", name="nowhere", kind="kernel", kernel="nowhere/vmlinuz", initrds=[], arguments="")
    appliance.call("Node.SetBoot", node=node["id"], profile="nowhere", wait=True)
    [story] = tell(appliance, "broken")
    assert story["boots"] is False and "nowhere/vmlinuz" in story["conclusion"] and "not in the image folder" in story["conclusion"]
    assert story["boot"]["answers"][-1]["status"] == 404


def test_each_mac_that_a_node_boots_by(appliance):
    macs = ["52:54:00:0e:00:11", "52:54:00:0e:00:12", "52:54:00:0e:00:13"]
    appliance.call("Node.Create", name="twins", macs=macs)
    assert [story["mac"] for story in tell(appliance, "twins")] == macs[:1]
    for mac in macs:
        appliance.call("Node.SetPort", node="twins", mac=mac, boots=mac != macs[0])
    stories = tell(appliance, "twins", "--arch", "bios", "--arch", "efi64")
    assert [(story["mac"], story["architecture"]) for story in stories] == [(mac, number) for mac in macs[1:] for number in (0, 7)]
    assert len({story["dhcp"]["answers"][0]["fields"][0]["value"] for story in stories}) == 2
    assert [story["mac"] for story in tell(appliance, macs[0])] == macs[:1]

    appliance.call("Node.Create", name="nothing", uuid="2b3f4c5d-1111-4000-8000-0000000000aa")
    done = run(appliance, "nothing")
    assert done.returncode == 1 and "has no MAC yet" in done.stderr


def test_uuid_finds_the_node(appliance):
    uuid = "2b3f4c5d-1111-4000-8000-0000000000bb"
    appliance.call("Node.Create", name="by-uuid", uuid=uuid)
    appliance.call("Node.Inspect", node="by-uuid", wait=True)
    [story] = tell(appliance, UNKNOWN, "--uuid", uuid)
    assert story["decision"]["profile"] == "inspect" and story["notes"] == []
    assert any("its UUID is that of node by-uuid" in rule for answer in story["boot"]["answers"] for rule in answer["rules"])


def test_a_daemon_that_is_down(appliance):
    appliance.stop("pxed-dhcp")
    done = run(appliance, UNKNOWN)
    assert done.returncode == 3 and "pxed-dhcp could not be asked: nobody listens" in done.stdout
    assert "HTTP /images/" in done.stdout and "How it ends is not known" in done.stdout
    appliance.start("pxed-dhcp")
    appliance.wait_ready()
    appliance.stop("pxed")
    done = run(appliance, "--json", UNKNOWN)
    [story] = json.loads(done.stdout)["stories"]
    assert done.returncode == 3 and [failure["part"] for failure in story["failures"]] == ["pxed"]
    assert story["decision"] is None and story["boots"] is True
    named = run(appliance, "broken")
    assert named.returncode == 3 and named.stdout == "" and "is pxed running" in named.stderr
    appliance.start("pxed")
    appliance.wait_ready()


@pytest.mark.parametrize("arguments, status, text", [
    ([UNKNOWN, "--arch", "sparc"], 2, "--arch takes"), ([UNKNOWN, "--arch", "65536"], 2, "--arch takes"), ([UNKNOWN, "--uuid", "1"], 2, "--uuid takes"),
    (["nobody"], 4, "no node 'nobody'"), ([], 2, "too few arguments"),
])
def test_usage(appliance, arguments, status, text):
    done = run(appliance, *arguments)
    assert done.returncode == status and done.stdout == "" and text in done.stderr


def test_unknown_network(appliance):
    done = run(appliance, UNKNOWN, "--network", "elsewhere")
    assert done.returncode == 4 and "there is no network 'elsewhere'" in done.stdout


def test_completion(appliance):
    def offered(*words):
        return subprocess.run([appliance.build / "pxectl", "--runtime-dir", appliance.runtime, "_complete", "--", *words], capture_output=True,
                              text=True).stdout.split()
    assert offered("explain", "--arch", "ef") == ["efi32", "efi64", "efibc"]
    assert {"--arch", "--bytes", "--script"} <= set(offered("explain", "--"))
    assert "explain" in offered("exp")
