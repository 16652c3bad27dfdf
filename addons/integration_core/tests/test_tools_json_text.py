# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools import canonical_json, json_text


@tagged("post_install", "-at_install")
class TestJsonText(BaseCase):
    """JSON that people read says what was written."""

    def test_numbers_keep_their_digits(self):
        raw = b'{"amount": 12.50, "rate": 1.10000000000000000001, "count": 3}'
        self.assertEqual(
            json_text.indented(canonical_json.loads(raw)),
            '{\n  "amount": 12.50,\n  "rate": 1.10000000000000000001,\n  "count": 3\n}',
        )

    def test_it_looks_like_the_standard_library_otherwise(self):
        value = {"é": [1, 'a\n"b"', True, None, [], {}, [{"x": [2]}]], "y": {"z": ""}}
        self.assertEqual(json_text.indented(value), json.dumps(value, indent=2, ensure_ascii=False))

    def test_a_bare_number(self):
        self.assertEqual(json_text.indented(Decimal("0.10")), "0.10")
