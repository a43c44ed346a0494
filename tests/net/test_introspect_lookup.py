"""An ironic-python-agent that looks itself up and beats: the requests that it makes, in its order, against the real daemon."""
import http.client
import json
import time
import urllib.parse

import pytest

from introspect_daemon import ADDRESS, MAC, NODE, PORT, Introspect, ipa, make_token
from test_introspect import memory_kib, message

OTHER_NODE, OTHER_MAC = "7d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b12", "52:54:00:aa:bb:02"
UUID = "4c4c4544-0042-3010-8052-b4c04f565931"
CALLBACK = "http://192.0.2.100:9999"
VERSION = "X-OpenStack-Ironic-API-Version"
SHARED_MAC, LISTED_MAC = "0a:94:ef:00:00:01", "be:3a:f2:b6:05:9f"


def set_node(daemon, node, macs, **more):
    daemon.bus.set_entry(f"node/{node}", **{"id": node, "name": f"n-{node[:4]}", "macs": macs, "parameters": {}, "assignment": 0, "once": False,
                                            "inspect": False, **more})


@pytest.fixture(scope="module")
def shared():
    with Introspect() as daemon:
        set_node(daemon, NODE, [MAC])
        set_node(daemon, OTHER_NODE, [OTHER_MAC, SHARED_MAC, LISTED_MAC], uuid=UUID)
        daemon.bus.wait_applied("introspect")
        yield daemon


class Agent:
    """What ironic_api_client.py does: it asks for the version, adds paths to ipa-api-url, and sends no token where the version is too old for one."""

    def __init__(self, daemon, token, version=None, content_type=True):
        self.daemon, self.base, self.version = daemon, f"/t/{token}", version
        self.content_type, self.token = content_type, None

    def ask(self, method, path, body=None):
        headers = {VERSION: "1.%d" % min(self.version, 82)} if self.version else {}
        if self.content_type:
            headers |= {"Content-Type": "application/json", "Accept": "application/json"}
        return self.daemon.request(method, self.base + path, json.dumps(body) if body is not None else None, headers)

    def discover(self):
        status, headers, answer = self.ask("GET", "/")
        assert status == 200
        self.version = int(answer["default_version"]["version"].split(".")[1])
        return headers

    def look_up(self, *macs, node_uuid=None):
        query = {"addresses": ",".join(macs)} | ({"node_uuid": node_uuid} if node_uuid else {})
        status, _, answer = self.ask("GET", f"/v1/lookup?{urllib.parse.urlencode(query)}")
        if status == 200 and answer["config"]["agent_token"] != "******":
            self.token = answer["config"]["agent_token"]
        return status, answer

    def beat(self, node, callback=CALLBACK, **more):
        body = {"callback_url": callback} | ({"agent_token": self.token} if self.version >= 62 else {})
        body |= {"agent_version": "9.11.0"} if self.version >= 36 else {}
        status, _, answer = self.ask("POST", f"/v1/heartbeat/{node}", body | more)
        return status, answer


def agent_of(daemon, mac=MAC, node=None, expires=None, **options):
    agent = Agent(daemon, make_token(mac, node, expires=expires), **options)
    agent.discover()
    return agent


def refusals(daemon):
    return [step["detail"] for step in daemon.steps("refused")]


@pytest.mark.parametrize("content_type", [True, False])
@pytest.mark.parametrize("release", ["2023.1", "zed", "2025.1"])
def test_in_its_order(release, content_type):
    """GET /, inventory, lookup with the node that the inventory was answered with, heartbeats; the same after a restart of the daemon."""
    with Introspect() as own:
        set_node(own, NODE, [MAC])
        own.bus.wait_applied("introspect")
        agent = agent_of(own, content_type=content_type)
        status, _, answer = agent.ask("POST", "/v1/continue_inspection", ipa(release))
        assert (status, answer) == (202, {"uuid": NODE})
        status, answer = agent.look_up(MAC, "fa:16:3e:00:00:01", node_uuid=answer["uuid"])
        assert status == 200 and answer["node"] == {"uuid": NODE, "properties": {}, "instance_info": {}}
        assert answer["config"]["heartbeat_timeout"] == 300 and len(agent.token) == 64
        assert [agent.beat(NODE) for _ in range(5)] == [(202, {})] * 5
        own.bus.wait_for(lambda: len(own.steps("agent")) >= 2)
        assert [step["detail"] for step in own.steps("agent")] == [f"looked itself up: node {NODE}",
                                                                   f"heartbeat: {CALLBACK}, version 9.11.0"]
        own.bus.wait_for(lambda: own.bus.values("heartbeat"))
        assert own.bus.values("heartbeat")[-1] == {"node": NODE, "mac": MAC, "callbackUrl": CALLBACK, "agentVersion": "9.11.0",
                                                      "agentToken": agent.token, "verifyCa": None}
        own.stop()
        own.start()
        own.wait_listening()
        own.bus.wait_for(lambda: agent.beat(NODE)[0] == 202)


