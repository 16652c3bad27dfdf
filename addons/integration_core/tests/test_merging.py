from odoo.tests import tagged

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestMerging(EngineCase):
    """Contacts that Odoo merges: who knew one of them knows the one that is left."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.links = cls.env["integration.record.link"]
        cls.left, cls.gone = cls.env["res.partner"].create([{"name": "One"}, {"name": "One"}])
        cls.other = cls.env["integration.system"].create(
            {"name": "Other", "code": "OTHER", "kind": "billing"}
        )

    def merge(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.left + self.gone).ids, self.left)
        self.env.invalidate_all()
        self.assertFalse(self.gone.exists())

    def status(self, record, interface, state, message=None, ago="0"):
        self.env.cr.execute(
            """
            INSERT INTO integration_record_sync (res_model, res_id, interface_id, state,
                                                 message_id, changed_at)
            VALUES ('res.partner', %s, %s, %s, %s, now() AT TIME ZONE 'UTC' - %s::interval)
            """,
            [record.id, interface.id, state, message and message.id, ago],
        )

    def found(self, system, name):
        return self.links._find_record(system.id, "res.partner", name)

    def test_identifiers(self):
        self.links._link(self.system.id, self.left, "P-1")
        self.links._link(self.system.id, self.gone, "P-2")
        self.links._link(self.other.id, self.gone, "O-2")
        self.merge()
        for system, name in ((self.system, "P-1"), (self.system, "P-2"), (self.other, "O-2")):
            self.assertEqual(self.found(system, name), self.left)
        audited = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.record.link"), ("act", "=", "change")]
        )
        self.assertEqual(len(audited), 2)

    def test_status_is_the_latest_of_each_interface(self):
        self.status(self.left, self.outbound, "synchronised", ago="1 hour")
        self.status(self.gone, self.outbound, "failed")
        self.status(self.left, self.inbound, "synchronised")
        self.status(self.gone, self.inbound, "conflict", ago="1 hour")
        self.merge()
        rows = self.env["integration.record.sync"].search(
            [("res_model", "=", "res.partner"), ("res_id", "in", (self.left + self.gone).ids)]
        )
        self.assertEqual(
            {row.interface_id: row.state for row in rows},
            {self.outbound: "failed", self.inbound: "synchronised"},
        )
        self.assertEqual(set(rows.mapped("res_id")), {self.left.id})

    def test_messages(self):
        message = self.receive("m1", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET res_model = 'res.partner', res_id = %s WHERE id = %s",
            [self.gone.id, message.id],
        )
        self.merge()
        self.assertEqual(message.res_id, self.left.id)
