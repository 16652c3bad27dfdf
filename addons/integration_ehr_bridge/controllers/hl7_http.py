"""HL7 over HTTP: a message is posted, its acknowledgement is the answer.

As HAPI's specification has it, a negative acknowledgement is an answer like any other (200). What
comes before a message is looked at, such as a wrong password, is answered as HTTP has it.
"""

from dataclasses import replace
from datetime import UTC, datetime

from odoo import http
from odoo.http import request

from odoo.addons.integration_core.controllers import door, door_accept, door_checks
from odoo.addons.integration_core.engine import intake_batch, keys

from ..engine import hl7_arrival
from ..tools.hl7 import batch
from ..tools.http_bodies import answer_type, charset_of, one_answer
from ..tools.mllp import reception
from ..tools.mllp.committer import Answered
from . import proving


class Hl7HttpController(http.Controller):
    """Where partners post HL7 v2 messages."""

    @http.route(
        "/integration/hl7/<string:token>",
        type="integration",
        auth="none",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        readonly=False,  # auth none is read-only by default, and this stores
        save_session=False,
        max_content_length=door.READ_LIMIT,
    )
    def receive(self, token):
        """Accept a message, or a batch of them; the answer is its acknowledgement."""
        return door.receive(token, "hl7_http", _authenticate, accept=_accept)


def _authenticate(spec, arrival, opened):
    return proving.authenticate(spec.get("hl7_proof"), "HL7", arrival, opened)


def _accept(spec, _delivery, arrival):
    """Store what was posted, and answer it."""
    rules = spec["hl7_rules"]
    rules = replace(rules, charset=charset_of(arrival.content_type) or rules.charset)
    now = datetime.now(UTC)
    if batch.is_batch(arrival.body):
        # A batch counts as many requests, before anything is done with it.
        door_checks.charge_items(spec, batch.count(arrival.body))
    found = reception.receive(arrival.body, rules, now)
    spec = spec | {"hl7_charset": rules.charset}
    with door_accept.storing():
        contents = _stored(spec, found.parts)
    content = found.answer(contents, now)
    headers = [("Cache-Control", "no-store")]
    if content is None:
        return http.Response(status=204, headers=headers)
    content = one_answer(content)
    headers.append(("Content-Type", answer_type(content)))
    return http.Response(content, headers=headers)


def _stored(spec, parts):
    """Store parts of a body in the transaction of the request; the answer of each."""
    cr = request.env.cr
    ring = keys.optional_ring(cr)
    left = [
        part
        for part in parts
        if part.stored and not hl7_arrival.reply_taken(request.env.registry, spec, part)
    ]
    incoming = [hl7_arrival.incoming(spec, part, ring) for part in left]
    receipts = intake_batch.store(cr, spec, incoming, ring) if incoming else []
    results = hl7_arrival.results(cr, spec, left, receipts, ring)
    door_accept.after_commit(spec, incoming, receipts, ring)
    told = {id(part): result for part, result in zip(left, results, strict=True)}
    return [_content(part, told.get(id(part))) for part in parts]


def _content(part, result):
    if result is not None:
        return result.content if isinstance(result, Answered) else None
    return None if part.stored else part.content