def test_curl_with_only_a_query(shared):
    """The token in the query serves as well as that in the path."""
    done = shared.client.run(["curl", "-sS", "-w", " %{http_code}", f"http://{ADDRESS}:{PORT}/v1/lookup?token={make_token()}&addresses={MAC}"])
    assert done.stdout.endswith(" 200") and NODE in done.stdout


def test_versions(shared):
    """What was asked for is answered where it is known; nothing asked for, or nonsense, is the oldest; newer ones fall back."""
    for asked, served in (None, "1.1"), ("1.31", "1.31"), ("1.82", "1.82"), ("1.99", "1.84"), ("nonsense", "1.1"):
        status, headers, _ = shared.request("GET", "/", headers={VERSION: asked} if asked else {})
        assert (status, headers[VERSION]) == (200, served)
        assert headers["X-OpenStack-Ironic-API-Maximum-Version"] == "1.84"


def test_an_agent_of_1_31_has_no_token(shared):
    """It looks itself up, and its beats are refused as Ironic refuses them: an agent that could not read GET / falls back to it."""
    agent = agent_of(shared)
    agent.version = 31
    assert agent.look_up(MAC)[0] == 200
    status, answer = agent.beat(NODE)
    assert status == 400 and "no agent_token" in message(answer)


def test_token_is_given_once(shared):
    agent, again = agent_of(shared, expires=4000000001), agent_of(shared, expires=4000000001)
    assert agent.look_up(MAC)[0] == 200 and agent.token
    assert again.look_up(MAC)[1]["config"]["agent_token"] == "******"
    again.token = "******"
    assert again.beat(NODE)[0] == 400
    # an agent that was started again keeps no "******" for a token
    again.token = None
    status, answer = again.beat(NODE)
    assert status == 400 and "boot the machine again" in message(answer)
    assert agent.beat(NODE)[0] == 202
    another = agent_of(shared, expires=4000000002)
    assert another.look_up(MAC)[0] == 200 and another.token not in (None, agent.token)


def test_wrong_agent_token(shared):
    agent = agent_of(shared, expires=4000000003)
    agent.look_up(MAC)
    for wrong in None, "", "******", agent.token[:-1], agent.token[:-1] + "x", agent.token + "0", 5, ["x"]:
        status, answer = agent.beat(NODE, agent_token=wrong)
        assert status == 400 and "agent_token" in message(answer)
    # the other node's token is derived of its own id
    assert agent.beat(OTHER_NODE)[0] == 400
    assert agent.beat(NODE)[0] == 202


def test_an_agent_outlives_its_boot_token(shared):
    agent = agent_of(shared, expires=int(time.time()) + 3)
    assert agent.look_up(MAC)[0] == 200
    while agent.look_up(MAC)[0] == 200:
        time.sleep(0.1)
    assert agent.beat(NODE)[0] == 202


