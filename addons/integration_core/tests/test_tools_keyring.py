# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import pickle
import tempfile
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..tools import keyring
from ..tools.errors import ConfigurationError
from ..tools.keyring import KeyRing

KEY_1 = base64.b64encode(b"1" * 32).decode()
KEY_2 = base64.b64encode(b"2" * 32).decode()


@tagged("post_install", "-at_install")
class TestKeyRing(BaseCase):
    """Keys outside the database, and values that cannot be moved or altered."""

    def test_round_trip(self):
        ring = KeyRing.parse(f"k1:{KEY_1}")
        blob = ring.encrypt(b"secret", "integration.credential|7|secret")
        self.assertNotIn(b"secret", blob)
        self.assertEqual(ring.decrypt(blob, "integration.credential|7|secret"), b"secret")

    def test_a_value_belongs_to_its_place(self):
        ring = KeyRing.parse(f"k1:{KEY_1}")
        blob = ring.encrypt(b"secret", "integration.credential|7|secret")
        with self.assertRaises(keyring.DecryptionFailed):
            ring.decrypt(blob, "integration.credential|8|secret")

    def test_rotation(self):
        old = KeyRing.parse(f"k1:{KEY_1}").encrypt(b"old", "x")
        ring = KeyRing.parse(f"k1:{KEY_1}, k2:{KEY_2}")
        self.assertEqual(ring.current_id, "k2")
        self.assertEqual(ring.decrypt(old, "x"), b"old")
        self.assertEqual(keyring.key_id_of(old), "k1")
        self.assertEqual(keyring.key_id_of(ring.encrypt(b"new", "x")), "k2")
        self.assertEqual(KeyRing.parse(f"k1:{KEY_1} k2:{KEY_2}", current="k1").current_id, "k1")

    def test_a_missing_key_is_named(self):
        blob = KeyRing.parse(f"k1:{KEY_1}").encrypt(b"x", "x")
        with self.assertRaises(keyring.UnknownKey) as caught:
            KeyRing.parse(f"k2:{KEY_2}").decrypt(blob, "x")
        self.assertEqual(caught.exception.key_id, "k1")

    def test_an_id_that_was_given_another_key(self):
        blob = KeyRing.parse(f"k:{KEY_1}").encrypt(b"x", "x")
        with self.assertRaises(keyring.DecryptionFailed):
            KeyRing.parse(f"k:{KEY_2}").decrypt(blob, "x")

    def test_pseudonyms_of_all_keys(self):
        first = KeyRing.parse(f"k1:{KEY_1}").pseudonym("4711", "x")
        ring = KeyRing.parse(f"k1:{KEY_1} k2:{KEY_2}").with_pseudonyms_of("k2")
        found = ring.pseudonyms("4711", "x")
        self.assertEqual(list(found), ["k2", "k1"])
        self.assertEqual((found["k1"], found["k2"]), (first, ring.pseudonym("4711", "x")))
        self.assertEqual(list(ring.refusing(["k1"]).pseudonyms("4711", "x")), ["k2"])
        with self.assertRaises(keyring.WrongKey):
            ring.refusing(["k2"]).pseudonyms("4711", "x")
        with self.assertRaises(keyring.UnknownKey):
            ring.with_pseudonyms_of("k3").pseudonyms("4711", "x")

    def test_pseudonyms_of_several_values(self):
        ring = KeyRing.parse(f"k1:{KEY_1} k2:{KEY_2}")
        values = ["4711", "", "é"]
        alone = [ring.pseudonym(value, "x") for value in values]
        self.assertEqual(ring.pseudonyms_of(values, "x"), alone)
        self.assertNotEqual(ring.pseudonyms_of(values, "y"), alone)
        with self.assertRaises(keyring.WrongKey):
            ring.refusing(["k1"]).pseudonyms_of(values, "x")
        with self.assertRaises(keyring.UnknownKey):
            ring.with_pseudonyms_of("k3").pseudonyms_of(values, "x")

    def test_pseudonyms_stay_with_their_key(self):
        first = KeyRing.parse(f"k1:{KEY_1}").pseudonym("4711", "x")
        turned = KeyRing.parse(f"k2:{KEY_2} k1:{KEY_1}")
        self.assertNotEqual(turned.pseudonym("4711", "x"), first)
        self.assertEqual(turned.with_pseudonyms_of("k1").pseudonym("4711", "x"), first)
        with self.assertRaises(keyring.UnknownKey):
            turned.with_pseudonyms_of("k3").pseudonym("4711", "x")
        with self.assertRaises(keyring.WrongKey):
            turned.with_pseudonyms_of("k1").refusing(["k1"]).pseudonym("4711", "x")

    def test_malformed_rings(self):
        for text in (
            KEY_1,
            f"k1={KEY_1}",
            f"k 1:{KEY_1}",
            "k1:",
            "k1:c2hvcnQ=",
            f"k1:{KEY_1[:-2]}!!",
            f"k1:{KEY_1}, k1:{KEY_2}",
            f"{'k' * 33}:{KEY_1}",
        ):
            with self.assertRaises(keyring.KeyRingError) as caught:
                KeyRing.parse(text)
            self.assertNotIn(KEY_1[:10], str(caught.exception))
        with self.assertRaises(keyring.KeyRingError):
            KeyRing.parse(f"k1:{KEY_1}", current="k2")
        KeyRing.parse(f"k1:{KEY_1}, k1:{KEY_1}")  # the same key twice is harmless

    def test_not_a_ciphertext(self):
        ring = KeyRing.parse(f"k1:{KEY_1}")
        for blob in (b"", b"\x01", b"\x02" + b"0" * 60, b"\x01\x02k1", b"\x01\xff" + b"0" * 60):
            with self.assertRaises(keyring.DecryptionFailed):
                ring.decrypt(blob, "x")

    def test_keys_do_not_leak(self):
        ring = KeyRing.parse(f"k1:{KEY_1}")
        self.assertEqual(repr(ring), "<KeyRing k1; current k1>")
        with self.assertRaises(TypeError):
            pickle.dumps(ring)

    def test_configuration(self):
        with self.assertRaises(keyring.KeyRingMissing) as caught:
            keyring.load_keyring({}, {})
        self.assertIsInstance(caught.exception, ConfigurationError)
        config = {"key_ring": f"a:{KEY_1},b:{KEY_2}", "current_key": "a"}
        self.assertEqual(keyring.load_keyring(config, {}).current_id, "a")
        environ = {"INTEGRATION_KEY_RING": f"e:{KEY_1}", "INTEGRATION_CURRENT_KEY": "e"}
        self.assertEqual(keyring.load_keyring(config, environ).key_ids, ("e",))

    def test_configuration_by_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ring"
            path.write_text(f"k1:{KEY_1}\nk2:{KEY_2}\n")
            ring = keyring.load_keyring({"key_ring_file": str(path)}, {})
            self.assertEqual(ring.current_id, "k2")
            path.write_text("x" * 70_000)
            with self.assertRaises(keyring.KeyRingError):
                keyring.load_keyring({"key_ring_file": str(path)}, {})
        with self.assertRaises(keyring.KeyRingMissing):
            keyring.load_keyring({"key_ring_file": str(path)}, {})

    def test_generated_keys_fit(self):
        KeyRing.parse(f"new:{keyring.generate_key()}")
        self.assertNotEqual(keyring.generate_key(), keyring.generate_key())
