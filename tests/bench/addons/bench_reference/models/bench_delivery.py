import time

import requests

from odoo import api, models

from odoo.addons.integration_core.tools import canonical_json
from odoo.addons.integration_webhooks.tools import standard_webhooks

# One a worker: its connection stays open between jobs, which is the best setting of the reference.
_session = requests.Session()
_session.trust_env = False
_SECRET = standard_webhooks.Secret.parse("whsec_" + "QUFB" * 8)


class BenchDelivery(models.AbstractModel):
    """The reference for deliveries: a queue job for each."""

    _name = "bench.delivery"
    _description = "Benchmark Delivery"

    @api.model
    def _enqueue(self, event_id, url, count):
        """Create ``count`` jobs that deliver an event."""
        for _number in range(count):
            self.with_delay(channel="root")._deliver(event_id, url)

    def _deliver(self, event_id, url):
        """Job: read the event, sign it and post it."""
        event = self.env["integration.event"].browse(event_id)
        body = canonical_json.dumps(
            {
                "type": event.type_code,
                "timestamp": event.occurred_at.isoformat(),
                "data": canonical_json.loads(event.data.encode()),
            }
        )
        headers = standard_webhooks.signed_headers(_SECRET, event.uuid, int(time.time()), body)
        headers["content-type"] = "application/json"
        answer = _session.post(url, data=body, headers=headers, timeout=15)
        answer.raise_for_status()
