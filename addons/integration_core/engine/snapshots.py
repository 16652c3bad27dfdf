"""Snapshots: a record as canonical JSON, at the moment of its event.

Either the model's own ``_integration_snapshots``, written by an addon for a contract, or the
fields that an administrator listed on the event type. Records are read together, so that the
number of statements depends on the depth of the snapshot and not on how many records there are.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg2

from odoo.fields import Field
from odoo.models import BaseModel

from ..tools import decimals, field_paths
from .triggers import Trigger

_logger = logging.getLogger(__name__)

#: Largest number of records in one list of a snapshot.
MAX_ITEMS = 2000
#: How many documents up a part is followed to the one that knows its company.
_LEVELS = 5


@dataclass(frozen=True)
class Snapshot:
    """A record as canonical JSON, with what the dispatcher needs to address the event.

    :ivar problem: why the content could not be taken; such an event is quarantined, not sent
    """

    data: dict[str, Any]
    company_id: int | None
    subject: str
    partner_id: int | None = None
    problem: str | None = None


class SnapshotError(ValueError):
    """A snapshot cannot be taken. Its text is shown to people and holds no content."""


def take(trigger: Trigger, records: BaseModel) -> dict[int, Snapshot]:
    """Snapshots of ``records`` by id; a record that is left out makes no event.

    What goes wrong does not stop the business transaction: the record gets a snapshot with a
    ``problem``, which ends in quarantine, where a person sees it.
    """
    if not records:
        return {}
    try:
        return strict(trigger, records)
    except psycopg2.Error:
        raise  # the transaction is broken, or is to be repeated: nothing can be kept
    except Exception as exc:
        if len(records) > 1:  # the others shall not suffer
            return {k: v for record in records for k, v in take(trigger, record).items()}
        reason = str(exc) if isinstance(exc, SnapshotError) else type(exc).__name__
        _logger.warning("No snapshot of %s for event type %s: %s", records, trigger.code, reason)
        return {
            records.id: failed(records, f"The content of the document could not be read: {reason}")
        }


def strict(trigger: Trigger, records: BaseModel) -> dict[int, Snapshot]:
    """As :func:`take`, but an error is raised."""
    if not trigger.paths and not trigger.partner_field:
        return records._integration_snapshots(trigger.contract_code)
    if not trigger.paths:
        coded = records._integration_snapshots(trigger.contract_code)
        partners = {record.id: _partner(record, trigger) for record in records}
        return {
            key: Snapshot(s.data, s.company_id, s.subject, partners.get(key), s.problem)
            for key, s in coded.items()
        }
    tree = field_paths.tree(trigger.paths)
    return {
        record.id: Snapshot(
            data=_object(record, tree),
            company_id=company_of(record),
            subject=record.display_name or "",
            partner_id=_partner(record, trigger),
        )
        for record in records
    }


def failed(record: BaseModel, problem: str) -> Snapshot:
    """The snapshot of a record whose content cannot be told."""
    try:
        company_id = company_of(record)
    except psycopg2.Error:
        raise
    except Exception:  # the company is what cannot be read
        company_id = None
    return Snapshot({"id": record.id}, company_id, f"{record._name},{record.id}", problem=problem)


def company_of(record: BaseModel) -> int | None:
    """The company whose interfaces may get an event of ``record``; None for all companies.

    A part of a document, such as a line, belongs to the company of the document.
    """
    record = record.sudo()  # sudo: which company it is, and nothing else of the document
    for _level in range(_LEVELS):
        if record._name == "res.company":
            return record.id or None
        field = record._fields.get("company_id")
        if field is not None:
            known = field.type == "many2one" and field.comodel_name == "res.company"
            return (record.company_id.id or None) if known else None
        owner = _owner_field(record)
        if owner is None:
            return None
        record = record[owner]
    return None


def _owner_field(model: BaseModel) -> str | None:
    """The link from a part to the one document that it is deleted with."""
    found = [
        name
        for name, field in model._fields.items()
        if field.type == "many2one"
        and field.store
        and field.required
        and getattr(field, "ondelete", None) == "cascade"
    ]
    return found[0] if len(found) == 1 else None


def _partner(record: BaseModel, trigger: Trigger) -> int | None:
    if not trigger.partner_field:
        return None
    partner = record
    for name in trigger.partner_field.split("."):
        partner = partner[name]
    return partner[:1].commercial_partner_id.id or None


# -- values ------------------------------------------------------------------------------------


def _object(record: BaseModel, tree: field_paths.Tree) -> dict[str, Any]:
    return {"id": record.id} | {
        name: _value(record, name, below) for name, below in tree.items() if name != "id"
    }


def _value(record: BaseModel, name: str, below: field_paths.Tree) -> Any:
    field = record._fields.get(name)
    if field is None:
        raise SnapshotError(f"{record._name} has no field {name} any more.")
    value = record[name]
    if field.type == "many2one":
        return _related(value, below) if value else None
    if field.type in ("one2many", "many2many"):
        if len(value) > MAX_ITEMS:
            # A cut list would look complete.
            raise SnapshotError(f"{name} has more than {MAX_ITEMS} entries.")
        return [_related(item, below) for item in value]
    return _scalar(field, value)


def _related(record: BaseModel, below: field_paths.Tree) -> dict[str, Any]:
    if below:
        return _object(record, below)
    return {"id": record.id, "name": record.display_name or ""}


def rfc3339(moment: datetime) -> str:
    """A naive UTC moment as it travels."""
    return f"{moment.isoformat(timespec='seconds')}Z"


def _scalar(field: Field, value: Any) -> Any:
    if field.type == "boolean":
        return bool(value)
    if field.type in ("integer", "many2one_reference"):
        return value or (0 if field.type == "integer" else None)
    if field.type in ("float", "monetary"):
        # Odoo stores prices unrounded; ten digits drop no more than what binary floats add.
        return decimals.to_text(Decimal(repr(value)), 10)
    if value is False or value is None:
        return None
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if field.type == "reference":
        return {"model": value._name, "id": value.id, "name": value.display_name or ""}
    return str(value)
