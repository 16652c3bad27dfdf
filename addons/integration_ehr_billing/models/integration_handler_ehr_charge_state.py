from odoo import models

from odoo.addons.integration_core.engine.inbound_run import NoConcernError
from odoo.addons.integration_core.tools import decimals, errors
from odoo.addons.integration_ehr_bridge.engine import state_meaning
from odoo.addons.integration_ehr_bridge.tools import clinical

#: The sender says that it was billed: by Odoo, who knows of it, or by somebody else.
BILLED = "billed"
#: What a charge of a message says as its record does.
_PLAIN = ("at", "code", "quantity", "amount", "currency")


class IntegrationHandlerEhrChargeState(models.AbstractModel):
    """Charges by systems that keep each as a record.

    One that can be billed is a charge, and handled as such; when it is not to be billed any more, a
    credit takes back all that is left of it, whether it was invoiced or not.
    """

    _name = "integration.handler.ehr_charge_state"
    _inherit = ["ehr.state.teller", "integration.handler.ehr"]
    _description = "Charge as it stands: draft invoice lines, or a credit"

    _contract = "ehr.charge_state"
    _aliased = ("organization",)
    _record_kind = "charge"
    _told_to = "integration.handler.ehr_charge"

    def _stand(self, book, received, data, version):
        if data["status"] != BILLED:
            return super()._stand(book, received, data, version)
        known = self._known(book, received, data)
        if not known:
            raise NoConcernError(
                errors.ConflictError(
                    "The sender has billed this charge, which Odoo has never got. Nothing was "
                    "changed: it would be invoiced twice.",
                    code="billed_elsewhere",
                )
            )
        self._require_standing(not known.is_credited)
        book.note(data["record"], self._record_kind, known, version=version)
        return known

    def _named(self, received, number):
        return self.env["ehr.charge"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("system_id", "=", received.system_id),
                ("number", "=", number),
                ("kind", "=", "charge"),
            ]
        )

    def _count(self, book, received, data, known):
        self._require_standing(not known.is_credited)
        self._require_no_factor(data)
        visit = state_meaning.visit(book, data.get("visit"))
        state_meaning.require_patient(book, visit, data.get("patient"))
        state_meaning.require_no_record_number(visit, data.get("patient"), data["number"])
        charge = {
            **{name: data[name] for name in _PLAIN if name in data},
            "number": data["number"],
            "kind": "charge",
            "department": state_meaning.department(book, data.get("department")),
        }
        told = {
            "visit": state_meaning.named_visit(visit, data.get("visit")),
            "account": self._account(visit, data),
            "charges": [charge],
        }
        return self._tell(received, told)

    def _account(self, visit, data):
        """The account, unless it is a number of the patient: that stands nowhere in clear.

        :raises errors.ContractError: ``number_is_record_number``: it is, and no visit is named
        """
        account = data.get("account")
        if not account:
            return None
        if not visit:
            state_meaning.require_no_record_number(None, data.get("patient"), account["number"])
        elif state_meaning.is_record_number(visit, data.get("patient"), account["number"]):
            return None
        return account

    def _take_back(self, book, received, data, known):
        if known.is_credited:
            return known
        left = known._whole().minus(known._taken_back())
        credit = {
            "number": self._number_of_credit(data, known),
            "kind": "credit",
            "reverses": known.number,
            "at": data["recorded_at"],
            "code": known.charge_code,
            "quantity": decimals.to_text(left.quantity),
        }
        visit = known.encounter_id
        about = {} if visit.joined_into_id else {"visit": state_meaning.named_visit(visit, None)}
        if known.account_id:
            account = known.account_id
            about["account"] = clinical.identifier(account.number, account.assigner)
        self._tell(received, {**about, "charges": [credit]})
        return known

    def _number_of_credit(self, data, known):
        """That of the charge, unless a part of it was credited under that one."""
        if known.number not in known.credit_ids.mapped("number"):
            return known.number
        return f"{known.number}/{data.get('version') or data['recorded_at']}"[:64]

    def _tell(self, received, told):
        said = {name: value for name, value in told.items() if value}
        return self.env[self._told_to]._process_batch([(received, said)])[0]

    def _require_no_factor(self, data):
        """:raises errors.ConflictError: ``factor_not_handled``"""
        if decimals.parse(data.get("factor") or "1") != 1:
            raise errors.ConflictError(
                "A charge overrides the factor of its price, and Odoo has no such factors. Ask the "
                "sender for the price of the charge instead (ChargeItem.priceOverride, without a "
                "factor), then cancel this message.",
                code="factor_not_handled",
            )
