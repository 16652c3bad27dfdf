# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""In which form an answer is wanted: ``Accept``, ``_format``, ``_pretty`` (FHIR 4.0.1, http.html).

JSON only. Which version of FHIR is wanted may stand in a parameter of the media type.

>>> wanted("application/fhir+json; fhirVersion=5.0", []).version
'5.0'
>>> wanted("application/fhir+xml", [])
Traceback (most recent call last):
...
fhir.operation_outcome.Refusal: Only JSON is served: ask for application/fhir+json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .operation_outcome import Refusal

JSON: Final = "application/fhir+json"
_JSON: Final = frozenset(
    {
        JSON,
        "application/json",
        "application/json+fhir",
        "text/json",
        "application/*",
        "text/*",
        "*/*",
    }
)
_SHORT: Final = {"json": JSON, "": JSON}


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is written.

    :ivar versions: of FHIR, such as 4.0, that the client takes, what it likes best first; empty
        where it does not care
    """

    versions: tuple[str, ...] = ("",)
    pretty: bool = False

    @property
    def version(self) -> str:
        """The one that it likes best."""
        return self.versions[0]


def wanted(accept: str, pairs: Iterable[tuple[str, str]]) -> Form:
    """What the headers and the parameters ask for; ``_format`` goes before ``Accept``.

    :raises Refusal: 406 for XML and Turtle, 400 for a ``_pretty`` that is none
    """
    given = dict(pairs)
    pretty = given.get("_pretty", "false")
    if pretty not in ("true", "false"):
        raise Refusal(400, "value", "bad_pretty", "_pretty is true or false.", ["_pretty"])
    asked = given.get("_format")
    text = accept if asked is None else _SHORT.get(asked, asked.replace("fhir json", "fhir+json"))
    ranges = [_range(one) for one in text.split(",")] if text.strip() else [(1.0, "")]
    acceptable = sorted((one for one in ranges if one), key=lambda one: -one[0])
    if not acceptable:
        raise Refusal(
            406, "not-supported", "only_json",
            "Only JSON is served: ask for application/fhir+json.",
        )  # fmt: skip
    return Form(tuple(dict.fromkeys(version for _quality, version in acceptable)), pretty == "true")


def lenient(prefer: str) -> bool:
    """Whether a header ``Prefer`` asks to ignore what is not served (RFC 7240; search.html#errors).

    >>> lenient('return=minimal, Handling="lenient"'), lenient("handling=strict")
    (True, False)
    """
    wishes = (one.partition(";")[0].partition("=") for one in prefer.split(","))
    said = {name.strip().lower(): value.strip(' "').lower() for name, _mark, value in wishes}
    return said.get("handling") == "lenient"


def _range(media: str) -> tuple[float, str] | None:
    """How much a media range is liked, and its version of FHIR; ``None`` if it is not JSON."""
    kind, *parameters = (part.strip() for part in media.split(";"))
    found = dict(one.lower().replace(" ", "").partition("=")[::2] for one in parameters)
    quality = _quality(found.get("q", "1"))
    if kind.lower() not in _JSON or quality == 0:
        return None
    return quality, found.get("fhirversion", "").strip('"')


def _quality(text: str) -> float:
    """RFC 9110, 12.4.2; what is none counts as the highest."""
    return float(text) if re.fullmatch(r"[01](?:\.\d{0,3})?", text, re.ASCII) else 1.0


def served(form: Form, version: str) -> str:
    """The content type of an answer in this version of FHIR.

    :raises Refusal: 406 if another one was asked for
    """
    if not any(version.startswith(one[:3]) for one in form.versions):
        raise Refusal(
            406, "not-supported", "other_version",
            f"This is served as FHIR {version}: ask for application/fhir+json; "
            f"fhirVersion={version[:3]}, or for no version.",
        )  # fmt: skip
    return f"{JSON}; fhirVersion={version[:3]}; charset=utf-8"
