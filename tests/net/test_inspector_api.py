"""What controllers get of the gateway of pxed-introspect: ironic-inspector's API and Ironic's of inventories, of the whole appliance."""
import contextlib
import datetime
import http.client
import itertools
import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from appliance_fixtures import appliance, card  # noqa: F401
from waiting import PATIENCE, contention

OWN = "X-OpenStack-Ironic-Inspector-API-"
VERSION = OWN + "Version"
LISTEN = ("127.0.0.1", 5051)
UNKNOWN = "6d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b11"
MORE_CONFIGURATION = "\n[inspection]\ninspector-listen = 127.0.0.1:5051\n[bus]\nintrospect-user = nobody\n"
numbers = itertools.count(1)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=PATIENCE):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Controller:
    """One request after the other, each a connection of its own."""

    def __init__(self, appliance):
        self.appliance = appliance

    def connection(self):
        return UnixConnection(self.appliance.runtime / "inspector")

    def ask(self, method, path, body=None, headers=None, **more):
        """(status, headers, JSON or None)"""
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, path, body, {**(headers or {}), **{name.replace("_", "-"): value for name, value in more.items()}})
            response = connection.getresponse()
            data = response.read()
            return response.status, response.headers, json.loads(data) if data else None

    def get(self, path, **more):
        """What must succeed."""
        status, headers, answer = self.ask("GET", path, **more)
        assert status == 200, answer
        return answer

    def etag(self, path):
        status, headers, _ = self.ask("GET", path)
        assert status == 200
        return headers["ETag"]

    def refused(self, status, method, path, *words, **more):
        """The refusal says why."""
        got, headers, answer = self.ask(method, path, **more)
        message = answer["error"]["message"]
        assert got == status and all(word in message for word in words), (got, message)
        return headers


class RemoteController(Controller):
    def connection(self):
        connection = http.client.HTTPConnection(*LISTEN, timeout=PATIENCE)
        with self.appliance.inside():
            connection.connect()
        return connection


@pytest.fixture(scope="module")
def controller(appliance):
    return Controller(appliance)


@pytest.fixture
def node(appliance):
    """Of a machine that was never seen."""
    number = next(numbers)
    return appliance.call("Node.Create", name=f"n{number}", macs=[f"52:54:00:0b:01:{number:02x}"])["node"]


@pytest.fixture(scope="module")
def inspected(appliance, card):
    """The node of `card`, and what its ramdisk posted."""
    card.become("52:54:00:0b:00:01")
    posted = card.inspect(card.script(card.firmware()))
    return appliance.wait_inspected(card.mac), posted


def inspect_again(appliance, controller, card):
    """From the request to the inventory."""
    card.dhcp({})
    assert controller.ask("POST", f"/v1/introspection/{card.mac}")[0] == 202
    script = card.script()
    assert script.profile == "inspect"
    card.inspect(script)
    return appliance.wait_inspected(card.mac)


# ---- discovery, versions, paths

def test_discovery(controller):
    [version] = controller.get("/")["versions"]
    assert version == {"status": "CURRENT", "id": "1.18", "links": [{"rel": "self", "href": "http://localhost/v1"}]}
    [resource] = controller.get("/v1")["resources"]
    assert resource == {"name": "introspection", "links": [{"rel": "self", "href": "http://localhost/v1/introspection"}]}
    status, headers, _ = controller.ask("GET", "/v1/")
    assert (status, headers[OWN + "Minimum-Version"], headers[OWN + "Maximum-Version"]) == (200, "1.0", "1.18")


@pytest.mark.parametrize("asked, status", [("1.0", 200), ("1.18", 200), ("latest", 200), ("1.19", 406), ("2.0", 406), ("0.9", 406), ("1", 400), ("x", 400),
                                           ("1.18.1", 400), ("-1.5", 400), ("1.999999", 400)])
