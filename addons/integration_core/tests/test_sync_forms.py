import timeit

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tools import sync_widget

from .common import EngineCase

PARTNER = "res.partner"


@tagged("post_install", "-at_install")
class TestSyncForms(EngineCase):
    """The status widget on forms of models that know nothing of the suite."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "sync.user", "base.group_user")

    def subscribe(self, model=PARTNER, trigger="created"):
        """An administrator's own event type, sent through the outbound interface."""
        event_type = self.env["integration.event.type"].create(
            {
                "name": "Partner created",
                "code": "test.partner.created",
                "model_name": model,
                "trigger": trigger,
                "contract_id": self.contract.id,
            }
        )
        event_type.interface_ids = self.outbound
        return event_type

    def widgets(self, model, user=None, view_type="form", view_id=None):
        view = self.env[model].with_user(user or self.user).get_view(view_id, view_type)
        return etree.fromstring(view["arch"]).xpath("//widget[@name='integration_sync']")

    def test_comes_and_goes_with_the_interfaces(self):
        self.assertFalse(self.widgets(PARTNER))
        event_type = self.subscribe()
        self.assertEqual(len(self.widgets(PARTNER)), 1)
        self.assertEqual(len(self.widgets("res.country")), 1)
        self.assertFalse(self.widgets("res.bank"), "no interface touches banks")
        event_type.interface_ids = False
        self.assertFalse(self.widgets(PARTNER))

    def test_stays_as_long_as_a_status_remains(self):
        event_type = self.subscribe()
        partner = self.env[PARTNER].create({"name": "Somebody"})
        self.set_status(partner, "failed")
        event_type.interface_ids = False
        self.assertEqual(len(self.widgets(PARTNER)), 1)
        partner.unlink()
        self.assertFalse(self.env["integration.record.sync"].search([("res_model", "=", PARTNER)]))

    def set_status(self, record, state, reason=None):
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO integration_record_sync (res_model, res_id, interface_id, state, reason, "
            "changed_at) VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')",
            [record._name, record.id, self.outbound.id, state, reason],
        )

    def test_only_in_forms_and_only_for_employees(self):
        self.subscribe()
        self.assertFalse(self.widgets(PARTNER, view_type="list"))
        self.assertFalse(self.widgets(PARTNER, view_type="search"))
        portal = new_test_user(self.env, "sync.portal", "base.group_portal")
        self.assertFalse(self.widgets(PARTNER, portal))

    def test_every_form_of_the_partner_still_opens(self):
        self.subscribe()
        views = self.env["ir.ui.view"].search(
            [("model", "=", PARTNER), ("type", "=", "form"), ("mode", "=", "primary")]
        )
        self.assertGreater(len(views), 1)
        for view in views:
            with self.subTest(view=view.xml_id):
                self.assertEqual(len(self.widgets(PARTNER, view_id=view.id)), 1)

    def test_strange_forms(self):
        forms = {
            "<form/>": "0",
            "<form><field name='name'/></form>": "0",
            "<form js_class='x'><header/><field name='name'/><footer/></form>": "1",
            "<form><header/><!-- remark --><group/></form>": "1",
            "<form><sheet><group/></sheet></form>": "sheet 0",
            "<form><div><sheet><div name='button_box'/><group/></sheet></div></form>": "sheet 1",
            "<form><field name='line_ids'><form><sheet/></form></field></form>": "0",
        }
        for arch, place in forms.items():
            with self.subTest(arch=arch):
                root = etree.fromstring(arch)
                sync_widget.insert(root)
                [widget] = root.xpath("//widget")
                parent = widget.getparent()
                inside = "sheet " if parent.tag == "sheet" else ""
                self.assertEqual(f"{inside}{parent.index(widget)}", place)
                sync_widget.insert(root)
                self.assertEqual(len(root.xpath("//widget")), 1)
        kanban = etree.fromstring("<kanban/>")
        sync_widget.insert(kanban)
        self.assertFalse(len(kanban))

    def test_custom_event_reaches_the_form(self):
        """From the administrator's definition to what the user of the record reads."""
        self.subscribe()
        partner = self.env[PARTNER].create({"name": "Somebody", "company_id": self.env.company.id})
        self.env.cr.flush()
        ask = self.env["integration.record.sync"].with_user(self.user).status_of
        self.assertTrue(ask(PARTNER, partner.id)["moving"])
        self.dispatch()
        status = ask(PARTNER, partner.id)
        self.assertEqual(status["state"], "pending")
        self.assertEqual([row["interface"] for row in status["rows"]], ["Outbound"])

    def test_record_rules_of_the_document_decide(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        partner = self.env[PARTNER].create({"name": "Theirs", "company_id": company.id})
        self.set_status(partner, "failed")
        ask = self.env["integration.record.sync"].with_user(self.user).status_of
        with self.assertRaises(AccessError):
            ask(PARTNER, partner.id)
        for nonsense in ("no.such.model", "base"):
            with self.subTest(model=nonsense), self.assertRaises(AccessError):
                ask(nonsense, 1)

    def test_other_models_pay_nothing(self):
        """A view that is cached is not looked at again; a deletion costs a look-up."""
        bank = self.env["res.bank"]
        bank.get_view(view_type="form")
        with self.assertQueryCount(0):
            bank._get_view_cache(None, "form")
            self.assertFalse(bank._integration_is_touched())
        rounds = 10_000
        seconds = timeit.timeit(bank._integration_is_touched, number=rounds) / rounds
        self.assertLess(seconds, 50e-6)

    def test_dangling_status_is_collected(self):
        bank = self.env["res.bank"].create({"name": "Soon gone"})
        kept = self.env["res.bank"].create({"name": "Stays"})
        self.set_status(bank, "synchronised")
        self.set_status(kept, "synchronised")
        self.env.cr.execute("DELETE FROM res_bank WHERE id = %s", [bank.id])
        self.env["integration.record.sync"]._gc_dangling()
        left = self.env["integration.record.sync"].search([("res_model", "=", "res.bank")])
        self.assertEqual(left.mapped("res_id"), [kept.id])
