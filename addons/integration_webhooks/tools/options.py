"""What an administrator tells a scheme, a handshake or a codec: typed, checked, never secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar, get_type_hints

from odoo.addons.integration_core.tools.errors import MappingError

from . import identity

MAX_AGE: Final = 7 * 24 * 3600
MAX_SKEW: Final = 3600

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_MAX_TEXT: Final = 4096
_MAX_ITEMS: Final = 100
_KINDS: Final[Mapping[Any, str]] = {
    str: "text",
    bool: "true or false",
    float: "a number",
    tuple[str, ...]: "a list of texts",
}
_Options = TypeVar("_Options", bound="Options")


class OptionsInvalid(ValueError):
    """Options cannot be used. The text names the option and says what it may be."""


@dataclass(frozen=True)
class Options:
    """Base: a scheme without options."""

    def check(self) -> None:
        """Have each class of the options check what it has added (``_check``), the base first.

        :raises OptionsInvalid: values that do not fit, alone or together.
        """
        for cls in reversed(type(self).__mro__):
            own = vars(cls).get("_check")
            if own is not None:
                own(self)


@dataclass(frozen=True)
class Freshness(Options):
    """For schemes that sign a time.

    :param max_age: seconds that may have passed since signing.
    :param max_skew: seconds that the sender's clock may be ahead.
    """

    max_age: float = 300
    max_skew: float = 60

    def _check(self) -> None:
        check_range("max_age", self.max_age, 1, MAX_AGE)
        check_range("max_skew", self.max_skew, 0, MAX_SKEW)


@dataclass(frozen=True)
class TypeNaming(Options):
    """Where the sender says what kind of message it is.

    :param type_header: name of a header.
    :param type_path: JMESPath in a JSON body; it serves where the header does not.
    """

    type_header: str = ""
    type_path: str = ""

    def _check(self) -> None:
        check_header("type_header", self.type_header, optional=True)
        check_path("type_path", self.type_path)


@dataclass(frozen=True)
class Naming(TypeNaming):
    """Where the sender says which message it is, besides what kind.

    :param id_header: name of a header.
    :param id_path: JMESPath in a JSON body; it serves where the header does not.
    """

    id_header: str = ""
    id_path: str = ""

    def _check(self) -> None:
        check_header("id_header", self.id_header, optional=True)
        check_path("id_path", self.id_path)


def read_options(cls: type[_Options], raw: Mapping[str, Any]) -> _Options:
    """Options of a scheme from plain JSON; what is left out has its default.

    :raises OptionsInvalid: an unknown name, a value of a wrong type, or one that cannot be.
    """
    if not isinstance(raw, Mapping):
        raise OptionsInvalid("Options are an object of names and values.")
    types = get_type_hints(cls)
    known = [field.name for field in fields(cls)]
    for name in raw:
        if name not in known:
            raise OptionsInvalid(
                f"There is no option “{str(name)[:40]}”. Known are: "
                f"{', '.join(sorted(known)) or 'none'}."
            )
    options = cls(**{name: _value(name, value, types[name]) for name, value in raw.items()})
    options.check()
    return options


def _value(name: str, value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if kind is bool and isinstance(value, bool):
        return value
    if kind is str and isinstance(value, str):
        return _text(name, value)
    if kind == tuple[str, ...] and isinstance(value, list | tuple):
        if len(value) > _MAX_ITEMS:
            raise OptionsInvalid(f"{name}: at most {_MAX_ITEMS} values.")
        if all(isinstance(item, str) for item in value):
            return tuple(_text(name, item) for item in value)
    raise OptionsInvalid(f"{name}: must be {_KINDS[kind]}.")


def _text(name: str, text: str) -> str:
    if len(text) > _MAX_TEXT or not text.isprintable():
        raise OptionsInvalid(f"{name}: must be at most {_MAX_TEXT} printable characters.")
    return text


def check_range(name: str, value: float, lowest: float, highest: float) -> None:
    """:raises OptionsInvalid: out of range, or not a number at all (NaN)."""
    if not lowest <= value <= highest:
        raise OptionsInvalid(f"{name}: must be from {lowest} to {highest}.")


def check_header(name: str, value: str, *, optional: bool = False) -> None:
    """:raises OptionsInvalid: not the name of a header (RFC 9110, 5.1)."""
    if not (_HEADER_NAME.fullmatch(value) or (optional and not value)):
        raise OptionsInvalid(f"{name}: must be the name of a header, such as X-Signature.")


def check_choice(name: str, value: str, choices: Mapping[str, Any] | tuple[str, ...]) -> None:
    """:raises OptionsInvalid: not one of the choices."""
    if value not in choices:
        raise OptionsInvalid(f"{name}: must be one of {', '.join(choices)}.")


def check_choices(
    name: str, values: tuple[str, ...], choices: Mapping[str, Any] | tuple[str, ...]
) -> None:
    """:raises OptionsInvalid: empty, or one of them is not one of the choices."""
    if not values:
        raise OptionsInvalid(f"{name}: name at least one of {', '.join(choices)}.")
    for value in values:
        check_choice(name, value, choices)


def check_path(name: str, path: str) -> None:
    """:raises OptionsInvalid: neither empty nor a JMESPath that can be used."""
    if path:
        try:
            identity.compile_path(path)
        except MappingError as error:
            raise OptionsInvalid(f"{name}: is not a usable JMESPath: {error.message}.") from None
