"""What messages about usage refer to, looked up for all of their lines at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from odoo import fields
from odoo.fields import Domain
from odoo.models import BaseModel

from odoo.addons.integration_core.tools import errors

from ..tools.usage import Key, Told, ended_before
from .usage_kits import KitBook, Part, Wanted


@dataclass
class Usage:
    """A line whose words are records.

    :ivar quantity: in ``unit``
    :ivar stock: the stock location of the place
    :ivar parts: where it is taken from; empty for all of it from ``stock``
    """

    told: Told
    received: Any
    product: BaseModel
    unit: BaseModel
    quantity: float
    lot: BaseModel
    place: BaseModel
    stock: BaseModel
    visit: BaseModel
    cost_centre: BaseModel
    parts: list[Part] = field(default_factory=list)

    @property
    def bins(self) -> dict[BaseModel, float]:
        """How much is taken from where, in the unit in which the product is kept."""
        found: dict[BaseModel, float] = defaultdict(float)
        for part in self.parts:
            found[part.stock] += part.quantity
        return found or {self.stock: self.in_product_unit}

    @property
    def source(self) -> BaseModel:
        """The stock location that all of it is taken from, or that its bins are part of."""
        bins = list(self.bins)
        for part in self.parts:
            store = part.move.location_id
            if (
                len(bins) > 1
                and store
                and all(one.parent_path.startswith(store.parent_path) for one in bins)
            ):
                return store
        return bins[0]

    @property
    def kit_picking(self) -> BaseModel:
        """The reservation of a kit that it, or the first part of it, is taken out of."""
        return self.parts[0].move.picking_id if self.parts else self.stock.env["stock.picking"]

    @property
    def in_product_unit(self) -> float:
        return self.unit._compute_quantity(self.quantity, self.product.uom_id, round=False)


class UsageBook:
    """Products, units, lots, places, visits and known lines that some lines name.

    :param handler: has the helpers that find one thing, and say what is wrong with it
    :param received: of one of the messages: all are of one system
    """

    def __init__(self, handler: BaseModel, received: Any, lines: Sequence[Told]) -> None:
        self.handler = handler
        self.env = handler.env
        self.received = received
        # sudo: how usage is booked; a service user need not be able to read companies
        self.company = self.env.company.sudo()
        self.known = self._read_known(lines)
        self._products = self._read_products({one.item for one in lines if one.item})
        self._units: dict[tuple[int, str], BaseModel] = {}
        self._quantities: dict[tuple[int, str], float] = {}
        self._stocks: dict[str, BaseModel] = {}
        self._lots = self._read_lots({one.lot for one in lines if one.lot})
        self._places = self.env["ehr.location"]._resolve(one.place for one in lines if one.place)
        self._visits = self.env["ehr.encounter"]._resolve(one.visit for one in lines if one.visit)
        self._kits: KitBook | None = None

    # -- reading ---------------------------------------------------------------------------

    def _read_known(self, lines: Sequence[Told]) -> dict[Key, BaseModel]:
        numbers = {key.number for one in lines for key in (one.key, one.original) if key}
        found = self.env["ehr.consumption"].search(
            Domain("system_id", "=", self.received.system_id)
            & Domain("company_id", "=", self.company.id)
            & Domain("number", "in", list(numbers))
        )
        return {Key(one.action, one.number, one.line): one for one in found}

    def _read_products(self, codes: set[str]) -> dict[str, BaseModel]:
        """Products of codes that name exactly one; the others are left to the handler."""
        links = self.env["integration.record.link"]
        found = links._find_records(self.received.system_id, "product.product", codes)
        found = {code: one for code, one in found.items() if one.active}
        rest = codes - found.keys()
        if not rest:
            return found
        named = defaultdict(self.env["product.product"].browse)
        by_code = Domain("default_code", "in", list(rest)) | Domain("barcode", "in", list(rest))
        for product in self.env["product.product"].search(by_code & self.handler._company_domain()):
            for code in {product.default_code, product.barcode} & rest:
                named[code] |= product
        return found | {code: one for code, one in named.items() if len(one) == 1}

    def _read_lots(self, names: set[str]) -> dict[tuple[int, str], BaseModel]:
        if not names:
            return {}
        lots = self.env["stock.lot"].search(
            Domain("product_id", "in", [one.id for one in self._products.values()])
            & Domain("name", "in", list(names))
            & self.handler._company_domain()
        )
        return {(lot.product_id.id, lot.name): lot for lot in lots}

    # -- one line ----------------------------------------------------------------------------

    def usage(self, told: Told, received: Any) -> Usage:
        """A line with its records.

        :raises errors.IntegrationError: something is unknown, or must not be used
        """
        product = self.product(told)
        unit = self.unit(product, told.unit)
        visit = self.visit(told)
        place = self.place(told, visit)
        usage = Usage(
            told=told,
            received=received,
            product=product,
            unit=unit,
            quantity=self.quantity(unit, told.quantity),
            lot=self.lot(product, told),
            place=place,
            stock=self._stock(told, place),
            visit=visit,
            cost_centre=self.cost_centre(place, visit),
        )
        if self._kits is None:
            self._kits = KitBook(self.env, self._visits.values())
        usage.parts = self._kits.parts(
            visit, Wanted(product, usage.lot, usage.in_product_unit, usage.stock, told.used_at)
        )
        return usage

    def kits_changed(self) -> None:
        """Something went back into a kit: what is reserved is read anew.

        What is to be taken out of kits is taken before: it would be forgotten.
        """
        self._kits = None

    def product(self, told: Told) -> BaseModel:
        found = self._products.get(told.item) or self.handler._find_product(
            self.received, told.item
        )
        self._products[told.item] = found
        if found.type != "consu":
            raise errors.ConflictError(
                "An item is a service or a set in Odoo, of which nothing lies in stock. Correct "
                "the product or its reference, then retry.",
                code="not_goods",
            )
        return found

    def unit(self, product: BaseModel, code: str) -> BaseModel:
        key = product.uom_id.id, code
        if key not in self._units:
            self._units[key] = self.handler._find_unit(product, code)
        return self._units[key]

    def quantity(self, unit: BaseModel, text: str) -> float:
        key = unit.id, text
        if key not in self._quantities:
            self._quantities[key] = self.handler._quantity(unit, text)
        return self._quantities[key]

    def lot(self, product: BaseModel, told: Told, *, giving_back: bool = False) -> BaseModel:
        """The lot of a line.

        :param giving_back: a recalled or expired lot may be given back
        """
        key = product.id, told.lot
        if key not in self._lots:
            self._lots[key] = self.handler._find_lot(product, told.lot)
        lot = self._lots[key] if product.tracking != "none" else self.env["stock.lot"]
        if not giving_back:
            self._require_fit(lot, told)
        return lot

    def _require_fit(self, lot: BaseModel, told: Told) -> None:
        if lot.ehr_recalled:
            raise errors.ConflictError(
                "A lot that is recalled was used. Tell those who follow up the recall; when they "
                "have decided, take the lot off the recall list and retry, or cancel this message.",
                code="lot_recalled",
            )
        late = told.expiry is not None and told.expiry < self._day(told)
        if late or (lot and lot._ehr_expired(told.used_at)):
            raise errors.ConflictError(
                "A lot was used after it had expired. Ask the ward which lot it was; correct the "
                "date of the lot if it is wrong and retry, or cancel this message.",
                code="lot_expired",
            )

    def _day(self, told: Told) -> Any:
        """The day on which something was used, where the company is."""
        handler = self.handler.with_context(tz=self.company.partner_id.tz)
        return fields.Datetime.context_timestamp(handler, told.used_at).date()

    # -- where, for whom, at whose cost --------------------------------------------------------

    def _stock(self, told: Told, place: BaseModel) -> BaseModel:
        if told.stock:
            if told.stock not in self._stocks:
                self._stocks[told.stock] = self.handler._find_location(self.received, told.stock)
            return self._stocks[told.stock]
        return self.stock_of(place)

    def stock_of(self, place: BaseModel) -> BaseModel:
        """The stock location of a place."""
        stock = place._usage_setting("stock_location_id")
        if not stock.warehouse_id:
            raise errors.ConflictError(
                "The place at which something was used takes its goods from no stock location of a "
                "warehouse, or the message names no place. Choose the stock of the place (Census / "
                "Configuration / Locations), then retry.",
                code="place_without_stock",
            )
        return stock

    def place(self, told: Told, visit: BaseModel) -> BaseModel:
        """Where something was used: as the line says, else where the patient is."""
        return self._places[told.place] if told.place else visit.location_id

    def visit(self, told: Told) -> BaseModel:
        """The visit of a line: where one was joined with another, that one.

        Something given back is the visit's whatever became of it.
        """
        none = self.env["ehr.encounter"]
        if told.visit is None:
            return none
        visit = self._visits.get(told.visit, none)
        if not visit:
            raise errors.ConflictError(
                "The visit of a line is not known. Handle the messages about the visit first, then "
                "retry.",
                code="unknown_visit",
            )
        visit = visit.joined_into_id or visit
        if visit.state == "cancelled":
            raise errors.ConflictError(
                "Something was used for a visit that was cancelled. Ask the ward for the right "
                "visit, or let the admission be told again, then retry.",
                code="visit_cancelled",
            )
        ended = (visit.state == "discharged" and visit.discharged_at) or None
        if ended_before(told.used_at, ended, self.company.ehr_usage_hours):
            raise errors.ConflictError(
                "Something was used for a patient who had left. Ask the ward for the right visit "
                "or time, let the settings allow more hours after a discharge, then retry.",
                code="visit_ended",
            )
        return visit

    def is_visit_of(self, known: BaseModel, told: Told) -> bool:
        """Whether a line names the visit of a consumption, whatever became of that since."""
        visit = self._visits.get(told.visit) if told.visit else self.env["ehr.encounter"]
        return visit is not None and (visit.joined_into_id or visit) == (
            known.encounter_id.joined_into_id or known.encounter_id
        )

    def cost_centre(self, place: BaseModel, visit: BaseModel) -> BaseModel:
        found = (
            place._usage_setting("analytic_account_id")
            or visit.location_id._usage_setting("analytic_account_id")
            or self.company.ehr_usage_cost_centre_id
        )
        if not found:
            raise errors.ConflictError(
                "Nobody bears what was used: neither the place nor the settings have a cost "
                "centre. Choose one (Census / Configuration / Locations, or Settings), then retry.",
                code="no_cost_centre",
            )
        return found.sudo(self.env.su)
