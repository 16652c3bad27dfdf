from odoo import models


class IntegrationHandlerItem(models.AbstractModel):
    """Item masters may say whether the lots of an item expire; what is left out stays."""

    _inherit = "integration.handler.item"

    def _values_of(self, data, units, categories):
        values = super()._values_of(data, units, categories)
        if "expires" in data:
            values["use_expiration_date"] = data["expires"]
        return values
