"""One request, several messages: CloudEvents in their three forms, and arrays of JSON values.

Items keep the bytes in which they came, cut out of the request. All or nothing: one item that
cannot be read makes the whole request unreadable, since a sender can only repeat the whole.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote

from odoo.addons.integration_core.tools import canonical_json, cloudevents
from odoo.addons.integration_core.tools.errors import ContractError

from . import media_types
from .bodies import decode_json
from .identity import at_path, name_reader
from .options import (
    Options,
    OptionsInvalid,
    check_choice,
    check_path,
    check_range,
)
from .request import InboundRequest
from .signature import SignatureInvalid

MAX_ITEMS: Final = 10_000
FORMS: Final = ("single", "cloudevents", "array")
BATCH_TYPE: Final = "application/cloudevents-batch+json"

_MAX_KEY: Final = 255
_PREFIX: Final = "ce-"
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_BLANK: Final = frozenset(" \t\r\n")
_COUNT: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_MEMBER: Final = re.compile(r"[A-Za-z0-9_.@$-]{1,64}", re.ASCII)


class TooManyItems(ContractError):
    """There are more items than an interface takes at once; the text is for the sender."""


@dataclass(frozen=True)
class BatchOptions(Options):
    """:param form: ``single`` (a request is a message), ``cloudevents``, or ``array``.
    :param member: name of the member that holds the array; empty if the body is the array.
    :param id_path: JMESPath of the id within an item of an array.
    :param type_path: JMESPath of its type.
    :param count_path: JMESPath in the body of where an array says how many items it has.
    :param max_items: largest number of items in a request.
    """

    form: str = "single"
    member: str = ""
    id_path: str = ""
    type_path: str = ""
    count_path: str = ""
    max_items: float = 1000

    def _check(self) -> None:
        check_choice("form", self.form, FORMS)
        check_range("max_items", self.max_items, 1, MAX_ITEMS)
        check_path("id_path", self.id_path)
        check_path("type_path", self.type_path)
        check_path("count_path", self.count_path)
        if self.count_path and not self.member:
            raise OptionsInvalid("count_path: needs a member with the array: beside it is a count.")
        if self.member and not _MEMBER.fullmatch(self.member):
            raise OptionsInvalid("member: must be the name of a member of the body.")
        if self.form != "array" and (self.member or self.id_path or self.type_path):
            raise OptionsInvalid("member, id_path and type_path: are for the form array only.")


@dataclass(slots=True)  # not frozen: that costs more, and there are many in a request
class Item:
    """A message of a request.

    :ivar id: the sender's id of it; ``None`` if it has none of its own. Then the request's id
        together with the position serves, or a digest of the body.
    :ivar body: as it came
    :ivar value: what the body says, if it had to be read; else ``None``, which no item is
    """

    id: str | None
    message_type: str | None
    body: bytes
    content_type: str
    value: Any = None


def split(request: InboundRequest, options: BatchOptions) -> list[Item]:
    """The messages of a verified request, in their order.

    :raises ContractError: it is not of the form that the options say; the text tells which item.
    """
    content_type = request.content_type
    if options.form == "array":
        return _array(request.body, options)
    if options.form == "single":
        return [Item(None, None, request.body, content_type)]
    if content_type == BATCH_TYPE:
        return _events(request.body, options)
    if content_type == cloudevents.CONTENT_TYPE:
        return [_event(decode_json(request.body), request.body)]
    return [_binary_event(request)]


def declared(request: InboundRequest, options: BatchOptions) -> int | None:
    """How many items the body of a request says that it has; ``None``: it does not say.

    What cannot be a count says nothing: it is not for the door to refuse what was split.
    """
    if not options.count_path:
        return None
    try:
        told = at_path(options.count_path, decode_json(request.body))
    except (ContractError, SignatureInvalid):
        return None
    return int(told) if told and _COUNT.fullmatch(told) else None


# -- arrays ------------------------------------------------------------------------------------


def _array(body: bytes, options: BatchOptions) -> list[Item]:
    key_of = name_reader(options.id_path) if options.id_path else _nothing
    type_of = name_reader(options.type_path) if options.type_path else _nothing
    items: list[Item] = []
    try:
        for value, raw in _values(body, options):
            items.append(Item(key_of(value), type_of(value), raw, "application/json", value))
    except SignatureInvalid:  # what identity says of a name that cannot be one
        raise _fault(
            f"the id or type of item {len(items)} is longer than 255 characters or not plain ASCII"
        ) from None
    return items


def _nothing(_value: Any) -> None:
    """The id or type of an item where none is looked for."""


def _values(body: bytes, options: BatchOptions) -> list[tuple[Any, bytes]]:
    """Each item with its bytes."""
    if options.member:
        value = decode_json(body)
        if not isinstance(value, dict) or not isinstance(value.get(options.member), list):
            raise _fault(f"its member {options.member} is not an array")
    try:
        reader = _Reader(body.decode("utf-8-sig"), options.max_items)
        begin = reader.member(options.member) if options.member else reader.skip(0)
        values, end = reader.array(begin)
        if not options.member:
            reader.finish(end)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested without end
        raise _fault("it is not an array in JSON") from None
    return values


class _Reader:
    """Reads the values of an array one after the other, and where they begin and end."""

    def __init__(self, text: str, most: float) -> None:
        self._text = text
        self._most = most
        # For what is not wanted. Numbers are not needed, and some would not fit.
        self._decoder = json.JSONDecoder(parse_int=str, parse_float=str)

    def skip(self, at: int) -> int:
        """The next position that is not blank."""
        if self._text[at : at + 1] not in _BLANK:
            return at
        match = _BLANKS.match(self._text, at)
        return match.end() if match else at

    def array(self, at: int) -> tuple[list[tuple[Any, bytes]], int]:
        """The items of the array that begins here with their bytes, and where it ends.

        :raises ValueError: there is none.
        :raises ContractError: an item is not acceptable, or there are too many.
        """
        self._expect(at, "[")
        found: list[tuple[Any, bytes]] = []
        at = self.skip(at + 1)
        text, skip, most = self._text, self.skip, self._most
        while text[at : at + 1] != "]":
            if found:
                self._expect(at, ",")
                at = skip(at + 1)
            if len(found) >= most:
                raise TooManyItems(f"Send at most {most:.0f} items at once.", code="too_many_items")
            value, raw, end = self._item(at, len(found))
            found.append((value, raw))
            at = end if text[end : end + 1] == "," else skip(end)
        return found, at + 1

    def _item(self, at: int, number: int) -> tuple[Any, bytes, int]:
        try:
            value, end = canonical_json.read_at(self._text, at)
            raw = self._text[at:end].encode()
            canonical_json.check(raw, value)
        except canonical_json.JsonError as error:
            raise _fault(f"item {number} is not acceptable JSON ({error})") from None
        return value, raw, end

    def finish(self, at: int) -> None:
        """:raises ValueError: something follows."""
        if self.skip(at) != len(self._text):
            raise ValueError("something follows")

    def member(self, name: str) -> int:
        """Where the value of a member begins, of an object that is known to have it."""
        at = self.skip(self.skip(0) + 1)
        while True:
            key, end = self._decoder.raw_decode(self._text, at)
            at = self.skip(self.skip(end) + 1)
            if key == name:
                return at
            _value, end = self._decoder.raw_decode(self._text, at)
            at = self.skip(self.skip(end) + 1)

    def _expect(self, at: int, char: str) -> None:
        if self._text[at : at + 1] != char:
            raise ValueError("not an array")


# -- CloudEvents 1.0 ---------------------------------------------------------------------------


def _events(body: bytes, options: BatchOptions) -> list[Item]:
    return [
        _event(value, raw, f"item {number}: ")
        for number, (value, raw) in enumerate(_values(body, options))
    ]


def _event(value: Any, raw: bytes, place: str = "") -> Item:
    try:
        event = cloudevents.parse_structured(value)
    except ContractError as error:
        violations = [f"{place}{violation}" for violation in error.violations]
        raise ContractError(f"{place}{error.message}", violations, code=error.code) from None
    return Item(_event_key(event), event.type, raw, cloudevents.CONTENT_TYPE, value)


def _event_key(event: cloudevents.CloudEvent) -> str:
    """Source and id name an event together; a source holds no blank."""
    key = f"{event.source} {event.id}"
    if len(key) <= _MAX_KEY and key.isascii():
        return key
    return f"sha256:{sha256(key.encode()).hexdigest()}"


def _binary_event(request: InboundRequest) -> Item:
    """An event whose attributes are headers, as the structured event that it stands for."""
    attributes = _attributes(request)
    raw = canonical_json.dumps({**attributes, "datacontenttype": cloudevents.DATA_CONTENT_TYPE})
    if request.body:
        if not media_types.parse(request.content_type).is_json:
            raise _fault("an event in binary form carries JSON here; other data is not supported")
        decode_json(request.body)
        raw = raw[:-1] + b',"data":' + request.body.removeprefix(b"\xef\xbb\xbf") + b"}"
    return _event(decode_json(raw), raw)


def _attributes(request: InboundRequest) -> Mapping[str, str]:
    """Attributes by name; values are percent-encoded UTF-8 (HTTP protocol binding, 3.1.3.2)."""
    attributes: dict[str, str] = {}
    for name, value in request.headers.items():
        if not name.startswith(_PREFIX):
            continue
        name = name.removeprefix(_PREFIX)
        if name in attributes or name in ("data", "datacontenttype"):
            raise _fault("an attribute of the event stands in two headers, or is not one")
        try:
            attributes[name] = unquote(value, errors="strict")
            attributes[name].encode()
        except UnicodeError:
            raise _fault("an attribute of the event is not percent-encoded UTF-8") from None
    return attributes


def _fault(reason: str) -> ContractError:
    return ContractError(
        f"The request cannot be taken apart into messages: {reason}. Ask the partner to correct "
        "it, or correct the form in the interface.",
        code="malformed_batch",
    )
