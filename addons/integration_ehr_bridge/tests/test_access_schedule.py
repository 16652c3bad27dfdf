"""Rights on the schedule beside those of the MATRIX, and what each person finds in the menus."""

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import OPERATIONS
from odoo.addons.integration_core.tests.common import EngineCase

#: Rights of service users of the feed, and of managers of the census.
FEED = {
    "ehr.appointment": "rwc",
    "ehr.appointment.resource": "rwcd",
    "ehr.location": "rwc",
    "ehr.staff": "rwc",
}
MANAGER = {"ehr.appointment": "r", "ehr.appointment.resource": "r", "ehr.staff": "rwc"}


@tagged("post_install", "-at_install")
class TestScheduleAccess(EngineCase):
    def test_rights(self):
        for group, rights in (("group_feed", FEED), ("group_census_manager", MANAGER)):
            user = new_test_user(self.env, f"schedule.{group}", f"integration_ehr_bridge.{group}")
            for name, allowed in rights.items():
                model = self.env[name].with_user(user)
                for operation, letter in OPERATIONS.items():
                    with self.subTest(model=name, group=group, operation=operation):
                        self.assertEqual(model.has_access(operation), letter in allowed)

    def test_clocks_are_for_the_feed(self):
        user = new_test_user(
            self.env, "schedule.reader", "integration_ehr_bridge.group_census_manager"
        )
        for name in ("ehr.appointment", "ehr.location", "ehr.staff"):
            self.assertNotIn("clocks", self.env[name].with_user(user).fields_get(), name)

    def test_menus(self):
        schedule = self.env.ref("integration_ehr_bridge.menu_ehr_appointment")
        configuration = self.env.ref("integration_ehr_bridge.menu_census_configuration")
        for group, seen in (
            ("base.group_user", ()),
            ("integration_ehr_bridge.group_census_user", (schedule,)),
            ("integration_ehr_bridge.group_census_manager", (schedule, configuration)),
        ):
            user = new_test_user(self.env, f"menu.{group}", group)
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for menu in (schedule, configuration):
                self.assertEqual(menu.id in visible, menu in seen, (group, menu.name))
