"""Secrets are rotated and expire while messages travel: none is refused, and none is lost."""

import threading
import time
from typing import Any

from demo_partners.web import Request
from standardwebhooks import Webhook, WebhookVerificationError

from tests.e2e.conftest import Suite
from tests.e2e.office import Inbound, new_secret
from tests.e2e.receivers import Answer, Receiver
from tests.e2e.senders import WebhookSender, new_session
from tests.harness import wait_until

CREDENTIAL = "integration.credential"


def credential_of(suite: Suite, interface_id: int) -> int:
    found = suite.office.read("integration.interface", interface_id, "credential_id")
    return found["credential_id"][0]


def rotate(suite: Suite, interface_id: int, secret: str, **values: Any) -> dict[str, Any]:
    credential = credential_of(suite, interface_id)
    return suite.admin.call(CREDENTIAL, "rotate", [credential], values, secret)


def versions(suite: Suite, interface_id: int) -> list[dict[str, Any]]:
    """The versions of an interface's credential, oldest first."""
    domain = [["credential_id", "=", credential_of(suite, interface_id)]]
    names = ["number", "state", "last_used_at", "not_after"]
    return suite.admin.call(f"{CREDENTIAL}.version", "search_read", domain, names, order="id")


_END = """
from datetime import datetime, timedelta
env["integration.credential.version"].browse(version).not_after = (
    datetime.utcnow().replace(microsecond=0) + timedelta(seconds=1))
env.flush_all()
env.cr.commit()
env.registry.signal_changes()
"""


def end_now(suite: Suite, interface_id: int) -> None:
    """Let the secret end in a moment, as one does that was given an end long ago."""
    (version,) = versions(suite, interface_id)
    with suite.database.shell() as shell:
        shell.run(_END, version=version["id"])
    time.sleep(2)


class Stream:
    """A partner that delivers without a pause, from several connections."""

    def __init__(self, suite: Suite, interface: Inbound, connections: int = 3) -> None:
        self.url = suite.server.url + interface.path
        self.secret = interface.secret
        self.statuses: dict[str, list[int]] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(connections)]

    def __enter__(self) -> "Stream":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        with new_session() as session:
            while not self._stop.is_set():
                secret = self.secret
                body = {"type": "order.confirmed", "order_no": "none"}
                answer = WebhookSender(self.url, secret).deliver(body, session=session)
                with self._lock:
                    self.statuses.setdefault(secret, []).append(answer.status_code)
                time.sleep(0.01)

    def wait_for_more(self, count: int = 30) -> None:
        """Wait until the present secret was used so often."""
        wait_until(lambda: len(self.statuses.get(self.secret, ())) >= count, 30, what="deliveries")


def test_no_delivery_is_refused_while_an_inbound_secret_is_rotated(suite: Suite) -> None:
    supplier = suite.office.supplier("Rotating sender")
    user = suite.office.buyer("rotating")
    interface = suite.office.inbound(supplier, user)
    old, new = interface.secret, new_secret()
    with Stream(suite, interface) as stream:
        stream.wait_for_more()
        rotate(suite, interface.id, new, lead_hours=1, overlap_hours=24)
        # The partner changes over at its own time; some of its machines later than others.
        stream.secret = new
        stream.wait_for_more()
        before = len(stream.statuses[old])
        stream.secret = old
        wait_until(lambda: len(stream.statuses[old]) > before + 20, 30, what="deliveries")
    assert set(stream.statuses[old]) == {202}
    assert set(stream.statuses[new]) == {202}
    sent = sum(map(len, stream.statuses.values()))
    assert suite.ledger.count(interface.id) == sent
    first, second = versions(suite, interface.id)
    assert (first["state"], second["state"]) == ("signing", "coming")
    assert first["last_used_at"]
    assert second["last_used_at"], "it shows that the partner knows the new one"


def verifies(request: Request, secret: str) -> bool:
    try:
        Webhook(secret).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


def test_partner_may_change_over_at_any_time_while_an_outbound_secret_is_rotated(
    suite: Suite,
) -> None:
    supplier = suite.office.supplier("Rotating receiver")
    new = new_secret()
    with Receiver() as receiver:
        interface = suite.office.outbound(supplier, receiver.url, latency_class="realtime")
        suite.office.confirmed(supplier, 5)
        wait_until(lambda: len(receiver.received) == 5, what="deliveries")
        rotate(suite, interface.id, new, overlap_hours=24)
        suite.office.confirmed(supplier, 5)
        wait_until(lambda: len(receiver.received) == 10, what="deliveries")
        suite.ledger.wait_settled(interface.id, 10)
        requests = [one.request for one in receiver.received]
    assert all(verifies(request, interface.secret) for request in requests)
    assert [verifies(request, new) for request in requests] == [False] * 5 + [True] * 5
    assert suite.ledger.states(interface.id) == {"done": 10}
    assert len(set(receiver.ids())) == 10, "nothing had to be sent twice"


class Guarded(Receiver):
    """A receiver that refuses what is not signed with ``secret``, the only one that it knows."""

    secret = ""

    def _answer_to(self, request: Request) -> Answer:
        return Answer(202 if verifies(request, self.secret) else 401)


