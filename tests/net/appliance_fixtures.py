"""Fixtures of tests on the whole appliance; a test file imports those that it uses."""
import itertools

import pytest

from simulated_machine import SimulatedMachine
from whole_appliance import CONFIGURATION, WholeAppliance

macs = (f"52:54:00:0a:{number >> 8:02x}:{number & 255:02x}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def appliance(request):
    """MORE_CONFIGURATION of the test file is added to what each has."""
    with WholeAppliance(CONFIGURATION + getattr(request.module, "MORE_CONFIGURATION", "")) as appliance:
        yield appliance


@pytest.fixture(scope="module")
def card(appliance):
    machine = SimulatedMachine(appliance, 1)
    yield machine
    machine.close()


@pytest.fixture
def machine(appliance, card):
    """Of a MAC that was never seen, on an appliance that is whole, also afterwards."""
    appliance.wait_ready()
    card.become(next(macs))
    yield card
    if "pxed" not in appliance.processes:
        appliance.start("pxed")
