import logging

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY
from odoo.tools import SQL

from ..engine import kit_planner

#: So many appointments are looked at in one transaction.
AT_ONCE = 200
#: So often a run is begun again, where somebody worked on the same stock.
ATTEMPTS = 3
_KEY = "ehr.kit.due"
_logger = logging.getLogger(__name__)


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
        self._insert(ids)
        # sudo: the feed may not see scheduled actions
        self.env.ref("integration_ehr_supply.ir_cron_kits").sudo()._trigger()

    def _insert(self, ids):
        self.env.cr.execute(
            SQL("INSERT INTO ehr_kit_due (appointment_id) SELECT unnest(%s::int[])", sorted(ids))
        )

    @api.model
    def _cron_plan(self):
        """Reserve, move and release kits as the schedule says by now.

        Run again at once where somebody worked on the same stock meanwhile: the next run of its
        own would be an hour later.
        """
        for attempt in range(ATTEMPTS, 0, -1):
            try:
                self._plan_due()
                self.env.flush_all()
                return
            except OperationalError as error:
                if attempt == 1 or error.pgcode not in PG_CONCURRENCY_ERRORS_TO_RETRY:
                    raise
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)

    def _plan_due(self):
        self._insert_overdue()
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
            self._plan_some(some.with_company(company))
        if self.search_count([], limit=1):
            self.env.ref("integration_ehr_supply.ir_cron_kits")._trigger()

    def _plan_some(self, appointments):
        """Plan appointments; of those that cannot be planned, only themselves."""
        try:
            with self.env.cr.savepoint():
                kit_planner.plan(appointments)
        except (UserError, ValueError, KeyError, IntegrityError) as error:
            self.env.invalidate_all(flush=False)
            if len(appointments) > 1:
                middle = len(appointments) // 2
                self._plan_some(appointments[:middle])
                self._plan_some(appointments[middle:])
            else:
                self._tell_failed(appointments, error)

    def _tell_failed(self, appointment, error):
        """A person has to see to it; the appointment is not looked at again until then."""
        _logger.warning("The kits of an appointment cannot be planned: %s", type(error).__name__)
        why = str(error) if isinstance(error, UserError) else type(error).__name__
        self.env["integration.exception"]._raise_for(
            None,
            appointment,
            "kit_failed",
            self.env._("The case kit of an appointment could not be reserved: %s", why),
            area="stock",
        )

    def _insert_overdue(self):
        """Kits of appointments that are over, as far as anybody knows, do not stay reserved.

        Those that were called off wait for the person who has picked them.
        """
        now = fields.Datetime.now()
        pickings = self.env["stock.picking"].search(
            Domain("ehr_usage", "=", "kit")
            & Domain("ehr_kit_closed", "=", False)
            & (
                Domain(
                    "ehr_appointment_id.start_at",
                    "<",
                    fields.Datetime.subtract(now, days=kit_planner.OVERDUE_DAYS),
                )
                | Domain("ehr_kit_until", "<=", now)
                | Domain("ehr_appointment_id.called_off", "=", True)
            )
        )
        if pickings:
            self._insert(pickings.ehr_appointment_id.ids)
