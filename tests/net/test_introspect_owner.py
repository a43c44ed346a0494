"""Whose an inventory is that its boot token does not tie to a node: found by UUID, MACs and BMC together, or refused; and inventories without a token."""
import pytest

from introspect_daemon import MAC, NODE, Introspect, make_token

OTHER_MAC, OTHER_NODE = "52:54:00:aa:bb:02", "7d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b12"
STRANGER, STRANGER2, STRANGER3 = "52:54:00:00:00:99", "52:54:00:00:00:98", "52:54:00:00:00:97"
UUID, BMC = "3a0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b77", "203.0.113.7"
NOT_FOUND = "the machine that this inventory is of could not be told, or its inventory is not expected"


def set_node(daemon, node, macs, inspect=False, **more):
    """The entry of a node as pxed makes it."""
    daemon.bus.set_entry(f"node/{node}", id=node, name=f"n-{node[:4]}", macs=macs, parameters={}, assignment=0, once=False, inspect=inspect, **more)


@pytest.fixture(scope="module")
def shared():
    with Introspect() as daemon:
        daemon.bus.set_network("lab", interface="prov0", address="192.0.2.1/24", withoutToken="accept")
        set_node(daemon, NODE, [MAC], inspect=True)
        set_node(daemon, OTHER_NODE, [OTHER_MAC], uuid=UUID, bmcAddress=BMC)
        daemon.bus.wait_applied("introspect")
        yield daemon


def payload(*macs, uuid=None, bmc=None):
    interfaces = [{"name": f"eth{i}", "mac_address": mac} for i, mac in enumerate(macs)]
    return {"inventory": {"interfaces": interfaces, "bmc_address": bmc, "boot": {"current_boot_mode": "bios", "pxe_interface": macs[0] if macs else None}},
            "dmi": {"system": {"uuid": uuid}}}


def without_token(daemon, mac):
    return daemon.bus.wait_for(lambda: next((i for i in daemon.bus.values("inventory") if i["mac"] == mac and i["withoutToken"]), None))


def refusals(daemon):
    return [step["detail"] for step in daemon.steps("refused")]


# of a machine whose token names no node and has no node's MAC
FOUND = {
    "by another MAC": (payload(STRANGER, OTHER_MAC), OTHER_NODE),
    "by its UUID": (payload(STRANGER, uuid=UUID), OTHER_NODE),
    "by its BMC": (payload(STRANGER, bmc=BMC), OTHER_NODE),
    "its BMC breaks a tie": (payload(STRANGER, MAC, OTHER_MAC, bmc=BMC), OTHER_NODE),
    "by nothing": (payload(STRANGER, STRANGER2, uuid="4a0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b78", bmc="203.0.113.8"), None),
}


@pytest.mark.parametrize("name", FOUND)
def test_found(shared, name):
    posted, node = FOUND[name]
    assert shared.post(posted | {"case": name}, make_token(STRANGER)) == (200, {"uuid": node})
    inventory = shared.bus.wait_for(lambda: next((i for i in shared.bus.values("inventory") if i["raw"].get("case") == name), None))
    assert (inventory["mac"], inventory["node"], inventory.get("withoutToken")) == (STRANGER, node, None)


NEVER = {
    "a tie": (payload(STRANGER2, MAC, OTHER_MAC), "several nodes match alike"),
    "UUID against MAC": (payload(STRANGER2, MAC, uuid=UUID), "different nodes match"),
}


@pytest.mark.parametrize("name", NEVER)
def test_never_a_guess(shared, name):
    posted, reason = NEVER[name]
    for path in ("/v1/continue", "/v1/continue_inspection"):
        status, answer = shared.post(posted, make_token(STRANGER2), path)
        assert (status, answer["error"]["message"]) == (404, NOT_FOUND)
    # asked again, since only so many refusals a second are told of
    detail = shared.bus.wait_for(lambda: shared.post(posted, make_token(STRANGER2)) and next((d for d in refusals(shared) if reason in d), None))
    assert detail.startswith("404 to POST /v1/continue")


def test_token_goes_first(shared):
    """A card that came from another machine does not take the inventory away."""
    assert shared.post(payload(STRANGER, MAC, MAC, uuid=UUID), make_token(STRANGER, OTHER_NODE)) == (200, {"uuid": OTHER_NODE})
    assert shared.post(payload(MAC, OTHER_MAC, uuid=UUID), make_token(MAC)) == (200, {"uuid": NODE})


