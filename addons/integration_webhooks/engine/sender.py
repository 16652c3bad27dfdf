"""Sends messages to one endpoint: body, signature, access, request, and what the answer means."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odoo.addons.integration_core.engine.access import (
    Access,
    Constant,
    current_headers,
    discreet,
)
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.http_client import HttpClient, HttpRequest, HttpResponse

from ..tools import answers
from ..tools.signers.base import Delivery, Signer
from .bodies import Body, Writer

_logger = logging.getLogger(__name__)

USER_AGENT = "Odoo-Integration-Suite/1.0"

# One client a process: its pools keep connections to partners open between drains.
client = HttpClient()


@dataclass(frozen=True)
class Endpoint:
    """Everything about an endpoint; read once a batch while a cursor is open.

    :param options: time limits, networks, TLS and proxy of the requests.
    """

    url: str
    writer: Writer
    signer: Signer
    access: Access = field(default_factory=Constant)
    headers: Mapping[str, str] = field(default_factory=dict)
    batch_size: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)


class WebhookSender:
    """Signs and posts messages to one endpoint. Thread safe; needs no cursor."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.batch_size = endpoint.batch_size

    def make_ready(self) -> None:
        """Get an access token, if the endpoint wants one."""
        self._endpoint.access.make_ready()

    def __call__(self, message: Outgoing) -> Outcome:
        return self.send_batch([message])[0]

    def send_batch(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Send the first of ``messages``, as many as fit, in one request."""
        try:
            body = self._endpoint.writer.body_of(messages)
        except errors.IntegrationError as exc:
            return [Outcome(error=exc)]
        try:
            answer = self._exchange(messages[: len(body.parts)], body)
        except errors.IntegrationError as exc:
            exc.fault = errors.Fault(answers.fault(exc.error_class, exc.code))
            return [Outcome(error=exc, sent=part) for part in body.parts]
        except Exception as exc:  # a thread must bring home an outcome for each message
            # The type alone: the text of an unknown exception may quote what was sent.
            _logger.error("Sending failed unexpectedly with %s", type(exc).__name__)
            return [Outcome(error=errors.classify(exc), sent=part) for part in body.parts]
        error = answers.refusal(answer)
        if error:
            error.fault = errors.Fault(answers.fault(error.error_class, error.code))
        return [
            Outcome(
                error=error,
                http_status=answer.status,
                sent=part,
                response=answer.body,
                response_type=answer.headers.get("content-type", ""),
            )
            for part in body.parts
        ]

    def _exchange(self, messages: Sequence[Outgoing], body: Body) -> HttpResponse:
        access = current_headers(self._endpoint.access)
        answer = self._ask(messages, body, access)
        if answer.status == 401 and self._endpoint.access.refused(access):
            answer = self._ask(messages, body, current_headers(self._endpoint.access))
        return answer

    def _ask(
        self, messages: Sequence[Outgoing], body: Body, access: Mapping[str, str]
    ) -> HttpResponse:
        request = self._request(messages, body, access)
        return discreet(client.send(request), request, access)

    def _request(
        self, messages: Sequence[Outgoing], body: Body, access: Mapping[str, str]
    ) -> HttpRequest:
        endpoint, first = self._endpoint, messages[0]
        headers = {
            **endpoint.headers,
            "user-agent": USER_AGENT,
            **body.headers,
            **access,
        }
        if len(messages) == 1:
            headers |= _trace(first)
        delivery = Delivery(
            body.id,
            int(time.time()),
            endpoint.url,
            body.content,
            headers,
            message_type=first.message_type,
        )
        try:
            signature = endpoint.signer.headers(delivery)
        except ValueError as exc:
            raise errors.ContractError(
                f"The message cannot be signed: {exc}", code="cannot_sign"
            ) from None
        return HttpRequest(
            "POST", endpoint.url, {**headers, **signature}, body.content, **endpoint.options
        )


def _trace(message: Outgoing) -> dict[str, str]:
    """What belongs to one message; in a batch the events carry it themselves."""
    found = {
        "traceparent": message.trace_parent,
        "x-correlation-id": message.correlation_id,
        "x-webhook-sequence": str(message.sequence_number) if message.sequence_number else None,
    }
    return {name: value for name, value in found.items() if value}