def test_versions(controller, asked, status):
    for headers in {VERSION: asked}, {"OpenStack-API-Version": f"baremetal-introspection {asked}"}:
        got, _, answer = controller.ask("GET", "/v1", headers=headers)
        assert got == status and (got == 200 or "1.0 to 1.18" in answer["error"]["message"])
    assert controller.ask("GET", "/v1", headers={"OpenStack-API-Version": "baremetal 1.99"})[0] == 200


def test_bad_requests(controller, node):
    controller.refused(404, "GET", "/v2", "nothing here")
    controller.refused(404, "GET", f"/v1/introspection/{node['id']}/nonsense", "nothing here")
    controller.refused(404, "GET", "/v1/rules", "pxectl rule")
    controller.refused(404, "POST", "/v1/continue", "introspect-port")
    assert controller.refused(405, "DELETE", "/v1/introspection", "GET")["Allow"] == "GET, HEAD"
    assert controller.refused(405, "PUT", f"/v1/introspection/{node['id']}", "GET")["Allow"] == "GET, HEAD, POST"
    assert controller.refused(405, "GET", f"/v1/introspection/{node['id']}/abort", "POST")["Allow"] == "POST"
    for reference in "x" * 200, "a%20b", "%ff", "a'b", "..%3f":
        controller.refused(404, "POST", f"/v1/introspection/{reference}", "no such node")
    controller.refused(404, "GET", f"/v1/introspection/{node['id']}%00/data")
    for path in "", "/data", "/data/unprocessed":
        controller.refused(404, "GET", f"/v1/introspection/{UNKNOWN}{path}", UNKNOWN, "pxectl node list")
    for path in "", "/abort", "/data/unprocessed":
        controller.refused(404, "POST", f"/v1/introspection/{UNKNOWN}{path}", UNKNOWN)
    for path in "/data", "/data/unprocessed":
        controller.refused(404, "GET", f"/v1/introspection/{node['id']}{path}", "no inventory", "POST /v1/introspection")
    controller.refused(404, "GET", f"/v1/nodes/{node['id']}/inventory", "no inventory")


def test_head_has_no_body(controller, inspected):
    status, headers, answer = controller.ask("HEAD", f"/v1/introspection/{inspected[0]['id']}")
    assert (status, answer) == (200, None) and int(headers["Content-Length"]) > 100


def test_no_bytes_hurt(appliance, controller):
    """What no HTTP client sends; the gateway answers or closes, and answers the next."""
    for data in b"\0" * 100, b"GET\r\n\r\n", b"GET " + b"/" * 60000 + b" HTTP/1.1\r\n\r\n", b"POST /v1/introspection/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n":
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(appliance.runtime / "inspector"))
            raw.settimeout(1)
            with contextlib.suppress(ConnectionError, TimeoutError):
                raw.sendall(data)
                while raw.recv(65536):
                    pass
    assert controller.get("/")


# ---- status

def as_time(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=datetime.timezone.utc).timestamp()


def test_status(appliance, controller, inspected):
    node = appliance.node(inspected[0]["id"])
    for reference in node["id"], node["name"]:
        status = controller.get(f"/v1/introspection/{reference}", Host="pxed.example:5050")
        assert set(status) == {"uuid", "finished", "state", "started_at", "finished_at", "error", "links"}
        assert (status["uuid"], status["finished"], status["state"], status["error"]) == (node["id"], True, "finished", None)
        assert as_time(status["started_at"]) == node["inspection"]["started"] // 10**6
        assert as_time(status["finished_at"]) == node["inspection"]["finished"] // 10**6
        assert status["links"] == [{"rel": "self", "href": f"http://pxed.example:5050/v1/introspection/{node['id']}"}]
    assert controller.get(f"/v1/introspection/{node['id']}", Host="a\"b")["links"][0]["href"].startswith("http://localhost/")


def test_start(appliance, controller, node):
    path = f"/v1/introspection/{node['name']}"
    controller.refused(404, "GET", path, "never inspected", "POST")
    status, _, answer = controller.ask("POST", path)
    assert (status, answer) == (202, None)
    assert appliance.node(node["id"])["inspection"]["state"] == "waiting"
    told = controller.get(path)
    assert (told["state"], told["finished"], told["finished_at"]) == ("waiting", False, None) and told["started_at"]
    controller.refused(409, "POST", path, "waiting", "abort")


