"""A bulk import with muted events, and the catch-up after it: with kill -9 in the middle."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from tests.e2e.conftest import Suite, running_suite
from tests.e2e.contacts import Contacts, Definition
from tests.e2e.receivers import Receiver
from tests.harness import Database, Faults, wait_until

MUTE = "integration.event.mute"
RECORDS = 1000


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite; it may log errors, for a worker dies."""
    with running_suite(database, environ=faults.environ) as suite:
        yield suite


def muted(suite: Suite, type_id: int) -> int:
    mute = suite.office.create(
        MUTE, event_type_ids=[[6, 0, [type_id]]], reason="First load", hours=1, rate=100_000
    )
    suite.office.call(MUTE, "action_mute", [mute])
    return mute


def imported(suite: Suite, count: int, tag: str) -> list[int]:
    """Create contacts and then write on them, in several transactions, as an import does."""
    ids = []
    for start in range(0, count, 250):
        values = [{"name": f"{tag} {n}"} for n in range(start, min(start + 250, count))]
        ids += suite.office.call("res.partner", "create", values)
    for start in range(0, count, 250):
        part = ids[start : start + 250]
        suite.office.call("res.partner", "write", part, {"type": "delivery"})
    return ids


def run_cron(suite: Suite) -> None:
    """Do now what happens every minute; a worker that dies of it is no surprise."""
    with suppress(requests.RequestException):
        suite.office.run_scheduled("integration_core.ir_cron_mutes")


def remembered(suite: Suite, mute: int) -> int:
    return suite.database.scalar(
        "SELECT count(*) FROM integration_event_muted WHERE mute_id = %s", [mute]
    )


def told_ids(defined: Definition) -> Counter[int]:
    return Counter(one["id"] for one in defined.told())


def test_import_is_told_once_although_workers_die(suite: Suite, faults: Faults) -> None:
    world = Contacts(suite)
    with Receiver() as receiver:
        defined = world.define(
            receiver, trigger="reaches", field_name="type", field_value="delivery"
        )
        mute = muted(suite, defined.type_id)
        ids = imported(suite, RECORDS, "Imported")
        assert defined.events() == 0
        assert remembered(suite, mute) == RECORDS
        faults.arm("mute_caught_up")
        suite.office.call(MUTE, "action_unmute", [mute])

        def caught_up() -> bool:
            run_cron(suite)
            return defined.events() == RECORDS and remembered(suite, mute) == 0

        wait_until(caught_up, timeout=120, poll=1, what="the catch-up")
        faults.wait_reached()
        wait_until(lambda: len(told_ids(defined)) == RECORDS, timeout=120, what="the deliveries")
        assert told_ids(defined) == Counter(ids), "each record once"


def test_changes_of_others_are_told_at_once(suite: Suite) -> None:
    """Only what the importing user changes is muted."""
    world = Contacts(suite)
    with Receiver() as receiver:
        world.number = 50
        defined = world.define(receiver, trigger="reaches", field_name="type", field_value="other")
        mute = muted(suite, defined.type_id)
        suite.office.user("clerk", "base.group_partner_manager")
        clerk = suite.server.login("clerk", "clerk")
        (theirs,) = clerk.call("res.partner", "create", [{"name": "Theirs", "type": "other"}])
        mine = world.contact("Mine", type="other")
        assert defined.wait_told("Theirs")[0]["id"] == theirs
        assert remembered(suite, mute) == 1
        suite.office.call(MUTE, "action_unmute", [mute])
        suite.office.write("res.partner", mine, ref="later")
        wait_until(
            lambda: run_cron(suite) or len(defined.told()) == 2, timeout=60, poll=1, what="mine"
        )
        assert [one["ref"] for one in defined.told() if one["id"] == mine] == ["later"]
