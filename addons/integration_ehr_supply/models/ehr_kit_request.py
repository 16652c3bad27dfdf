from odoo import api, fields, models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339
from odoo.addons.integration_ehr_bridge.mixins.ehr_visit_document import VISIT_GROUPS

EVENT = "ehr.outsourced"
STATES = [
    ("requested", "Asked for"),
    ("ordered", "Ordered"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]


class EhrKitRequest(models.Model):
    """A test that a laboratory or radiology was asked for, with what it takes and who does it.

    It is known by its system, the number of the order and its line there. What it takes of stock
    are consumptions; a part that somebody else does is a line of a request for quotation.
    """

    _name = "ehr.kit.request"
    _description = "Ordered Test"
    _inherit = ["ehr.visit.document", "integration.sync.mixin"]
    _order = "requested_at desc, id desc"
    _rec_name = "number"
    _check_company_auto = True
    _integration_data_class = "clinical"

    system_id = fields.Many2one(
        "integration.system", string="Told by", required=True, readonly=True, ondelete="restrict"
    )
    number = fields.Char(required=True, readonly=True, help="Of the order, at its system.")
    line = fields.Char(required=True, readonly=True)
    order_number = fields.Char(string="Placer's order", readonly=True)
    code = fields.Char(string="Test", required=True, readonly=True, groups=VISIT_GROUPS)
    kit_id = fields.Many2one(
        "ehr.case.kit", readonly=True, ondelete="restrict", check_company=True,
        help="Empty: the test takes nothing.", groups=VISIT_GROUPS,
    )  # fmt: skip
    state = fields.Selection(
        [("ordered", "Ordered"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="ordered",
    )
    place_id = fields.Many2one(
        "ehr.location", readonly=True, ondelete="restrict", check_company=True,
        groups=VISIT_GROUPS,
    )  # fmt: skip
    requested_at = fields.Datetime(string="When", required=True, readonly=True)
    consumption_ids = fields.One2many("ehr.consumption", "kit_request_id", string="Used")
    purchase_line_ids = fields.One2many(
        "purchase.order.line", "ehr_kit_request_id", string="Outsourced"
    )
    outsourced_state = fields.Selection(
        STATES, string="Outsourced work", compute="_compute_outsourced_state", store=True
    )
    message_uuid = fields.Char(readonly=True, copy=False)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )

    _key_unique = models.UniqueIndex("(system_id, company_id, number, line)")

    @api.depends(
        "purchase_line_ids.order_id.state",
        "purchase_line_ids.qty_received",
        "purchase_line_ids.product_qty",
    )
    def _compute_outsourced_state(self):
        for one in self:
            states = [line._ehr_outsourced_state() for line in one.purchase_line_ids]
            # What is behind counts: two parts of which one is done are not done.
            one.outsourced_state = next((name for name, _text in STATES if name in states), False)

    @api.depends("number", "line")
    def _compute_display_name(self):
        for one in self:
            # Without the test: that is for those who may see the visit.
            one.display_name = f"{one.number or ''}/{one.line or ''}"

    # ------------------------------------------------------------------
    # told back
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != EVENT:
            return super()._integration_snapshots(contract_code)
        return {
            one.id: Snapshot(one._integration_outsourced(), one.company_id.id, subject="")
            for one in self.filtered("outsourced_state")
        }

    def _integration_outsourced(self):
        """This test as ``ehr.outsourced`` 1.0.0: of the visit its numbers say enough."""
        self.ensure_one()
        # sudo: who decides about purchases need not be named to read what became of them
        lines = self.sudo().purchase_line_ids
        planned = lines.filtered("date_planned").mapped("date_planned")
        return {
            "number": self.number,
            "line": self.line,
            "placer_order": self.order_number or None,
            # sudo: it is told to the laboratory, whoever decided about the purchase
            "test": self.sudo().code,
            "status": self.outsourced_state,
            "expected_at": rfc3339(max(planned)) if planned else None,
        }

    def action_open_purchases(self):
        """The orders of what somebody else does."""
        self.ensure_one()
        orders = self.purchase_line_ids.order_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Outsourced work"),
            "res_model": "purchase.order",
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", orders.ids)],
        }

    def action_open_consumptions(self):
        """What was taken from stock for it."""
        self.ensure_one()
        return self.env["ehr.consumption"]._open_list([("kit_request_id", "=", self.id)])
