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
        by_id = {one.id: one for one in self._interfaces()}
        orders = self._kinds_of_orders(by_id)
        if not orders:
            return
        # The newest first: what tells no name stays, and must not hold up the others for ever.
        self.env.cr.execute(
            """
            SELECT m.uuid, m.interface_id, m.error_code, p.body, p.encoding
              FROM integration_message m
              JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received'
             WHERE (m.interface_id, m.message_type) IN %s AND m.state = ANY(%s)
               AND NOT EXISTS (SELECT FROM ehr_supply_problem s WHERE s.message_uuid = m.uuid)
             ORDER BY m.id DESC
             LIMIT %s
            """,
            [tuple(orders), list(_STUCK), _BATCH],
        )
        ring = keys.optional_ring(self.env.cr)
        for uuid, interface_id, code, body, encoding in self.env.cr.fetchall():
            interface = by_id[interface_id]
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

    def _kinds_of_orders(self, by_id):
        """Interfaces and types of messages that wait for a person and are orders of supplies.

        Bodies of others, of visits above all, are not even looked at.
        """
        self.env.cr.execute(
            "SELECT DISTINCT interface_id, message_type FROM integration_message "
            "WHERE interface_id = ANY(%s) AND state = ANY(%s)",
            [list(by_id), list(_STUCK)],
        )
        return [
            (interface_id, kind)
            for interface_id, kind in self.env.cr.fetchall()
            if self._is_order(by_id[interface_id], kind)
        ]

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
