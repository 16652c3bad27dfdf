import logging
import time
from datetime import UTC, datetime

from odoo import models

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import canonical_json, errors, http_auth, retry_after
from odoo.addons.integration_core.tools.http_client import HttpClient, HttpRequest, HttpResponse

from ..tools import standard_webhooks

_logger = logging.getLogger(__name__)

# One client a process: its pools keep connections to partners open between drains.
_client = HttpClient()


class IntegrationTransportWebhook(models.AbstractModel):
    """Delivers messages as Standard Webhooks."""

    _name = "integration.transport.webhook"
    _inherit = "integration.transport"
    _description = "Webhook Transport"

    def _sender(self, interface):
        policy = interface.policy_id
        # sudo: the drain runs as superuser anyway; secrets stay inside the returned object
        credential = interface.credential_id.sudo()
        proofs = credential._proofs()
        credential._note_sending()
        return WebhookSender(
            url=interface.url,
            proofs=proofs,
            connect_timeout=policy.connect_timeout,
            read_timeout=policy.read_timeout,
            total_timeout=policy.total_timeout,
            allowed_networks=interface._allowed_networks(),
            allow_plaintext=interface._plaintext_allowed(),
        )


class WebhookSender:
    """Signs and posts messages to one endpoint. Thread safe; needs no database."""

    def __init__(self, url, proofs, **options):
        self._url = url
        self._secrets = [
            standard_webhooks.Secret.parse(proof.secret)
            for proof in proofs
            if isinstance(proof, http_auth.SharedSecret)
        ]
        # A request proves itself in one other way only, so the version in use does.
        self._headers = dict(proofs[0].headers())
        self._options = {**options, "tls": proofs[0].tls()}

    def __call__(self, message: Outgoing) -> Outcome:
        body = envelope(message)
        try:
            answer = _client.send(self._request(message, body))
        except errors.IntegrationError as exc:
            return Outcome(error=exc, sent=body)
        except Exception as exc:  # a thread must bring home an outcome for each message
            # The type alone: the text of an unknown exception may quote what was sent.
            _logger.error("Sending failed unexpectedly with %s", type(exc).__name__)
            return Outcome(error=errors.classify(exc), sent=body)
        return Outcome(
            error=refusal(answer),
            http_status=answer.status,
            sent=body,
            response=answer.body,
            response_type=answer.headers.get("content-type", ""),
        )

    def _request(self, message: Outgoing, body: bytes) -> HttpRequest:
        headers = {
            "content-type": "application/json",
            "user-agent": "Odoo-Integration-Suite/1.0",
            **self._headers,
            **self._signature(message, body),
        }
        if message.trace_parent:
            headers["traceparent"] = message.trace_parent
        if message.correlation_id:
            headers["x-correlation-id"] = message.correlation_id
        if message.sequence_number:
            headers["x-webhook-sequence"] = str(message.sequence_number)
        return HttpRequest("POST", self._url, headers, body, **self._options)

    def _signature(self, message: Outgoing, body: bytes) -> dict[str, str]:
        """The headers of the standard; unsigned when the partner knows us by something else."""
        now = int(time.time())
        if self._secrets:
            return standard_webhooks.signed_headers(self._secrets, message.external_key, now, body)
        return {"webhook-id": message.external_key, "webhook-timestamp": str(now)}


def envelope(message: Outgoing) -> bytes:
    """The body: type, time of the event and data, as Standard Webhooks recommends."""
    occurred = message.occurred_at.replace(tzinfo=UTC).isoformat(timespec="milliseconds")
    return canonical_json.dumps(
        {
            "type": message.message_type,
            "timestamp": occurred.replace("+00:00", "Z"),
            "data": message.document,
        }
    )


def refusal(answer: HttpResponse) -> errors.IntegrationError | None:
    """What an HTTP answer means for the message; ``None`` for a 2xx.

    A redirect is a failure: following it would send signed data to an address nobody approved.
    """
    status = answer.status
    code = f"http_{status}"
    if 200 <= status < 300:
        return None
    if status == 429 or status in (502, 503, 504):
        wait = retry_after.parse(answer.headers.get("retry-after"), datetime.now(UTC))
        return errors.ThrottledError(
            f"The partner asks to send later (HTTP {status}).", wait, code=code
        )
    if status >= 500 or status in (408, 425):
        return errors.TransientError(f"The partner failed (HTTP {status}).", code=code)
    if status in (401, 403, 404):
        # Says more about the partner's set-up today than about this message: a firewall rule or
        # a bad deployment must not turn a backlog into dead letters.
        return errors.TransientError(f"The partner's door is closed (HTTP {status}).", code=code)
    if status == 410:
        return errors.PermanentError(
            "The partner says that this address is gone for good (HTTP 410).", code=code
        )
    if 300 <= status < 400:
        return errors.PermanentError(
            f"The partner redirects (HTTP {status}); enter the new address in the interface.",
            code=code,
        )
    return errors.PermanentError(f"The partner refused the message (HTTP {status}).", code=code)
