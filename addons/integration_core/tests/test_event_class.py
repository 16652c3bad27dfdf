from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..engine.triggers import least_class
from .common import EngineCase


@tagged("post_install", "-at_install")
class TestEventClass(EngineCase):
    """What a model says of its records is true of every event that tells of them."""

    def setUp(self):
        super().setUp()
        # Countries in the place of patients: the rule must not depend on an addon.
        self.patch(type(self.env["res.country"]), "_integration_data_class", "clinical")
        self.env.registry.clear_cache()
        self.addCleanup(self.env.registry.clear_cache)

    def classify(self, data_class):
        """Set the class of an interface that is in use, below the rules."""
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = %s WHERE id = %s",
            [data_class, self.outbound.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def stored(self, country):
        self.env.cr.execute(
            "SELECT data, subject, body, data_class FROM integration_event "
            "WHERE res_model = 'res.country' AND res_id = %s",
            [country.id],
        )
        return self.env.cr.fetchone()

    def test_content_is_sealed_whoever_takes_it(self):
        self.classify("internal")
        data, subject, body, data_class = self.stored(self.fire("Hidden name"))
        self.assertEqual((data, subject, data_class), (None, None, "clinical"))
        self.assertNotIn(b"Hidden name", bytes(body))

    def test_content_of_other_models_is_not(self):
        self.patch(type(self.env["res.country"]), "_integration_data_class", None)
        self.env.registry.clear_cache()
        data, subject, body, data_class = self.stored(self.fire("Open name"))
        self.assertIn("Open name", data)
        self.assertEqual((subject, body, data_class), ("Open name", None, "internal"))

    def test_who_leads_to_them_is_as_private(self):
        def of_partner(*paths):
            return least_class(self.env, "res.partner", paths)

        self.assertIsNone(of_partner("name", "parent_id.name"))
        self.assertEqual(of_partner("name", "country_id"), "clinical")
        self.assertEqual(of_partner("parent_id.country_id.code"), "clinical")

    def test_an_interface_of_a_lower_class_cannot_take_them(self):
        self.assertEqual(self.event_type.least_class, "clinical")
        values = {
            "name": "Second",
            "system_id": self.system.id,
            "direction": "outbound",
            "policy_id": self.policy.id,
            "event_type_ids": self.event_type.ids,
        }
        for data_class in ("public", "internal", "confidential"):
            with self.assertRaisesRegex(ValidationError, "clinical"), self.env.cr.savepoint():
                self.env["integration.interface"].create({**values, "data_class": data_class})
        taken = self.env["integration.interface"].create({**values, "data_class": "clinical"})
        with self.assertRaisesRegex(ValidationError, "clinical"), self.env.cr.savepoint():
            taken.data_class = "confidential"

    def test_an_event_type_cannot_become_more_private_than_its_subscribers(self):
        event_type = self.env["integration.event.type"].create(
            {
                "name": "Contact",
                "code": "test.contact",
                "model_name": "res.partner",
                "trigger": "created",
                "field_ids": [(0, 0, {"path": "name"})],
            }
        )
        self.assertFalse(event_type.least_class)
        self.env["integration.interface"].create(
            {
                "name": "Draft",
                "system_id": self.system.id,
                "direction": "outbound",
                "policy_id": self.policy.id,
                "event_type_ids": event_type.ids,
            }
        )
        with self.assertRaisesRegex(ValidationError, "clinical"), self.env.cr.savepoint():
            event_type.field_ids = [(0, 0, {"path": "country_id.code"})]
