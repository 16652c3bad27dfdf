"""GitHub: ``X-Hub-Signature-256: sha256=`` and the hexadecimal HMAC-SHA256 of the body.

Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries

No time is signed, and the id stands in a header that is not signed: a captured delivery can be
replayed under another id. Gitea, Forgejo and Bitbucket sign alike under other header names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..encodings import decode_hex
from ..options import Naming, check_header
from ..request import InboundRequest
from ..signature import VerifiedDelivery
from .base import HmacScheme, delivery, hmac_proof, names_of

_PREFIX: Final = "sha256="


@dataclass(frozen=True)
class GitHubOptions(Naming):
    """:param signature_header: another one for those who sign alike, such as Bitbucket's
    ``X-Hub-Signature``, which holds a SHA-256 there."""

    signature_header: str = "X-Hub-Signature-256"
    id_header: str = "X-GitHub-Delivery"
    type_header: str = "X-GitHub-Event"

    def _check(self) -> None:
        check_header("signature_header", self.signature_header)


class GitHub(HmacScheme[GitHubOptions]):
    """See the module."""

    code = "github"
    options = GitHubOptions

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: GitHubOptions, now: float
    ) -> VerifiedDelivery:
        value = request.headers.required(options.signature_header)
        digest = decode_hex(value.removeprefix(_PREFIX)) if value.startswith(_PREFIX) else None
        index = hmac_proof(secrets, request.body, "sha256", [digest] if digest else [])
        return delivery(names_of(request, options), None, index)
