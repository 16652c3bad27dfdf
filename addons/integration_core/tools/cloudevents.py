# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""CloudEvents 1.0 in structured JSON form (specification of the CNCF, JSON event format)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .errors import ContractError

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/cloudevents+json"
DATA_CONTENT_TYPE: Final = "application/json"

_MAX_ATTRIBUTE: Final = 2048
_EXTENSION_NAME: Final = re.compile(r"[a-z0-9]{1,20}", re.ASCII)
# RFC 3339; the calendar itself is the contract's affair.
_TIME: Final = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt]"
    r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_URI_REFERENCE: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)
_ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:" + _URI_REFERENCE.pattern, re.ASCII)
_REQUIRED: Final = ("id", "source", "type")
_OPTIONAL: Final = ("subject", "time", "dataschema")
_RESERVED: Final = frozenset(
    (*_REQUIRED, *_OPTIONAL, "specversion", "datacontenttype", "data", "data_base64")
)


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event. ``source`` and ``id`` together name it for good.

    :param id: unique within ``source``.
    :param source: URI reference of where it happened, such as ``/odoo/hospital/purchase``.
    :param type: what happened, such as ``procurement.purchase_order.confirmed``.
    :param subject: what it happened to, within the source.
    :param time: when, RFC 3339.
    :param dataschema: absolute URI of the data's contract.
    :param data: any JSON value.
    :param extensions: further attributes: names of 1 to 20 lower-case letters and digits;
        text, whole numbers or booleans.
    :raises ContractError: an attribute breaks the specification.
    """

    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    dataschema: str | None = None
    data: Any = None
    extensions: Mapping[str, str | int | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        violations = _violations(self)
        if violations:
            raise ContractError(
                "not a valid CloudEvent: " + "; ".join(violations),
                violations,
                code="invalid_cloudevent",
            )

    def structured(self) -> dict[str, Any]:
        """The event as one JSON object, to be sent as :data:`CONTENT_TYPE`."""
        result: dict[str, Any] = {"specversion": SPEC_VERSION}
        result.update((name, getattr(self, name)) for name in _REQUIRED)
        for name in _OPTIONAL:
            value = getattr(self, name)
            if value is not None:
                result[name] = value
        result.update(self.extensions)
        result["datacontenttype"] = DATA_CONTENT_TYPE
        result["data"] = self.data
        return result


def parse_structured(value: Any) -> CloudEvent:
    """Read an event in structured form, as :func:`.canonical_json.loads` returned it.

    Binary data (``data_base64``) and data that is not JSON are refused: no contract could describe
    them.

    :raises ContractError: not a CloudEvent 1.0; ``violations`` says where.
    """
    if not isinstance(value, dict):
        raise _refusal("/: must be an object")
    if value.get("specversion") != SPEC_VERSION:
        raise _refusal('/specversion: must be "1.0"')
    if "data_base64" in value:
        raise _refusal("/data_base64: binary data is not supported")
    content_type = value.get("datacontenttype", DATA_CONTENT_TYPE)
    if not isinstance(content_type, str) or not _is_json(content_type):
        raise _refusal("/datacontenttype: must be application/json")
    # Types are checked by the event itself.
    known: dict[str, Any] = {name: value.get(name) for name in (*_REQUIRED, *_OPTIONAL)}
    return CloudEvent(
        **known,
        data=value.get("data"),
        # A null attribute means an absent one (JSON event format, section 2.2).
        extensions={k: v for k, v in value.items() if k not in _RESERVED and v is not None},
    )


def _violations(event: CloudEvent) -> list[str]:
    result = [
        f"/{name}: must be text of 1 to {_MAX_ATTRIBUTE} characters"
        for name in (*_REQUIRED, *_OPTIONAL)
        if not _is_text(getattr(event, name), optional=name in _OPTIONAL)
    ]
    if result:
        return result
    if not _URI_REFERENCE.fullmatch(event.source):
        result.append("/source: must be a URI reference")
    if event.dataschema is not None and not _ABSOLUTE_URI.fullmatch(event.dataschema):
        result.append("/dataschema: must be an absolute URI")
    if event.time is not None and not _TIME.fullmatch(event.time):
        result.append("/time: must be an RFC 3339 timestamp")
    for name, value in event.extensions.items():
        if not _EXTENSION_NAME.fullmatch(name) or name in _RESERVED:
            # The name is the sender's text: do not repeat it unchecked.
            result.append("/: an extension is named by 1 to 20 lower-case letters and digits")
        elif not (isinstance(value, (bool, int)) or _is_text(value, empty=True)):
            result.append(f"/{name}: must be text, a whole number or a boolean")
    return result[:20]


def _is_text(value: object, *, optional: bool = False, empty: bool = False) -> bool:
    if value is None:
        return optional
    if not isinstance(value, str) or len(value) > _MAX_ATTRIBUTE:
        return False
    return (empty or bool(value)) and value.isprintable()


def _is_json(content_type: str) -> bool:
    essence = content_type.partition(";")[0].strip().lower()
    return essence == DATA_CONTENT_TYPE or (
        essence.startswith("application/") and essence.endswith("+json")
    )


def _refusal(violation: str) -> ContractError:
    return ContractError(
        f"not a valid CloudEvent: {violation}", [violation], code="invalid_cloudevent"
    )
