"""Ten thousand events to three endpoints of which one fails for a long time.

Nothing is lost, nothing takes effect twice, the order of each contact is kept, and the endpoints
that work do not wait for the one that fails.
"""

import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.contacts import Contacts
from tests.e2e.receivers import Answer, Received, Receiver
from tests.harness import wait_until

CONTACTS = 2500
STEPS = ("ordered", "packed", "sent", "billed")
EVENTS = CONTACTS * len(STEPS)
#: What the failing endpoint answers at first: a reset is an outcome that the sender cannot know.
MISCHIEF = (500, 0, 503, Answer(429, {"Retry-After": "1"}), 202)
PATIENT = {
    "retry_mode": "exponential",
    "backoff_base": 1,
    "backoff_cap": 10,
    "max_attempts": 100,
    # so that it is tried all the while, which is harder on the others
    "breaker_enabled": False,
}

_CREATE = """
made = env["res.partner"].create([{"name": f"Contact {n}"} for n in range(count)])
env.cr.commit()
result = made.ids
"""
_STEP = """
env["res.partner"].browse(ids).write({"ref": step})
env.cr.commit()
"""


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def world(suite: Suite) -> Contacts:
    return Contacts(suite)


@pytest.fixture
def endpoints() -> Iterator[tuple[Receiver, Receiver, Receiver]]:
    whims = random.Random(7)
    mischief = [whims.choice(MISCHIEF) for _number in range(600)]
    with (
        Receiver() as swift,
        Receiver(default=Answer(202, delay=0.005)) as leisurely,
        Receiver(*mischief, default=500) as failing,
    ):
        yield swift, leisurely, failing


def test_nothing_is_lost_repeated_or_overtaken(
    world: Contacts, endpoints: tuple[Receiver, Receiver, Receiver]
) -> None:
    types = [
        world.event_type(trigger="reaches", field_name="ref", field_value=step) for step in STEPS
    ]
    interfaces = [world.subscribe(endpoint, types, policy=PATIENT) for endpoint in endpoints]
    begun = time.monotonic()
    with world.suite.database.shell() as shell:
        contacts = shell.run(_CREATE, count=CONTACTS)
        for step in STEPS:
            shell.run(_STEP, ids=contacts, step=step)
    *healthy, failing = endpoints
    for endpoint, interface in zip(healthy, interfaces, strict=False):
        settled = world.suite.ledger.wait_settled(interface.id, EVENTS, timeout=240)
        assert settled == {"done": EVENTS}
        _assert_complete_and_ordered(endpoint)
    print(f"\n{2 * EVENTS} deliveries beside a failing endpoint: {time.monotonic() - begun:.0f} s")
    assert len(failing.accepted()) < EVENTS / 2, "it failed all the while"
    failing.answers.clear()
    failing.default = Answer(202)
    settled = world.suite.ledger.wait_settled(interfaces[-1].id, EVENTS, timeout=240)
    assert settled == {"done": EVENTS}
    _assert_complete_and_ordered(failing)
    assert len(failing.received) > len(failing.accepted()), "it did refuse some"


def test_every_attempt_is_closed(world: Contacts) -> None:
    wait_until(
        lambda: (
            not world.suite.database.scalar(
                "SELECT count(*) FROM integration_message WHERE state = 'processing'"
            )
        ),
        what="the end of all attempts",
    )
    (row,) = world.suite.database.sql(
        "SELECT count(*) AS messages, sum(m.attempts) AS tried, sum(a.n) AS recorded "
        "FROM integration_message m CROSS JOIN LATERAL ("
        "SELECT count(*) AS n FROM integration_attempt WHERE message_id = m.id) a"
    )
    assert row["messages"] == 3 * EVENTS
    assert row["tried"] == row["recorded"], "an attempt that nobody recorded, or one too many"


def _assert_complete_and_ordered(endpoint: Receiver) -> None:
    """Each event was accepted once, and those of a contact in the order in which they happened."""
    steps: dict[str, list[str]] = defaultdict(list)
    known: set[str] = set()
    for received in list(endpoint.received):
        if received.status == 202:
            assert received.id not in known, "accepted twice"
            known.add(received.id)
            data = _data(received)
            steps[data["name"]].append(data["ref"])
    assert len(known) == EVENTS
    assert len(steps) == CONTACTS
    assert set(map(tuple, steps.values())) == {STEPS}


def _data(received: Received) -> dict[str, str]:
    return json.loads(received.request.body)["data"]
