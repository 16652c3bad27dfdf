# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The Bundle that answers a search (FHIR 4.0.1, bundle.html#searchset)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from . import operation_outcome, written
from .operation_outcome import Issue
from .written import Written


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    :ivar base: our address, without a slash at its end
    :ivar pairs: the search as it was understood
    :ivar horizon: until when changes are told completely; ``None``: this is no search for changes
    :ivar next: link to the next page; empty if this is the last one
    """

    base: str
    resource: str
    pairs: Sequence[tuple[str, str]]
    now: datetime
    matches: Sequence[Written] = ()
    included: Sequence[tuple[str, Written]] = ()
    total: int | None = None
    horizon: datetime | None = None
    next: str = ""
    ignored: Sequence[str] = field(default=())


def text(found: Found) -> str:
    """The Bundle as JSON text.

    ``meta.lastUpdated`` of a search for changes is its horizon: who asks next for what changed
    after (gt) it misses nothing and gets nothing twice.
    """
    head: dict[str, Any] = {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": written.instant(found.horizon or found.now)},
        "type": "searchset",
        "timestamp": written.instant(found.now),
    }
    if found.total is not None:
        head["total"] = found.total
    query = urlencode(list(found.pairs))
    address = f"{found.base}/{found.resource}"
    head["link"] = [{"relation": "self", "url": f"{address}?{query}" if query else address}]
    if found.next:
        head["link"].append({"relation": "next", "url": found.next})
    entries = [_entry(found, found.resource, one, "match") for one in found.matches]
    entries += [_entry(found, kind, one, "include") for kind, one in found.included]
    if found.ignored:
        entries.append(_remark(found.ignored))
    body = written.dumps(head)
    return f'{body[:-1]},"entry":[{",".join(entries)}]}}' if entries else body


def _entry(found: Found, kind: str, one: Written, mode: str) -> str:
    address = written.dumps(f"{found.base}/{kind}/{one.id}")
    return f'{{"fullUrl":{address},"resource":{one.text},"search":{{"mode":"{mode}"}}}}'


def _remark(ignored: Sequence[str]) -> str:
    said = Issue(
        "warning",
        "not-supported",
        "ignored_parameter",
        "These parameters are not served and were ignored, so more may have been found than was "
        f"asked for: {', '.join(ignored)}.",
        tuple(ignored),
    )
    return written.dumps(
        {"resource": operation_outcome.outcome([said]), "search": {"mode": "outcome"}}
    )