def test_certificate_is_reported(shared):
    """An agent that serves https tells its own certificate in each heartbeat: what it told last counts."""
    agent = agent_of(shared, expires=4000000005)
    agent.look_up(MAC)
    good = "-----BEGIN CERTIFICATE-----\n" + "A" * 64 + "\n-----END CERTIFICATE-----\n"
    assert agent.beat(NODE, callback="https://192.0.2.99:9999", agent_verify_ca=good) == (202, {})
    shared.bus.wait_for(lambda: shared.bus.values("heartbeat")[-1:] == [
        {"node": NODE, "mac": MAC, "callbackUrl": "https://192.0.2.99:9999", "agentVersion": "9.11.0", "agentToken": agent.token, "verifyCa": good}])
    for bad in 7, [good], "x" * 8193, "\x1b[2J", "\xe9":
        status, answer = agent.beat(NODE, callback="https://192.0.2.99:9999", agent_verify_ca=bad)
        assert status == 400 and "agent_verify_ca" in message(answer)
    assert agent.beat(NODE, callback="https://192.0.2.99:9999", agent_verify_ca="x" * 8192)[0] == 202
    assert agent.beat(NODE, callback="https://192.0.2.99:9999", agent_verify_ca=None)[0] == 202


def test_callback_url_stands(shared):
    agent = agent_of(shared, expires=4000000004)
    agent.look_up(MAC)
    assert agent.beat(NODE)[0] == 202
    status, answer = agent.beat(NODE, callback="http://192.0.2.66:9999")
    assert status == 400 and "first heartbeat" in message(answer)
    assert agent.beat(NODE)[0] == 202
    for bad in None, 7, "", "file:///etc/passwd", "http://a b", "http://\x1b[1m", "http://" + "x" * 300:
        assert agent.beat(NODE, callback=bad)[0] == 400


def test_boot_token_is_checked(shared):
    for token, beaten in ("nonsense", 403), (make_token(secret="43" * 32), 403), (make_token(expires=1), 400), ("x" * 3000, 403):
        agent = agent_of(shared)
        agent.base = f"/t/{token}"
        assert (agent.look_up(MAC)[0], agent.beat(NODE)[0]) == (403, beaten)
    assert shared.request("GET", f"/v1/lookup?addresses={MAC}")[0] == 403
    assert "/t/p1." not in shared.log()


