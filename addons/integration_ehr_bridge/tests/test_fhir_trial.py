from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from .fhir_facade_case import FhirFacadeCase

ADMINISTRATOR = "integration_core.group_administrator"
CLINICAL = "integration_core.group_clinical_viewer"


@tagged("post_install", "-at_install")
class TestFhirTrial(FhirFacadeCase):
    """What the partner would get, for whoever configures the interface."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(cls.env, "fhir.trial.admin", ADMINISTRATOR)
        cls.place = cls.env["ehr.location"].create(
            {"point_of_care": "T4W", "kind": "unit", "name": "Trial Ward"}
        )

    def trial(self, user=None, **values):
        return (
            self.env["integration.fhir.trial"]
            .with_user(user or self.administrator)
            .create({"interface_id": self.interface.id, "resource": "Location", **values})
        )

    def answered(self, trial):
        return trial.action_ask()["context"]["default_answer"]

    def test_the_answer_is_that_of_the_partner(self):
        shown = self.answered(self.trial(query="name=Trial Ward"))
        self.assertIn('"Trial Ward"', shown)
        self.assertIn("searchset", shown)
        # The address of the partner is a secret.
        self.assertNotIn(self.interface.token, shown)
        self.assertIn("unknown_parameter", self.answered(self.trial(query="subject=Roe")))

    def test_the_answer_is_stored_nowhere(self):
        trial = self.trial(query="name=Trial Ward")
        self.answered(trial)
        self.assertFalse(trial.answer)
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM integration_fhir_trial t WHERE id = %s", trial.ids)
        self.assertNotIn("searchset", self.env.cr.fetchone()[0])

    def test_a_view_that_is_not_chosen_is_not_tried(self):
        self.change(fhir_show_location=False)
        with self.assertRaisesRegex(UserError, "404"):
            self.trial().action_ask()

    def test_only_administrators_try(self):
        other = new_test_user(self.env, "fhir.trial.operator", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            self.trial(user=other)

    def clinical(self):
        view = self.env.registry["integration.fhir.view.location"]
        self.addCleanup(setattr, view, "_clinical", False)
        view._clinical = True

    def test_clinical_content_needs_the_role_and_a_reason(self):
        self.clinical()
        with self.assertRaisesRegex(AccessError, "Clinical"):
            self.trial(reason="The ward asks about a bed").action_ask()
        self.administrator.group_ids += self.env.ref(CLINICAL)
        with self.assertRaisesRegex(UserError, "reason"):
            self.trial(reason="short").action_ask()
        entries = self.env["integration.audit.entry"]
        domain = [("act", "=", "reveal"), ("res_id", "=", self.interface.id)]
        before = entries.search_count(domain)
        self.answered(self.trial(query="name=nothing", reason="The ward asks about a bed"))
        self.assertEqual(entries.search_count(domain), before)
        self.answered(self.trial(query="name=Trial", reason="The ward asks about a bed"))
        entry = entries.search(domain, limit=1)
        self.assertEqual(entries.search_count(domain), before + 1)
        self.assertEqual(entry.actor_login, "fhir.trial.admin")
        self.assertEqual(entry.reason, "The ward asks about a bed")

    def test_the_dialog(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_bridge.action_integration_fhir_trial"
        )
        self.assertEqual(action["target"], "new")
        trials = self.env["integration.fhir.trial"].with_user(self.administrator)
        with Form(trials.with_context(default_interface_id=self.interface.id)) as form:
            form.resource = "Location"
            self.assertEqual(form.query, "_count=3")

    # ------------------------------------------------------------------
    # what the form says before traffic
    # ------------------------------------------------------------------

    def missing(self, **values):
        interface = self.env["integration.interface"].create(
            {
                "name": "Draft",
                "system_id": self.system.id,
                "direction": "inbound",
                "transport": "fhir",
                "credential_id": self.credential.id,
                "user_id": self.reader.id,
                **values,
            }
        )
        return " ".join(interface._missing_for_traffic())

    def test_what_only_shows_needs_no_handler(self):
        self.assertEqual(self.missing(fhir_show_location=True), "")
        self.assertIn("No handler", self.missing())

    def test_what_is_missing_is_said(self):
        self.clinical()
        self.assertIn("must be clinical", self.missing(fhir_show_location=True))
        self.assertEqual(self.missing(fhir_show_location=True, data_class="clinical"), "")
        portal = new_test_user(self.env, "fhir.portal", "base.group_portal")
        text = self.missing(fhir_show_location=True, user_id=portal.id, data_class="clinical")
        self.assertIn("may not read what Location", text)
        self.assertIn("prove itself", self.missing(credential_id=False))
        with patch.object(settings, "optional_key_ring", lambda: None):
            self.assertIn("sealed", self.missing(fhir_show_location=True))

    def test_views_are_governed(self):
        with self.assertRaisesRegex(UserError, "Propose a change"):
            self.interface.fhir_show_location = False
        names = self.interface._governed_names()
        for name in ("fhir_show_location", "fhir_location_ids", "fhir_vendor_ids"):
            self.assertIn(name, names)
        self.assertEqual(self.interface.fhir_shows, "Location, Organization")

    def test_every_view_has_a_switch_of_its_own(self):
        interfaces = self.env["integration.interface"]
        views = interfaces._fhir_all_views()
        switches = interfaces._fhir_switches()
        self.assertEqual(len(set(switches)), len(views))
        for name in switches:
            field = interfaces._fields[name]
            self.assertTrue(field.governed)
            self.assertFalse(interfaces.default_get([name]).get(name))
        for name in views.values():
            view = self.env[name]
            self.assertTrue(set(view._mandatory) <= set(view._elements))
            self.assertTrue(set(view._summary) <= set(view._elements))
            self.assertTrue(view._doc)

    def test_another_ring_opens_no_page(self):
        self.env["ehr.payer"].create([{"code": f"T{n}", "name": f"T{n}"} for n in range(3)])
        bundle = self.found("Organization?_count=1&type=pay")
        token = bundle["link"][1]["url"].partition("_page=")[2]
        ring = KeyRing.parse(f"other:{keyring.generate_key()}")
        with patch.object(settings, "key_ring", lambda: ring):
            answer = self.ask(f"Organization?_page={token}")
        self.assertIn(answer.status_code, (400, 401, 503))

    def test_a_proposal_changes_what_is_shown(self):
        with self.assertRaises(UserError):
            self.interface.write({"fhir_show_organization": False, "name": "x"})
        self.change(fhir_show_organization=False)
        self.assertEqual(self.ask("Organization").status_code, 404)
