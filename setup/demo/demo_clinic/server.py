"""The clinic's own FHIR server: what it can do, and reading and searching its records.

It takes a bearer token, and nothing but questions. Its records may change while it is asked.
"""

import hmac
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from . import certificate, records
from .records import Records, Resource

HOST: Final = "127.0.0.1"
TYPES: Final = (
    "Appointment", "Encounter", "Location", "Organization", "Patient", "Practitioner",
    "PractitionerRole", "Schedule", "Slot",
)  # fmt: skip
LARGEST_PAGE: Final = 200
CONTENT_TYPE: Final = "application/fhir+json; charset=utf-8"
_COMPARED: Final = re.compile(r"(ge|gt|le|lt)(.+)")
Answer = tuple[int, Resource]


class Bad(Exception):
    """A question that is not understood; its text says which part."""


class FhirServer:
    """Answers for some records while it is open.

    :param lock: held while the records change
    :param tls: what it proves itself with, as clinical content wants it
    """

    def __init__(
        self,
        source: Records,
        lock: threading.Lock,
        token: str,
        tls: ssl.SSLContext,
        port: int = 0,
    ) -> None:
        self.records = source
        self.lock = lock
        self.asked = 0
        self._token = token
        self._server = _Listening(port, tls, self)
        self.port: int = self._server.server_address[1]

    @property
    def base(self) -> str:
        return f"https://{certificate.HOST}:{self.port}/fhir"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, authorization: str) -> Answer:
        """Status and resource for a question."""
        url = urlsplit(path)
        place = url.path.removeprefix("/fhir").strip("/")
        if place == "metadata":
            return 200, self._statement()
        if not hmac.compare_digest(authorization.encode(), f"Bearer {self._token}".encode()):
            return 401, outcome("login", "Prove yourself with the bearer token of the clinic.")
        kind, _slash, key = place.partition("/")
        if not url.path.startswith("/fhir/") or kind not in TYPES:
            return 404, outcome("not-supported", "The clinic has no such resources.")
        self.asked += 1
        with self.lock:
            if key:
                found = self.records.get(place)
                return (200, found) if found else (404, outcome("not-found", "It is not here."))
            matching = self.records.of_type(kind)
        try:
            return 200, self._page(kind, matching, parse_qsl(url.query))
        except Bad as problem:
            return 400, outcome("invalid", str(problem))

    def _page(self, kind: str, matching: list[Resource], pairs: list[tuple[str, str]]) -> Resource:
        """A page of a search; all of them come in the order of their last change."""
        count, skip, asked = LARGEST_PAGE, 0, []
        for key, value in pairs:
            if key == "_skip":
                skip = _number(key, value)
                continue
            asked.append((key, value))
            if key == "_count":
                count = min(_number(key, value) or 1, LARGEST_PAGE)
            elif key == "_sort" and value != "_lastUpdated":
                raise Bad("_sort is _lastUpdated.")
            elif key not in ("_sort", "_lastUpdated", "status"):
                raise Bad("Searches take _lastUpdated, status, _sort and _count.")
        found = [one for one in matching if all(_matches(one, *pair) for pair in asked)]
        shown = found[skip : skip + count]
        address = f"{self.base}/{kind}?"
        links = [{"relation": "self", "url": address + urlencode(asked)}]
        if len(found) > skip + count:
            further = urlencode([*asked, ("_skip", str(skip + count))])
            links.append({"relation": "next", "url": address + further})
        entries = [
            {"fullUrl": f"{self.base}/{kind}/{one['id']}", "resource": one,
             "search": {"mode": "match"}}
            for one in shown
        ]  # fmt: skip
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links}
        return {**bundle, "entry": entries} if entries else bundle

    def _statement(self) -> Resource:
        parameters = [{"name": "_lastUpdated", "type": "date"}, {"name": "status", "type": "token"}]
        interactions = [{"code": "read"}, {"code": "search-type"}]
        return {
            "resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-01",
            "kind": "instance", "fhirVersion": "4.0.1", "format": ["json"],
            "software": {"name": "Riverside Day Clinic", "version": "1"},
            "implementation": {"description": "A clinic for demonstrations", "url": self.base},
            "rest": [
                {
                    "mode": "server",
                    "security": {"description": "A bearer token"},
                    "resource": [
                        {"type": kind, "interaction": interactions, "versioning": "versioned",
                         "searchParam": parameters}
                        for kind in TYPES
                    ],
                }
            ],
        }  # fmt: skip


def _number(key: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Bad(f"{key} is a number.")
    return int(text)


def _matches(resource: Resource, key: str, value: str) -> bool:
    if key == "status":
        return resource.get("status") in value.split(",")
    if key != "_lastUpdated":
        return True
    compared = _COMPARED.fullmatch(value)
    if not compared:
        raise Bad("_lastUpdated is compared with ge, gt, le or lt.")
    try:
        changed = records.moment(resource["meta"]["lastUpdated"])
        limit = records.moment(compared[2])
    except ValueError:
        raise Bad("_lastUpdated is compared with a moment that has an offset.") from None
    return {
        "ge": changed >= limit, "gt": changed > limit,
        "le": changed <= limit, "lt": changed < limit,
    }[compared[1]]  # fmt: skip


def outcome(code: str, text: str) -> Resource:
    """An OperationOutcome of an error."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


class _Listening(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, tls: ssl.SSLContext, owner: FhirServer) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "DemoClinic"
            sys_version = ""
            disable_nagle_algorithm = True
            wbufsize = -1
            timeout = 60

            def _serve(self) -> None:
                status, found = owner.answer(self.path, self.headers.get("authorization", ""))
                self._write(status, json.dumps(found).encode())

            def _refuse(self) -> None:
                self.close_connection = True  # its body is not read
                refusal = outcome("not-supported", "Nothing is changed here.")
                self._write(405, json.dumps(refusal).encode())

            do_GET = do_HEAD = _serve  # noqa: N815 (names of http.server)
            do_POST = do_PUT = do_DELETE = do_PATCH = _refuse  # noqa: N815

            def _write(self, status: int, body: bytes) -> None:
                self.send_response(status)
                if status == 405:
                    self.send_header("Allow", "GET, HEAD")
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                if self.close_connection:
                    self.send_header("Connection", "close")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Its log is for what the clinic itself has to say."""

        super().__init__((HOST, port), Handler)
        # The handshake is that of the thread that reads, so that nobody waits for a slow one.
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or trusts another authority, is no news."""
