# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Addresses at a FHIR server: its base, what lies below it, and the links that it gives.

A link is the server's own (bundle.html#links-in-bundles): it is followed as it is, but never to
another place than the one that was approved.

>>> below("https://ehr.example/fhir/", "Encounter", "7")
'https://ehr.example/fhir/Encounter/7'
>>> criteria([("identifier", token("urn:oid:1.2", "A,1"))])
'identifier=urn%3Aoid%3A1.2%7CA%5C%2C1'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from odoo.addons.integration_core.tools import errors, net_guard

from . import resource

#: Longest address that is asked for; servers put their own state into links.
MAX_URL: Final = 8192
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-]{0,127}")
#: What we say ourselves in each search that is polled.
RESERVED: Final = frozenset({"_lastUpdated", "_since", "_sort", "_summary", "_elements", "_format"})
_ESCAPED: Final = re.compile(r"([\\$,|])")


class LinkRefused(errors.TransientError):
    """The server points to a place that nobody approved."""

    default_code = "fhir_link_refused"


def base_of(url: str) -> str:
    """The base address, without a slash at its end.

    :raises errors.ConfigurationError: it cannot be one; the text repeats nothing of it
    """
    text = url.strip()
    checked = net_guard.check_url(text, allow_plaintext=True)
    if "?" in checked.target or "#" in text:
        raise errors.ConfigurationError(
            "The base address ends before any “?” or “#”: it is what comes before “/metadata”.",
            code="fhir_base",
        )
    return text.rstrip("/")


def below(base: str, *parts: str) -> str:
    """The address of something below the base, such as a type and an id."""
    return "/".join((base.rstrip("/"), *(quote(part, safe="$.-") for part in parts)))


def require_id(text: str) -> str:
    """A logical id (datatypes.html#id).

    :raises errors.ContractError: ``invalid_id``
    """
    # Servers and proxies take “.” and “..” for steps of the path.
    if not resource.ID.fullmatch(text) or not text.strip("."):
        raise errors.ContractError("The id of the resource is none.", code="invalid_id")
    return text


def is_type(text: str) -> bool:
    """Whether a text may be the name of a resource type."""
    return bool(_TYPE.fullmatch(text))


def token(system: str, value: str) -> str:
    """A value of a token parameter (search.html#token), with its own signs escaped."""
    return "|".join(_ESCAPED.sub(r"\\\1", part) for part in (system, value))


def criteria(pairs: Sequence[tuple[str, str]]) -> str:
    """Search parameters as they stand in an address."""
    return urlencode(pairs, quote_via=quote, safe="")


def parse_search(text: str) -> tuple[str, list[tuple[str, str]]]:
    """A search as it is entered, such as ``Encounter?class=IMP``: its type and parameters.

    :raises ValueError: with a sentence for whoever wrote it
    """
    name, _mark, query = text.strip().lstrip("/").partition("?")
    if not is_type(name):
        raise ValueError(
            f"“{name[:64]}” is no resource type; write for example Encounter?class=IMP"
        )
    pairs = parse_qsl(query, keep_blank_values=True)
    if query and any("=" not in part for part in query.split("&")):
        raise ValueError("parameters are written name=value, with & between them")
    for key, _value in pairs:
        if not _NAME.fullmatch(key):
            raise ValueError(f"“{key[:64]}” is no search parameter")
        if key in RESERVED:
            raise ValueError(f"{key} is set by the polling itself; leave it out")
    return name, pairs


def search(base: str, name: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The address of a search by GET."""
    query = criteria(pairs)
    return below(base, name) + (f"?{query}" if query else "")


def followed(base: str, link: str, asked: str) -> str:
    """A link as it is to be asked for.

    :param asked: the address whose answer held it; a relative link is meant from there
    :raises LinkRefused: it leads elsewhere, or is no address
    """
    if len(link) > MAX_URL:
        raise LinkRefused("The server gives a link that is too long to be followed.")
    url = urljoin(asked, link)
    try:
        checked = net_guard.check_url(url, allow_plaintext=True)
        home = net_guard.check_url(base, allow_plaintext=True)
    except errors.ConfigurationError:
        raise LinkRefused("The server gives a link that is no usable address.") from None
    here = (checked.scheme, checked.host, checked.port)
    if here != (home.scheme, home.host, home.port) or urlsplit(url).username is not None:
        raise LinkRefused(
            "The server gives a link to another host. It was not followed: only the approved "
            "address is asked. Have the server's own base address set right."
        )
    return url


def is_at(base: str, link: str) -> bool:
    """Whether a link that was kept still leads to the server of this base."""
    try:
        return followed(base, link, base) == link
    except LinkRefused:
        return False


def location(text: str) -> tuple[str, str, str] | None:
    """Type, id and version (or an empty text) of a Location (http.html#create); ``None`` if it is
    none.

    >>> location("https://ehr.example/fhir/Task/9/_history/2")
    ('Task', '9', '2')
    """
    parts = [part for part in urlsplit(text).path.split("/") if part]
    version = ""
    if len(parts) >= 4 and parts[-2] == "_history":
        version = parts[-1] if resource.ID.fullmatch(parts[-1]) else ""
        parts = parts[:-2]
    if len(parts) < 2 or not is_type(parts[-2]) or not resource.ID.fullmatch(parts[-1]):
        return None
    return parts[-2], parts[-1], version


def version_of(etag: str) -> str:
    """The version in an ETag such as ``W/"3"`` (http.html#versioning); empty if there is none.

    >>> version_of('W/"3"'), version_of("nonsense")
    ('3', '')
    """
    text = etag.strip().removeprefix("W/")
    inner = text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else ""
    return inner if resource.ID.fullmatch(inner) else ""
