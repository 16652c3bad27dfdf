"""An endpoint from its first form to a replay, by one person in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.office import Office, new_secret
from tests.e2e.receivers import Receiver
from tests.harness.browser import browser, is_there

NAME = "Tour endpoint"
# One process: with several, a browser would need a reverse proxy for its websocket.
SERVER = {"workers": 0}


@contextmanager
def approving(office: Office) -> Iterator[None]:
    """Have a colleague approve the interface of the tour as soon as it is submitted."""
    over = threading.Event()
    failures: list[Exception] = []
    domain = [["name", "=", NAME], ["state", "=", "in_review"]]

    def watch() -> None:
        try:
            while not over.wait(0.2):
                if ids := office.approve("integration.interface", "search", domain):
                    office.approve("integration.interface", "action_approve", ids)
                    return
        except Exception as error:  # of any kind: it is raised below, in the thread of the test
            failures.append(error)

    colleague = threading.Thread(target=watch)
    colleague.start()
    try:
        yield
    finally:
        over.set()
        colleague.join()
    assert not failures, failures


@pytest.mark.skipif(not is_there(), reason="there is no browser on this machine")
def test_endpoint_is_made_tested_broken_and_mended(suite: Suite) -> None:
    office, secret = suite.office, new_secret()
    office.supplier("Tour partner")
    office.create(
        "integration.credential", name="Tour secret", version_ids=[[0, 0, {"secret": secret}]]
    )
    # Taken, refused for good, taken when retried; taken once more when it is replayed.
    with Receiver(202, 422) as receiver, browser() as page, approving(office):
        page.enter(suite.admin)
        page.open(f"{suite.server.url}/odoo?debug=tests")
        page.evaluate(f"localStorage.setItem('integration_tour_url', '{receiver.url}')")
        page.tour("integration_webhooks_delivery", timeout=180)  # of a busy machine
        receiver.verify(secret)
        statuses = [one.status for one in receiver.received]
        ids = [one.id for one in receiver.received]
    assert statuses == [202, 422, 202, 202]
    assert ids[1] == ids[2] == ids[3] != ids[0], "a retry and a replay keep the id"
    (interface,) = office.call(
        "integration.interface", "search_read", [["name", "=", NAME]], ["state", "approved_by_id"]
    )
    assert (interface["state"], interface["approved_by_id"][1]) == ("active", "Ben")
    messages = suite.ledger.messages(interface["id"])
    assert [row["state"] for row in messages] == ["done", "done", "done"]
    assert [row["original_id"] for row in messages] == [None, None, messages[1]["id"]]
