from odoo.tests import tagged

from ..engine import package_records
from .test_package import PackageCase


@tagged("post_install", "-at_install")
class TestPackageSections(PackageCase):
    """Lists that a result may go without, in packages."""

    def test_a_list_that_may_be_left_out(self):
        self.env.cr.execute(
            "UPDATE integration_mapping SET state = 'approved' WHERE id = %s", [self.mapping.id]
        )
        self.env.invalidate_all()

        def add(content):
            content["mappings"]["Package mapping"]["sections"] = [
                {"target": "lines", "source": "lines", "expression": "item", "optional": True},
                {"target": "notes", "source": "notes", "expression": "item"},
            ]

        self.import_(self.changed(add))
        newest = self.env["integration.mapping"].search(
            [("name", "=", "Package mapping")], order="version desc", limit=1
        )
        self.assertEqual(newest.section_ids.mapped("optional"), [True, False])
        sections = package_records.mapping(newest)["sections"]
        self.assertEqual([one.get("optional") for one in sections], [True, None])
