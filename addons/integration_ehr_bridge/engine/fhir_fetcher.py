"""Reads single resources, for notifications that only name them (see the core's ``fetches``)."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime

from odoo.addons.integration_core.engine.ledger import Fetched
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import canonical_json, errors
from odoo.addons.integration_core.tools.http_client import HttpResponse

from ..tools.fhir import address, resource, responses
from ..tools.fhir.conditional import Exchange
from .fhir_server import Server

_logger = logging.getLogger(__name__)

#: What may be asked for: a resource, or one of its versions (http.html#read, #vread).
_READ = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)


class FhirFetcher:
    """Reads one resource for a message. Thread safe; needs no cursor.

    :param limit: bytes of a resource
    """

    def __init__(self, server: Server, limit: int) -> None:
        self._server = server
        self._limit = limit

    def make_ready(self) -> None:
        """Get an access token, if the server wants one."""
        self._server.access.make_ready()

    def __call__(self, message: Outgoing) -> Outcome:
        found = self._asked(message)
        if found is None:
            return Outcome(
                error=errors.ConfigurationError(
                    "The interface reads resources by their type and id, and sends nothing.",
                    code="not_subscribed",
                )
            )
        url = f"{self._server.base}/{found[0]}"
        sent = canonical_json.dumps({"method": "GET", "url": url})
        try:
            trace = {"traceparent": message.trace_parent} if message.trace_parent else {}
            answer = self._server.ask("GET", url, trace, limit=self._limit, as_it_is=True)
        except errors.IntegrationError as exc:
            return Outcome(error=exc, sent=sent)
        except Exception as exc:  # a thread must bring home an outcome for each message
            _logger.error("Reading failed unexpectedly with %s", type(exc).__name__)
            return Outcome(error=errors.classify(exc), sent=sent)
        return self._outcome(found, answer, sent)

    def _asked(self, message: Outgoing) -> re.Match[str] | None:
        document = message.document
        what = document.get("resource") if isinstance(document, dict) else None
        return _READ.fullmatch(what) if isinstance(what, str) else None

    def _outcome(self, found: re.Match[str], answer: HttpResponse, sent: bytes) -> Outcome:
        told = Outcome(http_status=answer.status, sent=sent)
        if answer.status == 200 and answer.truncated:
            error: errors.IntegrationError | None = responses.Refused(
                f"The resource is larger than the {self._limit // 1024} KiB that the interface "
                "takes, or broke off.",
                code="answer_too_large",
            )
            return replace(told, error=error)
        exchange = Exchange("GET", found[0], found[1], {}, id=address.require_id(found[2]))
        error = responses.refusal(exchange, answer, datetime.now(UTC), private=self._server.private)
        if answer.status == 404:
            # What was told of a moment ago may not be there yet.
            error = responses.Busy(
                f"The server has no {found[1]} of this id, or not yet.", code="content_missing"
            )
        if error is None:
            return replace(told, fetched=Fetched(answer.body, resource.CONTENT_TYPE))
        return replace(
            told,
            error=error,
            response=answer.body[: 1 << 16],
            response_type=answer.headers.get("content-type", ""),
        )
