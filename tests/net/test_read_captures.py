"""Captures that other tests made (tests/data/captures/README), read by `pxed-netcfg --read` without anything else being known."""
import json
import subprocess

import pytest
import scapy.all as scapy

from places import BUILD, ROOT

CAPTURES = ROOT / "tests/data/captures"
OWN = "192.0.2.1"


def read(path, *options):
    done = subprocess.run([str(BUILD / "pxed-netcfg"), *options, "--read", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def boots(name):
    lines = [json.loads(line) for line in read(CAPTURES / f"{name}.pcapng", "--json", "--own", OWN).splitlines()]
    return [line["boot"] for line in lines if "boot" in line], [line["sighting"] for line in lines if "sighting" in line]


@pytest.mark.parametrize("name,signature,says", [
    ("no-offer", "no-offer", "DISCOVERs"), ("tftp-file-missing", "tftp-file-missing", "no-such.efi"),
    ("offer-not-requested-foreign", "offer-not-requested-foreign", "192.0.2.66 offered 192.0.2.77, boot file evil.0")])
def test_what_is_wrong(name, signature, says):
    [boot], sightings = boots(name)
    diagnosis = boot["diagnosis"]
    assert diagnosis["signature"] == signature, boot
    assert any(says in text for text in (diagnosis["reason"], *diagnosis["evidence"])), diagnosis
    assert boot["mac"] in {sighting["mac"] for sighting in sightings}
    # for a person: each step, reason, evidence, and what is not known stays a word
    text = read(CAPTURES / f"{name}.pcapng", "--own", OWN)
    for word in (f"Boot of {boot['mac']}", f": {signature}: ", "Evidence", "Confirm", "Fix", "INTERFACE" if "tcpdump" in diagnosis["confirm"] else ""):
        assert word in text, text
    assert len([line for line in text.splitlines() if line.startswith("  +")]) == len(boot["steps"])


def test_a_loop_is_seen_across_its_rounds():
    rounds, _ = boots("ipxe-loop")
    assert [(boot["diagnosis"] or {}).get("signature") for boot in rounds[:3]] == [None, None, "ipxe-loop"]


@pytest.mark.parametrize("name,expected", [
    ("bios", ["discover", "offer", "request", "acknowledge"]), ("uefi", ["discover", "offer", "request", "acknowledge", "tftp", "discover", "acknowledge"])])
def test_healthy_firmware(name, expected):
    """Of QEMU's machines: SeaBIOS with iPXE in its ROM, and OVMF."""
    told, _ = boots(name)
    kinds = iter([step["kind"] for step in told[0]["steps"]])
    assert all(kind in kinds for kind in expected), told[0]["steps"]
    assert [boot["diagnosis"] for boot in told] == [None] * len(told)
    transfers = [step["transfer"] for step in told[0]["steps"] if step["kind"] == "tftp"]
    assert transfers == (["aborted", "done"] if name == "uefi" else [])
    for step in told[0]["steps"]:
        if step["kind"] == "tftp" and step["transfer"] == "done":
            assert step["bytes"] == step["total"] > 100_000


def test_pcap_is_read_as_pcapng_is(tmp_path):
    """The old format has no interfaces and no comments; what is understood is the same."""
    packets = scapy.rdpcap(str(CAPTURES / "no-offer.pcapng"))
    scapy.wrpcap(str(tmp_path / "old.pcap"), packets, linktype=1)
    assert read(tmp_path / "old.pcap") == read(CAPTURES / "no-offer.pcapng")


def test_nothing_to_see(tmp_path):
    scapy.wrpcap(str(tmp_path / "empty.pcap"), [], linktype=1)
    assert read(tmp_path / "empty.pcap") == "Machines seen: 0\n\nNo machine asked to boot from the network.\n"


def test_what_is_no_capture(tmp_path):
    (tmp_path / "bad").write_bytes(b"\x0a\x0d\x0d\x0a" + b"\xff" * 40)
    for arguments, why in ((["--read", tmp_path / "bad"], "Cannot read"), (["--read", tmp_path / "none"], "No such file"),
                           (["--read", CAPTURES / "no-offer.pcapng", "--own", "x"], "'x' is none")):
        done = subprocess.run([str(BUILD / "pxed-netcfg"), *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 1 and why in done.stderr, done.stderr


def test_a_capture_that_is_cut_off(tmp_path):
    whole = (CAPTURES / "tftp-file-missing.pcapng").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-30])
    done = subprocess.run([str(BUILD / "pxed-netcfg"), "--read", str(tmp_path / "cut")], capture_output=True, text=True)
    assert done.returncode == 1 and "Cannot read all" in done.stderr and "Boot of" in done.stdout
