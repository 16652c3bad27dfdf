"""The text that a signature of an HTTP message covers (RFC 9421, 2), built from a request."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from ..request import InboundRequest, UrlParts
from ..signature import Reason, SignatureInvalid
from ..structured_fields import InnerList, serialise

_PORTS: Final = {"http": ":80", "https": ":443"}
# Blanks and tabs inside are allowed, other control characters would begin new lines of the text.
_VALUE: Final = re.compile(r"[\t -~]*")


def _authority(url: UrlParts) -> str:
    """In lower case, without the scheme's own port (RFC 9421, 2.2.3)."""
    return url.authority.lower().removesuffix(_PORTS[url.scheme])


_FROM_URL: Final[Mapping[str, Callable[[UrlParts], str]]] = {
    "@target-uri": lambda url: f"{url.scheme}://{url.authority}{url.path or '/'}{url.query}",
    "@authority": _authority,
    "@scheme": lambda url: url.scheme,
    "@request-target": lambda url: (url.path or "/") + url.query,
    "@path": lambda url: url.path or "/",
    "@query": lambda url: url.query or "?",
}
KNOWN_COMPONENTS: Final = ("@method", *_FROM_URL)


def signature_base(request: InboundRequest, claimed: InnerList) -> bytes:
    """The signed bytes.

    :param claimed: what the signature covers, with its parameters.
    :raises SignatureInvalid: it names something twice, something that is not there, or something
        that is not supported.
    """
    lines = {}
    for item in claimed.items:
        name = item.value
        if item.parameters or type(name) is not str:
            raise SignatureInvalid(Reason.BAD_HEADER)
        if name in lines:
            raise SignatureInvalid(Reason.AMBIGUOUS_HEADER)
        value = _component(request, name)
        if not _VALUE.fullmatch(value):
            raise SignatureInvalid(Reason.BAD_HEADER)
        lines[name] = f'"{name}": {value}'
    text = "\n".join([*lines.values(), f'"@signature-params": {serialise(claimed)}'])
    # Only ASCII is in it: names and values were held to it.
    return text.encode("ascii")


def _component(request: InboundRequest, name: str) -> str:
    if name == "@method":
        return request.method
    if name in _FROM_URL:
        return _FROM_URL[name](request.url_parts())
    # Field names are in lower case, so that each has one spelling (RFC 9421, 2.1).
    if not re.fullmatch(r"[a-z0-9!#$%&'*+.^_`|~-]{1,64}", name):
        raise SignatureInvalid(Reason.BAD_HEADER)
    value = request.headers.combined(name)
    if value is None:
        raise SignatureInvalid(Reason.MISSING_HEADER)
    return value
