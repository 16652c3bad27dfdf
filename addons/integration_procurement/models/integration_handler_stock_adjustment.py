from hashlib import sha256

from odoo import models
from odoo.fields import Command

from odoo.addons.integration_core.tools import canonical_json, errors

from ..tools import canonical


class IntegrationHandlerStockAdjustment(models.AbstractModel):
    """Another system corrects stock, with a reason that stands on the move.

    A correction is for exactly one stock: an item, a lot, a package or none, in one location, of
    our own. Large ones, by the limits of the company, are for a storekeeper to decide, and counts
    since which goods were moved: the count may or may not have them.
    """

    _name = "integration.handler.stock_adjustment"
    _inherit = "integration.handler.receipt"
    _description = "Stock adjustment: correct stock"

    _contract = "procurement.stock_adjustment"
    # A number that is known already changes nothing.
    _repeatable = True

    def _process(self, received, data):
        digest = sha256(canonical_json.dumps(data)).hexdigest()
        if known := self._known(received, data["adjustment_number"]):
            if known.digest != digest:
                raise errors.ConflictError(
                    "This number came before with other content. Ask the sender which is right and "
                    "for a new number, then cancel this message.",
                    code="adjustment_differs",
                )
            return known.sudo(False)
        location = self._find_location(received, data["location"])
        lines = self._merged([self._line(received, location, line) for line in data["lines"]])
        # sudo: only messages write reports, so nobody has the right to
        adjustment = (
            self.env["integration.stock.adjustment"]
            .sudo()
            .create(
                {
                    "name": data["adjustment_number"],
                    "digest": digest,
                    "location_id": location.id,
                    "adjusted_at": canonical.read_past_moment(data["adjusted_at"]),
                    "system_id": received.system_id,
                    "company_id": self.env.company.id,
                    "line_ids": [Command.create(line) for line in lines],
                }
            )
        )
        for line in adjustment.line_ids:
            self._settle(received, line)
        return adjustment.sudo(False)

    def _known(self, received, number):
        # sudo: only messages write reports, and this reads what they wrote
        return (
            self.env["integration.stock.adjustment"]
            .sudo()
            .search(
                [
                    ("name", "=", number),
                    ("system_id", "=", received.system_id),
                    ("company_id", "=", self.env.company.id),
                ]
            )
        )

    # ------------------------------------------------------------------
    # which stock
    # ------------------------------------------------------------------

    def _line(self, received, location, line):
        # What is archived may still lie there.
        product = self._find_product(received, line["item"], archived=True)
        if not product.is_storable:
            raise errors.ConflictError(
                "Odoo does not track how much there is of an item. Choose “Track Inventory” on the "
                "product, then retry, or cancel this message.",
                code="not_tracked",
            )
        is_count = "counted" in line
        text = line["counted"] if is_count else line["difference"]
        quantity = self._product_quantity(
            product, line["unit"], text.removeprefix("-"), zero=is_count
        )
        if product.tracking == "serial" and quantity not in (0, 1):
            raise errors.ConflictError(
                "An item has serial numbers, each of which is one piece, and the message states "
                "another quantity for one. Ask the sender for a line of each piece, then cancel "
                "this message.",
                code="serial_quantity",
            )
        return {
            "product_id": product.id,
            "lot_id": self._find_lot(product, line.get("lot")).id,
            "package_id": self._find_package(location, line.get("package")).id,
            "is_count": is_count,
            "quantity": float(-quantity if text.startswith("-") else quantity),
            "reason": line["reason"],
        }

    def _find_package(self, location, name):
        """The package in a location.

        :raises errors.ConflictError: there is none of this name, or there are several
        """
        packages = self.env["stock.package"]
        if not name:
            return packages
        found = packages.search([("name", "=", name), ("location_id", "=", location.id)])
        if len(found) != 1:
            raise errors.ConflictError(
                "A package does not stand in this location, or more than one of the same number "
                "does. Find it, or unpack it in Odoo, then retry.",
                code="unknown_package",
            )
        return found

    def _merged(self, lines):
        """Differences of one stock are added up; what was counted is stated once.

        :raises errors.ConflictError: a stock is named twice in another way
        """
        merged = {}
        for line in lines:
            key = (line["product_id"], line["lot_id"], line["package_id"])
            first = merged.setdefault(key, line)
            if first is line:
                continue
            if first["is_count"] or line["is_count"] or first["reason"] != line["reason"]:
                raise errors.ConflictError(
                    "The message names the same stock twice, as counted or for two reasons. Ask "
                    "the sender for one line of it, then cancel this message.",
                    code="stock_repeated",
                )
            first["quantity"] = float(
                canonical.read_number(canonical.number(first["quantity"]))
                + canonical.read_number(canonical.number(line["quantity"]))
            )
        return list(merged.values())

    # ------------------------------------------------------------------
    # what becomes of it
    # ------------------------------------------------------------------

    def _settle(self, received, line):
        """Apply a line, or let a person decide.

        :param line: with the rights to write it
        """
        mine = line.sudo(False)
        mine._lock_stock()
        self._refuse_ambiguous(mine)
        line.known_quantity = mine._present()
        if line._is_large():
            self._raise_question(
                received,
                mine,
                self.env._(
                    "A large correction of %(product)s in %(location)s.", **self._words(mine)
                ),
            )
        elif mine._is_overtaken():
            self._raise_question(
                received,
                mine,
                self.env._(
                    "%(product)s was moved in %(location)s after it was counted. Accept only if "
                    "the count has what was moved; otherwise reject, and count again.",
                    **self._words(mine),
                ),
            )
        else:
            mine._apply()

    def _refuse_ambiguous(self, line):
        """:raises errors.ConflictError: it could be several stocks, or somebody is counting it"""
        quants = line._quants().filtered(
            lambda quant: not quant.product_uom_id.is_zero(quant.quantity)
        )
        mine = quants.filtered(lambda quant: quant.package_id == line.package_id)
        if mine.owner_id:
            raise errors.ConflictError(
                "Stock of an item belongs to somebody else, or in part. Correct it in Odoo by hand "
                "(Inventory / Operations / Physical Inventory), then cancel this message.",
                code="owned_stock",
            )
        if not line.package_id and quants - mine:
            raise errors.ConflictError(
                "Stock of an item stands in packages, and the message names none. Ask the sender "
                "for the package, or correct it in Odoo by hand, then cancel this message.",
                code="several_stocks",
            )
        if any(line._quants().mapped("inventory_quantity_set")):
            raise errors.ConflictError(
                "Somebody is counting this stock in Odoo. Apply or clear the count (Inventory / "
                "Operations / Physical Inventory), then retry.",
                code="count_open",
            )

    def _words(self, line):
        return {
            "product": line.product_id.display_name,
            "location": line.adjustment_id.location_id.display_name,
        }

    def _raise_question(self, received, line, text):
        """Let a storekeeper decide about a line, for the reason that ``text`` gives."""
        unit = line.unit_id.name
        target = line._target(line.known_quantity)
        self.env["integration.exception"]._raise_for(
            received,
            line.adjustment_id,
            "stock_adjustment",
            text,
            area="stock",
            key=str(line.id),
            lines=[
                (
                    line.lot_id.name or line.product_id.display_name,
                    f"{canonical.number(line.known_quantity)} {unit}",
                    f"{target.normalize():f} {unit}",
                )
            ],
            proposal={"line": line.id},
        )
