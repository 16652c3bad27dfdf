"""Signatures of requests: the scheme that an interface has chosen, with the secrets in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from odoo.addons.integration_core.tools import http_auth

from ..tools import standard_webhooks
from .sender import Signer


def signer(proofs: Sequence[http_auth.Proof]) -> Signer:
    """What signs with ``proofs``, the version in use first."""
    secrets = [
        standard_webhooks.Secret.parse(proof.secret)
        for proof in proofs
        if isinstance(proof, http_auth.SharedSecret)
    ]
    return _unsigned if not secrets else _Standard(secrets)


class _Standard:
    def __init__(self, secrets: Sequence[standard_webhooks.Secret]) -> None:
        self._secrets = secrets

    def __call__(
        self,
        message_id: str,
        timestamp: int,
        _method: str,
        _url: str,
        _headers: Mapping[str, str],
        body: bytes,
    ) -> Mapping[str, str]:
        return standard_webhooks.signed_headers(self._secrets, message_id, timestamp, body)


def _unsigned(
    message_id: str,
    timestamp: int,
    _method: str,
    _url: str,
    _headers: Mapping[str, str],
    _body: bytes,
) -> Mapping[str, str]:
    """The partner knows us by something else; id and time are told all the same."""
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
