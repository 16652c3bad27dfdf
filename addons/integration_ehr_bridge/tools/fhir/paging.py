# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reading a search page by page (http.html#paging), without a gap and without an end to nowhere.

Links are opaque: they are followed as they are. But many servers count pages, and while one is read
others change what is counted: a resource that leaves an earlier page draws the following ones
forwards, and one is never shown. So where the server confirms, in its ``self`` link, that it sorts
by ``_lastUpdated``, the next page is asked for by the last instant that was seen instead (a *hop*),
which depends on no count. (Among as many resources of one instant as fill a page, it follows links
all the same.) Where it does not sort, its links are followed, and only the end of all pages moves
the watermark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from odoo.addons.integration_core.tools import canonical_json
from odoo.addons.integration_core.tools.errors import (
    ContractError,
    IntegrationError,
    TransientError,
)

from . import address, outcome, resource, watermark

#: Bytes of a page, and entries of it: what one transaction stores.
MAX_BYTES: Final = 64 << 20
MAX_ENTRIES: Final = 10_000
DEPTH: Final = 40
#: How far its ``Date`` may be behind what the server stamps: it tells whole seconds.
SLACK: Final = timedelta(seconds=2)
SORT: Final = ("_sort", "_lastUpdated")


class PageUnusable(TransientError):
    """What the server gives is no page of a search. It is its fault, and may pass."""

    default_code = "fhir_page"


class PageRepeated(TransientError):
    """The server gives a page again, so there would be no end."""

    default_code = "fhir_page_repeated"


