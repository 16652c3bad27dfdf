# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Addresses that are made of what a partner sent, and stay where an administrator approved.

A *base* is the approved address: origin and path, nothing behind it. What a notification is about
is a *resource*: a path and query below the base. It comes from

* a :class:`Template` such as ``orders/{data.id}?expand=lines``, whose expressions (JMESPath over
  the notification) give values. A value is percent-encoded, so it stays one segment of the path or
  one value of the query; or
* a link that the notification carries (:func:`below`), which has to lie below the base.

Whatever its origin, a resource is checked once more when it is joined to its base (:func:`join`).
Encoding alone is not enough: a value ``../admin`` leaves as ``..%2Fadmin``, which some servers
decode before they look for ``..``. So nothing passes that has such a step after any number of
decodings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

from odoo.addons.integration_core.tools.errors import ConfigurationError, MappingError
from odoo.addons.integration_core.tools.mapping_budget import Budget
from odoo.addons.integration_core.tools.mapping_expression import (
    Expression,
    evaluate,
    interpreter,
    parse,
)
from odoo.addons.integration_core.tools.net_guard import (
    MAX_URL,
    AddressRefused,
    CheckedUrl,
    check_url,
)

#: Longest value that may become a part of an address.
MAX_VALUE: Final = 512
#: What may be encoded more often than this was not encoded in good faith.
_MAX_DECODINGS: Final = 5
#: A step costs about a microsecond, and every notification pays.
_STEPS: Final = 100_000
_PLACE: Final = "resource"

# Characters of a path and of a query (RFC 3986) that need no encoding; % is left to values.
_PATH: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*", re.ASCII)
_QUERY: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]*", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class ResourceRefused(ConfigurationError):
    """What a notification is about lies outside of what was approved. Nothing was asked for."""

    default_code = "fetch_refused"


class ResourceUnnamed(MappingError):
    """A notification does not say what it is about, where it is looked for."""

    default_code = "fetch_unnamed"


def check_base(url: str) -> CheckedUrl:
    """Refuse an address to which nothing can be joined safely.

    :raises AddressRefused: with a text for whoever entered it
    """
    base = check_url(url, allow_plaintext=True)
    if "?" in url:
        raise AddressRefused("an address to fetch from has no query (?); put it into the template")
    if _strays(base.target) or "//" in base.target:
        raise AddressRefused("an address to fetch from has no empty or dotted parts in its path")
    return base


def join(base: str, resource: str) -> str:
    """The address of a resource.

    :raises ResourceRefused: it would not lie below the base, or be too long
    :raises AddressRefused: the base itself is none
    """
    check_base(base)
    if not resource or resource.startswith("?"):
        url = base + resource
    else:
        url = f"{base.rstrip('/')}/{resource}"
    _require_below(base, url)
    return url


def below(base: str, link: Any) -> str:
    """The resource that a link leads to: a whole URL, or a path of the base's origin.

    :raises ResourceUnnamed: there is no link
    :raises ResourceRefused: it does not lie below the base
    :raises AddressRefused: the base itself is none
    """
    if not isinstance(link, str) or not link:
        raise ResourceUnnamed("The notification has no link where it is looked for.")
    approved = check_base(base)
    if link.startswith("/") and not link.startswith("//"):
        link = f"{approved.scheme}://{approved.host_header}{link}"
    checked = _require_below(base, link)
    return checked.target.removeprefix(approved.target.rstrip("/")).removeprefix("/")


def _require_below(base: str, url: str) -> CheckedUrl:
    approved = check_base(base)
    try:
        checked = check_url(url, allow_plaintext=True)
    except AddressRefused:
        raise ResourceRefused(
            "What the notification is about makes no usable address; it may be too long."
        ) from None
    origin = (checked.scheme, checked.host, checked.port)
    path = checked.target.partition("?")[0]
    prefix = approved.target.rstrip("/")
    if (
        origin != (approved.scheme, approved.host, approved.port)
        or not (path == prefix or path.startswith(f"{prefix}/"))
        or _strays(path)
    ):
        raise ResourceRefused(
            "What the notification is about lies outside of the address that was approved."
        )
    return checked