def test_failed_inspection_has_its_reason(appliance, controller, card, inspected):
    card.become("52:54:00:0b:00:02")
    script = card.script(card.firmware())
    card.post(script.callback, {"error": "no disk controller answers"})
    node = appliance.wait("the inspection ended", lambda: (node := appliance.node(card.mac)) and node["inspection"]["state"] == "error" and node)
    status = controller.get(f"/v1/introspection/{node['id']}")
    card.become("52:54:00:0b:00:01")
    assert (status["state"], status["finished"]) == ("error", True) and status["finished_at"]
    assert "no disk controller answers" in status["error"]
    assert controller.get(f"/v1/introspection/{node['id']}/data")["error"] == "no disk controller answers"


def test_list(appliance, controller, inspected, node):
    assert controller.ask("POST", f"/v1/introspection/{node['id']}")[0] == 202
    never = appliance.call("Node.Create", name="never", macs=["52:54:00:0b:02:01"])["node"]["id"]
    listed = controller.get("/v1/introspection")["introspection"]
    ids = [status["uuid"] for status in listed]
    assert node["id"] in ids and inspected[0]["id"] in ids and never not in ids
    assert listed[ids.index(node["id"])] == controller.get(f"/v1/introspection/{node['id']}")
    found, marker = [], None
    while page := controller.get("/v1/introspection?limit=1" + (f"&marker={marker}" if marker else ""))["introspection"]:
        [status] = page
        marker = status["uuid"]
        found.append(marker)
    assert found == ids
    waiting = controller.get("/v1/introspection?state=waiting,starting")["introspection"]
    assert {status["state"] for status in waiting} == {"waiting"} and node["id"] in [status["uuid"] for status in waiting]
    assert controller.get("/v1/introspection?state=aborting") == {"introspection": []}
    for query, word in ("limit=x", "limit"), ("limit=1001", "limit"), ("limit=-1", "limit"), ("marker=a%20b", "marker"), ("state=bored", "state"):
        controller.refused(400, "GET", f"/v1/introspection?{query}", word)
    controller.refused(404, "GET", f"/v1/introspection?marker={UNKNOWN}", UNKNOWN)


def test_list_of_many(appliance, controller):
    """More than a page of the bus."""
    ids = set()
    for i in range(230):
        node = appliance.call("Node.Create", name=f"many{i}", macs=[f"52:54:00:0b:03:{i:02x}"])["node"]["id"]
        if i % 2:
            appliance.call("Node.Inspect", node=node)
            ids.add(node)
    try:
        listed = [status["uuid"] for status in controller.get("/v1/introspection")["introspection"]]
        assert ids <= set(listed) and len(listed) == len(set(listed))
    finally:
        for i in range(230):
            appliance.call("Node.Delete", node=f"many{i}")


# ---- data

def test_data(appliance, controller, inspected):
    """What gophercloud and baremetal-operator read of inspector's data."""
    node, posted = inspected
    data = controller.get(f"/v1/introspection/{node['id']}/data")
    assert "logs" not in data
    assert {key: data[key] for key in set(posted) - {"logs", "root_disk"}} == {key: posted[key] for key in set(posted) - {"logs", "root_disk"}}
    # the disk that the hooks chose, as it is among the disks
    assert data["root_disk"] == posted["inventory"]["disks"][0] and data["local_gb"] == int(node["properties"]["local_gb"])
    [interface] = posted["inventory"]["interfaces"]
    assert data["all_interfaces"] == data["interfaces"] and list(data["interfaces"]) == ["eth0"]
    told = data["all_interfaces"]["eth0"]
    assert (told["ip"], told["mac"], told["client_id"], told["pxe"], told["pxe_enabled"]) == (interface["ipv4_address"], interface["mac_address"], None, True, True)
    assert told["lldp_processed"]["switch_system_name"] == "sw-test"
    assert data["macs"] == [interface["mac_address"]]
    assert (data["cpus"], data["memory_mb"], data["cpu_arch"]) == (posted["inventory"]["cpu"]["count"], posted["inventory"]["memory"]["physical_mb"], "x86_64")
    assert data["error"] is None
    assert controller.get(f"/v1/introspection/{node['name']}/data") == data


