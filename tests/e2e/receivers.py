"""A partner's endpoint that answers as a test says, and keeps what it was sent."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from demo_partners.web import LoopbackServer, RawAnswer, Request, Response, json_response
from standardwebhooks import Webhook

from setup.odoo_server import free_port


@dataclass(frozen=True)
class Answer:
    """What one delivery gets.

    :ivar delay: seconds before the answer
    """

    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0


@dataclass(frozen=True)
class Received:
    """One delivery; ``at`` is on the monotonic clock."""

    at: float
    request: Request
    status: int

    @property
    def id(self) -> str:
        return self.request.headers["webhook-id"]


class Receiver:
    """Answers deliveries from ``answers``, one after the other, then with ``default``.

    ``with Receiver(500, 500) as receiver: receiver.url``. A delivery whose body holds one of
    ``refused`` gets a 500 in any case.
    """

    def __init__(self, *answers: int | Answer, default: int | Answer = 202) -> None:
        self.received: list[Received] = []
        self.answers = [_answer(answer) for answer in answers]
        self.default = _answer(default)
        self.refused: set[str] = set()
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        # Its port stays its own while it is closed.
        self._server = LoopbackServer(self._handle, free_port())
        self._server.open()

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return self._server.url + "/hook"

    def close(self) -> None:
        """Close the port: connections are refused from now on."""
        self._server.close()

    def open(self) -> None:
        """Open the same port again."""
        self._server.open()

    def hurry(self) -> None:
        """End all delays, also those under way."""
        self._hurry.set()

    def ids(self, condition: Callable[[Received], bool] = lambda received: True) -> list[str]:
        """Return the webhook ids of deliveries, in the order of arrival."""
        with self._lock:
            return [received.id for received in self.received if condition(received)]

    def accepted(self) -> list[str]:
        """Return the webhook ids of the deliveries that got a 2xx."""
        return self.ids(lambda received: 200 <= received.status < 300)

    def verify(self, secret: str) -> None:
        """Check the signature of each delivery with the public library.

        :raises WebhookVerificationError: one is wrong
        """
        for received in self.received:
            Webhook(secret).verify(received.request.body, dict(received.request.headers))

    def _answer_to(self, request: Request) -> Answer:
        if any(text.encode() in request.body for text in self.refused):
            return Answer(500)
        return self.answers.pop(0) if self.answers else self.default

    def _handle(self, request: Request) -> Response | RawAnswer:
        with self._lock:
            answer = self._answer_to(request)
            self.received.append(Received(time.monotonic(), request, answer.status))
        self._hurry.wait(answer.delay)
        if not answer.status:
            return RawAnswer(reset=True)
        return Response(answer.status, b'{"said": "by the partner"}', headers=answer.headers)


class PartnerApi:
    """A partner's API: gives its ``documents`` by their paths to whoever has its token.

    ``with PartnerApi("secret") as api: api.url``. The first requests get ``statuses`` instead, one
    after the other. ``on_request`` is called before each answer.
    """

    PATH = "/api/v1"

    def __init__(self, token: str, *statuses: int) -> None:
        self.documents: dict[str, Any] = {}
        self.requests: list[Request] = []
        self.statuses = list(statuses)
        self.on_request: Callable[[], None] = lambda: None
        self._token = token
        self._lock = threading.Lock()
        self._server = LoopbackServer(self._handle, free_port())

    def __enter__(self) -> "PartnerApi":
        self._server.open()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        return self._server.url + self.PATH

    def _handle(self, request: Request) -> Response | RawAnswer:
        with self._lock:
            self.requests.append(request)
            self.on_request()
            if request.headers.get("authorization") != f"Bearer {self._token}":
                return Response(401)
            if request.method != "GET":
                return Response(405)
            if self.statuses:
                return Response(self.statuses.pop(0), b"not now")
            document = self.documents.get(request.path.removeprefix(self.PATH))
        return Response(404) if document is None else json_response(200, document)


def _answer(answer: int | Answer) -> Answer:
    """A bare number is a status; 0 resets the connection without an answer."""
    return answer if isinstance(answer, Answer) else Answer(answer)


def gaps(received: Iterable[Received]) -> list[float]:
    """Return the seconds between deliveries."""
    times = [one.at for one in received]
    return [later - earlier for earlier, later in itertools.pairwise(times)]
