"""What the buttons of a question to a storekeeper say."""

from odoo.tests import TransactionCase, tagged

KINDS = (
    "emergency_receipt",
    "kit_failed",
    "kit_picked",
    "kit_went_back",
    "requisition_hand",
    "requisition_late",
    "requisition_untold",
    "usage_counted",
)


@tagged("post_install", "-at_install")
class TestExceptionLabels(TransactionCase):
    def labels(self, kind):
        one = self.env["integration.exception"].new({"kind": kind})
        return one.accept_label, one.reject_label

    def test_each_kind_has_its_own(self):
        usual = self.labels("other")
        self.assertEqual(usual, ("Accept what the partner says", "Keep the document as it is"))
        for kind in KINDS:
            with self.subTest(kind=kind):
                self.assertNotIn(usual[0], self.labels(kind))
                self.assertNotIn(usual[1], self.labels(kind))

    def test_the_form_shows_them(self):
        arch = self.env["integration.exception"].get_view(view_type="form")["arch"]
        self.assertIn('name="accept_label"', arch)
        self.assertIn('name="reject_label"', arch)
