"""A hospital with a store, a ward and an operating theatre, and its feed of orders."""

import itertools
from datetime import UTC, datetime

from odoo.fields import Command

from odoo.addons.integration_core.engine import intake, keys
from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_ehr_bridge.tools.hl7 import acknowledgement
from odoo.addons.integration_ehr_bridge.tools.hl7.message import parse


class SupplyCase(EngineCase):
    """Orders arrive as HL7 v2 as a door stores them, and are handled by drains."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.service_user.group_ids += cls.env.ref("integration_ehr_bridge.group_feed")
        cls.service_user.group_ids += cls.env.ref("stock.group_stock_user")
        cls.system.write({"code": "EHR", "kind": "ehr", "tz": "Europe/Brussels"})
        cls.feed = cls.make_feed("Orders of supplies", cls.service_user, 12576)
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.box = cls.env["uom.uom"].create(
            {
                "name": "Box of 12",
                "relative_uom_id": cls.unit.id,
                "relative_factor": 12,
                "integration_code": "BX",
            }
        )
        cls.gloves = cls.storable("Gloves", default_code="GLV")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.ward = cls.env["ehr.location"].create({"point_of_care": "4W", "kind": "unit"})
        cls.ward_stock = cls.env["stock.location"].create(
            {
                "name": "Ward 4W",
                "usage": "internal",
                "location_id": cls.warehouse.view_location_id.id,
            }
        )
        cls.route = cls.make_route("4W", cls.ward_stock, place_id=cls.ward.id)
        cls.vendor = cls.env["res.partner"].create({"name": "Supplier", "ref": "SUP1"})
        plan = cls.env["account.analytic.plan"].create({"name": "Cost centres"})
        cls.centre = cls.env["account.analytic.account"].create(
            {"name": "Surgery", "code": "4120", "plan_id": plan.id}
        )
        cls.numbers = itertools.count(1)

    @classmethod
    def make_feed(cls, name, user, port, **values):
        feed = cls.env["integration.interface"].create(
            {
                "name": name,
                "system_id": cls.system.id,
                "policy_id": cls.policy.id,
                "user_id": user.id,
                "direction": "inbound",
                "transport": "mllp",
                "body_codec": "hl7",
                "data_class": "clinical",
                "mllp_port": port,
                "mllp_tls": "none",
                "routing_id": cls.env.ref("integration_ehr_supply.routing_hl7_v2_supply").id,
                **values,
            }
        )
        feed.action_submit()
        feed.action_approve()
        feed.action_activate()
        return feed

    @classmethod
    def make_route(cls, code, destination, **values):
        return cls.env["ehr.supply.route"].create(
            {
                "name": code,
                "code": code,
                "source_location_id": cls.stock.id,
                "destination_location_id": destination.id,
                "picking_type_id": cls.warehouse.int_type_id.id,
                **values,
            }
        )

    @classmethod
    def storable(cls, name, **values):
        return cls.env["product.product"].create(
            {"name": name, "type": "consu", "is_storable": True, **values}
        )

    def offered(self, product, price=2):
        product.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": price})]
        return product

    def set_stock(self, product, quantity, location=None, lot=None):
        self.env["stock.quant"]._update_available_quantity(
            product, location or self.stock, quantity, lot_id=lot
        )

    # -- messages --------------------------------------------------------------------------

    def order(self, number="PO1", item="GLV", quantity="10", unit="EA", *, control="NW", **more):
        """One ORC and what follows. ``more``: set_id, centre, to, due, group, rq1, blg, reason."""
        orc = f"ORC|{control}|{number}^CARE||{more.get('group', '')}"
        if "reason" in more:
            orc += f"{'|' * 12}{more['reason']}"
        segments = [orc]
        if item is not None:
            segments.append(
                f"RQD|{more.get('set_id', '1')}|{item}|||{quantity}|{unit}|{more.get('centre', '')}"
                f"||{more.get('to', '4W')}|{more.get('due', '')}"
            )
        return segments + [more[name] for name in ("rq1", "blg") if name in more]

    def message(self, *groups, kind="OMS^O05", at="20250302080000", visit=None, control=None):
        control = control or f"S{next(self.numbers)}"
        segments = [f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|{at}||{kind}|{control}|P|2.5.1"]
        if visit:
            segments += [
                "PID|1||4711^^^MAIN^MR||Canary^Carol||19700102|F",
                f"PV1|1|I|4W^401^2{'|' * 16}{visit}^^^MAIN",
            ]
        segments += [segment for group in groups for segment in group]
        return control, kind, ("\r".join(segments) + "\r").encode()

    def arrive(self, *messages, feed=None):
        """Store messages and handle them; their records in the ledger."""
        feed = feed or self.feed
        ring = keys.optional_ring(self.env.cr)
        stored = self.env["integration.message"]
        for control, kind, raw in messages:
            incoming = intake.Incoming(
                control, kind, raw, "application/hl7-v2", f"corr-{control}", None
            )
            receipt = intake.store(self.env.cr, feed._inbound_spec(), incoming, ring)
            stored |= self.env["integration.message"].search([("uuid", "=", receipt.uuid)])
        self.drain(feed)
        self.env.invalidate_all()
        return stored

    def ordered(self, *groups, **header):
        """A message that is handled; the requisition of its first order."""
        told = self.arrive(self.message(*groups, **header))
        self.assertEqual(told.state, "done", f"{told.error_code}: {told.error_message}")
        self.told = told
        return self.requisition(groups[0][0].split("|")[2].partition("^")[0])

    def refused(self, *groups, **header):
        """The error code of a message that is put aside."""
        told = self.arrive(self.message(*groups, **header))
        self.assertEqual(told.state, "quarantined", told.error_message)
        self.told = told
        return told.error_code

    def requisition(self, number):
        lines = self.env["ehr.requisition.line"].search([("order_number", "=", number)])
        return lines.requisition_id

    def answer(self, message=None):
        """What is answered to the message that was handled last."""
        uuid = (message or self.told).uuid
        found = self.env["ehr.requisition.answer"].search([("message_uuid", "=", uuid)])
        return found.answer

    def answered(self, message=None, kind="OMS^O05"):
        """The segments of its answer, as the listener writes them: lists of ``|`` parts."""
        answers = self.env["integration.hl7.answer"]
        message = message or self.told
        document = answers._document(message.uuid, kind, message.interface_id.id)
        if not document:
            return []
        asked = parse(f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20250302||{kind}|X1|P|2.5.1\r".encode())
        content = acknowledgement.Content(acknowledgement.ANSWERS[kind], document)
        made = acknowledgement.acknowledge(
            asked,
            acknowledgement.Outcome.ACCEPTED,
            control_id="A1",
            now=datetime.now(UTC),
            content=content,
        )
        return [line.split("|") for line in made.encode().decode().split("\r") if line]

    # -- store -----------------------------------------------------------------------------

    def deliver(self, picking, *quantities, back_order=True):
        """Hand out what was set aside; one quantity for each move, in their order."""
        for move, quantity in zip(picking.move_ids, quantities, strict=False):
            move.quantity = quantity
        picking.move_ids.picked = True
        context = {"skip_backorder": True}
        if not back_order:
            context["picking_ids_not_to_backorder"] = picking.ids
        picking.with_context(**context).button_validate()
        self.assertEqual(picking.state, "done")
        self.env.flush_all()
        self.env.invalidate_all()
        return picking.backorder_ids
