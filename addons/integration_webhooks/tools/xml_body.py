"""XML to JSON values, without anything that makes XML dangerous.

A document type declaration is refused before it is read, so there are no entities to expand and
nothing to fetch; nesting and the number of elements are limited; nothing recurses.

===================================  =======================================================
``<a>text</a>``                      ``{"a": "text"}``
``<a/>``                             ``{"a": ""}``
``<a x="1">text</a>``                ``{"a": {"@x": "1", "#text": "text"}}``
``<a><b>1</b><b>2</b></a>``          ``{"a": {"b": ["1", "2"]}}``
``<a><b>1</b></a>``, ``lists=["b"]`` ``{"a": {"b": ["1"]}}``
``<n:a xmlns:n="urn:x"/>``           ``{"a": ""}``, or ``{"{urn:x}a": ""}`` with namespaces
===================================  =======================================================

All values are texts. White space between elements is dropped; where text and elements are mixed,
the text comes together as ``#text`` and its place among the elements is lost. Comments and
processing instructions are dropped. An element that may occur several times belongs into
``lists``, since one occurrence alone would not be a list.
"""

from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from odoo.addons.integration_core.tools.errors import ContractError

from .media_types import MediaType
from .options import Options

MAX_DEPTH: Final = 30
#: Elements and attributes together.
MAX_NODES: Final = 50_000

# Between a namespace and a name; neither can hold a line break.
_SEPARATOR: Final = "\n"
_ENCODINGS: Final = frozenset({"utf-8", "us-ascii", "iso-8859-1", "utf-16"})


@dataclass(frozen=True)
class XmlOptions(Options):
    """:param namespaces: keep namespaces, as ``{namespace}name``.
    :param lists: names of elements that become lists also when there is one only.
    """

    namespaces: bool = False
    lists: tuple[str, ...] = ()


def decode(raw: bytes, media: MediaType, options: XmlOptions) -> dict[str, Any]:
    """The document as an object with its root element.

    :raises ContractError: ``malformed_xml``, with the place.
    """
    encoding = media.charset if media.charset in _ENCODINGS else None
    parser = expat.ParserCreate(encoding, _SEPARATOR)
    builder = _Builder(options)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.ExternalEntityRefHandler = _refuse_doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        # The parser's texts are constants.
        reason = f"{expat.ErrorString(error.code)} at line {error.lineno}"
        raise _fault(f"it is not well-formed ({reason})") from None
    except (ValueError, LookupError):
        # An encoding that Python does not know, or that has several bytes to a character.
        raise _fault("its encoding is not supported; UTF-8 always is") from None
    return builder.document


def _fault(reason: str) -> ContractError:
    return ContractError(
        f"The body is not acceptable XML: {reason}. Ask the partner to correct it.",
        code="malformed_xml",
    )


def _refuse_doctype(*_arguments: object) -> None:
    raise _fault("document type declarations (DOCTYPE) are not accepted")


@dataclass(slots=True)
class _Element:
    attributes: dict[str, str]
    children: dict[str, list[Any]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class _Builder:
    """Puts the elements together as the parser meets them."""

    def __init__(self, options: XmlOptions) -> None:
        self._options = options
        self._nodes = 0
        root = _Element({})
        self._open = [root]

    @property
    def document(self) -> dict[str, Any]:
        """What has been read; only once the parser has come to the end."""
        return self._object(self._open[0], {})

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if self._nodes > MAX_NODES:
            raise _fault(f"it has more than {MAX_NODES} elements and attributes")
        if len(self._open) > MAX_DEPTH:
            raise _fault(f"it is nested deeper than {MAX_DEPTH}")
        self._open.append(_Element(attributes))

    def text(self, data: str) -> None:
        self._open[-1].texts.append(data)

    def end(self, name: str) -> None:
        element = self._open.pop()
        self._open[-1].children.setdefault(name, []).append(self._value(element))

    def _value(self, element: _Element) -> Any:
        text = "".join(element.texts)
        if not text.strip():
            text = ""
        if not element.attributes and not element.children:
            return text
        value: dict[str, Any] = {}
        for name, content in element.attributes.items():
            self._put(value, f"@{self._name(name)}", content)
        self._object(element, value)
        if text:
            value["#text"] = text.strip() if element.children else text
        return value

    def _object(self, element: _Element, value: dict[str, Any]) -> dict[str, Any]:
        for full_name, found in element.children.items():
            name = self._name(full_name)
            single = len(found) == 1 and name not in self._options.lists
            self._put(value, name, found[0] if single else found)
        return value

    def _name(self, name: str) -> str:
        namespace, separator, local = name.rpartition(_SEPARATOR)
        return f"{{{namespace}}}{local}" if separator and self._options.namespaces else local

    def _put(self, value: dict[str, Any], name: str, content: Any) -> None:
        if name in value:
            raise _fault("one name stands in two namespaces; keep namespaces in the interface")
        value[name] = content
