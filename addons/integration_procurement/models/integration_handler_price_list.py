from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import fields, models

from ..tools import answers, canonical, price_lists
from ..tools.price_lists import DAY, Offer

KIND = "price_list"
# What can become of an entry, as the summary tells it.
COUNTS = ("new", "changed", "same", "ended", "kept", "parked", "older")


class IntegrationHandlerPriceList(models.AbstractModel):
    """A supplier's price list becomes its prices in Odoo; nobody else's are touched.

    Prices that jump by more than the tolerance wait until somebody accepts them. What a later list
    has said already stays.
    """

    _name = "integration.handler.price_list"
    _inherit = "integration.handler.catalogue"
    _description = "Supplier's price list"

    _contract = "procurement.price_list"
    # The same prices from the same days on, however often they are said.
    _repeatable = True

    def _process(self, received, data):
        supplier = self._partner(received)
        currency = self._find_currency(data["currency"])
        entries = data["items"]
        items = self._find_items(received, supplier, [entry["item"] for entry in entries])
        units = self._units(items, [entry.get("unit") for entry in entries])
        self._refuse_wrong_periods(entries)
        self._refuse_repeated(entries, items, units)
        issued_at = self._issued_at(received, data)
        work = _Work(self, received, supplier, currency, issued_at, self._rows_of(supplier, items))
        # Period after period, so that each one finds the one before.
        told = sorted(
            zip(entries, items, units, strict=True), key=lambda one: one[0].get("valid_from") or ""
        )
        for entry, item, unit in told:
            if entry.get("discontinued"):
                work.discontinue(item, entry)
            else:
                work.price(item, unit, entry)
        work.finish()
        # sudo: the note tells the supplier's history what a message did, whoever handled it
        supplier.sudo().message_post(
            body=self._summary(data, work.counts), subtype_xmlid="mail.mt_note"
        )
        return supplier

    def _issued_at(self, received, data):
        if data.get("issued_at"):
            return canonical.read_past_moment(data["issued_at"]).replace(microsecond=0)
        # sudo: the service user needs no right on messages to know when this one arrived
        message = self.env["integration.message"].sudo().browse(received.id)
        arrived = (message.original_id or message).created_at or fields.Datetime.now()
        return arrived.replace(microsecond=0)

    def _refuse_wrong_periods(self, entries):
        self._refuse_positions(
            [
                n
                for n, entry in enumerate(entries, 1)
                if entry.get("valid_from")
                and entry.get("valid_to")
                and entry["valid_to"] < entry["valid_from"]
            ],
            "period_reversed",
            "Prices end before they begin: positions %s. Ask the supplier for a correct list, then "
            "cancel this message.",
        )

    def _refuse_repeated(self, entries, items, units):
        seen, again = set(), []
        for position, (entry, item, unit) in enumerate(zip(entries, items, units, strict=True), 1):
            key = (
                item,
                unit.id,
                Decimal(entry.get("min_quantity", "0")),
                entry.get("valid_from"),
                bool(entry.get("discontinued")),
            )
            if key in seen:
                again.append(position)
            seen.add(key)
        self._refuse_positions(
            again,
            "item_repeated",
            "Items have two prices from the same day on: positions %s. Ask the supplier for a "
            "correct list, then cancel this message.",
        )

    def _summary(self, data, counts) -> str:
        return self.env._(
            "Price list %(number)s: %(new)s new, %(changed)s changed, %(same)s as before, "
            "%(ended)s discontinued, %(kept)s discontinued but kept (they are for all variants or "
            "companies), %(parked)s to be decided, "
            "%(older)s overtaken by a later list.",
            number=data.get("number") or "",
            **{name: counts[name] for name in COUNTS},
        )


