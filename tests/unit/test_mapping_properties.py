"""Mappings against the library they build on, and against administrators who go too far."""

import json
import time
from decimal import Decimal

import jmespath
import pytest
from core_tools import canonical_json
from core_tools.errors import MappingError
from core_tools.mapping import MappingSpec, MissingValue, Section, compile_mapping
from hypothesis import given
from hypothesis import strategies as st

names = st.sampled_from(["a", "b", "c"])
data = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "yy"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)


def combine(inner):
    return st.one_of(
        st.builds("{}.{}".format, inner, names),
        st.builds("{}[{}]".format, inner, st.integers(-2, 2)),
        st.builds("{}[*]".format, inner),
        st.builds("{}[]".format, inner),
        st.builds("{}[1:]".format, inner),
        st.builds("{}.*".format, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} == {})".format, inner, inner),
        st.builds("({} | {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{a: {}, c: {}}}".format, inner, inner),
        st.builds("({}[?{} > `0`].{})".format, inner, names, names),
        st.builds("not_null({}, {})".format, inner, inner),
        st.builds("to_array({})".format, inner),
        st.builds("type({})".format, inner),
    )


expressions = st.recursive(names | st.just("@"), combine, max_leaves=6)


@given(expressions, data)
def test_agrees_with_jmespath(expression, value):
    """Whatever plain JMESPath makes of an expression, a mapping makes of it too."""
    try:
        expected = jmespath.search(expression, value)
    except (jmespath.exceptions.JMESPathError, TypeError):
        expected = MappingError
    try:
        mapping = compile_mapping(MappingSpec(f"{{result: (root | {expression})}}"))
        actual = mapping.apply(value)["result"]
    except MappingError:
        actual = MappingError
    assert actual == expected
    if expected is not MappingError:
        assert json.dumps(actual) == json.dumps(expected), "true and 1 are equal for Python only"


@given(expressions, data)
def test_the_source_is_never_changed(expression, value):
    before = json.dumps(value)
    spec = MappingSpec(
        f"{{x: (root | {expression})}}", (Section("y", "to_array(@)", "[item, root]"),)
    )
    try:
        result = compile_mapping(spec).apply(value)
    except MappingError:
        result = {}
    for pair in result.get("y", []):
        pair.append("changed")
        for part in pair[:2]:
            if isinstance(part, list):
                part.append("changed")
    assert json.dumps(value) == before


@given(st.text(max_size=40))
def test_any_text_compiles_or_is_a_mapping_error(text):
    try:
        compile_mapping(MappingSpec(text))
    except MappingError as error:
        assert error.code == "invalid_mapping"


@given(st.decimals(-(10**9), 10**9, places=4))
def test_numbers_never_become_floats(number):
    raw = canonical_json.dumps({"n": 0}).replace(b"0", str(number).encode())
    root = canonical_json.loads(raw)
    mapping = compile_mapping(
        MappingSpec(
            "{n: root.n, s: sum([root.n, `0.5`]), m: max([root.n, `-1e10`]), t: to_string(root.n)}"
        )
    )
    result = mapping.apply(root)
    canonical_json.dumps(result)  # refuses floats
    assert Decimal(result["n"]) == Decimal(result["t"]) == Decimal(result["m"]) == number
    assert Decimal(result["s"]) == number + Decimal("0.5")


DOUBLE = " | ".join(["[@, @]"] * 31)
LONG = " | ".join(["[@, @][]"] * 17)


