"""How goods that a carrier handed over get onto a receipt, and what differs about them.

Quantities are exact decimals in the unit of the product.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..tools.shipments import Delivered, Place, allot, exact, surplus, totals


@dataclass(frozen=True)
class Line:
    """One line of a proof of delivery.

    :ivar product: record
    :ivar expiry: the day as ISO 8601; empty if none is named
    """

    product: Any
    quantity: Decimal
    lot: str = ""
    expiry: str = ""
    package: str = ""
    damaged: bool = False

    def plain(self) -> Delivered:
        return Delivered(self.product.id, self.quantity, self.lot, self.package)

    def to_json(self) -> dict:
        return {
            "product": self.product.id,
            "quantity": f"{self.quantity:f}",
            "lot": self.lot,
            "expiry": self.expiry,
            "package": self.package,
        }

    @classmethod
    def from_json(cls, env, value) -> "Line":
        product = env["product.product"].browse(value["product"])
        return cls(
            product, Decimal(value["quantity"]), value["lot"], value["expiry"], value["package"]
        )


def of_move_line(line) -> Line:
    """A detailed operation as a carrier would tell it."""
    announced = line.integration_shipment_line_id
    return Line(
        line.product_id,
        exact(line.quantity_product_uom),
        line.lot_id.name or line.lot_name or "",
        announced.expiry_date.isoformat() if announced.expiry_date else "",
        line.result_package_id.name or "",
    )


def with_announced_lots(lines, announced) -> list[Line]:
    """Lines without a lot get those that were announced, where nothing else can be meant.

    That is so if all of a tracked product came that was announced, and the proof names no lot of
    it at all.
    """
    result = []
    for product, mine in _by_product(lines).items():
        said = [line for line in announced if line.product == product]
        complete = (
            product.tracking != "none"
            and not any(line.lot or line.damaged for line in mine)
            and all(line.lot for line in said)
            and sum(line.quantity for line in mine) == sum(line.quantity for line in said)
        )
        result += said if said and complete else mine
    return result


def _by_product(lines) -> dict:
    found: dict = {}
    for line in lines:
        found.setdefault(line.product, []).append(line)
    return found


class Comparison:
    """What differs between what was handed over and what was awaited, as texts for people."""

    def __init__(self, env, lines, awaited):
        self.env = env
        self.lines = lines
        self.awaited = awaited
        self.products = {line.product.id: line.product for line in [*lines, *awaited]}
        self.found: list[tuple[str, str, str]] = []

    def before_receipt(self, announced) -> list[tuple[str, str, str]]:
        """Differences because of which a receipt is not validated unseen.

        :param announced: lines of the shipping notice; empty without one
        """
        self._damaged()
        self._more()
        for product, mine in _by_product(self.lines).items():
            said = [line for line in announced if line.product == product]
            self._lots(product, mine, said)
            self._packages(product, mine, said)
            self._expiry(product, mine, said)
        return self.found

    def after_receipt(self) -> list[tuple[str, str, str]]:
        """Differences from what was received by people meanwhile, less and more alike."""
        self._damaged()
        by_lot = all(line.lot for line in self.lines if line.product.tracking != "none")
        theirs = totals([line.plain() for line in self.lines], by_lot=by_lot)
        ours = totals([line.plain() for line in self.awaited], by_lot=by_lot)
        for key in sorted(theirs.keys() | ours.keys()):
            mine, yours = ours.get(key, Decimal(0)), theirs.get(key, Decimal(0))
            if mine != yours:
                self._quantity_differs(*key, mine, yours)
        return self.found

    def _damaged(self):
        for line in self.lines:
            if line.damaged:
                self.found.append(
                    (
                        line.product.display_name,
                        self.env._("undamaged"),
                        self.env._("%s damaged", self._text(line.product, line.quantity)),
                    )
                )

    def _more(self):
        delivered = totals(line.plain() for line in self.lines)
        awaited = totals(line.plain() for line in self.awaited)
        for key in surplus(delivered, awaited):
            self._quantity_differs(*key, awaited.get(key, Decimal(0)), delivered[key])

    def _quantity_differs(self, product_id, lot, ours, theirs):
        product = self.products[product_id]
        label = product.display_name
        if lot:
            label = self.env._("%(product)s, lot %(lot)s", product=label, lot=lot)
        self.found.append((label, self._text(product, ours), self._text(product, theirs)))

    def _lots(self, product, mine, said):
        if product.tracking == "none":
            return
        label = self.env._("Lot of %s", product.display_name)
        if any(not line.lot and not line.damaged for line in mine):
            lots = ", ".join(sorted({line.lot for line in said if line.lot}))
            self.found.append((label, lots or self.env._("needed"), self.env._("none named")))
        if not said or any(not line.lot for line in said):
            return
        more = surplus(
            totals([line.plain() for line in mine if line.lot], by_lot=True),
            totals([line.plain() for line in said], by_lot=True),
        )
        if more:
            ours = ", ".join(sorted({line.lot for line in said}))
            self.found.append((label, ours, ", ".join(lot for _product, lot in more)))

    def _packages(self, product, mine, said):
        ours = {line.package for line in said if line.package}
        others = {line.package for line in mine if line.package} - ours
        if ours and others:
            label = self.env._("Package of %s", product.display_name)
            self.found.append((label, ", ".join(sorted(ours)), ", ".join(sorted(others))))

    def _expiry(self, product, mine, said):
        ours = {line.lot: line.expiry for line in said if line.expiry}
        for line in mine:
            if line.expiry and ours.get(line.lot, line.expiry) != line.expiry:
                label = self.env._(
                    "Expiry of %(product)s, lot %(lot)s", product=product.display_name, lot=line.lot
                )
                self.found.append((label, ours[line.lot], line.expiry))

    def _text(self, product, quantity) -> str:
        return f"{quantity.normalize():f} {product.uom_id.name}"


#: What of a detailed operation a proof may say anew.
SAID = ("product_uom_id", "quantity", "lot_id", "lot_name", "result_package_id")


class Receiving:
    """Writes lines onto an open receipt as received, and keeps what was announced about them."""

    def __init__(self, picking, lines, announced, *, complete):
        """
        :param announced: detailed operations of the announcements that the proof is about
        :param complete: what was announced and is not in the proof does not come any more
        """
        self.picking = picking
        self.lines = [line for line in lines if not line.damaged]
        self.announced = announced
        self.complete = complete
        self.left = {one: exact(one.quantity_product_uom) for one in announced}
        self.parts: dict = {one: [] for one in announced}
        self.received = picking.move_line_ids.browse()

    def run(self) -> bool:
        """Receive; return whether the receipt is done (see ``_integration_validate``)."""
        rest = [replace(line, quantity=self._take(line)) for line in self.lines]
        for operation, parts in self.parts.items():
            self._write_announced(operation, parts)
        moves = self.picking.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        moves._integration_prefilled().unlink()
        places = [Place(move, self._room(move)) for move in moves]
        for line in rest:
            if line.quantity:
                self._receive(line, places)
        self.received.picked = True
        self.picking.move_ids._recompute_state()
        return self.picking._integration_validate()

    def _take(self, line) -> Decimal:
        """Use what was announced of the same lot and package; return what is not among it."""
        rest = line.quantity
        # What was announced of this very lot before what was announced without one.
        for operation in self.announced.sorted(lambda one: not (one.lot_id or one.lot_name)):
            known = of_move_line(operation)
            if (
                known.product != line.product
                or known.lot not in ("", line.lot)
                or (line.package and known.package not in ("", line.package))
            ):
                continue
            part = min(rest, self.left[operation])
            if part > 0:
                self.left[operation] -= part
                rest -= part
                said = replace(
                    line,
                    quantity=part,
                    expiry=line.expiry or known.expiry,
                    package=line.package or known.package,
                )
                self.parts[operation].append(said)
        return rest

    def _write_announced(self, operation, parts):
        """What came of one announced operation: as it was announced, or as the proof says anew."""
        if not parts:
            if self.complete:
                operation.unlink()
            return
        values = self._values(operation.move_id, parts[0])
        # Its location stays: a person may have chosen another one for it.
        operation.write({name: value for name, value in values.items() if name in self._said()})
        self.received |= operation
        link = {"integration_shipment_line_id": operation.integration_shipment_line_id.id}
        for line in parts[1:]:
            self.received |= operation.create({**self._values(operation.move_id, line), **link})

    def _said(self):
        return SAID + self.picking._integration_lot_fields()

    def _room(self, move) -> Decimal:
        on_it = move.move_line_ids & self.received
        taken = sum((exact(line.quantity_product_uom) for line in on_it), Decimal(0))
        return exact(move.product_qty) - taken

    def _receive(self, line, places):
        """Write what was not announced, or not so, onto the moves of its product."""
        mine = [place for place in places if place.key.product_id == line.product]
        parts, more = allot(line.quantity, mine)
        if more:
            # More than is awaited: by decision of a person only.
            moves = [place.key for place in mine]
            parts.append((moves[-1] if moves else self.picking.move_ids.browse(), more))
        for move, quantity in parts:
            said = replace(line, quantity=quantity)
            pieces = int(quantity) if line.product.tracking == "serial" else 1
            values = self._values(move, replace(said, quantity=quantity / pieces))
            self.received |= self.received.create([dict(values) for _piece in range(pieces)])

    def _values(self, move, line):
        return self.picking._integration_move_line_values(
            move,
            line.product,
            float(line.quantity),
            lot=line.lot,
            package=line.package,
            expiry=line.expiry,
        )
