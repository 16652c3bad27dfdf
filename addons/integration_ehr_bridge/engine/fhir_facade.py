"""Answers to the questions of a partner over FHIR: reading, searching, what is served."""

from __future__ import annotations

import base64
import binascii
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from odoo import api
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.models import BaseModel

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools.keyring import KeyRing, KeyRingError

from ..tools.fhir import etag, negotiation, page, search, searchset, written
from ..tools.fhir.operation_outcome import Refusal
from ..tools.fhir.page import Page
from ..tools.fhir.search import Query
from ..tools.fhir.written import Written
from . import fhir_cost, fhir_search
from .fhir_scope import Scope, Source


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came.

    :ivar base: our address as the partner knows it, without a slash at its end
    :ivar path: what follows it, in pieces
    :ivar pairs: parameters of the address and, of a search by POST, of the body
    :ivar fresh: whether the transaction may be renewed: nothing was written in it
    """

    base: str
    path: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered.

    :ivar resource: type of what was shown
    :ivar shown: ids of resources that left; none if the client has them already
    :ivar clinical: whether they tell what was done for a patient
    :ivar counted: how many resources fulfil the conditions, where that alone is told
    :ivar asked_by: names of the parameters that were understood
    """

    status: int
    body: str
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    resource: str = ""
    shown: tuple[str, ...] = ()
    clinical: bool = False
    counted: int = 0
    asked_by: tuple[str, ...] = ()


def answer(env: api.Environment, scope: Scope, asked: Asked) -> Answer:
    """The answer to a question for one resource, or for some of a type.

    :param env: whoever's; the answer is worked out with the rights of the service user
    :raises Refusal: with a status of HTTP and a reason for the partner
    """
    form = negotiation.wanted(asked.headers.get("Accept") or "", asked.pairs)
    if not asked.path or len(asked.path) > 2:
        raise _nothing_here(scope)
    kind = asked.path[0]
    name = scope.views.get(kind)
    if name is None or name not in env:
        raise _nothing_here(scope)
    inner = scope.environment(env)
    view = inner[name]
    content_type = negotiation.served(form, view._fhir_version)
    try:
        if len(asked.path) == 2:
            return _read(view, scope, asked, content_type, form)
        return _search(view, scope, asked, content_type, form)
    except AccessError:
        raise Refusal(
            403, "forbidden", "service_user_may_not_read",
            f"The service user of the interface may not read what {kind} is made of. Tell whoever "
            "runs it.",
        ) from None  # fmt: skip


def _nothing_here(scope: Scope) -> Refusal:
    served = ", ".join(sorted(scope.views)) or "nothing"
    return Refusal(
        404, "not-found", "unknown_address",
        f"There is nothing at this address. These types are served: {served}; see metadata.",
    )  # fmt: skip


# ---------------------------------------------------------------------
# one resource
# ---------------------------------------------------------------------


def _read(
    view: BaseModel, scope: Scope, asked: Asked, content_type: str, form: negotiation.Form
) -> Answer:
    query = _read_query(view, scope, asked)
    with fhir_cost.bounded(view.env.cr, fresh=asked.fresh):
        found = _one(view, scope, asked.path[1], query)
    headers = [("ETag", etag.tag(found.version))]
    now = datetime.now(UTC).replace(tzinfo=None)
    if told := etag.last_modified(found.changed, now):
        headers.append(("Last-Modified", told))
    given = asked.headers
    # A resource that names others may say something new without having changed itself.
    since = given.get("If-Modified-Since") if view._dated else None
    whole = max(found.changed, scope.since or found.changed)
    if etag.not_modified(given.get("If-None-Match"), since, found.version, whole):
        return Answer(304, "", content_type, tuple(headers), view._resource)
    return Answer(
        200, _laid_out(found.text, form), content_type, tuple(headers), view._resource,
        (found.id,), view._clinical,
    )  # fmt: skip


def _read_query(view: BaseModel, scope: Scope, asked: Asked) -> Query:
    """What of the resource is wanted: a read takes no condition."""
    allowed = {"_elements", "_summary", "_format", "_pretty"}
    wrong = [search.shown(name) for name, _value in asked.pairs if name not in allowed]
    if wrong:
        raise Refusal(
            400, "not-supported", "unknown_parameter",
            f"A read takes {', '.join(sorted(allowed))} and nothing else.", wrong[:10],
        )  # fmt: skip
    query = search.parse(asked.pairs, view._offered(asked.base, scope))
    if query.summary == "count":
        raise Refusal(
            400, "not-supported", "bad_summary", "Only a search is counted.", ["_summary"]
        )
    return query


def _one(view: BaseModel, scope: Scope, id_: str, query: Query) -> Written:
    for source in view._sources(scope):
        number = fhir_search.record_id(source, id_)
        if not number:
            continue
        domain = source.domain & Domain("id", "=", number)
        found = view._find(source, domain, "id", 1)
        if found:
            return view._written(source, found, scope, query)[0]
    raise Refusal(
        404, "not-found", "unknown_resource",
        f"There is no {view._resource} with this id that this interface shows. It may have been "
        "deleted, or belong to what is shown no more.",
    )  # fmt: skip


# ---------------------------------------------------------------------
# some of a type
# ---------------------------------------------------------------------


