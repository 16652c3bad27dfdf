"""The whole way of an operator, with real clicks, a real job runner and a partner that heals."""

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.office import new_secret
from tests.e2e.receivers import Answer, Receiver
from tests.harness import wait_until
from tests.harness.browser import browser, is_there

pytestmark = pytest.mark.long

# One process: with several, a browser would need a reverse proxy for its websocket.
SERVER = {"workers": 0}
#: Delivered before the partner breaks, and refused then.
GOOD, ORDERS = 40, 3
NAME = "Tour orders"
#: The screens know: the light says it, and what failed is one kind.
SEEN = """
    SELECT 1 FROM integration_watch w JOIN integration_error_group g USING (interface_id)
     WHERE interface_id = %s AND w.light = 'degraded'
"""
#: And that it is over.
WELL = "SELECT 1 FROM integration_watch WHERE interface_id = %s AND light = 'ok'"


@pytest.mark.skipif(not is_there(), reason="there is no browser on this machine")
def test_from_the_overview_to_the_failing_message_to_replay_to_healed(suite: Suite) -> None:
    office, secret = suite.office, new_secret()
    supplier = office.supplier("Tour partner")
    with Receiver() as receiver, browser() as page:
        interface = office.outbound(supplier, receiver.url, secret, name=NAME)
        _promise_nothing(suite, interface.id)
        office.confirm(office.orders(supplier, GOOD))
        wait_until(lambda: suite.ledger.states(interface.id) == {"done": GOOD}, what="orders")
        receiver.default = Answer(422)
        for order in office.orders(supplier, ORDERS):
            office.confirm([order])
        refused = {"done": GOOD, "dead": ORDERS}
        wait_until(lambda: suite.ledger.states(interface.id) == refused, what="refused orders")
        wait_until(
            lambda: suite.database.scalar(SEEN, [interface.id]), 150, what="what monitoring sees"
        )
        receiver.default = Answer(202)  # the partner has mended it; nothing of Odoo knows
        page.enter(suite.admin)
        page.open(f"{suite.server.url}/odoo?debug=tests")
        page.tour("integration_monitoring_whole_way", timeout=400)  # of a busy machine
        # The light looks back on five minutes of attempts.
        wait_until(lambda: suite.database.scalar(WELL, [interface.id]), 420, what="a green light")
        page.log.clear()
        page.open(f"{suite.server.url}/odoo?debug=tests")
        page.tour("integration_monitoring_healed", timeout=120)
        receiver.verify(secret)
    assert suite.ledger.states(interface.id) == {"done": GOOD + ORDERS}
    taken = [one.id for one in receiver.received if one.status == 202]
    given_up = [one.id for one in receiver.received if one.status == 422]
    assert sorted(taken[GOOD:]) == sorted(given_up), "refused once, and taken once, as itself"
    assert len(given_up) == ORDERS
    (group,) = office.call(
        "integration.error.group",
        "search_read",
        [["interface_id", "=", interface.id]],
        ["state", "waiting_now", "user_id"],
    )
    assert (group["state"], group["waiting_now"]) == ("resolved", 0)


def _promise_nothing(suite: Suite, interface_id: int) -> None:
    """Archive the objectives of an interface.

    With so few messages a single failure uses up the budget of a month, and the light tells that
    for as long: right, and no matter of this test.
    """
    objectives = suite.office.call(
        "integration.slo", "search", [["interface_id", "=", interface_id]]
    )
    suite.office.call("integration.slo", "write", objectives, {"active": False})
