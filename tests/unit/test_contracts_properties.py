"""Contracts against an independent implementation, hostile schemas, and their price."""

import copy
import json
import time
from decimal import Decimal

import pytest
from core_tools import contracts
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire_server import WireServer, answering, respond

jsonschema = pytest.importorskip("jsonschema", reason="the oracle of these tests")

DECIMAL = {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"}
CONFIRMATION = {
    "$schema": contracts.DIALECT,
    "type": "object",
    "additionalProperties": False,
    "required": ["order", "supplier", "currency", "lines"],
    "$defs": {
        "decimal": DECIMAL,
        "code": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "line": {
            "type": "object",
            "additionalProperties": False,
            "required": ["line", "item", "quantity", "unit"],
            "properties": {
                "line": {"type": "string", "minLength": 1, "maxLength": 64},
                "item": {"$ref": "#/$defs/code"},
                "quantity": {"$ref": "#/$defs/decimal"},
                "unit": {"type": "string", "minLength": 1, "maxLength": 16},
                "promised_date": {"type": "string", "format": "date"},
                "status": {"enum": ["accepted", "changed", "rejected"]},
                "price": {"$ref": "#/$defs/decimal"},
            },
        },
    },
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "order": {"$ref": "#/$defs/code"},
        "supplier": {"$ref": "#/$defs/code"},
        "reference": {"type": ["string", "null"], "maxLength": 64},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "confirmed_at": {"type": "string", "format": "date-time"},
        "url": {"type": "string", "format": "uri"},
        "note": {"type": ["string", "null"], "maxLength": 2000},
        "total": {"$ref": "#/$defs/decimal"},
        "tax": {"$ref": "#/$defs/decimal"},
        "revision": {"type": "integer", "minimum": 0},
        "status": {"enum": ["accepted", "changed", "rejected"]},
        "lines": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {"$ref": "#/$defs/line"},
        },
    },
}
LINE = {
    "item": "IT-1",
    "quantity": "12.5",
    "unit": "BX",
    "promised_date": "2026-12-01",
    "status": "accepted",
    "price": "9.90",
}
GOOD = {
    "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "order": "PO00012",
    "supplier": "SUP-1",
    "reference": None,
    "currency": "EUR",
    "confirmed_at": "2026-11-22T10:00:00Z",
    "url": "https://supplier.example/orders/12",
    "note": None,
    "total": "120.50",
    "tax": "20.00",
    "revision": 3,
    "status": "accepted",
    "lines": [{"line": str(number), **LINE} for number in range(5)],
}


def test_an_order_confirmation_costs_less_than_300_microseconds():
    """The promise is 300; measured are 3. The margin is for a busy machine."""
    validator = contracts.compile_schema(CONFIRMATION)
    assert validator.violations(GOOD) == []
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(200):
            validator.violations(GOOD)
        best = min(best, (time.process_time() - started) / 200)
    assert best < 300e-6


scalars = st.sampled_from(
    [None, True, 0, 3, -1, Decimal("1.5"), Decimal("2.0"), "", "accepted", "12.5", "EUR", "x" * 70]
)


