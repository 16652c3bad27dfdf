from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import HrCase


@tagged("post_install", "-at_install")
class TestLeaverAccess(HrCase):
    """What becomes of the user account: proposed by payroll, decided by an administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "access.admin", "base.group_erp_manager")
        cls.inbound.owner_id = cls.admin
        cls.user = new_test_user(cls.env, "noor.leaves", "base.group_user")

    def setUp(self):
        super().setUp()
        self.noor = self.employee()
        self.noor.user_id = self.user

    def left(self):
        self.assert_done(self.leave(0))
        return self.leaver(self.noor).with_user(self.admin)

    def tasks(self, leaver):
        kind = self.env.ref("integration_hr.mail_activity_leaver")
        return leaver.sudo().activity_ids.filtered(lambda one: one.activity_type_id == kind)

    def key(self):
        self.env["res.users.apikeys"].with_user(self.user).sudo()._generate(
            "rpc", "script", fields.Datetime.add(fields.Datetime.now(), days=1)
        )

    def test_proposed_and_never_automatic(self):
        leaver = self.left()
        self.assertTrue(self.user.active)
        self.assertEqual((leaver.access_state, leaver.user_id), ("open", self.user))
        self.assertEqual(self.tasks(leaver).user_id, self.admin)

    def test_not_before_the_last_day(self):
        self.leave(14)
        leaver = self.leaver(self.noor)
        self.assertEqual(leaver.access_state, "none")
        self.assertFalse(self.tasks(leaver))
        with self.assertRaises(UserError):
            leaver.with_user(self.admin).action_deactivate_user()

    def test_deactivated_with_keys_and_sessions(self):
        self.key()
        self.env["res.device.log"].create(
            {
                "session_identifier": "x" * 42,
                "user_id": self.user.id,
                "revoked": False,
                "platform": "linux",
                "browser": "firefox",
                "last_activity": fields.Datetime.now(),
            }
        )
        self.env.flush_all()
        leaver = self.left()
        self.assertEqual((leaver.key_count, leaver.session_count), (1, 1))
        leaver.note = "As agreed"
        leaver.action_deactivate_user()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.user.active)
        self.assertEqual((leaver.key_count, leaver.session_count), (0, 0))
        self.assertEqual((leaver.access_state, leaver.decided_by_id), ("closed", self.admin))
        self.assertFalse(self.tasks(leaver))
        with self.assertRaises(UserError):
            leaver.action_keep_user()

    def test_kept_and_decided_again(self):
        leaver = self.left()
        leaver.action_keep_user()
        self.assertTrue(self.user.active)
        self.assertEqual(leaver.access_state, "kept")
        self.assert_done(self.leave(-1))
        self.assertEqual(leaver.access_state, "kept", "what was decided is not asked again")
        leaver.action_decide_again()
        leaver.action_deactivate_user()
        self.assertFalse(self.user.active)

    def test_others_do_not_decide(self):
        leaver = self.left()
        officer = new_test_user(self.env, "access.officer", "hr.group_hr_manager")
        clerk = new_test_user(self.env, "access.clerk", "base.group_user")
        for user in (officer, clerk):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                leaver.with_user(user).action_deactivate_user()
        self.assertTrue(self.user.active)

    def test_own_account(self):
        self.user.group_ids += self.env.ref("base.group_erp_manager")
        leaver = self.left().with_user(self.user)
        self.assertIn("your own", leaver.obstacle)
        with self.assertRaisesRegex(UserError, "your own"):
            leaver.action_deactivate_user()
        self.assertTrue(self.user.active)

    def test_who_leaves_is_not_asked(self):
        self.inbound.owner_id = self.user
        self.user.group_ids += self.env.ref("base.group_erp_manager")
        self.assertNotEqual(self.tasks(self.left()).user_id, self.user)

    def test_superuser(self):
        root = self.env.ref("base.user_root")
        leaver = self.left()
        leaver.sudo().user_id = root
        with self.assertRaisesRegex(UserError, "Odoo itself"):
            leaver.action_deactivate_user()

    def test_last_administrator(self):
        system = self.env.ref("base.group_system")
        self.user.group_ids += system
        others = system.all_user_ids.filtered(lambda one: one.active) - self.user
        leaver = self.left()
        self.assertFalse(leaver.obstacle)
        self.env.cr.execute(
            "UPDATE res_users SET active = false WHERE id = ANY(%s)",
            [(others - self.env.ref("base.user_root")).ids],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "last administrator"):
            leaver.action_deactivate_user()

    def test_works_elsewhere(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.user.company_ids += company
        self.env["hr.employee"].create(
            {"name": "Noor", "user_id": self.user.id, "company_id": company.id}
        )
        with self.assertRaisesRegex(UserError, "Another hospital"):
            self.left().action_deactivate_user()

    def test_interfaces_work_with_the_account(self):
        leaver = self.left()
        self.outbound.sudo()
        self.env.cr.execute(
            "UPDATE integration_interface SET user_id = %s WHERE id = %s",
            [self.user.id, self.outbound.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Outbound"):
            leaver.action_deactivate_user()

    def test_hand_over_is_listed(self):
        self.employee("101", name="Lea", manager="100")
        self.env["hr.department"].create({"name": "Ward 4", "manager_id": self.noor.id})
        self.env.user.partner_id.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.user.id
        )
        leaver = self.left()
        self.assertEqual(leaver.subordinate_names, "Lea")
        self.assertEqual(leaver.department_names, "Ward 4")
        self.assertEqual(leaver.open_tasks, "1 Contact")

    def test_withdrawn_while_it_is_asked(self):
        leaver = self.left()
        self.bring("leaver", number="100", cancelled=True)
        self.assertEqual(leaver.access_state, "void")
        self.assertFalse(self.tasks(leaver))
        self.assertTrue(self.user.active)

    def test_comes_back_after_deactivation(self):
        leaver = self.left()
        self.key()
        leaver.action_deactivate_user()
        start = fields.Date.to_string(fields.Date.add(self.today, days=10))
        self.employee(active=True, start_date=start)
        self.assertEqual((leaver.state, leaver.access_state), ("returned", "back"))
        self.assertFalse(self.user.active, "never automatic")
        self.assertEqual(self.tasks(leaver).user_id, self.admin)
        leaver.action_give_back_user()
        self.assertTrue(self.user.active)
        self.assertEqual((leaver.access_state, leaver.key_count), ("restored", 0))

    def test_other_company_sees_nothing(self):
        leaver = self.left()
        company = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "access.stranger",
            "base.group_erp_manager,hr.group_hr_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(leaver.with_user(stranger).search([("id", "=", leaver.id)]))
        with self.assertRaises(AccessError):
            leaver.with_user(stranger).action_keep_user()