def test_unprocessed(controller, inspected):
    assert controller.get(f"/v1/introspection/{inspected[0]['id']}/data/unprocessed") == inspected[1]


def test_inventory_as_ironic_has_it(controller, inspected):
    node, posted = inspected
    answer = controller.get(f"/v1/nodes/{node['id']}/inventory")
    assert set(answer) == {"inventory", "plugin_data"} and answer["inventory"] == posted["inventory"]
    plugin = answer["plugin_data"]
    assert not {"inventory", "logs"} & set(plugin)
    assert list(plugin["all_interfaces"]) == list(plugin["valid_interfaces"]) == ["eth0"]
    assert plugin["valid_interfaces"]["eth0"]["mac_address"] == node["ports"][0]["mac"]
    assert plugin["root_disk"] == posted["inventory"]["disks"][0] and plugin["lldp_raw"] == posted["lldp_raw"]
    assert plugin["parsed_lldp"]["eth0"]["switch_system_name"] == "sw-test"


def test_reapply(appliance, controller, inspected):
    node = appliance.node(inspected[0]["id"])
    path = f"/v1/introspection/{node['id']}/data/unprocessed"
    controller.refused(400, "POST", path, "send no body", body=json.dumps(inspected[1]))
    assert controller.ask("POST", path)[0] == 202
    after = appliance.wait_inspected(node["id"])
    assert after["inspection"]["finished"] > node["inspection"]["finished"]
    assert len(appliance.call("Inventory.List", node=node["id"])["inventories"]) == len(appliance.call("Inventory.List", node=node["name"])["inventories"])


def test_reapply_refused(appliance, controller, node, inspected):
    controller.refused(404, "POST", f"/v1/introspection/{node['id']}/data/unprocessed", "no inventory")
    path = f"/v1/introspection/{inspected[0]['id']}"
    assert controller.ask("POST", path)[0] == 202
    controller.refused(409, "POST", f"{path}/data/unprocessed", "waiting", "wait for its end")
    assert controller.ask("POST", f"{path}/abort")[0] == 202
    appliance.wait("the abort has ended", lambda: controller.get(path)["finished"])
    assert controller.ask("POST", f"{path}/data/unprocessed")[0] == 202
    appliance.wait_inspected(inspected[0]["id"])


def test_abort(appliance, controller, node):
    path = f"/v1/introspection/{node['id']}"
    controller.refused(409, "POST", f"{path}/abort", "nothing to abort")
    assert controller.ask("POST", path)[0] == 202
    assert controller.ask("POST", f"{path}/abort")[0] == 202
    ended = appliance.wait("the abort has ended", lambda: (status := controller.get(path))["finished"] and status)
    assert ended["state"] == "error" and ended["error"]
    controller.refused(409, "POST", f"{path}/abort", "nothing to abort")
    assert controller.ask("POST", path)[0] == 202


# ---- entity tags

def test_etag_of_status(appliance, controller, inspected):
    path = f"/v1/introspection/{inspected[0]['id']}"
    tag = controller.etag(path)
    assert tag == f"\"{appliance.node(inspected[0]['id'])['revision']}\""
    for header in tag, "W/" + tag, f"\"1\", {tag}", "*":
        status, headers, answer = controller.ask("GET", path, If_None_Match=header)
        assert (status, answer, headers["ETag"]) == (304, None, tag)
    assert controller.ask("GET", path, If_None_Match='"1"')[0] == 200
    appliance.call("Node.Update", node=inspected[0]["id"], tags=["changed"])
    assert controller.ask("GET", path, If_None_Match=tag)[0] == 200 and controller.etag(path) != tag


