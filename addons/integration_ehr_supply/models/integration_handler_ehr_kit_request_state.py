from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.inbound_run import NoConcernError
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.engine import state_meaning


class IntegrationHandlerEhrKitRequestState(models.AbstractModel):
    """Orders of services by systems that keep each as a record.

    One that stands is an order of a test: it takes what its kit says, and asks the supplier of
    what others do. One that is withdrawn gives it back. Ordered several times, it is as many tests.
    """

    _name = "integration.handler.ehr_kit_request_state"
    _inherit = ["ehr.state.teller", "integration.handler.ehr"]
    _description = "Order of a service as it stands: take what the test needs"

    _contract = "ehr.kit_request_state"
    _aliased = ("place",)
    _record_kind = "test"
    _told_to = "integration.handler.ehr_kit_request"

    def _stand(self, book, received, data, version):
        if not data["is_order"]:
            raise NoConcernError(
                errors.ConflictError(
                    "It is a plan, a proposal or a part of another order, and no order itself. "
                    "Nothing was changed.",
                    code="no_order",
                )
            )
        return super()._stand(book, received, data, version)

    def _named(self, received, number):
        return self.env["ehr.kit.request"].search(
            Domain("system_id", "=", received.system_id)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("number", "=", number)
            & Domain("line", "=", "1")
        )

    def _parts(self, known):
        """All tests of an order."""
        return known.search(
            Domain("system_id", "=", known.system_id.id)
            & Domain("company_id", "=", known.company_id.id)
            & Domain("number", "=", known.number)
        )

    def _count(self, book, received, data, known):
        times = data.get("times") or 1
        if known:
            parts = self._parts(known)
            self._require_standing(all(one.state == "ordered" for one in parts))
            self._require_same(len(parts) == times)
        visit = state_meaning.visit(book, data.get("visit"))
        state_meaning.require_patient(book, visit, data.get("patient"))
        state_meaning.require_no_record_number(
            visit, data.get("patient"), data["number"], data.get("order")
        )
        told = {
            "visit": state_meaning.named_visit(visit, data.get("visit")),
            "location": state_meaning.place(book, data.get("place")),
            "tests": [self._test(data, "order", line) for line in range(1, times + 1)],
        }
        return self.env[self._told_to]._process(received, told)

    def _take_back(self, book, received, data, known):
        parts = self._parts(known).filtered(lambda one: one.state == "ordered")
        tests = [
            {**self._test(data, "cancel", one.line), "test": one.code} for one in parts.sorted("id")
        ]
        if tests:
            self.env[self._told_to]._process(received, {"tests": tests})
        return known

    def _test(self, data, action, line):
        return {
            "action": action,
            "number": data["number"],
            "line": str(line),
            "order": data.get("order"),
            "test": data.get("test"),
            "requested_at": data["requested_at"],
        }

    def _require_same(self, same):
        """:raises errors.ConflictError: ``request_differs``"""
        if not same:
            raise errors.ConflictError(
                "A test was ordered before under this number, another number of times. Nothing "
                "was changed. Ask the sender which is right; let him withdraw the first order and "
                "send another one, then cancel this message.",
                code="request_differs",
            )
