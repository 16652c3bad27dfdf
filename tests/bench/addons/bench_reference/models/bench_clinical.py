from datetime import UTC, datetime

from odoo import api, models

from odoo.addons.integration_core.engine import intake, keys
from odoo.addons.integration_core.engine.inbound_batch import Received
from odoo.addons.integration_core.engine.inbound_plan import inbound_plan
from odoo.addons.integration_ehr_bridge.engine import hl7_arrival
from odoo.addons.integration_ehr_bridge.tools.mllp import reception

#: How an interface handles messages, by its id: what the reference reads once in a process.
_plans = {}


class BenchClinical(models.AbstractModel):
    """Feeds of HL7 v2, and queue jobs that do the same with it."""

    _name = "bench.clinical"
    _description = "Benchmark of Clinical Feeds"

    @api.model
    def _interface(self, name, port, groups):
        """An active feed by the standard routing and with the standard policy; its id."""
        fixture = self.env["bench.fixture"]
        system = fixture._system(name)
        system.write({"kind": "ehr", "environment": "production"})
        interface = self.env["integration.interface"].create(
            {
                "name": name,
                "system_id": system.id,
                "direction": "inbound",
                "transport": "mllp",
                "body_codec": "hl7",
                "data_class": "clinical",
                "mllp_port": port,
                "mllp_tls": "none",
                "routing_id": self.env.ref("integration_ehr_bridge.routing_hl7_v2_standard").id,
                "user_id": fixture._service_user(name, groups).id,
            }
        )
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
        return interface.id

    @api.model
    def _store(self, interface_id, texts):
        """Store messages as the listener does, without waking a drain."""
        interface = self.env["integration.interface"].browse(interface_id)
        spec = {**interface._inbound_spec(), "hl7_charset": interface.hl7_default_charset}
        ring = keys.optional_ring(self.env.cr)
        rules, now = interface._hl7_rules(), datetime.now(UTC)
        for text in texts:
            [part] = reception.receive(text.encode(), rules, now).parts
            intake.store(self.env.cr, spec, hl7_arrival.incoming(spec, part, ring), ring)

    @api.model
    def _enqueue(self, messages, interface_id):
        """Create a queue job for each message.

        :param messages: pairs of type and text
        """
        bodies = self.env["bench.body"].create(
            [{"message_type": message_type, "body": text} for message_type, text in messages]
        )
        for body in bodies:
            self.with_delay(channel="root")._handle(body.id, interface_id)

    def _handle(self, body_id, interface_id):
        """Job: parse a message, find its rule, map it, check it, and hand it to the handler."""
        key = self.env.cr.dbname, interface_id
        if key not in _plans:
            _plans[key] = inbound_plan(self.env["integration.interface"].browse(interface_id))
        body = self.env["bench.body"].browse(body_id)
        plan = _plans[key].of_type(body.message_type)
        moment = datetime.now(UTC).replace(tzinfo=None)
        data = plan.convert(body.body.encode(), hl7_arrival.CONTENT_TYPE, moment)
        received = Received(body.id, str(body.id), body.message_type, None, None, plan.system_id)
        plan.handler(self.env)._process(received, data)
