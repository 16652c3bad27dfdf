"""CSV (RFC 4180 and its relatives) to a list of objects, one a row, all values texts."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from odoo.addons.integration_core.tools.errors import ContractError

from .media_types import MediaType
from .options import Options, OptionsInvalid, check_choice

#: As many as a mapping's section takes.
MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 32_000

_DELIMITERS: Final[Mapping[str, str]] = {
    ",": ",", ";": ";", "|": "|", "tab": "\t",
}  # fmt: skip
_QUOTES: Final = ('"', "'")
#: Names of encodings that are accepted, to what Python calls them.
_ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8-sig",
    "us-ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
}


@dataclass(frozen=True)
class CsvOptions(Options):
    """:param delimiter: ``,``, ``;``, ``|`` or ``tab``.
    :param quote: what stands around values that hold a delimiter.
    :param header: whether the first row names the columns.
    :param columns: names of the columns where no row does; with a header, those that must be there.
    :param encoding: empty to go by the content type, and for UTF-8 if that names none.
    """

    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    columns: tuple[str, ...] = ()
    encoding: str = ""

    def _check(self) -> None:
        check_choice("delimiter", self.delimiter, _DELIMITERS)
        check_choice("quote", self.quote, _QUOTES)
        if self.encoding:
            check_choice("encoding", self.encoding, _ENCODINGS)
        if not self.header and not self.columns:
            raise OptionsInvalid("columns: name the columns, since no row of the file does.")
        if len(set(self.columns)) != len(self.columns) or not all(self.columns):
            raise OptionsInvalid("columns: each has a name of its own.")


def decode(raw: bytes, media: MediaType, options: CsvOptions) -> list[dict[str, str]]:
    """The rows. Empty lines are passed over.

    :raises ContractError: ``malformed_csv``, with the line.
    """
    text = _text(raw, options.encoding or media.charset or "utf-8")
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=_DELIMITERS[options.delimiter],
        quotechar=options.quote,
        strict=True,
    )
    rows: list[dict[str, str]] = []
    columns: Sequence[str] | None = None if options.header else options.columns
    for cells in _rows(reader):
        if columns is None:
            columns = _columns(cells, options.columns)
            continue
        if len(cells) != len(columns):
            raise _fault(
                f"line {reader.line_num} has {len(cells)} values instead of {len(columns)}"
            )
        if len(rows) == MAX_ROWS:
            raise _fault(f"it has more than {MAX_ROWS} rows")
        rows.append(dict(zip(columns, cells, strict=True)))
    if columns is None:
        raise _fault("it has no header")
    return rows


def _text(raw: bytes, encoding: str) -> str:
    name = _ENCODINGS.get(encoding)
    if name is None:
        raise _fault(f"its encoding is none of {', '.join(_ENCODINGS)}")
    try:
        text = raw.decode(name)
    except UnicodeError:
        raise _fault(f"it is not {encoding}") from None
    if "\0" in text:
        raise _fault("it holds a NUL character")
    return text


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            # The module's texts may be anything; the line is what helps.
            raise _fault(f"line {reader.line_num} is not quoted rightly, or is too long") from None  # type: ignore[attr-defined]
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS or any(len(cell) > MAX_CELL for cell in cells):
            raise _fault(
                f"it has more than {MAX_COLUMNS} columns, or a value longer than {MAX_CELL}"
            )
        if cells:
            yield cells


def _columns(names: list[str], required: Sequence[str]) -> list[str]:
    names = [name.strip() for name in names]
    if not all(names) or len(set(names)) != len(names):
        raise _fault("its header leaves a column without a name, or names two alike")
    missing = [name for name in required if name not in names]
    if missing:
        # These are our names, not the sender's.
        raise _fault(f"its header lacks {', '.join(missing)}")
    return names


def _fault(reason: str) -> ContractError:
    return ContractError(
        f"The body is not acceptable CSV: {reason}. Ask the partner to correct it, or correct the "
        "dialect in the interface.",
        code="malformed_csv",
    )
