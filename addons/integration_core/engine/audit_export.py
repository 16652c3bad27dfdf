"""The audit trail as the records of an export (see ``tools/audit_export.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from odoo.modules.registry import Registry

from ..tools.audit_chain import AuditKeys
from ..tools.audit_export import Record, complete, sealed
from . import audit_checkpoints, audit_sealer, audit_verification
from .cursors import own_cursor


def records(
    registry: Registry, keys: AuditKeys, companies: frozenset[int], *, login: str, reason: str
) -> Iterator[Record]:
    """The whole trail, record by record, read in short transactions.

    :param companies: of entries about other companies only the seals are given
    :param login: who exports
    """
    return complete(_records(registry, companies, login, reason), keys)


def _records(
    registry: Registry, companies: frozenset[int], login: str, reason: str
) -> Iterator[Record]:
    with own_cursor(registry) as cr:
        yield {
            "type": "header",
            "database": audit_checkpoints.database_uuid(cr),
            "exported_at": _now(),
            "exported_by": login,
            "reason": reason,
        }
    place = audit_verification.BEGINNING
    while True:
        with own_cursor(registry) as cr:
            rows = audit_verification.seals(cr, place)
        for row_id, seal, entry in rows:
            place = (seal.sequence, row_id)
            yield sealed(seal, entry, withheld=bool(entry) and not _shown(entry, companies))
        if len(rows) < audit_verification.BATCH:
            break
    yield from _unsealed(registry, companies)


def _unsealed(registry: Registry, companies: frozenset[int]) -> Iterator[Record]:
    with own_cursor(registry) as cr:
        for entry_id, occurred_at, waiting in audit_verification.unsealed(cr):
            if occurred_at is None:
                yield {"type": "lost", "id": entry_id}
                continue
            cr.execute(
                f"SELECT {audit_sealer.ENTRY_SQL} FROM integration_audit_entry e WHERE e.id = %s",  # noqa: S608
                [entry_id],
            )
            entry = audit_sealer.entry(cr.fetchone()) or {}
            shown = entry if _shown(entry, companies) else {"id": entry_id}
            yield {
                "type": "unsealed",
                **shown,
                "occurred_at": occurred_at,
                "waiting": int(waiting),
            }


def _now() -> str:
    # As exact as the times of checkpoints: they are compared.
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _shown(entry: Record, companies: frozenset[int]) -> bool:
    return entry.get("company_id") is None or entry["company_id"] in companies
