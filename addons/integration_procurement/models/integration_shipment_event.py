from odoo import fields, models


class IntegrationShipmentEvent(models.Model):
    """What a carrier said about goods on their way, in the order in which it happened."""

    _name = "integration.shipment.event"
    _description = "Status of a Shipment"
    _order = "occurred_at desc, id desc"
    _rec_name = "status"
    _check_company_auto = True

    picking_id = fields.Many2one(
        "stock.picking",
        string="Receipt",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    shipment_id = fields.Many2one(
        "integration.shipment",
        string="Announced as",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        check_company=True,
    )
    company_id = fields.Many2one(related="picking_id.company_id", store=True, index=True)
    status = fields.Selection(
        [
            ("picked_up", "Picked up"),
            ("in_transit", "In transit"),
            ("out_for_delivery", "Out for delivery"),
            ("delivered", "Delivered"),
            ("exception", "Trouble"),
        ],
        required=True,
        readonly=True,
    )
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    # Texts, since lists cut others off; carriers write up to a thousand characters.
    place = fields.Text(readonly=True)
    note = fields.Text(string="What the carrier says", readonly=True)
    expected_at = fields.Datetime(string="Then expected on", readonly=True)
    proof_number = fields.Char(string="Proof of delivery", readonly=True)
    signed_by = fields.Char(readonly=True)
    digest = fields.Char(readonly=True)
    system_id = fields.Many2one(
        "integration.system", string="Said by", readonly=True, ondelete="set null"
    )

    _once = models.UniqueIndex(
        "(picking_id, COALESCE(shipment_id, 0), system_id, status, occurred_at, "
        "COALESCE(proof_number, ''))"
    )
