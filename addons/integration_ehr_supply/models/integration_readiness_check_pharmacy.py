from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.readiness import Checked

ENCODED, DISPENSED = "RDE^O11", "RDS^O13"
USAGE = "integration.handler.ehr_consumption"
#: Contracts of what pharmacies tell.
CONTRACTS = ("ehr.consumption", "ehr.encoded_order")


class IntegrationReadinessCheck(models.AbstractModel):
    """Whether what a pharmacy sends is taken from stock once: not twice, and not never."""

    _inherit = "integration.readiness.check"

    @api.model
    def _checks(self):
        found = dict(super()._checks())
        for code in CONTRACTS:
            found[code] = (*found.get(code, ()), "_check_encoded_orders")
        return found

    def _check_encoded_orders(self, interface):
        """What encoded orders mean at this pharmacy is decided, and fits to what it sends."""
        routing = interface.routing_id
        if not routing:
            return []
        rules = routing._rules()
        rule, dispenses = rules.find(ENCODED), rules.find(DISPENSED)
        severity, told = "advice", ""
        if not rule and dispenses:
            told = self.env._(
                "RDE^O11 has no rule: if this system sends it, each message waits for a person."
            )
        elif rule and not rule.handler:
            if self._came(interface, ENCODED) and not self._came(interface, DISPENSED):
                told = self.env._(
                    "RDE^O11 has come and is only kept, and no RDS^O13 has: what is dispensed is "
                    "not taken from stock. Remove this rule where you add another one for RDE."
                )
        elif rule and rule.handler == USAGE and self._came(interface, DISPENSED):
            severity = "blocks"
            told = self.env._(
                "RDE^O11 is taken from stock, and RDS^O13 has come as well: each dispense is "
                "taken twice."
            )
        found = routing if told else routing.browse()
        return [
            Checked(
                self.env._("What a pharmacy tells is taken from stock once"),
                self.env._(
                    "Add the rules of the routing that fits to a new version of yours: "
                    "hl7_v2_encoded_orders_kept if dispenses (RDS) follow, "
                    "hl7_v2_pharmacy_orders if they follow and the pharmacy fills from a store "
                    "in Odoo, hl7_v2_encoded_orders if the pharmacy sends no RDS."
                ),
                severity,
                found,
                len(found),
                {routing.id: told},
            )
        ]

    def _came(self, interface, message_type):
        """Whether the system sent messages of a type, over whichever of its interfaces."""
        return bool(
            self.env["integration.message"].search_count(
                Domain("interface_id.system_id", "=", interface.system_id.id)
                & Domain("direction", "=", "inbound")
                & Domain("message_type", "=", message_type),
                limit=1,
            )
        )
