# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from ..engine.pieces import readable
from .common import EngineCase


@tagged("post_install", "-at_install")
class TestPayloadContent(EngineCase):
    """What a person sees of a stored content is what arrived."""

    def test_money_is_shown_as_it_came(self):
        message = self.receive("k1", b'{"key": "k1", "amount": 12.50}')
        content = message.payload_ids.filtered(lambda p: p.kind == "received").content
        self.assertIn('"amount": 12.50', content)

    def test_what_is_no_strict_json_is_shown_as_text(self):
        for raw in (b"MSH|^~\\&|LAB", b'{"a": 1, "a": 2}', b"[" * 5000):
            self.assertEqual(readable(raw), raw.decode())

    def test_binary_content_is_a_remark(self):
        self.assertEqual(readable(b"\xff\xfe"), "(2 bytes that are not text)")
