"""Sends messages over HTTP: a POST with the message, whose answer is its acknowledgement.

As HAPI's specification "HL7 over HTTP" has it: an acknowledgement in the answer decides, whatever
the status says. Without one, the status does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import errors, retry_after
from odoo.addons.integration_core.tools.http_client import HttpClient, HttpRequest, HttpResponse

from ..tools.sending import answers, header, http_answers
from ..tools.sending.expectations import QUERY, Expectations
from ..tools.sending.header import HeaderRules
from . import hl7_answers, hl7_outcomes

_logger = logging.getLogger(__name__)

USER_AGENT = "Odoo-Integration-Suite/1.0"

# One client a process: its pools keep connections to partners open between drains.
client = HttpClient()


@dataclass(frozen=True)
class Endpoint:
    """Everything about an endpoint; read once a batch while a cursor is open.

    :ivar headers: how we prove ourselves
    :ivar options: time limits, networks and TLS of the requests
    """

    url: str
    system_id: int
    header: HeaderRules
    expected: Expectations
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Hl7HttpSender:
    """Posts one message. Thread safe; needs no cursor."""

    def __init__(self, registry: Registry, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._hear = partial(hl7_answers.hear, registry, endpoint.system_id)

    def __call__(self, message: Outgoing) -> Outcome:
        endpoint, identifier = self._endpoint, header.control_id(message.external_key)
        try:
            body = header.complete(
                message.document, endpoint.header, message.external_key, message.occurred_at
            )
        except errors.IntegrationError as exc:
            return Outcome(error=exc)
        outcome = Outcome(sent=body, sent_type=hl7_answers.CONTENT_TYPE, wire_id=identifier)
        try:
            response = self._post(body, message)
        except errors.IntegrationError as exc:
            return hl7_outcomes.failed(outcome, exc, endpoint.expected)
        except Exception as exc:  # a thread must bring home an outcome for each message
            # The type alone: the text of an unknown exception may quote what was sent.
            _logger.error("Sending failed unexpectedly with %s", type(exc).__name__)
            return replace(outcome, error=errors.classify(exc))
        return self._judged(replace(outcome, http_status=response.status), response, identifier)

    def _post(self, body: bytes, message: Outgoing) -> HttpResponse:
        try:
            return client.send(self._request(body, message))
        except errors.UnknownOutcomeError:
            if self._endpoint.expected.on_silence != QUERY:
                raise
        # HL7 has no question for the fate of a message but the message itself, once more.
        return client.send(self._request(body, message))

    def _request(self, body: bytes, message: Outgoing) -> HttpRequest:
        endpoint = self._endpoint
        headers = {
            **endpoint.headers,
            "user-agent": USER_AGENT,
            "date": format_datetime(datetime.now(UTC), usegmt=True),
            "content-type": http_answers.content_type(endpoint.header.charset),
        }
        if message.trace_parent:
            headers["traceparent"] = message.trace_parent
        return HttpRequest("POST", endpoint.url, headers, body, **endpoint.options)

    def _judged(self, outcome: Outcome, response: HttpResponse, identifier: str) -> Outcome:
        expected = self._endpoint.expected
        answer = answers.read(response.body) if response.body else None
        if answer is not None and answer.control_id != identifier:
            self._hear(answer)
            answer = None
        if answer is None:
            error = self._without(response)
            if error:
                return hl7_outcomes.failed(
                    replace(outcome, response=response.body), error, expected
                )
        return hl7_outcomes.judged(outcome, answer, expected)

    def _without(self, response: HttpResponse) -> errors.IntegrationError | None:
        """What an answer without an acknowledgement of this message means."""
        if 200 <= response.status < 300 and not self._endpoint.expected.waits_for_answer:
            return None
        return http_answers.refusal(
            response.status, retry_after.parse(response.headers.get("retry-after"), _now())
        )


def _now() -> datetime:
    return datetime.now(UTC)
