"""Which signer an interface needs: its scheme, with the secrets in force."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from odoo.addons.integration_core.tools.errors import CredentialError
from odoo.addons.integration_core.tools.http_auth import Proof, SharedSecret, SigningKey

from ..tools.signers.base import Signer, Unsigned
from ..tools.signers.hmac_template import PRESETS, HmacSigner, HmacTemplate
from ..tools.signers.http_signature import HttpSignatureSigner, SignatureKey
from ..tools.signers.standard import StandardSigner


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


def _key_id(proof: Proof) -> str:
    """By which a receiver tells one shared secret from the next; key pairs have their thumbprint.

    Derived from the secret, so that it changes with it, and tells nothing of it.
    """
    if not isinstance(proof, SharedSecret):
        return ""
    return hmac.digest(proof.secret.encode(), b"keyid", "sha256").hex()[:16]
