"""What endpoints answer that is no proper answer, or too much of it: nothing is lost or misread."""

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from setup import processes
from tests.e2e.conftest import Suite
from tests.e2e.office import Outbound
from tests.e2e.receivers import Answer, Receiver, gaps
from tests.harness import wait_until
from tests.unit.wire_server import WireServer, read_request, respond

ACCEPTED = respond(b"{}", "202 Accepted")


class Endpoint:
    """Gives ``answers`` byte by byte, then accepts; where ``breaks``, it hangs up after each.

    :ivar ids: what it was sent, in the order of arrival
    """

    def __init__(self, *answers: bytes, breaks: bool = False) -> None:
        self.ids: list[str] = []
        self._answers = list(answers)
        self._breaks = breaks
        self._server = WireServer(self._serve)

    def __enter__(self) -> "Endpoint":
        self._server.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.__exit__(*exc_info)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/hook"

    def _serve(self, connection: socket.socket) -> None:
        while True:
            line, headers, _body = read_request(connection)
            if not line:
                return
            self.ids.append(headers["webhook-id"])
            special = bool(self._answers)
            connection.sendall(self._answers.pop(0) if special else ACCEPTED)
            if special and self._breaks:
                return


class Line:
    """An interface of its own to an endpoint, and what became of its messages."""

    def __init__(self, suite: Suite, url: str, **policy: Any) -> None:
        self.suite = suite
        self.supplier = suite.office.supplier(f"At {url[7:]}")
        self.interface: Outbound = suite.office.outbound(
            self.supplier, url, policy={"concurrency": 1, "ordering": "none", **policy}
        )
        self.id = self.interface.id

    def send(self, count: int = 1) -> None:
        self.suite.office.confirmed(self.supplier, count)

    def delivered(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until ``count`` messages were taken; return them."""
        assert self.suite.ledger.wait_settled(self.id, count) == {"done": count}
        return self.suite.ledger.messages(self.id)

    def attempts(self, message: dict[str, Any]) -> list[tuple[int | None, str | None]]:
        rows = self.suite.ledger.attempts(message["id"])
        return [(row["http_status"], row["error_code"]) for row in rows]

    def response(self, message: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the answer, as an operator sees it."""
        domain = [["message_id", "=", message["id"]], ["kind", "=", "response"]]
        (payload,) = self.suite.admin.call(
            "integration.payload", "search_read", domain, ["size", "content"]
        )
        return payload


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        # The status came: the partner has the message, whatever happened to the rest. A head that
        # breaks off is enough where the status does not depend on it (RFC 9112, 8).
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 900\r\n\r\n{", [(202, None)]),
        (b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", [(202, None)]),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\n", [(500, "http_500"), (202, None)]),
        (b"HTTP/1.1 202 OK\r\nContent-Le", [(202, None)]),
        # It did not: nobody knows, so the same is sent again.
        (b"HTTP/1.1 20", [(None, "bad_response"), (202, None)]),
        (b"", [(None, "no_response"), (202, None)]),
        (b"\x15\x03\x01\x00\x02\x02\x16", [(None, "bad_response"), (202, None)]),
    ],
)
def test_endpoint_that_dies_in_the_middle_of_its_answer(
    suite: Suite, answer: bytes, attempts: list[tuple[int | None, str | None]]
) -> None:
    with Endpoint(answer, breaks=True) as endpoint:
        line = Line(suite, endpoint.url)
        line.send()
        (message,) = line.delivered()
        assert line.attempts(message) == attempts
        assert endpoint.ids == [message["external_key"]] * len(attempts)


@pytest.mark.parametrize(
    ("first", "attempts"),
    [
        (ACCEPTED + respond(b"{}", "500 Oh"), [(202, None)]),
        # The acceptance that nobody asked for is none of the next message, or of this one.
        (respond(b"{}", "500 Oh") + ACCEPTED, [(500, "http_500"), (202, None)]),
        (ACCEPTED + ACCEPTED, [(202, None)]),
    ],
)
def test_two_answers_to_one_request(
    suite: Suite, first: bytes, attempts: list[tuple[int | None, str | None]]
) -> None:
    with Endpoint(first) as endpoint:
        line = Line(suite, endpoint.url)
        line.send(8)
        messages = line.delivered(8)
        kept = sorted((line.attempts(message) for message in messages), key=len)
        assert kept == [[(202, None)]] * 7 + [attempts]
        assert len(endpoint.ids) == 7 + len(attempts)
        assert len(set(endpoint.ids)) == 8


def test_endless_answers_are_cut_and_kept_without_secrets(suite: Suite) -> None:
    """Each is larger than all memory that a worker may grow by."""
    sent: list[int] = []
    start = b'{"access_token": "nobody-may-read-this", "text": "'
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 9000000000\r\n\r\n"
    chunk = b"x" * 2**20

    def flood(connection: socket.socket) -> None:
        _line, headers, _body = read_request(connection)
        connection.sendall(head + start + headers.get("webhook-signature", "").encode())
        sent.append(0)
        number = len(sent) - 1
        for _each in range(400):
            connection.sendall(chunk)
            sent[number] += len(chunk)

    before = resident(suite)
    with WireServer(flood) as server:
        line = Line(suite, f"http://127.0.0.1:{server.port}/hook", concurrency=4)
        line.send(12)
        messages = line.delivered(12)
    assert len(sent) == 12, "what was cut is no failure"
    assert max(sent) < 64 * 2**20, "nothing is read that is not kept"
    grown = {pid: size - before[pid] for pid, size in resident(suite).items() if pid in before}
    assert max(grown.values()) < 64 * 2**20
    kept = line.response(messages[0])
    assert 60_000 < kept["size"] <= 65_536
    assert kept["content"].startswith('{"access_token": "[redacted]')
    assert "nobody-may" not in kept["content"]
    assert "v1," not in kept["content"], "nor the signature, which could be used again"


def resident(suite: Suite) -> dict[int, int]:
    """The largest memory that each process of the server has had, in bytes."""
    found = {}
    for pid in processes.of_group(suite.server.pid or 0):
        text = Path(f"/proc/{pid}/status").read_text()
        found[pid] = int(text.split("VmHWM:")[1].split()[0]) * 1024
    return found


def test_storm_of_429(suite: Suite) -> None:
    """Sixty messages are told to wait, again and again; nobody asks before the time is over."""
    wait, count = 3, 60
    with Receiver(default=Answer(429, {"Retry-After": str(wait)})) as receiver:
        line = Line(suite, receiver.url, concurrency=4, max_attempts=50)
        started = time.monotonic()
        line.send(count)
        wait_until(lambda: len(receiver.received) >= 3 * count, what="three rounds of refusals")
        jobs, took = suite.ledger.jobs(line.id), time.monotonic() - started
        assert took > 2 * wait
        assert jobs < 10 + 2 * took, "those who wait keep no worker busy"
        receiver.default = Answer(202)
        messages = line.delivered(count)
        for message in messages:
            own = [one for one in receiver.received if one.id == message["external_key"]]
            assert min(gaps(own)) >= wait
            assert [one.status for one in own] == [429] * (len(own) - 1) + [202]
        codes = {code for message in messages for _status, code in line.attempts(message)}
        assert codes == {"http_429", None}
        print(f"\n{len(receiver.received)} requests, {jobs} jobs in {took:.0f} s of refusals")
