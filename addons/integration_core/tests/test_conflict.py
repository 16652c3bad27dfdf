from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import conflict_values, operations
from odoo.addons.integration_core.tools.acts import Act

from .owned import OwnedCase

NEW = "jane@new.example"


@tagged("post_install", "-at_install")
class TestConflict(OwnedCase):
    """Messages of another system that would change what payroll owns."""

    def conflict(self, message):
        return self.env["integration.conflict"].search([("message_id", "=", message.id)])

    def disputed(self, key="k1", **values):
        message = self.bring(key, **(values or {"email": NEW}))
        conflict = self.conflict(message)
        self.assertEqual((message.state, conflict.state), ("quarantined", "open"))
        return message, conflict

    def decide(self, conflict, choice, user=None, **decisions):
        person = conflict.with_user(user or self.steward)
        seen = person.compare()
        decisions = decisions or {row["field"]: choice for row in seen["rows"]}
        person.decide(decisions, "We asked Jane", seen["seen"])
        self.drain(self.inbound)
        self.env.invalidate_all()

    def status(self):
        return self.env["integration.record.sync"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", self.person.id)]
        )

    # -- refusing and parking --------------------------------------------------------------

    def test_owner_writes(self):
        self.own("email", system=self.system)
        self.assertEqual(self.bring("k1", email=NEW).state, "done")
        self.assertEqual(self.person.email, NEW)

    def test_another_system_is_refused(self):
        self.own("email", on_conflict="refuse")
        message = self.bring("k1", email=NEW, phone="2")
        self.assertEqual(message.state, "quarantined")
        self.assertEqual((message.error_class, message.error_code), ("conflict", "owned_refused"))
        self.assertIn("Payroll is the system of record for “Email”", message.error_message)
        self.assertNotIn("example", message.error_message)
        self.assertTrue(message.advice)
        self.assertEqual((self.person.email, self.person.phone), ("jane@old.example", "1"))
        self.assertFalse(self.conflict(message))

    def test_another_system_waits(self):
        owned = self.own("email")
        message, conflict = self.disputed(email=NEW, phone="2")
        self.assertEqual(message.error_code, "owned_elsewhere")
        self.assertEqual(conflict.field_labels, "Email")
        self.assertEqual(conflict.owner_system_id, self.payroll)
        self.assertEqual(conflict.system_id, self.system)
        self.assertEqual(message.conflict_count, 1)
        self.assertEqual((self.person.email, self.person.phone), ("jane@old.example", "1"))
        self.assertEqual(self.status().state, "conflict")
        self.assertEqual(owned.activity_ids.user_id, self.steward)
        row = conflict.with_user(self.steward).compare()["rows"][0]
        self.assertEqual(
            (row["label"], row["odoo"], row["proposed"], row["owner"]),
            ("Email", "jane@old.example", NEW, "Payroll"),
        )

    def test_sudo_in_a_handler_is_no_way_around(self):
        self.own("email")
        person = self.person

        def process(handler, _received, _data):
            person.with_env(handler.env).sudo().email = NEW
            return person

        self.handle_with(process)
        message = self.receive("k1", {"key": "a"})
        self.drain(self.inbound)
        self.assertEqual(self.message(message.uuid).error_code, "owned_elsewhere")

    def test_translations_wait_as_well(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        tag = self.env["res.partner.category"].create({"name": "Nurse"})
        self.own("name", model_name="res.partner.category")

        def process(handler, _received, _data):
            there = tag.with_env(handler.env)
            there.update_field_translations("name", {"fr_FR": "Infirmière"})

        self.handle_with(process)
        message = self.receive("k1", {"key": "a"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(message.error_code, "owned_elsewhere")
        self.decide(self.conflict(message), "take")
        self.assertEqual(message.state, "done")
        self.assertEqual(tag.with_context(lang="fr_FR").name, "Infirmière")

    def test_same_value_is_no_conflict(self):
        self.own("email")
        message = self.bring("k1", email="jane@old.example", phone="2")
        self.assertEqual((message.state, self.person.phone), ("done", "2"))

    def test_many_conflicts_are_one_task(self):
        owned = self.own("email")
        self.disputed("k1")
        _message, second = self.disputed("k2")
        self.assertEqual(len(owned.activity_ids), 1)
        self.decide(second, "keep")
        self.assertEqual(len(owned.activity_ids), 1)
        self.decide(self.env["integration.conflict"].search([("state", "=", "open")]), "keep")
        self.assertFalse(owned.activity_ids)

    # -- deciding --------------------------------------------------------------------------

    def test_take(self):
        self.own("email")
        message, conflict = self.disputed(email=NEW, phone="2")
        self.decide(conflict, "take")
        self.assertEqual((message.state, conflict.state), ("done", "settled"))
        self.assertEqual((self.person.email, self.person.phone), (NEW, "2"))
        self.assertEqual(self.status().state, "synchronised")
        entry = self.audit("take", conflict)
        self.assertEqual(entry.reason, "We asked Jane")
        self.assertEqual(entry.actor_login, "owned.steward")
        self.assertIn(NEW, entry.changes)

    def test_keep(self):
        self.own("email")
        message, conflict = self.disputed(email=NEW, phone="2")
        self.decide(conflict, "keep")
        self.assertEqual((message.state, conflict.state), ("done", "settled"))
        self.assertEqual((self.person.email, self.person.phone), ("jane@old.example", "2"))
        self.assertTrue(self.audit("keep", conflict))

    def test_field_by_field(self):
        self.own("email", "name")
        _message, conflict = self.disputed(email=NEW, name="Jane Doe")
        self.decide(conflict, "", email="take", name="keep")
        self.assertEqual((self.person.email, self.person.name), (NEW, "Jane"))
        self.assertTrue(self.audit("keep", conflict) and self.audit("take", conflict))

    def test_every_field_is_decided(self):
        self.own("email", "name")
        _message, conflict = self.disputed(email=NEW, name="Jane Doe")
        person = conflict.with_user(self.steward)
        seen = person.compare()["seen"]
        for nonsense in ({"email": "take"}, {"email": "take", "name": "perhaps"}, {}):
            with self.subTest(nonsense=nonsense), self.assertRaises(UserError):
                person.decide(nonsense, "because", seen)
        with self.assertRaises(UserError):
            person.decide({"email": "take", "name": "take"}, " ", seen)

    def test_only_stewards_with_rights_on_the_record(self):
        self.own("email")
        _message, conflict = self.disputed()
        viewer = new_test_user(
            self.env,
            "owned.viewer",
            "integration_core.group_content_viewer,base.group_partner_manager",
        )
        found = conflict.with_user(viewer).compare()
        self.assertTrue(found["rows"])
        self.assertFalse(found["may_decide"])
        with self.assertRaises(AccessError):
            conflict.with_user(viewer).decide({"email": "take"}, "because", found["seen"])
        outsider = new_test_user(self.env, "owned.reader", "integration_core.group_steward")
        with self.assertRaises(AccessError):
            conflict.with_user(outsider).decide({"email": "take"}, "because", found["seen"])
        conflict.with_user(outsider).decide({"email": "keep"}, "because", found["seen"])
        observer = new_test_user(self.env, "owned.observer", "integration_core.group_observer")
        self.assertTrue(conflict.with_user(observer).compare()["refused"])

    def test_second_one_is_told(self):
        self.own("email")
        _message, conflict = self.disputed()
        seen = conflict.with_user(self.steward).compare()["seen"]
        self.decide(conflict, "take")
        with self.assertRaisesRegex(UserError, "decided this already"):
            conflict.with_user(self.steward).decide({"email": "keep"}, "because", seen)
        self.assertEqual(self.person.email, NEW)

    def test_value_that_changed_is_asked_again(self):
        self.own("email")
        message, conflict = self.disputed()
        person = conflict.with_user(self.steward)
        seen = person.compare()["seen"]
        self.person.email = "jane@payroll.example"
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, "changed since"):
            person.decide({"email": "take"}, "because", seen)
        row = person.compare()["rows"][0]
        self.assertTrue(row["changed"])
        self.assertEqual(row["odoo"], "jane@payroll.example")
        # and once more between decision and effect
        person.decide({"email": "take"}, "because", person.compare()["seen"])
        self.person.email = "jane@payroll2.example"
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, conflict.state), ("quarantined", "open"))
        self.assertTrue(conflict.asked_again)
        self.assertEqual(self.person.email, "jane@payroll2.example")
        self.decide(conflict, "take")
        self.assertEqual((self.person.email, conflict.state), (NEW, "settled"))

    def test_operator_may_close_or_retry_the_message(self):
        self.own("email")
        message, conflict = self.disputed()
        operations.operate(message, Act.RETRY, "once more")
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, conflict.state), ("quarantined", "open"))
        operations.operate(message, Act.RESOLVE, "agreed by phone")
        self.assertEqual((message.state, conflict.state), ("cancelled", "void"))
        seen = conflict.with_user(self.steward)
        with self.assertRaises(UserError):
            seen.decide({"email": "take"}, "because", seen.compare()["seen"])

    def test_ended_ownership_frees_the_message(self):
        owned = self.own("email")
        message, conflict = self.disputed()
        owned.state = "ended"
        operations.operate(message, Act.RETRY, "free now")
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, conflict.state), ("done", "void"))
        self.assertEqual(self.person.email, NEW)

    def test_replay_asks_again(self):
        """A decision is about one message; what is sent again is looked at again."""
        self.own("email")
        self.patch(type(self.env["integration.handler"]), "_repeatable", True)
        message, conflict = self.disputed()
        self.decide(conflict, "take")
        self.person.email = "jane@payroll.example"
        operations.operate(message, Act.REPLAY, "again")
        self.drain(self.inbound)
        self.env.invalidate_all()
        replay = message.replay_ids
        self.assertEqual(replay.state, "quarantined")
        self.assertEqual(self.conflict(replay).state, "open")
        self.assertEqual(self.person.email, "jane@payroll.example")

    def test_two_records_of_one_message(self):
        self.own("email")
        other = self.env["res.partner"].create({"name": "Joe", "email": "joe@old.example"})
        people = self.person | other

        def process(handler, _received, _data):
            handler.env["res.partner"].browse(people.ids).write({"email": NEW})
            return people[:1].with_env(handler.env)

        self.handle_with(process)
        message = self.receive("k1", {"key": "a"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        one, two = self.conflict(message).sorted("res_id")
        self.decide(one, "take")
        self.assertEqual(message.state, "quarantined", "the other one is open")
        self.decide(two, "keep")
        self.assertEqual(message.state, "done")
        self.assertEqual((self.person.email, other.email), (NEW, "joe@old.example"))

    # -- creation and deletion -------------------------------------------------------------

    def create_by_message(self, values=None):
        values = {"email": NEW} if values is None else values

        def process(handler, _received, data):
            return handler.env["res.partner"].create({"name": data["key"], **values})

        self.handle_with(process)
        message = self.receive("k1", {"key": "A newcomer"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message, self.env["res.partner"].search_count([("name", "=", "A newcomer")])

    def test_creation(self):
        self.own("email", owns_existence=True)
        message, count = self.create_by_message()
        self.assertEqual((message.state, count), ("quarantined", 0))
        conflict = self.conflict(message)
        self.assertEqual((conflict.kind, conflict.res_id), ("create", 0))
        self.decide(conflict, "take")
        self.assertEqual(message.state, "done")
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", "A newcomer")]), 1)

    def test_creation_without_an_owned_value(self):
        self.own("email", owns_existence=True)
        message, count = self.create_by_message(values={})
        self.assertEqual((message.state, count), ("quarantined", 0))
        conflict = self.conflict(message)
        [row] = conflict.with_user(self.steward).compare()["rows"]
        self.assertEqual((row["field"], row["label"]), ("", "The record as a whole"))
        self.decide(conflict, "take")
        self.assertEqual(message.state, "done")
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", "A newcomer")]), 1)

    def test_new_record_that_the_message_fills_in(self):
        self.own("email")

        def process(handler, _received, data):
            record = handler.env["res.partner"].create({"name": data["key"]})
            record.write({"email": NEW})
            return record

        self.handle_with(process)
        message = self.receive("k1", {"key": "A newcomer"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(message.state, "done")
        new = self.env["res.partner"].search([("name", "=", "A newcomer")])
        self.assertEqual(new.email, NEW)

    def test_creation_that_is_not_wanted(self):
        self.own("email", owns_existence=True)
        message, _count = self.create_by_message()
        self.decide(self.conflict(message), "keep")
        self.assertEqual(message.state, "cancelled")
        self.assertFalse(self.env["res.partner"].search_count([("name", "=", "A newcomer")]))

    def test_deletion(self):
        self.own("email", owns_existence=True)
        victim = self.env["res.partner"].create({"name": "Victim"})

        def process(handler, _received, _data):
            victim.with_env(handler.env).sudo().unlink()

        self.handle_with(process)
        message = self.receive("k1", {"key": "a"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertTrue(victim.exists())
        self.decide(self.conflict(message), "take")
        self.assertFalse(victim.exists())
        self.assertEqual(message.state, "done")

    # -- content ---------------------------------------------------------------------------

    def test_values_are_content(self):
        """They are stored with the message, and nowhere in the tables of conflicts."""
        self.own("email")
        message, conflict = self.disputed()
        self.env.cr.execute("SELECT to_jsonb(c)::text FROM integration_conflict c")
        rows = str(self.env.cr.fetchall())
        self.env.cr.execute("SELECT to_jsonb(l)::text FROM integration_conflict_line l")
        rows += str(self.env.cr.fetchall())
        self.assertNotIn("example", rows)
        self.assertIn(conflict_values.KIND, message.payload_ids.mapped("kind"))
        self.assertTrue(conflict)

    def test_clinical_values_need_role_and_reason(self):
        self.inbound.flush_recordset()
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.own("email")
        message, conflict = self.disputed()
        self.env.cr.execute(
            "SELECT encoding FROM integration_payload WHERE message_id = %s AND kind = 'conflict'",
            [message.id],
        )
        self.assertIn("aes256gcm", self.env.cr.fetchone()[0])
        self.assertIn("Clinical", conflict.with_user(self.steward).compare()["refused"])
        self.steward.group_ids += self.env.ref("integration_core.group_clinical_viewer")
        person = conflict.with_user(self.steward)
        self.assertTrue(person.compare()["needs_reason"])
        self.assertFalse(self.audit("reveal", message))
        seen = person.compare("Jane is on the phone")
        self.assertEqual(seen["rows"][0]["proposed"], NEW)
        self.assertEqual(self.audit("reveal", message).reason, "Jane is on the phone")
        person.decide({"email": "take"}, "We asked Jane", seen["seen"])
        self.assertNotIn("example", self.audit("take", conflict).changes)
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, self.person.email), ("done", NEW))

    def test_conflicts_are_written_by_the_engine_only(self):
        self.own("email")
        _message, conflict = self.disputed()
        for user in (self.steward, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                conflict.with_user(user).write({"state": "settled"})
            with self.assertRaises(AccessError):
                conflict.line_ids.with_user(user).write({"decision": "take"})
            with self.assertRaises(UserError):
                conflict.with_user(user).unlink()
