from odoo.tests import tagged

from .owned import OwnedCase


@tagged("post_install", "-at_install")
class TestConflictLanguage(OwnedCase):
    """Whoever decides need not read the language in which messages are handled."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.steward.lang = "fr_FR"

    def take(self, message):
        """Decided with the texts that the steward reads in French: (in Odoo, proposed)."""
        conflict = self.env["integration.conflict"].search([("message_id", "=", message.id)])
        person = conflict.with_user(self.steward).with_context(lang="fr_FR")
        found = person.compare()
        [row] = found["rows"]
        self.assertFalse(row["changed"])
        person.decide({row["field"]: "take"}, "We asked Jane", found["seen"])
        self.drain(self.inbound)
        self.env.invalidate_all()
        return row["odoo"], row["proposed"]

    def test_names_of_linked_records(self):
        one, two = self.env["res.country"].create(
            [{"name": "Lowland", "code": "Q1"}, {"name": "Highland", "code": "Q2"}]
        )
        one.with_context(lang="fr_FR").name = "Basse-terre"
        two.with_context(lang="fr_FR").name = "Haute-terre"
        self.person.country_id = one
        self.own("country_id")
        message = self.bring("k1", country_id=two.id)
        self.assertEqual(self.take(message)[0], "Basse-terre")
        self.assertEqual((message.state, self.person.country_id), ("done", two))

    def test_translated_values(self):
        tag = self.env["res.partner.category"].create({"name": "Nurse"})
        tag.with_context(lang="fr_FR").name = "Infirmière"
        self.own("name", model_name="res.partner.category")

        def process(handler, _received, _data):
            tag.with_env(handler.env).name = "Head nurse"

        self.handle_with(process)
        message = self.receive("k1", {"key": "a"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(self.take(message), ("Infirmière", "Head nurse"))
        self.assertEqual((message.state, tag.name), ("done", "Head nurse"))
