# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where a search goes on: what the opaque link to its next page holds.

The position is a key (the last resource that was sent), not a number of resources to skip: what is
created, changed or deleted meanwhile moves nothing. The state travels sealed; whoever opens the
seal hands the text to :func:`loads`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from .operation_outcome import Refusal

#: Characters of a link, sealed; more than any search has that is taken.
MAX_LENGTH: Final = 32 * 1024
#: Seconds in which a next page can be asked for.
LIFETIME: Final = 15 * 60
PARAMETER: Final = "_page"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Position:
    """The last resource of a page.

    :ivar source: number of its source within the view
    :ivar changed: when it changed last, where that is the order; UTC without an offset
    """

    source: int
    id: int
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A search and where it goes on.

    :ivar pairs: the parameters as the client gave them
    :ivar horizon: what changed later is none of this search's matter
    :ivar expires: seconds since 1970
    """

    resource: str
    pairs: tuple[tuple[str, str], ...]
    position: Position
    horizon: datetime | None
    expires: int
    lenient: bool = False


def dumps(page: Page) -> str:
    """The text of a page, to be sealed."""
    at = page.position
    return json.dumps(
        [
            _FORMAT,
            page.resource,
            page.pairs,
            [at.source, at.id, _text(at.changed)],
            _text(page.horizon),
            page.expires,
            page.lenient,
        ],
        separators=(",", ":"),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def loads(text: str, resource: str, now: float) -> Page:
    """The page that a text of ours is, if it is still one.

    :param resource: the type that is searched at the address that was asked
    :param now: seconds since 1970
    :raises Refusal: 410 when its time is over, 400 when it belongs to another address
    """
    try:
        version, kind, pairs, at, horizon, expires, lenient = json.loads(text)
        page = Page(
            kind,
            tuple((str(name), str(value)) for name, value in pairs),
            Position(int(at[0]), int(at[1]), _moment(at[2])),
            _moment(horizon),
            int(expires),
            bool(lenient),
        )
    except (ValueError, TypeError, IndexError):
        raise forged() from None
    if version != _FORMAT or page.resource != resource:
        raise forged()
    if page.expires <= now:
        raise Refusal(
            410, "expired", "page_expired",
            "The time of this page is over. Search anew; a poll goes on with _lastUpdated=gt and "
            "the meta.lastUpdated of the last complete answer.",
            [PARAMETER],
        )  # fmt: skip
    return page


def forged() -> Refusal:
    """The refusal of what is no link of ours."""
    return Refusal(
        400, "invalid", "bad_page",
        "This is no page of this search. Follow the link “next” as it is, or search anew.",
        [PARAMETER],
    )  # fmt: skip


def link(base: str, resource: str, sealed: str) -> str:
    """The address of the next page."""
    return f"{base}/{resource}?{PARAMETER}={sealed}"


def plain(pairs: Mapping[str, Any]) -> bool:
    """Whether a request for a page says nothing that would change the search."""
    return not set(pairs) - {PARAMETER, "_format", "_pretty"}