class TooManyPages(TransientError):
    """There are more pages than one reading may have."""

    default_code = "fhir_too_many_pages"


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of a page.

    :ivar key: of the message that it becomes, see :mod:`.resource`
    :ivar error: why nobody can handle it; it is kept as evidence
    """

    key: str
    value: Mapping[str, Any] = field(repr=False)
    updated: datetime | None = None
    error: IntegrationError | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says.

    :ivar entries: all resources, those that were included as well
    :ivar matched: when those that match were changed, in their order
    :ivar sorts: whether the server says that it sorts by ``_lastUpdated``
    :ivar remarks: what the server remarks about the search
    """

    entries: tuple[Entry, ...]
    matched: tuple[datetime | None, ...]
    next: str | None = None
    sorts: bool = False
    remarks: tuple[outcome.Issue, ...] = ()

    @property
    def is_ascending(self) -> bool:
        """Whether the page bears out that it is sorted."""
        moments = [one for one in self.matched if one is not None]
        return self.sorts and len(moments) == len(self.matched) and moments == sorted(moments)

    @property
    def newest(self) -> datetime | None:
        return watermark.latest(self.matched)

    @property
    def print(self) -> str:
        """What tells it from another page: which versions of which resources it has."""
        keys = "\n".join(one.key for one in self.entries)
        return sha256(keys.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a reading stands; small enough to be stored with each page.

    :ivar since: from when it asks, or asked at first; ``None`` for everything
    :ivar link: what is asked for next; empty for a search from ``since``
    :ivar newest: the latest change that was seen
    :ivar began: the server's clock at its first page
    :ivar seen: prints of pages and links that were met since ``since``
    """

    since: datetime | None = None
    link: str = ""
    newest: datetime | None = None
    began: datetime | None = None
    pages: int = 0
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What follows a page.

    :ivar walk: the reading goes on so; ``None`` when it is at its end
    :ivar mark: up to where everything is stored once the page is; ``None``: nothing is known yet
    """

    walk: Walk | None
    mark: datetime | None = None


def read(raw: bytes) -> Page:
    """A page of a search.

    :raises PageUnusable: it is none, or not acceptable; nothing of it is to be stored then
    """
    try:
        value = canonical_json.loads(raw, max_depth=DEPTH, max_bytes=MAX_BYTES)
    except canonical_json.JsonError as exc:
        raise unusable(f"it is not acceptable JSON ({exc})") from None
    if not isinstance(value, dict) or value.get("resourceType") != "Bundle":
        raise unusable("it is no Bundle")
    if value.get("type") != "searchset":
        raise unusable("it is no searchset")
    listed = value.get("entry") or []
    if not isinstance(listed, list) or len(listed) > MAX_ENTRIES:
        raise unusable(f"it lists more than {MAX_ENTRIES} entries, or none that can be read")
    entries, matched, remarks = [], [], []
    for place, one in enumerate(listed):
        found, mode = _content(one, place)
        if found.get("resourceType") == "OperationOutcome" or mode == "outcome":
            remarks += outcome.of(found)
            continue
        entries.append(_entry(found))
        if mode == "match":
            matched.append(entries[-1].updated)
    links = _links(value.get("link"))
    return Page(
        tuple(entries), tuple(matched), links.get("next"), _sorts(links.get("self")), tuple(remarks)
    )


def query(pairs: list[tuple[str, str]], walk: Walk, count: int) -> list[tuple[str, str]]:
    """The parameters of the search that begins a reading, or hops.

    :param pairs: those that were entered
    :param count: resources of a page, which the server may ignore
    """
    found = list(pairs)
    if walk.since is not None:
        found.append(("_lastUpdated", f"ge{watermark.written(walk.since)}"))
    found.append(SORT)
    if not any(name == "_count" for name, _value in pairs):
        found.append(("_count", str(count)))
    return found


def step(walk: Walk, page: Page, base: str, asked: str, server: datetime, most: int) -> Step:
    """What follows a page that was read.

    :param asked: the address that gave it
    :param server: the server's clock then
    :param most: pages that a reading may have
    :raises PageRepeated, TooManyPages, address.LinkRefused: the page can be stored, but there is
        no way on
    """
    began = walk.began or server
    newest = watermark.latest((walk.newest, page.newest))
    in_order = page.is_ascending and not _ignores(walk, page)
    if page.next is None:
        return Step(None, watermark.reached(None, newest, began))
    last = page.newest
    if in_order and last is not None and last < server + SLACK and _goes_on(walk, last):
        if last > began and walk.pages:
            # What is shown later than it is stamped lies before what was read meanwhile, further
            # than the overlap goes back from here. So a reading ends where it began, even if the
            # server changes faster than it is read.
            return Step(None, began)
        # Nothing before this instant is missing, whatever happens to the pages.
        on = Walk(since=last, newest=newest, began=began, pages=walk.pages + 1)
        return Step(on, min(last, began))
    return Step(_followed(replace(walk, newest=newest, began=began), page, base, asked, most))


def _followed(walk: Walk, page: Page, base: str, asked: str, most: int) -> Walk:
    """The reading goes on by the link of the page."""
    link = address.followed(base, page.next or "", asked)
    marks = (sha256(link.encode()).hexdigest()[:24],)
    if page.entries:
        marks += (page.print,)
    if any(mark in walk.seen for mark in marks):
        raise PageRepeated(
            "The server gives a page again that it has given already, so the search has no end. "
            "Have its paging mended; polling tries again later."
        )
    if walk.pages + 1 >= most:
        raise TooManyPages(
            f"The search has more than {most} pages. Narrow it, or allow more pages."
        )
    return replace(walk, link=link, pages=walk.pages + 1, seen=(*walk.seen, *marks))


def _ignores(walk: Walk, page: Page) -> bool:
    """Whether the server gives what is older than what was asked for."""
    if walk.since is None or walk.link:
        return False
    return any(one is not None and one < walk.since - SLACK for one in page.matched)


def _goes_on(walk: Walk, last: datetime) -> bool:
    """Whether a hop to this instant is a step forwards: a page may hold one instant only."""
    return walk.since is None or watermark.written(last) > watermark.written(walk.since)


def _content(entry: Any, place: int) -> tuple[dict[str, Any], str]:
    found = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(found, dict):
        raise unusable(f"entry {place} has no resource")
    search = entry.get("search")
    mode = search.get("mode") if isinstance(search, Mapping) else None
    return found, mode if isinstance(mode, str) else "match"


def _entry(found: dict[str, Any]) -> Entry:
    updated = watermark.of(found)
    try:
        return Entry(resource.identity(found).key, found, updated)
    except ContractError as exc:
        return Entry(f"sha256:{resource.digest(found)}", found, updated, exc)


def _links(value: Any) -> dict[str, str]:
    found = {}
    for one in value if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            relation, url = one.get("relation"), one.get("url")
            if isinstance(relation, str) and isinstance(url, str) and url:
                found.setdefault(relation, url)
    return found


def _sorts(link: str | None) -> bool:
    """Whether the server says that it sorts as we asked (search.html#selflink)."""
    if not link:
        return False
    try:
        return SORT in parse_qsl(urlsplit(link).query)
    except ValueError:
        return False


def unusable(reason: str) -> PageUnusable:
    """Why an answer is no page that could be stored."""
    return PageUnusable(
        f"The server's page cannot be used: {reason}. Nothing of it was stored; it is asked for "
        "again later."
    )
