from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import owned_scope

from .owned import OwnedCase

NEW = "jane@new.example"


@tagged("post_install", "-at_install")
class TestOwnershipScope(OwnedCase):
    """Taking a record out of an ownership is a change of what is owned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.env["res.company"].create({"name": "Another hospital"})
        for user in cls.clerk | cls.steward | cls.service_user:
            user.company_ids += cls.elsewhere
        cls.person.company_id = cls.env.company

    def conflict(self, message):
        return self.env["integration.conflict"].search([("message_id", "=", message.id)])

    def handle(self, process, key="k1"):
        """A message of another system that does ``process(contact)``."""
        person = self.person

        def handler(handler, _received, _data):
            process(person.with_env(handler.env))
            return person.with_env(handler.env)

        self.handle_with(handler)
        message = self.receive(key, {"key": key})
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message

    def decide(self, conflict, **decisions):
        """Decide as said by key; ``all`` for every row."""
        person = conflict.with_user(self.steward)
        found = person.compare()
        choices = {row["field"]: decisions.get("all") for row in found["rows"]}
        person.decide(
            choices | decisions if "all" not in decisions else choices, "So", found["seen"]
        )
        self.drain(self.inbound)
        self.env.invalidate_all()
        return found["rows"]

    # -- people ----------------------------------------------------------------------------

    def test_the_way_around_through_the_company(self):
        self.own("email")
        clerk = self.as_user(self.clerk)
        with self.assertRaisesRegex(UserError, "belongs to Payroll because of “Company”"):
            clerk.company_id = self.elsewhere
        self.env.invalidate_all()
        self.assertEqual(self.person.company_id, self.env.company)

    def test_the_way_around_through_the_condition(self):
        self.own("email", condition="[('is_company', '=', False)]")
        for vals in ({"is_company": True}, {"is_company": True, "email": NEW}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "Payroll"):
                self.as_user(self.clerk).write(vals)
        with self.assertRaisesRegex(UserError, "because of “Is a Company”"):
            self.as_user(self.clerk).company_type = "company"

    def test_what_stays_inside_is_free(self):
        self.own("email", condition="[('color', '<', 5)]")
        clerk = self.as_user(self.clerk)
        clerk.color = 4
        clerk.company_id = False
        clerk.company_id = self.env.company
        self.assertEqual(self.person.color, 4)
        with self.assertRaises(UserError):
            clerk.color = 5
        self.person.color = 7
        clerk.color = 8
        clerk.company_id = self.elsewhere

    def test_only_what_decides_is_blamed(self):
        self.own("email", condition="[('is_company', '=', False), ('color', '<', 5)]")
        with self.assertRaises(UserError) as caught:
            self.as_user(self.clerk).write({"color": 3, "is_company": True, "phone": "4"})
        self.assertIn("“Is a Company”:", str(caught.exception))
        self.assertNotIn("Color", str(caught.exception))
        self.assertNotIn("“Company”", str(caught.exception))

    def test_fields_that_are_computed_from_others(self):
        self.own("email", condition="[('complete_name', 'ilike', 'jane')]")
        self.as_user(self.clerk).name = "Jane Doe"
        with self.assertRaisesRegex(UserError, "because of “Name”"):
            self.as_user(self.clerk).name = "Joan"

    def test_of_a_path_the_field_of_the_record(self):
        clinic, other = self.env["res.partner"].create(
            [{"name": "Clinic", "is_company": True}, {"name": "Other", "is_company": True}]
        )
        self.person.parent_id = clinic
        self.own("email", condition="[('parent_id.name', '=', 'Clinic')]")
        with self.assertRaisesRegex(UserError, "because of “Related Company”"):
            self.as_user(self.clerk).parent_id = other
        # what changes at its other end is no change of this record
        self.as_user(self.clerk, clinic).name = "Hospital"
        self.as_user(self.clerk).email = NEW

    def test_which_fields_decide(self):
        model = self.env["res.partner"]
        for condition, expected, excluded in (
            (None, {"company_id"}, {"email"}),
            ("[('id', 'child_of', 1)]", {"parent_id"}, {"id"}),
            (
                "['|', ('ref', '=', 'x'), ('country_id.code', '=', 'BE')]",
                {"ref", "country_id"},
                set(),
            ),
            ("[('complete_name', '=', 'x')]", {"name", "parent_id", "type"}, set()),
        ):
            with self.subTest(condition=condition):
                found = owned_scope.deciders(model, condition)
                self.assertLessEqual(expected, found)
                self.assertFalse(excluded & found)
        self.assertFalse(owned_scope.deciders(self.env["res.bank"], None))

    def test_translations_of_a_field_that_decides(self):
        tag = self.env["res.partner.category"].create({"name": "Nurse"})
        self.own("color", model_name="res.partner.category", condition="[('name', '=', 'Nurse')]")
        with self.assertRaisesRegex(UserError, "because of “Name”"):
            self.as_user(self.clerk, tag).update_field_translations("name", {"en_US": "Doctor"})

    def test_one_of_many(self):
        self.own("email", condition="[('ref', '=', 'staff')]")
        people = self.env["res.partner"].create(
            [{"name": f"P{n}", "ref": "staff" if n == 7 else "guest"} for n in range(20)]
        )
        with self.assertRaisesRegex(UserError, "“P7” belongs to Payroll"):
            self.as_user(self.clerk, people).write({"ref": "visitor"})
        self.as_user(self.clerk, people - people[7]).write({"ref": "visitor"})

    def test_statements_do_not_grow_with_the_records(self):
        self.own("email", condition="[('color', '<', 5)]")
        model = self.env["res.partner"]
        counts = []
        for number in (3, 3, 90):
            people = model.create([{"name": f"P{n}"} for n in range(number)])
            self.env.cr.postcommit.data.clear()  # as a commit does: they are not new any more
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            people.with_user(self.clerk).write({"color": 2})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 1)

    def test_gone_and_deleted(self):
        """What only its owner deletes is not taken out and deleted."""
        self.own("email", owns_existence=True, condition="[('ref', '!=', 'free')]")
        with self.assertRaises(UserError):
            self.as_user(self.clerk).ref = "free"

    def test_override(self):
        self.own("email", condition="[('is_company', '=', False)]")
        leave = self.env["integration.ownership.override"].with_user(self.steward)
        leave.grant("res.partner", self.person.id, "She opened a practice")
        self.as_user(self.steward).is_company = True
        self.env.flush_all()
        entry = self.audit("override", self.person)[:1]
        self.assertEqual(entry.reason, "She opened a practice")
        self.assertIn("is_company", entry.changes)
        self.assertNotIn("email", entry.changes)

    def test_override_leaves_no_trace_of_what_is_free(self):
        self.own("email", condition="[('color', '<', 5)]")
        leave = self.env["integration.ownership.override"].with_user(self.steward)
        leave.grant("res.partner", self.person.id, "Just in case")
        self.as_user(self.steward).color = 3
        self.assertEqual(len(self.audit("override", self.person)), 1, "of the grant itself")

    def test_new_records_find_their_place(self):
        self.own("email")
        new = self.env["res.partner"].with_user(self.clerk).create({"name": "New"})
        new.company_id = self.elsewhere
        self.as_user(self.clerk).sudo().company_id = self.elsewhere
        self.assertEqual(self.person.company_id, self.elsewhere, "code of Odoo itself")

    # -- messages --------------------------------------------------------------------------

    def test_another_system_waits(self):
        self.own("email", condition="[('is_company', '=', False)]")
        message = self.handle(lambda person: person.write({"is_company": True, "phone": "2"}))
        self.assertEqual((message.state, message.error_code), ("quarantined", "owned_elsewhere"))
        self.assertIn(
            "“Is a Company” decides that a Contact belongs to Payroll", message.error_message
        )
        self.assertFalse(self.person.is_company)
        [row] = self.decide(self.conflict(message), is_company="keep")
        self.assertEqual((row["decides"], row["odoo"], row["proposed"]), (True, "✗", "✓"))
        self.assertEqual(message.state, "done")
        self.assertEqual((self.person.is_company, self.person.phone), (False, "2"))

    def test_another_system_takes_it_with_leave(self):
        self.own("email")
        message = self.handle(lambda person: person.write({"company_id": self.elsewhere.id}))
        self.decide(self.conflict(message), company_id="take")
        self.assertEqual(message.state, "done")
        self.assertEqual(self.person.company_id, self.elsewhere)

    def test_another_system_is_refused(self):
        self.own("email", on_conflict="refuse")
        message = self.handle(lambda person: person.write({"company_id": self.elsewhere.id}))
        self.assertEqual((message.state, message.error_code), ("quarantined", "owned_refused"))
        self.assertEqual(self.person.company_id, self.env.company)

    def test_out_change_and_back_in_one_message(self):
        self.own("email")
        home, elsewhere = self.env.company, self.elsewhere

        def process(person):
            person = person.sudo()  # sudo: the service user works in one company
            person.company_id = elsewhere.id
            person.email = NEW
            person.company_id = home.id

        message = self.handle(process)
        conflict = self.conflict(message)
        self.assertEqual(set(conflict.line_ids.mapped("field_name")), {"company_id", "email"})
        self.decide(conflict, company_id="take", email="keep")
        self.assertEqual(message.state, "done")
        self.assertEqual((self.person.email, self.person.company_id), ("jane@old.example", home))

    def test_owner_of_the_deciding_field(self):
        """Whoever owns the company of a contact says which it is, whatever follows for others."""
        self.own("email")
        self.own("company_id", system=self.system)
        message = self.handle(lambda person: person.write({"company_id": self.elsewhere.id}))
        self.assertEqual(message.state, "done")
        self.assertEqual(self.person.company_id, self.elsewhere)

    def test_owner_takes_it_out(self):
        self.own("email", system=self.system)
        message = self.handle(lambda person: person.write({"company_id": self.elsewhere.id}))
        self.assertEqual(message.state, "done")

    # -- on behalf of people ---------------------------------------------------------------

    def test_what_odoo_writes_because_a_person_asks(self):
        """Whether a contact is a company, and what people say of themselves in preferences."""
        self.own("is_company", "email")
        with self.assertRaisesRegex(UserError, "Payroll"):
            self.as_user(self.clerk).is_company = True
        own = self.clerk.with_user(self.clerk)
        with self.assertRaisesRegex(UserError, "Payroll"):
            own.email = NEW
        own.signature = "Yours"
        self.as_user(self.clerk).sudo().is_company = True
        self.assertTrue(self.person.is_company)

    def test_refused_is_undone_whoever_catches_it(self):
        self.own("email", "ref", owns_existence=True, condition="[('color', '<', 5)]")
        clerk = self.as_user(self.clerk)
        try:
            clerk.write({"color": 7, "phone": "7"})
        except UserError:
            clerk.phone = "8"
        try:
            clerk.create({"name": "Newcomer"})
        except UserError:
            clerk.function = "Nurse"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((self.person.color, self.person.phone), (0, "8"))
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Newcomer")]))