class _Work:
    """One price list on its way into Odoo.

    New rows are collected and created together; rows that exist are written as they come, which
    costs no statement before the ORM flushes.
    """

    def __init__(self, handler, received, supplier, currency, issued_at, rows):
        self.handler = handler
        self.env = handler.env
        self.sellers = handler.env["product.supplierinfo"]
        self.received = received
        self.supplier = supplier
        self.currency = currency
        self.issued_at = issued_at
        self.rows = rows
        self.today = fields.Date.context_today(handler)
        self.tolerance = supplier._supplier_price_list_tolerance(handler.env.company)
        #: values of rows to come, by item
        self.new: dict[object, list[dict]] = {}
        self.parked: list[tuple] = []
        #: ids of rows that this list brought
        self.made: set[int] = set()
        self.counts: Counter[str] = Counter()

    def discontinue(self, item, entry):
        """Prices end the day before ``valid_from``, or yesterday."""
        last = (_day(entry.get("valid_from")) or self.today) - DAY
        mine = [row for row in self._rows(item) if row.company_id]
        self.counts["kept"] += len(self._beside(item)) - len(mine)
        for row in mine:
            if self._is_overtaken(row):
                self.counts["older"] += 1
                continue
            values = {"supplier_discontinued": True, "supplier_priced_at": self.issued_at}
            if not row.date_end or row.date_end > last:
                values["date_end"] = last
            self._update(row, values, "ended")

    def price(self, item, unit, entry):
        least = self.handler._quantity(unit, entry.get("min_quantity", "0"), zero=True)
        alike = {
            row.id: row
            for row in self._rows(item)
            if row.company_id
            and row.product_uom_id == unit
            and not unit.compare(row.min_qty, least)
        }
        offer = Offer(
            _day(entry.get("valid_from")),
            _day(entry.get("valid_to")),
            Decimal(entry["unit_price"]),
            self.currency.name,
        )
        place = self.sellers._integration_place(alike.values(), offer)
        prior = alike[place.prior.id] if place.prior else None
        if prior is not None and self._is_overtaken(prior):
            self.counts["older"] += 1
            return
        if place.near:
            model, near = alike[place.near.id], place.near
        else:
            model, near = self._nearest(item, unit, least, offer)
        values = self._values(entry)
        identity = self._identity(item, unit, least, entry, prior if prior is not None else model)
        if price_lists.is_jump(near, offer, self.tolerance) or (
            near and not place.near and self._is_beaten(model, unit, least, near, offer)
        ):
            self.parked.append((model, values, identity))
            return
        values |= {"date_start": place.start or False, "date_end": place.end or False}
        if place.target:
            self._update(alike[place.target], values, "changed")
            return
        if place.ends:
            prior.date_end = place.ends
        self.new.setdefault(item, []).append(values | identity)

    def finish(self):
        self._create()
        self._park()

    def _create(self):
        found = self.sellers.create([values for every in self.new.values() for values in every])
        self.counts["new"] += len(found)
        self.made.update(found.ids)
        created = iter(found)
        for item, every in self.new.items():
            self.rows[item] += [next(created) for _values in every]
        self.new = {}

    def _rows(self, item):
        """The rows of an item; those to come are created now, with all others that are."""
        if item in self.new:
            self._create()
        return self.rows[item]

    def _beside(self, item) -> list:
        """All rows that Odoo considers for an item: its own, and those for all variants."""
        rows = self._rows(item)
        return [*rows, *self._rows(item.of_all_variants())] if self._has_wider(item) else rows

    def _has_wider(self, item) -> bool:
        return bool(item.product) and item.of_all_variants() in self.rows

    def _nearest(self, item, unit, least, offer):
        """What an item without a price of its own for a unit and quantity is compared with.

        Prices of this list do not count: quantity discounts of a new item are no jumps.

        :return: a row of the item, and its price for one ``unit``; none if there is none
        """
        first = offer.start or self.today

        def distance(row):
            start, price = row.date_start or date.min, self._converted(row, unit)
            return (
                start > first,
                row.product_uom_id != unit,
                abs(least * unit.factor - row.min_qty * row.product_uom_id.factor),
                not price.covers(first),
                -start.toordinal(),
                row.id,
            )

        rows = [row for row in self._beside(item) if row.price and row.id not in self.made]
        if not rows:
            return None, None
        row = min(rows, key=distance)
        return row, self._converted(row, unit)

    def _converted(self, row, unit):
        price = row._integration_price()
        amount = answers.convert_price(price.amount, row.product_uom_id.factor, unit.factor)
        return replace(price, amount=amount)

    def _is_beaten(self, row, unit, least, price, offer) -> bool:
        """Whether a row that is not this item's alone would go on, and be the cheaper one: Odoo
        takes it then, so that the supplier's price has no effect."""
        return (
            (not row.company_id or not row.product_id)
            and row.product_uom_id == unit
            and not unit.compare(row.min_qty, least)
            and price.covers(offer.start or self.today)
            and price.amount < Fraction(offer.amount)
        )

    def _is_overtaken(self, row) -> bool:
        return bool(row.supplier_priced_at and row.supplier_priced_at > self.issued_at)

    def _values(self, entry) -> dict:
        """What the list says of a price, whichever row takes it."""
        values = {
            "price": float(entry["unit_price"]),
            "currency_id": self.currency.id,
            "discount": 0,
            "date_start": _day(entry.get("valid_from")) or False,
            "date_end": _day(entry.get("valid_to")) or False,
            "supplier_priced_at": self.issued_at,
            "supplier_discontinued": False,
        }
        if "lead_time_days" in entry:
            values["delay"] = entry["lead_time_days"]
        if entry.get("name"):
            values["product_name"] = entry["name"]
        return values

    def _identity(self, item, unit, least, entry, prior) -> dict:
        """What makes a new row one of this item; unsaid, it is as in the row before.

        It is for the company of the interface alone.
        """
        own = prior is not None and prior in self._rows(item)
        values = {
            "partner_id": (prior.partner_id if prior is not None else self.supplier).id,
            "product_tmpl_id": item.template.id,
            "product_id": (prior.product_id if own else item.product).id,
            "product_uom_id": unit.id,
            "min_qty": least,
            "company_id": self.env.company.id,
            "product_code": entry["item"].get("supplier_code"),
        }
        if prior is not None:
            values["product_code"] = values["product_code"] or prior.product_code
            values["sequence"] = prior.sequence
            values["delay"] = entry.get("lead_time_days", prior.delay)
            values["product_name"] = entry.get("name") or prior.product_name
        return values

    def _update(self, row, values, count):
        """Write what differs; a list that says the same again writes nothing."""
        changed = {name: value for name, value in values.items() if not _same(row, name, value)}
        if changed:
            row.write(changed)
        says_more = any(name != "supplier_priced_at" for name in changed)
        self.counts[count if says_more else "same"] += 1

    def _park(self):
        """Prices that jump wait; those about which somebody was asked already are not repeated."""
        if not self.parked:
            return
        exceptions = self.env["integration.exception"]
        # sudo: the service user needs no right on decisions of people
        before = exceptions.sudo().search(
            [
                ("res_model", "=", "product.supplierinfo"),
                ("res_id", "in", [prior.id for prior, _values, _identity in self.parked]),
                ("kind", "=", KIND),
                ("state", "!=", "void"),
            ]
        )
        known = {(one.res_id, one.key): one.proposal for one in before.sorted("id")}
        for prior, values, identity in self.parked:
            key = fields.Date.to_string(values["date_start"]) or ""
            name, lines = self._question(prior, values, identity)
            proposal = {
                "ours": {"price": prior.price, "currency_id": prior.currency_id.id},
                "write": {field: _as_json(value) for field, value in values.items()},
                "identity": identity,
            }
            if known.get((prior.id, key)) == proposal:
                self.counts["same"] += 1
                continue
            exceptions._raise_for(
                self.received,
                prior,
                KIND,
                name,
                area="purchase",
                key=key,
                lines=lines,
                proposal=proposal,
                user_id=self.supplier.buyer_id.filtered("active").id,
            )
            self.counts["parked"] += 1

    def _question(self, prior, values, identity):
        """Sentence and differences of a price that jumps."""
        ours = f"{canonical.number(prior.price)} {prior.currency_id.name}"
        theirs = f"{canonical.number(values['price'])} {self.currency.name}"
        item = (prior.product_id or prior.product_tmpl_id).display_name
        name = self.env._(
            "%(product)s: the new price list asks %(theirs)s instead of %(ours)s.",
            product=item,
            theirs=theirs,
            ours=ours,
        )
        lines = [
            (self.env._("Item"), item, values.get("product_name") or False),
            (self.env._("Price"), ours, theirs),
        ]
        if prior.product_uom_id.id != identity["product_uom_id"]:
            unit = self.env["uom.uom"].browse(identity["product_uom_id"])
            lines.append((self.env._("Unit"), prior.product_uom_id.name, unit.name))
        if not prior.company_id or prior.product_id.id != identity["product_id"]:
            lines.append(
                (
                    self.env._("For"),
                    self.env._("all variants or companies; Odoo takes the cheaper price"),
                    self.env._("this item and company"),
                )
            )
        return name, lines


def _day(text) -> date | None:
    return canonical.read_day(text) if text else None


def _same(row, name, value) -> bool:
    now = row[name]
    return (now.id if isinstance(now, models.BaseModel) else now) == value


def _as_json(value):
    """Moments and days as the text that Odoo reads back."""
    if hasattr(value, "hour"):
        return fields.Datetime.to_string(value)
    return fields.Date.to_string(value) if isinstance(value, date) else value
