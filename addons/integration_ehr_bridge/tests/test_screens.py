from lxml import etree

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestScreens(TransactionCase):
    """What screens of this addon offer, without a browser."""

    def test_the_address_of_a_listener_is_not_that_of_a_web_server(self):
        arch = self.env["integration.interface"].get_view(view_type="form")["arch"]
        shown = {
            node.get("invisible"): node.get("placeholder")
            for node in etree.fromstring(arch).iterfind(".//field[@name='url']")
        }
        self.assertEqual(
            shown,
            {
                "direction != 'outbound' or transport == 'mllp'": (
                    "e.g. https://api.medsupply.example/orders"
                ),
                "direction != 'outbound' or transport != 'mllp'": (
                    "e.g. mllps://ehr.hospital.example:2575"
                ),
            },
        )

    def test_phones_show_cards_of_places(self):
        """The web client takes cards on narrow screens, if there are any."""
        action = self.env.ref("integration_ehr_bridge.action_ehr_location")
        self.assertEqual(action.view_mode, "list,kanban,form")
        arch = self.env["ehr.location"].get_view(view_type="kanban")["arch"]
        self.assertIn('name="complete_name"', arch)