def test_etag_of_data(appliance, controller, inspected):
    for path in "/v1/introspection/{}/data", "/v1/introspection/{}/data/unprocessed", "/v1/nodes/{}/inventory":
        path = path.format(inspected[0]["id"])
        tag = controller.etag(path)
        number = appliance.call("Inventory.Get", node=inspected[0]["id"])["inventory"]["number"]
        assert tag.endswith(f"-{number}\"")
        assert controller.ask("GET", path, If_None_Match=tag)[0] == 304


@pytest.mark.parametrize("action", ["", "/abort", "/data/unprocessed"])
def test_if_match(appliance, controller, node, inspected, action):
    node = appliance.node(inspected[0]["id"]) if "unprocessed" in action else node
    path = f"/v1/introspection/{node['id']}"
    old = f"\"{node['revision']}\""
    appliance.call("Node.Update", node=node["id"], tags=[f"changed by {action}"])
    revision = appliance.node(node["id"])["revision"]
    controller.refused(412, "POST", path + action, f"{revision}", If_Match=old)
    controller.refused(412, "POST", path + action, f"{revision}", If_Match=old[:-1] + '-3"')
    for header in f"W/\"{revision}\"", "nonsense", '""', '"x"', f"\"{revision}x\"":
        controller.refused(412, "POST", path + action, "no tag", If_Match=header)
    controller.refused(400, "POST", path + action, "several", If_Match=f"\"{revision}\", \"7\"")
    assert appliance.node(node["id"])["revision"] == revision and appliance.node(node["id"])["inspection"] == node["inspection"]
    if not action:
        assert controller.ask("POST", path, If_Match=f"\"{revision}\"")[0] == 202
        assert controller.ask("POST", path + "/abort", If_Match=controller.etag(path))[0] == 202
        assert controller.ask("POST", path, If_Match="*")[0] in (202, 409)
    elif "unprocessed" in action:
        assert controller.ask("POST", path + action, If_Match=controller.etag(path + action))[0] == 202
        appliance.wait_inspected(node["id"])


# ---- where it listens, and while pxed is away

def test_socket(appliance):
    mode = (appliance.runtime / "inspector").stat()
    bus = (appliance.runtime / "bus").stat()
    assert stat.S_ISSOCK(mode.st_mode) and stat.S_IMODE(mode.st_mode) == 0o660 and mode.st_gid == bus.st_gid


