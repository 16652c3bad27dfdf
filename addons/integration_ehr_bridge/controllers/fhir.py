"""FHIR that arrives: resources, Bundles of them, and what subscriptions tell.

Everything is stored before it is answered, and handled after that. What is not taken is refused
with an OperationOutcome, and nothing of it is stored: only what the interface is for is kept.
"""

from contextlib import nullcontext
from datetime import UTC, datetime
from hashlib import sha256

from odoo import http
from odoo.http import request

from odoo.addons.integration_core.controllers import door, door_accept, door_checks
from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools import correlation
from odoo.addons.integration_core.tools.errors import ContractError

from ..engine import fhir_arrival, fhir_watch
from ..tools.fhir import (
    answers,
    arriving,
    bundle_entries,
    limits,
    message,
    notification,
    references,
)
from ..tools.fhir import resource as resources
from ..tools.fhir.answers import Outcome, Result
from ..tools.fhir.arriving import Refused
from . import fhir_dispatcher, fhir_facade, proving

_TYPE = f"{resources.CONTENT_TYPE}; charset=utf-8"
_CONFLICT = (
    "Another content was stored as the same version of one of these resources before. Nothing of "
    "the transaction was stored. Send the resource alone, and a person decides which one is right."
)
_SINGLE = {Outcome.STORED: 202, Outcome.DUPLICATE: 200, Outcome.CONFLICT: 409}


class FhirController(http.Controller):
    """Where partners send FHIR resources."""

    @http.route(
        [
            "/integration/fhir/<string:token>",
            "/integration/fhir/<string:token>/<path:place>",
        ],
        type="integration_fhir",
        auth="none",
        methods=["POST", "PUT"],
        readonly=False,  # auth none is read-only by default, and this stores
        save_session=False,
        max_content_length=door.READ_LIMIT,
    )
    def receive(self, token, place=""):
        """Accept a resource, a Bundle, or a notification.

        :param place: the type and the id of a resource that is put
        """

        if request.httprequest.method == "POST" and place.endswith("/_search"):
            return fhir_facade.search_by_post(token, place)
        if not _takes(token):
            return fhir_facade.refuse_write(token)

        def accept(spec, _delivery, arrival):
            try:
                return _accept(spec, arrival, place.strip("/"))
            except Refused as exc:
                return _answer(exc.status, answers.refusal(exc))

        return door.receive(
            token,
            "fhir",
            _authenticate,
            accept=accept,
            methods=("POST", "PUT"),
            empty=True,
            refuse=fhir_dispatcher.problem,
        )


def _takes(token):
    """Whether an interface takes anything; it may only show."""
    digest = sha256(token.encode()).hexdigest()
    spec = request.env["integration.interface"]._inbound_specs().get(digest)
    rules = spec and spec.get("fhir_rules")
    return bool(rules and rules.patterns)


def _authenticate(spec, arrival, opened):
    return proving.authenticate(spec.get("http_proof"), "FHIR", arrival, opened)


def _accept(spec, arrival, place):
    if not arrival.body:
        # A rest-hook without a payload: something has happened, and nobody says what.
        _require_polled(spec, set())
        fhir_watch.poll_after_commit(request.env.cr, request.env.registry, spec["id"])
        return _answer(200, None)
    try:
        found = limits.read(arrival.body)
    except ContractError as exc:
        raise Refused(400, "structure", exc.message) from None
    if found["resourceType"] == "Bundle":
        return _accept_bundle(spec, arrival, found)
    if arrival.headers.get("if-match"):
        raise Refused(422, "not-supported", "If-Match is not looked at: versions count.")
    _check_place(found, arrival.method, place)
    one = arriving.arrived(found, spec["fhir_rules"], raw=arrival.body)
    [result] = _store(spec, arrival, [bundle_entries.Entry(0, one)])
    return _answer(_SINGLE[result.outcome], answers.outcome(result.issue()))


def _check_place(found, method, place):
    """A resource is where it says that it is.

    :raises Refused: it is not
    """
    name = str(found["resourceType"])
    wanted = {f"{name}/{found['id']}"} if isinstance(found.get("id"), str) else set()
    if method == "POST":
        wanted |= {"", name}
    if place not in wanted:
        raise Refused(
            400, "invalid", "The address names another resource than the one that was sent."
        )


# -- Bundles ---------------------------------------------------------------------------------


