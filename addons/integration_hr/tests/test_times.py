from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_core.tests import upgrading

from .common import HrCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"
NAMES = {"employee": "Noor Peeters", "department": "Cardiology"}


@tagged("post_install", "-at_install")
class TestTimes(HrCase):
    """What payroll had said earlier changes nothing, however late it comes."""

    def again(self, message):
        message.action_replay("to see")
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(message.replay_ids.state, "done")

    def told(self, record, message):
        return any(message.replay_ids.uuid in str(one.body) for one in record.message_ids)

    def test_a_replay_is_as_old_as_its_original(self):
        for handler, name in NAMES.items():
            with self.subTest(handler):
                first = self.bring(handler, number="N-1", name=name)
                second = self.bring(handler, number="N-1", name="Changed")
                record = self.env[second.res_model].browse(second.res_id)
                self.again(first)
                self.assertEqual(record.name, "Changed")
                self.assertTrue(self.told(record, first), "it is told")
                self.again(second)
                self.assertFalse(self.told(record, second))

    def test_links_of_before_know_the_newest_message(self):
        script = upgrading.script("19.0.1.1.0", "post-newest", MIGRATIONS)
        first = self.bring("employee", number="N-1", name="First")
        second = self.bring("employee", number="N-1", name="Second")
        link = self.env["integration.record.link"].search([("external_id", "=", "N-1")])
        known = link.newest
        self.assertTrue(known)
        self.env.cr.execute("UPDATE integration_record_link SET newest = NULL")
        script.migrate(self.env.cr, "19.0.1.0.2")
        self.env.invalidate_all()
        self.assertEqual(link.newest, known)
        self.again(first)
        self.assertEqual(self.env["hr.employee"].browse(second.res_id).name, "Second")
