from odoo import models

from odoo.addons.integration_core.tools import errors

from .integration_handler_cost_centre import MODEL


class IntegrationHandlerCostCentreList(models.AbstractModel):
    """Cost centres of finance, all at once: applied together or not at all.

    Those that a complete list does not name are not archived by it: a person is asked once about
    all of them.
    """

    _name = "integration.handler.cost_centre_list"
    _inherit = "integration.handler.cost_centre"
    _description = "Cost centres: whole list"

    _contract = "procurement.cost_centre_list"

    def _process(self, received, data):
        entries = data["cost_centres"]
        self._refuse_repeated([entry["number"] for entry in entries])
        listed = self.env[MODEL]
        for position, entry in enumerate(entries, 1):
            listed |= self._upsert_entry(received, entry, position)
        # Who is in the list again is asked about again when it is missing again.
        listed.filtered("kept_though_missing").kept_though_missing = False
        if data["complete"]:
            self._report_missing(received, listed)
        return self.env[MODEL]

    def _refuse_repeated(self, numbers):
        if len(set(numbers)) < len(numbers):
            raise errors.ConflictError(
                "The list names a cost centre more than once. Ask the sender which entry counts, "
                "then cancel this message.",
                code="number_repeated",
            )

    def _upsert_entry(self, received, entry, position):
        """One entry; its errors say which one it is."""
        try:
            return self._hear(received, entry, self._newest(received, entry))
        except (errors.ConflictError, errors.ContractError) as exc:
            raise type(exc)(f"Entry {position} of the list: {exc.message}", code=exc.code) from exc

    def _report_missing(self, received, listed):
        """Ask a person about the open cost centres of the sender that the list lacks."""
        known = self._known(received)
        missing = (known - listed).filtered(lambda one: one.active and not one.kept_though_missing)
        exceptions = self.env["integration.exception"]
        waiting = exceptions._open_missing(received.system_id)
        if waiting and set(waiting.proposal["ids"]) == set(missing.ids):
            return  # asked already
        waiting._void()
        if not missing:
            return
        self._ask_about_missing(received, missing)

    def _known(self, received):
        """The analytic accounts that the sender has a name for."""
        # sudo: which accounts are known to the sender is no secret to its interface
        links = self.env["integration.record.link"].sudo()
        found = links.search([("system_id", "=", received.system_id), ("res_model", "=", MODEL)])
        return self.env[MODEL].browse(found.mapped("res_id")).exists()
