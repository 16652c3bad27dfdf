from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools.census_told import read_place
from ..tools.clinical import PLACE

ACCOUNTS = "account.analytic.account"


class IntegrationHandlerEhrLocationList(models.AbstractModel):
    """Units, rooms, beds, clinics and theatres as a clinical system knows them."""

    _name = "integration.handler.ehr_location_list"
    _inherit = "integration.handler.ehr_list"
    _description = "Clinical locations: list of records"

    _contract = "ehr.location_list"
    _list_of = "location"

    def _apply(self, received, record):
        at = self._since(received, record)
        named = read_place(record["location"])
        place = self._find(named)
        said = self._said(record, {"kind": "kind"})
        if record["action"] in ("add", "update"):
            said |= self._links(received, record, place)
        if not place:
            if record["action"] == "delete":
                return place  # it is as it is to be
            if record["action"] in ("deactivate", "reactivate"):
                raise errors.ConflictError(
                    "The place is not known. Ask the sender to add it first, then retry.",
                    code="unknown_location",
                )
            place = self._create(named, said)
        if said.get("active") is False:
            self._require_empty(place)
        place._hear(said, at, received.arrived)
        return place

    # ------------------------------------------------------------------
    # places
    # ------------------------------------------------------------------

    def _find(self, named):
        """The very place that a message names, archived as well; empty if it is not known.

        A list of one hospital says nothing of another's places, nor of those that name none.
        """
        places, company = self.env["ehr.location"], self.env.company
        return places._exact(named, places._known_places([named], company), company)

    def _create(self, named, said):
        """A new place; a part of the room or unit in its name, unless the message says of what."""
        kind = "bed" if named.bed else "room" if named.room else "unit"
        above = self._find(named.parent) if named.parent else self.env["ehr.location"]
        return above.create(
            {"kind": kind, "parent_id": above.id, **dict(zip(PLACE, named, strict=True)), **said}
        )

    def _require_empty(self, place):
        """Nobody is to lie where nothing is any more.

        :raises errors.ConflictError: somebody does
        """
        present = self.env["ehr.encounter"].search_count(
            [("state", "=", "present"), ("location_id", "child_of", place.ids)], limit=1
        )
        if present:
            raise errors.ConflictError(
                "The place is closed while patients are there by the census. Have them "
                "transferred, or the census put right, then retry.",
                code="location_occupied",
            )

    # ------------------------------------------------------------------
    # what it belongs to
    # ------------------------------------------------------------------

    def _links(self, received, record, place):
        said = {}
        if "parent" in record:
            parent = self._parent(record["parent"], place) if record["parent"] else place.browse()
            said["parent_id"] = parent.id
        if "cost_centre" in record:
            said["analytic_account_id"] = (
                self._cost_centre(received, record["cost_centre"]).id
                if record["cost_centre"]
                else False
            )
        return said

    def _parent(self, location, place):
        parent = self._find(read_place(location))
        if not parent:
            raise errors.ConflictError(
                "It is part of a place that is not known. Ask the sender to add that one first, or "
                "to name it before its parts, then retry.",
                code="unknown_parent",
            )
        if place and parent.parent_path.startswith(place.parent_path):
            raise errors.ConflictError(
                "A place would be part of itself. Ask the sender which one is part of the other, "
                "then cancel this message.",
                code="location_cycle",
            )
        return parent

    def _cost_centre(self, received, number):
        """The analytic account that the sender calls ``number``, or that has it as reference.

        :raises errors.ConflictError: there is none that is open, or there are several
        """
        found = self.env["integration.record.link"]._find_record(
            received.system_id, ACCOUNTS, number
        ) or self.env[ACCOUNTS].search(
            [
                ("code", "=", number),
                ("company_id", "in", (False, self.env.company.id)),
            ],
            limit=2,
        )
        if len(found) > 1:
            raise errors.ConflictError(
                "Several analytic accounts have the number of the cost centre as reference. Say in "
                "a record link which one is meant, then retry.",
                code="cost_centre_ambiguous",
            )
        if not found.active:
            raise errors.ConflictError(
                "No open analytic account has the number of the cost centre as reference. Create "
                "or unarchive it, or enter the number in a record link, then retry.",
                code="unknown_cost_centre",
            )
        return found