@given(st.data())
def test_agrees_with_the_reference_implementation(data):
    """A confirmation with some members changed, removed or added."""
    value = copy.deepcopy(GOOD)
    for _ in range(data.draw(st.integers(0, 4))):
        target = data.draw(st.sampled_from([value, *value.get("lines", [])]))
        if not isinstance(target, dict):
            continue
        name = data.draw(st.sampled_from([*target, "extra"]))
        if name != "lines" and data.draw(st.booleans()):
            target.pop(name, None)
        elif name != "lines":
            target[name] = data.draw(scalars)
    oracle = jsonschema.Draft202012Validator(
        CONFIRMATION, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator = contracts.compile_schema(CONFIRMATION)
    assert validator.is_valid(value) is oracle.is_valid(value)
    assert bool(validator.violations(value)) is not oracle.is_valid(value)


simple_schemas = st.recursive(
    st.sampled_from(
        [
            {"type": "string", "maxLength": 2},
            {"type": "integer"},
            {"type": "number", "multipleOf": 0.5},
            {"enum": [1, "a", None]},
            {"const": True},
            True,
            False,
            {"minimum": 1, "exclusiveMaximum": 3},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda s: {"type": "array", "items": s, "uniqueItems": True}, inner),
        st.builds(lambda a, b: {"prefixItems": [a], "items": b}, inner, inner),
        st.builds(lambda s: {"properties": {"a": s}, "required": ["a"]}, inner),
        st.builds(
            lambda s: {"unevaluatedProperties": False, "patternProperties": {"^a": s}}, inner
        ),
        st.builds(lambda a, b: {"oneOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"if": a, "then": b, "else": False}, inner, inner),
        st.builds(lambda s: {"not": s}, inner),
        st.builds(lambda s: {"contains": s, "minContains": 2}, inner),
    ),
    max_leaves=5,
)
instances = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2, Decimal("1.0"), Decimal("1.5"), "a", "abc"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(simple_schemas.filter(lambda schema: isinstance(schema, dict)), instances)
def test_agrees_on_any_schema(schema, instance):
    # The oracle takes no Decimals; the values are exact as floats.
    plain = json.loads(json.dumps(instance, default=float))
    expected = jsonschema.Draft202012Validator(schema).is_valid(plain)
    assert contracts.compile_schema(schema).is_valid(instance) is expected


@given(st.dictionaries(st.sampled_from(list(GOOD)), st.text(min_size=20), min_size=1))
def test_violations_never_show_values(members):
    validator = contracts.compile_schema(
        {"type": "object", "additionalProperties": {"type": "null"}}
    )
    for text in validator.violations({name: f"SECRET{value}" for name, value in members.items()}):
        assert "SECRET" not in text


def test_violations_are_limited():
    validator = contracts.compile_schema({"items": {"type": "string"}})
    assert len(validator.violations(list(range(1000)), limit=7)) == 7


def test_patterns_take_linear_time():
    """The classic that lets a backtracking engine run for ages."""
    validator = contracts.compile_schema({"pattern": "^(a+)+$"})
    started = time.process_time()
    assert not validator.is_valid("a" * 50_000 + "!")
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "(?=a)b"},
        {"pattern": r"(a)\1"},
        {"pattern": "("},
        {"pattern": "((a{1000}){1000}){1000}"},
        {"patternProperties": {"(?<!a)b": True}},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/missing"},
        {"type": "strin"},
        {"type": "string", "format": "no-such-format"},
        {"minLength": -1},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"maximum": float("nan")},
        {"properties": {"a": 5}},
        {1: 2},
        {"description": "x" * contracts.MAX_SCHEMA_CHARS},
    ],
)
def test_unusable_schemas(schema):
    with pytest.raises(contracts.SchemaError) as caught:
        contracts.compile_schema(schema)
    assert len(str(caught.value)) < 500


def test_nothing_is_fetched_even_if_it_could_be(tmp_path):
    document = tmp_path / "schema.json"
    document.write_text('{"type": "string"}')
    with WireServer(answering(lambda *_: respond(b'{"type": "string"}'))) as server:
        for reference in (f"http://127.0.0.1:{server.port}/schema.json", document.as_uri()):
            with pytest.raises(contracts.SchemaError):
                contracts.compile_schema({"$ref": reference})
        assert server.connections == 0


def test_equal_schemas_share_a_validator():
    first = contracts.compile_schema({"type": "object", "required": ["a"]})
    assert contracts.compile_schema({"required": ["a"], "type": "object"}) is first


def test_memory_is_bounded():
    for number in range(contracts._CACHE_SIZE + 50):
        contracts.compile_schema({"title": str(number)})
    assert len(contracts._CACHE._entries) == contracts._CACHE_SIZE
