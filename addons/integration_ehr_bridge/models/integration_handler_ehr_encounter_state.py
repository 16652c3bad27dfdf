from odoo import models

from ..engine.census_visits import Entry
from ..tools import census_state, census_told, clinical
from ..tools.census_events import Event
from ..tools.census_state import State, Stay, Told

#: Facts that need no looking up: member of the contract to fact.
_PLAIN = ("service", "disposition")


class IntegrationHandlerEhrEncounterState(models.AbstractModel):
    """Where patients are, by systems that keep a visit as a record.

    What a version tells beside those before it are events of the census
    (:mod:`..tools.census_state`), so the visit may be told of by other feeds as well.
    """

    _name = "integration.handler.ehr_encounter_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr_encounter"]
    _description = "Visit as it stands"

    _contract = "ehr.encounter_state"
    _batch_size = 200
    _aliased = ("place",)

    def _process_batch(self, messages):
        book, now = self._book(messages), self._now()
        documents = [data for _received, data in messages]
        patients = book.patients(data.get("patient") for data in documents)
        staff = book.staff(data.get("attending") for data in documents)
        entries, numbers = [], []
        for number, (received, data) in enumerate(messages):
            version = book.version(received, data, now)
            state = self._state(book, data, patients, staff, now)
            mine = self._entries(book, received, data, state, version)
            entries += mine
            numbers += [number] * len(mine)
        census = self._census()
        keys = [self._visit(data) for data in documents]
        census.load(keys)
        census.apply(entries, by_message=True, of_messages=numbers)
        census.store()
        by_message = {number: [] for number in range(len(messages))}
        for number, entry in zip(numbers, entries, strict=True):
            by_message[number].append(entry)
        touched = [
            self._touched_by(census.visit(key), by_message[number])
            for number, key in enumerate(keys)
        ]
        for data, record in zip(documents, touched, strict=True):
            if record:
                visit = self.env["ehr.encounter"].browse(record.id)
                book.note(data["record"], "visit", visit)
                self._link_appointments(book, data, visit)
        book.store()
        return touched

    def _link_appointments(self, book, data, visit):
        """Appointments that the visit names are of this visit, unless somebody has said otherwise.

        Not every system tells of its appointments: one that is not known is no reason to wait.
        """
        for reference in data.get("appointments", ()):
            known = book.find(reference, "appointment")
            appointment = known.record.exists() if known and known.record else None
            if (
                appointment
                and appointment._name == "ehr.appointment"
                and appointment.patient_id == visit.patient_id
                and not appointment.encounter_id
                # One with the number of the visit is kept by a pseudonym: its own feed says that.
                and appointment.filler_number != visit.visit_number
            ):
                appointment.write({"encounter_id": visit.id, "visit_key": False})

    def _touched_by(self, visit, entries):
        """The visit, which remembers the events that its message brought; or nothing."""
        moves = visit.record.move_ids.browse()
        for entry in entries:
            if entry.visit == visit.key and entry.event.digest in visit.moves:
                moves |= visit.moves[entry.event.digest]
        return visit.record.with_context(ehr_move_ids=moves.ids)

    # ------------------------------------------------------------------
    # one version
    # ------------------------------------------------------------------

    def _visit(self, data):
        patient = census_told.read_identifier(data.get("patient"))
        return census_told.read_visit(data["visit"], patient)

    def _entries(self, book, received, data, state, version):
        """The events that a version tells, those that it takes back among them."""
        visit = self._visit(data)
        known = book.known(data["record"])
        told = Told.from_json(known and known.told)
        before = self._visit_before(known)
        found = []
        if before and before != visit:
            # The record is of another visit than it was: it is none of the former one.
            found = [
                Entry(before, self._arrived(event, received), received)
                for event in census_state.withdrawn(told, state.recorded_at)
            ]
            told = census_state.NOTHING
        events, told = census_state.events(state, told)
        book.note(data["record"], "visit", version=version, told=told.as_json()).visit = visit
        return [*found, *(Entry(visit, self._arrived(one, received), received) for one in events)]

    def _visit_before(self, known):
        """Of which visit a record was; ``None`` for one that is new."""
        if known is None:
            return None
        return known.visit or (known.record and known.record._visit_key()) or None

    def _arrived(self, event, received):
        return Event(
            event.kind, event.occurred_at, event.recorded_at, event.facts, arrived=received.arrived
        )

    def _state(self, book, data, patients, staff, now):
        patient = data.get("patient")
        who = patients[id(patient)] if patient else self.env["ehr.patient"]
        visit = self._visit(data)
        if who and not patient.get("number") and who._has_number(visit.number):
            raise census_told.visit_is_record_number()
        facts = {name: data[name] for name in _PLAIN if name in data}
        if who:
            facts["patient"] = who.id
        if data.get("attending"):
            facts["attending"] = staff[id(data["attending"])].id
        if data.get("account"):
            facts |= self._account(data, visit, who)
        planned = data["status"] == census_state.PLANNED
        if planned and data.get("start"):
            facts["expected_at"] = clinical.moment(data["start"]).isoformat()
        return State(
            status=data["status"],
            recorded_at=census_told.read_moment(data["recorded_at"], now),
            start=None if planned else self._began(data, now),
            end=self._past(data.get("end"), now) if data["status"] == "finished" else None,
            stays=self._stays(book, data, now),
            classes=self._classes(data),
            facts=facts,
        )

    def _began(self, data, now):
        """When the visit began. One that was called off before says when it was to begin."""
        start = clinical.moment(data.get("start"))
        if data["status"] in (census_state.CANCELLED, census_state.MISTAKEN):
            return start if start and start <= now else None
        return self._past(data.get("start"), now)

    def _past(self, text, now):
        return census_told.read_moment(text, now) if text else None

    def _account(self, data, visit, who):
        """The account, unless it is a number of the patient: that stands nowhere in clear."""
        named = census_told.read_identifier(data.get("patient"))
        number = census_told.read_identifier(data["account"])
        if number and who and who._has_number(number.number):
            return {}
        return census_told.read_account(data["account"], visit, named)

    def _classes(self, data):
        """The classes in their order; the present one at last, even if the history lacks it."""
        found = [
            (one["class"], clinical.moment(one.get("since"))) for one in data.get("classes", ())
        ]
        found.sort(key=lambda one: one[1] or clinical.moment("1970-01-01T00:00:00Z"))
        if "class" in data and (not found or found[-1][0] != data["class"]):
            found.append((data["class"], None))
        return found

    # ------------------------------------------------------------------
    # places
    # ------------------------------------------------------------------

    def _stays(self, book, data, now):
        """The stays of a visit. Of a bed and its room at the same time, the bed counts."""
        found = []
        for one in data.get("stays", ()):
            place = self._place(book, one["place"])
            if place is None:
                continue
            stay = Stay(
                place.id,
                self._past(one.get("since"), now) if not one.get("planned") else None,
                clinical.moment(one.get("until")),
                bool(one.get("planned")),
            )
            found.append((place, stay))
        return [
            stay
            for place, stay in found
            if not any(
                other != place
                and (other.parent_path or "").startswith(place.parent_path or "-")
                and (also.since, also.planned) == (stay.since, stay.planned)
                for other, also in found
            )
        ]

    def _place(self, book, reference):
        """A place; ``None`` for one where nobody can be said to be: a hospital as a whole.

        :raises UnknownReferenceError: it was not told of yet
        """
        known = book.find(reference, "place")
        if known and known.record is None and known.version:
            return None
        return book.meant(reference, "place")
