"""The thread that posts MedSupply's confirmations to Odoo until it takes them."""

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import requests

from .orders import child_traceparent, retry_delay
from .signing import signed_headers
from .store import Sending, Store, StoredOrder

TIMEOUTS = (3.0, 10.0)  # seconds to connect, seconds between bytes of the answer
LONGEST_RETRY_AFTER = 300.0
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What one attempt brought; ``status`` is None when there was no answer."""

    status: int | None
    note: str
    retry_after: float = 0.0

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Sends what is pending, one after the other, in the order in which it is due.

    The attempt is recorded after the answer: a crash in between sends the same message with the
    same webhook-id once more, which a receiver must take as a duplicate.
    """

    def __init__(self, store: Store, url: str, secret: str) -> None:
        self.url = url
        self.enabled = True
        self._store = store
        self._secret = secret
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment cannot reach the loopback
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="medsupply-sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look at once for something to send."""
        self._wake.set()

    def stop(self, patience: float = 2.0) -> bool:
        """End the thread; False when it still waits for an answer after ``patience`` seconds."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                pause = self._send_due()
            except Exception:
                _LOGGER.exception("MedSupply: the sender stumbled")
                pause = 1.0
            self._wake.wait(pause)

    def _send_due(self) -> float | None:
        """Send what is due; return the seconds until the next one, None when nothing waits."""
        while self.enabled and not self._stopping:
            sending = self._store.next_pending()
            if sending is None:
                return None
            wait = sending.due_at - time.time()
            if wait > 0:
                return wait
            self.attempt(sending)
        return None

    def attempt(self, sending: Sending) -> Outcome:
        """Post once and write down what came of it."""
        order = self._store.order(sending.order_id)
        outcome = self._post(sending, order)
        delay = retry_delay(sending.attempts + 1)
        state, due_at = "pending", time.time()
        if outcome.is_accepted:
            state = "accepted"
        elif delay is None:
            state = "given_up"
        else:
            due_at += max(delay, outcome.retry_after)
        self._store.record_attempt(sending, state, due_at, outcome.status, outcome.note)
        _LOGGER.info(
            "MedSupply: %s for %s, attempt %d: %s",
            sending.kind,
            order.number,
            sending.attempts + 1,
            outcome.status or outcome.note,
        )
        return outcome

    def _post(self, sending: Sending, order: StoredOrder) -> Outcome:
        headers = {"content-type": "application/json", "user-agent": "MedSupply/1.0"}
        headers |= signed_headers(self._secret, sending.webhook_id, sending.body)
        if order.correlation_id:
            headers["x-correlation-id"] = order.correlation_id
        if traceparent := child_traceparent(order.traceparent):
            headers["traceparent"] = traceparent
        try:
            answer = self._session.post(
                self.url,
                data=sending.body,
                headers=headers,
                timeout=TIMEOUTS,
                allow_redirects=False,
            )
        except requests.RequestException as problem:
            # The type only: the text of these exceptions holds the address with its token.
            return Outcome(None, f"no answer ({type(problem).__name__})")
        retry_after = 0.0
        with suppress(ValueError):
            retry_after = min(float(answer.headers.get("retry-after", "")), LONGEST_RETRY_AFTER)
        return Outcome(answer.status_code, answer.text[:200], retry_after)
