"""Patients are found by record number, whichever key of the ring made their pseudonym."""

from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.engine import keys, settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from .census_case import CensusCase

OLD = f"old:{keyring.generate_key()}"
NEW = f"new:{keyring.generate_key()}"


@tagged("post_install", "-at_install")
class TestPseudonyms(CensusCase):
    def ring_of(self, text, maker):
        """Let the server have this ring, and the database make pseudonyms with ``maker``."""
        ring = KeyRing.parse(text)
        self.startPatcher(patch.object(settings, "key_ring", lambda: ring))
        keys.register(self.env.cr, ring)
        keys.bind_pseudonyms(self.env.cr, maker)
        self.env.invalidate_all()

    def patient(self, number, assigner=""):
        found = self.env["ehr.patient"]._resolve([(assigner, number)])
        self.env.flush_all()
        return found[assigner, number]

    def test_rotation_still_finds_old_ones(self):
        self.ring_of(OLD, "old")
        touched, untouched = self.patient("4711"), self.patient("4712")
        first = touched.pseudonym
        self.ring_of(f"{OLD} {NEW}", "new")
        self.assertEqual(self.patient("4711"), touched)
        self.assertNotEqual(touched.pseudonym, first)
        self.assertEqual((touched.key_id, untouched.key_id), ("new", "old"))
        search = self.env["ehr.patient"]._of_number
        self.assertEqual(search("4712"), untouched)
        self.assertEqual(search("4711"), touched)
        self.assertFalse(search("471"))
        self.assertEqual(self.patient("4713").key_id, "new")

    def test_one_that_was_named_twice_is_one_again(self):
        self.ring_of(OLD, "old")
        visit = self.tell("admit", "8:00", patient="4711")
        first = visit.patient_id
        self.ring_of(NEW, "new")  # the old key was missing for a while
        self.tell("admit", "9:00", "V2", patient="4711")
        second = self.visit("V2").patient_id
        self.assertNotEqual(first, second)
        self.ring_of(f"{OLD} {NEW}", "new")
        self.tell("update", "10:00", "V2", patient="4711")
        self.assertEqual(visit.patient_id, second)
        self.assertEqual(first.merged_into_id, second)

    def test_twins_that_were_merged_meanwhile(self):
        self.ring_of(OLD, "old")
        old, other = self.patient("4711"), self.patient("4799")
        self.env["ehr.merge"]._merge(other, old, fields.Datetime.now())
        self.ring_of(NEW, "new")
        visit = self.tell("admit", "9:00", "V2", patient="4711")
        new = visit.patient_id
        self.ring_of(f"{OLD} {NEW}", "new")
        self.tell("update", "10:00", "V2", patient="4711")
        self.assertEqual(visit.patient_id, new)
        self.assertEqual((old + other)._kept(), new)

    def test_hospitals_have_pseudonyms_of_their_own(self):
        self.ring_of(OLD, "old")
        east, west = self.patient("4711", "EAST"), self.patient("4711", "WEST")
        self.assertNotEqual(east, west)
        self.assertNotEqual(east.pseudonym, west.pseudonym)
        self.assertEqual(set(self.env["ehr.patient"]._of_number(" 4711 ")), set(east + west))

    def test_without_the_key_nobody_is_taken_for_another(self):
        self.ring_of(OLD, "old")
        self.patient("4711")
        self.ring_of(NEW, "old")
        with self.assertRaises(keyring.UnknownKey):
            self.patient("4711")
