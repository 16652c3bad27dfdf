import logging

from odoo import api, models

from odoo.addons.integration_core.engine import keys, routes
from odoo.addons.integration_core.tools import canonical_json, errors, payload_codec
from odoo.addons.integration_core.tools.keyring import KeyRingError
from odoo.addons.integration_ehr_bridge.tools.fhir import resource

from ..tools import supply_problems
from ..tools.supply_problems import UNHANDLED

_logger = logging.getLogger(__name__)

HANDLER = "integration.handler.ehr_requisition_state"
#: Messages that wait for a person.
_STUCK = ("quarantined", "dead")
#: So many in one go of the job; the others follow in the next.
_BATCH = 200


class EhrSupplyProblem(models.Model):
    """Orders over FHIR that could not be handled: an unknown item, unit, place or visit."""

    _inherit = "ehr.supply.problem"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _look_at_messages(self):
        self._end_of_messages()
        interfaces = self._interfaces()
        self.env.cr.execute(
            """
            SELECT m.id, m.uuid, m.interface_id, m.message_type, m.error_code, p.body, p.encoding
              FROM integration_message m
              JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received'
             WHERE m.interface_id = ANY(%s) AND m.state = ANY(%s)
               AND NOT EXISTS (SELECT FROM ehr_supply_problem s WHERE s.message_uuid = m.uuid)
             ORDER BY m.id
             LIMIT %s
            """,
            [interfaces.ids, list(_STUCK), _BATCH],
        )
        ring = keys.optional_ring(self.env.cr)
        by_id = {one.id: one for one in interfaces}
        for _id, uuid, interface_id, kind, code, body, encoding in self.env.cr.fetchall():
            interface = by_id[interface_id]
            if not self._is_order(interface, kind):
                continue
            if record := self._record_of(bytes(body), encoding, uuid, ring):
                self.create(
                    {
                        "kind": UNHANDLED,
                        "reason": code,
                        "order_record": record,
                        "message_uuid": uuid,
                        "system_id": interface.system_id.id,
                        "company_id": interface.company_id.id,
                    }
                )

    def _interfaces(self):
        return self.env["integration.interface"].search(
            [("direction", "=", "inbound"), ("transport", "=", "fhir")]
        )

    def _is_order(self, interface, message_type):
        handler = routes.handler_of(interface, message_type)
        return handler is not None and handler._name == HANDLER

    def _record_of(self, body, encoding, uuid, ring):
        """The name of an order; nothing else of what was received is looked at."""
        try:
            raw = payload_codec.decode(body, encoding, uuid, "received", ring)
            return resource.identity(canonical_json.loads(raw)).partition[:200]
        except (errors.IntegrationError, KeyRingError, ValueError) as exc:
            # The type alone: a text may quote what was received.
            _logger.warning("A stuck order tells no name: %s", type(exc).__name__)
            return None

    def _end_of_messages(self):
        """End the problems of messages that were handled or cancelled since."""
        told = self.search([("state", "=", "open"), ("message_uuid", "!=", False)])
        if not told:
            return
        self.env.cr.execute(
            "SELECT uuid, state FROM integration_message WHERE uuid = ANY(%s)",
            [told.mapped("message_uuid")],
        )
        states = dict(self.env.cr.fetchall())
        for one in told:
            if ending := supply_problems.ending_of_message(states.get(one.message_uuid)):
                one._end(ending)
