from odoo import fields, models
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestFieldNames(TransactionCase):
    """A field that has the name of a method takes its place: ``search`` would find nothing more."""

    def test_no_field_hides_what_every_model_has(self):
        looked_at, hiding = 0, set()
        for name, model in self.env.registry.items():
            for field in model._fields.values():
                if not (field._module or "").startswith("integration_"):
                    continue
                looked_at += 1
                of_all = getattr(models.BaseModel, field.name, None)
                if of_all is not None and not isinstance(of_all, fields.Field):
                    hiding.add((name, field.name))
        self.assertGreater(looked_at, 1000)
        self.assertEqual(hiding, set())
