"""What messages about charges refer to, looked up for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odoo.models import BaseModel

from odoo.addons.integration_core.engine.inbound_run import Received
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.tools import clinical
from odoo.addons.integration_ehr_bridge.tools.census_told import Identifier, read_place

from ..tools import accounts

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """Whom the charges of a message are about, and who is invoiced."""

    visit: BaseModel
    account: BaseModel
    payer: BaseModel
    plan: str
    partner: BaseModel
    journal: BaseModel


class ChargeBook:
    """The visits, accounts, payers, codes and charges that some messages of a system name.

    :param handler: the handler, with its rights and company
    :param received: one of the messages: all are of the same system
    :param documents: their data, as in the contract ``ehr.charge``
    """

    def __init__(
        self, handler: BaseModel, received: Received, documents: Sequence[Document]
    ) -> None:
        env = handler.env
        self.handler, self.received, self.env = handler, received, env
        self.system = handler._system(received)
        # sudo: how charges are billed; a service user need not be able to read companies
        self.company = env.company.sudo()
        charges = [one for data in documents for one in data["charges"]]
        self._visits = env["ehr.encounter"]._resolve(_pairs(documents, "visit"))
        self.accounts = env["ehr.account"]._resolve(filter(None, map(accounts.named, documents)))
        self._patients = env["ehr.patient"]._resolve(_pairs(documents, "patient"))
        places = [place for one in charges if (place := read_place(one.get("location")))]
        self._places = env["ehr.location"]._resolve(places)
        self.codes = env["ehr.charge.code"]._of({one["code"] for one in charges}, self.system.id)
        self._payers = self._read_payers(documents)
        self.known = self._read_known(charges)
        self._departments: dict[str, BaseModel] = {}
        self._currencies: dict[str, BaseModel] = {}
        self._journal: BaseModel | None = None

    def _read_known(self, charges: Sequence[Document]) -> dict[tuple[str, str], BaseModel]:
        """Charges of this system, and those that Odoo posted, by number and kind."""
        numbers = {one["number"] for one in charges} | {one.get("reverses") for one in charges}
        found = self.env["ehr.charge"].search(
            [
                ("company_id", "=", self.company.id),
                ("system_id", "in", [self.system.id, False]),
                ("number", "in", list(numbers - {None})),
            ]
        )
        own = found.filtered(lambda one: one.source == "odoo")
        self.posted_here = set(own.mapped("number"))
        return {(one.number, one.kind): one for one in found - own if one.system_id}

    def _read_payers(self, documents: Sequence[Document]) -> dict[str, BaseModel]:
        found = self.env["ehr.account"].union(*self.accounts.values())
        named = {data.get("payer") for data in documents}
        named |= set((found | found.merged_into_id).mapped("payer_code"))
        named |= {visit.payer_code for visit in self._visits.values()}
        found = self.env["ehr.payer"].search(
            [
                ("company_id", "=", self.company.id),
                ("code", "in", [code for code in named if code]),
            ]
        )
        return {one.code: one for one in found}

    # -- whom it is about ------------------------------------------------------------------

    def case(self, data: Document) -> Case:
        """Visit, account and debtor of a message.

        :raises errors.IntegrationError: one of them is not known, or must not be charged
        """
        visit = self._visit(data)
        account = self._account(data, visit)
        if not visit and len(account.encounter_ids) == 1:
            visit = account.encounter_ids
        if account.status == "closed":
            raise errors.ConflictError(
                "The patient account is closed. Let the sender open it again (BAR), or cancel "
                "this message.",
                code="account_closed",
            )
        code, plan = self._cover(data, visit, account)
        payer = self.payer(code) if code else self.env["ehr.payer"]
        partner, journal = self._debtor(payer, plan)
        return Case(visit, account, payer, plan, partner, journal)

    def _visit(self, data: Document) -> BaseModel:
        if not clinical.pair(data.get("visit")):
            return self.env["ehr.encounter"]
        visit = self.named_visit(data)
        if not visit:
            raise errors.MappingError(
                "The message charges a visit that Odoo does not know (PV1-19). Handle the message "
                "that admits it first, then retry.",
                code="unknown_visit",
            )
        if visit.state == "cancelled":
            raise errors.ConflictError(
                "The message charges a visit that was cancelled. Ask the sender: let him charge "
                "the right visit and cancel this message, or retry when the visit stands again.",
                code="visit_cancelled",
            )
        self._require_patient(data, visit)
        return visit

    def named_visit(self, data: Document) -> BaseModel:
        """The visit that a message names, or the one that it was joined with; empty if unknown."""
        none = self.env["ehr.encounter"]
        key = clinical.pair(data.get("visit"))
        visit = self._visits.get(key, none) if key else none
        return visit.joined_into_id or visit

    def _require_patient(self, data: Document, visit: BaseModel) -> None:
        named = clinical.pair(data.get("patient"))
        patient = self._patients[named]._kept() if named else None
        if patient and visit.patient_id and visit.patient_id._kept() != patient:
            raise errors.ConflictError(
                "The message charges a visit, and names another patient than the visit has. Ask "
                "the sender which is right; if their records were merged, handle that message "
                "first, then retry.",
                code="visit_of_other_patient",
            )

    def _account(self, data: Document, visit: BaseModel) -> BaseModel:
        key = accounts.named(data)
        none = self.env["ehr.account"]
        if not key:
            return none
        account = self.accounts.get(key, none)
        if not account:
            if not self.company.ehr_create_accounts and not _of_census(visit, key):
                raise errors.MappingError(
                    "The message names a patient account that Odoo does not know (PID-18). Handle "
                    "the message that opens it first (BAR^P01), or let the settings of charges "
                    "allow that accounts are created as charges name them; then retry.",
                    code="unknown_account",
                )
            account = self.accounts[key] = none._open(*key, visit)
        account = account._kept()
        if visit and visit not in account.encounter_ids:
            account.write({"encounter_ids": [(4, visit.id)]})
        return account

    # -- who pays --------------------------------------------------------------------------

    def _cover(self, data: Document, visit: BaseModel, account: BaseModel) -> tuple[str, str]:
        """Codes of payer and plan: what the message says, else the account, else the visit."""
        if data.get("payer"):
            return data["payer"], data.get("plan") or ""
        for one in (account, visit):
            if one and one.payer_code:
                return one.payer_code, one.plan_code or ""
        return "", ""

    def payer(self, code: str) -> BaseModel:
        """The payer with a code.

        :raises errors.MappingError: ``unknown_payer``
        """
        if code not in self._payers:
            raise errors.MappingError(
                "A payer of charges is not in the list (IN1-3, or as the account or the visit has "
                "it). Add it under Invoicing / Charges / Payers with the contact that is "
                "invoiced, then retry, or reprocess all that wait there.",
                code="unknown_payer",
            )
        return self._payers[code]

    def _debtor(self, payer: BaseModel, plan_code: str) -> tuple[BaseModel, BaseModel]:
        """Whom the charges are invoiced to, and in which journal.

        :raises errors.MappingError: ``unknown_plan``, ``payer_without_contact``,
            ``no_patient_debtor``
        """
        if not payer or payer.self_pay:
            return self._patients_debtor()
        plan = payer.plan_ids.filtered(lambda one: one.code == plan_code)
        if plan_code and payer.plan_ids and not plan:
            raise errors.MappingError(
                "The payer has plans in Odoo, and the message names another one (IN1-2). Add it "
                "under Invoicing / Charges / Payers, then retry.",
                code="unknown_plan",
            )
        partner = plan.partner_id or payer.partner_id
        if not partner:
            raise errors.MappingError(
                "A payer of charges has no contact that is invoiced. Choose it under Invoicing / "
                "Charges / Payers, then retry.",
                code="payer_without_contact",
            )
        return partner, plan.journal_id or payer.journal_id or self._sales_journal()

    def _patients_debtor(self) -> tuple[BaseModel, BaseModel]:
        # Without superuser rights from here on: the invoice is the service user's own.
        partner = self.company.ehr_patient_debtor_id.sudo(False)
        if not partner:
            raise errors.MappingError(
                "No payer bears the charges, and the company has no debtor for patients. Choose "
                "one in the settings of charges, then retry.",
                code="no_patient_debtor",
            )
        journal = self.company.ehr_patient_journal_id.sudo(False)
        return partner, journal or self._sales_journal()

    def _sales_journal(self) -> BaseModel:
        if self._journal is None:
            self._journal = self.env["account.journal"].search(
                [("company_id", "=", self.company.id), ("type", "=", "sale")], limit=1
            )
        if not self._journal:
            raise errors.ConfigurationError(
                "The company has no sales journal. Create one, then retry.", code="no_journal"
            )
        return self._journal

    # -- what is charged -------------------------------------------------------------------

    def code(self, one: Document) -> BaseModel:
        """What a charge code means.

        :raises errors.MappingError: ``unknown_charge_code``
        """
        if one["code"] not in self.codes:
            raise errors.MappingError(
                "A charge code has no product in Odoo (FT1-7). Add it under Invoicing / "
                "Charges / Charge codes, then retry, or reprocess all that wait there.",
                code="unknown_charge_code",
            )
        return self.codes[one["code"]]

    def place(self, one: Document) -> BaseModel:
        place = read_place(one.get("location"))
        return self._places[place] if place else self.env["ehr.location"]

    def cost_centre(self, one: Document, place: BaseModel, position: int) -> BaseModel:
        """That of the department, else of the place or of what the place is part of.

        :raises errors.ConflictError: ``unknown_cost_centre``
        """
        code = one.get("department")
        if code:
            if code not in self._departments:
                found = self.handler._find_cost_centre(self.received, code, position)
                self._departments[code] = found
            return self._departments[code]
        while place and not place.analytic_account_id:
            place = place.parent_id
        return place.analytic_account_id

    def currency(self, code: str | None) -> BaseModel:
        """The currency of a charge; the company's, of one that names no amount."""
        if not code:
            return self.company.currency_id.sudo(False)
        if code not in self._currencies:
            self._currencies[code] = self.handler._find_currency(code)
        return self._currencies[code]


def _pairs(documents: Iterable[Document], name: str) -> list[Identifier]:
    found = (clinical.pair(data.get(name)) for data in documents)
    return list(dict.fromkeys(one for one in found if one))


def _of_census(visit: BaseModel, key: Identifier) -> bool:
    """Whether the census knows the account from the visit, or it has the visit's own number."""
    if visit and visit._visit_key() == key:
        return True
    known = visit.account_number if visit else None
    return bool(known) and (visit.account_assigner or "", known) == tuple(key)
