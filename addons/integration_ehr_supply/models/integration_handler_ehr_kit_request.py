from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

from ..engine import kit_requests
from ..tools.kit_requests import NOTHING, RequestKey, read_tests


class IntegrationHandlerEhrKitRequest(models.AbstractModel):
    """A test that a laboratory or radiology is asked for takes what its kit says.

    Goods are taken from the stock of where the test is done; a service is asked of its supplier. A
    test that is cancelled gives all of it back, as long as nobody has ordered the service.
    """

    _name = "integration.handler.ehr_kit_request"
    _inherit = "integration.handler.ehr_consumption"
    _description = "Laboratory and radiology order: take what the test needs"

    _contract = "ehr.kit_request"
    _batch_size = 1

    def _concerns(self, data):
        return bool(data.get("tests"))

    def _process(self, received, data):
        touched = self.env["ehr.kit.request"]
        for asked in read_tests(data, fields.Datetime.now()):
            touched |= self._apply_test(received, asked)
        return touched[:1]

    def _along_with(self, record):
        used = record.consumption_ids
        lines = record.purchase_line_ids
        return (record, used, used.move_id, used.move_id.picking_id, lines, lines.order_id)

    def _apply_test(self, received, asked):
        known = self._known(received, asked.key)
        if known:
            return self._told_again(received, known, asked)
        if asked.cancels:
            raise errors.ConflictError(
                "A test is cancelled that is not known here. Handle its order first, then retry; "
                "or cancel this message.",
                code="unknown_request",
            )
        return kit_requests.order(self, received, asked, self._kit(asked))

    def _known(self, received, key: RequestKey):
        return self.env["ehr.kit.request"].search(
            Domain("system_id", "=", received.system_id)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("number", "=", key.number)
            & Domain("line", "=", key.line)
        )

    def _told_again(self, received, known, asked):
        if known.code != asked.code:
            raise errors.ConflictError(
                "A test under this number is known already, and it was another one. Ask the sender "
                "which is right, then cancel this message.",
                code="request_differs",
            )
        if asked.cancels and known.state == "ordered":
            kit_requests.cancel(self, received, known, asked)
        elif not asked.cancels and known.state == "cancelled":
            raise errors.ConflictError(
                "A test is ordered again under a number that was cancelled. Ask the sender to "
                "order it under a new number, then cancel this message.",
                code="request_cancelled",
            )
        return known

    def _kit(self, asked):
        """The kit of a test; empty if the value map says that it takes nothing."""
        kits = self.env["ehr.case.kit"]
        if asked.code == NOTHING:
            return kits
        kit = kits._for_codes(self.env.company, [asked.code], "test").get((asked.code, 0))
        if not kit:
            raise errors.ConflictError(
                "The test has no kit. Make one with its code (Clinical supply / Configuration), "
                "or map the code of the sender to “-” if it takes nothing; then retry.",
                code="unknown_kit",
            )
        return kit
