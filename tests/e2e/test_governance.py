"""Changes of live interfaces: real servers, several people at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.office import Outbound, Supplier
from tests.e2e.receivers import Receiver
from tests.harness import RpcError, wait_until

# Odoo logs the statement of the slower one of two people; the request is tried again or refused.
EXPECTED_ERRORS = ('INSERT INTO "integration_revision"', 'UPDATE "integration_')


@pytest.fixture
def receivers() -> Iterator[tuple[Receiver, Receiver]]:
    with Receiver() as old, Receiver() as new:
        yield old, new


@pytest.fixture(scope="module")
def supplier(suite: Suite) -> Supplier:
    return suite.office.supplier("Governed supplier")


def live(suite: Suite, supplier: Supplier, url: str) -> Outbound:
    return suite.office.outbound(supplier, url)


def test_change_takes_effect_when_a_second_person_approves(
    suite: Suite, supplier: Supplier, receivers: tuple[Receiver, Receiver]
) -> None:
    old, new = receivers
    office = suite.office
    interface = live(suite, supplier, old.url)
    action = office.call("integration.interface", "action_propose_change", [interface.id])
    office.write("integration.interface", action["res_id"], url=new.url)
    (revision,) = office.call(
        "integration.revision", "search", [["proposal_id", "=", action["res_id"]]]
    )
    office.write("integration.revision", revision, summary="The partner moves")
    office.call("integration.revision", "action_submit", [revision])
    with pytest.raises(RpcError):
        office.call("integration.revision", "action_approve", [revision])
    office.confirmed(supplier)
    wait_until(lambda: len(old.received) == 1, what="the order at the old address")
    office.approve("integration.revision", "action_approve", [revision])
    office.confirmed(supplier)
    wait_until(lambda: len(new.received) == 1, what="the order at the new address")
    assert len(old.received) == 1
    retire(suite, interface)


def test_change_under_traffic_loses_and_repeats_nothing(
    suite: Suite, supplier: Supplier, receivers: tuple[Receiver, Receiver]
) -> None:
    old, new = receivers
    interface = live(suite, supplier, old.url)
    suite.office.confirmed(supplier, 30)
    suite.office.change(interface.id, url=new.url)
    suite.office.confirmed(supplier, 10)
    wait_until(lambda: len(old.received) + len(new.received) >= 40, what="all orders")
    ids = [received.id for received in (*old.received, *new.received)]
    assert len(set(ids)) == len(ids) == 40
    assert len(new.received) >= 10
    retire(suite, interface)


def test_two_people_at_once(
    suite: Suite, supplier: Supplier, receivers: tuple[Receiver, Receiver]
) -> None:
    """One proposal, one approval, one of two saves: the other person is told, nothing is lost."""
    old, new = receivers
    office = suite.office
    interface = live(suite, supplier, old.url)
    office.user("ana", "integration_core.group_administrator")
    office.user("carl", "integration_core.group_approver")
    ana, carl = (suite.server.login(who, who) for who in ("ana", "carl"))
    both = (suite.admin.call, ana.call)

    opened = _at_once(
        [(call, "integration.interface", "action_propose_change", [interface.id]) for call in both]
    )
    proposals = {result["res_id"] for result in opened if isinstance(result, dict)}
    assert len(proposals) == 1
    (proposal,) = proposals

    version = office.read("integration.interface", proposal, "lock_version")["lock_version"]
    saved = _at_once(
        [
            (
                call,
                "integration.interface",
                "write",
                [proposal],
                {"url": new.url, "lock_version": version},
            )
            for call in both
        ]
    )
    assert sorted(isinstance(result, RpcError) for result in saved) == [False, True]

    (revision,) = office.call("integration.revision", "search", [["proposal_id", "=", proposal]])
    office.write("integration.revision", revision, summary="The partner moves")
    office.call("integration.revision", "action_submit", [revision])
    decided = _at_once(
        [
            (call, "integration.revision", "action_approve", [revision])
            for call in (office.approve, carl.call)
        ]
    )
    assert sorted(isinstance(result, RpcError) for result in decided) == [False, True]
    approvals = suite.database.scalar(
        "SELECT count(*) FROM integration_audit_entry WHERE act = 'approve' "
        "AND res_model = 'integration.revision' AND res_id = %s",
        [revision],
    )
    assert approvals == 1
    assert office.read("integration.interface", interface.id, "url")["url"] == new.url
    retire(suite, interface)


def retire(suite: Suite, interface: Outbound) -> None:
    """Keep an interface out of the tests that follow."""
    suite.admin.call("integration.interface", "action_retire", [interface.id])


def _at_once(calls: list[tuple]) -> list[object]:
    """Make calls in threads; return results, or the errors that came instead."""

    def make(call: tuple) -> object:
        function, *arguments = call
        try:
            return function(*arguments)
        except RpcError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))
