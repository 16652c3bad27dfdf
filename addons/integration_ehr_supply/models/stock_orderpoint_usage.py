from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round


class StockWarehouseOrderpoint(models.Model):
    """What the schedule suggests to order. A person takes it over; rules stay as they are."""

    _inherit = "stock.warehouse.orderpoint"

    ehr_planned_demand = fields.Float(
        string="Planned by the schedule",
        compute="_compute_ehr_planned_demand",
        search="_search_ehr_planned_demand",
        digits="Product Unit",
        help="What the case kits of appointments to come take of the item at places that get "
        "their goods from this warehouse.",
    )
    ehr_suggested_qty = fields.Float(
        string="Suggested",
        compute="_compute_ehr_planned_demand",
        digits="Product Unit",
        help="What is planned and the minimum, less what is forecast to be there; never less than "
        "zero.",
    )

    def _compute_ehr_planned_demand(self):
        planned = self._ehr_planned()
        counted = self._ehr_counted_already()
        for one in self:
            quantity = planned.get(one._origin, 0)
            one.ehr_planned_demand = quantity
            wanted = quantity - counted[one] + one.product_min_qty - one.qty_forecast
            rounding = one.product_uom.rounding
            one.ehr_suggested_qty = (
                float_round(max(wanted, 0), precision_rounding=rounding, rounding_method="UP")
                if quantity
                else 0
            )

    @api.model
    def _search_ehr_planned_demand(self, operator, value):
        """Rules of which anything is planned; no other question makes sense of a forecast."""
        if operator not in (">", "!=") or value:
            return NotImplemented
        # sudo: which items are planned, not for which appointment
        rows = self.env["ehr.kit.demand"].sudo()._read_group([], ["product_id"])
        rules = self.search([("product_id", "in", [product.id for (product,) in rows])])
        planned = rules._ehr_planned()
        return [("id", "in", [rule.id for rule in planned if rule])]

    def _ehr_planned(self):
        """What is planned by rule: of the demand that is taken from its location, or from a part of
        it that has no rule of its own."""
        # sudo: a sum over appointments, of which the reader sees none
        rows = self.env["ehr.kit.demand"].sudo()._read_group(
            [
                ("product_id", "in", self.product_id.ids),
                ("company_id", "in", self.company_id.ids),
            ],
            ["product_id", "place_id"],
            ["quantity:sum"],
        )  # fmt: skip
        rules = self.search([("product_id", "in", self.product_id.ids)])
        planned = {}
        for product, place, quantity in rows:
            source = place._kit_source()
            serving = rules.filtered(
                lambda one, product=product, source=source: (
                    one.product_id == product and one._ehr_has(source)
                )
            )
            nearest = serving.sorted(lambda one: len(one.location_id.parent_path))[-1:]
            planned[nearest] = planned.get(nearest, 0) + quantity
        return planned

    def _ehr_has(self, location):
        return bool(location) and location.parent_path.startswith(self.location_id.parent_path)

    def _ehr_counted_already(self):
        """So much of what is planned the forecast of each rule has left out already: what is
        reserved until its horizon, and what was brought."""
        # sudo: as above
        moves = self.env["stock.move"].sudo().search(
            [
                ("product_id", "in", self.product_id.ids),
                ("picking_id.ehr_usage", "=", "kit"),
                ("picking_id.ehr_kit_closed", "=", False),
                ("picking_id.ehr_appointment_id.status", "in", ("pending", "booked")),
                ("picking_id.ehr_appointment_id.start_at", ">=", fields.Datetime.now()),
                ("state", "not in", ("draft", "cancel")),
            ]
        )  # fmt: skip
        return {
            one: sum(
                move.product_qty
                for move in moves
                if move.product_id == one.product_id
                and one._ehr_has(move.location_id)
                and not one._ehr_has(move.location_dest_id)
                and (move.state == "done" or move.date.date() <= one.lead_horizon_date)
            )
            for one in self
        }

    def action_take_ehr_suggestion(self):
        """Order what is suggested, the next time something is ordered: the rule itself stays.

        :raises UserError: nothing is suggested; or Odoo orders by the rule without asking
        """
        for one in self:
            if one.trigger == "auto":
                raise UserError(
                    self.env._(
                        "This rule orders by itself, and no quantity of a person counts. Set it to "
                        "manual, or raise its minimum."
                    )
                )
            if one.product_uom.compare(one.ehr_suggested_qty, 0) <= 0:
                raise UserError(self.env._("The schedule suggests to order nothing."))
            one.qty_to_order = one.ehr_suggested_qty
