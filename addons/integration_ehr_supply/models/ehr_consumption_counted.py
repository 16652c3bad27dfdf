from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import stock_turns


class EhrConsumption(models.Model):
    """Usage that is told after a count that was later than it: the count may have it already."""

    _inherit = "ehr.consumption"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        created = super().create(vals_list)
        created._ask_about_counts()
        return created

    def _ask_about_counts(self):
        """Ask a storekeeper about what was used before the last count of its stock."""
        for one, place, quantity, report in self._counted_since():
            self.env["integration.exception"]._raise_for(
                None,
                report,
                "usage_counted",
                self.env._(
                    "%(product)s was used before %(place)s was counted, and told after it. Accept "
                    "if the count had it already, so that it is not taken off twice; otherwise "
                    "reject.",
                    product=one.product_id.display_name,
                    place=place.display_name,
                ),
                area="stock",
                key=str(one.id),
                lines=[
                    (
                        one.lot_id.name or one.product_id.display_name,
                        f"{report.quantity:g} {report.unit_id.name}",
                        f"-{quantity:g} {report.unit_id.name}",
                    )
                ],
                proposal={"consumption": one.id, "quantity": quantity, "place": place.id},
                system_id=one.system_id.id,
            )

    def _counted_since(self):
        """The last count after each usage of each of its bins, where there is one that counts:
        usage, place, quantity in the unit in which the product is kept, and the report."""
        used = self.filtered(lambda one: one.action == "use" and one.product_id.is_storable)
        if not used:
            return
        bins = {one: one._bins() for one in used}
        # sudo: whether it was counted does not depend on who tells the usage
        reports = self.env["ehr.stock.report"].sudo()
        found = reports.search(
            Domain("company_id", "in", used.company_id.ids)
            & Domain("product_id", "in", used.product_id.ids)
            & Domain("location_id", "in", [place.id for of in bins.values() for place in of])
            & Domain("reported_at", ">", min(used.mapped("used_at"))),
            order="reported_at",
        ).filtered(lambda report: report._stands())
        by_stock = defaultdict(reports.browse)
        for report in found:
            by_stock[report.product_id, report.location_id, report.lot_id] = report
        for one, of in bins.items():
            for place, quantity in of.items():
                report = by_stock[one.product_id, place, one.lot_id]
                if report and report.reported_at > one.used_at:
                    yield one, place, quantity, report.sudo(False)

    def _bins(self):
        """How much was taken from where, in the unit in which the product is kept."""
        self.ensure_one()
        total = self.uom_id._compute_quantity(self.quantity, self.product_id.uom_id, round=False)
        lines = self.move_id.move_line_ids.filtered(lambda one: one.lot_id == self.lot_id)
        if len(lines.location_id) < 2:
            return {self.stock_location_id: total}
        bins = defaultdict(float)
        for line in lines:
            # A move may be of several lines that were told: of each at most what was told.
            bins[line.location_id] += min(line.quantity_product_uom, total)
        return bins


class IntegrationException(models.Model):
    """Usage that a count had already is put back by whoever says so."""

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("usage_counted", "Used before it was counted")],
        ondelete={"usage_counted": "cascade"},
    )

    @api.model
    def _verdict_labels(self):
        return super()._verdict_labels() | {
            "usage_counted": (
                self.env._("Accept: the count had it"),
                self.env._("Reject: the count did not have it"),
            ),
        }

    def _accept_usage_counted(self):
        """The count had it: what was taken off a second time is put back.

        :raises UserError: the usage is gone, or somebody is counting this stock
        """
        used = self.env["ehr.consumption"].browse(self.proposal["consumption"]).exists()
        if not used:
            raise UserError(self.env._("The usage is gone. Reject this, and count the stock."))
        # Those asked before bins were looked at one by one say no place.
        place = self.env["stock.location"].browse(self.proposal.get("place")).exists()
        place = place or used.stock_location_id
        stock_turns.take(self.with_company(used.company_id).env, [(used.product_id.id, place.id)])
        quants = self._loose_stock(used, place)
        if any(quants.mapped("inventory_quantity_set")):
            raise UserError(
                self.env._("Somebody is counting this stock. Apply or clear that count first.")
            )
        name = self.env._("Counted before it was told: %s", used.number)
        context = {"inventory_mode": True, "inventory_name": name}
        quant = (
            self.env["stock.quant"]
            .with_context(**context)
            .create(
                {
                    "product_id": used.product_id.id,
                    "location_id": place.id,
                    "lot_id": used.lot_id.id,
                    "inventory_quantity": sum(quants.mapped("quantity"))
                    + self.proposal["quantity"],
                }
            )
        )
        # Odoo hands it back with all rights.
        quant.sudo(self.env.su).with_context(**context).action_apply_inventory()

    def _loose_stock(self, used, place):
        return self.env["stock.quant"].search(
            [
                ("product_id", "=", used.product_id.id),
                ("location_id", "=", place.id),
                ("lot_id", "=", used.lot_id.id),
                ("owner_id", "=", False),
                ("package_id", "=", False),
            ]
        )

    def _reject_usage_counted(self):
        """The count had it not: it stays taken off."""
