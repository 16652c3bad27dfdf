from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from .common import EngineCase

# These may change: they do not say how an interface works.
FREE = {"name", "company_id", "active"}


@tagged("post_install", "-at_install")
class TestPolicyForm(EngineCase):
    """A policy that interfaces were approved with does not look as if it could change."""

    def editable(self, policy):
        with Form(policy) as form:
            return {
                name
                for name in form._view["fields"]
                if not form._get_modifier(name, "readonly") and name != "locked"
            }

    def test_what_was_approved_is_read_only(self):
        self.assertTrue(self.policy.locked)
        self.assertLessEqual(self.editable(self.policy), FREE | {"id"})
        with Form(self.policy) as form:
            form.name = "Patient"
        self.assertEqual(self.policy.name, "Patient")

    def test_copy_may_be_changed(self):
        action = self.policy.action_duplicate()
        copy = self.env["integration.policy"].browse(action["res_id"])
        self.assertEqual(copy.name, "Test policy (copy)")
        self.assertFalse(copy.locked)
        self.assertGreater(self.editable(copy), {"max_attempts", "payload_days", "ordering"})
        with Form(copy) as form:
            form.max_attempts = 7
        self.assertEqual((copy.max_attempts, self.policy.max_attempts), (7, 3))

    def test_notice_is_whole_for_everybody(self):
        for group in ("administrator", "observer"):
            user = new_test_user(self.env, f"policy.{group}", f"integration_core.group_{group}")
            seen = etree.fromstring(self.policy.with_user(user).get_view(view_type="form")["arch"])
            notice = " ".join(seen.xpath("string(//div[@role='status'])").split())
            self.assertTrue(notice.startswith("Interfaces were approved with this policy"), group)
            self.assertTrue(notice.endswith("as a change of the interface."), group)

    def test_server_refuses_as_well(self):
        administrator = self.env.ref("base.user_admin")
        with self.assertRaisesRegex(UserError, "Duplicate the policy"):
            self.policy.with_user(administrator).max_attempts = 7
