from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine import keys, settings
from odoo.addons.integration_core.tests import upgrading
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_procurement.tools.digest import digest

from ..engine import charge_posting
from .charge_case import ChargeCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestChargeMarks(ChargeCase):
    """A charge is known again, and what it is known by does not tell its visit."""

    def plain(self, number="TX-1"):
        """What everybody can make who guesses the visit."""
        told = self.told(self.one(number))
        return digest(charge_posting._content(told, told["charges"][0]))

    def as_before(self, charge):
        """As a database of 19.0.1.0.0 has it."""
        charge.digest = self.plain()
        self.env.flush_all()

    def upgrade(self):
        self.env.flush_all()
        script = upgrading.script("19.0.1.1.0", "post-digest", MIGRATIONS)
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def assert_known(self, charge):
        self.assertEqual(self.post(self.one("TX-1")), charge)
        self.refused_charge("charge_differs", self.one("TX-1", quantity="3"))
        self.refused_charge("charge_differs", self.one("TX-1"), account={"number": "A2"})

    def test_it_is_no_digest_of_what_can_be_guessed(self):
        charge = self.post(self.one("TX-1"))
        self.assertEqual(len(charge.digest), 32)
        self.assertFalse(self.plain().startswith(charge.digest))
        self.assert_known(charge)

    def test_digests_from_before_are_known(self):
        charge = self.post(self.one("TX-1"))
        self.as_before(charge)
        self.assert_known(charge)

    def test_the_update_puts_marks_in_their_place(self):
        charge = self.post(self.one("TX-1"))
        made = charge.digest
        self.as_before(charge)
        for _time in range(2):
            self.upgrade()
            self.assertEqual(charge.digest, made)
        self.assert_known(charge)

    def test_without_a_key_ring_the_update_changes_nothing(self):
        charge = self.post(self.one("TX-1"))
        self.as_before(charge)

        def missing():
            raise keyring.KeyRingMissing("none")

        with (
            patch.object(settings, "key_ring", missing),
            self.assertLogs("post_digest", "WARNING"),
        ):
            self.upgrade()
        self.assertEqual(charge.digest, self.plain())

    def test_marks_of_another_key_of_the_ring_are_known(self):
        first, second = (f"{name}:{keyring.generate_key()}" for name in ("first", "second"))
        self.ring_of(first, "first")
        self.visit.patient_id = self.env["ehr.patient"]._resolve([("", "P1")])["", "P1"]
        charge = self.post(self.one("TX-1"))
        self.ring_of(f"{first} {second}", "second")
        self.assertNotEqual(self.post(self.one("TX-2")).digest, charge.digest)
        self.assert_known(charge)

    def ring_of(self, text, maker):
        """Let the server have this ring, and the database make pseudonyms with ``maker``."""
        ring = KeyRing.parse(text)
        self.startPatcher(patch.object(settings, "key_ring", lambda: ring))
        keys.register(self.env.cr, ring)
        keys.bind_pseudonyms(self.env.cr, maker)
        self.env.invalidate_all()
