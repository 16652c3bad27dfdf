"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import NOTHING, OPERATIONS, READ, ROLES
from odoo.addons.integration_core.tests.common import EngineCase

#: What the feed tells and people read.
TOLD = ("ehr.appointment", "ehr.encounter", "ehr.housekeeping", "ehr.merge", "ehr.move")
PATIENTS = ("ehr.patient",)
RESOURCES = ("ehr.appointment.resource",)
PLACES = ("ehr.location",)
STAFF = ("ehr.staff",)
EVERYTHING = (*TOLD, *PATIENTS, *RESOURCES, *PLACES, *STAFF)
# Of the roles of integrations none has a right on patients and what is planned for them.
MATRIX = {
    EVERYTHING: dict.fromkeys(ROLES, NOTHING),
    ("integration.mllp.connection",): {role: NOTHING if role == "user" else READ for role in ROLES},
}
MAY_CALL = {}
ARGUMENTS = {}
SAMPLES = {}
#: Rights of those who work with the census, by group and models.
PEOPLE = {
    "group_census_user": {EVERYTHING: READ},
    "group_census_keeper": {EVERYTHING: READ},
    "group_census_manager": {
        (*TOLD, *PATIENTS, *RESOURCES): READ,
        PLACES: "rwcd",
        STAFF: "rwc",
    },
    "group_feed": {
        (*TOLD, *PATIENTS, *PLACES, *STAFF): "rwc",
        RESOURCES: "rwcd",
    },
}


@tagged("post_install", "-at_install")
class TestEhrAccess(EngineCase):
    def check_rights(self, name, user, allowed):
        model = self.env[name].with_user(user)
        for operation, letter in OPERATIONS.items():
            with self.subTest(model=name, user=user.login, operation=operation):
                self.assertEqual(model.has_access(operation), letter in allowed)

    def test_matrix(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"ehr.{role}", group)
            for models, rights in MATRIX.items():
                for name in models:
                    self.check_rights(name, user, rights[role])

    def test_people_of_the_census(self):
        for group, families in PEOPLE.items():
            user = new_test_user(self.env, f"{group}.test", f"integration_ehr_bridge.{group}")
            for models, allowed in families.items():
                for name in models:
                    self.check_rights(name, user, allowed)

    def test_menus(self):
        root = self.env.ref("integration_ehr_bridge.menu_census_root")
        staff = self.env.ref("integration_ehr_bridge.menu_ehr_staff")
        for group, menus in (
            ("base.group_user", ()),
            ("integration_ehr_bridge.group_census_user", (root,)),
            ("integration_ehr_bridge.group_census_manager", (root, staff)),
        ):
            user = new_test_user(self.env, f"menu.{group}", group)
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for menu in (root, staff):
                self.assertEqual(menu.id in visible, menu in menus, (group, menu.name))
