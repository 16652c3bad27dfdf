import timeit
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import newborn, ownership
from odoo.addons.integration_core.models import integration_ownership_override as override

from .owned import OwnedCase


@tagged("post_install", "-at_install")
class TestOwnership(OwnedCase):
    """What an ownership is, who approves it, and what people may still do."""

    def draft(self, *names, **values):
        admin = new_test_user(
            self.env, "owned.admin", "integration_core.group_administrator,base.group_system"
        )
        return (
            self.env["integration.ownership"]
            .with_user(admin)
            .create(
                {
                    "system_id": self.payroll.id,
                    "model_name": "res.partner",
                    "scope": "fields" if names else "all",
                    "field_ids": [(0, 0, {"name": name}) for name in names],
                    **values,
                }
            )
        )

    def approver(self):
        return new_test_user(self.env, "owned.approver", "integration_core.group_approver")

    # -- definition and lifecycle ----------------------------------------------------------

    def test_two_people_put_it_in_force(self):
        one = self.draft("email")
        self.as_user(self.clerk).email = "still@free.example"
        one.action_submit()
        self.assertEqual(one.state, "in_review")
        with self.assertRaises(UserError):
            one.action_approve()
        one.with_user(self.approver()).action_approve()
        self.assertEqual(one.state, "approved")
        with self.assertRaisesRegex(UserError, "Payroll"):
            self.as_user(self.clerk).email = "now@locked.example"

    def test_what_was_approved_stays(self):
        one = self.draft("email")
        one.action_submit()
        one.with_user(self.approver()).action_approve()
        for vals in (
            {"scope": "all"},
            {"condition": "[('id', '=', 1)]"},
            {"field_ids": [(0, 0, {"name": "phone"})]},
            {"state": "draft"},
            {"active": False},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                one.write(vals)
        with self.assertRaises(UserError):
            one.field_ids.unlink()
        with self.assertRaises(UserError):
            one.unlink()
        one.action_end("We leave payroll")
        self.as_user(self.clerk).email = "free@again.example"
        self.assertEqual(self.audit("retire", one).reason, "We leave payroll")

    def test_two_systems_cannot_own_one_field(self):
        self.own("email", "name", system=self.system)
        one = self.draft("email")
        with self.assertRaisesRegex(UserError, "Partner owns “Email”"):
            one.action_submit()
        self.env["integration.ownership"].search([("state", "=", "approved")]).state = "ended"
        one.action_submit()
        # approved by others while this one was in review
        self.own(system=self.system)
        with self.assertRaisesRegex(UserError, "already"):
            one.with_user(self.approver()).action_approve()

    def test_conditions_tell_records_apart(self):
        self.own("email", system=self.system, condition="[('is_company', '=', True)]")
        one = self.draft("email", condition="[('is_company', '=', False)]")
        one.action_submit()
        both = self.draft_again("email", condition="[('name', '!=', 'x')]", of=one)
        with self.assertRaisesRegex(UserError, "of them"):
            both.action_submit()

    def draft_again(self, *names, of, **values):
        return (
            self.env["integration.ownership"]
            .with_user(of.create_uid)
            .create(
                {
                    "system_id": self.payroll.id,
                    "model_name": "res.partner",
                    "field_ids": [(0, 0, {"name": name}) for name in names],
                    **values,
                }
            )
        )

    def test_nonsense_is_refused(self):
        for values in (
            {"model_name": "no.such.model"},
            {"model_name": "integration.message"},
            {"model_name": "ir.rule"},
            {"condition": "[('no_such_field', '=', 1)]"},
            {"condition": "[('name', '=', datetime.now())]"},
            {"valid_from": "2026-02-01", "valid_until": "2026-01-01"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.own("name", **values)
        for name in ("no_such_field", "child_ids", "write_date", "display_name", "message_ids"):
            with self.subTest(name=name), self.assertRaises(ValidationError):
                self.own(name)

    def test_systems_with_ownership_stay(self):
        admin = self.env.ref("base.user_admin")
        one = self.own("email")
        with self.assertRaisesRegex(UserError, "system of record"):
            self.payroll.with_user(admin).active = False
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.payroll.with_user(admin).unlink()
        one.state = "ended"
        self.payroll.with_user(admin).active = False
        self.assertFalse(self.payroll.active)

    # -- people ----------------------------------------------------------------------------

    def test_people_find_it_locked(self):
        self.own("email")
        with self.assertRaisesRegex(UserError, "Payroll is the system of record for “Email”"):
            self.as_user(self.clerk).write({"email": "new@example.com", "phone": "2"})
        self.as_user(self.clerk).write({"email": "jane@old.example", "phone": "2"})
        self.assertEqual(self.person.phone, "2")
        imported = self.as_user(self.clerk).load([".id", "email"], [[str(self.person.id), "x@y.z"]])
        self.assertIn("system of record", imported["messages"][0]["message"])
        self.env.invalidate_all()
        self.assertEqual(self.person.email, "jane@old.example")

    def test_links_count_as_values(self):
        self.own("category_id")
        one, two = self.env["res.partner.category"].create([{"name": "A"}, {"name": "B"}])
        self.person.category_id = one
        clerk = self.as_user(self.clerk)
        clerk.category_id = [(6, 0, one.ids)]
        clerk.category_id = [(4, one.id)]
        for commands in ([(4, two.id)], [(5,)], [(3, one.id)], [(0, 0, {"name": "C"})]):
            with self.subTest(commands=commands), self.assertRaises(UserError):
                clerk.category_id = commands

    def test_translations_are_values(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        tag = self.env["res.partner.category"].create({"name": "Nurse"})
        tag.with_context(lang="fr_FR").name = "Infirmière"
        self.own("name", model_name="res.partner.category")
        clerk = self.as_user(self.clerk, tag)
        clerk.update_field_translations("name", {"fr_FR": "Infirmière"})
        for said in ({"fr_FR": "Infirmier"}, {"fr_FR": False}, {"en_US": "Doctor"}):
            with self.subTest(said=said), self.assertRaisesRegex(UserError, "Payroll"):
                clerk.update_field_translations("name", said)
        self.grant(record=tag)
        self.as_user(self.steward, tag).update_field_translations("name", {"fr_FR": "Infirmier"})
        self.assertEqual(tag.with_context(lang="fr_FR").name, "Infirmier")
        self.assertIn("Infirmière", self.audit("override", tag)[:1].changes)

    def test_everything_but_the_conversation(self):
        self.own()
        clerk = self.as_user(self.clerk)
        clerk.message_post(body="Hello")
        clerk.activity_schedule("mail.mail_activity_data_todo", user_id=self.clerk.id)
        for vals in ({"phone": "9"}, {"active": False}, {"function": "Nurse"}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                clerk.write(vals)

    def test_only_records_of_the_condition(self):
        self.own("email", condition="[('is_company', '=', True)]")
        self.as_user(self.clerk).email = "free@example.com"
        self.person.is_company = True
        with self.assertRaises(UserError):
            self.as_user(self.clerk).email = "locked@example.com"

    def test_only_its_days(self):
        tomorrow = fields.Date.today() + timedelta(days=1)
        self.own("email", valid_from=tomorrow)
        self.own("phone", valid_until=fields.Date.today() - timedelta(days=1))
        self.as_user(self.clerk).write({"email": "x@example.com", "phone": "3"})

    def test_only_its_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.own("email")
        self.clerk.company_ids += other
        self.person.company_id = other
        self.as_user(self.clerk).email = "theirs@example.com"
        self.person.company_id = False
        with self.assertRaises(UserError):
            self.as_user(self.clerk).with_company(other).email = "shared@example.com"

    def test_what_odoo_does_by_itself_is_free(self):
        self.own("email", "commercial_company_name")
        self.as_user(self.clerk).sudo().email = "by@code.example"
        company = self.env["res.partner"].create({"name": "Clinic", "is_company": True})
        self.as_user(self.clerk).parent_id = company
        self.env.flush_all()
        self.assertEqual(self.person.commercial_company_name, "Clinic")

    def test_new_records(self):
        self.own("email")
        self.env["res.partner"].with_user(self.clerk).create({"name": "New", "email": "n@e.x"})
        self.own("phone", owns_existence=True)
        with self.assertRaisesRegex(UserError, "come from Payroll only"):
            self.env["res.partner"].with_user(self.clerk).create({"name": "Newer"})
        with self.assertRaisesRegex(UserError, "alone deletes"):
            self.as_user(self.clerk).unlink()
        self.assertTrue(self.person.exists())

    def test_new_records_are_filled_in(self):
        """Create and write are one creation, for whoever created, until it is committed."""
        self.own()
        new = self.env["res.partner"].with_user(self.clerk).create({"name": "New"})
        new.email = "new@example.com"
        with self.assertRaises(UserError):
            new.with_user(self.steward).email = "another@person.example"
        self.env.cr.postcommit.data.pop(newborn.BORN)  # as a commit does
        with self.assertRaises(UserError):
            new.email = "later@example.com"

    def test_whoever_may_not_write_is_told_that(self):
        self.own("email")
        nobody = new_test_user(self.env, "owned.nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self.as_user(nobody).email = "x@y.z"

    # -- override --------------------------------------------------------------------------

    def grant(self, user=None, record=None):
        record = record or self.person
        return (
            self.env["integration.ownership.override"]
            .with_user(user or self.steward)
            .grant(record._name, record.id, "Payslip goes out tonight")
        )

    def test_override(self):
        self.own("email")
        for user, error in ((self.clerk, AccessError),):
            with self.assertRaises(error):
                self.grant(user)
        with self.assertRaises(UserError):
            self.as_user(self.steward).email = "not@yet.example"
        lock = self.grant()
        self.assertTrue(lock["until"])
        self.assertEqual(lock["free"], ["email"])
        self.as_user(self.steward).email = "jane@new.example"
        self.env.flush_all()
        self.assertEqual(self.person.email, "jane@new.example")
        entry = self.audit("override", self.person)[:1]
        self.assertEqual(entry.reason, "Payslip goes out tonight")
        self.assertIn("jane@old.example", entry.changes)
        self.assertIn("jane@new.example", entry.changes)
        with self.assertRaises(UserError):
            self.as_user(self.clerk).email = "his@leave.example"
        other = self.env["res.partner"].create({"name": "Other", "email": "o@e.x"})
        with self.assertRaises(UserError):
            self.as_user(self.steward, other).email = "another@record.example"

    def test_override_ends(self):
        self.own("email")
        self.grant()
        later = fields.Datetime.now() + timedelta(minutes=override.MINUTES + 1)
        with (
            patch.object(override.fields.Datetime, "now", lambda: later),
            self.assertRaises(UserError),
        ):
            self.as_user(self.steward).email = "too@late.example"
        self.grant()
        self.env["integration.ownership.override"].with_user(self.steward).give_back(
            "res.partner", self.person.id
        )
        with self.assertRaises(UserError):
            self.as_user(self.steward).email = "given@back.example"

    def test_override_of_clinical_data_tells_no_values(self):
        self.payroll.domain = "clinical"
        self.own("email")
        self.grant()
        self.as_user(self.steward).email = "secret@new.example"
        self.env.flush_all()
        entry = self.audit("override", self.person)[:1]
        self.assertIn("email", entry.changes)
        self.assertNotIn("example", entry.changes)

    def test_override_needs_the_record(self):
        self.own("email")
        outsider = new_test_user(self.env, "owned.outsider", "integration_core.group_steward")
        with self.assertRaises(AccessError):
            self.grant(outsider)
        with self.assertRaisesRegex(UserError, "Nobody owns"):
            self.grant(record=self.env["res.partner.category"].create({"name": "Free"}))

    def test_override_of_creation(self):
        self.own("email", owns_existence=True)
        model = self.env["integration.ownership.override"].with_user(self.steward)
        self.assertEqual(model.lock_of("res.partner", False)["creation"], "Payroll")
        model.grant("res.partner", False, "New colleague, payroll is down")
        new = self.env["res.partner"].with_user(self.steward).create({"name": "New"})
        self.assertEqual(self.audit("override", new).reason, "New colleague, payroll is down")

    def test_override_of_some_creations(self):
        """Refused by condition, or by a company that one does not work in: there is a way out."""
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.steward.company_ids += other
        self.own("email", owns_existence=True, condition="[('is_company', '=', True)]")
        for company, vals in (
            (self.env.company, {"name": "Clinic", "is_company": True}),
            (other, {"name": "Shared", "is_company": True, "company_id": False}),
        ):
            env = self.steward.with_user(self.steward).with_company(company).env
            leave = env["integration.ownership.override"]
            with self.subTest(company=company.name):
                with self.assertRaisesRegex(UserError, "come from Payroll only"):
                    env["res.partner"].create(vals)
                lock = leave.lock_of("res.partner", False)
                self.assertEqual((lock["creation"], lock["partly"]), (False, "Payroll"))
                leave.grant("res.partner", False, "Payroll is down")
                new = env["res.partner"].create(vals)
                self.assertTrue(self.audit("override", new))
                leave.give_back("res.partner", False)

    # -- cost ------------------------------------------------------------------------------

    def test_others_pay_a_look_up(self):
        """A write of a model without an owner: no statement, and microseconds."""
        self.own("email")
        bank = self.env["res.bank"]
        rules = self.env["integration.ownership"]
        rules._rules()
        with self.assertQueryCount(0):
            self.assertFalse(ownership.rules_of(bank))
        rounds = 10_000
        seconds = timeit.timeit(lambda: ownership.rules_of(bank), number=rounds) / rounds
        self.assertLess(seconds, 20e-6)
