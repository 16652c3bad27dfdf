from odoo.tests import tagged

from odoo.addons.integration_procurement.tests.test_item import ItemCase


@tagged("post_install", "-at_install")
class TestItemExpires(ItemCase):
    def test_whether_an_item_expires_is_heard_and_told(self):
        self.bring_well(
            self.item("I-1", tracking="lot", expires=True), self.item("I-2", tracking="lot")
        )
        glue, other = self.known("I-1"), self.known("I-2")
        self.assertEqual((glue.use_expiration_date, other.use_expiration_date), (True, False))
        self.assertIs(glue._integration_canonical_item()["expires"], True)
        self.assertIs(other._integration_canonical_item()["expires"], False)
        self.bring_well(self.item("I-1", name="Glue"))
        self.assertTrue(glue.use_expiration_date, "what is left out stays")
