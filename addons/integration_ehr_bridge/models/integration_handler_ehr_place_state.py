from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools import state_versions

#: Kinds that are no places where patients are: the hospital, and what is between it and its units.
SITE, AREA = "site", "area"
PIECES = ("facility", "point_of_care", "room", "bed")


class IntegrationHandlerEhrPlaceState(models.AbstractModel):
    """Places by systems that keep each as a record with a reference to what it is part of.

    The census knows a place by the names of its unit, room and bed, which are those of the records
    above it. What it does with a place is what lists of places do.
    """

    _name = "integration.handler.ehr_place_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr"]
    _description = "Place as it stands"

    _contract = "ehr.place_state"
    _aliased = ("place", "organization")

    def _stand(self, book, received, data, version):
        above = self._above(book, data)
        if data["kind"] in (SITE, AREA):
            code = data["code"] if data["kind"] == SITE else above.get("facility", "")
            self._note(book, data, version, None, code)
            return self.env["ehr.location"]
        named = self._named(data, above)
        lists = self.env["integration.handler.ehr_location_list"]
        place = lists._apply(received, self._as_listed(book, data, named, above))
        if place and data.get("bed_status") and place.kind == "bed":
            census = self._census()
            census.load((), [place.id])
            census.say(place.id, data["bed_status"], self._moment_of(data))
            census.store()
        self._note(book, data, version, place or None, above.get("facility", ""))
        return place

    def _note(self, book, data, version, place, facility):
        book.note(data["record"], "place", place, version=version, code=facility)
        alias = state_versions.alias("place", data["code"], data.get("assigner") or "")
        if place and alias != data["record"]:
            book.note(alias, "place", place, code=facility)

    def _moment_of(self, data):
        return self._moment({"occurred_at": data["recorded_at"]})

    # ------------------------------------------------------------------
    # its name, by what it is part of
    # ------------------------------------------------------------------

    def _above(self, book, data):
        """The names of what a place is part of.

        :raises UnknownReferenceError: that was not told of yet
        """
        if not data.get("parent"):
            return {}
        known = book.find(data["parent"], "place")
        if known is None:
            raise book.unknown(data["parent"], "place")
        names = {"facility": known.code} if known.code else {}
        if known.record:
            names |= {piece: known.record[piece] for piece in PIECES if known.record[piece]}
        return names

    def _named(self, data, above):
        names = dict(above)
        if data["kind"] == "bed":
            piece = "bed"
        elif data["kind"] == "room":
            piece = "room"
            names.pop("bed", None)
        else:
            piece = "point_of_care"
            names = {name: one for name, one in names.items() if name == "facility"}
        if piece != "point_of_care" and "point_of_care" not in names:
            raise errors.MappingError(
                "A room or a bed is part of no unit. Ask the sender to say what it is part of, or "
                "let the value map say what kind of place it is, then retry.",
                code="no_unit",
            )
        return {**names, piece: data["code"]}

    def _as_listed(self, book, data, named, above):
        """The record of a list of places that says the same."""
        entry = {
            "action": "update",
            "effective_at": data["recorded_at"],
            "location": named,
            "kind": data["kind"],
        }
        if "point_of_care" in above and above != named:
            entry["parent"] = above
        if "active" in data and not data["active"]:
            entry["action"] = "deactivate"
        elif data.get("active"):
            entry["active"] = True
        if centre := self._cost_centre(book, data):
            entry["cost_centre"] = centre
        return entry

    def _cost_centre(self, book, data):
        """The code of the department whose place it is, if it is one.

        An organization that was not told of is no reason to do without the place.
        """
        known = data.get("organization") and book.find(data["organization"], "organization")
        return known.code if known and known.told == "department" else None
