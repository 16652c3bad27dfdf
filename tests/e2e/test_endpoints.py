"""Endpoints of partners: filtered, tested, failing for too long, gone; and who is told of it."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from demo_partners.web import Request
from slack_sdk.signature import SignatureVerifier

from tests.e2e.conftest import Suite
from tests.e2e.office import Supplier
from tests.e2e.receivers import Answer, Receiver
from tests.harness import RpcError, wait_until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def watcher(suite: Suite, receiver: Receiver, code: str) -> int:
    """Return an interface to another system that takes what the engine tells of itself."""
    office = suite.office
    system_id = office.create(
        "integration.system", name=f"Watch {code}", code=code.upper()[-20:], kind="other"
    )
    kind = code.rpartition("integration.")[2].replace(".", "_")
    return office.outbound(
        Supplier(partner_id=0, system_id=system_id),
        receiver.url,
        name=f"Watch {code}",
        event_type_ids=[[6, 0, [office.ref(f"integration_core.event_type_{kind}")]]],
    ).id


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(one.request.body) for one in list(receiver.received)]


def test_only_what_the_filter_lets_through_is_sent(suite: Suite, receiver: Receiver) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Filtered")
    large = office.order(supplier)
    small = office.order(supplier, lines=2)
    expression = f"data.order_number != '{large.name}'"
    outbound = office.outbound(supplier, receiver.url, event_filter=expression)
    office.confirm([large, small])
    ledger.wait_for_order(small.id, outbound.id, "done")
    left_out = ledger.wait_for_order(large.id, outbound.id, "filtered")
    assert left_out["sequence_number"] is None
    assert ledger.sync(large.id, outbound.id) is None, "the order does not wait for anything"
    (sent,) = receiver.received
    assert sent.request.headers["x-webhook-sequence"] == "1"


def test_gone_disables_at_once_and_resuming_loses_nothing(suite: Suite) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Gone")
    with Receiver(410) as receiver, Receiver() as other:
        watcher(suite, other, "integration.endpoint.disabled")
        outbound = office.outbound(supplier, receiver.url)
        (first,) = office.confirmed(supplier)
        ledger.wait_for_order(first.id, outbound.id, "dead")
        wait_until(
            lambda: (
                office.read("integration.interface", outbound.id, "light")["light"]
                == "endpoint_disabled"
            ),
            what="the interface being disabled",
        )
        (second,) = office.confirmed(supplier)
        ledger.wait_for_order(second.id, outbound.id, "held")
        time.sleep(1)
        assert len(receiver.received) == 1, "nothing more is sent to where nobody is"
        wait_until(lambda: other.received, what="the event")
        (told,) = bodies(other)
        assert told["type"] == "integration.endpoint.disabled"
        assert "410" in told["data"]["reason"]
        office.call("integration.interface", "action_resume", [outbound.id])
        ledger.wait_for_order(second.id, outbound.id, "done")
        disabled = office.read("integration.interface", outbound.id, "endpoint_disabled")
        assert disabled["endpoint_disabled"] is False


def test_long_failure_is_announced_then_disables(suite: Suite) -> None:
    office, ledger, database = suite.office, suite.ledger, suite.database
    supplier = office.supplier("Failing")
    with Receiver(default=500) as receiver:
        outbound = office.outbound(supplier, receiver.url, policy={"max_attempts": 100})
        (order,) = office.confirmed(supplier)
        ledger.wait_for_order(order.id, outbound.id, "retry")

        def later(hours: int) -> None:
            database.sql(
                "UPDATE integration_health SET failing_since = failing_since"
                " - %s * interval '1 hour', disable_at = disable_at - %s * interval '1 hour'"
                " WHERE interface_id = %s",
                [hours, hours, outbound.id],
            )

        def told() -> int:
            return database.scalar(
                "SELECT count(*) FROM mail_message WHERE model = 'integration.interface'"
                " AND res_id = %s AND message_type = 'user_notification'",
                [outbound.id],
            )

        for hours, count in ((61, 1), (24, 2), (24, 3)):
            later(hours)
            wait_until(lambda count=count: told() == count, what=f"announcement {count}")
        later(13)
        wait_until(
            lambda: office.read("integration.interface", outbound.id, "endpoint_disabled")[
                "endpoint_disabled"
            ],
            what="the interface being disabled",
        )
        assert told() == 4
        receiver.default = Answer(202)
        office.call("integration.interface", "action_resume", [outbound.id])
        ledger.wait_for_order(order.id, outbound.id, "done")


def test_what_is_given_up_is_told_to_another_system_once(suite: Suite) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Refusing")
    with Receiver(default=422) as receiver, Receiver(default=422) as other:
        watching = watcher(suite, other, "integration.message.exhausted")
        outbound = office.outbound(supplier, receiver.url)
        (order,) = office.confirmed(supplier)
        dead = ledger.wait_for_order(order.id, outbound.id, "dead")
        wait_until(lambda: other.received, what="the event")
        (told,) = bodies(other)
        assert told["data"]["message_id"] == dead["uuid"]
        assert told["data"]["error_code"] == "http_422"
        assert order.name not in json.dumps(told)
        ledger.wait_settled(watching, 1)
        time.sleep(1)
        assert len(other.received) == 1, "what became of it is told to nobody"


def test_a_test_reaches_one_endpoint_and_its_delivery_is_shown(
    suite: Suite, receiver: Receiver
) -> None:
    office = suite.office
    supplier = office.supplier("Tested")
    with Receiver() as other:
        outbound = office.outbound(supplier, receiver.url)
        office.outbound(supplier, other.url)
        action = office.call("integration.interface", "action_send_test", [outbound.id])
        assert action["res_model"] == "integration.message"
        wait_until(
            lambda: (
                office.read("integration.message", action["res_id"], "state")["state"] == "done"
            ),
            what="the delivery",
        )
        receiver.verify(outbound.secret)
        (body,) = bodies(receiver)
        assert body["type"] == "integration.test"
        assert body["data"]["test"] is True
        time.sleep(0.5)
        assert other.received == []


def test_a_draft_is_not_tested(suite: Suite, receiver: Receiver) -> None:
    office = suite.office
    supplier = office.supplier("Draft")
    draft = office.create(
        "integration.interface",
        name="Draft",
        system_id=supplier.system_id,
        direction="outbound",
        transport="webhook",
        url=receiver.url,
    )
    with pytest.raises(RpcError, match="carries no traffic"):
        office.call("integration.interface", "action_send_test", [draft])
    assert receiver.received == []


def test_several_events_share_a_request(suite: Suite) -> None:
    """A refused request is repeated as a whole; numbers stay those of the events."""
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Batches")
    with Receiver(500) as receiver:
        outbound = office.outbound(
            supplier,
            receiver.url,
            policy={"concurrency": 1},
            webhook_envelope="batch",
            webhook_batch_size=10,
        )
        office.confirmed(supplier, 30)
        ledger.wait_settled(outbound.id, 30)
        assert ledger.states(outbound.id) == {"done": 30}
        receiver.verify(outbound.secret)
        taken = [json.loads(one.request.body) for one in receiver.received if one.status == 202]
        events = [event for batch in taken for event in batch]
        assert sorted(int(event["sequence"]) for event in events) == list(range(1, 31))
        assert max(map(len, taken)) == 10, "requests are filled"
        stored = {row["external_key"]: row for row in ledger.messages(outbound.id)}
        assert {event["id"] for event in events} == set(stored)
        refused = {event["id"] for event in bodies(receiver)[0]}
        for key, row in stored.items():
            outcomes = [attempt["outcome"] for attempt in ledger.attempts(row["id"])]
            assert outcomes == (["retry", "done"] if key in refused else ["done"])


def by_github(request: Request, secret: str) -> bool:
    digest = hmac.digest(secret.encode(), request.body, "sha256").hex()
    return request.headers["x-hub-signature-256"] == f"sha256={digest}"


def by_shopify(request: Request, secret: str) -> bool:
    digest = hmac.digest(secret.encode(), request.body, "sha256")
    return request.headers["x-shopify-hmac-sha256"] == base64.b64encode(digest).decode()


def by_stripe(request: Request, secret: str) -> bool:
    header = request.headers["stripe-signature"]
    try:
        return stripe.WebhookSignature.verify_header(request.body.decode(), header, secret)
    except stripe.SignatureVerificationError:
        return False


def by_slack(request: Request, secret: str) -> bool:
    verifier = SignatureVerifier(secret)
    return verifier.is_valid_request(request.body.decode(), dict(request.headers))


@pytest.mark.parametrize(
    ("scheme", "verifies", "secret", "later"),
    [
        ("github", by_github, "It's a Secret to Everybody", "Ein neues für alle, 2026"),
        ("shopify", by_shopify, f"shpss_{'0a' * 16}", f"shpss_{'1b' * 16}"),
        ("stripe", by_stripe, f"whsec_{'aB3' * 11}", f"whsec_{'cD4' * 11}"),
        ("slack", by_slack, "8f742231b10e8888abcd99yyyzzz85a5", "9f742231b10e8888abcd99yyyzzz85a5"),
    ],
)
def test_signed_as_the_partner_expects_with_its_own_secret(
    suite: Suite,
    receiver: Receiver,
    scheme: str,
    verifies: Callable[[Request, str], bool],
    secret: str,
    later: str,
) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier(f"Spelling of {scheme}")
    outbound = office.outbound(supplier, receiver.url, secret, webhook_signing=scheme)
    (order,) = office.confirmed(supplier)
    ledger.wait_for_order(order.id, outbound.id, "done")
    credential = office.read("integration.interface", outbound.id, "credential_id")
    office.call(
        "integration.credential",
        "rotate",
        [credential["credential_id"][0]],
        {"overlap_hours": 1},
        later,
    )
    (order,) = office.confirmed(supplier)
    ledger.wait_for_order(order.id, outbound.id, "done")
    first, second = (one.request for one in receiver.received)
    assert verifies(first, secret)
    assert not verifies(first, later)
    assert verifies(second, later)
    # Only Stripe's receivers look at several signatures.
    assert verifies(second, secret) is (scheme == "stripe")


def test_only_what_it_is_about(suite: Suite, receiver: Receiver) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Thin")
    outbound = office.outbound(
        supplier, receiver.url, webhook_payload="thin", webhook_headers="X-Hospital: General"
    )
    (order,) = office.confirmed(supplier)
    ledger.wait_for_order(order.id, outbound.id, "done")
    (one,) = receiver.received
    assert one.request.headers["x-hospital"] == "General"
    data = json.loads(one.request.body)["data"]
    assert data["link"].endswith(f"/odoo/purchase.order/{order.id}")
    assert order.name not in one.request.body.decode()
