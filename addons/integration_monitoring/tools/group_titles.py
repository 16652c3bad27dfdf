# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a kind of failure is called: in words for people, of which nothing is individual."""

from __future__ import annotations

import re
from typing import Final

#: What stands for a number, and for a text in quotation marks.
_NUMBER, _TEXT = "#", "“…”"
_PLACE: Final = re.compile(r"<(uuid|url|mail|time|address|hex|text|n)>")


def readable(title: str, code: str, error_class: str) -> str:
    """The title of the ledger as people read it.

    :param title: ``code: text``, with marks such as ``<n>`` for what was individual; may be empty.
    :param code, error_class: what is known when there is no text.
    """
    text = title.removeprefix(f"{code}: ").strip() if code else title.strip()
    if not text or text == code:
        words = (code or error_class or "unknown").replace("_", " ").strip()
        return words.replace("http ", "HTTP ") if words.startswith("http ") else words.capitalize()
    return _PLACE.sub(_mark, text)


def _mark(found: re.Match[str]) -> str:
    return {"n": _NUMBER, "text": _TEXT}.get(found[1], "…")
