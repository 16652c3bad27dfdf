from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import disclosure
from odoo.addons.integration_core.tools import closed_models, field_paths

from .event_type_case import EventTypeCase


@tagged("post_install", "-at_install")
class TestEventType(EventTypeCase):
    # -- definition --------------------------------------------------------------------------

    def test_administrator_needs_no_more_than_a_model_and_a_trigger(self):
        event_type = self.as_administrator()
        self.assertEqual(event_type.contract_id.code, "test.contact.made")
        self.assertTrue(event_type.contract_pending)
        self.assertFalse(event_type.has_subscriber)
        self.assertEqual(event_type.owner_id, self.administrator)
        self.assertEqual(event_type.model_label, "Contact")

    def test_existing_contract_of_the_code_is_taken(self):
        self.assertEqual(self.as_administrator(code="test.thing").contract_id, self.contract)

    def test_refused_definitions(self):
        reaches = {"trigger": "reaches", "field_name": "type", "field_value": "delivery"}
        for values in (
            {"model_name": "gone.model"},
            {"model_name": "mail.thread"},
            {"model_name": "base.module.update"},
            {"model_name": "integration.message"},
            {"model_name": "queue.job"},
            {"model_name": "ir.config_parameter"},
            {"model_name": "ir.attachment"},
            {"model_name": "res.users.apikeys"},
            {**reaches, "field_name": "gone"},
            {**reaches, "field_name": "category_id"},
            {**reaches, "field_name": "comment"},
            {**reaches, "field_name": "barcode"},  # differs by company
            {**reaches, "field_value": False},
            {**reaches, "field_value": "Delivery"},
            {**reaches, "field_name": "active", "field_value": "yes"},
            {**reaches, "field_name": "color", "field_value": "7.5"},
            {**reaches, "field_name": "country_id", "field_value": "Belgium"},
            {"condition": "[('type', '=', self)]"},
            {"condition": "[('gone', '=', 1)]"},
            {"partner_field": "name"},
            {"partner_field": "country_id"},
            {"partner_field": "child_ids"},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError):
                self.as_administrator(**values)
                self.env.flush_all()

    def test_definer_must_be_allowed_to_read(self):
        with self.assertRaises(AccessError):
            self.as_administrator(model_name="mail.blacklist")

    def test_refused_fields(self):
        for path, reason in (
            ("gone", "no field"),
            ("image_1920", "file"),
            ("barcode", "each company"),
            ("user_ids.password", "closed"),
            ("user_ids.login", "closed"),
            ("user_ids.res_users_settings_ids.id", "closed"),
            ("name.id", "no relation"),
            ("parent_id.parent_id.parent_id.parent_id.name", "at most"),
            ("Name", "dots"),
            ("", "dots"),
            ("contact_address", "not stored"),
            ("signup_token", "secret|some people|no field"),
        ):
            with (
                self.subTest(path=path),
                self.assertRaisesRegex((ValidationError, AccessError), reason),
                self.env.cr.savepoint(),
            ):
                self.as_administrator(field_ids=[Command.create({"path": path})])
        for path in ("mail_server_id", "mail_server_id.smtp_host", "attachment_ids"):
            with self.subTest(path=path), self.assertRaisesRegex(field_paths.PathError, "leads to"):
                disclosure.check_path(self.env["mail.template"], path)

    def test_no_field_of_a_model_that_the_definer_may_not_read(self):
        path = "rule_groups.name"
        self.as_administrator(code="test.of.root", model_name="res.groups")
        with (
            patch.object(closed_models, "is_closed", lambda _model: False),
            self.assertRaises(AccessError),
        ):
            self.as_administrator(
                model_name="res.groups", field_ids=[Command.create({"path": path})]
            )

    def test_sentence_of_the_trigger(self):
        event_type = self.as_administrator(
            trigger="reaches", field_name="type", field_value="delivery"
        )
        self.assertEqual(event_type.happens, "Address Type becomes “Delivery”")

    # -- what was approved does not change ---------------------------------------------------

    def test_locked_while_an_interface_relies_on_it(self):
        event_type = self.define()
        mine = event_type.with_user(self.administrator)
        for values in (
            {"condition": "[('ref', '=', 'x')]"},
            {"contract_id": self.contract.copy({"code": "test.other"}).id},
            {"field_value": "invoice"},
            {"field_ids": [Command.create({"path": "ref"})]},
            {"field_ids": [Command.clear()]},
            {"active": False},
            {"fire_existing": True},
        ):
            with self.subTest(**values), self.assertRaisesRegex(UserError, "Copy the event type"):
                mine.write(values)
        with self.assertRaises(UserError):
            mine.field_ids.path = "ref"
        with self.assertRaises(UserError):
            mine.field_ids.unlink()
        brought = self.as_administrator(field_ids=[Command.create({"path": "ref"})]).field_ids
        with self.assertRaises(UserError):
            brought.type_id = mine
        with self.assertRaises(UserError):
            mine.unlink()
        mine.write({"name": "Another name", "field_value": "delivery"})
        copy = mine.copy()
        self.assertEqual(copy.code, f"{event_type.code}.copy")
        self.assertEqual(copy.field_ids.mapped("path"), ["name"])
        self.assertFalse(copy.interface_ids)
        copy.field_value = "invoice"

    def test_update_of_the_addon_brings_what_it_means_by_the_event(self):
        event_type = self.define()
        with self.assertRaisesRegex(UserError, "Copy the event type"):
            event_type.condition = "[('ref', '=', 'x')]"
        with patch.object(self.env.registry, "ready", False):
            event_type.condition = "[('ref', '=', 'x')]"
        self.assertEqual(event_type.condition, "[('ref', '=', 'x')]")

    def test_nobody_subscribes_behind_the_interface(self):
        event_type = self.as_administrator()
        with self.assertRaises(UserError):
            event_type.interface_ids = [Command.link(self.outbound.id)]
        with self.assertRaises(UserError):
            self.as_administrator(code="x", interface_ids=[Command.link(self.outbound.id)])

    def test_history_is_kept(self):
        event_type = self.define()
        self.contact(type="delivery")
        self.assertTrue(self.events(event_type))
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s",
            [event_type.interface_ids.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "history"):
            event_type.unlink()
        event_type.action_archive()

    # -- an addon was uninstalled ------------------------------------------------------------

    def test_uninstalled_model(self):
        event_type = self.define()
        self.contact(type="delivery")
        event = self.events(event_type)
        self.env.cr.execute(
            "UPDATE integration_event_type SET model_name = 'gone.model' WHERE id = %s",
            [event_type.id],
        )
        self.env.cr.execute(
            "UPDATE integration_event SET res_model = 'gone.model', problem = 'No content.'"
            " WHERE id = %s",
            [event.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.contact(type="delivery")  # captures nothing and does not fail
        self.env.cr.flush()
        self.assertTrue(event_type.model_missing)
        self.assertIn("not installed", event_type.faults)
        fields = ["display_name", "model_label", "happens", "faults", "recent_event_ids"]
        self.assertEqual(
            event_type.with_user(self.administrator).read(fields)[0]["model_label"], "gone.model"
        )
        with self.assertRaisesRegex(UserError, "not installed"):
            event_type.try_on(1)
        self.dispatch()
        message = event.message_ids
        self.assertEqual(message.state, "quarantined")
        with self.assertRaisesRegex(UserError, "no longer installed"):
            message.action_retry()

    def test_vanished_path_is_shown(self):
        event_type = self.define()
        self.env.cr.execute(
            "UPDATE integration_event_field SET path = 'gone' WHERE type_id = %s", [event_type.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertIn("gone", event_type.faults)
        with self.assertLogs("odoo.addons.integration_core", "WARNING"):
            self.contact(type="delivery")
            self.assertIn("gone", self.events(event_type).problem)

    # -- figures on the form -----------------------------------------------------------------

    def test_fired_so_far(self):
        event_type = self.define()
        self.contact(type="delivery")
        self.events(event_type)
        observer = new_test_user(self.env, "an.observer", "integration_core.group_observer")
        seen = event_type.with_user(observer)
        self.assertEqual(seen.event_count, 1)
        self.assertEqual(len(seen.recent_event_ids), 1, "also of contacts without a company")
        self.assertTrue(seen.has_subscriber)
        self.assertEqual(
            self.env["integration.event"].search(seen.action_open_events()["domain"]),
            seen.recent_event_ids,
        )
