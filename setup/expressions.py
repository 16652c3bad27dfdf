"""Mapping expressions, as far as documents have to read them."""


def members(expression: str) -> list[tuple[str, str]]:
    """Names and expressions of the outermost object of an expression."""
    start = expression.find("{")
    if start < 0 or expression[start : start + 2] == "{}":
        return []
    parts, depth, quote, begin = [], 0, "", start + 1
    for position, mark in enumerate(expression[start:], start):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'`\"":
            quote = mark
        elif mark in "{[(":
            depth += 1
        elif mark in "}])":
            depth -= 1
        if not quote and ((mark == "," and depth == 1) or depth == 0):
            parts.append(expression[begin:position])
            begin = position + 1
        if depth == 0:
            break
    pairs = (part.partition(":") for part in parts)
    return [(name.strip(), text.strip()) for name, _colon, text in pairs]
