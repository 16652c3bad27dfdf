from datetime import datetime

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.ticks import Place, tick

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestRecordLink(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # what a handler has: a user without any right of the suite
        cls.links = cls.env["integration.record.link"].with_user(cls.service_user)
        cls.one, cls.two = (
            cls.env["res.partner"]
            .create([{"name": "One"}, {"name": "Two"}])
            .with_user(cls.service_user)
        )
        cls.company = cls.env["res.company"].create({"name": "Another hospital"})

    def link(self, record, external_id, **options):
        return self.links._link(self.system.id, record, external_id, **options)

    def find(self, external_id, model="res.partner"):
        return self.links._find_record(self.system.id, model, external_id)

    def assert_conflict(self, code, call, *args, **options):
        with self.assertRaises(errors.ConflictError) as caught:
            call(*args, **options)
        self.assertEqual(caught.exception.code, code)

    def test_find_and_link(self):
        self.assertFalse(self.find("V-1"))
        self.link(self.one, " V-1 ")
        self.assertEqual(self.find("V-1"), self.one)
        self.assertEqual(self.find("V-1").env.uid, self.service_user.id)
        self.assertFalse(self.find("v-1"), "identifiers are compared letter by letter")
        self.assertFalse(self.find("V-1", "res.users"))
        self.assertEqual(self.links._find_external_id(self.system.id, self.one), "V-1")
        self.assertIsNone(self.links._find_external_id(self.system.id, self.two))

    def test_linking_twice_is_harmless(self):
        self.assertEqual(self.link(self.one, "V-1"), self.link(self.one, "V-1"))

    def test_the_newest_that_was_said(self):
        """By whatever identifier, and of this system alone."""
        self.link(self.one, "V-1")
        self.link(self.one, "V-9", alias=True)
        self.link(self.two, "V-2")
        system = self.system.copy({"code": "OTHER"})
        self.links._link(system.id, self.one, "V-1")
        early, noon, late = (tick(datetime(2026, 3, 1, hour), Place(1)) for hour in (8, 12, 16))
        both = self.one | self.two
        self.assertEqual(self.links._newest_of(self.system.id, both), {})
        remember = self.links._remember_newest
        remember(self.system.id, "res.partner", {"V-1": noon, "V-9": early, "unknown": late})
        remember(system.id, "res.partner", {"V-1": late})
        remember(self.system.id, "res.users", {"V-2": late})
        self.assertEqual(self.links._newest_of(self.system.id, both), {self.one.id: noon})
        remember(self.system.id, "res.partner", {"V-1": early})
        self.assertEqual(self.links._newest_of(self.system.id, both), {self.one.id: noon})
        remember(self.system.id, "res.partner", {"V-9": late})
        self.assertEqual(self.links._newest_of(self.system.id, both), {self.one.id: late})

    def test_many_at_once(self):
        self.links._link_all(self.system.id, {"V-1": self.one, "V-2": self.two})
        found = self.links._find_records(self.system.id, "res.partner", ["V-1", "V-2", "V-3"])
        self.assertEqual(found, {"V-1": self.one, "V-2": self.two})
        self.links._link_all(self.system.id, {"V-1": self.one})
        self.assert_conflict(
            "external_id_taken", self.links._link_all, self.system.id, {"V-1": self.two}
        )
        three = self.env["res.partner"].create({"name": "Three"})
        self.assert_conflict(
            "record_named_otherwise",
            self.links._link_all,
            self.system.id,
            {"V-4": three, "V-5": self.one},
        )

    def test_many_of_another_company(self):
        theirs = self.env["res.partner"].create({"name": "T", "company_id": self.company.id})
        self.assert_conflict(
            "other_company",
            self.links._link_all,
            self.system.id,
            {"V-1": self.one, "V-2": theirs.with_user(self.service_user)},
        )
        self.assertFalse(self.find("V-1"))

    def test_an_identifier_names_one_record(self):
        self.link(self.one, "V-1")
        self.assert_conflict("external_id_taken", self.link, self.two, "V-1")
        self.assertEqual(self.find("V-1"), self.one)

    def test_a_second_name_must_be_wanted(self):
        self.link(self.one, "V-1")
        self.assert_conflict("record_named_otherwise", self.link, self.one, "V-2")
        self.link(self.one, "V-2", alias=True)
        self.assertEqual(self.find("V-2"), self.one)
        self.assertEqual(self.links._find_external_id(self.system.id, self.one), "V-1")

    def test_systems_have_names_of_their_own(self):
        other = self.env["integration.system"].create({"name": "Other", "code": "OTHER"})
        self.link(self.one, "V-1")
        self.links._link(other.id, self.two, "V-1")
        self.assertEqual(self.find("V-1"), self.one)

    def test_relink_moves_the_name_and_is_audited(self):
        link = self.link(self.one, "V-1")
        self.links._relink(self.system.id, self.two, "V-1", "Merged at the partner")
        self.assertEqual(self.find("V-1"), self.two)
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", link._name), ("res_id", "=", link.id)]
        )
        self.assertEqual((entry.act, entry.reason), ("change", "Merged at the partner"))
        self.links._relink(self.system.id, self.one, "V-new")
        self.assertEqual(self.find("V-new"), self.one)

    def test_empty_identifiers_name_nothing(self):
        for empty in ("", "  ", None):
            self.assert_conflict("external_id_empty", self.link, self.one, empty)

    def test_other_companies_are_refused(self):
        self.one.sudo().company_id = self.company
        self.assert_conflict("other_company", self.link, self.one, "V-1")
        with self.assertRaises(ValidationError):
            self.env["integration.record.link"].create(
                {
                    "system_id": self.system.id,
                    "record_ref": f"res.partner,{self.one.id}",
                    "external_id": "V-1",
                }
            )

    def test_links_go_with_their_record(self):
        self.link(self.one, "V-1")
        self.one.sudo().unlink()
        self.assertFalse(self.env["integration.record.link"].search([("external_id", "=", "V-1")]))

    def test_what_disappeared_is_shown_reused_and_collected(self):
        links = self.link(self.one, "V-1") | self.link(self.two, "V-2")
        links = links.with_env(self.env)
        self.env.flush_all()
        # behind the ORM's back
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [self.one.id])
        self.env.invalidate_all()
        self.assertFalse(self.find("V-1"))
        mine = [("id", "in", links.ids)]
        self.assertEqual(links.search([("is_gone", "=", True), *mine]), links[0])
        self.assertEqual(links.search([("is_gone", "=", False), *mine]), links[1])
        self.assertEqual(links.mapped("is_gone"), [True, False])
        with self.assertRaises(UserError):
            links[0].action_open_record()
        three = self.env["res.partner"].create({"name": "Three"}).with_user(self.service_user)
        self.assertEqual(self.link(three, "V-1"), links[0].with_env(self.links.env))
        self.assertEqual(self.find("V-1"), three)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [three.id])
        self.env["integration.record.sync"]._gc_dangling()
        self.assertEqual(links.exists(), links[1])

    def test_form_picks_the_record(self):
        with Form(self.env["integration.record.link"]) as form:
            form.system_id = self.system
            form.external_id = "V-7"
            form.record_ref = f"res.partner,{self.one.id}"
        link = form.record
        self.assertEqual((link.res_model, link.res_id), ("res.partner", self.one.id))
        self.assertEqual(link.record_name, "One")
        with Form(link) as form:
            form.record_ref = f"res.partner,{self.two.id}"
        self.assertEqual(self.find("V-7"), self.two)
        self.assertEqual(link.action_open_record()["res_id"], self.two.id)

    def test_database_refuses_a_second_record(self):
        values = {"system_id": self.system.id, "external_id": "V-1"}
        links = self.env["integration.record.link"]
        links.create({**values, "record_ref": f"res.partner,{self.one.id}"})
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            links.create({**values, "record_ref": f"res.partner,{self.two.id}"})

    def test_nonsense_is_refused(self):
        values = {"system_id": self.system.id, "external_id": "V-1"}
        for reference in (
            {"res_model": "no.such.model", "res_id": 1},
            {"record_ref": "res.partner,0"},
        ):
            with self.subTest(reference=reference), self.assertRaises(ValidationError):
                self.env["integration.record.link"].create({**values, **reference})

    def test_names_are_for_those_who_may_read_the_record(self):
        link = self.link(self.one, "V-1").with_env(self.env)
        observer = new_test_user(self.env, "link.observer", "integration_core.group_observer")
        self.assertEqual(link.with_user(observer).record_name, "One")
        self.one.sudo().company_id = self.company
        self.env.invalidate_all()
        spec = {"record_name": {}, "record_ref": {"fields": {"display_name": {}}}, "is_gone": {}}
        [shown] = link.with_user(observer).web_read(spec)
        self.assertEqual((shown["record_name"], shown["record_ref"]), (False, False))
        self.assertFalse(shown["is_gone"])
        with self.assertRaises(AccessError):
            link.with_user(observer).external_id = "V-2"

    def test_the_form_of_a_linked_record_has_the_widget(self):
        bank = self.env["res.bank"].create({"name": "Bank"})
        self.assertNotIn("integration_sync", bank.get_view(view_type="form")["arch"])
        self.links._link(self.system.id, bank, "B-1")
        self.assertIn("integration_sync", bank.get_view(view_type="form")["arch"])
        status = self.env["integration.record.sync"].status_of("res.bank", bank.id)
        self.assertEqual((status["state"], status["links"]), (False, 1))
        action = self.env["integration.record.sync"].open_links("res.bank", bank.id)
        self.assertEqual(len(self.env["integration.record.link"].search(action["domain"])), 1)
