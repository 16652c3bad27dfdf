from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..engine import audit, batches

#: As long as anybody asks about a batch.
KEPT = timedelta(days=90)
#: Of one look, so that it ends.
_RUNS = 10


class IntegrationBatch(models.Model):
    """Messages that came together: a request with many items, a file, a list (``engine.batches``).

    Written by the engine alone. It holds ids and counts, and nothing of what the messages say.
    """

    _name = "integration.batch"
    _description = "Batch of Messages"
    _inherit = ["integration.reason.mixin"]
    _log_access = False
    _order = "id desc"
    _reason_acts = ("action_accept",)

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    system_id = fields.Many2one(related="interface_id.system_id", string="Partner system")
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    kind = fields.Selection(
        [("request", "Request"), ("file", "File"), ("list", "List")],
        string="Came as",
        required=True,
        readonly=True,
        help="A request with many items, a file or batch of HL7 messages, or a message that lists "
        "many things and was taken apart.",
    )
    key = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    declared = fields.Integer(
        string="Announced", readonly=True, help="How many items the batch says that it has."
    )
    members = fields.Json(readonly=True, groups=fields.NO_ACCESS)
    state = fields.Selection(
        [
            ("open", "Under way"),
            ("incomplete", "Items missing"),
            ("complete", "Complete"),
            ("accepted", "Accepted as it is"),
        ],
        required=True,
        readonly=True,
    )
    arrived_at = fields.Datetime(string="Arrived", required=True, readonly=True)
    looked_at = fields.Datetime(string="Counted", readonly=True)
    done_count = fields.Integer(string="Done", readonly=True)
    failed_count = fields.Integer(
        string="Failed", readonly=True, help="Items that wait for somebody to mend them."
    )
    open_count = fields.Integer(string="Not finished", readonly=True)
    absent_count = fields.Integer(
        string="Did not come",
        compute="_compute_absent_count",
        help="Items that the batch announces and does not hold, or that were refused.",
    )
    accepted_by_id = fields.Many2one("res.users", string="Accepted by", readonly=True)
    accepted_why = fields.Char(string="Why it was accepted", readonly=True)

    _key_unique = models.UniqueIndex("(interface_id, key)")
    _unsettled_idx = models.Index(
        "(looked_at NULLS FIRST, id) WHERE state IN ('open', 'incomplete')"
    )
    _arrived_idx = models.Index("USING brin (arrived_at)")

    @api.depends("interface_id", "arrived_at")
    @api.depends_context("tz", "lang")
    def _compute_display_name(self):
        for batch in self:
            at = format_datetime(self.env, batch.arrived_at) if batch.arrived_at else ""
            batch.display_name = f"{batch.interface_id.display_name or ''}, {at}"

    @api.depends("declared", "state", "looked_at")
    def _compute_absent_count(self):
        for batch in self:
            # sudo: how many there are is no secret; their ids are for the engine
            came = len(batch.sudo().members or {})
            batch.absent_count = max(batch.declared - came, 0)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Batches are written by the engine only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Batches are written by the engine only."))

    @api.model
    def _cron_settle(self):
        """Count what became of the items of batches that are not complete."""
        for _run in range(_RUNS):
            if batches.settle(self.env.cr) < batches.MOST:
                break

    @api.autovacuum
    def _gc_old(self):
        """Nobody asks for them any more; what failed is still in quarantine or a dead letter."""
        self.env.cr.execute(
            "DELETE FROM integration_batch WHERE id IN (SELECT id FROM integration_batch "
            "WHERE arrived_at < %s LIMIT 50000)",
            [fields.Datetime.now() - KEPT],
        )

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def action_open_messages(self):
        """The messages of the batch, those that failed first."""
        self.ensure_one()
        self.check_access("read")
        # sudo: ids of messages, which are shown to those who may see them
        uuids = sorted(set((self.sudo().members or {}).values()))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        failed = {"search_default_quarantined": 1, "search_default_dead": 1}
        return {
            **action,
            "domain": list(Domain("uuid", "in", uuids)),
            "context": failed if self.failed_count else {},
        }

    def action_ask_accept(self):
        return self._ask_reason(
            "action_accept",
            self.env._("Accept as it is"),
            warning=self.env._(
                "The batch counts as settled although items of it are missing. Messages that "
                "failed stay where they are."
            ),
        )

    def action_accept(self, reason):
        """What is missing will not come; by an operator, who says why."""
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why nothing more is to come."))
        self.env.cr.execute(
            "UPDATE integration_batch SET state = 'accepted', accepted_by_id = %s, "
            "accepted_why = %s WHERE id = ANY(%s) AND state IN ('open', 'incomplete')",
            [self.env.uid, reason.strip(), list(self.ids)],
        )
        self.invalidate_recordset()
        audit.record(self, "accept_batch", reason=reason.strip())
