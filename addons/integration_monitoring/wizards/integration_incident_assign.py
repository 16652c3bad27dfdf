from odoo import fields, models


class IntegrationIncidentAssign(models.TransientModel):
    """Asks who looks after incidents."""

    _name = "integration.incident.assign"
    _description = "Assign Incidents"

    incident_ids = fields.Many2many("integration.incident", required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Looked after by",
        required=True,
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("integration_core.group_operator").ids)
        ],
    )

    def action_confirm(self):
        self.ensure_one()
        self.incident_ids.action_assign(self.user_id.id)
        return {"type": "ir.actions.act_window_close"}
