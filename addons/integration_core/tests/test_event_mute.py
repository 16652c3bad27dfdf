from contextlib import suppress
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import muting

from .mute_case import MuteCase


@tagged("post_install", "-at_install")
class TestEventMute(MuteCase):
    """Bulk imports: what changes is remembered, and told once afterwards."""

    # -- while it is muted -----------------------------------------------------------------

    def test_changes_are_remembered_once(self):
        mute = self.mute()
        records = self.countries()
        self.reach(records)
        self.reach(records)
        self.assertFalse(self.events())
        self.assertCountEqual(self.rows(mute), records.ids)
        self.assertEqual(mute.waiting_count, 3)
        mute.action_unmute()
        self.reach(self.countries(1))
        self.assertEqual(len(self.events()), 1)

    def test_by_kind_of_record(self):
        mute = self.mute(event_type_ids=[], model_name="res.country")
        records = self.countries(1)
        self.reach(records)
        self.assertEqual(self.rows(mute), records.ids)

    def test_only_of_whoever_imports(self):
        importer = new_test_user(self.env, "mute.importer", "base.group_system")
        mute = self.mute(user_id=importer.id)
        self.reach(self.countries(1))
        self.assertEqual(len(self.events()), 1)
        self.assertFalse(self.rows(mute))
        held = muting.Mute(1, fields.Datetime.now() + timedelta(hours=1), importer.id, 1)
        self.assertTrue(held.holds(fields.Datetime.now(), importer.id))
        self.assertFalse(held.holds(fields.Datetime.now(), self.env.uid))

    def test_only_of_the_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        event_type = self.env["integration.event.type"].create(
            {
                "name": "Contact created",
                "code": "test.mute.partner",
                "model_name": "res.partner",
                "trigger": "created",
                "contract_id": self.contract.id,
                "field_ids": [(0, 0, {"path": "name"})],
            }
        )
        event_type.interface_ids = self.outbound
        mute = self.mute(event_type_ids=[(6, 0, event_type.ids)])
        partners = self.env["res.partner"].create(
            [
                {"name": "Shared"},
                {"name": "Ours", "company_id": self.env.company.id},
                {"name": "Theirs", "company_id": other.id},
            ]
        )
        self.env.cr.flush()
        self.assertEqual(self.rows(mute), partners[:2].ids)

    def test_ends_on_the_minute(self):
        """Also for a worker that still goes by what it remembers."""
        mute = self.mute()
        over = muting.Mute(mute.id, fields.Datetime.now() - timedelta(seconds=1), None, 1)
        self.patch(type(mute), "_muting", lambda _self: {self.event_type.id: (over,)})
        self.reach(self.countries(1))
        self.assertEqual(len(self.events()), 1)

    def test_rolled_back_changes_are_not_remembered(self):
        mute = self.mute()
        records = self.countries(2)
        with suppress(ZeroDivisionError), self.env.cr.savepoint():
            self.reach(records[:1])
            raise ZeroDivisionError
        self.reach(records[1:])
        self.assertEqual(self.rows(mute), records[1:].ids)

    # -- catching up -----------------------------------------------------------------------

    def test_each_record_is_told_once_as_it_is_now(self):
        mute = self.mute()
        records = self.countries()
        self.reach(records)
        mute.action_unmute()
        records[0].name = "Renamed later"
        records[1].unlink()
        step = self.catch_up(mute)
        self.assertEqual((step.taken, step.told), (3, 2))
        events = self.events().sorted("id")
        self.assertEqual(events.mapped("res_id"), (records[0] | records[2]).ids)
        self.assertIn("Renamed later", events[0].data)
        self.assertEqual(events.mute_id, mute)
        self.dispatch()
        messages = self.messages(self.outbound)
        self.assertEqual(set(messages.mapped("priority")), {20})
        self.assertEqual(messages.mute_id, mute)

    def test_strict_interfaces_keep_one_queue(self):
        self.policy.ordering = "strict"
        mute = self.mute()
        self.reach(self.countries(1))
        mute.action_unmute()
        self.catch_up(mute)
        self.dispatch()
        self.assertEqual(self.messages(self.outbound).priority, 10)

    def test_deletions_are_told_with_their_content(self):
        self.event_type.interface_ids = False
        gone = self.env["integration.event.type"].create(
            {
                "name": "Country deleted",
                "code": "test.country.deleted",
                "model_name": "res.country",
                "trigger": "deleted",
                "contract_id": self.contract.id,
            }
        )
        gone.interface_ids = self.outbound
        records = self.countries(2)
        self.env.cr.postcommit.data.clear()  # they exist since long
        mute = self.mute(event_type_ids=[], model_name="res.country")
        records[0].unlink()
        self.env.cr.flush()
        self.assertFalse(self.env["integration.event"].search([("type_id", "=", gone.id)]))
        mute.action_unmute()
        self.catch_up(mute)
        event = self.env["integration.event"].search([("type_id", "=", gone.id)])
        self.assertIn("Z0", event.data)

    def test_batches_and_their_books(self):
        mute = self.mute(rate=2)
        self.reach(self.countries(5))
        mute.action_unmute()
        self.assertEqual(self.catch_up(mute, 2).taken, 2)
        self.assertEqual(self.catch_up(mute, 2).taken, 2)
        self.assertEqual(len(self.rows(mute)), 1)
        self.assertEqual(len(self.events()), 4)

    def test_cron_is_not_faster_than_the_rate(self):
        mute = self.mute(rate=2)
        self.reach(self.countries(5))
        mute.action_unmute()
        self.run_cron()
        self.assertEqual((mute.told_count, mute.waiting_count), (2, 3))
        self.run_cron()
        self.assertEqual(mute.told_count, 2, "a minute is not over")
        for expected in (4, 5):
            mute._set(worked_at=fields.Datetime.now() - timedelta(minutes=1))
            self.run_cron()
            self.assertEqual(mute.told_count, expected)
        self.assertEqual(mute.state, "catching_up", "a slow worker may add something")
        mute._set(
            ended_at=fields.Datetime.now() - timedelta(minutes=2),
            worked_at=fields.Datetime.now() - timedelta(minutes=1),
        )
        self.run_cron()
        self.assertEqual(mute.state, "done")

    def test_what_slow_workers_add_is_told_too(self):
        mute = self.mute()
        mute.action_unmute()
        mute._set(state="done")
        [record] = self.countries(1)
        self.env.cr.execute(
            "INSERT INTO integration_event_muted (mute_id, type_id, res_id) VALUES (%s, %s, %s)",
            [mute.id, self.event_type.id, record.id],
        )
        self.run_cron()
        self.assertEqual(self.events().res_id, record.id)

    def test_what_slow_workers_add_to_what_was_dropped_is_told(self):
        mute = self.mute()
        mute.action_unmute()
        mute.action_drop("The other side was loaded by file")
        [record] = self.countries(1)
        self.env.cr.execute(
            "INSERT INTO integration_event_muted (mute_id, type_id, res_id) VALUES (%s, %s, %s)",
            [mute.id, self.event_type.id, record.id],
        )
        self.run_cron()
        self.assertEqual(self.events().res_id, record.id)
        self.assertFalse(self.rows(mute))

    def test_books_are_kept_without_counting_the_rest(self):
        mute = self.mute()
        self.reach(self.countries(4))
        mute.action_unmute()
        self.patch(muting, "BATCH", 1)
        statements = self.statements_of(self.run_cron)
        self.assertEqual((mute.told_count, mute.gone_count), (4, 0))
        self.assertFalse([text for text in statements if "count(*) FROM integration_event" in text])

    def test_time_up(self):
        admin = new_test_user(self.env, "mute.admin", "integration_core.group_administrator")
        mute = self.mute(start=False)
        mute.with_user(admin).action_mute()
        self.reach(self.countries(1))
        mute._set(until=fields.Datetime.now() - timedelta(seconds=1))
        self.run_cron()
        self.assertEqual(mute.state, "catching_up")
        self.assertEqual(len(self.events()), 1)
        self.assertEqual(mute.activity_ids.user_id, admin)
        self.assertEqual(self.acts(mute), ["create", "mute", "unmute"])

    def acts(self, mute):
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", mute._name), ("res_id", "=", mute.id)], order="id"
        )
        return entries.mapped("act")

    def test_dropping(self):
        mute = self.mute()
        self.reach(self.countries(2))
        mute.action_unmute()
        with self.assertRaises(UserError):
            mute.action_drop(" ")
        mute.action_drop("The other side was loaded by file")
        self.assertEqual((mute.state, mute.waiting_count, mute.gone_count), ("dropped", 0, 2))
        self.assertFalse(self.events())

    def test_echo_is_kept_from_its_system(self):
        """What a message of the partner changed is not returned to him afterwards either."""
        [record] = self.countries(1)
        mute = self.mute()

        def process(handler, _received, _data):
            handler.env["res.country"].sudo().browse(record.id).phone_code = 999
            return record

        self.handle_with(process)
        self.receive("k1", {"key": "a"})
        self.drain(self.inbound)
        self.assertEqual(self.rows(mute), record.ids)
        mute.action_unmute()
        self.catch_up(mute)
        self.assertEqual(self.events().cause_system_id, self.system)
        self.dispatch()
        self.assertFalse(self.messages(self.outbound))

    # -- rights and limits -----------------------------------------------------------------

    def test_limits(self):
        for values in (
            {"hours": 25},
            {"hours": 0},
            {"rate": 0},
            {"event_type_ids": [], "model_name": False},
            {"model_name": "res.country"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.mute(**values)

    def test_begun_is_begun(self):
        admin = new_test_user(self.env, "mute.admin", "integration_core.group_administrator")
        mute = self.mute().with_user(admin)
        for vals in ({"hours": 20}, {"reason": "other"}, {"user_id": admin.id}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                mute.write(vals)
        for vals in ({"state": "done"}, {"until": fields.Datetime.now()}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                mute.write(vals)
        with self.assertRaises(UserError):
            self.mute().unlink()

    def test_warning_on_the_overview(self):
        mutes = self.env["integration.event.mute"]
        self.assertFalse(mutes.current())
        mute = self.mute()
        [told] = mutes.current()
        self.assertEqual((told["id"], told["state"]), (mute.id, "active"))

    # -- cost ------------------------------------------------------------------------------

    def test_thousand_records(self):
        """A muted import writes one statement and no outbox row; afterwards one event each."""
        records = self.countries(2000)
        half = records[:1000]
        self.env.flush_all()
        self.reach(half)
        told = len(self.events())
        mute = self.mute()
        statements = self.statements_of(lambda: self.reach(records[1000:]))
        self.assertEqual(told, 1000)
        self.assertEqual(len(self.events()), 1000)
        self.assertEqual(len(self.rows(mute)), 1000)
        inserts = [text for text in statements if "INSERT INTO integration_event" in text]
        self.assertEqual(len(inserts), 1, inserts)
        self.assertIn("integration_event_muted", inserts[0])

    def statements_of(self, act):
        found = []
        execute = type(self.env.cr).execute

        def watch(cursor, query, *args, **kwargs):
            found.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", watch)
        act()
        self.patch(type(self.env.cr), "execute", execute)
        return found
