from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.newest import Newest, Saying
from odoo.addons.integration_core.tools import errors

from ..tools.identifiers import vat_key
from .integration_exception_cost_centre import KIND

MODEL = "account.analytic.account"


class IntegrationHandlerCostCentre(models.AbstractModel):
    """A cost centre as finance keeps it: an analytic account, created or brought up to date."""

    _name = "integration.handler.cost_centre"
    _inherit = "integration.handler.procurement"
    _description = "Cost centre: create or update"

    _contract = "procurement.cost_centre"
    # The number says which one is meant, and the same values again change nothing.
    _repeatable = True
    _latest_suffices = True

    def _process(self, received, data):
        newest = self._newest(received, data)
        account = self._hear(received, data, newest)
        if newest.counting and data.get("active", True):
            self._forget_missing(received, account)
        return account

    def _newest(self, received, data):
        """Whether it is older than what the sender said of the cost centre."""
        return Newest(
            self.env[MODEL], [Saying(received, data["number"])], self._linked(received, data)
        )

    def _linked(self, received, data):
        links = self.env["integration.record.link"]
        return links._find_records(received.system_id, MODEL, [data["number"]])

    def _hear(self, received, data, newest):
        """Create or update one cost centre if nothing newer was said of it; return its account."""
        if newest.counting:
            account = self._upsert(received, data)
            newest.remember()
            return account
        known = self._linked(received, data)
        newest.note(known)
        return known[data["number"]]

    def _upsert(self, received, data):
        """Create or update one cost centre; return its account."""
        self._check_company_of(data)
        account = self._find_cost_centre(received, data["number"])
        values = self._cost_centre_values(received, data, account)
        if account:
            changed = {
                name: value
                for name, value in values.items()
                if account._fields[name].convert_to_write(account[name], account) != value
            }
            if changed:
                account.write(changed)
        else:
            account = account.create(
                {**values, "code": data["number"], "company_id": self.env.company.id}
            )
        self.env["integration.record.link"]._link(received.system_id, account, data["number"])
        if {"active", "valid_from", "valid_to"} & data.keys():
            # Without a word about it, it stays as open as it was.
            open_by_now = account.active or account.closed_by_validity
            account._integration_open(data.get("active", open_by_now))
        return account

    def _find_cost_centre(self, received, number):
        """Whom the sender calls ``number``, or what has it as reference; archived ones as well.

        :raises errors.ConflictError: several have it
        """
        linked = self.env["integration.record.link"]._find_record(received.system_id, MODEL, number)
        if linked:
            return linked
        found = (
            self.env[MODEL]
            .with_context(active_test=False)
            .search(Domain("code", "=", number) & self._company_domain(), limit=2)
        )
        if len(found) > 1:
            raise errors.ConflictError(
                "Several analytic accounts have the number of a cost centre as reference. Say in "
                "a record link which one is meant, then retry.",
                code="cost_centre_ambiguous",
            )
        return found.with_context(active_test=True)

    def _check_company_of(self, data):
        """Whoever says to which company it belongs must mean the company of the interface.

        :raises errors.ConflictError: another one
        """
        said = vat_key((data.get("company") or {}).get("vat") or "")
        ours = vat_key(self.env.company.partner_id.vat or "")
        if said and said != ours:
            raise errors.ConflictError(
                "A cost centre belongs to another company than the interface. Let each company "
                "have an interface of its own, or correct the VAT number of the company, then "
                "retry.",
                code="other_company",
            )

    def _cost_centre_values(self, received, data, account):
        values = {"name": data["name"]}
        for name in ("valid_from", "valid_to"):
            if name in data:
                values[name] = self._day(data[name])
        if data.get("plan") or not account:
            values["plan_id"] = self._plan(received, data.get("plan"))
        return values

    def _plan(self, received, number):
        """Id of the plan that the sender calls ``number``, or of the only one there is.

        :raises errors.ConflictError: the message does not say which one
        """
        plans = self.env["account.analytic.plan"]
        if number:
            found = self.env["integration.record.link"]._find_record(
                received.system_id, plans._name, number
            )
        else:
            found = plans.search([("parent_id", "=", False)], limit=2)
        if len(found) != 1:
            raise errors.ConflictError(
                "The plan of a cost centre is not known, or there are several and the message "
                "names none. Say in a record link which analytic plan the sender means, then "
                "retry.",
                code="unknown_plan",
            )
        return found.id

    # ------------------------------------------------------------------
    # what a list lacked
    # ------------------------------------------------------------------

    def _forget_missing(self, received, account):
        """What finance names again after a list lacked it is not to be archived any more."""
        waiting = self.env["integration.exception"]._open_missing(received.system_id)
        if not waiting or account.id not in waiting.proposal["ids"]:
            return
        rest = self.env[MODEL].browse(waiting.proposal["ids"]).exists() - account
        waiting._void()
        if rest := rest.filtered("active"):
            self._ask_about_missing(received, rest)

    def _ask_about_missing(self, received, missing):
        """Let a person decide about cost centres that a complete list lacks, all at once."""
        exceptions = self.env["integration.exception"]
        missing = missing.sorted("code")
        exceptions._raise_for(
            received,
            missing[0],
            KIND,
            self.env._(
                "%(count)s cost centre(s) are missing in the complete list: %(names)s",
                count=len(missing),
                names=", ".join(missing.mapped("display_name")),
            ),
            area="accounting",
            lines=[
                (one.display_name, self.env._("In use"), self.env._("Not in the list"))
                for one in missing
            ],
            proposal={"ids": missing.ids},
            user_id=self._steward(received).id,
        )

    def _steward(self, received):
        """Who decides: the data steward of cost centres, else the owner of the interface."""
        # sudo: the service user needs no right on ownerships and interfaces
        owned = (
            self.env["integration.ownership"]
            .sudo()
            .search(
                [
                    ("system_id", "=", received.system_id),
                    ("model_name", "=", MODEL),
                    ("state", "=", "approved"),
                ],
                limit=1,
            )
        )
        message = self.env["integration.message"].sudo().browse(received.id)  # sudo: as above
        return owned.steward_id.filtered("active") or message.interface_id.owner_id
