from odoo import api, fields, models
from odoo.exceptions import ValidationError

# What a routing says for each type of message.
SAID_BY_RULES = ("handler", "mapping_id", "contract_version_id")


class IntegrationInterface(models.Model):
    """An interface whose messages are of several types, each handled in its own way."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    routing_id = fields.Many2one(
        "integration.routing",
        governed=True,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('state', '!=', 'retired')]",
        help="For an interface that receives messages of several types: what is done with each of "
        "them. Its rules say which handler, mapping and wire contract, instead of the interface.",
    )

    @api.onchange("routing_id")
    def _onchange_routing_id(self):
        if self.routing_id:
            self.update(dict.fromkeys(SAID_BY_RULES, False))

    @api.constrains("routing_id", "direction", *SAID_BY_RULES)
    def _check_routing(self):
        for interface in self.filtered("routing_id"):
            if interface.direction != "inbound":
                raise ValidationError(self.env._("Only what is received is routed."))
            twice = [name for name in SAID_BY_RULES if interface[name]]
            if twice:
                labels = [self._fields[name]._description_string(self.env) for name in twice]
                raise ValidationError(
                    self.env._(
                        "The rules of the routing “%(routing)s” say what is done with each "
                        "message. Leave empty on the interface: %(fields)s.",
                        routing=interface.routing_id.display_name,
                        fields=", ".join(labels),
                    )
                )

    def _missing_approvals(self) -> list[str]:
        missing = super()._missing_approvals()
        return missing + (self.routing_id._missing() if self.routing_id else [])
