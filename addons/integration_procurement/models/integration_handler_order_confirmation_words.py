from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_date, formatLang

from ..tools import answers, canonical


class IntegrationHandlerOrderConfirmation(models.AbstractModel):
    """What people read of a supplier's answer, and what acceptance would write.

    Each ``_exception_<deviation>`` returns the sentence, the differences and the proposal, as
    ``integration.exception._raise_for`` and the kinds of ``integration_exception_purchase`` take
    them.
    """

    _inherit = "integration.handler.order_confirmation"

    def _exception_quantity(self, one):
        line = one.line
        proposal = {"ours": {"product_qty": line.product_qty, **_unit_of(line)}}
        if one.quantity is not None:
            proposal["write"] = {"product_qty": float(one.quantity)}
        ours, theirs = self._amount_text(line), self._said_quantity(one)
        name = self.env._(
            "%(product)s: the supplier confirms %(theirs)s instead of %(ours)s.",
            product=line.product_id.display_name,
            theirs=theirs,
            ours=ours,
        )
        return name, [(self.env._("Quantity"), ours, theirs)], proposal

    def _exception_price(self, one):
        line, answer = one.line, one.answer
        price = line.price_unit if answer.unit_price is None else float(answer.unit_price)
        said_discount = answer.discount_percent
        discount = line.discount if said_discount is None else float(said_discount)
        ours = self._price_text(line, line.price_unit, line.discount)
        theirs = self._price_text(line, price, discount)
        name = self.env._(
            "%(product)s: the supplier asks %(theirs)s instead of %(ours)s.",
            product=line.product_id.display_name,
            theirs=theirs,
            ours=ours,
        )
        proposal = {
            "ours": {"price_unit": line.price_unit, "discount": line.discount, **_unit_of(line)},
            "write": {"price_unit": price, "discount": discount},
        }
        return name, [(self.env._("Price"), ours, theirs)], proposal

    def _exception_date(self, one):
        line, answer = one.line, one.answer
        ours = format_date(self.env, line._integration_requested_date())
        theirs = format_date(self.env, answer.promised)
        name = self.env._(
            "%(product)s: the supplier promises it for %(theirs)s instead of %(ours)s.",
            product=line.product_id.display_name,
            theirs=theirs,
            ours=ours,
        )
        lines = [(self.env._("Day"), ours, theirs)]
        if len(answer.deliveries) > 1:
            lines.append((self.env._("Deliveries"), False, line.supplier_schedule_text))
        proposal = {
            "ours": {"date_planned": fields.Datetime.to_string(line.date_planned)},
            "write": {"date_planned": _moment(line, answer.promised)},
        }
        return name, lines, proposal

    def _exception_rejected(self, one):
        line = one.line
        name = self.env._("%s: the supplier does not deliver it.", line.product_id.display_name)
        ours = self._amount_text(line)
        lines = [(self.env._("Quantity"), ours, self.env._("nothing"))]
        return name, lines, {"ours": _goods_of(line)}

    def _exception_substitution(self, one):
        line, said = one.line, one.said["substitute"]
        name = self.env._(
            "%(product)s: the supplier offers “%(other)s” instead.",
            product=line.product_id.display_name,
            other=said["item"]["name"],
        )
        substitute = {
            "item": said["item"],
            "quantity": float(said["quantity"]),
            "unit": said["unit"],
            "promised_date": said["promised_date"],
            "date_planned": _moment(line, canonical.read_day(said["promised_date"])),
        }
        if "unit_price" in said:
            substitute["unit_price"] = float(said["unit_price"])
        proposal = {"ours": _goods_of(line), "substitute": substitute}
        return name, self._substitute_lines(line, said), proposal

    def _substitute_lines(self, line, said) -> list[tuple]:
        """Both items side by side."""
        known = self._find_substitute(line.order_id, said["item"])
        ordered, unknown = line.product_id.display_name, self.env._("not known yet")
        lines = [
            (self.env._("Item"), ordered, said["item"]["name"]),
            (self.env._("Product in Odoo"), ordered, known.display_name or unknown),
            (
                self.env._("Quantity"),
                self._amount_text(line),
                f"{said['quantity']} {self._unit_name(known, said['unit'])}",
            ),
            (
                self.env._("Day"),
                format_date(self.env, line._integration_requested_date()),
                format_date(self.env, canonical.read_day(said["promised_date"])),
            ),
        ]
        if "unit_price" in said:
            ours = self._price_text(line, line.price_unit, line.discount)
            theirs = self._price_text(line, float(said["unit_price"]), 0)
            lines.append((self.env._("Price"), ours, theirs))
        return lines

    # ------------------------------------------------------------------
    # chatter
    # ------------------------------------------------------------------

    def _chatter(self, reference, fresh, late):
        """What the buyer reads in the history: the promise, and where it deviates."""
        rows = [self._chatter_line(one) for one in fresh]
        rows += [
            self.env._(
                "%s: not used, for a later answer was here before.", line.product_id.display_name
            )
            for line in late
        ]
        title = (
            self.env._("The supplier confirmed this order as %s.", reference)
            if reference
            else self.env._("The supplier confirmed this order.")
        )
        items = Markup().join(Markup("<li>%s</li>") % row for row in rows)
        return Markup("<p>%s</p><ul>%s</ul>") % (title, items)

    def _chatter_line(self, one) -> str:
        line = one.line
        product = line.product_id.display_name
        if one.answer.status is answers.Status.REJECTED:
            text = self.env._("%s: rejected", product)
        elif one.answer.status is answers.Status.SUBSTITUTED:
            text = self.env._("%s: another item instead", product)
        else:
            text = self.env._(
                "%(product)s: %(quantity)s of %(ordered)s %(unit)s, promised for %(date)s",
                product=product,
                quantity=self._number_text(one.quantity or line.supplier_confirmed_qty),
                ordered=self._number_text(line.product_qty),
                unit=line.product_uom_id.name,
                date=line.supplier_schedule_text
                or format_date(self.env, line.supplier_promised_date),
            )
        if one.deviations:
            text = self.env._("%s (to be decided)", text)
        return text

    # ------------------------------------------------------------------
    # values as people read them
    # ------------------------------------------------------------------

    def _number_text(self, quantity) -> str:
        return formatLang(self.env, float(quantity), dp="Product Unit")

    def _amount_text(self, line) -> str:
        return f"{self._number_text(line.product_qty)} {line.product_uom_id.name}"

    def _said_quantity(self, one) -> str:
        """In the supplier's words, and in the unit of the line where that is another one."""
        if one.unit == one.line.product_uom_id:
            return f"{self._number_text(one.quantity or 0)} {one.unit.name}"
        said = f"{one.said['quantity']} {one.unit.name}"
        if one.quantity is None:
            return said
        return f"{said} ({self._number_text(one.quantity)} {one.line.product_uom_id.name})"

    def _price_text(self, line, price, discount) -> str:
        """With all its digits: what differs may be less than a cent."""
        text = f"{canonical.number(price)} {line.currency_id.name}"
        if not discount:
            return text
        return self.env._(
            "%(price)s less %(discount)s %%", price=text, discount=canonical.number(discount)
        )

    def _unit_name(self, product, code) -> str:
        unit = self._find_convertible_unit(product, code) if product else product.uom_id
        return unit.name if len(unit) == 1 else code


def _unit_of(line) -> dict:
    return {"product_uom_id": line.product_uom_id.id}


def _goods_of(line) -> dict:
    return {"product_id": line.product_id.id, "product_qty": line.product_qty, **_unit_of(line)}


def _moment(line, day) -> str:
    return fields.Datetime.to_string(line._integration_promised_moment(day))