@pytest.mark.parametrize(
    "expression",
    [
        " | ".join(["[@, @][]"] * 40),
        DOUBLE,
        " | ".join(["[@, @]"] * 2000),
        f"to_string({DOUBLE})",
        f"({DOUBLE}) == ({DOUBLE})",
        f"({DOUBLE}) != ({DOUBLE})",
        f"contains(({DOUBLE}), ({DOUBLE}))",
        "'xxxxxxxx' | " + " | ".join(["concat(@, @)"] * 40),
        "'xxxxxxxx' | " + " | ".join(["join(@, [@, @, @])"] * 40),
        " | ".join(["[@, @][*][]"] * 40),
        # 131,072 references to one list of 131,072 elements, flattened in one step
        f"[@] | {LONG} | [{{l: @}}] | {LONG} | [*].l | []",
        "a[*].[a[*].[a[*].[a]]]".replace("a", "root.big"),
        "root.big[*].{x: root.big[*].{y: root.big[*].{z: @}}}".replace("root.big", "big"),
        "sort_by(" + " | ".join(["[@, @][]"] * 30) + ", &@)",
        "reverse(" + " | ".join(["[@, @][]"] * 30) + ")",
        "(" * 3000 + "a" + ")" * 3000,
        "!" * 5000 + "a",
        "a" + ".a" * 9000,
    ],
)
def test_explosions_end_soon_and_small(expression):
    """None may take the worker's memory or more than a few seconds."""
    started = time.thread_time()
    try:
        mapping = compile_mapping(MappingSpec(f"{{x: (root | {expression})}}"))
        size = len(json.dumps(mapping.apply({"big": list(range(300))})))
    except MappingError:
        size = 0
    assert size < 10_000, "small results are fine"
    assert time.thread_time() - started < 5


def test_items_of_a_section_are_limited():
    mapping = compile_mapping(MappingSpec("{a: `1`}", (Section("lines", "@", "item"),)))
    assert len(mapping.apply([1] * 10_000)["lines"]) == 10_000
    with pytest.raises(MappingError):
        mapping.apply([1] * 10_001)


def test_an_error_never_shows_a_value():
    secret = "Jane Doe"
    for expression in (
        "decimal(root)",
        "date(root, '%Y')",
        "datetime_utc(root, 'UTC')",
        "datetime_utc('2026-01-01', root)",
        "lookup('units', root)",
        "sum([root])",
        "abs(root)",
        "(root > `1`)",
        "sort([root, `1`])",
        "keys(root)",
        "upper([root])",
        "concat([root])",
    ):
        with pytest.raises(MappingError) as caught:
            compile_mapping(MappingSpec(f"{{x: {expression}}}")).apply(secret, {"units": {}})
        assert secret not in str(caught.value), expression
        assert secret not in repr(caught.value), expression


def test_the_value_maps_of_a_mapping_are_known_beforehand():
    spec = MappingSpec(
        "{u: lookup('units', root.u)}",
        (Section("lines", "lines[?lookup('states', s) == 'open']", "lookup('sites', item.site)"),),
    )
    assert compile_mapping(spec).map_names == {"units", "states", "sites"}
    with pytest.raises(MappingError) as caught:
        compile_mapping(MappingSpec("{u: lookup(root.map, root.u)}"))
    assert caught.value.code == "invalid_mapping"


def test_a_missing_value_can_be_acted_on():
    mapping = compile_mapping(MappingSpec("{unit: lookup('units', root.unit)}"))
    with pytest.raises(MissingValue) as caught:
        mapping.apply({"unit": "BX"}, {"units": {"EA": "unit"}})
    assert (caught.value.map_name, caught.value.value) == ("units", "BX")
    assert mapping.apply({"unit": "BX"}, {"units": {"BX": "box"}}) == {"unit": "box"}


def test_price_of_an_order_confirmation():
    """Thousands a second, so that mapping does not decide the throughput of a drain."""
    line = "{line: item.pos, quantity: decimal(item.qty), unit: lookup('u', item.unit)}"
    header = "{order: root.no, total: decimal(root.total, `2`), note: default(root.note, '')}"
    mapping = compile_mapping(MappingSpec(header, (Section("lines", "positions", line),)))
    root = {
        "no": "PO1",
        "total": Decimal("120.505"),
        "positions": [{"pos": str(n), "qty": "5.00", "unit": "BX"} for n in range(5)],
    }
    started = time.process_time()
    for _ in range(200):
        mapping.apply(root, {"u": {"BX": "box"}})
    assert (time.process_time() - started) / 200 < 2e-3
