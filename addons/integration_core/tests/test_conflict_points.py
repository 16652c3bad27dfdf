from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.integration_core.engine import conflict_values
from odoo.addons.integration_core.tools import errors

from .owned import OwnedCase

OLD, NEW, NEWER = "jane@old.example", "jane@new.example", "jane@newer.example"


@tagged("post_install", "-at_install")
class TestConflictPoints(OwnedCase):
    """Messages that dispute several things: new records of one kind, one field more than once."""

    def conflict(self, message, **values):
        found = self.env["integration.conflict"].search([("message_id", "=", message.id)])
        return found.filtered_domain([(name, "=", value) for name, value in values.items()])

    def handle(self, process, key="k1"):
        """A message of another system that does ``process(env)``."""

        def handler(handler, _received, _data):
            return process(handler.env)

        self.handle_with(handler)
        message = self.receive(key, {"key": key})
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message

    def writes(self, *values, **context):
        """A handler that writes these on the contact, one after the other."""
        person = self.person

        def process(env):
            for one in values:
                person.with_env(env).with_context(**context).write(one)

        return process

    def decide(self, conflict, choice=None, drain=True, **decisions):
        """Decide all alike, or by key (``email_2`` for the second value)."""
        person = conflict.with_user(self.steward)
        found = person.compare()
        self.assertFalse(found["refused"])
        chosen = {name.replace("_2", "#2"): one for name, one in decisions.items()}
        rows = found["rows"]
        person.decide(
            {row["field"]: choice or chosen[row["field"]] for row in rows}, "So", found["seen"]
        )
        if drain:
            self.drain(self.inbound)
            self.env.invalidate_all()
        return rows

    def people(self, *names):
        return self.env["res.partner"].search([("name", "in", names)])

    # -- several new records ---------------------------------------------------------------

    def creates(self, *values):
        return lambda env: env["res.partner"].create([dict(one) for one in values])[:1]

    def test_new_records_are_granted_together(self):
        self.own("email", owns_existence=True)
        message = self.handle(
            self.creates({"name": "Ann", "email": "a@e.x"}, {"name": "Bob"}, {"name": "Cy"})
        )
        self.assertEqual((message.state, len(self.people("Ann", "Bob", "Cy"))), ("quarantined", 0))
        conflict = self.conflict(message)
        self.assertEqual((conflict.kind, conflict.new_count), ("create", 3))
        self.assertEqual(conflict.display_name, "3 new records: Contact")
        rows = self.decide(conflict, "take")
        self.assertEqual(
            [(row["field"], row["heading"], row["proposed"]) for row in rows],
            [("email", "1. Ann", "a@e.x"), ("2.", "2. Bob", ""), ("3.", "3. Cy", "")],
        )
        self.assertEqual((message.state, conflict.state), ("done", "settled"))
        self.assertEqual(len(self.people("Ann", "Bob", "Cy")), 3)

    def test_one_by_one(self):
        self.own("email", owns_existence=True)

        def process(env):
            for name in ("Ann", "Bob"):
                env["res.partner"].create({"name": name, "email": f"{name}@e.x"})

        message = self.handle(process)
        rows = self.decide(self.conflict(message), "take")
        self.assertEqual([row["proposed"] for row in rows], ["Ann@e.x", "Bob@e.x"])
        self.assertEqual((message.state, len(self.people("Ann", "Bob"))), ("done", 2))

    def test_one_that_is_not_wanted_closes_the_message(self):
        self.own("email", owns_existence=True)
        message = self.handle(self.creates({"name": "Ann"}, {"name": "Bob"}))
        conflict = self.conflict(message).with_user(self.steward)
        found = conflict.compare()
        one, two = (row["field"] for row in found["rows"])
        conflict.decide({one: "take", two: "keep"}, "Bob is gone", found["seen"])
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, conflict.state), ("cancelled", "void"))
        self.assertFalse(self.people("Ann", "Bob"))

    def test_other_values_than_those_that_were_granted(self):
        self.own("email", owns_existence=True)
        names = ["Ann", "Bob"]

        def process(env):
            for name in names:
                env["res.partner"].create({"name": name, "email": f"{name}@e.x"})

        message = self.handle(process)
        conflict = self.conflict(message)
        self.decide(conflict, "take", drain=False)
        names[1] = "Eve"
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, conflict.state), ("quarantined", "open"))
        self.assertTrue(conflict.asked_again)
        self.assertFalse(self.people("Ann", "Bob", "Eve"))
        rows = self.decide(conflict, "take")
        self.assertEqual(
            [(row["proposed"], row["decision"]) for row in rows],
            [("Ann@e.x", "take"), ("Eve@e.x", False)],
        )
        self.assertEqual((message.state, len(self.people("Ann", "Eve"))), ("done", 2))

    def test_decisions_are_not_swapped(self):
        """The first is the first, also when only the order of the records changes."""
        self.own("email", owns_existence=True)
        names = ["Ann", "Bob"]

        def process(env):
            for name in names:
                env["res.partner"].create({"name": name, "email": f"{name}@e.x"})

        message = self.handle(process)
        self.decide(self.conflict(message), "take", drain=False)
        names.reverse()
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, self.conflict(message).state), ("quarantined", "open"))

    def test_new_records_that_know_each_other(self):
        """All data: the company of a contact is another record, with another id each time."""
        self.own(owns_existence=True)

        def process(env):
            company = env["res.partner"].create({"name": "Ward", "is_company": True})
            tags = [Command.create({"name": "Day"}), Command.create({"name": "Night"})]
            env["res.partner"].create({"name": "Ann", "parent_id": company.id, "category_id": tags})
            return company

        message = self.handle(process)
        self.decide(self.conflict(message), "take")
        self.assertEqual(message.state, "done")
        self.assertEqual(self.people("Ann").parent_id, self.people("Ward"))

    def test_link_to_a_record_that_the_message_creates(self):
        self.own("country_id")
        person = self.person

        def process(env):
            land = env["res.country"].sudo().create({"name": "Newland", "code": "Q7"})
            person.with_env(env).country_id = land

        message = self.handle(process)
        self.decide(self.conflict(message), "take")
        self.assertEqual(message.state, "done")
        self.assertEqual(person.country_id.name, "Newland")

    def test_what_odoo_fills_in_by_itself(self):
        """A number, or the time: another one each time that the message is handled."""
        self.own("ref", "email", owns_existence=True)
        numbers = iter(range(100))
        field = self.env["res.partner"]._fields["ref"]
        with patch.object(field, "default", lambda _model: f"REF{next(numbers)}"):
            message = self.handle(self.creates({"name": "Ann", "email": "a@e.x"}))
            self.decide(self.conflict(message), "take")
        self.assertEqual((message.state, len(self.people("Ann"))), ("done", 1))

    def test_new_and_deleted_records_of_one_message(self):
        self.own("email", owns_existence=True)
        victim = self.env["res.partner"].create({"name": "Victim"})

        def process(env):
            env["res.partner"].create({"name": "Ann"})
            victim.with_env(env).unlink()

        message = self.handle(process)
        new, gone = self.conflict(message, kind="create"), self.conflict(message, kind="delete")
        self.decide(new, "take")
        self.assertEqual(message.state, "quarantined")
        self.assertTrue(victim.exists())
        self.decide(gone, "take")
        self.assertEqual((message.state, len(self.people("Ann"))), ("done", 1))
        self.assertFalse(victim.exists())

    # -- one field more than once ----------------------------------------------------------

    def test_field_that_is_written_twice(self):
        self.own("email")
        for number, (first, second, expected) in enumerate(
            (
                ("take", "take", NEWER),
                ("keep", "take", NEWER),
                ("take", "keep", NEW),
                ("keep", "keep", OLD),
            )
        ):
            with self.subTest(first=first, second=second):
                self.person.email = OLD
                message = self.handle(
                    self.writes({"email": NEW}, {"email": NEWER}), f"twice{number}"
                )
                conflict = self.conflict(message)
                rows = self.decide(conflict, email=first, email_2=second)
                self.assertEqual(
                    [(row["label"], row["odoo"], row["proposed"]) for row in rows],
                    [("Email", OLD, NEW), ("Email, value 2", OLD, NEWER)],
                )
                self.assertFalse([row for row in rows if row["changed"]])
                self.assertEqual((message.state, conflict.state), ("done", "settled"))
                self.assertEqual(self.person.email, expected)

    def test_written_and_brought_back(self):
        """What the owner said is nobody's conflict, also between other values."""
        self.own("email")
        message = self.handle(self.writes({"email": NEW}, {"email": OLD}, {"email": NEW}))
        rows = self.decide(self.conflict(message), "take")
        self.assertEqual([row["proposed"] for row in rows], [NEW])
        self.assertEqual((message.state, self.person.email), ("done", NEW))

    def test_value_that_comes_again_is_one_question(self):
        self.own("email")
        message = self.handle(self.writes({"email": NEW}, {"email": NEWER}, {"email": NEW}))
        rows = self.decide(self.conflict(message), "take")
        self.assertEqual(len(rows), 2)
        self.assertEqual((message.state, self.person.email), ("done", NEW))

    def test_two_languages(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        tag = self.env["res.partner.category"].create({"name": "Nurse"})
        tag.with_context(lang="fr_FR").name = "Infirmière"
        self.own("name", model_name="res.partner.category")
        french = tag.with_context(lang="fr_FR")

        def process(env):
            here = tag.with_env(env)
            here.name = "Head"
            here.with_context(lang="fr_FR").name = "Chef"

        for first, second, expected in (
            ("take", "take", ("Head", "Chef")),
            ("keep", "take", ("Nurse", "Chef")),
            ("take", "keep", ("Head", "Infirmière")),
        ):
            with self.subTest(first=first, second=second):
                tag.name, french.name = "Nurse", "Infirmière"
                message = self.handle(process, f"{first}{second}")
                rows = self.decide(self.conflict(message), name=first, name_2=second)
                self.assertEqual(
                    [(row["odoo"], row["proposed"]) for row in rows],
                    [("Nurse", "Head"), ("Infirmière", "Chef")],
                )
                self.assertIn("French", rows[1]["label"])
                self.assertEqual(message.state, "done")
                self.assertEqual((tag.name, french.name), expected)

    def test_translations_of_one_call(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        tag = self.env["res.partner.category"].create({"name": "Nurse"})
        tag.with_context(lang="fr_FR").name = "Infirmière"
        self.own("name", model_name="res.partner.category")
        said = {"fr_FR": "Chef", "en_US": "Head"}
        message = self.handle(
            lambda env: tag.with_env(env).update_field_translations("name", said) and None
        )
        [row] = self.decide(self.conflict(message), "take")
        self.assertEqual(row["odoo"], "en_US: Nurse\nfr_FR: Infirmière")
        self.assertEqual(row["proposed"], "en_US: Head\nfr_FR: Chef")
        self.assertEqual((message.state, tag.name), ("done", "Head"))

    # -- all of it at once -----------------------------------------------------------------

    def test_everything_is_asked_at_once(self):
        self.own("email", "phone", owns_existence=True)
        person = self.person

        def process(env):
            here = person.with_env(env)
            here.email = NEW
            here.phone = "2"
            env["res.partner"].create({"name": "Ann"})
            here.function = "Head"

        message = self.handle(process)
        known = self.conflict(message, kind="write")
        self.assertEqual(set(known.line_ids.mapped("field_name")), {"email", "phone"})
        self.assertFalse(person.function, "nothing of it took effect")
        self.decide(known, email="take", phone="keep")
        self.decide(self.conflict(message, kind="create"), "take")
        self.assertEqual(message.state, "done")
        self.assertEqual((person.email, person.phone, person.function), (NEW, "1", "Head"))

    def test_decisions_stand_when_something_else_comes_up(self):
        """Phone is disputed only when the address is taken: both hold in the end."""
        self.own("email", "phone", "ref")
        person = self.person
        writes = [{"email": NEW}, {"phone": "2"}]

        def process(env):
            for one in writes:
                person.with_env(env).write(one)

        message = self.handle(process)
        conflict = self.conflict(message)
        self.decide(conflict, drain=False, email="take", phone="keep")
        writes.append({"ref": "X"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, conflict.state), ("quarantined", "open"))
        rows = conflict.with_user(self.steward).compare()["rows"]
        self.assertEqual(
            {row["field"]: row["decision"] for row in rows},
            {"email": "take", "phone": "keep", "ref": False},
        )
        self.decide(conflict, email="take", phone="keep", ref="take")
        self.assertEqual(message.state, "done")
        self.assertEqual((person.email, person.phone, person.ref), (NEW, "1", "X"))

    def test_first_what_is_disputed_then_what_went_wrong(self):
        """What fails may fail because of what was granted for the time being."""
        self.own("email")
        person = self.person

        def process(env):
            person.with_env(env).email = NEW
            if person.with_env(env).email == NEW:
                raise UserError("No such address")  # pylint: disable=translation-required

        message = self.handle(process)
        self.assertEqual(message.error_code, "owned_elsewhere")
        self.decide(self.conflict(message), "keep")
        self.assertEqual((message.state, person.email), ("done", OLD))

    def test_database_that_refuses_to_go_on(self):
        self.own("email")
        person = self.person

        def process(env):
            person.with_env(env).email = NEW
            env.cr.execute("SELECT 1 / 0")

        with self.assertLogs("odoo.sql_db", "ERROR"):
            message = self.handle(process)
        self.assertEqual(message.error_code, "owned_elsewhere")
        self.assertTrue(self.conflict(message))

    def test_what_may_pass_is_tried_again_first(self):
        self.own("email")
        person = self.person

        def process(env):
            person.with_env(env).email = NEW
            raise errors.TransientError("Too busy", code="busy")

        message = self.handle(process)
        self.assertEqual((message.state, message.error_code), ("retry", "busy"))
        self.assertFalse(self.conflict(message))
        self.assertEqual(person.email, OLD)

    def test_refused_outright_goes_no_further(self):
        self.own("email", on_conflict="refuse")
        person, reached = self.person, []

        def process(env):
            person.with_env(env).email = NEW
            reached.append(True)

        message = self.handle(process)
        self.assertEqual((message.state, message.error_code), ("quarantined", "owned_refused"))
        self.assertFalse(reached)

    def test_values_stay_with_the_message(self):
        self.own("email", owns_existence=True)
        message = self.handle(self.creates({"name": "Ann", "email": "a@e.x"}, {"name": "Bob"}))
        stored = conflict_values.read_values(self.env, [message.id])[message.id]
        points = stored["create:res.partner:0"]
        self.assertEqual(set(points), {"email", "2."})
        self.assertEqual((points["email"].title, points["2."].title), ("Ann", "Bob"))
        self.env.cr.execute("SELECT to_jsonb(l)::text FROM integration_conflict_line l")
        self.assertNotIn("Ann", str(self.env.cr.fetchall()))
