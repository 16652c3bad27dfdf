"""A ward and a theatre with stock, and an interface that tells what is used there."""

from types import SimpleNamespace

from odoo.addons.integration_ehr_bridge.tests.feed_case import FeedCase

RIGHTS = (
    "base.group_user",
    "integration_ehr_bridge.group_feed",
    "stock.group_stock_user",
)


class UsageCase(FeedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids = [(6, 0, [cls.env.ref(group).id for group in RIGHTS])]
        cls.visits_feed = cls.feed
        cls.feed = cls._feed("Usage", "integration_ehr_supply.routing_hl7_v2_usage", 12576)
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        plan = cls.env["account.analytic.plan"].create({"name": "Cost centres of the test"})
        cls.cost_centre, cls.other_centre = cls.env["account.analytic.account"].create(
            [{"name": "Ward 3W", "plan_id": plan.id}, {"name": "Theatre", "plan_id": plan.id}]
        )
        cls.ward_stock = cls._store("Ward 3W", "W3")
        cls.theatre_stock = cls._store("Theatre", "OR1")
        cls.ward = cls._place("3W", cls.ward_stock, cls.cost_centre)
        cls.theatre = cls._place("OR", cls.theatre_stock, cls.other_centre, kind="theatre")
        cls.box = cls.env["uom.uom"].create(
            {
                "name": "Box of 12",
                "relative_factor": 12,
                "relative_uom_id": cls.env.ref("uom.product_uom_unit").id,
                "integration_code": "BX",
            }
        )
        cls.swab = cls._item("SWAB", standard_price=2)
        cls.stem = cls._item("STEM", tracking="serial", standard_price=900)
        cls.vial = cls._item("VIAL", tracking="lot", standard_price=5)
        cls.serial = cls._lot(cls.stem, "SN1", 1, cls.theatre_stock)
        cls.lot = cls._lot(cls.vial, "L1", 20, cls.ward_stock)
        cls._put(cls.swab, 100, cls.ward_stock)

    @classmethod
    def _feed(cls, name, routing, port, company=None, system=None):
        feed = cls.env["integration.interface"].create(
            {
                "name": name,
                "system_id": (system or cls.system).id,
                "policy_id": cls.policy.id,
                "user_id": cls.service_user.id,
                "direction": "inbound",
                "transport": "mllp",
                "body_codec": "hl7",
                "data_class": "clinical",
                "mllp_port": port,
                "mllp_tls": "none",
                "routing_id": cls.env.ref(routing).id,
            }
        )
        feed.action_submit()
        feed.action_approve()
        feed.action_activate()
        return feed

    @classmethod
    def take_rules(cls, *codes):
        """Let the feed have the rules of routings, by their codes, those of the first one first."""
        routings = cls.env["integration.routing"]
        made = routings.create({"name": "Put together", "code": "_".join(["test", *codes])})
        for code in codes:
            made._take_rules(routings.search([("code", "=", code)]))
        made.action_submit()
        made.action_approve()
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET routing_id = %s WHERE id = %s",
            [made.id, cls.feed.id],
        )
        cls.feed.invalidate_recordset()
        cls.env.registry.clear_cache()

    @classmethod
    def _route(cls, place, destination, **values):
        """How a place is supplied out of the store."""
        return cls.env["ehr.supply.route"].create(
            {
                "name": place.point_of_care,
                "place_id": place.id,
                "source_location_id": cls.warehouse.lot_stock_id.id,
                "destination_location_id": destination.id,
                "picking_type_id": cls.warehouse.int_type_id.id,
                **values,
            }
        )

    @classmethod
    def _store(cls, name, barcode, warehouse=None):
        warehouse = warehouse or cls.warehouse
        return cls.env["stock.location"].create(
            {
                "name": name,
                "barcode": barcode,
                "location_id": warehouse.view_location_id.id,
                "company_id": warehouse.company_id.id,
            }
        )

    @classmethod
    def _place(cls, unit, stock, cost_centre, kind="unit", **values):
        return cls.env["ehr.location"].create(
            {
                "facility": "MAIN",
                "point_of_care": unit,
                "kind": kind,
                "stock_location_id": stock.id,
                "analytic_account_id": cost_centre.id,
                **values,
            }
        )

    @classmethod
    def _item(cls, code, **values):
        return cls.env["product.product"].create(
            {"name": code, "default_code": code, "is_storable": True, **values}
        )

    @classmethod
    def _lot(cls, product, name, quantity, place):
        lot = cls.env["stock.lot"].create({"name": name, "product_id": product.id})
        cls._put(product, quantity, place, lot)
        return lot

    @classmethod
    def _put(cls, product, quantity, place, lot=None):
        cls.env["stock.quant"]._update_available_quantity(product, place, quantity, lot_id=lot)

    # -- messages ------------------------------------------------------------------------------

    def rxd(self, number, line, item, amount="2", unit="EA", *, control="RE", **more):
        """An order with a dispense. ``more``: fields of RXD by number, such as ``f18="L1"``."""
        fields = {1: line, 2: f"{item}^Text", 3: "20250302083000", 4: amount, 5: unit}
        fields |= {int(name[1:]): value for name, value in more.items()}
        rxd = "|".join(["RXD", *(fields.get(n, "") for n in range(1, max(fields) + 1))])
        return f"ORC|{control}|RX{number}^CARE|{number}^PHARM", rxd

    def rds(self, *orders, visit="", place="3W^301^1^MAIN"):
        pv1 = f"PV1|1|I|{place}{'|' * 16}{visit + '^^^MAIN' if visit else ''}"
        person = "PID|1||4799^^^MAIN^MR||Canary^Carol||19700102|F"
        return self.message("RDS^O13", person, pv1, *(part for order in orders for part in order))

    def device(self, number, sub, *, visit="", place="OR^OR1^^MAIN", status="F", **values):
        """An implant. ``values``: by code of OBX-3; the unit of the quantity after a space."""
        obx = []
        for code, value in values.items():
            value, _space, unit = value.partition(" ")
            obx.append(
                f"OBX|{len(obx) + 1}|ST|{code}^Text|{sub}|{value}|{unit}|||||{status}"
                "|||20250302090000"
            )
        return self.message(
            "ORU^R01",
            "PID|1||4799^^^MAIN^MR||Canary^Carol||19700102|F",
            f"PV1|1|I|{place}{'|' * 16}{visit + '^^^MAIN' if visit else ''}",
            f"OBR|1||{number}^THEATRE|IMPLANT^Implants|||20250302090000",
            *obx,
        )

    def bring(self, *messages):
        """Let messages arrive and be handled; their records in the ledger."""
        return self.arrive(*messages)

    def give_back(self, number, original, item, quantity, unit="C62"):
        """A return with a number of its own: of HL7 one dispense has one return."""
        received = SimpleNamespace(system_id=self.system.id, uuid=number, id=None)
        line = {
            "action": "return",
            "source": "dispense",
            "number": number,
            "line": "1",
            "item": item,
            "quantity": quantity,
            "unit": unit,
            "consumed_at": "2025-03-02T10:00:00Z",
            "returns": {"number": original, "line": "1"},
        }
        self.env["integration.handler.ehr_consumption"]._process(received, {"lines": [line]})
        self.env.flush_all()
        self.env.invalidate_all()

    def used(self, number, action="use"):
        return self.env["ehr.consumption"].search(
            [("number", "=", number), ("action", "=", action)]
        )

    def admit(self, number, **more):
        """A visit on the ward, told by its own feed."""
        usage, type(self).feed = self.feed, self.visits_feed
        try:
            return self.arrive(self.adt("A01", number, **more))
        finally:
            type(self).feed = usage

    def left(self, product, place, lot=None):
        self.env.invalidate_all()
        return self.env["stock.quant"]._get_available_quantity(
            product, place, lot_id=lot, strict=True, allow_negative=True
        )

    # -- checks --------------------------------------------------------------------------------

    def assert_done(self, messages):
        for message in messages:
            self.assertEqual(message.state, "done", message.error_message)

    def assert_quarantined(self, message, code):
        self.assertEqual(
            (message.state, message.error_code), ("quarantined", code), message.error_message
        )
