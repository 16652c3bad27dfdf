"""Every way around access rights, and every error that is caught whatever it is, says why.

A reader of the source, or an auditor, meets the reason where the thing is done: in a comment on the
statement itself, or within the two lines above it.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ADDONS = Path(__file__).resolve().parents[2] / "addons"
SOURCES = sorted(path for path in ADDONS.rglob("*.py") if "tests" not in path.parts)
ABOVE = 2
NAMES_IT = re.compile(r"\b(sudo|su|superuser)\b")


def comments(source: str) -> dict[int, str]:
    """Comments by line."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def gains_rights(node: ast.AST) -> bool:
    """``x.sudo()`` and ``env(su=True)``; ``sudo(False)`` and ``sudo(as_before)`` gain nothing."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == "sudo":
        return not node.args or is_true(node.args[0])
    return any(word.arg == "su" and is_true(word.value) for word in node.keywords)


def swallows(node: ast.AST) -> bool:
    """``except Exception`` and the like, unless it only tidies up and raises it again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    last = node.body[-1]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))
        for kind in kinds
    ) and not (isinstance(last, ast.Raise) and last.exc is None)


def without_reason(source: str) -> Iterator[tuple[int, str]]:
    """``(line, what)`` for each place that does not say why."""
    tree = ast.parse(source)
    notes = comments(source)
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    for node in ast.walk(tree):
        if gains_rights(node):
            around = [s for s in statements if s.lineno <= node.lineno <= (s.end_lineno or 0)]
            begin = max(statement.lineno for statement in around)
            end = node.func.end_lineno or node.lineno
            found = [notes[n] for n in range(begin - ABOVE, end + 1) if n in notes]
            if not any(NAMES_IT.search(note) for note in found):
                yield end, "superuser"
        elif swallows(node) and not any(
            line in notes for line in range(node.lineno - ABOVE, node.body[0].lineno + 1)
        ):
            yield node.lineno, "any error is caught"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ADDONS)))
def test_it_says_why(path: Path) -> None:
    found = [f"{path}:{line}: {what}" for line, what in without_reason(path.read_text())]
    assert not found, "add a comment with the reason, such as “# sudo: …”:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("a.sudo().b()", [1]),
        ("a.sudo(True)", [1]),
        ("env(su=True)", [1]),
        ("# why not\na.sudo()", [2]),
        ("# sudo: a reason\n\n\na.sudo()", [4]),
        ("# sudo: a reason\na.sudo().b()", []),
        ("a.sudo()  # sudo: a reason", []),
        ("# sudo: a reason\nx = (\n    a\n    .sudo()\n    .b()\n)", []),
        ("x = f(\n    # sudo: a reason\n    a.sudo(),\n)", []),
        ("a.sudo(False); a.sudo(env.su); env(su=False)", []),
        ("try:\n    a()\nexcept Exception:\n    b()", [3]),
        ("try:\n    a()\nexcept (ValueError, BaseException):\n    b()", [3]),
        ("try:\n    a()\nexcept:\n    b()", [3]),
        ("try:\n    a()\nexcept Exception:  # whatever a handler does\n    b()", []),
        ("try:\n    a()\nexcept Exception:\n    # whatever it does\n    b()", []),
        ("try:\n    a()\nexcept BaseException:\n    b()\n    raise", []),
        ("try:\n    a()\nexcept ValueError:\n    b()", []),
    ],
)
def test_what_counts_as_a_reason(source: str, places: list[int]) -> None:
    assert [line for line, _what in without_reason(source)] == places
