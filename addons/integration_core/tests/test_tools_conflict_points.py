from odoo.tests import BaseCase

from odoo.addons.integration_core.tools.conflict_points import Point


class TestToolsConflictPoints(BaseCase):
    def test_keys(self):
        for point, key in (
            (Point("email"), "email"),
            (Point(""), ""),
            (Point("email", 2), "2.email"),
            (Point("", 12), "12."),
            (Point("email", turn=2), "email#2"),
            (Point("x_studio_2", 3, 4), "3.x_studio_2#4"),
        ):
            with self.subTest(key=key):
                self.assertEqual(point.key, key)
                self.assertEqual(Point.parse(key), point)

    def test_nonsense(self):
        for key in ("a.b", "1.2.email", "email#", "email#x", "#2#3"):
            with self.subTest(key=key), self.assertRaises(ValueError):
                Point.parse(key)