GONE = "8d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b13"
SAID = {
    "of the node that the token is of": (payload(MAC), make_token(MAC, NODE), NODE, NODE),
    "of another one": (payload(MAC), make_token(MAC, NODE), OTHER_NODE, "the boot token is of node " + NODE + "; node_uuid is of node " + OTHER_NODE),
    "of none, with a token": (payload(MAC), make_token(MAC), GONE, "the boot token is of node " + NODE + "; node_uuid is no node's"),
    "of a machine that nobody knows otherwise": (payload(STRANGER3), make_token(STRANGER3), OTHER_NODE, OTHER_NODE),
    "by its firmware's UUID": (payload(STRANGER3), make_token(STRANGER3), UUID, OTHER_NODE),
    "of none": (payload(STRANGER3), make_token(STRANGER3), GONE, "is no node's"),
    "against its MACs": (payload(STRANGER3, MAC), make_token(STRANGER3), OTHER_NODE, "different nodes match"),
    "without a token": (payload(STRANGER3), None, NODE, NODE),
    "without a token, of one that is not waited for": (payload(STRANGER3), None, OTHER_NODE, "for which no inspection was asked"),
}


@pytest.mark.parametrize("name", SAID)
def test_node_uuid(shared, name):
    """POST /v1/continue_inspection?node_uuid=: it has to agree with all that is known."""
    posted, token, said, expected = SAID[name]
    path = f"/v1/continue_inspection?node_uuid={said}" + (f"&token={token}" if token else "")
    status, answer = shared.post(posted | {"said": name}, path=path)
    if expected in (NODE, OTHER_NODE):
        assert (status, answer) == (202, {"uuid": expected})
        inventory = shared.bus.wait_for(lambda: next((i for i in shared.bus.values("inventory") if i["raw"].get("said") == name), None))
        assert inventory["node"] == expected
    else:
        assert (status, answer["error"]["message"]) == (404, NOT_FOUND)
        shared.bus.wait_for(lambda: shared.post(posted, path=path) and any(expected in detail for detail in refusals(shared)))


def test_node_uuid_that_is_none(shared):
    assert shared.post(payload(MAC), path=f"/v1/continue_inspection?node_uuid=nonsense&token={make_token(MAC)}")[0] == 400
    assert shared.post(payload(MAC), path=f"/v1/continue_inspection?node_uuid=&token={make_token(MAC)}") == (202, {"uuid": NODE})


def test_without_token(shared):
    """An agent that was not booted from here: taken where its node waits for one, and of a machine that nobody knows."""
    assert shared.post(payload(MAC)) == (200, {"uuid": NODE})
    assert without_token(shared, MAC)["node"] == NODE
    assert shared.post(payload(STRANGER2)) == (200, {"uuid": None})
    assert without_token(shared, STRANGER2)["node"] is None
    # the same bytes again are the same post
    posts = len(shared.bus.values("inventory"))
    assert shared.post(payload(STRANGER2)) == (200, {"uuid": None})
    assert shared.post(payload(STRANGER2, STRANGER)) == (200, {"uuid": None})
    shared.bus.wait_for(lambda: len(shared.bus.values("inventory")) == posts + 1)
    assert len({i["post"] for i in shared.bus.values("inventory")}) == posts + 1


@pytest.mark.parametrize("posted, status", [(payload(OTHER_MAC), 404), (payload(MAC, OTHER_MAC), 404), (payload(), 400), ({"error": "failed"}, 400)])
def test_without_token_refused(shared, posted, status):
    """Not waited for; not to be told; with nothing to tell it by."""
    got, answer = shared.post(posted)
    assert got == status and (status == 400 or answer["error"]["message"] == NOT_FOUND)


def test_a_wrong_token_is_not_no_token(shared):
    assert shared.post(payload(MAC), "nonsense")[0] == 403
    assert shared.post(payload(MAC), make_token(MAC, secret="43" * 32))[0] == 403
    status, _, _ = shared.request("GET", f"/v1/lookup?addresses={MAC}")
    assert status == 403


def test_refused_unless_the_network_accepts():
    with Introspect() as own:
        assert own.post(payload(MAC))[0] == 403
        own.bus.set_network("lab", interface="prov0", address="192.0.2.1/24", withoutToken="accept")
        own.bus.wait_applied("introspect")
        assert own.post(payload(MAC))[0] == 200
        own.bus.set_network("lab", interface="prov0", address="192.0.2.1/24", withoutToken="refuse")
        own.bus.wait_applied("introspect")
        assert own.post(payload(MAC))[0] == 403


def test_a_second_inspection_with_the_same_bytes():
    """An agent that is the same as last time posts the same bytes: it is another run that they answer."""
    with Introspect() as own:
        own.bus.set_network("lab", interface="prov0", address="192.0.2.1/24", withoutToken="accept")
        for run in (1000, 2000):
            set_node(own, NODE, [MAC], inspect=True, inspectionStarted=run)
            own.bus.wait_applied("introspect")
            assert own.post(payload(MAC)) == own.post(payload(MAC)) == (200, {"uuid": NODE})
        own.bus.wait_for(lambda: len(own.bus.values("inventory")) == 2)
        assert len({i["post"] for i in own.bus.values("inventory")}) == 2
