from odoo import models

from odoo.addons.integration_core.tools import errors

from ..engine.schedule_book import ScheduleBook
from ..tools import clinical, schedule

#: Facts that are taken over as they are: member of the contract to field.
_PLAIN = {
    "type": "type_code",
    "reason_code": "reason_code",
}
#: In the context of the appointment that a message touched: whose schedules that changed.
_STAFF = "ehr_staff_ids"


class IntegrationHandlerEhrAppointment(models.AbstractModel):
    """An appointment as the system that keeps the schedule tells of it.

    It is known by the number of that system (filler), or of the one that asked for it (placer). A
    number without an assigner is the sender's own: those of two systems do not meet.
    """

    _name = "integration.handler.ehr_appointment"
    _inherit = "integration.handler.ehr"
    _description = "Appointment: booked, changed, called off"

    _contract = "ehr.appointment"
    _batch_size = 100

    def _process_batch(self, messages):
        received = messages[0][0]
        # sudo: the service user needs no right on systems to know whose message this is
        system = self.env["integration.system"].sudo().browse(received.system_id)
        book = ScheduleBook(self.env, system.code, [data for _received, data in messages])
        touched = [self._apply(book, one, data) for one, data in messages]
        book.given.patient_id._claim()
        return touched

    def _along_with(self, record):
        return (self.env["ehr.staff"].browse(record.env.context.get(_STAFF, ())),)

    # ------------------------------------------------------------------
    # one event
    # ------------------------------------------------------------------

    def _apply(self, book, received, data):
        at = self._moment(data)
        now = schedule.tick(at, received.arrived)
        appointment = book.appointment(data)
        clocks = appointment.clocks or {}
        status = schedule.Status(appointment.status) if appointment else None
        try:
            schedule.require_open(data["event"], data.get("status"), now, status, clocks)
        except schedule.AppointmentOverError as exc:
            raise self._over(exc.status) from None
        numbers, said = self._facts(book, data, appointment)
        fresh, clocks = schedule.news(said, now, clocks)
        values = appointment._differing(numbers | fresh)
        if "resources" in data:
            said = book.resources(data["resources"])
            needs, clocks = schedule.needs(said, now, clocks)
            values |= appointment._replan(needs) if needs else {}
        if clocks != (appointment.clocks or {}):
            values |= {"clocks": clocks, "last_event_at": max(at, appointment.last_event_at or at)}
        before = appointment.resource_ids.staff_id
        if not appointment:
            appointment = appointment.create(values)
        elif values:
            appointment.write(values)
        book.add(appointment)
        if "patient_id" in values:
            book.given |= appointment
        staff = before | appointment.resource_ids.staff_id
        return appointment.with_context(**{_STAFF: staff.ids})

    def _facts(self, book, data, appointment):
        """The numbers of the appointment, and what the message says of it; needs are apart."""
        said = {field: data[name] or False for name, field in _PLAIN.items() if name in data}
        if status := schedule.meant_status(data["event"], data.get("status")):
            said["status"] = status.value
        persons = book.persons(data)
        numbers, orders = book.numbers(data, appointment, persons)
        return numbers, said | orders | self._times(data, appointment) | persons

    def _times(self, data, appointment):
        """Beginning and duration. A new beginning without a word on the end keeps the duration.

        :raises errors.ContractError: the end is no end of this beginning
        """
        said = {}
        if "start" in data:
            said["start_at"] = clinical.moment(data["start"]) or False
        if "minutes" in data:
            said["minutes"] = data["minutes"]
        elif "end" in data:
            end = clinical.moment(data["end"])
            start = said.get("start_at", appointment.start_at)
            if end and not start:
                raise errors.ContractError(
                    "An appointment has an end and no beginning. Ask the sender for both, or mend "
                    "the mapping of the interface, then retry.",
                    code="end_without_start",
                )
            said["minutes"] = clinical.minutes_between(start, end) if end else 0
        return said

    # ------------------------------------------------------------------
    # what a person has to decide
    # ------------------------------------------------------------------

    def _over(self, status):
        cancelled = status in schedule.CALLED_OFF
        return errors.ConflictError(
            "An appointment gets a new time that was called off before. Ask those who keep the "
            "schedule whether it takes place: let them book it again, or cancel this message."
            if cancelled
            else "An appointment gets a new time that is over already. Ask those who keep the "
            "schedule which is right: let them book it again, or cancel this message.",
            code="appointment_cancelled" if cancelled else "appointment_over",
        )
