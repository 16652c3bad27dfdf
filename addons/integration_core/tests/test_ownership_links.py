from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .owned import OwnedCase


@tagged("post_install", "-at_install")
class TestOwnershipLinks(OwnedCase):
    """Owned many-to-many fields that are written from their other end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nurse, cls.doctor = cls.env["res.partner.category"].create(
            [{"name": "Nurse"}, {"name": "Doctor"}]
        )
        cls.person.category_id = cls.nurse
        cls.guest = cls.env["res.partner"].create(
            {"name": "Guest", "is_company": True, "category_id": [Command.set(cls.nurse.ids)]}
        )

    def own_tags(self, **values):
        return self.own("category_id", condition="[('is_company', '=', False)]", **values)

    def tag(self, record=None, user=None):
        return self.as_user(user or self.clerk, record or self.nurse)

    def handle(self, process, key="k1"):
        """A message of another system that does ``process(env)``."""

        def handler(handler, _received, _data):
            process(handler.env)

        self.handle_with(handler)
        message = self.receive(key, {"key": key})
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message

    def decide(self, message, choice):
        conflict = self.env["integration.conflict"].search([("message_id", "=", message.id)])
        person = conflict.with_user(self.steward)
        found = person.compare()
        person.decide({row["field"]: choice for row in found["rows"]}, "So", found["seen"])
        self.drain(self.inbound)
        self.env.invalidate_all()
        return found["rows"]

    # -- people ----------------------------------------------------------------------------

    def test_links_from_the_other_end(self):
        self.own_tags()
        jane, guest = self.person.id, self.guest.id
        for tag, value in (
            (self.doctor, [Command.link(jane)]),
            (self.doctor, [Command.set([guest, jane])]),
            (self.doctor, [jane]),
            (self.nurse, [Command.unlink(jane)]),
            (self.nurse, [Command.clear()]),
            (self.nurse, [Command.set([guest])]),
            (self.nurse, False),
            (self.nurse | self.doctor, [Command.set([])]),
        ):
            with (
                self.subTest(tag=tag.mapped("name"), value=value),
                self.assertRaisesRegex(UserError, "system of record for “Tags” of “Jane”"),
            ):
                self.tag(tag).write({"partner_ids": value})
            self.env.invalidate_all()
        self.assertEqual(self.person.category_id, self.nurse)

    def test_links_that_do_not_change(self):
        self.own_tags()
        jane, guest = self.person.id, self.guest.id
        for tag, value in (
            (self.nurse, [Command.link(jane)]),
            (self.nurse, [Command.set([jane, guest])]),
            (self.doctor, [Command.unlink(jane)]),
            (self.nurse, [Command.unlink(guest)]),
            (self.doctor, [Command.link(guest)]),
            (self.nurse, []),
            (self.nurse, [Command.create({"name": "New"})]),
        ):
            with self.subTest(tag=tag.name, value=value):
                self.tag(tag).write({"partner_ids": value})
        self.assertEqual(self.person.category_id, self.nurse)
        self.assertEqual(self.guest.category_id, self.doctor)

    def test_emptied_at_the_owned_end(self):
        self.own_tags()
        for value in (False, None, (), [], self.env["res.partner.category"]):
            with self.subTest(value=value):
                if value == []:
                    self.as_user(self.clerk).write({"category_id": value})
                    continue
                with self.assertRaises(UserError):
                    self.as_user(self.clerk).write({"category_id": value})

    def test_archived_ones_stay_when_a_list_is_replaced(self):
        self.own_tags()
        self.person.active = False
        self.tag().write({"partner_ids": [Command.set([self.guest.id])]})
        self.assertEqual(self.person.category_id, self.nurse)
        with self.assertRaises(UserError):
            self.tag().with_context(active_test=False).write(
                {"partner_ids": [Command.set([self.guest.id])]}
            )

    def test_new_records_at_the_other_end(self):
        self.own_tags()
        tags = self.env["res.partner.category"].with_user(self.clerk)
        with self.assertRaisesRegex(UserError, "“Tags” of “Jane”"):
            tags.create([{"name": "Free"}, {"name": "X", "partner_ids": [self.person.id]}])
        tags.create({"name": "Y", "partner_ids": [Command.link(self.guest.id)]})

    def test_deletion_of_the_other_end(self):
        self.own_tags()
        with self.assertRaisesRegex(UserError, "“Tags” of “Jane”"):
            self.tag().unlink()
        with self.assertRaisesRegex(UserError, "“Tags” of “Jane”"):
            self.as_user(self.clerk, self.guest).category_id = [Command.delete(self.nurse.id)]
        self.tag(self.doctor).unlink()
        self.assertTrue(self.nurse.exists())

    def test_names_are_for_those_who_may_read_them(self):
        self.own_tags()
        self.env["ir.rule"].create(
            {
                "name": "Not Jane",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.person.id})]",
            }
        )
        with self.assertRaises(UserError) as caught:
            self.tag(self.doctor).write({"partner_ids": [Command.set([self.person.id])]})
        self.assertNotIn("Jane", str(caught.exception))

    def test_override(self):
        self.own_tags()
        leave = self.env["integration.ownership.override"].with_user(self.steward)
        leave.grant("res.partner", self.person.id, "Her first day")
        self.tag(self.doctor, self.steward).partner_ids = [Command.link(self.person.id)]
        self.assertEqual(self.person.category_id, self.nurse | self.doctor)
        entry = self.audit("override", self.person)[:1]
        self.assertEqual(entry.reason, "Her first day")
        self.assertIn("Doctor", entry.changes)

    def test_links_that_decide(self):
        self.own("email", condition=f"[('category_id', 'in', {self.nurse.ids})]")
        tag = self.tag()
        with self.assertRaisesRegex(UserError, "belongs to Payroll because of “Tags”"):
            tag.partner_ids = [Command.unlink(self.person.id)]
        with self.assertRaisesRegex(UserError, "because of “Tags”"):
            self.as_user(self.clerk).category_id = self.doctor
        with self.assertRaisesRegex(UserError, "because of “Tags”"):
            tag.unlink()
        self.as_user(self.clerk).category_id = self.nurse | self.doctor

    def test_all_data_is_what_odoo_copies_along(self):
        """The contacts of a tag are data of the contacts: a copy of the tag does not get them."""
        owned = self.own(model_name="res.partner.category")
        self.as_user(self.clerk).category_id = self.doctor
        owned.state = "ended"
        owned = self.own("partner_ids", model_name="res.partner.category")
        # Both lose or get a contact; which of them is named first is left open.
        with self.assertRaisesRegex(UserError, "“Partners” of “(Doctor|Nurse)”"):
            self.as_user(self.clerk).category_id = self.nurse
        owned.state = "ended"
        self.own(system=self.system)  # all data of contacts
        with self.assertRaisesRegex(UserError, "Partner is the system of record for “Tags”"):
            self.tag(self.doctor).partner_ids = [Command.clear()]

    def test_who_may_not_write_there_is_told_that(self):
        self.own_tags()
        nobody = new_test_user(self.env, "owned.nobody", "base.group_user")
        with self.assertRaisesRegex(UserError, "not allowed"):
            self.tag(self.doctor, nobody).partner_ids = [Command.link(self.person.id)]

    def test_other_fields_there_cost_nothing(self):
        owned = self.own_tags()
        tags = self.env["res.partner.category"].create([{"name": name} for name in "ABC"])
        rules = self.env["integration.ownership"]

        def statements(tag):
            rules._rules()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tag.with_user(self.clerk).write({"name": "X"})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        statements(tags[0])
        linked = statements(tags[1])
        owned.state = "ended"
        statements(tags[0])  # reads again what a change of the rules made it forget
        self.assertEqual(linked, statements(tags[2]))

    # -- messages --------------------------------------------------------------------------

    def test_message_waits_and_is_taken(self):
        self.own_tags()
        jane, guest = self.person.id, self.guest.id
        message = self.handle(
            lambda env: (
                env["res.partner.category"]
                .browse(self.doctor.id)
                .write({"partner_ids": [Command.set([jane, guest])], "color": 3})
            )
        )
        self.assertEqual((message.state, message.error_code), ("quarantined", "owned_elsewhere"))
        [row] = self.decide(message, "take")
        self.assertEqual((row["odoo"], row["label"]), ("Nurse", "Tags"))
        self.assertIn("Doctor", row["proposed"])
        self.assertEqual(message.state, "done")
        self.assertEqual(self.doctor.partner_ids, self.person | self.guest)
        self.assertEqual(self.doctor.color, 3)

    def test_message_waits_and_odoo_keeps(self):
        self.own_tags()
        jane, guest = self.person.id, self.guest.id

        def process(env):
            tags = env["res.partner.category"].browse((self.nurse | self.doctor).ids)
            tags.write({"partner_ids": [Command.clear(), Command.link(jane), Command.link(guest)]})
            tags[1].partner_ids = [Command.clear()]

        message = self.handle(process)
        self.decide(message, "keep")
        self.assertEqual(message.state, "done")
        self.assertEqual(self.person.category_id, self.nurse)
        self.assertEqual(self.guest.category_id, self.nurse)

    def test_message_creates_the_other_end(self):
        self.own_tags()
        values = {"name": "Head", "partner_ids": [Command.set((self.person | self.guest).ids)]}
        for choice, expected in (("keep", self.guest), ("take", self.person | self.guest)):
            with self.subTest(choice=choice):
                message = self.handle(
                    lambda env: env["res.partner.category"].create(dict(values)), choice
                )
                [row] = self.decide(message, choice)
                self.assertEqual(row["proposed"], "Nurse, + 1")
                self.assertEqual(message.state, "done")
                head = self.env["res.partner.category"].search([("name", "=", "Head")])
                self.assertEqual(head.partner_ids, expected)
                head.unlink()

    def test_message_deletes_the_other_end(self):
        self.own_tags()
        both = self.nurse | self.doctor
        message = self.handle(
            lambda env: env["res.partner.category"].browse(both.ids).unlink(), "one"
        )
        self.decide(message, "keep")
        self.assertEqual(message.state, "done")
        self.assertEqual(both.exists(), self.nurse)
        self.assertEqual(self.person.category_id, self.nurse)
        message = self.handle(
            lambda env: env["res.partner.category"].browse(self.nurse.id).unlink(), "two"
        )
        self.decide(message, "take")
        self.assertFalse(self.nurse.exists())

    def test_owner_links_from_either_end(self):
        self.own_tags(system=self.system)
        message = self.handle(
            lambda env: (
                env["res.partner.category"]
                .browse(self.doctor.id)
                .write({"partner_ids": [self.person.id]})
            )
        )
        self.assertEqual(message.state, "done")
        self.assertEqual(self.person.category_id, self.nurse | self.doctor)
