from odoo.tests import tagged

from .test_package import PackageCase


@tagged("post_install", "-at_install")
class TestPackageSections(PackageCase):
    """Lists that a result may go without, in packages."""

    def test_a_list_that_may_be_left_out(self):
        def add(content):
            content["mappings"]["Package mapping"]["sections"] = [
                {"target": "lines", "source": "lines", "expression": "item", "optional": True},
                {"target": "notes", "source": "notes", "expression": "item"},
            ]

        self.import_(self.changed(add))
        self.assertEqual(self.mapping.section_ids.mapped("optional"), [True, False])
        self.assertIn('"optional": true', self.text())
        self.assertEqual(self.text().count('"optional"'), 1)
        self.assertEqual(self.check(self.text()).line_ids.status, "unchanged")
