"""Appointments by their numbers, and which of these stand in clear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from odoo import api
from odoo.fields import Domain
from odoo.models import BaseModel

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools.keyring import KeyRing

from ..tools import clinical, schedule_numbers
from ..tools.census_told import Identifier
from ..tools.schedule_numbers import ORDERS, ROLES

Document = Mapping[str, Any]


class NumberBook:
    """The appointments that some messages name, and what their numbers may be confused with.

    A number that is the visit's as well is kept as a pseudonym, by which the appointment is found
    again, also by messages that do not name the visit.

    :param assigner: whose numbers appointments have that name no assigner
    :param documents: data of messages of one system, as in the contract ``ehr.appointment``
    :param patients: records that the messages are about, none of them retired
    """

    def __init__(
        self,
        env: api.Environment,
        assigner: str,
        documents: Sequence[Document],
        patients: BaseModel,
    ) -> None:
        self.env = env
        self.assigner = assigner
        self.company = env.company
        self._clear: dict[tuple[str, Identifier], BaseModel] = defaultdict(
            env["ehr.appointment"].browse
        )
        self._keyed: dict[tuple[str, str], BaseModel] = defaultdict(env["ehr.appointment"].browse)
        self._ring = self._needed_ring()
        known = self._read(documents)
        patients |= known.patient_id
        self._retired = patients.with_context(active_test=False).merged_ids
        numbers = [number for data in documents for number in schedule_numbers.all_numbers(data)]
        self._visits: dict[int, list[str]] = defaultdict(list)
        theirs = Domain("patient_id", "in", patients.ids)
        for visit in env["ehr.encounter"].search(theirs & Domain("visit_number", "in", numbers)):
            self._visits[visit.patient_id.id].append(visit.visit_number)

    def _needed_ring(self) -> KeyRing | None:
        """The key ring, if there are numbers that only it finds.

        :raises tools.keyring.KeyRingError: it is needed and not there
        """
        mine = Domain("company_id", "=", self.company.id)
        keyed = Domain.OR(Domain(f"{role}_key", "!=", False) for role in ROLES)
        if self.env["ehr.appointment"].search_count(mine & keyed, limit=1):
            return keys.require(self.env.cr)
        return None

    def _read(self, documents: Sequence[Document]) -> BaseModel:
        wanted: dict[str, list[Identifier]] = defaultdict(list)
        for data in documents:
            for role, one in schedule_numbers.identifiers(data, self.assigner).items():
                wanted[role].append(one)
        found = []
        for role, several in wanted.items():
            found.append(Domain(f"{role}_number", "in", [one.number for one in several]))
            if names := [name for one in several for name in self._pseudonyms(one)]:
                found.append(Domain(f"{role}_key", "in", names))
        mine = Domain("company_id", "=", self.company.id)
        known = self.env["ehr.appointment"].search(mine & Domain.OR(found), order="id")
        for one in known:
            self.add(one)
        return known

    def _pseudonyms(self, one: Identifier) -> list[str]:
        if self._ring is None:
            return []
        context = schedule_numbers.context(self.company.id, one.assigner)
        return list(self._ring.pseudonyms(one.number, context).values())

    def add(self, appointment: BaseModel) -> None:
        """Let an appointment be found by its numbers."""
        for role in ROLES:
            if number := appointment[f"{role}_number"]:
                named = Identifier(appointment[f"{role}_assigner"] or "", number)
                self._clear[role, named] |= appointment
            elif key := appointment[f"{role}_key"]:
                self._keyed[role, key] |= appointment

    def named(self, data: Document, role: str) -> BaseModel:
        """The appointments that have a number of a message; none if it says none."""
        found = self.env["ehr.appointment"]
        if one := clinical.pair(data.get(role), self.assigner):
            found |= self._clear.get((role, one), found)
            for name in self._pseudonyms(one):
                found |= self._keyed.get((role, name), found)
        return found

    def values(
        self, data: Document, patient: BaseModel, visit: BaseModel
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Values of the numbers of an appointment, and of those of its orders.

        :param patient: whom it concerns, as far as that is known; so ``visit``
        :raises errors.ContractError: ``appointment_is_record_number``
        """
        self._require_no_record(data, patient)
        others = [visit.visit_number, *self._visits.get(patient.id, ())]
        if visited := clinical.pair(data.get("visit")):
            others.append(visited.number)
        numbers: dict[str, Any] = {}
        for role, one in schedule_numbers.identifiers(data, self.assigner).items():
            numbers[f"{role}_assigner"] = one.assigner
            hidden = schedule_numbers.is_one_of(one.number, others) or self._is_keyed(role, one)
            numbers[f"{role}_number"] = False if hidden else one.number
            numbers[f"{role}_key"] = self._key(one) if hidden else False
        orders = {name: data[name] or False for name in ORDERS if name in data}
        for name, number in orders.items():
            if number and schedule_numbers.is_one_of(number, others):
                orders[name] = False  # nothing is found by it, so nothing of it is kept
        return numbers, orders

    def _is_keyed(self, role: str, one: Identifier) -> bool:
        """Whether it was known for the visit's before, when a message named the visit."""
        return any(self._keyed.get((role, name)) for name in self._pseudonyms(one))

    def _key(self, one: Identifier) -> str:
        self._ring = self._ring or keys.require(self.env.cr)
        return self._ring.pseudonym(
            one.number, schedule_numbers.context(self.company.id, one.assigner)
        )

    def _require_no_record(self, data: Document, patient: BaseModel) -> None:
        """The record number as the message has it, or any that the patient is known to have."""
        named = clinical.pair(data.get("patient"))
        records = patient | self._retired.filtered(lambda one: one.merged_into_id == patient)
        for number in schedule_numbers.all_numbers(data):
            if (named and schedule_numbers.is_one_of(number, [named.number])) or (
                records and records._has_number(number)
            ):
                raise schedule_numbers.is_record_number()
