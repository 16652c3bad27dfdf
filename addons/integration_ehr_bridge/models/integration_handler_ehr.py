from odoo import fields, models

from ..engine.census import Census
from ..tools import census_told
from ..tools.census_told import read_identifier


class IntegrationHandlerEhr(models.AbstractModel):
    """What the words of messages of clinical systems mean in Odoo."""

    _name = "integration.handler.ehr"
    _inherit = "integration.handler"
    _description = "Clinical feed: what messages refer to"

    # An event is known by what it says: told again, it changes nothing.
    _repeatable = True
    # Each message tells of an event of its own.
    _latest_suffices = False

    def _process(self, received, data):
        return self._process_batch([(received, data)])[0]

    def _process_batch(self, messages):
        """Apply messages at once, as if one by one; see :mod:`..engine.census_visits`."""
        raise NotImplementedError

    def _now(self):
        return fields.Datetime.now()

    def _census(self):
        return Census(self.env)

    def _moment(self, data):
        return census_told.read_moment(data["occurred_at"], self._now())

    def _patients(self, identifiers):
        """Records by identifier, as messages name them: retired ones among them."""
        return self.env["ehr.patient"]._resolve(one for one in identifiers if one)

    def _identifier(self, data, what):
        """An identifier that a message must have.

        :raises census_told.errors.ContractError: it is empty
        """
        found = read_identifier(data)
        if found is None:
            raise census_told.errors.ContractError(
                f"The message leaves the {what} empty. Ask the sender for it.", code="no_identifier"
            )
        return found
