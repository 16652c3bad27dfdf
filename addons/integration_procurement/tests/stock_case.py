import json

from odoo.fields import Command

from odoo.addons.integration_core.tools import contracts

from .common import ProcurementCase

EVENT_TYPES = (
    "goods_receipt_validated",
    "goods_return_validated",
    "stock_move_done",
    "stock_threshold_breached",
    "stock_threshold_cleared",
)


class StockCase(ProcurementCase):
    """A warehouse, a storable product, a system of our own that takes all events of stock, and the
    supplier's system, which takes them as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.types = {
            name: cls.env.ref(f"integration_procurement.event_type_{name}") for name in EVENT_TYPES
        }
        all_types = [Command.set([event_type.id for event_type in cls.types.values()])]
        own = cls.env["integration.system"].create({"name": "Ours", "code": "OURS"})
        cls.feed = cls._interface(
            "Stock feed", direction="outbound", system_id=own.id, event_type_ids=all_types
        )
        cls.reconfigure(cls.outbound, event_type_ids=all_types)
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.product.is_storable = True

    # -- documents -------------------------------------------------------------------------

    @classmethod
    def storable(cls, name, **values):
        return cls.env["product.product"].create(
            {"name": name, "type": "consu", "is_storable": True, **values}
        )

    def ordered(self, *lines, **values):
        """A confirmed order of ``(product, quantity, values…)`` lines."""
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_qty": quantity,
                            "price_unit": 1,
                            **dict(*more),
                        }
                    )
                    for product, quantity, *more in lines
                ],
                **values,
            }
        )
        order.button_confirm()
        return order

    def validate(self, picking, *quantities, back_order=True):
        """Take over what came: one quantity for each move, in their order; all by default."""
        for move, quantity in zip(picking.move_ids, quantities, strict=False):
            move.quantity = quantity
        picking.move_ids.picked = True
        context = {"skip_backorder": True}
        if not back_order:
            context["picking_ids_not_to_backorder"] = picking.ids
        picking.with_context(**context).button_validate()
        self.assertEqual(picking.state, "done")
        return picking

    def take_lots(self, move, lots, package=None):
        """What came, by lot: ``{name: quantity}`` in the unit of the product."""
        move.move_line_ids.unlink()
        move.move_line_ids = [
            Command.create(
                {
                    "product_id": move.product_id.id,
                    "product_uom_id": move.product_id.uom_id.id,
                    "lot_name": name,
                    "quantity": quantity,
                    "picking_id": move.picking_id.id,
                    "result_package_id": package and package.id,
                }
            )
            for name, quantity in lots.items()
        ]

    def give_back(self, picking, quantity):
        """Return goods to the supplier by Odoo's own wizard."""
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = quantity
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        return self.validate(returned)

    def use_up(self, product, quantity, location=None):
        """Take something from stock."""
        return self.moved(product, quantity, location or self.stock, "production")

    def moved(self, product, quantity, source, target):
        if isinstance(target, str):
            target = product.property_stock_production
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": target.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()
        return move

    def set_stock(self, product, quantity, location=None):
        """Stock that is there already, without a move that would be told of."""
        self.env["stock.quant"]._update_available_quantity(
            product, location or self.stock, quantity
        )

    # -- events ----------------------------------------------------------------------------

    def events(self, name, records=None):
        self.env.cr.flush()
        self.env.invalidate_all()
        domain = [("type_id", "=", self.types[name].id)]
        if records is not None:
            domain += [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        return self.env["integration.event"].search(domain, order="id")

    def told(self, name, records=None):
        """Contents of events, each of which satisfies its contract, in all of its versions."""
        versions = self.types[name].contract_id.version_ids
        schemas = [contracts.compile_schema(json.loads(one.schema)) for one in versions]
        found = []
        for event in self.events(name, records):
            self.assertFalse(event.problem)
            data = json.loads(event.data)
            self.assertEqual([schema.violations(data) for schema in schemas], [[]] * len(schemas))
            found.append(data)
        return found

    def next_transaction(self):
        """Let what follows be another transaction, as far as capturing can tell."""
        self.env.cr.flush()
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()

    def recipients(self, name, records=None):
        """Interfaces that get the events."""
        events = self.events(name, records)
        self.dispatch()
        return self.env["integration.message"].search([("event_id", "in", events.ids)]).interface_id
