"""pxed-netcfg on a fake bus in namespaces: fixtures (import those that a test uses), and sockets that send frames as they are."""
import signal
import socket

import pytest

from fake_bus import FakeBus
from netns import Namespace
from places import BUILD
from waiting import PATIENCE



@pytest.fixture
def appliance():
    with Namespace("appliance") as namespace:
        yield namespace


@pytest.fixture
def client():
    with Namespace("client") as namespace:
        yield namespace


@pytest.fixture
def bus(tmp_path):
    bus = FakeBus(str(tmp_path / "run"))
    yield bus
    bus.stop()


@pytest.fixture
def start(appliance, bus, tmp_path):
    """Starts pxed-netcfg; at the end it must have ended in order."""
    def start_it(wait=True):
        process = appliance.popen([str(BUILD / "pxed-netcfg"), "--runtime-dir", str(tmp_path / "run"), "--state-dir", str(tmp_path / "state"),
                                   "--log-level", "debug"])
        start_it.processes.append(process)
        if wait:
            bus.wait_applied("netcfg")
        return process
    start_it.processes = []
    yield start_it
    for process in start_it.processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


class Wire:
    """Sends frames as they are into an interface."""

    def __init__(self, namespace, interface):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))

    def send(self, *frames):
        for frame in frames:
            self.socket.send(bytes(frame))


def link(bus, network):
    """What was told of a network's interface last."""
    return [link for link in bus.values("link") if link["network"] == network][-1]
