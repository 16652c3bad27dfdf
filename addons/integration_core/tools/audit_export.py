# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The audit trail as a file: lossless, with its seals, to be checked without the database.

Two shapes of the same records, JSON lines (RFC 8259, one object a line) and CSV (RFC 4180, UTF-8).
A record is a dictionary with ``type``:

=========== ==============================================================================
header      what this is: ``database`` (uuid), ``exported_at``, ``exported_by``, ``reason``
entry       an entry and its seal: the columns of the entry, and ``seal_`` plus those of the seal
withheld    the seal of an entry of a company that the exporting person does not see
deleted     a seal whose entry is not there any more
unsealed    an entry without a seal; ``waiting`` is 1 when the sealer has not come to it yet
lost        ``id`` of an entry that waits for the sealer and is not there any more
end         how many records there were before this one, and their MAC
=========== ==============================================================================

In CSV a cell without a value is ``\\N``. Text that a spreadsheet would take for a formula, or that
begins with a backslash or an apostrophe, gets an apostrophe in front. Standard library only.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from .audit_chain import AuditKeys, Entry, Seal, canonical
from .audit_checkpoint import BadLine, Checkpoint
from .audit_verify import Report, Verifier

Value = int | str | None
Record = Mapping[str, Value]

#: Columns of the table of entries, in the order in which an export has them.
ENTRY_COLUMNS: Final = (
    "id",
    "occurred_at",
    "actor_id",
    "actor_login",
    "act",
    "res_model",
    "res_id",
    "res_name",
    "company_id",
    "reason",
    "changes",
    "remote_address",
)
_NUMBERS: Final = frozenset(
    {"id", "actor_id", "res_id", "company_id", "seal_sequence", "seal_entry_id", "waiting", "count"}
)
_SEAL: Final = "seal_"
SEAL_COLUMNS: Final = tuple(_SEAL + name for name in Seal._fields)
# The columns of the CSV; the last ones are of the header and of the end.
_CSV: Final = (
    "type",
    *SEAL_COLUMNS,
    *ENTRY_COLUMNS,
    *("waiting", "database", "exported_at", "exported_by", "count", "key_id", "export_mac"),
)
_END: Final = "integration-audit-export"
_NULL: Final = "\\N"
_ESCAPED: Final = tuple("\\'=+-@\t\r")
#: Values longer than this are no audit entries.
_FIELD_LIMIT: Final = 10_000_000


class ExportError(ValueError):
    """A file is not an export of the audit trail, or is not complete."""


# -- records -------------------------------------------------------------------------------


def sealed(seal: Seal, entry: Entry | None, *, withheld: bool = False) -> Record:
    """The record of a seal and its entry."""
    stored = {_SEAL + name: value for name, value in seal._asdict().items()}
    if withheld:
        return {"type": "withheld", **stored}
    if entry is None:
        return {"type": "deleted", **stored}
    return {"type": "entry", **stored, **entry}


def complete(
    records: Iterable[Record], keys: AuditKeys, key_id: str | None = None
) -> Iterator[Record]:
    """The records, and the end that proves that none of them is missing."""
    digest, count = hashlib.sha256(), 0
    for record in records:
        count += 1
        digest.update(_line(record))
        yield record
    key_id = key_id or keys.current_id
    mac = _end_mac(keys, key_id, count, digest.hexdigest())
    yield {"type": "end", "count": count, "key_id": key_id, "export_mac": mac}


def verify(
    records: Iterable[Record], keys: AuditKeys, checkpoints: Iterable[Checkpoint | BadLine]
) -> tuple[Report, str]:
    """Check an export; also says what is wrong with the file itself, or "".

    ``records`` come without the header, which :func:`header` read.

    :raises ExportError: a record is not of an export
    """
    verifier = Verifier(keys, checkpoints)
    problem = "its end is missing: it was cut off"
    for record in records:
        if record["type"] == "end":
            problem = str(record.get("problem") or "")
            continue
        try:
            _feed(verifier, record)
        except (KeyError, TypeError, ValueError):
            raise ExportError(f"a record of type {record.get('type')!r} is malformed") from None
    return verifier.finish(), problem


def _feed(verifier: Verifier, record: Record) -> None:
    kind = record["type"]
    entry = {name: value for name, value in record.items() if name in ENTRY_COLUMNS}
    if kind in ("entry", "withheld", "deleted"):
        seal = Seal(**{name: record[_SEAL + name] for name in Seal._fields})  # type: ignore[arg-type]
        if not isinstance(seal.sequence, int) or not all(isinstance(v, str) for v in seal[2:]):
            raise ValueError("types")
        verifier.seal(seal, entry if kind == "entry" else None, withheld=kind == "withheld")
    elif kind == "unsealed":
        waiting = bool(record.get("waiting"))
        verifier.unsealed(int(entry["id"] or 0), str(entry["occurred_at"]), waiting=waiting)
    elif kind == "lost":
        verifier.lost(int(entry["id"] or 0))
    else:
        raise ValueError(kind)


