from odoo.tests import BaseCase, tagged

from odoo.addons.integration_core.tools.three_way import changes, collisions


@tagged("post_install", "-at_install")
class TestThreeWay(BaseCase):
    def test_changes(self):
        base = {"url": "a", "events": [1, 2], "lanes": 0, "name": "n"}
        self.assertEqual(changes(base, {**base, "events": [2, 1]}), {})
        self.assertEqual(changes(base, {**base, "url": "b"}), {"url": "b"})
        self.assertEqual(changes(base, {**base, "lanes": False}), {"lanes": False})
        self.assertEqual(changes(base, {"new": 1}), {"new": 1})
        self.assertEqual(changes(base, {"new": False}), {})

    def test_collisions(self):
        base = {"url": "a", "name": "n"}
        self.assertEqual(collisions(base, base, {"url": "b"}), [])
        self.assertEqual(collisions(base, {**base, "name": "m"}, {"url": "b"}), [])
        self.assertEqual(collisions(base, {**base, "url": "c"}, {"url": "b"}), ["url"])
        self.assertEqual(collisions(base, {**base, "url": "b"}, {"url": "b"}), [])
