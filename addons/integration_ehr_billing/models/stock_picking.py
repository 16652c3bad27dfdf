from odoo import api, fields, models


class StockPicking(models.Model):
    """What is taken from stock for a visit."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "ehr.visit.document"]

    ehr_charge_count = fields.Integer(
        string="Number of charges",
        compute="_compute_ehr_charge_count",
        groups="account.group_account_invoice",
    )

    @api.depends("move_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_charge_count(self):
        charges = self.env["ehr.charge"]
        for picking in self:
            picking.ehr_charge_count = charges.search_count(picking._ehr_charges_domain())

    def _ehr_charges_domain(self):
        """Charges of what these transfers took, and credits of what they brought back."""
        moves = self.move_ids
        # sudo: who invoices need not be able to read usage; its ids lead to charges alone
        used = moves.sudo().ehr_consumption_ids
        return ["|", ("stock_move_id", "in", moves.ids), ("consumption_id", "in", used.ids)]

    def action_open_ehr_charges(self):
        return self.env["ehr.charge"]._open_list(self._ehr_charges_domain())
