"""Sends resources to a FHIR server: the interaction, its conditions, and what the server made."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from odoo import api

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.http_client import HttpResponse

from ..tools.fhir import address, conditional, resource, responses, writing
from ..tools.fhir.bundle import Made
from ..tools.fhir.conditional import Exchange, Interaction, Known, Rules
from . import fhir_known
from .fhir_server import Server

_logger = logging.getLogger(__name__)

#: What was there is there no more.
_GONE = (404, 410)

#: By record and resource type.
Names = dict[tuple[str | None, int | None, str], Known]


@dataclass(frozen=True)
class Learned:
    """What an answer tells beside the fate of its message.

    :ivar made: what the server calls what was made or changed
    :ivar conflict: the version that it has instead of the one that we know
    :ivar gone: what it has no more
    """

    made: tuple[Made, ...] = ()
    conflict: Made | None = None
    gone: Made | None = None


class FhirSender:
    """Sends one message. Thread safe; needs no cursor but in :meth:`brief`."""

    def __init__(self, server: Server, rules: Rules, system_id: int) -> None:
        self._server = server
        self._rules = rules
        self._system_id = system_id
        self._names: Names = {}

    def make_ready(self) -> None:
        """Get an access token, if the server wants one."""
        self._server.access.make_ready()

    def brief(self, env: api.Environment, messages: Sequence[Outgoing]) -> None:
        """Read what the server calls the documents of these messages."""
        if self._rules.interaction == Interaction.UPDATE:
            records = {(one.res_model, one.res_id) for one in messages if one.res_id}
            self._names |= fhir_known.read(env.cr, self._system_id, records)

    def __call__(self, message: Outgoing) -> Outcome:
        try:
            message = replace(message, document=writing.resolved(message.document))
            exchange = conditional.plan(
                message.document, self._rules, self._known(message), message.uuid
            )
            body = resource.body(exchange.body)
        except errors.IntegrationError as exc:
            return Outcome(error=exc)
        except TypeError:
            return Outcome(error=errors.ContractError("The mapping makes what is not JSON."))
        outcome = Outcome(sent=body, sent_type=resource.CONTENT_TYPE)
        try:
            return self._carried_out(exchange, message, outcome)
        except errors.IntegrationError as exc:
            return replace(outcome, error=_blamed(exc, exchange))
        except Exception as exc:  # a thread must bring home an outcome for each message
            # The type alone: the text of an unknown exception may quote what was sent.
            _logger.error("Sending failed unexpectedly with %s", type(exc).__name__)
            return replace(outcome, error=errors.classify(exc))

    def _known(self, message: Outgoing) -> Known:
        document = message.document
        name = document.get("resourceType") if isinstance(document, dict) else ""
        return self._names.get((message.res_model, message.res_id, str(name)), Known())

    def _carried_out(self, exchange: Exchange, message: Outgoing, outcome: Outcome) -> Outcome:
        answer = self._ask(exchange, message)
        if self._was_there(exchange, answer):
            # It exists and was left as it is; ours is newer, or the document would not be here.
            found = responses.made(exchange, answer)
            if not found or not found[0].id:
                return self._answered(outcome, answer, errors.TransientError(
                    "The server has this resource already and does not tell its id, which an "
                    "update needs. Choose “Update what has its identifier” instead.",
                    code="fhir_id_missing",
                ))  # fmt: skip
            known = Known(found[0].id, found[0].version)
            exchange = conditional.plan(message.document, self._rules, known, message.uuid)
            answer = self._ask(exchange, message)
        return self._judged(exchange, answer, message, outcome)

    def _was_there(self, exchange: Exchange, answer: HttpResponse) -> bool:
        return (
            self._rules.interaction == Interaction.UPDATE
            and exchange.method == "POST"
            and bool(exchange.condition)
            and answer.status == 200
        )

    def _ask(self, exchange: Exchange, message: Outgoing) -> HttpResponse:
        base = self._server.base
        url = f"{base}/{exchange.path}" if exchange.path else base
        return self._server.ask(
            exchange.method,
            url,
            {**exchange.headers, "prefer": "return=minimal", **_trace(message)},
            resource.body(exchange.body),
        )

    def _judged(
        self, exchange: Exchange, answer: HttpResponse, message: Outgoing, outcome: Outcome
    ) -> Outcome:
        private, now = self._server.private, datetime.now(UTC)
        error = responses.refusal(exchange, answer, now, private=private)
        if error is None:
            return self._succeeded(exchange, answer, message, outcome)
        if isinstance(error, responses.VersionConflict):
            return self._in_conflict(exchange, answer, message, outcome, error)
        judged = self._answered(outcome, answer, error)
        if exchange.id and answer.status in _GONE and message.res_id:
            gone = Made(exchange.type, exchange.id, "")
            self._names.pop((message.res_model, message.res_id, exchange.type), None)
            return replace(judged, learned=Learned(gone=gone))
        return judged

    def _succeeded(
        self, exchange: Exchange, answer: HttpResponse, message: Outgoing, outcome: Outcome
    ) -> Outcome:
        made = tuple(responses.made(exchange, answer))
        for one in made if exchange.type != "Bundle" else ():
            key = (message.res_model, message.res_id, exchange.type)
            self._names[key] = Known(one.id, one.version)
        learned = Learned(made) if made and message.res_id else None
        return replace(self._answered(outcome, answer, None), learned=learned)

    def _in_conflict(
        self,
        exchange: Exchange,
        answer: HttpResponse,
        message: Outgoing,
        outcome: Outcome,
        error: errors.IntegrationError,
    ) -> Outcome:
        """Another version is there: perhaps our own, of an attempt whose answer was lost."""
        url = address.below(self._server.base, exchange.type, exchange.id)
        try:
            present = self._server.ask("GET", url, _trace(message), as_it_is=True)
        except errors.IntegrationError:
            return self._answered(outcome, answer, error)
        if present.status in _GONE:
            # Some servers hold the version of what they deleted against an update.
            return self._judged(exchange, present, message, outcome)
        ours = responses.is_ours(exchange, present)
        if ours is not None:
            key = (message.res_model, message.res_id, exchange.type)
            self._names[key] = Known(ours.id, ours.version)
            learned = Learned((ours,)) if message.res_id else None
            return replace(self._answered(outcome, answer, None), learned=learned)
        version = address.version_of(present.headers.get("etag") or "")
        conflict = Made(exchange.type, exchange.id, version) if version else None
        return replace(
            self._answered(outcome, answer, error),
            learned=Learned(conflict=conflict) if conflict and message.res_id else None,
        )

    def _answered(
        self, outcome: Outcome, answer: HttpResponse, error: errors.IntegrationError | None
    ) -> Outcome:
        return replace(
            outcome,
            error=error,
            http_status=answer.status,
            response=answer.body,
            response_type=answer.headers.get("content-type", ""),
        )


def _trace(message: Outgoing) -> Mapping[str, str]:
    found = {"traceparent": message.trace_parent, "x-correlation-id": message.correlation_id}
    return {name: value for name, value in found.items() if value}


def _blamed(error: errors.IntegrationError, exchange: Exchange) -> errors.IntegrationError:
    """A failure without an answer. What the server would not recognise is not sent twice."""
    if isinstance(error, errors.UnknownOutcomeError) and not exchange.is_repeatable:
        error.asks = True
        error.message = (
            f"{error.message[:1].upper()}{error.message[1:]}, so nobody knows whether the server "
            f"has made this {exchange.type}. Look there: “Resolve” if it has, “Retry” if not. With "
            "“Create, unless it is there” the server would recognise it."
        )
    return error
