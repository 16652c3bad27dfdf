from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_ehr_bridge.engine.fhir_scope import Source
from odoo.addons.integration_ehr_bridge.tools.fhir import search, written
from odoo.addons.integration_ehr_bridge.tools.fhir.capability_statement import R5

#: Items of a page of reports, about; each is some 200 bytes.
MOST_ITEMS = 5000


def _last_change(alias):
    """When the stock at a location changed last.

    Of what is there, and of what came and went: a quant that became empty is deleted some day.
    """
    place = SQL.identifier(alias, "id")
    return SQL(
        """GREATEST(
            %(own)s,
            (SELECT max(q.write_date) FROM stock_quant q WHERE q.location_id = %(place)s),
            (SELECT max(l.write_date) FROM stock_move_line l
              WHERE l.state = 'done' AND l.location_id = %(place)s),
            (SELECT max(l.write_date) FROM stock_move_line l
              WHERE l.state = 'done' AND l.location_dest_id = %(place)s))""",
        own=SQL.identifier(alias, "write_date"),
        place=place,
    )


class IntegrationFhirViewInventory(models.AbstractModel):
    """Stock on hand: a report for each location, of all that lies there."""

    _name = "integration.fhir.view.inventory"
    _inherit = "integration.fhir.items"
    _description = "Stock on Hand over FHIR"

    _resource = "InventoryReport"
    _fhir_version = R5
    _switch = "fhir_show_inventory"
    _page = 10
    _most = 20
    # R5 has no search parameters of this type.
    _params = (
        search.Param(
            "location", "reference", "Where the stock lies.", targets=("Location",), own=True
        ),
        search.Param("item", "token", "Code of an item that the report has.", own=True),
        search.Param(
            "status", "token", "Always active.", codes=("active",),
            system="http://hl7.org/fhir/inventoryreport-status", own=True,
        ),
    )  # fmt: skip
    _elements = ("status", "countType", "reportedDateTime", "inventoryListing")
    _mandatory = ("status", "countType", "reportedDateTime")
    _summary = ("status", "countType", "reportedDateTime")
    _doc = (
        "Stock on hand of our own, in the shape of FHIR R5: R4 has no such resource. One report "
        "for each stock location (ids `stock-…`), of what lies in it and not in parts of it. An "
        "item that is not listed is not there. Below zero: more was taken than Odoo knew of."
    )

    def _sources(self, scope):
        places = Domain("usage", "in", ("internal", "transit")) & Domain("active", "=", True)
        return [
            Source(
                "stock.location",
                places & scope.within("id"),
                prefix="stock-",
                moment=_last_change,
                names=("name",),
            )
        ]

    def _condition(self, source, one, scope):
        if one.name == "status":
            return Domain.TRUE
        if one.name == "item":
            return self._by_item(scope, one)
        return self._by_reference("id", "stock-", one)

    def _by_item(self, scope, one):
        """Locations whose report has an item with the code."""
        coded = self._by_token(("product_id.default_code",), scope.system("item"), one)
        here = Domain("owner_id", "=", False) & Domain("quantity", "!=", 0) & coded
        return Domain("quant_ids", "any", here)

    def _find(self, source, domain, order, limit):
        model = self.env[source.model].with_context(active_test=False)
        by_change = order.startswith(source.changed)
        # There are few locations, and when their stock changed is in no column of theirs.
        records = (
            model.search(domain) if by_change else model.search(domain, order=order, limit=limit)
        )
        changed = self._changed(source, records)
        found = [(one, changed[one.id]) for one in records]
        if by_change:
            found.sort(key=lambda pair: (pair[1], pair[0].id), reverse=order.endswith("DESC"))
        return found[:limit]

    def _fitting(self, sources, rows):
        """A page ends before it has more than some thousand items: stores differ in size."""
        groups = self.env["stock.quant"]._read_group(
            Domain("location_id", "in", [row.record.id for row in rows]),
            ["location_id"],
            ["__count"],
        )
        sizes = {place.id: count for place, count in groups}
        items = 0
        for number, row in enumerate(rows):
            items += sizes.get(row.record.id, 0)
            if number and items > MOST_ITEMS:
                return number
        return len(rows)

    def _changed(self, source, records):
        """When the stock of locations changed last, by id; all of them may be read."""
        if not records:
            return {}
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT place.id, %s FROM stock_location place WHERE place.id IN %s",
                source.changed_at("place"),
                tuple(records.ids),
            )
        )
        return dict(rows)

    def _resources(self, source, records, scope):
        changed = self._changed(source, records)
        listed = self._listed(scope, records)
        for one in records:
            reference = scope.reference("Location", source.id_of(one.id)) or {"display": one.name}
            items = listed.get(one, [])
            yield {
                "resourceType": "InventoryReport",
                "id": source.id_of(one.id),
                "status": "active",
                "countType": "snapshot",
                "reportedDateTime": written.instant(changed[one.id]),
                "inventoryListing": [{"location": reference, **({"item": items} if items else {})}],
            }

    def _listed(self, scope, records):
        """What lies at locations, of our own: items by location."""
        groups = self.env["stock.quant"]._read_group(
            Domain("owner_id", "=", False) & Domain("location_id", "in", records.ids),
            ["location_id", "product_id"],
            ["quantity:sum"],
            order="location_id, product_id",
        )
        found = {}
        for place, product, quantity in groups:
            unit = product.uom_id
            if not unit.is_zero(quantity):
                found.setdefault(place, []).append(
                    {
                        "quantity": self._quantity(scope, quantity, unit),
                        "item": {"concept": self._item(scope, product)},
                    }
                )
        return found
