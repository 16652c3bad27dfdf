# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools import canonical_json
from ..tools.canonical_json import JsonError, dumps, loads


@tagged("post_install", "-at_install")
class TestCanonicalJson(BaseCase):
    """Equal content has equal bytes; what is ambiguous is refused."""

    def test_canonical_bytes(self):
        value = {"b": [True, None, 1], "a": '\u20ac\n"\\\x0f/', "": {}}
        self.assertEqual(
            dumps(value), b'{"":{},"a":"\xe2\x82\xac\\n\\"\\\\\\u000f/","b":[true,null,1]}'
        )

    def test_order_of_rfc_8785(self):
        """The example of RFC 8785, section 3.2.3: UTF-16 order, not code point order."""
        names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
        expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
        self.assertEqual(list(loads(dumps(dict.fromkeys(names)))), expected)

    def test_numbers_that_may_lose_digits_are_refused(self):
        for value in (1.5, Decimal("1.5"), {"a": [1.0]}):
            with self.assertRaises(TypeError) as caught:
                dumps(value)
            self.assertIn("decimal string", str(caught.exception))
        for value in (2**53, -(2**53)):
            with self.assertRaises(ValueError):
                dumps(value)
        self.assertEqual(dumps(2**53 - 1), b"9007199254740991")

    def test_values_that_are_not_json(self):
        for value in (object(), b"x", {1: 2}, {"a": {1, 2}}):
            with self.assertRaises(TypeError):
                dumps(value)
        with self.assertRaises(ValueError):
            dumps("\ud800")
        loop = []
        loop.append(loop)
        with self.assertRaises(ValueError):
            dumps(loop)

    def test_reading_keeps_decimals(self):
        value = loads(b'{"price":1.10,"count":3,"big":1e2}')
        self.assertEqual(str(value["price"]), "1.10")
        self.assertEqual((value["count"], value["big"]), (3, Decimal(100)))
        self.assertIsInstance(value["count"], int)

    def test_strictness(self):
        for raw, reason in (
            (b'{"a":1,"a":2}', "twice"),
            (b"[NaN]", "NaN"),
            (b"[-Infinity]", "Infinity"),
            (b"[1,]", "line 1"),
            (b"{'a':1}", "line 1"),
            (b"", "line 1"),
            (b"[1] 2", "Extra data"),
            (b'"\xff"', "UTF-8"),
            ("[]".encode("utf-16"), "UTF-8"),
            (b'"\x01"', "control character"),
            (b'"\\u0000"', "NUL"),
            (b'{"\\u0000":1}', "NUL"),
            (b'"\\ud800"', "surrogate"),
            (b'["\\udc00\\ud800"]', "surrogate"),
            (b"1" * 500, "too long"),
            (b"1e500", "exponent"),
            (b"1e99999999999999999999", "exponent"),
            (b"[" * 65 + b"]" * 65, "deeper"),
            (b"[" * 100_000, "deeper"),
            (b'{"a":' * 100_000, "deeper"),
        ):
            with self.assertRaises(JsonError) as caught:
                loads(raw)
            self.assertIn(reason, str(caught.exception), raw[:20])

    def test_tolerance(self):
        self.assertEqual(loads(b"\xef\xbb\xbf [1]\r\n"), [1])
        self.assertEqual(loads(b'"\\ud83d\\ude00"'), "\U0001f600")
        self.assertEqual(loads(b'"\\\\u0000"'), "\\u0000")
        self.assertEqual(loads(b"[" * 64 + b"]" * 64)[0][0].__class__, list)
        brackets = '"' + "[{" * 200 + '\\""'
        self.assertEqual(loads(brackets.encode()), "[{" * 200 + '"')

    def test_limits_of_the_caller(self):
        self.assertEqual(loads(b"[[1]]", max_depth=2, max_bytes=5), [[1]])
        with self.assertRaises(JsonError):
            loads(b"[[1]]", max_depth=1)
        with self.assertRaises(JsonError):
            loads(b"[[1]]", max_bytes=4)

    def test_errors_do_not_quote_the_document(self):
        with self.assertRaises(JsonError) as caught:
            loads(b'{"name": "Jane Doe", }')
        self.assertNotIn("Jane", str(caught.exception))
        self.assertIsNone(caught.exception.__cause__)
        self.assertTrue(caught.exception.__suppress_context__)

    def test_sha256(self):
        self.assertEqual(
            canonical_json.sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        )
