"""Finding out what a sender calls a message: its id and its type, in a header or in the body."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from odoo.addons.integration_core.tools import simple_path
from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping import (
    CompiledMapping,
    MappingSpec,
    compile_mapping,
)

from .request import InboundRequest
from .signature import Reason, SignatureInvalid

MAX_PATH: Final = 500

# An id is looked up before anything is stored: it must not cost more than the body did.
_STEPS: Final = 20_000
# Printable ASCII, as long as the ledger keeps: ids are compared, indexed and shown.
_NAME: Final = re.compile(r"[ -~]{1,255}")


@dataclass(frozen=True, slots=True)
class Names:
    """What a message is called.

    :ivar id_in_body: whether the id is part of the body
    """

    id: str | None
    message_type: str | None
    id_in_body: bool = False


def compile_path(path: str) -> CompiledMapping:
    """Parse a JMESPath expression over a body.

    The core's mappings evaluate it: their expressions pay for each step.

    :raises MappingError: it cannot be used; the text says why.
    """
    if len(path) > MAX_PATH:
        raise MappingError(f"longer than {MAX_PATH} characters", code="invalid_mapping")
    # The expression alone first, so that its mistakes are found where they are.
    compile_mapping(MappingSpec(path))
    return _compiled(path)


@lru_cache(maxsize=256)
def _compiled(path: str) -> CompiledMapping:
    return compile_mapping(MappingSpec(f"{{value: root | ({path})}}"), steps=_STEPS)


def at_path(path: str, document: Any) -> str | None:
    """The short text or whole number at a path of a JSON value; ``None`` if there is none.

    :raises SignatureInvalid: there is one that cannot be a name: too long, or not printable ASCII.
    """
    return name_reader(path)(document)


def name_reader(path: str) -> Callable[[Any], str | None]:
    """What does :func:`at_path` for one path and many documents."""
    names = simple_path.names_of(path)
    if names is None:
        return lambda document: _name_of(_evaluated(path, document))
    if len(names) > 1:
        return lambda document: _name_of(simple_path.walk(names, document))
    [name] = names
    return lambda document: _name_of(document.get(name) if isinstance(document, dict) else None)


def _evaluated(path: str, document: Any) -> Any:
    try:
        return _compiled(path).apply(document)["value"]
    except MappingError:
        return None


def _name_of(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return check_name(str(value))


def read_names(
    request: InboundRequest,
    id_header: str = "",
    id_path: str = "",
    type_header: str = "",
    type_path: str = "",
) -> Names:
    """Id and type of a message: from a header if one is named and there, else from the body.

    A body that is not JSON has no names; that it is not is for the codec to complain of.

    :raises SignatureInvalid: a header is doubled, or a name is not 1 to 255 characters of
        printable ASCII.
    """
    message_id = _in_header(request, id_header)
    message_type = _in_header(request, type_header)
    id_path = "" if message_id else id_path
    type_path = "" if message_type else type_path
    if not (id_path or type_path):
        return Names(message_id, message_type)
    document = _document(request.body)
    in_body = at_path(id_path, document) if id_path else None
    return Names(
        message_id or in_body,
        message_type or (at_path(type_path, document) if type_path else None),
        in_body is not None,
    )


def _document(body: bytes) -> Any:
    """The JSON value of a body, ``None`` if it is none. Read by the fast reader, not the strict
    one: names are held to a form of their own, and the codec will read the body strictly."""
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _in_header(request: InboundRequest, name: str) -> str | None:
    value = request.headers.one(name) if name else None
    return check_name(value) if value else None


def check_name(name: str) -> str:
    """The name. :raises SignatureInvalid: not 1 to 255 characters of printable ASCII."""
    if not _NAME.fullmatch(name):
        raise SignatureInvalid(Reason.BAD_ID)
    return name
