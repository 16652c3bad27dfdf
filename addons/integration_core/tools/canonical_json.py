# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Strict JSON in, canonical JSON out.

Out: the bytes of RFC 8785 (JSON Canonicalization Scheme) for the values that the suite's canonical
objects consist of, so that equal content has equal bytes and one hash. Floating point numbers are
refused: money and quantities travel as decimal strings.

In: what RFC 8259 leaves open is closed. Duplicate names, NaN, oversized numbers, lone surrogates
and NUL characters (which PostgreSQL cannot store) are refused, and nesting is limited, before a
value can do harm further on.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, Final

#: Largest integer that every JSON implementation keeps exactly (RFC 7493, section 2.2).
MAX_INTEGER: Final = 2**53 - 1
#: Deepest nesting that :func:`dumps` writes and :func:`loads` reads by default.
MAX_DEPTH: Final = 64

_MAX_NUMBER_CHARS: Final = 400
_MAX_EXPONENT: Final = 400
_BOM: Final = b"\xef\xbb\xbf"
#: To tell nesting, arrays and objects are alike, and all but their brackets is left out.
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
#: Levels of nesting that are taken off as a whole before brackets are counted one by one.
_QUICK_LEVELS: Final = 12
_SUSPECT_ESCAPE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
#: From here on UTF-16 order and code point order of names differ.
_FIRST_SURROGATE: Final = "\ud800"


class JsonError(ValueError):
    """Text is not acceptable JSON. Says what and where, but quotes nothing."""


def dumps(value: Any) -> bytes:
    """Canonical UTF-8 bytes of ``value``: sorted names, no white space, shortest escapes.

    :param value: ``None``, ``bool``, ``int``, ``str``, and lists, tuples and dicts of them with
        text as names.
    :raises TypeError: another type is in it, floats and Decimals above all.
    :raises ValueError: an integer beyond :data:`MAX_INTEGER`, nesting beyond
        :data:`MAX_DEPTH`, or a lone surrogate.
    """
    if _check(value, 0):
        value = _utf16_ordered(value)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("text with a lone surrogate is not valid Unicode") from None


def loads(raw: bytes, max_depth: int = MAX_DEPTH, max_bytes: int | None = None) -> Any:
    """Read JSON strictly. Numbers with a fraction or an exponent become :class:`Decimal`.

    A UTF-8 byte order mark is skipped (some partners cannot help sending it).

    :param max_depth: deepest nesting of arrays and objects.
    :param max_bytes: longest input; ``None`` if the caller has limited it already.
    :raises JsonError: anything is wrong with it.
    """
    if max_bytes is not None and len(raw) > max_bytes:
        raise JsonError(f"longer than {max_bytes} bytes")
    raw = raw.removeprefix(_BOM)
    _check_depth(raw, max_depth)
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise JsonError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        # "from None": the original carries the whole document in its ``doc``.
        raise JsonError(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    if b"\\" in raw and _SUSPECT_ESCAPE.search(raw):
        _check_text(value)
    return value


def read_at(text: str, at: int) -> tuple[Any, int]:
    """Read the value that begins at a place of a text, as strictly as :func:`loads`.

    What :func:`loads` looks for in the bytes is left to :func:`check`, once they are known.

    :param at: where the value begins; no blanks stand before it
    :return: the value, and where it ends
    :raises JsonError: anything is wrong with it.
    :raises RecursionError: it is nested very deeply.
    """
    try:
        # Without the detour by raw_decode, which only words the error.
        return _SCAN(text, at)
    except StopIteration:
        raise JsonError(f"Expecting value at character {at}") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} at line {error.lineno} column {error.colno}") from None


def check(raw: bytes, value: Any, max_depth: int = MAX_DEPTH) -> None:
    """The rest of :func:`loads` for a value that :func:`read_at` has read.

    :param raw: the bytes of the value
    :raises JsonError: anything is wrong with it.
    """
    if raw.count(b"[") + raw.count(b"{") > max_depth:
        _check_depth(raw, max_depth)
    # Without a backslash that is told at once.
    if b"\\" in raw and _SUSPECT_ESCAPE.search(raw):
        _check_text(value)


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return sha256(data).hexdigest()


def _check(value: Any, depth: int) -> bool:
    """Refuse what is not canonical; tell whether a name needs UTF-16 ordering."""
    if value is None or isinstance(value, (str, bool)):
        return False
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("integers beyond 2**53 - 1 are not kept by every reader: use text")
        return False
    if depth >= MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, (list, tuple)):
        special = False
        for item in value:
            special |= _check(item, depth + 1)
        return special
    if isinstance(value, dict):
        special = False
        for name, item in value.items():
            if not isinstance(name, str):
                raise TypeError(f"names are text, not {type(name).__name__}")
            special |= _check(item, depth + 1) or (
                not name.isascii() and max(name) >= _FIRST_SURROGATE
            )
        return special
    hint = "; use a decimal string" if isinstance(value, float | Decimal) else ""
    raise TypeError(f"{type(value).__name__} is not canonical JSON{hint}")


def _utf16_ordered(value: Any) -> Any:
    """A copy whose names are in UTF-16 order, as RFC 8785 section 3.2.3 demands."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return {name: _utf16_ordered(value[name]) for name in names}
    if isinstance(value, (list, tuple)):
        return [_utf16_ordered(item) for item in value]
    return value


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Measure nesting before parsing, because the parser itself recurses."""
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return
    brackets = _brackets(raw)
    # Each pass takes off the innermost level everywhere: where nothing is left, there were no
    # more levels than passes. As a rule that is all, and needs no step for each bracket.
    rest = brackets
    for _level in range(min(max_depth, _QUICK_LEVELS)):
        rest = rest.replace(b"[]", b"")
        if not rest:
            return
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == 0x5B else -1
        if depth > max_depth:
            raise JsonError(f"nested deeper than {max_depth}")


def _brackets(raw: bytes) -> bytes:
    """The brackets outside of strings, in their order, written as those of arrays.

    True up to the first fault of ``raw``, where the parser stops: behind a backslash outside of a
    string, or in a string that is never closed, brackets may be missing.
    """
    # An escaped backslash first: what remains before a quote escapes it.
    unescaped = raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw
    return b"".join(unescaped.split(b'"')[::2]).translate(_ALIKE, _NO_BRACKET)


def _check_text(value: Any) -> None:
    """Refuse NUL and lone surrogates in any name or text of a parsed value."""
    if isinstance(value, str):
        if "\0" in value:
            raise JsonError("holds a NUL character")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise JsonError("holds a lone surrogate") from None
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_text(name)
            _check_text(item)


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise JsonError("a name occurs twice in one object")
    return result


def _parse_int(text: str) -> int:
    if len(text) > _MAX_NUMBER_CHARS:
        raise JsonError("a number is too long")
    return int(text)


def _parse_decimal(text: str) -> Decimal:
    if len(text) > _MAX_NUMBER_CHARS:
        raise JsonError("a number is too long")
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond what even Decimal can hold
        raise JsonError("the exponent of a number is too large") from None
    # 1e999999999 is short as text but would fill the memory when written out.
    if abs(number.adjusted()) > _MAX_EXPONENT:
        raise JsonError("the exponent of a number is too large")
    return number


def _refuse_constant(text: str) -> Any:
    raise JsonError(f"{text} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_object,
    parse_int=_parse_int,
    parse_float=_parse_decimal,
    parse_constant=_refuse_constant,
)
#: Reads the value at a place of a text.
_SCAN: Final = _DECODER.scan_once
