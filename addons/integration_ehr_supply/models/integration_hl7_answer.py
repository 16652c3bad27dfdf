import logging

from odoo import api, fields, models

from odoo.addons.integration_core.engine import plan_parts
from odoo.addons.integration_core.tools import errors

from .ehr_requisition_hand import UNTOLD

_logger = logging.getLogger(__name__)

#: Which answer writes what, by the type of the message that is answered.
MAPPING = "integration_ehr_supply.mapping_hl7_requisition_answer"


class IntegrationHl7Answer(models.AbstractModel):
    """Answers to orders of supplies say of each line what becomes of it."""

    _inherit = "integration.hl7.answer"

    @api.model
    def _document(self, uuid, message_type, interface_id):
        found = self.env["ehr.requisition.answer"].search([("message_uuid", "=", uuid)])
        if not found:
            return super()._document(uuid, message_type, interface_id)
        interface = self.env["integration.interface"].browse(interface_id)
        conversion = plan_parts.conversion_by(interface, self._mapping(), None, None)
        if isinstance(conversion, Exception):
            raise conversion
        asked = {**found.answer, "request": message_type.partition("^")[0]}
        try:
            return conversion.map(asked, fields.Datetime.now())
        except errors.IntegrationError as exc:
            # It was handled. Whoever gets no answer at all sends it again and again, and all that
            # he has behind it waits.
            self._tell_untold(found, exc)
            return {}

    @api.model
    def _tell_untold(self, answer, exc):
        """Somebody mends what an answer cannot say, and tells the sender what is missing."""
        _logger.warning("An answer to an order says only that it was handled: %s", exc.code)
        self.env["integration.exception"]._raise_for(
            None,
            answer.requisition_id,
            UNTOLD,
            self.env._(
                "%(order)s was handled, but its sender was told that and nothing of its lines: "
                "%(why)s",
                order=answer.requisition_id.display_name,
                why=exc.message,
            ),
            area="stock",
            key=answer.message_uuid,
        )

    @api.model
    def _mapping(self):
        """The newest approved version of the mapping that writes answers."""
        first = self.env.ref(MAPPING)
        return (
            first.search(
                [("name", "=", first.name), ("state", "=", "approved")],
                order="version desc",
                limit=1,
            )
            or first
        )
