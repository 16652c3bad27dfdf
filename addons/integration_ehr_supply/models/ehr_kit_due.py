from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import kit_planner

#: So many appointments are looked at in one transaction.
AT_ONCE = 200
_KEY = "ehr.kit.due"


class EhrKitDue(models.Model):
    """An appointment that changed; its kits have not been looked at since.

    One slim row for each, inserted at the end of the transaction of the feed and deleted by the
    job that plans: the feed waits neither for stock nor for those who work on its documents.
    """

    _name = "ehr.kit.due"
    _description = "Appointment Whose Kits Are to Be Looked At"
    _log_access = False

    appointment_id = fields.Integer(required=True, readonly=True)

    @api.model
    def _remember(self, appointments):
        """Look at the kits of appointments when this transaction is over."""
        data = self.env.cr.precommit.data
        if _KEY not in data:
            data[_KEY] = set()
            self.env.cr.precommit.add(self._store)
        data[_KEY].update(appointments.ids)

    def _store(self):
        ids = self.env.cr.precommit.data.pop(_KEY, None)
        if not ids:
            return
        self.env.cr.execute(
            SQL(
                "INSERT INTO ehr_kit_due (appointment_id) SELECT unnest(%s::int[])",
                sorted(ids),
            )
        )
        # sudo: the feed may not see scheduled actions
        self.env.ref("integration_ehr_supply.ir_cron_kits").sudo()._trigger()

    @api.model
    def _cron_plan(self):
        """Reserve, move and release kits as the schedule says by now."""
        self._remember_overdue()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM ehr_kit_due WHERE id IN (
                    SELECT id FROM ehr_kit_due ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                ) RETURNING appointment_id
                """,
                AT_ONCE,
            )
        )
        ids = {row[0] for row in self.env.cr.fetchall()}
        for company, some in (
            self.env["ehr.appointment"].browse(ids).exists().grouped("company_id").items()
        ):
            kit_planner.plan(some.with_company(company))
        if self.search_count([], limit=1):
            self.env.ref("integration_ehr_supply.ir_cron_kits")._trigger()

    def _remember_overdue(self):
        """Kits of appointments of which nobody told that they are over do not stay reserved."""
        over = fields.Datetime.subtract(fields.Datetime.now(), days=kit_planner.OVERDUE_DAYS)
        pickings = self.env["stock.picking"].search(
            [
                ("ehr_usage", "=", "kit"),
                ("ehr_kit_closed", "=", False),
                ("ehr_appointment_id.start_at", "<", over),
            ]
        )
        self._remember(pickings.ehr_appointment_id)
        self._store()