def start_as(appliance, name, user, group):
    """A daemon as a user who may do nothing."""
    folder = appliance.state / name.removeprefix("pxed-")
    for path in folder, *folder.rglob("*"):
        shutil.chown(path, user)
    for path in appliance.folder, appliance.runtime, appliance.state:
        path.chmod(path.stat().st_mode | 0o1077)
    with open(appliance.log(name), "ab") as log, appliance.inside():
        appliance.processes[name] = subprocess.Popen(
            ["setpriv", f"--reuid={user}", f"--regid={group}", f"--groups={group}", "--inh-caps=-all", appliance.build / name, "--runtime-dir",
             appliance.runtime, "--state-dir", appliance.state], stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def test_as_a_user_of_its_own(appliance, controller, inspected):
    """pxed lets it call what it needs; it makes its socket, and opens it to the group."""
    path = f"/v1/introspection/{inspected[0]['id']}"
    group = (appliance.runtime / "bus").stat().st_gid
    appliance.stop("pxed-introspect")
    for name in "inspector", "introspect.sock":
        (appliance.runtime / name).unlink()
    start_as(appliance, "pxed-introspect", "nobody", group)
    try:
        appliance.wait_ready()
        made = (appliance.runtime / "inspector").stat()
        assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (pwd.getpwnam("nobody").pw_uid, group, 0o660)
        for at in path, f"{path}/data", f"{path}/data/unprocessed", "/v1/introspection", f"/v1/nodes/{inspected[0]['id']}/inventory":
            assert controller.get(at)
        for action in "", "/abort":
            assert controller.ask("POST", path + action)[0] == 202
        appliance.wait("the abort has ended", lambda: controller.get(path)["finished"])
        assert controller.ask("POST", f"{path}/data/unprocessed")[0] == 202
        appliance.wait_inspected(inspected[0]["id"])
    finally:
        appliance.stop("pxed-introspect")
        appliance.start("pxed-introspect")
        appliance.wait_ready()


def test_curl(appliance, inspected):
    """As an operator's script does."""
    done = subprocess.run(["curl", "-sS", "-i", "--unix-socket", appliance.runtime / "inspector", f"http://x/v1/introspection/{inspected[0]['name']}"],
                          stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.startswith("HTTP/1.1 200") and inspected[0]["id"] in done.stdout


def listening(appliance):
    with appliance.inside():
        done = subprocess.run(["ss", "-Hltn"], stdout=subprocess.PIPE, text=True, check=True)
    return {line.split()[3] for line in done.stdout.splitlines()}


def test_address_is_the_configuration_s(appliance, controller, inspected):
    path = f"/v1/introspection/{inspected[0]['id']}"
    remote = RemoteController(appliance)
    assert remote.get(path)["uuid"] == inspected[0]["id"]
    assert remote.get("/")["versions"][0]["links"][0]["href"] == "http://127.0.0.1:5051/v1"
    text = appliance.configuration.read_text()
    try:
        for address in "[::1]:5052", None:
            line = f"inspector-listen = {address}" if address else ""
            appliance.configuration.write_text(re.sub("inspector-listen = .*", line, text))
            appliance.ctl("reload")
            appliance.wait("the address has changed", lambda: {at for at in listening(appliance) if at.rpartition(":")[2] in ("5051", "5052")} == {address} - {None})
        assert controller.get(path)
        # taken by another: a problem that names it, until it is free
        with appliance.inside(), socket.create_server(LISTEN):
            appliance.configuration.write_text(text)
            appliance.ctl("reload")
            reason = appliance.wait("the problem is told", lambda: appliance.problems("pxed-introspect").get("inspector-listen"))
            assert "127.0.0.1:5051" in reason and "inspector-listen" in reason
        appliance.wait("it listens again", lambda: "127.0.0.1:5051" in listening(appliance))
        appliance.wait("the problem has gone", lambda: not appliance.problems("pxed-introspect"))
    finally:
        appliance.configuration.write_text(text)
        appliance.ctl("reload")


def test_machines_are_told_where_it_is(card, inspected):
    for path in "/v1/introspection", f"/v1/introspection/{inspected[0]['id']}/data", f"/v1/nodes/{inspected[0]['id']}/inventory", "/v1/rules":
        status, body = card.request("GET", f"http://192.0.2.1:5050{path}")
        assert status == 404 and "/run/pxed/inspector" in json.loads(body)["error"]["message"]


def test_while_pxed_is_away(appliance, controller, inspected):
    path = f"/v1/introspection/{inspected[0]['id']}"
    before = controller.get(path)
    appliance.kill("pxed")
    try:
        for method, at in ("GET", path), ("GET", f"{path}/data"), ("GET", "/v1/introspection"), ("POST", path), ("POST", f"{path}/abort"):
            assert int(controller.refused(503, method, at, "pxed is away", "try again")["Retry-After"]) > 0
        assert controller.get("/")["versions"]
    finally:
        appliance.start("pxed")
        appliance.wait_ready()
    assert controller.get(path) == before


def test_while_pxed_is_stopped(appliance, controller, card, inspected):
    """It hangs: a controller is told in bounded time, machines do not notice."""
    pid = appliance.processes["pxed"].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with contextlib.closing(controller.connection()) as connection, contextlib.closing(controller.connection()) as other:
            for waiting in connection, other:
                waiting.request("GET", f"/v1/introspection/{inspected[0]['id']}")
            for _ in range(20):
                assert card.request("GET", "http://192.0.2.1:5050/", timeout=2 * contention())[0] == 200
            response = connection.getresponse()
            assert response.status == 503 and "in time" in response.read().decode()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert controller.get(f"/v1/introspection/{inspected[0]['id']}")


# ---- as Ironic does it

def test_as_ironic_does(appliance, controller, card, inspected):
    """The conductor starts, switches the machine on, polls; the ramdisk looks itself up, posts and beats; the conductor reads the data."""
    node = appliance.node(inspected[0]["id"])
    path = f"/v1/introspection/{node['id']}"
    appliance.call("Profile.Set", name="ipa", kind="inspect", arguments="quiet ipa-api-url=${introspect}/t/${token}")
    before = controller.get(path)
    number = appliance.call("Inventory.Get", node=node["id"])["inventory"]["number"]
    assert controller.ask("POST", path, headers={VERSION: "1.3"})[0] == 202
    assert controller.get(path)["finished"] is False
    script = card.script(card.firmware())
    assert script.profile == "inspect" and card.load(script)
    api = re.search(r"ipa-inspection-callback-url=(\S+)/v1/continue\?token=(\S+)", script.text)
    base = f"{api[1]}/t/{api[2]}"
    assert json.loads(card.request("GET", f"{base}/")[1])["default_version"]["version"] == "1.82"
    card.dhcp({})
    status, body = card.request("POST", f"{base}/v1/continue_inspection", json.dumps(card.inventory()).encode())
    assert (status, json.loads(body)) == (202, {"uuid": node["id"]})
    status, body = card.request("GET", f"{base}/v1/lookup?addresses={card.mac}")
    answer = json.loads(body)
    assert (status, answer["node"]["uuid"]) == (200, node["id"])
    beat = {"callback_url": f"http://{card.address}:9999", "agent_token": answer["config"]["agent_token"]}
    assert card.request("POST", f"{base}/v1/heartbeat/{node['id']}", json.dumps(beat).encode())[0] == 202
    ended = appliance.wait("the inspection has finished", lambda: (status := controller.get(path))["finished"] and status)
    assert (ended["state"], ended["error"]) == ("finished", None) and ended["started_at"] >= before["started_at"]
    assert controller.get(f"{path}/data")["inventory"]["interfaces"][0]["mac_address"] == card.mac
    assert appliance.call("Inventory.Get", node=node["id"])["inventory"]["number"] == number + 1


def test_api_1_84(appliance, controller, card):
    """Who asks for Ironic's 1.84 gets node and configuration of the post, as of a lookup; its token is given once."""
    card.become("52:54:00:0b:00:03")
    node = appliance.call("Node.Create", name="newer", macs=[card.mac])["node"]
    assert controller.ask("POST", "/v1/introspection/newer")[0] == 202
    script = card.script(card.firmware())
    api = re.search(r"ipa-inspection-callback-url=(\S+)/v1/continue\?token=(\S+)", script.text)
    card.dhcp({})
    connection = http.client.HTTPConnection("192.0.2.1", 5050, timeout=PATIENCE)
    with contextlib.closing(connection), card.namespace.entered():
        connection.connect()
        connection.request("POST", f"/t/{api[2]}/v1/continue_inspection", json.dumps(card.inventory()), {"X-OpenStack-Ironic-API-Version": "1.84"})
        response = connection.getresponse()
        answer = json.loads(response.read())
    assert response.status == 202 and response.headers["X-OpenStack-Ironic-API-Version"] == "1.84"
    assert answer["node"] == {"uuid": node["id"], "properties": {}, "instance_info": {}}
    assert answer["config"]["heartbeat_timeout"] > 0 and len(answer["config"]["agent_token"]) >= 32
    status, body = card.request("GET", f"{api[1]}/t/{api[2]}/v1/lookup?addresses={card.mac}")
    assert (status, json.loads(body)["config"]["agent_token"]) == (200, "******")
    appliance.wait_inspected(card.mac)
    card.become("52:54:00:0b:00:01")
