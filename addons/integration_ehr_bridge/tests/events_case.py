"""A clinical system, and a kitchen that is told of visits and appointments."""

import json

from odoo.addons.integration_core.engine import payloads

from .schedule_case import ScheduleCase

CODES = (
    "encounter_admitted",
    "encounter_transferred",
    "encounter_discharged",
    "encounter_cancelled",
    "appointment_booked",
    "appointment_changed",
    "appointment_cancelled",
    "provider_schedule_changed",
)


class EventsCase(ScheduleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.types = cls.env["integration.event.type"].union(
            *(cls.env.ref(f"integration_ehr_bridge.event_type_{code}") for code in CODES)
        )
        cls.kitchen = cls.env["integration.system"].create(
            {"name": "Kitchen", "code": "KITCHEN", "kind": "other"}
        )
        cls.reconfigure(
            cls.outbound,
            system_id=cls.kitchen.id,
            data_class="clinical",
            event_type_ids=[(6, 0, cls.types.ids)],
        )
        cls.ward, cls.bed = cls.env["ehr.location"].create(
            [
                {"facility": "MAIN", "point_of_care": "4W"},
                {
                    "facility": "MAIN",
                    "point_of_care": "4W",
                    "room": "401",
                    "bed": "A",
                    "kind": "bed",
                },
            ]
        )

    def told(self):
        """Type codes of the events of this transaction since the last call, with their content."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.cr.execute(
            "SELECT type_code, uuid, data, body, encoding, subject, cause_system_id, res_id "
            "FROM integration_event WHERE dispatched_at IS NULL ORDER BY id"
        )
        rows = self.env.cr.fetchall()
        ring = self.env["integration.credential"]._key_ring()
        self.rows = rows
        found = {}
        for code, uuid, data, body, encoding, *_rest in rows:
            found.setdefault(code.removeprefix("ehr."), []).append(
                json.loads(payloads.open_event(data, body and bytes(body), encoding, uuid, ring))
            )
        self.dispatch()
        self.forget()
        return found

    def forget(self):
        """What follows belongs to another transaction."""
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()
