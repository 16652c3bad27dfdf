import logging
import time

from odoo import http

from odoo.addons.integration_core.controllers import door
from odoo.addons.integration_core.controllers.problem import Problem

from ..tools import standard_webhooks
from ..tools.signature import SignatureInvalid

_logger = logging.getLogger(__name__)


class WebhookController(http.Controller):
    """Where partners deliver their webhooks."""

    @http.route(
        "/integration/webhook/<string:token>",
        type="integration",
        auth="none",
        # Handshakes come by GET and OPTIONS; the door answers 405 to the rest.
        methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        readonly=False,  # auth none is read-only by default, and this stores
        save_session=False,
        max_content_length=door.READ_LIMIT,
    )
    def receive(self, token):
        """Accept a delivery: 202 with a receipt, once it is stored."""
        return door.receive(token, "webhook", _authenticate)

    @http.route(
        "/integration/webhook/<string:token>/receipts/<string:uuid>",
        type="integration",
        auth="none",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def receipt(self, token, uuid):
        """Tell the sender how far a message is."""
        return door.receipt(token, "webhook", uuid)


def _authenticate(spec, arrival, secrets):
    """Verify the signature. The sender is never told what was wrong with it."""
    try:
        verified = standard_webhooks.verify(
            arrival.headers,
            arrival.body,
            [standard_webhooks.Secret.parse(secret) for _sealed, secret in secrets],
            time.time(),
        )
    except SignatureInvalid as exc:
        _logger.info("Webhook refused: %s", exc.reason)
        raise Problem(401) from exc
    return door.Delivery(external_key=verified.id, secret_index=verified.secret_index)
