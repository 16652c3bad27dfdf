from odoo import http

from odoo.addons.integration_core.controllers import door
from odoo.addons.integration_core.controllers.dispatcher import with_signature
from odoo.addons.integration_core.controllers.problem import Problem


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
    @with_signature
    def receive(self, token):
        """Accept a delivery: 202 with a receipt, once it is stored."""
        return door.receive(token, "webhook", _authenticate, _greet)

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


def _greet(spec, arrival):
    """Answer what a partner asks before it delivers."""
    receiver = spec["receiver"]
    return receiver.greet(arrival) if receiver else None


def _authenticate(spec, arrival, opened):
    """Verify the proof. The sender is never told what was wrong with it."""
    receiver = spec["receiver"]
    if receiver is None:  # a draft whose settings cannot be used
        raise Problem(401)
    return receiver.receive(spec, arrival, opened)
