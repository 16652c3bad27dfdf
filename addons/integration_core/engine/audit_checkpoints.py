"""Checkpoints of the audit chain leave the database: a file, syslog, or both.

A file gets one line each, written at once and flushed to the disk before the checkpoint counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import syslog
from ..tools.audit_chain import AuditKeys, Head
from ..tools.audit_checkpoint import BadLine, Checkpoint, in_force, read_lines
from . import audit_sealer, audit_settings
from .cursors import own_cursor
from .drain import fault_point

#: The end of a file in which the last checkpoint is looked for.
_TAIL = 64 * 1024
# Not the sealer's: a checkpoint does not wait for a batch.
_LOCK = audit_sealer.LOCK + 1


class CheckpointError(Exception):
    """A checkpoint could not be written everywhere. The text says where and why."""


def configured() -> bool:
    """Whether checkpoints go anywhere."""
    try:
        return bool(audit_settings.checkpoint_file() or audit_settings.checkpoint_syslog())
    except ValueError:
        return True  # writing says what is wrong


def write(registry: Registry, keys: AuditKeys, kind: str = "checkpoint") -> Checkpoint:
    """Write a checkpoint of the present end of the chain.

    :param kind: see :class:`Checkpoint`
    :raises CheckpointError: not every destination took it
    """
    with own_cursor(registry) as cr:
        cr.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        checkpoint = _take(cr, keys, kind)
        record_id = _insert(cr, checkpoint)
    fault_point("audit_checkpoint_taken")
    problems = _send(checkpoint, checkpoint.line(keys))
    fault_point("audit_checkpoint_written")
    with own_cursor(registry) as cr:
        cr.execute(
            "UPDATE integration_audit_checkpoint SET state = %s, problem = %s WHERE id = %s",
            ["failed" if problems else "written", " ".join(problems) or None, record_id],
        )
    if problems:
        raise CheckpointError(" ".join(problems))
    return checkpoint


def read(cr: BaseCursor, keys: AuditKeys) -> list[Checkpoint | BadLine]:
    """The checkpoints of the database that the file has; none when no file is configured.

    :raises OSError: the file cannot be read, or is gone
    """
    path = audit_settings.checkpoint_file()
    if not path:
        return []
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            return list(read_lines(lines, keys, database_uuid(cr)))
    except FileNotFoundError:
        cr.execute("SELECT 1 FROM integration_audit_checkpoint WHERE state = 'written' LIMIT 1")
        if cr.fetchone():
            raise
        return []  # the first one is still to come


def contradicted(cr: BaseCursor, keys: AuditKeys) -> Checkpoint | None:
    """The last checkpoint of the file, if the chain does not bear it out.

    Only the end of the file is read: this runs every few minutes.
    """
    known = in_force(
        one
        for one in read_lines(_tail(audit_settings.checkpoint_file()), keys, database_uuid(cr))
        if isinstance(one, Checkpoint)
    )
    if not known or known[-1].sequence == 0:
        return None
    last = known[-1]
    cr.execute("SELECT mac FROM integration_audit_seal WHERE sequence = %s", [last.sequence])
    return None if (last.mac,) in cr.fetchall() else last


def database_uuid(cr: BaseCursor) -> str:
    """The uuid of the database, as Odoo keeps it."""
    cr.execute("SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'")
    row = cr.fetchone()
    return row[0] if row else ""


def _take(cr: BaseCursor, keys: AuditKeys, kind: str) -> Checkpoint:
    end: Head = audit_sealer.head(cr)
    cr.execute(
        """
        SELECT (SELECT coalesce(max(number), 0) + 1 FROM integration_audit_checkpoint),
               (SELECT count(*) FROM integration_audit_unsealed)
        """
    )
    number, waiting = cr.fetchone()
    return Checkpoint(
        number=number,
        kind=kind,
        database=database_uuid(cr),
        time=datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        sequence=end.sequence,
        count=end.sequence + waiting,
        mac=end.mac,
        key_id=keys.current_id,
    )


def _insert(cr: BaseCursor, checkpoint: Checkpoint) -> int:
    env = api.Environment(cr, SUPERUSER_ID, {})
    moment = datetime.fromisoformat(checkpoint.time).replace(tzinfo=None, microsecond=0)
    made = env["integration.audit.checkpoint"].create(
        {
            "number": checkpoint.number,
            "kind": checkpoint.kind,
            "taken_at": moment,
            "sequence": checkpoint.sequence,
            "count": checkpoint.count,
            "mac": checkpoint.mac,
            "key_id": checkpoint.key_id,
            "state": "taken",
        }
    )
    return made.id


def _send(checkpoint: Checkpoint, line: str) -> list[str]:
    """Give a line to every destination; return what failed."""
    problems = []
    path = audit_settings.checkpoint_file()
    if path:
        try:
            append(path, line)
        except OSError as exc:
            problems.append(f"{path}: {exc.strerror or exc}.")
    try:
        destination = audit_settings.checkpoint_syslog()
        if destination:
            content = syslog.message(
                line, time=checkpoint.time, name="odoo", kind="integration-audit"
            )
            syslog.send(destination, content)
    except ValueError as exc:
        problems.append(f"audit_syslog: {exc}.")
    except OSError as exc:
        problems.append(f"{destination}: {exc.strerror or exc}.")
    return problems


def append(path: str, line: str) -> None:
    """Append a line to a file that only we can read, and see it on the disk.

    :raises OSError: it is not there now
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        # What a full disk or a power cut left of a line must not spoil the next one.
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        content = f"{chr(10) if torn else ''}{line}\n".encode()
        if os.write(descriptor, content) != len(content):
            raise OSError("the disk is full")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tail(path: str) -> Iterator[str]:
    """The last lines of a file; none when there is no file or it cannot be read."""
    if not path:
        return
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines[1:] if size > _TAIL else lines:
        if line.startswith("{"):
            yield line