def _search(
    view: BaseModel, scope: Scope, asked: Asked, content_type: str, form: negotiation.Form
) -> Answer:
    before = _page_before(view, scope, asked)
    pairs = before.pairs if before else asked.pairs
    prefer = asked.headers.get("Prefer") or ""
    lenient = before.lenient if before else negotiation.lenient(prefer)
    query = search.parse(pairs, view._offered(asked.base, scope), lenient=lenient)
    limit = before.horizon if before else None
    if limit is None and query.polls and asked.fresh:
        limit = fhir_search.horizon(view.env.cr)
    with fhir_cost.bounded(view.env.cr, fresh=asked.fresh):
        found = _page(view, scope, asked, Asking(tuple(pairs), query, lenient, limit, before))
    shown = tuple(one.id for one in found.matches)
    shown += tuple(f"{kind}/{one.id}" for kind, one in found.included)
    # How many there are of all tells of nobody; how many there are of a kind may.
    counted = found.total if query.counts_only and query.filters else 0
    return Answer(
        200, _laid_out(searchset.text(found), form), content_type, (), view._resource, shown,
        view._clinical, counted or 0, tuple(name for name, _value in query.applied),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asking:
    """A search and where it stands.

    :ivar pairs: parameters as the client gave them
    :ivar limit: what changed later is none of the matter
    :ivar before: where the page before ended
    """

    pairs: tuple[tuple[str, str], ...]
    query: Query
    lenient: bool
    limit: datetime | None
    before: Page | None


def _page(view: BaseModel, scope: Scope, asked: Asked, one: Asking) -> searchset.Found:
    sources, query, limit = view._sources(scope), one.query, one.limit
    rows: list[fhir_search.Row] = []
    more = False
    if not query.counts_only:
        position = one.before.position if one.before else None
        rows = fhir_search.rows(view, scope, sources, query, limit, position)
        fitting = view._fitting(sources, rows[: query.count])
        more = len(rows) > fitting
        rows = rows[:fitting]
    matches = _written(view, scope, sources, rows, query)
    included = _included(view, scope, sources, rows, query) if query.include else []
    next_page = ""
    if more:
        state = Page(
            view._resource, one.pairs, rows[-1].position, limit,
            int(time.time()) + page.LIFETIME, one.lenient,
        )  # fmt: skip
        next_page = page.link(asked.base, view._resource, _sealed(view.env, scope, state))
    known = None if more or one.before else len(rows)
    return searchset.Found(
        base=asked.base, resource=view._resource, pairs=query.applied,
        now=datetime.now(UTC).replace(tzinfo=None), matches=matches, included=included,
        total=_total(view, scope, sources, query, limit, known),
        horizon=limit, next=next_page, ignored=query.ignored,
    )  # fmt: skip


def _written(
    view: BaseModel, scope: Scope, sources: Sequence[Source], rows: Sequence[fhir_search.Row],
    query: Query,
) -> list[Written]:  # fmt: skip
    """The resources of rows, in their order; those of a source are made at once."""
    made: dict[int, Any] = {}
    for number, source in enumerate(sources):
        found = [(row.record, row.changed) for row in rows if row.source == number]
        if found:
            made[number] = iter(view._written(source, found, scope, query))
    return [next(made[row.source]) for row in rows]


def _included(
    view: BaseModel, scope: Scope, sources: Sequence[Source], rows: Sequence[fhir_search.Row],
    query: Query,
) -> list[tuple[str, Written]]:  # fmt: skip
    """What the resources refer to, each once."""
    first = sources[0]
    records = view.env[first.model].browse([row.record.id for row in rows if row.source == 0])
    found: list[tuple[str, Written]] = []
    for include in query.include:
        name, wanted = view._included(records, include, scope)
        if name is None or not wanted:
            continue
        other = view.env[name]
        source = other._sources(scope)[0]
        shown = other._find(source, source.domain & Domain("id", "in", wanted.ids), "id", None)
        plain = Query()
        found += [(other._resource, one) for one in other._written(source, shown, scope, plain)]
    return found


def _total(
    view: BaseModel, scope: Scope, sources: Sequence[Source], query: Query,
    limit: datetime | None, known: int | None,
) -> int | None:  # fmt: skip
    """The number of what is found, where it was asked for or is known anyway."""
    if query.counts_only or query.total == "accurate":
        return fhir_search.total(view, scope, sources, query, limit)
    return known


def _laid_out(text: str, form: negotiation.Form) -> str:
    return written.indented(text) if form.pretty else text


# ---------------------------------------------------------------------
# links to next pages
# ---------------------------------------------------------------------


def _page_before(view: BaseModel, scope: Scope, asked: Asked) -> Page | None:
    given = dict(asked.pairs)
    sealed = given.get(page.PARAMETER)
    if sealed is None:
        return None
    if not page.plain(given):
        raise page.forged()
    return page.loads(_opened(view.env, scope, sealed), view._resource, time.time())


def _ring(env: api.Environment) -> KeyRing:
    try:
        return keys.ring(env.cr)
    except KeyRingError:
        raise Refusal(
            503, "transient", "no_key_ring",
            "The server cannot seal links to further pages now. Try again later, or ask for fewer.",
            headers=(("Retry-After", "300"),),
        ) from None  # fmt: skip


def _context(scope: Scope) -> str:
    return f"integration.fhir.page|{scope.interface_id}"


def _sealed(env: api.Environment, scope: Scope, state: Page) -> str:
    # A search may be long, and proxies take no address of any length.
    raw = zlib.compress(page.dumps(state).encode(), 9)
    sealed = _ring(env).encrypt(raw, _context(scope))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _opened(env: api.Environment, scope: Scope, sealed: str) -> str:
    ring = _ring(env)
    try:
        padded = sealed.encode("ascii") + b"=" * (-len(sealed) % 4)
        raw = ring.decrypt(base64.urlsafe_b64decode(padded), _context(scope))
        return zlib.decompress(raw).decode()
    except (KeyRingError, binascii.Error, ValueError, IndexError, zlib.error):
        raise page.forged() from None
