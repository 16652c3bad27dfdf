"""What others are told of charges, and charges that Odoo posts itself."""

import json

from odoo import fields
from odoo.tests import new_test_user

from odoo.addons.integration_core.engine import payloads

from .charge_case import ChargeCase

TYPES = ("charge_drafted", "charge_changed", "charge_posted")


class ChargeEventsCase(ChargeCase):
    """Events of charges, services that are booked by hand, and goods used by transfers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.types = cls.env["integration.event.type"].union(
            *(cls.env.ref(f"integration_ehr_billing.event_type_{name}") for name in TYPES)
        )
        other = cls.env["integration.system"].create({"name": "Desk", "code": "DESK"})
        cls.reconfigure(
            cls.outbound,
            system_id=other.id,
            data_class="clinical",
            event_type_ids=[(6, 0, cls.types.ids)],
        )

    def heard(self):
        """Type codes and contents of the events since the last call."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.cr.execute(
            "SELECT type_code, uuid, data, body, encoding FROM integration_event "
            "WHERE dispatched_at IS NULL ORDER BY id"
        )
        ring = self.env["integration.credential"]._key_ring()
        found = [
            (
                code.removeprefix("ehr.charge."),
                json.loads(payloads.open_event(data, body and bytes(body), encoding, uuid, ring)),
            )
            for code, uuid, data, body, encoding in self.env.cr.fetchall()
        ]
        self.dispatch()
        # What follows belongs to another transaction.
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()
        for code, data in found:
            event_type = self.types.filtered(lambda one, code=code: one.code.endswith(code))
            validator = event_type.contract_id.current_version_id._validator()
            self.assertEqual(validator.violations(data), [], code)
        return found

    def book(self, **values):
        group = "integration_ehr_bridge.group_census_keeper"
        self.keeper = getattr(self, "keeper", None) or new_test_user(self.env, "bill.books", group)
        keeper = self.keeper
        code = self.env["ehr.charge.code"].search([("code", "=", "OR-HOUR")])
        entry = self.env["integration.charge.entry"].with_user(keeper)
        return entry.create(
            {
                "encounter_id": self.visit.id,
                "code_id": code.id,
                "quantity": 2,
                "charged_at": fields.Datetime.now(),
                **values,
            }
        )

    def transfer(self, product, quantity, source, target, **values):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "encounter_id": self.visit.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "location_id": source.id,
                            "location_dest_id": target.id,
                            "quantity": quantity,
                            "picked": True,
                            **values,
                        },
                    )
                ],
            }
        )
        picking._action_done()
        return picking.move_ids

    def use(self, product, quantity):
        self.stock = (
            self.env["stock.warehouse"]
            .search([("company_id", "=", self.company.id)], limit=1)
            .lot_stock_id
        )
        self.used = product.property_stock_production
        return self.transfer(product, quantity, self.stock, self.used)

    def give_back(self, move, quantity):
        return self.transfer(
            move.product_id, quantity, self.used, self.stock, origin_returned_move_id=move.id
        )