def test_no_delivery_is_rejected_while_an_outbound_secret_is_rotated_under_traffic(
    suite: Suite,
) -> None:
    """The partner changes over while messages are on their way; the old secret ends later."""
    supplier = suite.office.supplier("Guarded receiver")
    new = new_secret()
    with Guarded() as receiver:
        interface = suite.office.outbound(
            supplier, receiver.url, policy={"concurrency": 4, "lanes": 2, "ordering": "none"}
        )
        receiver.secret = interface.secret
        stop = threading.Event()
        orders = []

        def trade() -> None:
            while not stop.is_set():
                orders.extend(suite.office.confirmed(supplier, 3))

        def wait_for_more(count: int = 12) -> None:
            goal = len(receiver.received) + count
            wait_until(lambda: len(receiver.received) >= goal, what="traffic")

        trader = threading.Thread(target=trade)
        trader.start()
        try:
            wait_for_more()
            rotate(suite, interface.id, new, overlap_hours=24)
            # What was being sent when it was rotated has one signature, all that follows has two.
            wait_until(lambda: verifies(receiver.received[-1].request, new), what="the new one")
            wait_for_more()
            receiver.secret = new
            wait_for_more()
            old = versions(suite, interface.id)[0]["id"]
            suite.admin.call(f"{CREDENTIAL}.version", "action_revoke", [old], "Changed over")
            wait_for_more()
        finally:
            stop.set()
            trader.join()
        suite.ledger.wait_settled(interface.id, len(orders))
        assert {one.status for one in receiver.received} == {202}
        assert len(receiver.received) == len(set(receiver.ids())) == len(orders)
        assert not verifies(receiver.received[-1].request, interface.secret)


def test_revoked_secret_is_used_no_more(suite: Suite) -> None:
    supplier = suite.office.supplier("Revoking receiver")
    new = new_secret()
    with Receiver() as receiver:
        interface = suite.office.outbound(supplier, receiver.url, latency_class="realtime")
        rotate(suite, interface.id, new, lead_hours=24, overlap_hours=24)
        old = versions(suite, interface.id)[0]["id"]
        suite.admin.call(f"{CREDENTIAL}.version", "action_revoke", [old], "It became known")
        suite.office.confirmed(supplier)
        wait_until(lambda: receiver.received, what="a delivery")
        (request,) = [one.request for one in receiver.received]
    assert verifies(request, new)
    assert not verifies(request, interface.secret)


def waits_because(suite: Suite, interface_id: int) -> str:
    return wait_until(
        lambda: suite.database.scalar(
            "SELECT blocked_reason FROM integration_interface WHERE id = %s", [interface_id]
        ),
        what="the reason why messages wait",
    )


def open_tasks(suite: Suite, interface_id: int, kind: str) -> int:
    return suite.database.scalar(
        "SELECT count(*) FROM mail_activity a JOIN ir_model_data d ON d.res_id = a.activity_type_id"
        " AND d.model = 'mail.activity.type' AND d.name = %s"
        " WHERE a.res_model = 'integration.interface' AND a.res_id = %s AND a.active",
        [kind, interface_id],
    )


def test_outbound_waits_for_a_secret_that_expired_and_goes_on(suite: Suite) -> None:
    supplier = suite.office.supplier("Expired receiver")
    new = new_secret()
    with Receiver() as receiver:
        interface = suite.office.outbound(supplier, receiver.url, latency_class="realtime")
        suite.office.confirmed(supplier)
        wait_until(lambda: receiver.received, what="a delivery")
        end_now(suite, interface.id)
        suite.office.confirmed(supplier, 3)
        assert "expired on" in waits_because(suite, interface.id)
        wait_until(
            lambda: suite.ledger.states(interface.id) == {"done": 1, "queued": 3},
            what="messages that wait",
        )
        assert open_tasks(suite, interface.id, "mail_activity_blocked") == 1
        assert len(receiver.received) == 1
        rotate(suite, interface.id, new)
        suite.ledger.wait_settled(interface.id, 4)
        assert suite.ledger.states(interface.id) == {"done": 4}
        assert verifies(receiver.received[-1].request, new)
        assert not verifies(receiver.received[-1].request, interface.secret)
    attempts = {row["attempts"] for row in suite.ledger.messages(interface.id)}
    assert attempts == {1}, "our own fault costs no attempt"
    wait_until(
        lambda: open_tasks(suite, interface.id, "mail_activity_blocked") == 0, what="no task"
    )


def test_inbound_refuses_a_secret_that_expired(suite: Suite) -> None:
    supplier = suite.office.supplier("Expired sender")
    user = suite.office.buyer("expired")
    interface = suite.office.inbound(supplier, user)
    body = {"type": "order.confirmed", "order_no": "none"}
    assert suite.sender(interface).deliver(body).status_code == 202
    end_now(suite, interface.id)
    answer = suite.sender(interface).deliver(body)
    assert answer.status_code == 401
    assert "expire" not in answer.text
    suite.office.run_scheduled("integration_core.ir_cron_credentials")
    told = suite.database.scalar(
        "SELECT count(*) FROM mail_activity WHERE res_model = %s AND res_id = %s"
        " AND summary LIKE '%%has expired'",
        [CREDENTIAL, credential_of(suite, interface.id)],
    )
    assert told == 1
    new = new_secret()
    rotate(suite, interface.id, new)
    sender = WebhookSender(suite.server.url + interface.path, new)
    assert sender.deliver(body).status_code == 202
    assert suite.ledger.count(interface.id) == 2
