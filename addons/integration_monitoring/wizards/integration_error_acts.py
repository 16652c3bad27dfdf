from odoo import fields, models

from ..models.integration_error_resolution import WAYS


class IntegrationErrorSnooze(models.TransientModel):
    """Asks for how long a kind of failure is of no interest, and why."""

    _name = "integration.error.snooze"
    _description = "Snooze Failures"

    group_ids = fields.Many2many("integration.error.group", readonly=True)
    hours = fields.Selection(
        [("1", "1 hour"), ("4", "4 hours"), ("24", "1 day"), ("168", "1 week"), ("720", "30 days")],
        string="For",
        required=True,
        default="24",
    )
    note = fields.Char(string="Why", required=True, help="Others will read it.")

    def action_confirm(self):
        self.group_ids.action_snooze(int(self.hours), self.note)
        return {"type": "ir.actions.act_window_close"}


class IntegrationErrorResolve(models.TransientModel):
    """Asks what was done about a kind of failure, for whoever meets it next."""

    _name = "integration.error.resolve"
    _description = "Resolve Failures"

    group_ids = fields.Many2many("integration.error.group", readonly=True)
    way = fields.Selection(WAYS, string="What was done", required=True)
    note = fields.Char(
        string="In words", required=True, help="Others will find it when it fails alike."
    )
    waiting_count = fields.Integer(compute="_compute_waiting_count")
    retry = fields.Boolean(
        string="Retry what waits", help="The next dialog shows what it is, before anything is done."
    )

    def _compute_waiting_count(self):
        for wizard in self:
            wizard.waiting_count = sum(wizard.group_ids.mapped("waiting_count"))

    def action_confirm(self):
        groups = self.group_ids
        groups.action_resolve(self.way, self.note)
        if self.retry and len(groups) == 1 and groups.waiting_count:
            return groups.action_retry()
        return {"type": "ir.actions.act_window_close"}


class IntegrationErrorAssign(models.TransientModel):
    """Asks who looks after a kind of failure."""

    _name = "integration.error.assign"
    _description = "Assign Failures"

    group_ids = fields.Many2many("integration.error.group", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Looks after it",
        required=True,
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("integration_core.group_operator").ids)
        ],
    )

    def action_confirm(self):
        self.group_ids.action_assign(self.user_id.id)
        return {"type": "ir.actions.act_window_close"}
