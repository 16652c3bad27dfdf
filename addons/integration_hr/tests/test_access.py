"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import NOTHING, OPERATIONS, READ, ROLES

from .common import HrCase

# The roles of the suite say nothing about people: officers of Human Resources see who leaves, and
# administrators of users decide about accounts.
MATRIX = {
    ("integration.awaited.manager", "integration.leaver"): dict.fromkeys(ROLES, NOTHING),
}
MAY_CALL = {
    "integration.leaver": {
        "action_deactivate_user": set(),
        "action_decide_again": set(),
        "action_give_back_user": set(),
        "action_keep_user": set(),
    },
}
OTHERS = {
    "hr.group_hr_user": {"integration.awaited.manager": READ, "integration.leaver": READ},
    "base.group_erp_manager": {
        "integration.awaited.manager": NOTHING,
        "integration.leaver": READ + "w",
    },
}


def leaver(case):
    employee = case.env["hr.employee"].create({"name": "Noor"})
    return case.env["integration.leaver"]._announce(employee, employee._integration_today())


SAMPLES = {"integration.leaver": leaver}


@tagged("post_install", "-at_install")
class TestHrAccess(HrCase):
    def check(self, user, rights):
        for name, allowed in rights.items():
            model = self.env[name].with_user(user)
            for operation, letter in OPERATIONS.items():
                with self.subTest(model=name, user=user.login, operation=operation):
                    self.assertEqual(model.has_access(operation), letter in allowed)

    def test_roles_of_the_suite(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"hr.role.{role}", group)
            for models, rights in MATRIX.items():
                self.check(user, dict.fromkeys(models, rights[role]))

    def test_those_whose_work_it_is(self):
        for group, rights in OTHERS.items():
            self.check(new_test_user(self.env, f"hr.{group}", group), rights)
