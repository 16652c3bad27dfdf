# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a server says about signing in: ``.well-known/smart-configuration`` (SMART App Launch 2).

Reading it changes nothing: the token address of a credential is approved by people, and what the
server names is compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from odoo.addons.integration_core.tools import canonical_json, errors, net_guard

PATH: Final = (".well-known", "smart-configuration")
MAX_BYTES: Final = 256 * 1024
#: What Backend Services need: one of them, unless the server does not say what it takes.
ALGORITHMS: Final = ("RS384", "ES384")


@dataclass(frozen=True, slots=True)
class Smart:
    """What a server offers.

    :ivar methods: ways of proving a client at the token address; empty if it does not say
    :ivar algorithms: of assertions; empty if it does not say
    """

    token_url: str
    methods: frozenset[str] = frozenset()
    algorithms: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()

    def takes_assertions(self) -> bool:
        """Whether Backend Services may work: assertions that a private key signs."""
        return not self.methods or "private_key_jwt" in self.methods

    def takes_algorithm(self, name: str) -> bool:
        return not self.algorithms or name in self.algorithms


def read(raw: bytes) -> Smart:
    """What the document says.

    :raises ValueError: it is none, with a sentence without anything of it
    """
    try:
        value = canonical_json.loads(raw, max_bytes=MAX_BYTES)
    except canonical_json.JsonError:
        raise ValueError("the answer is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("the answer is no JSON object")
    url = value.get("token_endpoint")
    if not isinstance(url, str):
        raise ValueError("it names no token_endpoint")
    try:
        net_guard.check_url(url, allow_plaintext=True)
    except errors.ConfigurationError:
        raise ValueError("its token_endpoint is no usable address") from None
    return Smart(
        url,
        methods=_texts(value.get("token_endpoint_auth_methods_supported")),
        algorithms=_texts(value.get("token_endpoint_auth_signing_alg_values_supported")),
        grants=_texts(value.get("grant_types_supported")),
        scopes=_texts(value.get("scopes_supported")),
    )


def _texts(value: Any) -> frozenset[str]:
    found = value if isinstance(value, list) else []
    return frozenset(one for one in found if isinstance(one, str) and len(one) <= 200)
