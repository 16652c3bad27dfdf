# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Dotted field paths, such as ``partner_id.name``, as the tree of what is to be read.

A tree is a dictionary from field names to trees; a leaf is an empty dictionary. Paths are bounded,
because they are read inside somebody's business transaction.
"""

import re
from collections.abc import Iterable
from typing import Final

#: Longest path, in fields: ``order_line.product_id.categ_id.name`` has four.
MAX_DEPTH: Final = 4
#: Largest number of paths of one snapshot.
MAX_PATHS: Final = 80

Tree = dict[str, "Tree"]

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_SECRET: Final = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|pin|secret|token|api_?key|private_key|otp|totp|ciphertext"
    r"|credentials?|signature)(?:_|$)",
    re.ASCII,
)


class PathError(ValueError):
    """A path that cannot be read. Says why in words for an administrator."""


def split(path: str) -> tuple[str, ...]:
    """The fields of a path.

    :raises PathError: not dotted names, or deeper than :data:`MAX_DEPTH`.
    """
    names = tuple(path.split("."))
    if not all(_NAME.fullmatch(name) for name in names):
        raise PathError("a path is made of field names with dots between them")
    if len(names) > MAX_DEPTH:
        raise PathError(f"a path has at most {MAX_DEPTH} fields")
    return names


def tree(paths: Iterable[str]) -> Tree:
    """What ``paths`` ask for: ``["a", "b.c"]`` gives ``{"a": {}, "b": {"c": {}}}``.

    :raises PathError: one of them is wrong, or there are more than :data:`MAX_PATHS`.
    """
    root: Tree = {}
    for number, path in enumerate(paths, 1):
        if number > MAX_PATHS:
            raise PathError(f"a snapshot has at most {MAX_PATHS} fields")
        node = root
        for name in split(path):
            node = node.setdefault(name, {})
    return root


def looks_secret(name: str) -> bool:
    """Whether a field's name says that its value is a secret, such as ``api_key``."""
    return bool(_SECRET.search(name))
