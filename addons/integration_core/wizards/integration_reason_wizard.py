from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class IntegrationReasonWizard(models.TransientModel):
    """Asks why, then acts (see ``integration.reason.mixin``)."""

    _name = "integration.reason.wizard"
    _description = "Reason for an Act"

    res_model = fields.Char(required=True, readonly=True)
    res_ids = fields.Char(required=True, readonly=True)
    method = fields.Char(required=True, readonly=True)
    confirm = fields.Char(readonly=True)
    warning = fields.Text(readonly=True)
    reason = fields.Text(required=True, help="Others will read it; write it for them.")

    def action_confirm(self):
        self.ensure_one()
        model = self.env.get(self.res_model)
        if self.method not in getattr(model, "_reason_acts", ()):
            raise AccessError(self.env._("This act does not exist."))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))
        records = model.browse(int(one) for one in self.res_ids.split(",")).exists()
        result = getattr(records, self.method)(self.reason.strip())
        return result if isinstance(result, dict) else {"type": "ir.actions.act_window_close"}
