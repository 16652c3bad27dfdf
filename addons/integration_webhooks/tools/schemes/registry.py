"""All schemes, by the code under which interfaces store them."""

from collections.abc import Mapping
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import ConfigurationError

from .aws_sns import AwsSns
from .base import Scheme
from .clear_secrets import ApiKey, Basic, Bearer
from .client_certificate import ClientCertificate
from .generic_hmac import GenericHmac
from .github import GitHub
from .http_signature import HttpSignature
from .json_web_token import JsonWebToken
from .shopify import Shopify
from .slack import Slack, Zoom
from .sns_certificates import CertificateCache, FetchCertificate
from .standard import StandardWebhooks
from .stripe import Stripe
from .twilio import Twilio

_PLAIN: Final = (
    StandardWebhooks,
    Stripe,
    GitHub,
    Shopify,
    Slack,
    Zoom,
    Twilio,
    GenericHmac,
    HttpSignature,
    JsonWebToken,
    ClientCertificate,
    Bearer,
    Basic,
    ApiKey,
)


def schemes(fetch_certificate: FetchCertificate | None = None) -> Mapping[str, Scheme[Any]]:
    """One object of each scheme, to be kept for the life of the process.

    :param fetch_certificate: how Amazon's certificates are fetched; without it none can be had,
        and deliveries of SNS are refused as not provable now.
    """
    made: list[Scheme[Any]] = [make() for make in _PLAIN]
    made.append(AwsSns(CertificateCache(fetch_certificate or _no_certificates)))
    return {scheme.code: scheme for scheme in made}


def _no_certificates(_url: str) -> str:
    raise ConfigurationError("Certificates cannot be fetched here.")
