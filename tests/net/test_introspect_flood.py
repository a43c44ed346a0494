"""One machine that posts as fast as it can, beside others: the real daemon, and a stand-in for pxed."""
import json
import re
import signal
import threading
import time

import pytest

from introspect_daemon import MAC, Introspect, ipa, make_token
from waiting import contention

FLOODER = "52:54:00:00:00:66"
BURST, EVERY, PER_MACHINE = 10, 5, 4  # introspect/post_rate.h, introspect/introspect.c


@pytest.fixture
def own():
    with Introspect() as daemon:
        yield daemon


def payload(mac, **more):
    return {"inventory": {"interfaces": [{"name": "eth0", "mac_address": mac}]}, **more}


def post(daemon, number, mac=FLOODER, size=0):
    """Status, the seconds of Retry-After, and the message of an error."""
    body = json.dumps(payload(mac, number=number, logs="x" * size))
    status, headers, answer = daemon.request("POST", f"/v1/continue?token={make_token(mac)}", body)
    retry = headers.get("Retry-After")
    return status, int(retry) if retry else None, answer.get("error", {}).get("message")


def stored(daemon, mac):
    return [inventory for inventory in daemon.bus.values("inventory") if inventory["mac"] == mac]


class Flood:
    """Large posts, each another, from some clients at once, without a pause."""

    def __init__(self, daemon, clients=6):
        self.daemon, self.answers, self.ends = daemon, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(client,)) for client in range(clients)]

    def run(self, client):
        number = client
        while not self.ends.is_set():
            self.answers.append(post(self.daemon, number, size=2 << 20))
            number += 100

    def __enter__(self):
        self.started = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.started


def problems(daemon):
    return {problem["subject"]: problem["reason"] for problem in daemon.bus.status("introspect")["problems"]}


def test_an_honest_machine_beside_a_flooding_one(own):
    with Flood(own) as flood:
        own.bus.wait_for(lambda: sum(status == 503 for status, _, _ in flood.answers) > 20)
        for boot in range(3):
            started = time.monotonic()
            assert own.post(ipa() | {"boot": boot}, make_token(MAC))[0] == 200
            own.bus.wait_for(lambda: len(stored(own, MAC)) == boot + 1)
            assert time.monotonic() - started < 2 * contention()
    accepted = [answer for answer in flood.answers if answer[0] == 200]
    refused = [answer for answer in flood.answers if answer[0] != 200]
    assert len(accepted) <= BURST + flood.seconds / EVERY
    assert {(status, bool(retry)) for status, retry, _ in refused} == {(503, True)}
    assert any(f"posts inventories too often: after {BURST} at once one in {EVERY} s is taken" in text and retry <= EVERY for _, retry, text in refused)
    own.bus.wait_for(lambda: len(stored(own, FLOODER)) == len(accepted))  # what was acknowledged is not lost

    # the operator is told, in words that do not flood him
    reason = own.bus.wait_for(lambda: problems(own).get("inventory flood"))
    assert f"The machine {FLOODER} at 192.0.2.100 posts more inventories than one machine may" in reason
    words = re.findall(rf"Answered {FLOODER}: 503 to POST /v1/continue, \d+ times?: ", own.log())
    assert 1 <= len(words) <= 2 + flood.seconds / 10
    assert all(step["mac"] == FLOODER for step in own.steps("refused"))
    own.bus.wait_for(lambda: not problems(own))


def test_pxed_is_away(own):
    """A machine cannot take the room of others, whatever dies."""
    own.bus.stop()
    answers = [post(own, number) for number in range(6)]
    assert [status for status, _, _ in answers] == [200] * PER_MACHINE + [503] * 2
    assert answers[-1][1:] == (10, "as many inventories of this machine as one machine may have wait for pxed already: try again")
    assert post(own, 0)[0] == 200  # the answer was lost, and the same comes again
    assert post(own, 0, mac=MAC)[0] == 200
    assert len(own.spooled()) == PER_MACHINE + 1

    own.stop(signal.SIGKILL)
    own.start()
    own.wait_listening()
    own.bus.start()
    own.bus.wait_for(lambda: len(own.bus.values("inventory")) == PER_MACHINE + 1)
    assert [inventory["raw"]["number"] for inventory in stored(own, FLOODER)] == [0, 1, 2, 3]
    own.bus.wait_for(lambda: not own.spooled())
    assert post(own, 5)[0] == 200
    own.bus.wait_for(lambda: len(stored(own, FLOODER)) == PER_MACHINE + 1)