def _strays(path: str) -> bool:
    """Whether a path has a step such as ``..``, or a control character, however it is written.

    ``..;x`` counts: there are servers that cut off what follows a semicolon.
    """
    for _round in range(_MAX_DECODINGS):
        parts = re.split(r"[/\\]", path)
        if _CONTROL.search(path) or any(p.partition(";")[0].strip() in (".", "..") for p in parts):
            return True
        decoded = unquote(path)
        if decoded == path:
            return False
        path = decoded
    return True


@dataclass(frozen=True, slots=True)
class Template:
    """A resource with expressions in braces. Immutable and safe to share between threads."""

    _parts: tuple[str | Expression, ...]

    @classmethod
    def compile(cls, text: str) -> Template:
        """Parse and check a template: the check at configuration time.

        :raises ValueError: with a sentence for whoever wrote it
        """
        parts = tuple(_parse(text.strip()))
        if not any(isinstance(part, Expression) for part in parts):
            raise ValueError("it names nothing of the notification; write an expression in {}")
        # Values are checked when they come; what is written here, at once.
        written = "".join("x" if isinstance(part, Expression) else part for part in parts)
        path, _mark, query = written.partition("?")
        if not _PATH.fullmatch(path) or not _QUERY.fullmatch(query):
            raise ValueError(
                "outside of {} there are letters, digits and the usual signs of addresses only"
            )
        if path.startswith("/") or "//" in path or _strays(path):
            raise ValueError("the path goes on behind the address, without empty or dotted parts")
        return cls(parts)

    def resource(self, notification: Any) -> str:
        """The resource of a notification.

        :param notification: what :func:`canonical_json.loads` returned, or a codec
        :raises ResourceUnnamed: an expression gives no text or whole number; no value is quoted
        """
        machine = interpreter(Budget(_STEPS), {})
        found = []
        for number, part in enumerate(self._parts):
            if isinstance(part, str):
                found.append(part)
                continue
            try:
                value = evaluate(machine, part, _PLACE, notification)
            except MappingError as error:
                raise ResourceUnnamed(error.message) from None
            found.append(_encoded(value, number // 2 + 1))
        return "".join(found)


def compile_link(text: str) -> Expression:
    """The expression that gives a link.

    :raises ValueError: with a sentence for whoever wrote it
    """
    return _expression(text.strip())


def link(expression: Expression, notification: Any) -> Any:
    """What an expression gives.

    :raises ResourceUnnamed: it cannot be evaluated; no value is quoted
    """
    try:
        return evaluate(interpreter(Budget(_STEPS), {}), expression, _PLACE, notification)
    except MappingError as error:
        raise ResourceUnnamed(error.message) from None


def _parse(text: str) -> Iterator[str | Expression]:
    """Text and expressions by turns, text first; either may be empty text."""
    if len(text) > MAX_URL:
        raise ValueError(f"it is longer than {MAX_URL} characters")
    rest = text
    while "{" in rest:
        before, _brace, rest = rest.partition("{")
        inner, brace, rest = rest.partition("}")
        if not brace or "{" in inner:
            raise ValueError("a brace is not closed, or there are braces inside of braces")
        yield before
        yield _expression(inner.strip())
    if "}" in rest:
        raise ValueError("a brace is closed that was not opened")
    yield rest


def _expression(text: str) -> Expression:
    try:
        expression = parse(_PLACE, text)
    except MappingError as error:
        raise ValueError(error.message) from None
    if expression.map_names:
        raise ValueError("value maps cannot be looked up here")
    return expression


def _encoded(value: Any, number: int) -> str:
    """A value as one segment of a path, or one value of a query.

    An empty one is refused: ``orders/`` would ask for all orders.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ResourceUnnamed(f"Expression {number} gives no text and no whole number.")
    if len(value) > MAX_VALUE:
        raise ResourceUnnamed(f"Expression {number} gives more than {MAX_VALUE} characters.")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise ResourceUnnamed(f"Expression {number} gives text that is not Unicode.") from None
