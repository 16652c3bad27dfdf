from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools.census_told import read_place


class IntegrationHandlerEhrBed(models.AbstractModel):
    """In which state beds are, as the clinical system says."""

    _name = "integration.handler.ehr_bed"
    _inherit = "integration.handler.ehr"
    _description = "Bed: state"

    _contract = "ehr.bed"
    _batch_size = 200

    def _process_batch(self, messages):
        told = [
            (self._place(data), data["status"], self._moment(data)) for _received, data in messages
        ]
        places = self.env["ehr.location"]._resolve(place for place, _state, _at in told)
        for place in places.values():
            self._require_bed(place)
        census = self._census()
        census.load((), [place.id for place in places.values()])
        for place, state, at in told:
            census.say(places[place].id, state, at)
        census.store()
        return [places[place] for place, _state, _at in told]

    def _place(self, data):
        found = read_place(data["location"])
        if found is None:
            raise errors.ContractError(
                "The message does not say which bed it is about. Ask the sender for it.",
                code="no_location",
            )
        return found

    def _require_bed(self, place):
        if place.kind != "bed":
            raise errors.MappingError(
                "The message tells the state of a place that is no bed in Odoo. Correct what kind "
                "of place it is under Census / Configuration / Locations, then retry.",
                code="no_bed",
            )

    def _along_with(self, record):
        return (record.housekeeping_ids,)
