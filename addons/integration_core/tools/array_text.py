# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Arrays in the text form of PostgreSQL (section 8.15 of its manual).

A driver writes a list as an expression with an element for each value, which the server has to
parse, analyse and fold one by one. In this form it is one value, read in one go.
"""

from collections.abc import Sequence


def of_texts(values: Sequence[str | None]) -> str:
    """An array of texts; ``None`` is NULL."""
    texts = [value for value in values if value is not None]
    joined = '","'.join(texts)
    plain = "\\" not in joined and joined.count('"') == 2 * max(0, len(texts) - 1)
    if plain and texts and len(texts) == len(values):
        return f'{{"{joined}"}}'
    return "{" + ",".join(map(_element, values)) + "}"


def of_integers(values: Sequence[int | None]) -> str:
    """An array of integers; ``None`` is NULL."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
