from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine import keys, settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from .common import EngineCase

OLD, NEW, OTHER = (keyring.generate_key() for _ in range(3))


@tagged("post_install", "-at_install")
class TestPseudonymKey(EngineCase):
    """Repeated deliveries are recognised by pseudonyms, whatever happens to the key ring."""

    def setUp(self):
        super().setUp()
        self.use(f"old:{OLD}")
        self.page = self.env["integration.encryption.key"]
        self.page._refresh()
        self.first = self.deliver()

    def use(self, text):
        """Restart, as it were, with another ring."""
        ring = KeyRing.parse(text)
        self.startPatcher(patch.object(settings, "key_ring", lambda: ring))

    def deliver(self):
        return self.receive("m1", {"patient": "4711"}, data_class="clinical")

    def refused(self, error):
        before = self.env["integration.message"].search_count([])
        with self.assertRaises(error) as caught:
            self.deliver()
        self.assertEqual(caught.exception.key_id, "old")
        self.assertEqual(self.env["integration.message"].search_count([]), before)
        with self.assertRaises(error):
            keys.require(self.env.cr)
        self.assertIsNone(keys.working_ring(self.env.cr))

    def key(self, key_id):
        self.page._refresh()
        return self.page.search([("key_id", "=", key_id)])

    def test_repeated_delivery_is_recognised_in_any_order_of_the_ring(self):
        for text in (
            f"old:{OLD} new:{NEW}",
            f"new:{NEW} old:{OLD}",
            f"other:{OTHER} old:{OLD} new:{NEW}",
        ):
            self.use(text)
            self.page._refresh()
            for _ in range(2):  # the second time as it was remembered
                self.assertEqual(self.deliver(), self.first, text)
        self.assertEqual(self.page.search([("makes_pseudonyms", "=", True)]).key_id, "old")

    def forget(self):
        """A database that has met no ring yet."""
        self.env.cr.execute("DELETE FROM integration_encryption_key")
        self.env.invalidate_all()
        self.assertIsNone(keys.pseudonym_key(self.env.cr))

    def test_the_first_secret_settles_it(self):
        """Before a scheduled action comes round to it: a backup may be taken in between."""
        self.forget()
        self.env["integration.credential"].create({"name": "First"}).rotate({"generate": True})
        self.assertEqual(keys.pseudonym_key(self.env.cr), "old")
        self.use(f"new:{NEW}")
        self.page._refresh()
        self.assertEqual(keys.pseudonym_key(self.env.cr), "old")
        self.refused(keyring.UnknownKey)

    def test_the_first_private_interface_settles_it(self):
        self.forget()
        self.inbound._write_approved({"data_class": "clinical"})
        self.assertEqual(keys.pseudonym_key(self.env.cr), "old")
        self.forget()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'approved' WHERE id = %s", [self.inbound.id]
        )
        self.env.invalidate_all()
        self.inbound._set_lifecycle("active")
        self.assertEqual(keys.pseudonym_key(self.env.cr), "old")

    def test_without_its_key_nothing_is_stored(self):
        self.use(f"new:{NEW}")
        self.refused(keyring.UnknownKey)
        key = self.key("old")
        self.assertEqual(key.state, "missing")
        self.assertIn("repeated deliveries are not recognised", key.advice)
        self.use(f"new:{NEW} old:{OLD}")
        self.assertEqual(self.deliver(), self.first)

    def test_with_another_key_of_its_name_nothing_is_stored(self):
        self.use(f"old:{OTHER} new:{NEW}")
        self.refused(keyring.WrongKey)
        key = self.key("old")
        self.assertEqual(key.state, "wrong")
        self.assertIn("repeated deliveries are not recognised", key.advice)

    def test_it_is_never_said_that_it_may_be_removed(self):
        self.env.cr.execute("DELETE FROM integration_payload")
        self.env.cr.execute("DELETE FROM integration_credential_version")
        for text in (f"old:{OLD}", f"old:{OLD} new:{NEW}", f"new:{NEW}", f"old:{NEW} new:{OLD}"):
            self.use(text)
            advice = self.key("old").advice
            self.assertNotIn("removed", advice)
            self.assertNotIn("Nothing needs", advice)
            self.assertRegex(advice, "Keep it|[Pp]ut")

    def test_another_key_takes_over_when_it_is_lost_for_good(self):
        self.use(f"new:{NEW}")
        self.key("new")._make_pseudonyms("The safe burned down")
        self.assertEqual(keys.require(self.env.cr).pseudonym_id, "new")
        self.assertNotEqual(self.deliver(), self.first)
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", self.page._name)], order="id desc", limit=1
        )
        self.assertEqual(entry.reason, "The safe burned down")
