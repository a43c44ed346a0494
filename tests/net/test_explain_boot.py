"""What pxed-tftp says that it would serve is what curl and a TFTP client then get: status, size, text; and asking changes nothing."""
import json
import os
import re
import socket
import struct
import time

import pytest

from explained import Explainer, VarlinkError
from tftp_daemon import ADDRESS, MAC, NODE, PORT, Daemon, node_entry, profile_entry
from waiting import PATIENCE, contention

UNKNOWN = "52:54:00:ff:00:01"
TOKEN = re.compile(r"p1\.[0-9A-Za-z.-]+")


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon(tmp_path).start()
    daemon.wait_ready()
    yield daemon
    daemon.close()


def ask(daemon, **parameters):
    return Explainer(daemon.path / "run/tftp.sock").ask(**{"mac": MAC, **parameters})


def assign(daemon, **body):
    daemon.bus.set_entries(dict([node_entry(1, **body)]))
    daemon.bus.wait_applied("tftp")


def curl(daemon, target):
    output = daemon.client.run(["curl", "--silent", "--show-error", "--max-time", str(PATIENCE), "--output", daemon.path / "body", "--write-out",
                                '{"status": %{http_code}, "size": %{size_download}}', f"http://{ADDRESS}:{PORT}{target}"]).stdout
    return {**json.loads(output), "body": (daemon.path / "body").read_bytes()}


def tftp(daemon, name):
    """Size of the file and None, or None and the error code."""
    with daemon.client.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(PATIENCE)
        asker.sendto(struct.pack("!H", 1) + name.encode() + b"\0octet\0", (ADDRESS, 69))
        opcode, number = struct.unpack("!HH", asker.recv(2048)[:4])
    return (None, number) if opcode == 5 else (len(daemon.tftp(name)), None)


def compare(daemon, explained):
    """Asks for everything as explained, whose token is that of the machine's script. Returns the explanation by request."""
    token = "TOKEN"
    for answer in explained["answers"]:
        protocol, target = answer["request"].split(" ", 1)
        assert answer["rules"] and answer["fields"] == []
        if protocol == "TFTP":
            assert (answer.get("size"), answer.get("status")) == tftp(daemon, target)
            assert answer["answered"] == (answer.get("status") is None) and answer["protocol"] == "tftp"
            continue
        got = curl(daemon, target.replace("TOKEN", token))
        assert answer["protocol"] == "http" and got["status"] == answer["status"], answer
        if answer.get("text") is not None:
            token = (TOKEN.findall(got["body"].decode()) or [token])[0]
            assert answer["size"] == got["size"] and TOKEN.sub("TOKEN", got["body"].decode()) == answer["text"]
        elif answer["answered"]:
            assert answer["size"] == got["size"] and got["status"] == 200
    return {answer["request"].split("?")[0]: answer for answer in explained["answers"]}


def last_rule(answer):
    return answer["rules"][-1]


@pytest.mark.parametrize("architecture, loader, platform", [(0, "TFTP undionly.kpxe", "pcbios"), (7, "TFTP snponly.efi", "efi"),
                                                           (9, "TFTP snponly.efi", "efi"), (16, "HTTP /loaders/snponly.efi", "efi")])
def test_inspection(daemon, architecture, loader, platform):
    answers = compare(daemon, ask(daemon, mac=UNKNOWN, architecture=architecture, uuid="2b3f4c5d-1111-4000-8000-000000000001"))
    assert list(answers) == [loader, "HTTP /boot.ipxe", "HTTP /boot", "HTTP /images/inspect/vmlinuz", "HTTP /images/inspect/initrd"]
    assert all(answer["answered"] for answer in answers.values())
    boot = answers["HTTP /boot"]
    assert f"platform={platform}" in boot["request"] and "ipa-inspection-callback-url=" in boot["text"] and "TOKEN" in boot["text"]
    assert boot["rules"][1:] == ["decision: no node has its MAC or UUID", "decision: network lab boots inspect on unknown machines",
                                 "boot script: boots profile inspect"]


@pytest.mark.parametrize("architecture", [0, 7])
def test_local_disk(daemon, architecture):
    assign(daemon)
    answers = compare(daemon, ask(daemon, architecture=architecture))
    assert ("HTTP /loaders/local-x64.efi" in answers) == (architecture == 7)
    assert last_rule(answers["HTTP /boot"]) == "boot script: boots profile local"


def test_no_loader_for_the_architecture(daemon):
    answers = ask(daemon, architecture=11)["answers"]
    assert len(answers) == 1 and not answers[0]["answered"] and "no loader" in last_rule(answers[0])


def test_once_stays(daemon):
    assign(daemon, profile="installer", assignment=9, once=True)
    for _ in range(3):
        explained = ask(daemon)
        assert [a["request"].split("?")[0] for a in explained["answers"]][-1] == "HTTP /images/installer/initrd"
    assert not daemon.bus.values("step"), "asking was told as a boot"
    answers = compare(daemon, explained)  # which fetches all
    assert "decision: installer is assigned, to boot once" in answers["HTTP /boot"]["rules"]
    daemon.wait_step("started", mac=MAC)
    answers = compare(daemon, ask(daemon))
    assert "decision: installer was assigned once and has been booted" in answers["HTTP /boot"]["rules"]
    assert last_rule(answers["HTTP /boot"]) == "boot script: boots profile local"


