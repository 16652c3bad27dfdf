from odoo import api, fields, models

from odoo.addons.integration_core.tools import errors

from ..engine.census import Census
from ..engine.census_visits import Entry
from ..tools.census_history import Event


class EhrMerge(models.Model):
    """That two records turned out to be those of one patient, and what was put right for it."""

    _name = "ehr.merge"
    _description = "Merge of Patient Records"
    _order = "occurred_at desc, id desc"
    _check_company_auto = True
    _log_access = False
    _integration_data_class = "clinical"
    _rec_name = "retired_id"

    kept_id = fields.Many2one(
        "ehr.patient",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    retired_id = fields.Many2one(
        "ehr.patient",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    recorded_at = fields.Datetime(string="Told", required=True, readonly=True)
    encounter_count = fields.Integer(string="Visits moved", readonly=True)
    appointment_count = fields.Integer(string="Appointments moved", readonly=True)
    message_uuid = fields.Char(string="Message", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)

    @api.model
    def _merge(self, kept, retired, occurred_at, *, received=None, accounts=None):
        """Let all that is known of one patient be that of another one, and keep the trail.

        The same merge again changes nothing. What was merged into the retired record before goes
        along, so that each retired record names the one that is kept now.

        :param accounts: retired and kept account number, each as ``[number, assigner]``; none of
            them a record number
        :return: the patient that is kept
        :raises errors.ConflictError: a record into itself, or back into one that it replaced
        """
        target = self._require_mergeable(kept, retired)
        if retired._kept() == target:
            return target
        encounters = self.env["ehr.encounter"].search([("patient_id", "=", retired.id)])
        appointments = self._repoint_appointments(retired, target)
        before = self.env["ehr.patient"].with_context(active_test=False)
        before = before.search([("merged_into_id", "=", retired.id)])
        (retired + before).write({"merged_into_id": target.id, "active": False})
        self._tell_visits(encounters, target, occurred_at, received, accounts)
        self.create(
            {
                "kept_id": target.id,
                "retired_id": retired.id,
                "occurred_at": occurred_at,
                "recorded_at": fields.Datetime.now(),
                "encounter_count": len(encounters),
                "appointment_count": appointments,
                "message_uuid": received.uuid if received else False,
                "company_id": target.company_id.id,
            }
        )
        return target

    @api.model
    def _require_mergeable(self, kept, retired):
        """The patient that is kept in the end, if the two can be merged, or are already.

        :raises errors.ConflictError: see :meth:`_merge`
        """
        if kept == retired:
            raise errors.ConflictError(
                "The message merges a record into itself. Ask the sender what it means.",
                code="merge_into_itself",
            )
        target = kept._kept()
        if target == retired:
            raise errors.ConflictError(
                "The record that the message keeps was itself merged into the one that it retires. "
                "Ask the sender which of the two is right; what was merged is not taken apart by "
                "another merge.",
                code="merge_circular",
            )
        if retired.merged_into_id and retired._kept() != target:
            raise errors.ConflictError(
                "The record that the message retires was merged into another one before. Ask the "
                "sender whether these two are the same patient as well; when they were merged, "
                "retry.",
                code="merged_elsewhere",
            )
        return target

    @api.model
    def _repoint_appointments(self, source, target):
        """Return how many appointments of one patient are those of another one now."""
        appointments = self.env["ehr.appointment"].with_context(active_test=False)
        appointments = appointments.search([("patient_id", "=", source.id)])
        appointments.write({"patient_id": target.id})
        return len(appointments)

    @api.model
    def _tell_visits(self, encounters, target, occurred_at, received, accounts):
        """The merge stands in the history of each visit."""
        census = Census(self.env, target.company_id)
        entries = []
        for encounter in encounters:
            facts = {"patient": target.id}
            mine = [encounter.account_number or "", encounter.account_assigner or ""]
            if accounts and accounts[0] == mine:
                number, assigner = accounts[1]
                # The visit's own number stands in clear on the visit alone.
                facts["account"] = ["" if number == encounter.visit_number else number, assigner]
            arrived = received.arrived if received else 0
            event = Event("merge", occurred_at, None, facts, arrived=arrived)
            entries.append(Entry(encounter._visit_key(), event, received))
        census.apply(entries)
        census.store()
