# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Checkpoints of the audit chain: signed lines that leave the database.

A chain shows what was changed inside it, but not that its end was cut off or that all of it was
replaced by an older copy. A checkpoint says how far the chain had come at a time. One line of JSON
each, in a file or in syslog; several databases may share a file.

A checkpoint of kind ``restart`` says that somebody accepted that the chain is not the one that it
was, after a database was restored: checkpoints before it do not count any more.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Final

from .audit_chain import AuditKeys, Head

_CHECKPOINT: Final = "integration-audit-checkpoint"
KINDS: Final = ("checkpoint", "restart")


@dataclass(frozen=True)
class Checkpoint:
    """How far a chain had come.

    :ivar number: counts the checkpoints of a database
    :ivar database: uuid of the database
    :ivar time: UTC, RFC 3339
    :ivar sequence: number of the last seal; 0 when there was none
    :ivar count: entries that there were, sealed or not
    :ivar mac: MAC of the last seal
    """

    number: int
    kind: str
    database: str
    time: str
    sequence: int
    count: int
    mac: str
    key_id: str

    @property
    def head(self) -> Head:
        return Head(self.sequence, self.mac)

    def signature(self, keys: AuditKeys) -> str:
        """:raises KeyError: the key of the checkpoint is not known"""
        return keys.sign(self.key_id, _CHECKPOINT, asdict(self))

    def line(self, keys: AuditKeys) -> str:
        """The signed line, without its end."""
        return json.dumps({**asdict(self), "signature": self.signature(keys)})


class BadLineError(ValueError):
    """A line is not a genuine checkpoint; the text says why."""


def read_line(text: str, keys: AuditKeys) -> Checkpoint:
    """Read a line that :meth:`Checkpoint.line` made.

    :raises BadLineError: it is none, was altered, or needs a key that is not there
    """
    try:
        content = json.loads(text)
        signature = content.pop("signature")
        types = {"number": int, "sequence": int, "count": int}
        checkpoint = Checkpoint(**content)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadLineError("it is not a checkpoint") from None
    if (
        any(
            type(getattr(checkpoint, one.name)) is not types.get(one.name, str)
            for one in fields(checkpoint)
        )
        or checkpoint.kind not in KINDS
    ):
        raise BadLineError("it is not a checkpoint")
    if checkpoint.key_id not in keys:
        raise BadLineError(f"it was signed with key {checkpoint.key_id!r}, which is not known")
    if not hmac.compare_digest(str(signature).encode(), checkpoint.signature(keys).encode()):
        raise BadLineError("its signature is wrong")
    return checkpoint


@dataclass(frozen=True)
class BadLine:
    """A line of a file that is not a genuine checkpoint.

    :ivar torn: it is no JSON at all, such as the rest of a line that a full disk cut off
    """

    line: int
    why: str
    torn: bool


def read_lines(
    lines: Iterable[str], keys: AuditKeys, database: str
) -> Iterator[Checkpoint | BadLine]:
    """The checkpoints of one database, and lines that are not genuine, whosever they are.

    A line that claims to be of another database is not this one's business.
    """
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            checkpoint = read_line(text, keys)
        except BadLineError as exc:
            claimed = _database(text)
            if claimed in (database, None):
                yield BadLine(number, str(exc), torn=claimed is None)
            continue
        if checkpoint.database == database:
            yield checkpoint


def in_force(checkpoints: Iterable[Checkpoint]) -> list[Checkpoint]:
    """Those that still count, in the order in which they were written."""
    kept: list[Checkpoint] = []
    for checkpoint in checkpoints:
        if checkpoint.kind == "restart":
            kept = []
        kept.append(checkpoint)
    return kept


def _database(text: str) -> str | None:
    try:
        return str(json.loads(text)["database"])
    except (ValueError, TypeError, KeyError):
        return None