def checked(records: Iterable[Record], keys: AuditKeys) -> Iterator[Record]:
    """The records up to the end, which gets a ``problem`` if it does not fit what is around it."""
    digest, records = hashlib.sha256(), iter(records)
    for count, record in enumerate(records):
        if record["type"] == "end":
            problem = _problem(record, keys, count, digest.hexdigest())
            if not problem and _goes_on(records):
                problem = "records were added behind its end"
            yield {**record, "problem": problem}
            return
        digest.update(_line(record))
        yield record


def _goes_on(records: Iterator[Record]) -> bool:
    try:
        return next(records, None) is not None
    except ExportError:  # not even a record
        return True


def _problem(end: Record, keys: AuditKeys, count: int, digest: str) -> str:
    key_id = str(end.get("key_id"))
    if key_id not in keys:
        return f"it was signed with key {key_id!r}, which is not known"
    expected = _end_mac(keys, key_id, count, digest)
    if hmac.compare_digest(expected.encode(), str(end.get("export_mac")).encode()):
        return ""
    return "it is not as it was exported: its MAC is wrong"


def _end_mac(keys: AuditKeys, key_id: str, count: int, digest: str) -> str:
    return keys.sign(key_id, _END, {"count": count, "sha256": digest})


def _line(record: Record) -> bytes:
    return canonical(record).encode() + b"\n"


# -- files ---------------------------------------------------------------------------------


def to_json_lines(records: Iterable[Record]) -> Iterator[str]:
    """Each record as a line."""
    for record in records:
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def to_csv(records: Iterable[Record]) -> Iterator[str]:
    """The head of the table, then each record as a line."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_CSV)
    for record in records:
        writer.writerow([_cell(record.get(name)) for name in _CSV])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def read(stream: Iterable[str], *, as_csv: bool) -> Iterator[Record]:
    """The records of a file.

    :param stream: a text stream; of CSV opened with ``newline=""``
    :raises ExportError: it is not one of ours
    """
    return _read_csv(stream) if as_csv else _read_json_lines(stream)


def header(records: Iterator[Record]) -> Record:
    """The first record, which says what the export is.

    :raises ExportError: it is not there
    """
    first = next(records, None)
    if not first or first.get("type") != "header" or not first.get("database"):
        raise ExportError("it does not begin with a header: this is no export of an audit trail")
    return first


def known_then(
    head: Record, checkpoints: Iterable[Checkpoint | BadLine]
) -> tuple[list[Checkpoint | BadLine], int]:
    """The checkpoints that an export can be compared with, and how many are later than it.

    A later one tells of entries that the export cannot have, or of another trail after a restore.

    :param head: what :func:`header` returned; only the end of the export proves it to be true
    :raises ExportError: it does not say when it was exported
    """
    try:
        exported_at = _moment(str(head.get("exported_at")))
    except ValueError:
        raise ExportError("its header does not say when it was exported") from None
    known: list[Checkpoint | BadLine] = []
    later = 0
    for one in checkpoints:
        if isinstance(one, Checkpoint) and _moment(one.time) > exported_at:
            later += 1
        else:
            known.append(one)
    return known, later


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_json_lines(stream: Iterable[str]) -> Iterator[Record]:
    for number, text in enumerate(stream, start=1):
        try:
            record = json.loads(text)
        except ValueError:
            raise ExportError(f"line {number} is not JSON") from None
        if not isinstance(record, dict) or not isinstance(record.get("type"), str):
            raise ExportError(f"line {number} is not a record")
        yield record


def _read_csv(stream: Iterable[str]) -> Iterator[Record]:
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(stream, strict=True)
    try:
        if next(reader, None) != list(_CSV):
            raise ExportError("its columns are not those of an export")
        for row in reader:
            if len(row) != len(_CSV):
                raise ExportError(f"line {reader.line_num} has not all columns")
            record = {name: _value(name, cell) for name, cell in zip(_CSV, row, strict=True)}
            yield {name: value for name, value in record.items() if value is not None}
    except csv.Error as exc:
        raise ExportError(f"line {reader.line_num} is not CSV: {exc}") from None


def _cell(value: Value) -> str:
    if value is None:
        return _NULL
    if isinstance(value, str) and value.startswith(_ESCAPED):
        return f"'{value}"
    return str(value)


def _value(name: str, cell: str) -> Value:
    if cell == _NULL:
        return None
    if name in _NUMBERS:
        try:
            return int(cell)
        except ValueError:
            raise ExportError(f"{cell!r} in column {name} is not a number") from None
    return cell[1:] if cell.startswith("'") else cell
