from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import conditions

from .test_event_capture import EventCase


@tagged("post_install", "-at_install")
class TestEventSchedule(EventCase):
    def scheduled(self, condition="[('ref', '=', 'late')]", **values):
        return self.define("scheduled", condition=condition, interval_minutes=30, **values)

    def check(self, later=True):
        """Run the cron, in a cursor that may commit; ``later`` lets the interval pass."""
        self.next_transaction()
        if later:
            self.env.cr.execute(
                "UPDATE integration_event_type SET checked_at = checked_at - interval '1 day'"
            )
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["integration.event.type"]._cron_conditions()
        self.env.invalidate_all()

    def fired(self, event_type):
        return sorted(self.events(event_type).mapped("res_id"))

    def test_fires_once_and_again_after_it_ceased(self):
        event_type = self.scheduled()
        contact = self.contact()
        self.check()
        self.assertFalse(self.fired(event_type))
        contact.ref = "late"
        self.check()
        self.check()
        self.assertEqual(self.fired(event_type), contact.ids)
        contact.ref = "in time"
        self.check()
        contact.ref = "late"
        self.check()
        self.assertEqual(self.fired(event_type), contact.ids * 2)

    def test_first_look_only_remembers(self):
        self.contact(ref="late")
        event_type = self.scheduled()
        self.check()
        self.assertFalse(self.fired(event_type))
        self.assertTrue(event_type.primed)

    def test_first_look_may_tell(self):
        contact = self.contact(ref="late")
        event_type = self.scheduled(fire_existing=True)
        self.check()
        self.assertEqual(self.fired(event_type), contact.ids)

    def test_not_before_the_interval_is_over(self):
        event_type = self.scheduled()
        self.check()
        self.contact(ref="late")
        self.check(later=False)
        self.assertFalse(self.fired(event_type))
        with self.assertRaises(UserError):
            self.event_type.action_check_now()
        event_type.action_check_now()
        event_type.action_check_now()  # under way already: no second one
        self.check(later=False)
        self.assertTrue(self.fired(event_type))

    def test_without_subscriber_nothing_is_looked_at(self):
        event_type = self.scheduled(subscribe=False)
        self.check()
        self.assertFalse(event_type.checked_at)

    def test_memory_goes_when_nobody_listens(self):
        event_type = self.scheduled()
        self.contact(ref="late")
        self.check()
        self.assertTrue(self.remembered(event_type))
        interface = event_type.interface_ids
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'retired' WHERE id = %s", [interface.id]
        )
        interface.invalidate_recordset()
        interface._configuration_changed()
        self.check()
        self.assertFalse(event_type.primed)
        self.assertFalse(self.remembered(event_type))

    def remembered(self, event_type):
        return self.env["integration.event.condition"].search([("type_id", "=", event_type.id)])

    def test_batches(self):
        event_type = self.scheduled()
        self.check()
        contacts = self.env["res.partner"].create(
            [{"name": f"C{n}", "ref": "late"} for n in range(11)]
        )
        with patch.object(conditions, "BATCH", 3):
            self.check()
            self.assertEqual(self.fired(event_type), sorted(contacts.ids))
            contacts[::2].ref = "in time"
            self.check()
        self.assertEqual(
            sorted(self.remembered(event_type).mapped("res_id")), sorted(contacts[1::2].ids)
        )

    def test_goes_on_where_the_time_was_up(self):
        event_type = self.scheduled()
        self.check()
        contacts = self.env["res.partner"].create(
            [{"name": f"C{n}", "ref": "late"} for n in range(7)]
        )
        cron = type(self.env["ir.cron"])
        with (
            patch.object(conditions, "BATCH", 3),
            patch.object(cron, "_commit_progress", lambda *_a, **_k: 0),
        ):
            self.check()
            self.assertEqual(event_type.check_position, contacts[2].id)
            self.assertEqual(self.fired(event_type), contacts[:3].ids)
            self.check(later=False)
            self.check(later=False)
        self.assertEqual(self.fired(event_type), contacts.ids)
        self.assertFalse(event_type.check_started_at)

    def test_relative_dates(self):
        event_type = self.scheduled(condition="[('create_date', '>', 'today -1d')]")
        self.check()
        contact = self.contact()
        self.assertIn(contact.id, (self.check(), self.fired(event_type))[1])

    def test_broken_condition_is_told_once_and_can_be_mended(self):
        event_type = self.scheduled()
        event_type.owner_id = self.env.ref("base.user_admin")
        self.check()
        domain = event_type.condition
        self._set_condition(event_type, "[('gone', '=', 1)]")
        for _again in range(2):
            with self.assertLogs("odoo.addons.integration_core", "WARNING"):
                self.check()
        self.assertIn("condition", event_type.problem)
        self.assertTrue(event_type.active)
        self.assertEqual(event_type.activity_ids.user_id, self.env.ref("base.user_admin"))
        self.assertEqual(len(event_type.activity_ids), 1)
        self._set_condition(event_type, domain)
        contact = self.contact(ref="late")
        self.check()
        self.assertFalse(event_type.problem)
        self.assertFalse(event_type.activity_ids)
        self.assertEqual(self.fired(event_type), contact.ids)

    def test_uninstalled_model(self):
        event_type = self.scheduled()
        other = self.scheduled()
        self.env.cr.execute(
            "UPDATE integration_event_type SET model_name = 'gone.model', owner_id = NULL"
            " WHERE id = %s",
            [event_type.id],
        )
        self.env.registry.clear_cache()
        with self.assertLogs("odoo.addons.integration_core", "WARNING"):
            self.check()
        self.assertIn("gone.model", event_type.problem)
        self.assertTrue(event_type.activity_ids, "the administrators are told")
        self.assertTrue(other.checked_at, "others are checked all the same")

    def _set_condition(self, event_type, domain):
        self.env.cr.execute(
            "UPDATE integration_event_type SET condition = %s WHERE id = %s",
            [domain, event_type.id],
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    def test_statements_do_not_grow_with_the_documents(self):
        event_type = self.scheduled(paths=("name",))
        trigger = event_type._trigger()
        counts = []
        for number in (1, 100):
            self.env["res.partner"].create(
                [{"name": f"C{n}", "ref": "late"} for n in range(number)]
            )
            self.env.cr.flush()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            conditions.look(self.env["res.partner"], trigger, 0, fire=True)
            self.env.cr.flush()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(max(counts), min(counts) + 1, counts)

    def test_what_can_be_saved(self):
        event_type = self.scheduled(subscribe=False)
        for values in (
            {"condition": "[]"},
            {"condition": "[('gone', '=', 1)]"},
            {"condition": "[('ref', '=', uid)]"},
            {"condition": "nonsense"},
            {"condition": "{'a': 1}"},
            {"interval_minutes": 0},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError):
                event_type.write(values)

    def test_another_condition_begins_anew(self):
        event_type = self.scheduled()
        self.check()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s",
            [event_type.interface_ids.id],
        )
        self.env.invalidate_all()
        self.contact(ref="early")
        event_type.condition = "[('ref', '=', 'early')]"
        self.check()
        self.assertTrue(event_type.primed)
        self.assertFalse(self.fired(event_type))

    # -- what people may not write -----------------------------------------------------------

    def test_books_and_subscribers_are_not_for_people(self):
        user = new_test_user(
            self.env, "keeps.books", "integration_core.group_administrator,base.group_user"
        )
        values = {
            "name": "Late",
            "code": "test.late",
            "model_name": "res.partner",
            "trigger": "scheduled",
            "condition": "[('ref', '=', 'late')]",
        }
        self.env["ir.default"].set("integration.event.type", "primed", True)
        event_type = (
            self.env["integration.event.type"]
            .with_user(user)
            .with_context(default_interface_ids=self.outbound.ids, default_checked_at="2020-01-01")
            .create({**values, "problem": "x"})
        )
        self.assertFalse(event_type.interface_ids)
        for name in ("primed", "checked_at", "problem"):
            with self.subTest(name=name):
                self.assertFalse(event_type[name])
        for change in ({"primed": True}, {"checked_at": False}, {"problem": "x"}):
            with self.subTest(**change), self.assertRaises(UserError):
                event_type.write(change)
