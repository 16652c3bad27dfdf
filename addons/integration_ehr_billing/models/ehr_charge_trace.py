"""From a charge to what was taken from stock for it, its journal entries, and back."""

from odoo import api, fields, models
from odoo.fields import Domain

#: Who may follow goods from a charge, or a charge from goods.
TRACE_GROUPS = "account.group_account_invoice,account.group_account_readonly"


class EhrCharge(models.Model):
    _inherit = "ehr.charge"  # pylint: disable=consider-merging-classes-inherited

    usage_count = fields.Integer(string="Usage lines", compute="_compute_usage_count")
    stock_entry_count = fields.Integer(compute="_compute_stock_entry_count", groups=TRACE_GROUPS)

    @api.depends("consumption_id", "order_number", "encounter_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_usage_count(self):
        readable = self.env["ehr.consumption"].has_access("read")
        for charge in self:
            charge.usage_count = len(charge._usage()._filtered_access("read")) if readable else 0

    @api.depends("consumption_id", "order_number", "encounter_id", "stock_move_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_stock_entry_count(self):
        for charge in self:
            charge.stock_entry_count = len(charge._stock_entries())

    def _usage(self):
        """What was used and is charged by these.

        Of Odoo's own charges that is known; one of a clinical system names the order or dispense
        (FT1-23) of the same visit.
        """
        # sudo: which usage it is, for whoever may read the charge; the reader's rights on usage
        # decide what is shown
        full = self.sudo()
        found = full.consumption_id
        for charge in full:
            if charge.source == "feed" and charge.order_number and charge.encounter_id:
                found |= found.search(
                    Domain("company_id", "=", charge.company_id.id)
                    & Domain("encounter_id", "=", charge.encounter_id.id)
                    & (
                        Domain("number", "=", charge.order_number)
                        | Domain("order_number", "=", charge.order_number)
                    )
                )
        return found.sudo(False)

    def _stock_entries(self):
        """The journal entries of what was taken from stock, as far as the reader may see them."""
        # sudo: as above
        moves = self.sudo().stock_move_id | self._usage().sudo().move_id
        return moves.account_move_id.sudo(False)._filtered_access("read")

    def action_open_usage(self):
        """What was used and is charged by this, line by line as it was told."""
        self.ensure_one()
        return self.env["ehr.consumption"]._open_list([("id", "in", self._usage().ids)])

    def action_open_stock_entries(self):
        """The journal entries of what was taken from stock for this."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_journal_line")
        return {**action, "domain": [("id", "in", self._stock_entries().ids)], "context": {}}

    @api.model
    def _open_list(self, charges):
        """Action: these charges."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_billing.action_ehr_charge"
        )
        return {**action, "domain": [("id", "in", charges.ids)], "context": {}}


class EhrConsumption(models.Model):
    _inherit = "ehr.consumption"  # pylint: disable=consider-merging-classes-inherited

    charge_count = fields.Integer(
        string="Number of charges", compute="_compute_charge_count", groups=TRACE_GROUPS
    )

    @api.depends("charge_ids", "encounter_id", "number", "order_number")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_charge_count(self):
        for one in self:
            one.charge_count = len(one._charges())

    def _charges(self):
        """What charges these, as far as the reader may see it: see ``ehr.charge._usage``."""
        charges = self.env["ehr.charge"]
        # sudo: which charges there are; the reader's rights decide what is shown
        full = self.sudo()
        found = full.charge_ids
        for one in full.filtered("encounter_id"):
            numbers = [number for number in (one.number, one.order_number) if number]
            found |= charges.sudo().search(  # sudo: as above
                Domain("company_id", "=", one.company_id.id)
                & Domain("encounter_id", "=", one.encounter_id.id)
                & Domain("source", "=", "feed")
                & Domain("order_number", "in", numbers)
            )
        return found.sudo(False)._filtered_access("read")

    def action_open_charges(self):
        """What charges this."""
        self.ensure_one()
        return self.env["ehr.charge"]._open_list(self._charges())


class StockMove(models.Model):
    _inherit = "stock.move"  # pylint: disable=consider-merging-classes-inherited

    ehr_charge_ids = fields.One2many(
        "ehr.charge", "stock_move_id", string="Charges", groups=TRACE_GROUPS
    )

    def _ehr_charges(self):
        """What charges the goods of these moves, as far as the reader may see it."""
        # sudo: which charges there are; the reader's rights decide what is shown
        full = self.sudo()
        charges = full.ehr_charge_ids.sudo(False)._filtered_access("read")
        return charges | full.ehr_consumption_ids.sudo(False)._charges()


class StockPicking(models.Model):
    _inherit = "stock.picking"  # pylint: disable=consider-merging-classes-inherited

    ehr_charge_count = fields.Integer(
        string="Number of charges", compute="_compute_ehr_charge_count", groups=TRACE_GROUPS
    )

    @api.depends("move_ids.ehr_charge_ids", "move_ids.ehr_consumption_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_charge_count(self):
        for picking in self:
            picking.ehr_charge_count = len(picking.move_ids._ehr_charges())

    def action_open_ehr_charges(self):
        """What charges the goods of this transfer."""
        self.ensure_one()
        return self.env["ehr.charge"]._open_list(self.move_ids._ehr_charges())
