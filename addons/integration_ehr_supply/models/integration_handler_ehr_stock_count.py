from hashlib import sha256

from odoo import models

from odoo.addons.integration_core.tools import canonical_json, errors
from odoo.addons.integration_procurement.tools import canonical

from ..engine import stock_turns

#: Longest number of a correction, as its contract has it.
_NUMBER = 64


class IntegrationHandlerEhrStockCount(models.AbstractModel):
    """Stock on hand by the books of another system, compared with Odoo's.

    What is the same changes nothing. What differs is a count of that stock: applied if it is within
    the limits of the company, otherwise proposed to a storekeeper, as every reported correction.
    """

    _name = "integration.handler.ehr_stock_count"
    _inherit = "integration.handler.stock_adjustment"
    _description = "Stock on hand: compare with ours"

    _contract = "ehr.stock_count"
    _splits = True

    def _process(self, received, data):
        location = self._find_location(received, data["location"])
        line = self._line(received, location, self._counted(data))
        product = self.env["product.product"].browse(line["product_id"])
        lot = self.env["stock.lot"].browse(line["lot_id"])
        # Before anything is compared: what is being taken at this moment counts as well.
        stock_turns.take(self.env, [(product.id, location.id)])
        self._require_expiry(location, lot, data.get("expiry"))
        report = self._report(received, location, product, lot, data, line["quantity"])
        if report._differs():
            number = self._number(data)
            adjustment = super()._process(
                received,
                {
                    "adjustment_number": number,
                    "location": data["location"],
                    "adjusted_at": data["reported_at"],
                    "lines": [self._counted(data)],
                },
            )
            # sudo: only messages write reports
            report.sudo().adjustment_id = adjustment
        return report

    def _counted(self, data):
        """What a report says, as a line of a correction."""
        said = {name: data[name] for name in ("item", "lot", "unit") if data.get(name)}
        return {**said, "counted": data["quantity"], "reason": "count"}

    def _number(self, data):
        """The number of a correction: there is one for each report and stock."""
        # Senders that are set up anew count their reports from the beginning again.
        stock = {name: data.get(name) for name in ("item", "location", "lot", "reported_at")}
        mark = sha256(canonical_json.dumps(stock)).hexdigest()[:16]
        return f"{data['report'][: _NUMBER - len(mark) - 1]}/{mark}"

    def _require_expiry(self, location, lot, expiry):
        """:raises errors.ConflictError: ``expiry_differs``: the lot expires on another day"""
        known = lot and lot._integration_expiry_day(
            location._integration_time_zone(self.env.company)
        )
        if known and expiry and known != expiry:
            raise errors.ConflictError(
                "A lot expires on another day by the report than in Odoo. Look at the goods, "
                "correct the day on the side that is wrong, then retry or cancel this message.",
                code="expiry_differs",
            )

    def _report(self, received, location, product, lot, data, quantity):
        """Take note of a report, the newest of its stock.

        :raises errors.ConflictError: ``older_report``: a later one came before;
            ``report_differs``: one of the same moment said otherwise
        """
        at = canonical.read_past_moment(data["reported_at"])
        # sudo: only messages write reports, and this is one
        reports = self.env["ehr.stock.report"].sudo()
        known = reports._of_stock(received.system_id, location, product, lot)
        if known and at < known.reported_at:
            raise errors.ConflictError(
                "The report is older than the last one of this stock, which is what counts. "
                "Cancel this message, or ask the sender why an old report comes again.",
                code="older_report",
            )
        if known and at == known.reported_at and product.uom_id.compare(quantity, known.quantity):
            raise errors.ConflictError(
                "Two reports of this stock, of the same moment, state different quantities. Ask "
                "the sender for a new report, then cancel this message.",
                code="report_differs",
            )
        values = {"reported_at": at, "quantity": quantity, "report": data["report"]}
        if known:
            known.write(values)
        else:
            known = reports.create(
                {
                    "system_id": received.system_id,
                    "company_id": self.env.company.id,
                    "location_id": location.id,
                    "product_id": product.id,
                    "lot_id": lot.id,
                    **values,
                }
            )
        known._compare()
        return known.sudo(False)
