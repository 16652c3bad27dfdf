import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

from ..tools import answers, canonical
from ..tools.answers import Answer, Delivery, Deviation, Status

KINDS = {
    Deviation.QUANTITY: "order_quantity",
    Deviation.PRICE: "order_price",
    Deviation.DATE: "order_date",
    Deviation.REJECTED: "order_rejected",
    Deviation.SUBSTITUTION: "order_substitution",
}


@dataclass
class LineAnswer:
    """An answer to one order line.

    :ivar said: the line of the message
    :ivar key: tells this answer to the line, as it is ordered, from any other
    :ivar ordered: the line of the order, in exact numbers
    :ivar answer: in the unit of the order line
    :ivar quantity: of the answer, as Odoo keeps it; ``None`` if that would need rounding
    :ivar unit: in which the supplier speaks
    """

    line: models.BaseModel
    said: dict
    key: str
    ordered: answers.Ordered
    answer: Answer
    quantity: Decimal | None
    unit: models.BaseModel
    deviations: frozenset[Deviation] = field(default_factory=frozenset)


class IntegrationHandlerOrderConfirmation(models.AbstractModel):
    """A supplier answers to a purchase order, line by line.

    What the supplier says stands beside what was ordered. Within the tolerances of the supplier
    that is all; beyond them the buyer decides (see ``integration_exception_purchase``). The order
    itself changes by decisions alone.
    """

    _name = "integration.handler.order_confirmation"
    _inherit = "integration.handler.procurement"
    _description = "Purchase order confirmation"

    # Not repeatable: an answer that a line has already is recognised, but if the order has changed
    # since, a replay would judge it by an order that the supplier never saw.
    _contract = "procurement.order_confirmation"

    def _confirms(self, record):
        """An order is confirmed when each line has an answer and nothing is left to decide."""
        if not all(line._integration_is_answered() for line in record.order_line):
            return False
        # sudo: whether something is open does not depend on who may decide it
        exceptions = self.env["integration.exception"].sudo()._of(record)
        return not exceptions.filtered(lambda one: one.kind in KINDS.values())

    def _process(self, received, data):
        order = self._find_order(received, data["order_number"])
        self._check_order(order, data)
        said_at = self._said_at(received, data)
        fresh, late = self._read_lines(order, data, said_at)
        tolerance = order.partner_id._supplier_tolerance(order.company_id)
        for one in fresh:
            one.deviations = answers.deviations(one.ordered, one.answer, tolerance)
            if one.quantity is None:
                one.deviations |= {Deviation.QUANTITY}
            one.line.write({**self._noted(one), "supplier_answered_at": said_at})
        self._raise_deviations(received, order, fresh)
        reference = data.get("supplier_reference")
        if reference and not order.partner_ref:
            order.partner_ref = reference
        if fresh or late:
            order.message_post(
                body=self._chatter(reference, fresh, late), subtype_xmlid="mail.mt_note"
            )
        return order

    # ------------------------------------------------------------------
    # understanding the message
    # ------------------------------------------------------------------

    def _check_order(self, order, data):
        if order.state != "purchase":
            raise errors.ConflictError(
                "The purchase order is not confirmed, or was cancelled meanwhile. "
                "Agree with the supplier, then retry or cancel this message.",
                code="order_state",
            )
        references = [line["line_reference"] for line in data["lines"]]
        if len(set(references)) < len(references):
            raise errors.ConflictError(
                "The confirmation names a line more than once. Several deliveries of a line "
                "belong into its schedule: cancel this message and ask the supplier to confirm "
                "again.",
                code="line_repeated",
            )
        currency = data.get("currency")
        priced = any(
            "unit_price" in line or "unit_price" in line.get("substitute", ())
            for line in data["lines"]
        )
        if priced and not currency:
            raise errors.ContractError(
                "The content breaks its contract:",
                ["/currency: is required where a price is stated"],
                code="currency_missing",
            )
        if currency and currency != order.currency_id.name:
            raise errors.ConflictError(
                "The supplier confirms prices in another currency than the order's. Agree with "
                "the supplier, then cancel this message.",
                code="currency_differs",
            )

    def _said_at(self, received, data) -> datetime:
        """When the supplier said so; if the message does not tell, when it first arrived."""
        if data.get("confirmed_at"):
            return canonical.read_past_moment(data["confirmed_at"]).replace(microsecond=0)
        # sudo: the service user needs no right on messages to know when this one arrived
        message = self.env["integration.message"].sudo().browse(received.id)
        arrived = (message.original_id or message).created_at or fields.Datetime.now()
        return arrived.replace(microsecond=0)

    def _read_lines(self, order, data, said_at):
        """What is new in the message, and the lines to which a later answer was here before.

        What a line has already is neither.
        """
        fresh, late = [], []
        by_reference = {str(line.id): line for line in order.order_line}
        for said in data["lines"]:
            line = by_reference.get(said["line_reference"])
            if line is None or line.display_type:
                line = self._find_order_line(order, said["line_reference"])
            if line.supplier_answered_at and said_at < line.supplier_answered_at:
                late.append(line)
                continue
            key = self._answer_key(line, said, data)
            if key != line.supplier_answer_key:
                fresh.append(self._read(line, said, key))
        return fresh, late

    def _answer_key(self, line, said, data) -> str:
        """Names this answer to the line as it is ordered now."""
        facts = [
            said,
            data.get("confirmed_at"),
            line.product_uom_id.id,
            line.product_id.id,
            line.product_qty,
            line.price_unit,
            line.discount,
            canonical.moment(line.date_planned),
        ]
        text = json.dumps(facts, sort_keys=True, default=str)
        return sha256(text.encode()).hexdigest()

    def _read(self, line, said, key) -> LineAnswer:
        status = Status(said["status"]) if "status" in said else None
        ordered = answers.Ordered(
            quantity=Decimal(repr(line.product_qty)),
            unit_price=Decimal(repr(line.price_unit)),
            discount_percent=Decimal(repr(line.discount)),
            requested=line._integration_requested_date() or None,
        )
        if status in (Status.REJECTED, Status.SUBSTITUTED):
            return LineAnswer(
                line, said, key, ordered, Answer(status), Decimal(0), line.product_uom_id
            )
        unit = self._find_unit_of_line(line, said["unit"])
        deliveries = [
            Delivery(
                answers.convert(part.quantity, unit.factor, line.product_uom_id.factor),
                part.promised,
            )
            for part in self._deliveries(said)
        ]
        price = said.get("unit_price")
        discount = said.get("discount_percent")
        answer = Answer(
            status,
            deliveries,
            price
            and answers.convert_price(Decimal(price), unit.factor, line.product_uom_id.factor),
            discount and Decimal(discount),
        )
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        quantity = answers.kept(Fraction(answer.quantity), digits)
        return LineAnswer(line, said, key, ordered, answer, quantity, unit)

    def _deliveries(self, said) -> list[Delivery]:
        """The deliveries of a line, in the unit of the message."""
        quantity = canonical.read_number(said["quantity"])
        if "schedule" not in said:
            return [Delivery(quantity, canonical.read_day(said["promised_date"]))]
        parts = [
            Delivery(
                canonical.read_number(part["quantity"]), canonical.read_day(part["promised_date"])
            )
            for part in said["schedule"]
        ]
        if sum(part.quantity for part in parts) != quantity:
            raise errors.ConflictError(
                "The deliveries of a line do not add up to its quantity. Ask the supplier to "
                "confirm again, then cancel this message.",
                code="schedule_sum",
            )
        return parts

    def _find_unit_of_line(self, line, code):
        """The unit with a code in which the line can be counted; its own first.

        :raises errors.ConflictError: there is none, or more than one
        """
        if line.product_uom_id._integration_unit_code() == code:
            return line.product_uom_id
        return self._find_unit(line.product_id, code)

    # ------------------------------------------------------------------
    # writing it down
    # ------------------------------------------------------------------

    def _noted(self, one) -> dict:
        """What stands on the line beside what was ordered."""
        answer = one.answer
        parts = answer.deliveries if len(answer.deliveries) > 1 else ()
        return {
            "supplier_answer_key": one.key,
            "supplier_answer": answers.status_of(one.ordered, answer).value,
            "supplier_confirmed_qty": float(one.quantity or 0),
            "supplier_confirmed_price": float(answer.unit_price or 0),
            "supplier_confirmed_discount": float(answer.discount_percent or 0),
            "supplier_promised_date": answer.promised or False,
            "supplier_schedule": [
                (float(part.quantity), fields.Date.to_string(part.promised)) for part in parts
            ]
            or False,
        }

    def _raise_deviations(self, received, order, fresh):
        exceptions = self.env["integration.exception"]
        answered = order.order_line.browse([one.line.id for one in fresh])
        exceptions._settle_lines(answered)
        buyer = order.user_id.filtered("active")
        for one in fresh:
            for deviation in sorted(one.deviations):
                name, lines, proposal = getattr(self, f"_exception_{deviation.value}")(one)
                exceptions._raise_for(
                    received,
                    order,
                    KINDS[deviation],
                    name,
                    area="purchase",
                    key=str(one.line.id),
                    lines=lines,
                    proposal={"line_id": one.line.id, **proposal},
                    user_id=buyer.id,
                )

    # ------------------------------------------------------------------
    # substitutes
    # ------------------------------------------------------------------

    def _find_substitute(self, order, item):
        """The product of another item: by the supplier's code, else by its barcode.

        With the rights of the present user; empty if there is none, more than one, or only an
        archived one.
        """
        products = self.env["product.product"]
        company = Domain("company_id", "in", (False, order.company_id.id))
        if code := item.get("supplier_code"):
            sellers = self.env["product.supplierinfo"].search(
                Domain("product_code", "=", code)
                & Domain("partner_id", "child_of", order.partner_id.commercial_partner_id.ids)
                & company
            )
            for seller in sellers:
                products |= seller.product_id or seller.product_tmpl_id.product_variant_ids
        if not products and (gtin := item.get("gtin")):
            products = products.search(Domain("barcode", "=", gtin) & company)
        products = products.filtered("active")
        return products if len(products) == 1 else products.browse()

    def _find_convertible_unit(self, product, code):
        """As ``_find_unit``, empty or several instead of an error."""
        units = self.env["uom.uom"]._integration_units(code)
        found = units.filtered(lambda one: one._has_common_reference(product.uom_id))
        return found & product.uom_id or found
