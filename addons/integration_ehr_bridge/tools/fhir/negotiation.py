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

    :ivar version: of FHIR, such as 4.0, as the client said; empty if it did not
    """

    version: str = ""
    pretty: bool = False


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
    versions = [_version(one) for one in text.split(",")] if text.strip() else [""]
    acceptable = [one for one in versions if one is not None]
    if not acceptable:
        raise Refusal(
            406, "not-supported", "only_json",
            "Only JSON is served: ask for application/fhir+json.",
        )  # fmt: skip
    return Form(acceptable[0], pretty == "true")


def _version(media: str) -> str | None:
    """The version of FHIR that a media range asks for; ``None`` if it is not JSON."""
    kind, *parameters = (part.strip() for part in media.split(";"))
    found = dict(one.lower().replace(" ", "").partition("=")[::2] for one in parameters)
    if kind.lower() not in _JSON or _is_zero(found.get("q", "1")):
        return None
    return found.get("fhirversion", "").strip('"')


def _is_zero(quality: str) -> bool:
    try:
        return float(quality) == 0
    except ValueError:
        return False


def served(form: Form, version: str) -> str:
    """The content type of an answer in this version of FHIR.

    :raises Refusal: 406 if another one was asked for
    """
    if form.version and not version.startswith(form.version[:3]):
        raise Refusal(
            406, "not-supported", "other_version",
            f"This is served as FHIR {version}: ask for application/fhir+json; "
            f"fhirVersion={version[:3]}, or for no version.",
        )  # fmt: skip
    return f"{JSON}; fhirVersion={version[:3]}; charset=utf-8"
