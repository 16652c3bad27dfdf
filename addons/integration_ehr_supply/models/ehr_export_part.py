from decimal import Decimal

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine import dispatcher, outbox, triggers
from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_procurement.tools import canonical

from ..tools import on_hand
from .ehr_export import TYPES

CONTRACTS = ("ehr.item_list", "ehr.stock_on_hand")


class EhrExportPart(models.Model):
    """A part of a full export: one message."""

    _name = "ehr.export.part"
    _description = "Part of a Full Export"
    _order = "export_id, number"

    export_id = fields.Many2one(
        "ehr.export", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="export_id.company_id", store=True, index=True)
    number = fields.Integer(string="Part", required=True, readonly=True)
    # Ids of products: thousands of rows of a relation table would say no more.
    record_ids = fields.Json(readonly=True, groups="integration_core.group_administrator")
    # What it told: sent anew it says the same, or the totals of later parts would be wrong.
    told = fields.Json(readonly=True, groups="integration_core.group_administrator")
    left_out_ids = fields.Json(readonly=True, groups="integration_core.group_administrator")
    event_uuid = fields.Char(string="Event", readonly=True, index="btree_not_null")
    row_count = fields.Integer(string="Rows", readonly=True)
    rows_so_far = fields.Integer(string="Rows so far", readonly=True)
    # Decimal text: a float would not be the sum that the receiver finds.
    control = fields.Char(string="Control total", readonly=True)
    control_so_far = fields.Char(string="Total so far", readonly=True)

    _number_unique = models.Constraint("UNIQUE(export_id, number)", "There is this part already.")

    def _compute_display_name(self):
        for part in self:
            part.display_name = f"{part.export_id.display_name} · {part.number}"

    # ------------------------------------------------------------------
    # making it
    # ------------------------------------------------------------------

    def _make(self):
        """Turn this part into a message of its interface, with what is so at this moment."""
        self.ensure_one()
        self._add_late()
        rows, left_out = self._rows()
        totals = on_hand.Totals.of(rows)
        so_far = self._before() + totals
        data = {**self._told(totals, so_far), self._member(): rows}
        self.write(
            {
                "told": data,
                "left_out_ids": left_out or False,
                "row_count": totals.rows,
                "rows_so_far": so_far.rows,
                "control": on_hand.written(totals.control),
                "control_so_far": on_hand.written(so_far.control),
            }
        )
        self.event_uuid = self._send(data)
        self.export_id._part_made(so_far, len(left_out))

    def _add_late(self):
        """The last part tells of stock as well that came after the export began."""
        export = self.export_id
        if export.kind != "stock" or self.number < export.part_count:
            return
        # sudo: lists of the export, whoever makes the part
        parts = export.part_ids.sudo()
        known = {one for part in parts for one in part.record_ids or ()}
        late = [
            one for one in export._records(export.interface_id, "stock").ids if one not in known
        ]
        if late:
            self.sudo().record_ids = [*(self.sudo().record_ids or ()), *late]  # sudo: as above

    def _before(self):
        """The totals of the parts before this one."""
        last = self.search(
            [("export_id", "=", self.export_id.id), ("number", "=", self.number - 1)]
        )
        return on_hand.Totals(last.rows_so_far, Decimal(last.control_so_far or 0))

    def _member(self):
        return "items" if self.export_id.kind == "items" else "rows"

    def _told(self, totals, so_far):
        """What a part says of itself and of its export."""
        export = self.export_id
        said = {
            "number": str(export.id),
            "started_at": canonical.moment(export.started_at),
            "part": self.number,
            "parts": export.part_count,
            "rows": totals.rows,
            "rows_so_far": so_far.rows,
        }
        if export.kind == "items":
            return {"export": said}
        said["control"] = on_hand.written(totals.control)
        said["control_so_far"] = on_hand.written(so_far.control)
        return {"reported_at": canonical.moment(fields.Datetime.now()), "export": said}

    def _rows(self):
        """Rows of this part, and ids of products that no other system could understand."""
        company = self.export_id.company_id
        products = (
            self.env["product.product"]
            .with_company(company)
            .browse(self.sudo().record_ids)  # sudo: its own list, whoever makes the part
            .exists()
        )
        odd = products.filtered(lambda product: product._integration_item_problem())
        good = products - odd
        if self.export_id.kind == "items":
            return [product._integration_canonical_item() for product in good], odd.ids
        quants = self.env["stock.quant"].with_company(company)
        found = quants._integration_on_hand(
            Domain("product_id", "in", good.ids)
            & Domain("location_id.usage", "=", "internal")
            & Domain("company_id", "=", company.id)
        )
        units = {product.id: product.uom_id for product in good}
        there = {key: one for key, one in found.items() if not units[key[0]].is_zero(one)}
        return quants._integration_told(there), odd.ids

    def _send(self, data):
        """Write the event of this part, and make a message of it for its interface alone.

        :return: id of the event
        """
        export = self.export_id
        code = TYPES[export.kind]
        self.env.flush_all()
        type_id = self.env["integration.event.type"].search([("code", "=", code)]).id
        trigger = triggers.of_type(self.env, type_id)
        snapshot = self._snapshot(data)
        outbox.write(
            self.env, trigger, {self.id: outbox.Entry(None, snapshot=snapshot)}, {}, self.env.uid
        )
        event = self.env["integration.event"].search(
            [("type_id", "=", type_id), ("res_id", "=", self.id)], order="id desc", limit=1
        )
        dispatcher.send_to(self.env.cr, event.id, export.interface_id.id)
        return event.uuid

    def _snapshot(self, data):
        company = self.export_id.company_id
        # Stock is our own matter: not for systems that belong to another contact.
        ours = self.export_id.kind == "stock" and company.partner_id.commercial_partner_id
        return Snapshot(
            data=data,
            company_id=company.id,
            subject=self.export_id.display_name,
            partner_id=ours.id if ours else None,
        )

    def _integration_snapshots(self, contract_code):
        """A message that is refused says the same again, of the same moment.

        What changed since then is told by messages of its own.
        """
        if contract_code not in CONTRACTS:
            return super()._integration_snapshots(contract_code)
        # sudo: what it told already, to the same interface
        return {part.id: part._snapshot(part.sudo().told) for part in self if part.sudo().told}
