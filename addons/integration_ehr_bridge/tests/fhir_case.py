"""A FHIR server on this machine that answers as a test says, and interfaces that speak with it."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.addons.integration_core.tests.common import EngineCase

MAPPING = """{
    resourceType: 'Basic',
    identifier: [{system: 'urn:odoo', value: root.key}],
    code: {text: 'country'}
}"""


@dataclass
class Asked:
    """One request that the server got."""

    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def resource(self):
        return json.loads(self.body)


def outcome(code, severity="error", **more):
    """An OperationOutcome with one issue."""
    issue = {"severity": severity, "code": code, **more}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def created(number=1, version=1, status=201):
    """What a server answers that keeps its answers short."""

    def answer(asked):
        place = f"{asked.path.partition('?')[0]}/{number}/_history/{version}"
        return status, None, {"Location": f"http://127.0.0.1{place}", "ETag": f'W/"{version}"'}

    return answer


def in_turn(*answers):
    """One answer after the other; each is ``(status, value, headers)`` or a function."""
    left = list(answers)

    def answer(asked):
        found = left.pop(0)
        return found(asked) if callable(found) else found

    return answer


class FhirServer:
    """Answers each request with what ``answer(asked)`` returns: status, JSON value and headers."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self):
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length))
                server.asked.append(asked)
                status, value, *more = server.answer(asked)
                if status is None:
                    self.close_connection = True
                    return
                body = b"" if value is None else json.dumps(value).encode()
                self.send_response_only(status)  # without a date of its own
                for name, text in (more[0] if more else {}).items():
                    self.send_header(name, text)
                self.send_header("content-type", "application/fhir+json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = _serve  # noqa: N815 - names of the library

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/fhir"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class FhirCase(EngineCase):
    """An outbound interface that writes the events of the engine's tests as FHIR."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mapping = cls.env["integration.mapping"].create(
            {"name": "As FHIR", "header": MAPPING, "state": "approved"}
        )
        cls.policy.write({"read_timeout": 5, "total_timeout": 5, "max_attempts": 5})
        cls.fhir = cls._interface(
            "FHIR out",
            direction="outbound",
            transport="fhir",
            url="http://127.0.0.1:1/fhir",
            allowed_networks="127.0.0.0/8",
            mapping_id=cls.mapping.id,
            event_type_ids=[(6, 0, cls.event_type.ids)],
            fhir_types="Basic",
        )
        # One interface gets the event, and it is this one.
        cls.outbound.active = False

    def set_up(self, interface=None, **values):
        """Set governed fields, as if that had been approved."""
        interface = interface or self.fhir
        if values:
            interface._write_approved(values)
            self.env.flush_all()

    def write_as(self, header):
        """Let another mapping write what is sent."""
        mapping = self.mapping.create({"name": "As else", "header": header, "state": "approved"})
        self.set_up(mapping_id=mapping.id)

    def serve(self, answer, **values):
        """Let the interface speak with a scripted server; return it."""
        server = FhirServer(answer)
        self.addCleanup(server.close)
        self.set_up(url=server.url, **values)
        return server

    def sent(self):
        """Fire an event and drain; the newest message."""
        self.fire()
        self.dispatch()
        return self.drained()

    def drained(self):
        self.drain(self.fhir)
        message = self.env["integration.message"].search(
            [("interface_id", "=", self.fhir.id)], order="id desc", limit=1
        )
        message.invalidate_recordset()
        return message
