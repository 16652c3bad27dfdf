"""Working through charges and credits of messages: all charges in a row are written at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from odoo.models import BaseModel

from odoo.addons.integration_core.engine.inbound_run import Received
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.engine import content_marks
from odoo.addons.integration_ehr_bridge.tools import clinical
from odoo.addons.integration_procurement.tools.digest import digest

from ..tools import charges as amounts
from . import invoicing
from .charge_book import Case, ChargeBook
from .invoicing import Billable

Document = Mapping[str, Any]
#: Questions that a charge may raise, by the field that says it is open.
QUESTIONS = {"price_open": "charge_price", "late_open": "charge_late"}
#: Members of a charge that are decimal numbers.
DECIMALS = ("quantity", "amount", "unit_amount", "unit_cost")


@dataclass
class Pending:
    """A charge that is written with the next ones.

    :ivar record: the charge, once it is written
    """

    received: Received
    values: dict[str, Any]
    billable: Billable
    record: BaseModel | None = None


@dataclass
class Touched:
    """The charges of a message, in its order; some may still have to be written."""

    parts: list[Pending | BaseModel] = field(default_factory=list)

    def records(self, none: BaseModel) -> BaseModel:
        return none.union(*(one.record if isinstance(one, Pending) else one for one in self.parts))


class Posting:
    """Applies the charges of messages, in their order.

    :param book: what they refer to
    :param arrivals: when messages arrived, by id; now, of others
    """

    def __init__(self, book: ChargeBook, arrivals: Mapping[int, datetime]) -> None:
        self.book, self.env, self.arrivals = book, book.env, arrivals
        self._pending: list[Pending] = []
        self._by_key: dict[tuple[str, str], Pending] = {}

    def post(self, received: Received, data: Document) -> Touched:
        """Apply a message.

        :raises errors.IntegrationError: what it says cannot be billed; nothing of it counts then
        """
        touched = Touched()
        case: Case | None = None
        for position, one in enumerate(data["charges"], start=1):
            content = digest(_content(data, one))
            known = self._known(one, content)
            if known is None and one["kind"] == "credit":
                known = self._credit(received, data, one, content, position)
            elif known is None:
                case = case or self.book.case(data)
                known = self._charge(received, case, one, content, position)
            touched.parts.append(known)
        return touched

    def _known(self, one: Document, content: str) -> Pending | BaseModel | None:
        """The charge or credit that has this number already; ``None`` for a new one.

        :raises errors.ConflictError: ``charge_differs``, ``charge_posted_here``
        """
        if one["number"] in self.book.posted_here:
            raise errors.ConflictError(
                "Odoo itself posted this charge, when another system invoiced what it posted, and "
                "hears of it now. It is not invoiced here as well: cancel this message.",
                code="charge_posted_here",
            )
        key = (one["number"], one["kind"])
        known = self._by_key.get(key) or self.book.known.get(key)
        if known is None:
            return None
        before = known.values["digest"] if isinstance(known, Pending) else known.digest
        if not content_marks.is_marked(self.env["ehr.charge"], before, content):
            raise errors.ConflictError(
                "A charge with this number (FT1-2) was posted before, with other content. Nothing "
                "was changed. Ask the sender: let him credit the first one and post a new number, "
                "then cancel this message.",
                code="charge_differs",
            )
        return known

    # -- charges ---------------------------------------------------------------------------

    def _charge(
        self, received: Received, case: Case, one: Document, content: str, position: int
    ) -> Pending:
        quantity = Decimal(one["quantity"])
        money = [one.get(name) for name in ("amount", "unit_amount")]
        if quantity <= 0 or any(Decimal(text) < 0 for text in money if text):
            raise errors.ConflictError(
                "A charge has no quantity, or is negative. Let the mapping tell it as a credit if "
                "it is one (FT1-6), or ask the sender, then retry.",
                code="charge_negative",
            )
        values, currency = self._values(received, case, one, content, position)
        code = self.book.code(one)
        values |= {"product_id": code.product_id.id}
        day = self.env["ehr.charge"]._day(values["charged_at"], self.book.company)
        values |= self._price(case, code, one, quantity, currency, day)
        if self._is_late(case, values["received_at"]):
            values["is_late"] = True
            values["late_open"] = self.book.company.ehr_late_rule == "decide"
        pending = Pending(received, values, self._billable(case, code, currency, quantity, values))
        self._pending.append(pending)
        self._by_key[one["number"], "charge"] = pending
        return pending

    def _values(
        self, received: Received, case: Case, one: Document, content: str, position: int
    ) -> tuple[dict[str, Any], BaseModel]:
        """What a charge or a credit says, by field, and its currency."""
        place = self.book.place(one)
        currency = self.book.currency(one.get("currency"))
        return {
            "number": one["number"],
            "kind": one["kind"],
            "system_id": self.book.system.id,
            "charged_at": clinical.moment(one["at"]),
            "received_at": self.arrivals.get(received.id) or self.book.handler._now(),
            "charge_code": one["code"],
            "quantity": abs(float(one["quantity"])),
            "currency_id": currency.id,
            "unit_cost": float(one.get("unit_cost") or 0),
            "department": one.get("department") or False,
            "location_id": place.id,
            "analytic_account_id": self.book.cost_centre(one, place, position).id,
            "order_number": one.get("order") or False,
            "procedure_code": one.get("procedure") or False,
            "modifiers": " ".join(one.get("modifiers") or ()) or False,
            "drug_code": one.get("drug") or False,
            "encounter_id": case.visit.id,
            "account_id": case.account.id,
            "payer_id": case.payer.id,
            "plan_code": case.plan or False,
            "partner_id": case.partner.id,
            "journal_id": case.journal.id,
            "digest": content_marks.mark(self.env["ehr.charge"], content),
            "message_uuid": received.uuid,
            "company_id": self.book.company.id,
        }, currency

    def _price(
        self,
        case: Case,
        code: BaseModel,
        one: Document,
        quantity: Decimal,
        currency: BaseModel,
        day: date,
    ) -> dict[str, Any]:
        """What is invoiced: the sender's amount, our price, or a question.

        :raises errors.MappingError: ``no_amount``
        """
        rule = code._price_rule()
        said = amounts.said_amount(
            quantity, _number(one.get("amount")), _number(one.get("unit_amount")),
            currency.decimal_places,
        )  # fmt: skip
        values = {"said": said is not None, "said_amount": float(said or 0)}
        if rule == "sender":
            if said is None:
                raise errors.MappingError(
                    "A charge names no amount (FT1-11, FT1-12), and the sender's counts by the "
                    "rule of its code. Ask the sender, or let our price count, then retry.",
                    code="no_amount",
                )
            return {**values, "amount": float(said)}
        own = code._own_amount(case.partner, float(quantity), currency, day)
        values["own_amount"] = own
        if rule == "own" or said is None:
            return {**values, "amount": own}
        tolerance = Decimal(repr(self.book.company.ehr_charge_tolerance))
        beyond = amounts.differs(said, Decimal(repr(own)), tolerance)
        return {**values, "amount": float(said), "price_open": beyond}

    def _is_late(self, case: Case, now: Any) -> bool:
        left = case.visit.discharged_at if case.visit.state == "discharged" else None
        return bool(left) and now > left + timedelta(days=self.book.company.ehr_late_days)

    def _billable(
        self,
        case: Case,
        code: BaseModel,
        currency: BaseModel,
        quantity: Decimal,
        values: dict[str, Any],
    ) -> Billable:
        product = code.product_id
        label = self.env["ehr.charge"]._label(
            product, values["charged_at"], self.book.company, case.partner
        )
        return Billable(
            account=case.account,
            visit=case.visit,
            payer=case.payer,
            partner=case.partner,
            journal=case.journal,
            currency=currency,
            product=product,
            quantity=quantity,
            amount=self.env["ehr.charge"]._exact(values["amount"]),
            label=label,
            analytic=self.env["account.analytic.account"].browse(values["analytic_account_id"]),
        )

    def flush(self) -> None:
        """Write the charges that were applied since the last time."""
        pending, self._pending, self._by_key = self._pending, [], {}
        if not pending:
            return
        ready = [one for one in pending if not _open_questions(one.values)]
        lines = invoicing.draft(self.env, [one.billable for one in ready])
        for one, line in zip(ready, lines, strict=True):
            one.values["move_line_id"] = line.id
        records = self.env["ehr.charge"].create([one.values for one in pending])
        for one, record in zip(pending, records, strict=True):
            one.record = record
            self.book.known[record.number, record.kind] = record
            for question in _open_questions(one.values):
                self._ask(one, record, QUESTIONS[question])

    def _ask(self, one: Pending, charge: BaseModel, kind: str) -> None:
        env = self.env
        currency = charge.currency_id
        if kind == "charge_price":
            name = env._(
                "The amount of a charge differs from our price. Accept to invoice the sender's "
                "amount; keep the document to invoice our price."
            )
            lines = [
                (
                    env._("Amount"),
                    currency.format(charge.own_amount),
                    currency.format(charge.said_amount),
                )
            ]
        else:
            name = env._(
                "A charge came late: the patient left days before. Accept to invoice it; keep the "
                "document not to invoice it."
            )
            lines = [(env._("Billed amount"), "", currency.format(charge.amount))]
        env["integration.exception"]._raise_for(
            one.received, charge, kind, name, area="accounting", lines=lines
        )

    # -- credits ---------------------------------------------------------------------------

    def _credit(
        self, received: Received, data: Document, one: Document, content: str, position: int
    ) -> BaseModel:
        """Take back of its charge what a credit says, whatever became of the visit since."""
        self.flush()
        charge = self._credited(data, one)
        values, currency = self._values(received, _case_of(charge), one, content, position)
        quantity = abs(Decimal(one["quantity"]))
        said = amounts.said_amount(
            quantity, _size(one.get("amount")), _size(one.get("unit_amount")),
            currency.decimal_places,
        )  # fmt: skip
        whole, digits = charge._whole(), charge.currency_id.decimal_places
        left = whole.minus(charge._taken_back())
        amount, is_all = amounts.reversal(whole, left, quantity, said, digits)
        line = invoicing.take_back(charge, quantity, amount, first=is_all and not charge.credit_ids)
        shown = said
        if said is None:
            shown = amounts.said_of_credit(whole, left, quantity, digits, is_all=is_all)
        credit = charge.create(
            {
                **values,
                "currency_id": charge.currency_id.id,
                "product_id": charge.product_id.id,
                "reverses_id": charge.id,
                "said": said is not None,
                "said_amount": float(shown),
                "amount": float(amount),
                "move_line_id": line.id,
            }
        )
        self.book.known[credit.number, credit.kind] = credit
        if is_all:
            charge.write({"is_credited": True, "price_open": False, "late_open": False})
            self.env["integration.exception"]._settle(charge)
        return credit

    def _credited(self, data: Document, one: Document) -> BaseModel:
        """The charge that a credit takes back.

        :raises errors.ConflictError: there is none, it is another thing, or nothing is taken back
        """
        charge = self.book.known.get((one.get("reverses") or one["number"], "charge"))
        if not charge:
            raise errors.ConflictError(
                "A credit takes back a charge that Odoo does not have. Handle the message of the "
                "charge first, or let the mapping say which charge is meant, then retry; else "
                "cancel this message.",
                code="credit_without_charge",
            )
        currency, visit = one.get("currency"), self.book.named_visit(data)
        if (
            one["code"] != charge.charge_code
            or (currency and currency != charge.currency_id.name)
            or (visit and charge.encounter_id and visit != charge.encounter_id)
        ):
            raise errors.ConflictError(
                "A credit has another code, currency or visit than the charge that it takes back. "
                "Ask the sender which charge is meant, then cancel this message.",
                code="credit_differs",
            )
        if not Decimal(one["quantity"]):
            raise errors.ConflictError(
                "A credit has no quantity. Ask the sender how much is taken back, then cancel this "
                "message.",
                code="credit_of_nothing",
            )
        return charge


def _case_of(charge: BaseModel) -> Case:
    return Case(
        charge.encounter_id,
        charge.account_id,
        charge.payer_id,
        charge.plan_code or "",
        charge.partner_id,
        charge.journal_id,
    )


def _content(data: Document, one: Document) -> dict[str, Any]:
    """What must be the same for a charge to be the same."""
    about = {name: data.get(name) or None for name in ("visit", "account", "payer", "plan")}
    said = {name: value for name, value in one.items() if value is not None}
    # However they are written: 2 and 2.0, 10:00+01:00 and 09:00Z.
    numbers = {name: str(Decimal(said[name]).normalize()) for name in DECIMALS if name in said}
    return about | said | numbers | {"at": clinical.moment(one["at"]).isoformat()}


def _open_questions(values: Mapping[str, Any]) -> list[str]:
    return [name for name in QUESTIONS if values.get(name)]


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _size(text: str | None) -> Decimal | None:
    """Senders write amounts of credits with and without a minus: the kind says what they are."""
    return abs(Decimal(text)) if text else None
