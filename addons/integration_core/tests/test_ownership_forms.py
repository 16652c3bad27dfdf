from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.integration_core.tools import owner_widget

from .owned import OwnedCase


@tagged("post_install", "-at_install")
class TestOwnershipForms(OwnedCase):
    """Owned fields in forms that know nothing of the suite."""

    def arch(self, model="res.partner", view_id=None):
        view = self.env[model].with_user(self.clerk).get_view(view_id, "form")
        return etree.fromstring(view["arch"])

    def locked(self, arch):
        return {
            node.get("name")
            for node in arch.xpath("//field[not(ancestor::field)]")
            if owner_widget.FREE in (node.get("readonly") or "")
        }

    def lock(self, record=None, user=None, model="res.partner"):
        return (
            self.env["integration.ownership.override"]
            .with_user(user or self.clerk)
            .lock_of(model, record.id if record else False)
        )

    def test_forms_lock_what_is_owned(self):
        self.assertFalse(self.arch().xpath("//widget[@name='integration_owner']"))
        owned = self.own("email", "phone")
        arch = self.arch()
        self.assertEqual(len(arch.xpath("//widget[@name='integration_owner']")), 1)
        self.assertEqual(self.locked(arch), {"email", "phone"})
        self.assertFalse(self.arch("res.bank").xpath("//widget[@name='integration_owner']"))
        owned.state = "ended"
        self.assertFalse(self.arch().xpath("//widget[@name='integration_owner']"))

    def test_every_form_of_the_partner_still_opens(self):
        self.own()
        views = self.env["ir.ui.view"].search(
            [("model", "=", "res.partner"), ("type", "=", "form"), ("mode", "=", "primary")]
        )
        for view in views:
            with self.subTest(view=view.xml_id):
                self.assertTrue(self.locked(self.arch(view_id=view.id)))

    def test_fields_of_the_record_behind(self):
        """A user's name is his contact's."""
        self.own("email", "name")
        self.assertTrue({"name", "email"} & self.locked(self.arch("res.users")))
        user = new_test_user(self.env, "owned.subject", "base.group_user")
        found = self.lock(user, model="res.users")
        self.assertEqual(found["owners"][0]["system"], "Payroll")
        self.assertIn("Name", found["owners"][0]["fields"])

    def test_server_form_sees_them_read_only(self):
        self.own("email")
        with Form(self.person.with_user(self.clerk)) as form:
            with self.assertRaises(AssertionError):
                form.email = "typed@by.hand"
            form.phone = "22"
        self.assertEqual(self.person.phone, "22")
        with Form(self.env["res.partner"].with_user(self.clerk)) as form:
            form.name = "New"
            form.email = "new@example.com"

    def test_what_the_form_is_told(self):
        self.own("email", condition="[('is_company', '=', False)]")
        self.own("phone", system=self.system)
        found = self.lock(self.person)
        self.assertEqual(
            {one["system"]: one["fields"] for one in found["owners"]},
            {"Payroll": ["Email"], "Partner": ["Phone"]},
        )
        self.assertEqual((found["free"], found["may_override"]), ([], False))
        self.person.is_company = True
        self.assertEqual(self.lock(self.person)["free"], ["email"])

    def test_only_for_employees_who_may_read(self):
        portal = new_test_user(self.env, "owned.portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self.lock(self.person, portal)
        for nonsense in ("no.such.model", "base"):
            with self.assertRaises(AccessError):
                self.lock(model=nonsense)

    def test_strange_forms(self):
        arch = etree.fromstring(
            "<form><sheet><field name='a'/><field name='b' readonly='1'/>"
            "<field name='c' readonly=\"state != 'draft'\"/><field name='d' readonly='0'/>"
            "<field name='lines'><list><field name='a'/></list></field></sheet></form>"
        )
        owner_widget.lock(arch, {"a", "b", "c", "d"})
        readonly = {node.get("name"): node.get("readonly") for node in arch.xpath("./sheet/field")}
        self.assertTrue(readonly["a"].startswith("id and ("))
        self.assertEqual(readonly["b"], "1")
        self.assertTrue(readonly["c"].startswith("(state != 'draft') or (id and ("))
        self.assertTrue(readonly["d"].startswith("id and ("))
        self.assertIsNone(arch.xpath("//list/field")[0].get("readonly"))
        before = etree.tostring(arch)
        owner_widget.lock(arch, {"a"})
        self.assertEqual(etree.tostring(arch), before)

    def test_matrix(self):
        self.own("email", "phone")
        self.own("name", system=self.system, condition="[('is_company', '=', True)]")
        observer = new_test_user(self.env, "owned.observer", "integration_core.group_observer")
        found = self.env["integration.ownership"].with_user(observer).matrix()
        [row] = [row for row in found["rows"] if row["model"] == "res.partner"]
        self.assertEqual(row["label"], "Contact")
        self.assertEqual(row["cells"][str(self.payroll.id)][0]["what"], "Email, Phone")
        self.assertTrue(row["cells"][str(self.system.id)][0]["partial"])
