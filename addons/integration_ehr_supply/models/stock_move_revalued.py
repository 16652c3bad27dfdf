from odoo import fields, models

BILLS = ("in_invoice", "in_refund")


class StockMove(models.Model):
    """What an emergency receipt turns out to cost is borne by who used the goods.

    They were taken at the cost that Odoo knew then, which is nothing for an item that is new. The
    order after the fact, and then the bill, say what they cost. Odoo values the receipt anew and
    leaves what was taken meanwhile as it is.
    """

    _inherit = "stock.move"  # pylint: disable=consider-merging-classes-inherited

    def _ehr_emergency_values(self):
        """The values of those of these moves that are emergency receipts."""
        found = self.filtered(lambda one: one.picking_id.ehr_usage == "emergency" and one.is_in)
        return {move: move.value for move in found}

    def _ehr_pass_on(self, before, date=None):
        """Let usage bear by how much the values of its emergency receipts changed.

        :param before: of :meth:`_ehr_emergency_values`
        :param date: of the journal entries; today if left out
        """
        for receipt, value in before.items():
            # An item of a fixed cost has that one; Odoo books the difference of prices by itself.
            if receipt.product_id.with_company(receipt.company_id).cost_method == "standard":
                continue
            used = self.env["ehr.consumption"].search(
                [("receipt_id", "=", receipt.picking_id.id)], limit=1
            )
            taken = used.move_id
            if not taken:
                continue
            currency = receipt.company_currency_id
            part = currency.round((receipt.value - value) * receipt._ehr_share(taken))
            if not currency.is_zero(part):
                taken._ehr_revalue(part, date)
                taken._ehr_revalue_returned(part, date)

    def _ehr_share(self, taken):
        """Which part of this receipt's value left with what was taken, by the cost method.

        By average cost, what was there besides bears its part; by first in, first out it goes
        first.
        """
        product = self.product_id.with_company(self.company_id)
        lot = self.move_line_ids.lot_id[:1] if product.lot_valuated else self.env["stock.lot"]
        came = self._get_valued_qty()
        used = taken._get_valued_qty(lot) if lot else taken._get_valued_qty()
        date = max(self.date, taken.date)
        after = product._with_valuation_context().with_context(
            to_date=date, lot_id=lot.id or None, warehouse_id=False
        )
        # Given back in the same moment: when it was taken, that was not there.
        back = taken.returned_move_ids.filtered(lambda one: one.is_in and one.date <= date)
        returned = sum(one._get_valued_qty(lot or None) for one in back)
        there = after.qty_available + used - returned
        if product.uom_id.compare(there, came) <= 0:
            return 1.0
        if product.cost_method == "fifo":
            return min(1.0, max(0.0, (used - (there - came)) / came))
        return min(1.0, used / there)

    def _ehr_revalue_returned(self, part, date=None):
        """What was given back since lies in stock: the cost centre does not bear that.

        As Odoo would have valued the returns if it had known: by their share of what was taken.
        """
        taken = self._get_valued_qty()
        currency = self.company_currency_id
        returned = self.returned_move_ids.filtered(lambda one: one.is_in and one.state == "done")
        if not returned:
            return
        for back in returned:
            share = currency.round(part * back._get_valued_qty() / taken)
            if not currency.is_zero(share):
                back._ehr_revalue(share, date)
        product = returned.product_id.with_company(self.company_id)
        product._update_standard_price()
        if product.lot_valuated:
            returned.move_line_ids.lot_id.with_company(self.company_id)._update_standard_price()

    def _ehr_revalue(self, part, date=None):
        """What was taken, or given back, costs so much more, or less: its cost centre and its
        account bear it, or are relieved of it."""
        self.ensure_one()
        move = self.with_company(self.company_id)
        move.value += part
        move._create_analytic_move()
        if not move._should_create_account_move():
            return
        credit, debit = move._get_account_move_line_vals()
        more, less = max(part, 0), max(-part, 0)
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_id.account_stock_journal_id.id,
                "date": date or fields.Date.context_today(self),
                "ref": self.env._("Cost of what was used before it was received"),
                "ehr_revalued_move_id": self.id,
                "line_ids": [
                    fields.Command.create({**credit, "credit": more, "debit": less}),
                    fields.Command.create({**debit, "credit": less, "debit": more}),
                ],
            }
        )
        entry._post()


class AccountMove(models.Model):
    """Bills say what emergency receipts cost."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    ehr_revalued_move_id = fields.Many2one(
        "stock.move",
        string="Usage that it values anew",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )

    def _post(self, soft=True):
        bills = self.filtered(lambda one: one.move_type in BILLS)
        # sudo: who posts a bill need see neither transfers nor usage
        receipts = bills.sudo().invoice_line_ids.purchase_line_id.move_ids
        before = receipts._ehr_emergency_values()
        posted = super()._post(soft)
        if before:
            receipts._ehr_pass_on(before, max(bills.mapped("date")))
        return posted
