from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_core.tests import upgrading
from odoo.addons.integration_core.tests.common import EngineCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"
BEFORE, VERSION = "19.0.1.0.0", "19.0.1.1.0"


@tagged("post_install", "-at_install")
class TestUpgradeLists(upgrading.RenewalMixin, EngineCase):
    def test_lists_hold_since_they_were_sent(self):
        self.assert_renews(upgrading.script(VERSION, "post-list_times", MIGRATIONS), BEFORE)

    def test_what_people_changed_stays(self):
        self.assert_leaves_alone(upgrading.script(VERSION, "post-list_times", MIGRATIONS), BEFORE)

    def test_what_waits_stands_where_its_message_arrived(self):
        script = upgrading.script(VERSION, "post-coming_arrived", MIGRATIONS)
        message = self.receive("m1", b"{}")
        vals = {
            "kind": "staff",
            "name": "D1",
            "effective_at": "2030-01-01",
            "records": [[1, {}]],
            "user_id": self.env.uid,
            "company_id": self.env.company.id,
        }
        known, purged = self.env["ehr.coming"].create(
            [
                {**vals, "digest": digest, "message_uuid": uuid}
                for digest, uuid in (("a", message.uuid), ("b", "gone"))
            ]
        )
        self.env.flush_all()
        script.migrate(self.env.cr, BEFORE)
        self.env.invalidate_all()
        self.assertEqual((known.arrived, purged.arrived), (message.id, 0))
