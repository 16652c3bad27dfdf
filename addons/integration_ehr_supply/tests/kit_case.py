from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from .usage_case import UsageCase


class KitCase(UsageCase):
    """A store with the items of a hip replacement, and the schedule of the theatre."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = cls._store("Sterile store", "STERILE")
        cls.theatre.kit_source_id = cls.store
        cls._put(cls.swab, 50, cls.store)
        cls.serials = cls._lot(cls.stem, "SN7", 1, cls.store)
        cls.surgeon = cls.env["ehr.staff"].create(
            {"number": "S1", "assigner": "MAIN", "company_id": cls.env.company.id}
        )
        cls.kit = cls.env["ehr.case.kit"].create(
            {
                "name": "Hip replacement",
                "code": "27130",
                "line_ids": [
                    Command.create(
                        {"product_id": cls.swab.id, "quantity": 2, "uom_id": cls.box.id}
                    ),
                    Command.create({"product_id": cls.stem.id, "quantity": 1}),
                ],
            }
        )
        cls.env.cr.flush()

    def siu(
        self, trigger, number="F1", *, days=7, code="27130", place="OR^OR1^^MAIN", visit="",
        staff="", status="", at="20250302080000",
    ):  # fmt: skip
        """A message about an appointment, brought by the feed of the schedule."""
        start = fields.Datetime.now() + timedelta(days=days)
        sch = f"SCH||{number}^THEATRE|||||ELECTIVE|SURGERY|90|min|^^90^{start:%Y%m%d}080000"
        sch += f"{'|' * 14}{status}" if status else ""
        segments = [sch]
        if visit:
            segments += ["PID|1||4771^^^MAIN^MR", f"PV1|1|I{'|' * 17}{visit}^^^MAIN"]
        segments.append("RGS|1")
        if trigger in ("S12", "S13", "S14"):
            segments += [f"AIS|1||{code}^Procedure", f"AIL|1||{place}"]
            segments += [f"AIP|1||{staff}^Surgeon^^^^^^^MAIN"] if staff else []
        control, kind, raw = self.message(f"SIU^{trigger}", *segments)
        raw = raw.replace(b"|20250302080000||SIU", f"|{at}||SIU".encode())
        usage, type(self).feed = self.feed, self.visits_feed
        try:
            (told,) = self.arrive((control, kind, raw))
        finally:
            type(self).feed = usage
        self.assertEqual(told.state, "done", told.error_message)
        return told

    def book(self, number="F1", *, planned=True, **more):
        return self.siu("S12", number, **more)

    def plan(self):
        """What the scheduled action does when the transaction of the feed is over."""
        self.env.cr.flush()
        self.env["ehr.kit.due"]._cron_plan()
        self.env.cr.flush()
        self.env.invalidate_all()

    def hours_pass(self):
        """What was used may not be told any more."""
        self.plan()
        kept = self.env["stock.picking"].search([("ehr_kit_until", "!=", False)])
        kept.ehr_kit_until = fields.Datetime.now() - timedelta(minutes=1)
        self.plan()

    def appointment(self, number="F1"):
        self.env.invalidate_all()
        return self.env["ehr.appointment"].search([("filler_number", "=", number)])

    def kits(self, number="F1"):
        return self.appointment(number).kit_picking_ids.filtered(lambda one: not one.ehr_kit_closed)