def test_ignored_machine(daemon):
    daemon.bus.set_network("lab", interface="prov0", unknown=None)
    daemon.bus.wait_applied("tftp")
    answers = compare(daemon, ask(daemon, mac=UNKNOWN))
    assert list(answers)[-1] == "HTTP /boot" and not answers["HTTP /boot"]["answered"]
    assert "network lab ignores unknown machines" in last_rule(answers["HTTP /boot"]) and "#!ipxe" in answers["HTTP /boot"]["text"]


def test_missing_and_unreadable_files(daemon):
    assign(daemon, profile="installer", assignment=9)
    (daemon.images / "installer/initrd").unlink()
    answers = compare(daemon, ask(daemon))
    assert not answers["HTTP /boot"]["answered"] and "needs the file installer/initrd" in last_rule(answers["HTTP /boot"])
    assert answers["HTTP /images/installer/vmlinuz"]["answered"]
    gone = answers["HTTP /images/installer/initrd"]
    assert gone["status"] == 404 and last_rule(gone) == f"file {daemon.images}/installer/initrd: there is no such file"
    # out of the folder
    os.symlink("/etc/passwd", daemon.images / "installer/initrd")
    answers = compare(daemon, ask(daemon))
    assert answers["HTTP /images/installer/initrd"]["status"] == 404


def test_odd_names_and_other_servers(daemon):
    (daemon.images / "a b%&?.img").write_bytes(b"x" * 77)
    daemon.bus.set_entries(dict([profile_entry("odd", kernel="installer/vmlinuz", initrds=["a b%&?.img", "http://192.0.2.99/other"])]))
    assign(daemon, profile="odd", assignment=9)
    explained = ask(daemon)
    other = explained["answers"].pop()
    assert other["request"] == "HTTP http://192.0.2.99/other" and "another server" in last_rule(other) and other.get("size") is None
    answers = compare(daemon, explained)
    assert answers["HTTP /images/a%20b%25%26%3F.img"]["size"] == 77


def test_missing_loader(daemon):
    loader = daemon.path / "state/tftp/loaders/snponly.efi"
    # what the daemon puts back is of the package's time
    for spoil, code in (lambda: os.chmod(loader, 0o600), 0), (loader.unlink, 1):
        spoil()
        explained = ask(daemon, architecture=7)
        assert (explained["answers"][0].get("size"), explained["answers"][0].get("status")) == (None, code) == tftp(daemon, "snponly.efi")
        assert len(explained["answers"]) == 1 and not explained["answers"][0]["answered"] and "snponly.efi" in explained["answers"][0]["rules"][1]


def test_servers_that_do_not_answer(tmp_path):
    daemon = Daemon(tmp_path)
    with daemon.appliance.entered():
        holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind((ADDRESS, 69))
    daemon.start()
    daemon.bus.wait_for(lambda: "TFTP of network lab" in daemon.problems())
    answers = ask(daemon)["answers"]
    assert len(answers) == 1 and "port 69" in last_rule(answers[0]) and "in use" in last_rule(answers[0])
    holder.close()

    with daemon.appliance.entered():
        taken = socket.create_server((ADDRESS, 8088))
    daemon.bus.set_entry("settings", **{**daemon.bus.entries["settings"], "httpPort": 8088})
    daemon.bus.wait_applied("tftp")
    answers = ask(daemon, architecture=16)["answers"]
    assert len(answers) == 1 and "8088" in last_rule(answers[0]) and "in use" in last_rule(answers[0])
    taken.close()
    daemon.close()


def test_it_is_quick(daemon):
    """10,000 nodes; the answer does not wait for anything."""
    daemon.bus.set_entries({f"node/{NODE.format(1)[:-4]}{i:04x}": {**node_entry(1)[1], "id": f"{NODE.format(1)[:-4]}{i:04x}", "name": f"n{i}",
                                                               "macs": [f"52:54:00:bb:{i >> 8:02x}:{i & 255:02x}"]} for i in range(10000)})
    daemon.bus.wait_applied("tftp")
    start = time.monotonic()
    for i in range(50):
        ask(daemon, mac=f"52:54:00:bb:00:{i:02x}")
    assert time.monotonic() - start < 3 * contention()


@pytest.mark.parametrize("parameters, error", [({"mac": "x"}, "Invalid"), ({"architecture": 70000}, "Invalid"), ({"uuid": "x"}, "Invalid"),
                                               ({"network": "none"}, "NotFound")])
def test_refusals(daemon, parameters, error):
    with pytest.raises(VarlinkError) as raised:
        ask(daemon, **parameters)
    assert raised.value.name == f"org.pxed.Explain.{error}"


def test_several_networks_and_none(tmp_path):
    daemon = Daemon(tmp_path, network=False).start()
    with pytest.raises(VarlinkError) as raised:
        ask(daemon)
    assert raised.value.parameters["field"] == "network" and "no network" in raised.value.parameters["reason"]
    daemon.bus.set_network("lab", interface="prov0")
    daemon.bus.set_network("two", interface="prov1", address="198.51.100.1/24")
    daemon.bus.wait_applied("tftp")
    with pytest.raises(VarlinkError) as raised:
        ask(daemon)
    assert "several" in raised.value.parameters["reason"]
    assert ask(daemon, network="two")["network"] == "two"
    daemon.close()