STRANGER = "52:54:00:00:00:99"
REFUSED = {
    "unknown machine": (STRANGER, None, [STRANGER], None, "no node: 1 of its MACs no node's"),
    "tie": (MAC, None, [MAC, OTHER_MAC], None, f"several nodes match alike: 1 MAC ({MAC}) of node {NODE}; 1 MAC ({OTHER_MAC}) of node {OTHER_NODE}"),
    "token against MACs": (STRANGER, NODE, [OTHER_MAC], None, f"different nodes match: the boot token is of node {NODE}; 1 MAC ({OTHER_MAC})"),
    "node_uuid against MACs": (MAC, None, [MAC], OTHER_NODE, f"node_uuid is of node {OTHER_NODE}; 1 MAC ({MAC}) of node {NODE}"),
    "UUID against token": (MAC, NODE, [MAC], UUID, f"node_uuid is of node {OTHER_NODE}"),
    "deleted node": (STRANGER, "8d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b13", [MAC], None, "which is gone"),
    "unknown node_uuid": (MAC, None, [MAC], "8d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b13", "is no node's"),
    "shared MAC alone": (LISTED_MAC, None, [LISTED_MAC, STRANGER], None, "1 left out as shared"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_never_a_guess(shared, name):
    """The machine is told the same whatever it was; the operator what matched what."""
    mac, node, addresses, node_uuid, reason = REFUSED[name]
    agent = agent_of(shared, mac, node)
    status, answer = agent.look_up(*addresses, node_uuid=node_uuid)
    assert (status, message(answer)) == (404, "no node of this appliance is known to be this machine, or it is not expected")
    # asked again, since only so many refusals a second are told of
    detail = shared.bus.wait_for(lambda: agent.look_up(*addresses, node_uuid=node_uuid) and next((d for d in refusals(shared) if reason in d), None))
    assert detail.startswith("404 to GET /v1/lookup: ")


def test_found_by_each(shared):
    for mac, node, addresses, node_uuid, found in [(STRANGER, OTHER_NODE, [STRANGER], None, OTHER_NODE), (STRANGER, None, [OTHER_MAC], None, OTHER_NODE),
                                                   (STRANGER, None, [STRANGER], UUID, OTHER_NODE), (STRANGER, None, [], NODE, NODE),
                                                   (MAC, None, [LISTED_MAC, MAC], None, NODE),
                                                   (MAC, None, [MAC], "ffffffff-ffff-ffff-ffff-ffffffffffff", NODE)]:
        status, answer = agent_of(shared, mac, node).look_up(*addresses, node_uuid=node_uuid)
        assert (status, answer.get("node", {}).get("uuid")) == (200, found)


def test_configured_shared_macs():
    with Introspect() as own:
        set_node(own, NODE, [MAC])
        set_node(own, OTHER_NODE, [OTHER_MAC, SHARED_MAC])
        own.bus.wait_applied("introspect")
        assert agent_of(own).look_up(MAC, SHARED_MAC)[0] == 404
        own.bus.set_entry("settings", **{**own.bus.entries["settings"], "sharedMacs": ["0a:94:ef"]})
        own.bus.wait_applied("introspect")
        assert agent_of(own).look_up(MAC, SHARED_MAC)[0] == 200


def test_node_comes_after_the_inventory():
    """A machine that nobody knew is found as soon as pxed has made its node of the inventory; the agent asks again until then."""
    with Introspect() as own:
        agent = agent_of(own)
        assert agent.ask("POST", "/v1/continue_inspection", ipa())[0] == 202
        assert agent.look_up(MAC)[0] == 404
        set_node(own, NODE, [MAC])
        own.bus.wait_applied("introspect")
        assert agent.look_up(MAC)[0] == 200 and agent.beat(NODE)[0] == 202


def test_bad_requests(shared):
    agent = agent_of(shared)
    assert agent.ask("GET", "/v1/lookup")[0] == 400
    assert agent.ask("GET", "/v1/lookup?addresses=")[0] == 400
    assert agent.ask("GET", "/v1/lookup?addresses=nonsense,01:00:5e:00:00:01")[0] == 400
    assert agent.ask("GET", f"/v1/lookup?addresses={MAC}&node_uuid=nonsense")[0] == 400
    assert agent.ask("POST", f"/v1/lookup?addresses={MAC}", {})[0] == 405
    assert agent.ask("GET", f"/v1/heartbeat/{NODE}")[0] == 405
    for path in "/v1/heartbeat", "/v1/heartbeat/", "/v1/lookup/", "/v2/lookup":
        assert agent.ask("POST", path, {})[0] == 404
    for node in "nonsense", "8d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b13", "..", NODE + "/x":
        status, _, answer = agent.ask("POST", f"/v1/heartbeat/{node}", {})
        assert status == 404 and "is known to be this machine" in message(answer)
    assert agent.ask("POST", f"/v1/heartbeat/{NODE}", ["x"])[0] == 400
    assert shared.request("POST", f"{agent.base}/v1/heartbeat/{NODE}", b"{")[0] == 400


def test_too_much(shared):
    """A query with more addresses than a machine has, one that no buffer takes, a body larger than a heartbeat is."""
    agent = agent_of(shared)
    many = ",".join(f"52540001{i:04x}" for i in range(600))
    assert agent.ask("GET", f"/v1/lookup?addresses={many}")[0] == 400
    try:
        assert agent.ask("GET", "/v1/lookup?addresses=" + "x" * 100_000)[0] in (400, 413, 414, 431)
    except (http.client.HTTPException, ConnectionError, json.JSONDecodeError):
        pass
    assert agent.ask("POST", f"/v1/heartbeat/{NODE}", {"callback_url": "x" * 70_000})[0] == 413
    assert agent.look_up(MAC)[0] == 200


def test_thousands_of_lookups(shared):
    """Each of another boot: what is remembered of them is bounded, and refused ones are told of a bounded number of times."""
    before, steps = None, len(refusals(shared))
    for i in range(2000):
        mac = MAC if i % 2 else f"52:54:01:00:{i >> 8:02x}:{i & 255:02x}"
        status, _, _ = shared.request("GET", f"/t/{make_token(mac, expires=4100000000 + i)}/v1/lookup?addresses={mac}")
        assert status == (200 if i % 2 else 404)
        if i == 1000:
            before = memory_kib(shared.process)
    assert memory_kib(shared.process) < before + 2048 or before == 0
    assert len(refusals(shared)) - steps < 1000
