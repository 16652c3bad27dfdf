"""Asks a partner for the content that a notification is about."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from odoo.addons.integration_core.engine.access import (
    Access,
    Constant,
    current_headers,
    discreet,
)
from odoo.addons.integration_core.engine.ledger import Fetched
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import canonical_json, errors
from odoo.addons.integration_core.tools.http_client import HttpRequest, HttpResponse

from ..tools import answers, fetch_answers, fetch_url
from .sender import USER_AGENT, client

_logger = logging.getLogger(__name__)

#: As much is kept of an answer that is a refusal.
MAX_REFUSAL_BYTES = 65536

#: Takes from an answer what must not be kept of it.
Keep = Callable[[HttpResponse], HttpResponse]


@dataclass(frozen=True)
class Source:
    """Where content is fetched; read once a batch while a cursor is open.

    :param base: the approved address; see :mod:`..tools.fetch_url`
    :param leaves_out: whether what is gone at the partner is of no interest
    :param limit: bytes of an answer
    :param options: time limits, networks, TLS and proxy of the requests
    """

    base: str
    access: Access = field(default_factory=Constant)
    headers: Mapping[str, str] = field(default_factory=dict)
    leaves_out: bool = False
    limit: int = MAX_REFUSAL_BYTES
    options: Mapping[str, Any] = field(default_factory=dict)


class ContentFetcher:
    """Sends one GET for a message. Thread safe; needs no cursor."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def make_ready(self) -> None:
        """Get an access token, if the partner wants one."""
        self._source.access.make_ready()

    def __call__(self, message: Outgoing) -> Outcome:
        sent = b""
        try:
            url = self._address(message)
            # What was asked for is content as well: encrypted, if that is.
            sent = canonical_json.dumps({"method": "GET", "url": url})
            answer, keep = self._exchange(message, url)
        except errors.IntegrationError as exc:
            return Outcome(error=_blamed(exc), sent=sent)
        except Exception as exc:  # a thread must bring home an outcome for each message
            # The type alone: the text of an unknown exception may quote what was asked for.
            _logger.error("Fetching failed unexpectedly with %s", type(exc).__name__)
            return Outcome(error=errors.classify(exc), sent=sent)
        return self._outcome(answer, keep, sent)

    def _address(self, message: Outgoing) -> str:
        """
        :raises errors.ConfigurationError: it is outside of what is approved now, or it is no fetch
        """
        document = message.document
        resource = document.get("resource") if isinstance(document, dict) else None
        if not isinstance(resource, str):
            raise errors.ConfigurationError(
                "The interface fetches content, and sends nothing.", code="not_subscribed"
            )
        return fetch_url.join(self._source.base, resource)

    def _exchange(self, message: Outgoing, url: str) -> tuple[HttpResponse, Keep]:
        """The answer as it came, since it is content, and how it may be kept if it is none."""
        access = current_headers(self._source.access)
        request = self._request(message, url, access)
        answer = client.send(request)
        if answer.status == 401 and self._source.access.refused(access):
            access = current_headers(self._source.access)
            request = self._request(message, url, access)
            answer = client.send(request)
        return answer, partial(discreet, request=request, access=access)

    def _request(self, message: Outgoing, url: str, access: Mapping[str, str]) -> HttpRequest:
        traced = {
            "traceparent": message.trace_parent,
            "x-correlation-id": message.correlation_id,
        }
        headers = {
            "accept": "application/json, */*;q=0.5",
            **self._source.headers,
            "user-agent": USER_AGENT,
            **access,
            **{name: value for name, value in traced.items() if value},
        }
        return HttpRequest(
            "GET", url, headers, max_response_bytes=self._source.limit, **self._source.options
        )

    def _outcome(self, answer: HttpResponse, keep: Keep, sent: bytes) -> Outcome:
        error = fetch_answers.refusal(answer, self._source.limit)
        kind = answer.headers.get("content-type", "")
        if error is None:
            # It is stored once, with the message that it becomes.
            fetched = Fetched(answer.body, kind)
            return Outcome(http_status=answer.status, sent=sent, fetched=fetched)
        cut = replace(answer, body=answer.body[:MAX_REFUSAL_BYTES])
        left_out = self._source.leaves_out and fetch_answers.is_missing(error)
        return Outcome(
            error=None if left_out else _blamed(error),
            http_status=answer.status,
            sent=sent,
            response=keep(cut).body,
            response_type=kind,
            left_out=left_out,
        )


def _blamed(error: errors.IntegrationError) -> errors.IntegrationError:
    """Say whose fault it is, as far as that is known."""
    if error.of_message:
        error.fault = errors.Fault.PARTNER
    else:
        error.fault = errors.Fault(answers.fault(error.error_class, error.code))
    return error
