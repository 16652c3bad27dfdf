"""What is kept outside the database: the mark of its age, and the journal of message ids.

``<state_dir>/<database>/marks.json`` holds the token of the release, those of the releases before,
and a number that counts up with ``integration_arming.mark``, once a minute;
``journal/<day>-<host>.jsonl`` says which messages were accepted, sent and taken
(:mod:`..tools.journal`). Both are written with the rights of Odoo's account only, and only while
traffic flows: a held copy never overwrites what may be needed.

Losing the folder loses no message. It takes away the means to notice a restore, so the traffic
of a database that misses its file is held.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from odoo.tools import config

from ..tools.arming import Outside
from ..tools.journal import Kind, Row, Step, line
from ..tools.journal import read as read_lines
from . import settings

_logger = logging.getLogger(__name__)

MARKS = "marks.json"
JOURNAL_DAYS = 30
#: So many earlier releases are remembered: a backup of before one of them is known by its token.
RELEASES = 50

_lock = threading.Lock()
# Open file of the journal, by database: (day, file descriptor).
_open: dict[str, tuple[str, int]] = {}
_failing: set[str] = set()


def folder(dbname: str) -> Path | None:
    """Where this server keeps what belongs to a database; ``None``: nowhere, by configuration."""
    place = settings.section().get("state_dir", "").strip()
    if place.lower() == "none":
        return None
    base = Path(place) if place else Path(config["data_dir"]) / "integration"
    return base / quote(dbname, safe="")


def read(dbname: str) -> Outside:
    """What lies outside; an unreadable file counts as none."""
    place = folder(dbname)
    if place is None:
        return Outside(kept=False)
    try:
        marks = json.loads((place / MARKS).read_bytes())
        return Outside(
            token=str(marks["token"]),
            mark=int(marks["mark"]),
            at=datetime.fromisoformat(marks["at"]),
            before=tuple(str(token) for token in marks.get("before", ())),
        )
    except FileNotFoundError:
        return Outside()
    except (OSError, ValueError, TypeError, KeyError) as exc:
        _logger.warning("%s cannot be read: %s", place / MARKS, type(exc).__name__)
        return Outside()


def write(dbname: str, token: str, mark: int) -> None:
    """Replace the mark of a database, so that a crash leaves the old one or the new one.

    :raises OSError: the folder cannot be written
    """
    place = folder(dbname)
    if place is None:
        return
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC).replace(tzinfo=None)
    known = read(dbname)
    before = [one for one in (known.token, *known.before) if one and one != token][:RELEASES]
    marks = {
        "token": token,
        "mark": mark,
        "at": now.isoformat(timespec="seconds"),
        "before": before,
    }
    partial = place / f"{MARKS}.{os.getpid()}.partial"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(marks, handle)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(place / MARKS)


# ----------------------------------------------------------------------------------------------
# the journal
# ----------------------------------------------------------------------------------------------


def note(dbname: str, kind: Kind, interface_id: int, rows: Sequence[Row]) -> None:
    """Append one line to the journal.

    It is a second memory, so what fails here stops no traffic; it is logged, once.
    """
    if not rows:
        return
    try:
        descriptor = _descriptor(dbname)
        if descriptor is not None:
            # One write to a file opened for appending: lines of several workers do not mix.
            os.write(descriptor, line(kind, time.time(), interface_id, rows))
        _failing.discard(dbname)
    except OSError as exc:
        if dbname not in _failing:
            _failing.add(dbname)
            _logger.error("The journal of %s cannot be written: %s", dbname, exc.strerror)


def _descriptor(dbname: str) -> int | None:
    day = time.strftime("%Y-%m-%d", time.gmtime())
    known = _open.get(dbname)
    if known and known[0] == day:
        return known[1]
    place = folder(dbname)
    if place is None:
        return None
    with _lock:
        known = _open.get(dbname)
        if known and known[0] == day:
            return known[1]
        journal = place / "journal"
        journal.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A file for each host: shared folders do not append for two hosts at once.
        path = journal / f"{day}-{quote(socket.gethostname(), safe='')}.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        # That of yesterday stays open: another thread may be about to write to it.
        _open[dbname] = (day, descriptor)
    return descriptor


def steps(dbname: str, since: datetime | None) -> Iterator[Step]:
    """What the journal knows from ``since`` on (naive UTC), of all hosts, unordered."""
    place = folder(dbname)
    if place is None:
        return
    start = since.replace(tzinfo=UTC).timestamp() if since else 0.0
    first_day = since.strftime("%Y-%m-%d") if since else ""
    for path in sorted((place / "journal").glob("*.jsonl")):
        if path.name[:10] >= first_day:
            with path.open("rb") as lines:
                yield from read_lines(lines, start)


def tidy(dbname: str) -> None:
    """Delete the journal of days that no backup in use can be older than."""
    place = folder(dbname)
    if place is None:
        return
    oldest = (datetime.now(UTC) - timedelta(days=journal_days())).strftime("%Y-%m-%d")
    for path in (place / "journal").glob("*.jsonl"):
        if path.name[:10] < oldest:
            path.unlink(missing_ok=True)


def journal_days() -> int:
    """Days for which the journal is kept: ``journal_days``, 1 to 3650."""
    try:
        days = int(settings.section().get("journal_days") or JOURNAL_DAYS)
    except ValueError:
        days = 0
    return days if 1 <= days <= 3650 else JOURNAL_DAYS
