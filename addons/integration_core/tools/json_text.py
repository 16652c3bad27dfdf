# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""JSON for people to read: indented, with each number exactly as it was written."""

import json
from decimal import Decimal
from typing import Any


def indented(value: Any, level: int = 0) -> str:
    """The text of what :func:`.canonical_json.loads` returned, indented by two spaces.

    Decimals keep all their digits, which the standard library's floats would not.
    """
    inner, outer = "\n" + "  " * (level + 1), "\n" + "  " * level
    if isinstance(value, dict) and value:
        members = (
            f"{json.dumps(str(name), ensure_ascii=False)}: {indented(item, level + 1)}"
            for name, item in value.items()
        )
        return "{" + inner + f",{inner}".join(members) + outer + "}"
    if isinstance(value, list) and value:
        return "[" + inner + f",{inner}".join(indented(i, level + 1) for i in value) + outer + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
