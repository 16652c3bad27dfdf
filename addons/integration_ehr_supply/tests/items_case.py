"""An interface that receives item lists and stock on hand as HL7 v2, and lists as they arrive."""

import itertools

from odoo import Command

from odoo.addons.integration_core.engine import intake, keys
from odoo.addons.integration_core.tests.common import EngineCase


class ItemsCase(EngineCase):
    """Messages are stored as a door does, and handled by drains."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.write({"code": "MMIS", "kind": "other", "tz": "Europe/Brussels"})
        cls.service_user.group_ids = [
            Command.link(cls.env.ref(group).id)
            for group in (
                "base.group_user",
                "product.group_product_manager",
                "stock.group_stock_manager",
            )
        ]
        cls.policy.write({"ordering": "key", "failure_blocks_key": False})
        cls.lists = cls.list_interface("Item master", 12576)
        cls.numbers = itertools.count(1)
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        cls.ward = cls.env["stock.location"].create(
            {
                "name": "Ward 3W",
                "barcode": "WARD-3W",
                "location_id": cls.warehouse.lot_stock_id.id,
                "company_id": cls.env.company.id,
            }
        )
        cls.links = cls.env["integration.record.link"]
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.dozen.active = True
        cls.env.ref("base.EUR").active = True

    @classmethod
    def list_interface(cls, name, port, **values):
        made = cls.env["integration.interface"].create(
            {
                "name": name,
                "system_id": cls.system.id,
                "policy_id": cls.policy.id,
                "user_id": cls.service_user.id,
                "direction": "inbound",
                "transport": "mllp",
                "body_codec": "hl7",
                "data_class": "clinical",
                "mllp_port": port,
                "mllp_tls": "none",
                "routing_id": cls.env.ref("integration_ehr_supply.routing_hl7_v2_items").id,
                **values,
            }
        )
        made.action_submit()
        made.action_approve()
        made.action_activate()
        return made

    def file(self, trigger, *entries, level="NE", at="20260302040000"):
        """A master file. ``entries``: lists of segments."""
        control = f"F{next(self.numbers)}"
        kind = f"MFN^{trigger}"
        header = f"MSH|^~\\&|MMIS|MAIN|ODOO|HUB|{at}||{kind}|{control}|P|2.8"
        found = [header, f"MFI|INV||UPD|||{level}"]
        for entry in entries:
            found += entry
        return control, kind, ("\r".join(found) + "\r").encode()

    def item(self, number="I-1", name="Gauze", *more, action="MAD", stocked="Y", expires="N"):
        """The segments of an item."""
        return [
            f"MFE|{action}|R-{number}||{number}|CWE",
            f"ITM|{number}|{name}|A|||{expires}||||||||{stocked}",
            *(more or ("PKG|1|EA||1",)),
        ]

    def count(
        self, quantity, number="I-1", *, lot="", unit="EA", place="WARD-3W", at="", expiry=""
    ):
        """The segments of a stock on hand."""
        return [
            f"MFE|MUP|C-{number}||{number}|CWE",
            f"IIM|{number}|{number}|{lot}|{expiry}||{place}|||||{at}|{quantity}|{unit}",
        ]

    def arrive(self, *messages, interface=None):
        """Store messages and handle them; their records in the ledger, without their parts."""
        interface = interface or self.lists
        ring = keys.optional_ring(self.env.cr)
        stored = self.env["integration.message"]
        for control, kind, raw in messages:
            incoming = intake.Incoming(
                control, kind, raw, "application/hl7-v2", f"corr-{control}", None
            )
            receipt = intake.store(self.env.cr, interface._inbound_spec(), incoming, ring)
            stored |= self.message(receipt.uuid)
        self.drain(interface)
        self.env.invalidate_all()
        return stored

    def rows(self, whole):
        """The messages of the entries of a file, in its order."""
        return self.env["integration.message"].search(
            [("causation_id", "=", whole.uuid)], order="id"
        )

    def bring(self, trigger, *entries, **header):
        """A file and what became of its entries: ``(whole, rows)``."""
        whole = self.arrive(self.file(trigger, *entries, **header))
        self.assertEqual(whole.state, "done", whole.error_message)
        return whole, self.rows(whole)

    def bring_well(self, trigger, *entries, **header):
        _whole, rows = self.bring(trigger, *entries, **header)
        self.assertEqual(len(rows), len(entries))
        for row in rows:
            self.assertEqual(row.state, "done", row.error_message)
        return rows

    def refuse(self, code, trigger, *entries, **header):
        """Bring a file whose last entry is refused."""
        _whole, rows = self.bring(trigger, *entries, **header)
        self.assertEqual(
            (rows[-1].state, rows[-1].error_code), ("quarantined", code), rows[-1].error_message
        )
        return rows[-1]

    def known(self, number="I-1"):
        self.env.invalidate_all()
        return self.links._find_record(self.system.id, "product.product", number)
