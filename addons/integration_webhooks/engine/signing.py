"""Which signer an interface needs: its scheme, with the secrets in force."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from odoo.addons.integration_core.tools.errors import CredentialError
from odoo.addons.integration_core.tools.http_auth import Proof, SharedSecret, SigningKey

from ..tools import standard_webhooks
from ..tools.signers.base import Signer, Unsigned
from ..tools.signers.hmac_template import PRESETS, HmacSigner, HmacTemplate
from ..tools.signers.http_signature import HttpSignatureSigner, SignatureKey
from ..tools.signers.standard import StandardSigner

#: Bytes of a secret that is used as it stands: no partner hands out one that comes near.
MAX_TEXT = 500


def signs(proof: Proof) -> bool:
    """Whether requests are signed with it, instead of carrying it along."""
    return isinstance(proof, (SharedSecret, SigningKey))


def signer(scheme: str, proofs: Sequence[Proof], template: HmacTemplate | None = None) -> Signer:
    """What signs by ``scheme`` with ``proofs``, the version in use first.

    A credential that does not sign leaves requests unsigned: the partner knows us by it.

    :param template: of the scheme ``template``.
    :raises CredentialError: the secrets cannot sign like this.
    """
    if not signs(proofs[0]):
        return Unsigned()
    if scheme == "standard":
        return StandardSigner.from_proofs(proofs)
    try:
        if scheme == "rfc9421":
            keys = [SignatureKey.of(proof, _key_id(proof)) for proof in proofs if signs(proof)]
            return HttpSignatureSigner(keys)
        form = template if scheme == "template" else PRESETS[scheme]
        if form is None:
            raise ValueError("there is no template")
        return HmacSigner.from_proofs(form, proofs)
    except ValueError as error:
        raise CredentialError(f"The credential cannot sign: {error}", code="cannot_sign") from None


def check_secret(scheme: str, secret: str) -> None:
    """Check a shared secret when it is entered.

    Standard Webhooks have a form of their own. By all other schemes the key is the text itself, in
    whatever form the partner hands it out: GitHub lets people choose it, Slack's are hexadecimal,
    and Stripe's begin with ``whsec_`` without being base64.

    :raises ValueError: ``scheme`` cannot sign with it; the sentence quotes nothing.
    """
    if scheme == "standard":
        try:
            standard_webhooks.Secret.parse(secret)
        except ValueError as error:
            raise ValueError(
                f"{error} A partner whose secrets look different wants another signature: choose "
                "that first."
            ) from None
    elif not secret.isprintable() or len(secret.encode()) > MAX_TEXT:
        raise ValueError(
            f"A secret is one line of up to {MAX_TEXT} printable characters, just as the partner "
            "shows it."
        )


def _key_id(proof: Proof) -> str:
    """By which a receiver tells one shared secret from the next; key pairs have their thumbprint.

    Derived from the secret, so that it changes with it, and tells nothing of it.
    """
    if not isinstance(proof, SharedSecret):
        return ""
    return hmac.digest(proof.secret.encode(), b"keyid", "sha256").hex()[:16]
