"""What messages about appointments refer to, looked up for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from odoo import api
from odoo.models import BaseModel

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools import errors

from ..tools import clinical
from ..tools.census_told import Identifier, read_place
from ..tools.schedule import Planned
from .schedule_number_book import NumberBook

Document = Mapping[str, Any]


def visit_context(company_id: int, assigner: str) -> str:
    """What the pseudonym of a visit that is not known yet is bound to."""
    return f"ehr.appointment|visit|{company_id}|{assigner}"


class ScheduleBook:
    """The appointments, patients, visits, staff and places that some messages name.

    :param assigner: whose numbers appointments have that name no assigner
    :param documents: data of messages of one system, as in the contract ``ehr.appointment``
    :ivar given: appointments that are another patient's, or somebody's at all, since this began
    :raises errors.IntegrationError: a place is not known
    """

    def __init__(self, env: api.Environment, assigner: str, documents: Sequence[Document]) -> None:
        self.env = env
        self.company = env.company
        self.given = env["ehr.appointment"]
        patients = _pairs(data.get("patient") for data in documents)
        visits = _pairs(data.get("visit") for data in documents)
        needs = [one for data in documents for one in data.get("resources", ())]
        providers = _pairs(one.get("provider") for one in needs)
        self._patients = env["ehr.patient"]._resolve(patients)
        self._visits = env["ehr.encounter"]._resolve(visits)
        self._staff = env["ehr.staff"]._resolve(providers)
        places = [place for one in needs if (place := read_place(one.get("location")))]
        self._places = env["ehr.location"]._resolve(places)
        known = env["ehr.patient"].union(
            *self._patients.values(),
            *(self.env["ehr.patient"].browse(data.get("patient_id", ())) for data in documents),
            *(visit.patient_id for visit in self._visits.values()),
        )
        self._numbers = NumberBook(env, assigner, documents, known._kept())

    # -- appointments ----------------------------------------------------------------------

    def add(self, appointment: BaseModel) -> None:
        """Let an appointment be found by its numbers."""
        self._numbers.add(appointment)

    def appointment(self, data: Document) -> BaseModel:
        """The appointment that a message means; empty if it is not known.

        One that was asked for under the placer's number gets the filler's when it is booked. Of
        several with one placer's number, the filler's tells which is meant.

        :raises errors.ConflictError: it could be one of several
        """
        filler = self._numbers.named(data, "filler")
        if filler:
            return filler
        asked = self._numbers.named(data, "placer")
        if data.get("filler"):
            asked = asked.filtered(lambda one: not (one.filler_number or one.filler_key))
        if len(asked) > 1:
            raise errors.ConflictError(
                "Several appointments have the number of the request that the message names, and "
                "it names no other. Ask the sender for the number of the appointment, then cancel "
                "this message.",
                code="appointment_ambiguous",
            )
        return asked

    def numbers(
        self, data: Document, appointment: BaseModel, said: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Values of the numbers of an appointment, and of those of its orders.

        Only those that the message has.

        :param said: whom it concerns, as of :meth:`persons`
        :raises errors.ContractError: ``appointment_is_record_number``
        """
        patient = appointment.patient_id.browse(said.get("patient_id")) or appointment.patient_id
        visit = appointment.encounter_id.browse(said.get("encounter_id"))
        return self._numbers.values(data, patient, visit or appointment.encounter_id)

    # -- whom it concerns ------------------------------------------------------------------

    def persons(self, data: Document) -> dict[str, Any]:
        """Patient and visit. A visit that is not known yet is remembered by a pseudonym.

        A handler that knows the patient by something else than a number says ``patient_id``.

        :raises errors.ConflictError: the visit is another patient's
        """
        said: dict[str, Any] = {}
        named, visited = clinical.pair(data.get("patient")), clinical.pair(data.get("visit"))
        patient = self.env["ehr.patient"].browse(data.get("patient_id", ()))
        patient = self._patients[named]._kept() if named else patient
        if visited:
            visit = self._visits.get(visited, self.env["ehr.encounter"])
            if patient and visit.patient_id and visit.patient_id != patient:
                raise errors.ConflictError(
                    "An appointment is of one patient, and its visit of another one. Ask the "
                    "sender which is right; if their records were merged, handle that message "
                    "first, then retry.",
                    code="visit_of_other_patient",
                )
            patient = patient or visit.patient_id
            said["encounter_id"] = visit.id
            said["visit_key"] = False if visit else self._visit_key(visited)
        if patient:
            said["patient_id"] = patient.id
        return said

    def _visit_key(self, visited: Identifier) -> str:
        assigner, number = visited
        context = visit_context(self.company.id, assigner)
        return keys.require(self.env.cr).pseudonym(number, context)

    # -- what it needs ---------------------------------------------------------------------

    def resources(self, needs: Sequence[Document]) -> list[tuple[str | None, Planned]]:
        """Resources of a message with their actions."""
        return [(one.get("action"), self._planned(one)) for one in needs]

    def _planned(self, one: Document) -> Planned:
        provider = clinical.pair(one.get("provider"))
        place = read_place(one.get("location"))
        return Planned(
            one["kind"],
            one.get("code") or "",
            self._places[place].id if place else 0,
            self._staff[provider].id if provider else 0,
            clinical.moment(one.get("start")),
            one.get("minutes") or 0,
        )


def _pairs(identifiers: Iterable[Document | None]) -> list[Identifier]:
    found = (clinical.pair(one) for one in identifiers)
    return list(dict.fromkeys(one for one in found if one))
