from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_procurement.tools import identifiers


@tagged("post_install", "-at_install")
class TestIdentifiers(TransactionCase):
    def test_spellings_of_a_gtin(self):
        short = identifiers.gtin_key("96385074")
        self.assertEqual(short, identifiers.gtin_key("00000096385074"))
        self.assertIn("96385074", identifiers.gtin_spellings(short))
        long = identifiers.gtin_key("4006381333931")
        self.assertEqual(identifiers.gtin_spellings(long), ["4006381333931", "04006381333931"])
        for spelling in identifiers.gtin_spellings(long):
            self.assertEqual(identifiers.gtin_key(spelling), long)

    def test_other_barcodes_are_themselves(self):
        for barcode in ("12345", "SHELF-7", "²2345678", "123456789012345"):
            self.assertEqual(identifiers.gtin_key(barcode), barcode)
            self.assertEqual(identifiers.gtin_spellings(barcode), [barcode])

    def test_vat_numbers(self):
        self.assertEqual(identifiers.vat_key("be 0477.472.701"), "BE0477472701")
        self.assertNotEqual(identifiers.vat_key("BE0477472701"), identifiers.vat_key("0477472701"))
