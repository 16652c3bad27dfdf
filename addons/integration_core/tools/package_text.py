# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Interface packages as text: one JSON document that a person can read and compare.

The same content always gives the same text: keys are sorted, every value has a line of its own,
and a text of several lines becomes a list of them (``{"lines": […]}``). ``sha256`` covers the
content, so that what was reviewed is what is imported::

    {
      "content": {"contracts": {…}, "interfaces": {…}, …},
      "format": 1,
      "sha256": "…",
      "suite": "19.0.1.1.0"
    }

A package comes from outside. Reading it runs nothing, resolves nothing and follows nothing;
whatever is not expected is refused with the place where it stands.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

#: Format of the text. A reader understands its own and none that is newer.
FORMAT = 1
#: Parts of the content, in the order in which they are imported.
SECTIONS = (
    "value_maps",
    "mappings",
    "contracts",
    "event_types",
    "routings",
    "policies",
    "credentials",
    "systems",
    "interfaces",
)
MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 40
MAX_RECORDS = 2000
MAX_KEY = 200
UNUSABLE = "The package holds characters or numbers that cannot be stored."

Content = Mapping[str, Mapping[str, Mapping[str, Any]]]


class PackageError(ValueError):
    """The text is no package that can be imported here; the message says what to do."""


class NewerPackage(PackageError):
    """It was made by a newer version. ``needed`` is that version."""

    def __init__(self, needed: str, here: str) -> None:
        super().__init__(
            f"The package was made by version {needed} of the suite, and this is {here}. "
            f"Upgrade to {needed} or later, or export it again from a system with {here}."
        )
        self.needed = needed


@dataclass(frozen=True)
class Package:
    """A package that was read. ``sha256`` is that of its content."""

    suite: str
    sha256: str
    content: Content


def dump(content: Content, suite: str) -> str:
    """The text of a package.

    :raises PackageError: the content is larger than what can be imported
    """
    body = _body(content)
    document = {"format": FORMAT, "suite": suite, "sha256": _digest(body), "content": body}
    text = _text(document) + "\n"
    _check_size(text)
    return text


def load(text: str, suite: str) -> Package:
    """Read a package.

    :param suite: version of the suite here, such as ``19.0.1.1.0``
    :raises NewerPackage: it needs a newer version
    :raises PackageError: it is no package, or was changed since it was made
    """
    _check_size(text)
    document = _parse(text)
    if not isinstance(document, dict) or "format" not in document or "content" not in document:
        raise PackageError("This is no interface package.")
    made_by = document.get("suite")
    if not isinstance(made_by, str) or not _version(made_by):
        raise PackageError("“suite” must be a version such as 19.0.1.1.0.")
    number = document["format"]
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise PackageError("“format” must be a number from 1 on.")
    if number > FORMAT or _version(made_by) > _version(suite):
        raise NewerPackage(made_by, suite)
    if extra := set(document) - {"format", "suite", "sha256", "content"}:
        raise PackageError(f"Unknown: {', '.join(sorted(extra))}.")
    if document.get("sha256") != _digest(document["content"]):
        raise PackageError(
            "The content is not what was exported: its sha256 differs. Export it again."
        )
    return Package(made_by, document["sha256"], _content(document["content"]))


def _content(body: Any) -> Content:
    if not isinstance(body, dict):
        raise PackageError("“content” must be an object.")
    if extra := set(body) - set(SECTIONS):
        raise PackageError(f"Unknown part of the content: {', '.join(sorted(extra))}.")
    found: dict[str, Mapping[str, Any]] = {}
    for section in SECTIONS:
        records = body.get(section, {})
        if not isinstance(records, dict):
            raise PackageError(f"“{section}” must be an object.")
        if len(records) > MAX_RECORDS:
            raise PackageError(f"“{section}” has more than {MAX_RECORDS} entries.")
        for key, record in records.items():
            if not key.strip() or len(key) > MAX_KEY or not key.isprintable():
                raise PackageError(f"“{section}” has an entry without a usable name.")
            if not isinstance(record, dict):
                raise PackageError(f"“{section}”, “{key}” must be an object.")
        found[section] = {key: unlined(record) for key, record in records.items()}
    return found


def digest(content: Content) -> str:
    """SHA-256 of a content, as :func:`dump` writes it into the package."""
    return _digest(_body(content))


def _body(content: Content) -> dict[str, dict[str, Any]]:
    return {
        section: {key: _lines(record) for key, record in content.get(section, {}).items()}
        for section in SECTIONS
    }


def _digest(body: Any) -> str:
    return hashlib.sha256(_text(body).encode()).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _lines(value: Any) -> Any:
    """Texts of several lines as lists; an object that looks like one is marked as what it is."""
    if isinstance(value, str) and "\n" in value:
        return {"lines": value.split("\n")}
    if isinstance(value, Mapping):
        written = {str(key): _lines(one) for key, one in value.items()}
        return {"object": written} if set(written) in ({"lines"}, {"object"}) else written
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_lines(one) for one in value]
    return value


def unlined(value: Any) -> Any:
    """The reverse of what :func:`dump` does to texts of several lines."""
    if isinstance(value, dict):
        if set(value) == {"lines"}:
            lines = value["lines"]
            if not isinstance(lines, list) or not all(isinstance(one, str) for one in lines):
                raise PackageError("“lines” must be a list of texts.")
            return "\n".join(lines)
        if set(value) == {"object"} and isinstance(value["object"], dict):
            return {key: unlined(one) for key, one in value["object"].items()}
        return {key: unlined(one) for key, one in value.items()}
    if isinstance(value, list):
        return [unlined(one) for one in value]
    return value


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    # Short numbers only: no text makes a number of a million digits here.
    usable = all(part.isascii() and part.isdecimal() and len(part) < 6 for part in parts)
    return tuple(int(part) for part in parts) if usable and len(parts) <= 6 else ()


def _check_size(text: str) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise PackageError(
            f"A package has {MAX_BYTES // 1024} KiB at most. Export fewer interfaces at once."
        )


def _parse(text: str) -> Any:
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
        _check_depth(value, MAX_DEPTH)
        text.encode()
    except PackageError:
        raise
    except json.JSONDecodeError as exc:
        raise PackageError(f"This is no interface package: {exc.msg} (line {exc.lineno}).") from exc
    except RecursionError as exc:
        raise PackageError("The package is nested too deeply.") from exc
    except ValueError as exc:  # lone surrogates, numbers of thousands of digits
        raise PackageError(UNUSABLE) from exc
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise PackageError(f"“{double}” is there twice.")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise PackageError(UNUSABLE)
    return number


def _no_constant(name: str) -> NoReturn:
    raise PackageError(f"{name} is no value.")


def _check_depth(value: Any, left: int) -> None:
    if left < 0:
        raise PackageError("The package is nested too deeply.")
    if isinstance(value, dict):
        for one in value.values():
            _check_depth(one, left - 1)
    elif isinstance(value, list):
        for one in value:
            _check_depth(one, left - 1)
    elif isinstance(value, str) and "\x00" in value:
        raise PackageError(UNUSABLE)
