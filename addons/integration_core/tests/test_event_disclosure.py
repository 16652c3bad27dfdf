from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged

from ..engine import disclosure
from ..tools import field_paths
from .access_matrix import ROLES
from .test_event_capture import EventCase


@tagged("post_install", "-at_install")
class TestEventDisclosure(EventCase):
    """That an event happened tells what it depends on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(
            cls.env,
            "defines.events",
            "integration_core.group_administrator,base.group_partner_manager",
        )

    def define_as_administrator(self, **values):
        return (
            self.env["integration.event.type"]
            .with_user(self.administrator)
            .create(
                {
                    "name": "Contact",
                    "code": "test.disclosure",
                    "model_name": "res.partner",
                    "trigger": "created",
                    **values,
                }
            )
        )

    def test_a_condition_does_not_ask_for_secrets(self):
        for condition, reason in (
            ("[('user_ids.login', '=like', 'a%')]", "closed"),
            ("[('user_ids.password', '!=', False)]", "cannot be used|closed"),
            ("[('user_ids', 'any', [('login', '=like', 'a%')])]", "closed"),
            ("['|', ('name', '=', 'x'), '!', ('user_ids.login', '=', 'a')]", "closed"),
            ("[('user_ids.res_users_settings_ids.id', '>', 1)]", "closed"),
        ):
            with (
                self.subTest(condition),
                self.assertRaisesRegex((ValidationError, AccessError), reason),
                self.env.cr.savepoint(),
            ):
                self.define_as_administrator(condition=condition)

    def test_a_harmless_condition_passes(self):
        self.define_as_administrator(
            condition="[('user_ids', '!=', False), ('parent_id.country_id.code', '=', 'BE'), "
            "('create_date.month_number', '>', 2), ('child_ids', 'any', [('active', '=', True)])]"
        )

    def test_a_link_to_a_closed_model_may_be_empty_or_not(self):
        template = self.env["mail.template"]
        disclosure.check_condition(template, Domain("attachment_ids", "!=", False))
        with self.assertRaisesRegex(field_paths.PathError, "leads to"):
            disclosure.check_condition(template, Domain("attachment_ids", "ilike", "salaries"))

    def test_a_trigger_does_not_watch_secrets(self):
        with self.assertRaisesRegex(ValidationError, "closed"), self.env.cr.savepoint():
            self.define_as_administrator(
                model_name="res.users", trigger="reaches", field_name="login", field_value="a"
            )
        found = self.define_as_administrator(
            model_name="res.users", trigger="reaches", field_name="active", field_value="True"
        )
        with self.assertRaisesRegex(ValidationError, "closed"), self.env.cr.savepoint():
            found.write({"field_name": "login", "field_value": "a"})

    def test_a_field_that_shows_a_closed_one_is_closed(self):
        """Stored or not: who reads it is not asked about where its value comes from."""
        self.env["ir.model.fields"].create(
            [
                {
                    "name": f"x_{name}",
                    "model_id": self.env["ir.model"]._get("res.partner").id,
                    "ttype": "char",
                    "related": f"create_uid.{name}",
                    "store": True,
                    "readonly": True,
                }
                for name in ("login", "email")
            ]
        )
        contacts = self.env["res.partner"]
        disclosure.check_path(contacts, "x_email")
        with self.assertRaisesRegex(field_paths.PathError, "shows login of res.users"):
            disclosure.check_path(contacts, "x_login")
        with self.assertRaisesRegex(field_paths.PathError, "shows login of res.users"):
            disclosure.check_condition(contacts, Domain("x_login", "=like", "a%"))
        with self.assertRaisesRegex(field_paths.PathError, "shows login of res.users"):
            disclosure.check_watched(contacts, "x_login")

    def test_neither_does_an_ownership(self):
        """It shows how many records its condition covers."""
        values = {
            "system_id": self.system.id,
            "model_name": "res.partner",
            "scope": "all",
        }
        ownership = self.env["integration.ownership"].with_user(self.administrator)
        with self.assertRaisesRegex(ValidationError, "closed"), self.env.cr.savepoint():
            ownership.create({**values, "condition": "[('user_ids.login', '=like', 'a%')]"})
        one = ownership.create({**values, "condition": "[('is_company', '=', True)]"})
        with self.assertRaisesRegex(ValidationError, "closed"), self.env.cr.savepoint():
            one.condition = "[('user_ids.login', '=like', 'a%')]"
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            ownership.create(
                {**values, "model_name": "mail.blacklist", "condition": "[('email', 'ilike', 'a')]"}
            )

    def test_the_content_is_still_checked(self):
        with self.assertRaisesRegex(ValidationError, "closed"), self.env.cr.savepoint():
            self.define_as_administrator(field_ids=[Command.create({"path": "user_ids.login"})])


@tagged("post_install", "-at_install")
class TestSearchDisclosure(EventCase):
    """Nobody finds out by searching what he may not read."""

    def reserved(self, user):
        """``(model, path)`` to stored fields that the user may not read, over at most one link."""
        for name, model in self.env.registry.items():
            if not name.startswith("integration.") or model._abstract or model._transient:
                continue
            mine = self.env[name].with_user(user)
            if not mine.has_access("read"):
                continue
            for link in (None, *(f for f in model._fields.values() if f.relational and f.store)):
                target = mine if link is None else self.env[link.comodel_name].with_user(user)
                if link is not None and not target._name.startswith("integration."):
                    continue
                for field in target._fields.values():
                    if field.store and not target._has_field_access(field, "read"):
                        yield mine, f"{link.name}.{field.name}" if link is not None else field.name

    def test_reserved_fields_cannot_be_searched(self):
        tried = 0
        for role, groups in ROLES.items():
            user = new_test_user(self.env, f"searches.{role}", groups)
            for model, path in self.reserved(user):
                tried += 1
                with self.subTest(role=role, model=model._name, path=path):
                    self.assertFalse(self.may_search(model, path), path)
        self.assertGreater(tried, 50)

    def may_search(self, model, path):
        try:
            model.search([(path, "!=", False)], limit=1)
        except AccessError:
            return False
        return True

    def test_what_is_in_events_cannot_be_found_through_messages(self):
        user = new_test_user(self.env, "searches.content", "integration_core.group_operator")
        messages = self.env["integration.message"].with_user(user)
        for path in ("event_id.subject", "event_id.data", "payload_ids.body"):
            self.assertFalse(self.may_search(messages, path), path)
