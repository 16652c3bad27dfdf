from odoo import models

SUPPLIES = "integration.handler.ehr_requisition"
TESTS = "integration.handler.ehr_kit_request"
#: What is true of all orders of a message, and the handler of tests knows.
_OF_TESTS = ("visit", "location")


class IntegrationHandlerEhrGeneralOrder(models.AbstractModel):
    """General orders, each by what it asks for: supplies of the store, tests of who does them.

    All orders of one message are handled or none.
    """

    _name = "integration.handler.ehr_general_order"
    _inherit = "integration.handler"
    _description = "General order: supplies are ordered of the store, a test takes what it needs"

    _contract = "ehr.general_order"
    # Both handlers know what they have handled.
    _repeatable = True
    _serves = (SUPPLIES, TESTS)

    def _concerns(self, data):
        return bool(data.get("orders") or data.get("tests"))

    def _process(self, received, data):
        touched = None
        if data.get("tests"):
            of_tests = {name: data[name] for name in (*_OF_TESTS, "tests") if name in data}
            touched = self.env[TESTS]._process(received, of_tests)
        if data.get("orders"):
            supplies = {name: value for name, value in data.items() if name != "tests"}
            # What is answered is about supplies: it names the requisition.
            touched = self.env[SUPPLIES]._process(received, supplies)
        return touched
