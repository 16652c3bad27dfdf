"""Records of a system while versions of them are handled: what is known of them, and what they are
in Odoo. Read at once for a batch of messages, and written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from odoo import api
from odoo.models import BaseModel

from odoo.addons.integration_core.engine.inbound_run import NoConcernError
from odoo.addons.integration_core.tools import moments

from ..tools import census_told, state_versions
from ..tools.census_told import Identifier
from ..tools.state_versions import UnknownReferenceError, Version

Document = Mapping[str, Any]


@dataclass
class Known:
    """What is known of a record.

    :ivar row: empty until it is stored
    :ivar record: what it is in Odoo; empty if it is nothing there
    :ivar visit: of which visit it was, by a message of this batch; it is kept with the visit alone
    """

    kind: str
    row: BaseModel
    record: BaseModel | None = None
    version: Version | None = None
    told: Any = None
    code: str = ""
    visit: Identifier | None = None
    changed: set[str] = field(default_factory=set)


class StateBook:
    """The records that some messages of one system speak of.

    :param documents: data of the messages
    :param aliases: further names of records that these may mean
    """

    def __init__(
        self,
        env: api.Environment,
        system_id: int,
        documents: Sequence[Document],
        aliases: Iterable[str] = (),
    ) -> None:
        self.env, self.system_id, self.company = env, system_id, env.company
        self.model = env["ehr.record"]
        names = {*aliases, *(name for one in documents for name in state_versions.references(one))}
        rows = self.model._named(system_id, names, self.company)
        self._known = {name: _read(row) for name, row in rows.items()}

    # -- versions --------------------------------------------------------------------------

    def known(self, name: str) -> Known | None:
        return self._known.get(name)

    def version(self, received: Any, data: Document, now: datetime) -> Version:
        """The version that a message brings.

        :raises NoConcernError: a newer one was handled before
        :raises errors.IntegrationError: a moment that does not exist, or is yet to come
        """
        census_told.read_moment(data["recorded_at"], now)
        found = Version(
            data.get("version") or "", moments.read_moment(data["recorded_at"]), received.arrived
        )
        known = self.known(data["record"])
        if known and known.version and found.is_older_than(known.version):
            raise NoConcernError(state_versions.is_overtaken())
        return found

    def note(
        self,
        name: str,
        kind: str,
        record: BaseModel | None = None,
        *,
        version: Version | None = None,
        **more: Any,
    ) -> Known:
        """Remember what a record is, and which version of it was handled.

        :param more: ``told`` and ``code``
        """
        known = self._known.setdefault(name, Known(kind, self.model))
        for attribute, value in {"record": record, "version": version, **more}.items():
            if value is not None and getattr(known, attribute) != value:
                setattr(known, attribute, value)
                known.changed.add(attribute)
        if not known.row:
            known.changed.add("row")
        return known

    def store(self) -> None:
        """Write what has changed. Messages that wait for what is new are tried again."""
        fresh, came = [], []
        for name, one in self._known.items():
            if not one.changed:
                continue
            values = _values(one)
            if one.row:
                one.row.write(values)
                if "record" in one.changed:
                    came.append(one.row.name_key)
            else:
                key = self.model._key(self.system_id, name, self.company)
                mine = {"system_id": self.system_id, "company_id": self.company.id}
                fresh.append((one, {**values, **mine, "kind": one.kind, "name_key": key}))
            one.changed.clear()
        rows = self.model.create([values for _one, values in fresh])
        for (one, _values_of), row in zip(fresh, rows, strict=True):
            one.row = row
        came += [row.name_key for row in rows]
        if came:
            self.env["ehr.record.wait"]._came(came)

    # -- what references mean --------------------------------------------------------------

    def meant(self, reference: Document | None, kind: str) -> BaseModel | None:
        """The record in Odoo that a reference means by its name, or by a number; ``None`` if there
        is no reference.

        :raises UnknownReferenceError: nothing is known of it yet
        """
        if not reference:
            return None
        found = self.find(reference, kind)
        if found is None or not found.record:
            raise self.unknown(reference, kind)
        return found.record

    def unknown(self, reference: Document, kind: str) -> UnknownReferenceError:
        """Why what a reference means cannot be said yet."""
        names = _names_of(reference, kind)
        keys = [self.model._key(self.system_id, name, self.company) for name in names]
        return UnknownReferenceError(kind, keys)

    def find(self, reference: Document, kind: str) -> Known | None:
        """What is known of what a reference means."""
        names = _names_of(reference, kind)
        return next((self._known[name] for name in names if name in self._known), None)

    def patients(self, references: Iterable[Document | None]) -> dict[int, BaseModel]:
        """Patients of references, by the identity of the reference.

        Who is named by a number as well is known by the name of his record from now on.

        :raises UnknownReferenceError: one is named by a record that nothing is known of
        """
        wanted = [one for one in references if one]
        numbers = {id(one): clinical for one in wanted if (clinical := _number(one))}
        patients = self.env["ehr.patient"]._resolve(dict.fromkeys(numbers.values()))
        found = {}
        for one in wanted:
            if number := numbers.get(id(one)):
                found[id(one)] = patients[number]._kept()
                if one.get("record"):
                    self.note(one["record"], "patient", found[id(one)])
            else:
                found[id(one)] = self.meant(one, "patient")._kept()
        return found

    def staff(self, references: Iterable[Document | None]) -> dict[int, BaseModel]:
        """Staff of references, as :meth:`patients`."""
        wanted = [one for one in references if one]
        numbers = {id(one): number for one in wanted if (number := _number(one))}
        people = self.env["ehr.staff"]._resolve(dict.fromkeys(numbers.values()))
        return {
            id(one): people[numbers[id(one)]] if id(one) in numbers else self.meant(one, "staff")
            for one in wanted
        }


def _names_of(reference: Document, kind: str) -> list[str]:
    """The names by which a reference means a record."""
    names = [reference["record"]] if reference.get("record") else []
    if number := reference.get("number"):
        names.append(state_versions.alias(kind, number, reference.get("assigner") or ""))
    return names


def _number(reference: Document) -> Identifier | None:
    return census_told.read_identifier(reference)


def _read(row: BaseModel) -> Known:
    version = None
    if row.written_at:
        version = Version(row.version or "", datetime.fromisoformat(row.written_at), row.arrived)
    record = row.env[row.res_model].browse(row.res_id) if row.res_model else None
    return Known(row.kind, row, record, version, row.told, row.code or "")


def _values(one: Known) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "version" in one.changed and one.version:
        values |= {
            "version": one.version.name,
            "written_at": one.version.written.isoformat(timespec="microseconds"),
            "arrived": one.version.arrived,
        }
    if "record" in one.changed and one.record is not None:
        values |= {"res_model": one.record._name, "res_id": one.record.id}
    values |= {name: getattr(one, name) for name in ("told", "code") if name in one.changed}
    return values
