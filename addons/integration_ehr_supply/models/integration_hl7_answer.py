from odoo import api, fields, models

from odoo.addons.integration_core.engine import plan_parts

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
        return conversion.map(asked, fields.Datetime.now())

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
