from odoo import models

from odoo.addons.integration_core.tools import errors

from ..engine.charge_book import ChargeBook
from ..engine.charge_posting import Posting

#: In the context of the charge that a message touched: all charges that it touched.
_ALL = "ehr_charge_ids"


class IntegrationHandlerEhrCharge(models.AbstractModel):
    """Charges and credits that a clinical system posts become lines of draft invoices.

    A message counts as a whole or not at all. A charge is known by its system and number: the same
    one again changes nothing, with other content it is a conflict.
    """

    _name = "integration.handler.ehr_charge"
    _inherit = ["integration.handler.ehr", "integration.handler.procurement"]
    _description = "Charges: draft invoice lines"

    _contract = "ehr.charge"
    _batch_size = 200

    def _process_batch(self, messages):
        self._require_direction()
        documents = [data for _received, data in messages]
        book = ChargeBook(self, messages[0][0], documents)
        posting = Posting(book, self._arrivals(received for received, _data in messages))
        touched = [posting.post(received, data) for received, data in messages]
        posting.flush()
        none = self.env["ehr.charge"]
        found = [one.records(none) for one in touched]
        return [charges[:1].with_context(**{_ALL: charges.ids}) for charges in found]

    def _arrivals(self, received):
        """When messages arrived, by id: one that waited for its code is not late for that."""
        # sudo: a service user need not be able to read the ledger; no more than the time is read
        ledger = self.env["integration.message"].sudo()
        ids = [one.id for one in received if one.id]
        found = ledger.search_fetch([("id", "in", ids)], ["created_at", "original_id"])
        return {one.id: (one.original_id or one).created_at for one in found}

    def _along_with(self, record):
        charges = record.browse(record.env.context.get(_ALL, ()))
        charges |= charges.reverses_id
        return charges, charges.move_id, charges.account_id

    def _require_direction(self):
        # sudo: how charges are billed; a service user need not be able to read companies
        if self.env.company.sudo().ehr_charge_direction != "in":
            raise errors.ConfigurationError(
                "Charges of this company are posted to another system, which invoices them: one "
                "that comes in is not invoiced here as well. Change the settings of charges if "
                "Odoo is to invoice them, then retry; else cancel this message.",
                code="charges_billed_elsewhere",
            )