def _accept_bundle(spec, arrival, bundle):
    rules = spec["fhir_rules"]
    notice = notification.read(bundle)
    if notice:
        return _notified(spec, arrival, bundle, notice)
    kind = bundle_entries.kind_of(bundle)
    header = message.header(bundle) if kind == "message" else None
    found = bundle_entries.entries(bundle, rules, skip=1 if header else 0)
    if header:
        found = message.concerned(found, header, bundle)
    refused = [one for one in found if one.refused]
    door_checks.charge_items(spec, len(found))
    if refused and kind not in ("batch", "message"):
        # All of it or nothing: what comes together belongs together.
        results = [Result(one.place, refused=one.refused) for one in refused]
        return _answer(refused[0].refused.status, answers.of_entries(results))
    results = _store(spec, arrival, found, whole=kind == "transaction")
    if header:
        now = datetime.now(UTC).replace(tzinfo=None)
        return _answer(200, answers.of_message(header, results, spec["base_url"], now))
    if kind in bundle_entries.REQUESTS:
        return _answer(200, answers.of_requests(kind, results))
    issues = [one.issue(_where(one)) for one in results]
    return _answer(202, answers.outcome(*issues) if issues else None)


def _notified(spec, arrival, bundle, notice):
    """A notification: its resources are stored; what it only names is asked for."""
    rules = spec["fhir_rules"]
    found, told = [], set()
    if notice.kind == notification.EVENT:
        entries = bundle_entries.entries({**bundle, "type": "collection"}, rules, skip=1)
        raw = bundle["entry"]
        for one in entries:
            # What is not taken is there so that the rest can be understood, or is named only.
            if one.found:
                found.append(one)
                told.add(one.found.identity.partition)
            elif (gone := notification.deleted(raw[one.place], notice)) and rules.takes(
                gone.identity.type
            ):
                found.append(bundle_entries.Entry(one.place, gone))
                told.add(gone.identity.partition)
            elif _is_of(raw[one.place], notice.focus) and "resource" in raw[one.place]:
                raise one.refused
    # Named, and not sent along: id-only and empty notifications.
    named = {name for name in notice.focus if rules.takes(name.partition("/")[0])} - told
    empty = not notice.focus and not found
    asks = notice.kind == notification.EVENT and (bool(named) or empty)
    if asks:
        _require_polled(spec, {name.partition("/")[0] for name in named})
    door_checks.charge_items(spec, len(found))
    results = _store(spec, arrival, found)
    fhir_watch.note_after_commit(request.env.cr, request.env.registry, spec["id"], notice, asks)
    issues = [one.issue(_where(one)) for one in results]
    return _answer(200, answers.outcome(*issues) if issues else None)


def _require_polled(spec, names):
    """What only says that there is something is of use to whoever can ask what.

    :param names: types of what is named; empty if nothing is
    :raises Refused: nobody asks for it: it would be lost, and its sender believe that it was taken
    """
    polled = spec["fhir_polled"]
    if not polled or names - polled:
        raise Refused(
            422,
            "not-supported",
            "This tells that there is something, without the resource, and nobody here asks for "
            "it. Have the subscription send full resources.",
        )


def _is_of(entry, focus):
    body = entry.get("resource")
    name = f"{body.get('resourceType')}/{body.get('id')}" if isinstance(body, dict) else ""
    return name in focus or references.split(str(entry.get("fullUrl")))[1] in focus


def _where(result):
    return f"Bundle.entry[{result.place}]"


# -- storing ---------------------------------------------------------------------------------


def _store(spec, arrival, entries, *, whole=False):
    """Store what entries bring in the transaction of the request; what became of each entry.

    :param whole: all of it or nothing
    :raises Refused: there is a conflict in something that is to be stored as a whole
    """
    cr = request.env.cr
    ring = keys.optional_ring(cr)
    taken = [one for one in entries if one.found]
    given = correlation.accept_correlation_id(arrival.headers.get("x-correlation-id"))
    parent = correlation.parse_traceparent(arrival.headers.get("traceparent"))
    with door_accept.storing():
        incoming = [
            fhir_arrival.incoming(
                spec, one.found, ring, given, str(parent.child()) if parent else None
            )
            for one in taken
        ]
        with cr.savepoint(flush=False) if whole else nullcontext():
            receipts, outcomes = fhir_arrival.store(cr, spec, incoming, ring)
            if whole and Outcome.CONFLICT in outcomes:
                raise Refused(409, "conflict", _CONFLICT)
    door_accept.after_commit(spec, incoming, receipts, ring)
    told = dict(zip((one.place for one in taken), outcomes, strict=True))
    return [Result(one.place, told.get(one.place), one.refused) for one in entries]


def _answer(status, body):
    headers = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
    if body is None:
        return http.Response(status=status, headers=headers)
    headers.append(("Content-Type", _TYPE))
    return http.Response(resources.body(body), status=status, headers=headers)
