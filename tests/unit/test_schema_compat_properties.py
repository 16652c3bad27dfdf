"""The compatibility check against the truth: documents of one version tried on the other."""

import copy

from core_tools import contracts, schema_compat
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

NAMES = ("a", "b", "c")
SCALARS = (None, True, False, 0, 1, 2, 5, -3, 1.5, 2.5, "", "a", "abc", "zzzz", "2026-01-01")

keywords = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["string", "integer", "number", "object", "array", "null", ["string", "null"],
             ["object", "array"], ["integer", "string", "boolean"]]
        ),
        "minimum": st.integers(-3, 3),
        "exclusiveMinimum": st.integers(-3, 3),
        "maximum": st.integers(0, 5),
        "multipleOf": st.sampled_from([1, 2, 4, 0.5]),
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 4),
        "pattern": st.sampled_from(["^a", "b"]),
        "format": st.sampled_from(["date", "uuid"]),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 3),
        "uniqueItems": st.booleans(),
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(0, 3),
        "required": st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
        "dependentRequired": st.just({"a": ["b"]}),
        "title": st.sampled_from(["one", "two"]),
    },
)  # fmt: skip
leaves = st.one_of(
    st.booleans(),
    keywords,
    st.builds(lambda values: {"enum": values}, st.lists(st.sampled_from(SCALARS), min_size=1)),
    st.builds(lambda value: {"const": value}, st.sampled_from(SCALARS)),
    st.sampled_from([{"$ref": "#/$defs/one"}, {"$ref": "#/$defs/two"}]),
)


def _structured(inner):
    members = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    required = st.lists(st.sampled_from(NAMES), unique=True, max_size=2)
    some = st.lists(inner, min_size=1, max_size=3)

    def put(base, **rules):
        return {**(base if isinstance(base, dict) else {}), **rules}

    return st.one_of(
        st.builds(
            lambda b, p, r, rest: put(b, type="object", properties=p, required=r, **rest),
            keywords,
            members,
            required,
            st.one_of(
                st.just({}),
                st.builds(lambda s: {"additionalProperties": s}, inner),
                st.builds(lambda s: {"unevaluatedProperties": s}, inner),
                st.builds(lambda s: {"patternProperties": {"^[ab]": s}}, inner),
            ),
        ),
        st.builds(lambda s: {"type": "array", "items": s}, inner),
        st.builds(lambda p, s: {"prefixItems": p, "items": s}, some, inner),
        st.builds(
            lambda b, k, s: put(b, **{k: s}),
            leaves,
            st.sampled_from(["anyOf", "oneOf", "allOf"]),
            some,
        ),
        st.builds(lambda b, p, s: put(b, properties=p, anyOf=s), keywords, members, some),
        st.builds(
            lambda p, s: {"allOf": s, "properties": p, "unevaluatedProperties": False},
            members,
            some,
        ),
        st.builds(lambda s: {"not": s}, inner),
        st.builds(lambda s: {"contains": s}, inner),
        st.builds(lambda a, b: {"if": a, "then": b}, inner, inner),
        st.builds(lambda s: {"propertyNames": s}, inner),
        st.builds(lambda s: {"dependentSchemas": {"a": s}}, inner),
        st.builds(lambda s: {"$ref": "#/$defs/one", "properties": {"b": s}}, inner),
        st.builds(lambda s: {"unevaluatedItems": s, "prefixItems": [True]}, inner),
    )  # fmt: skip


schemas = st.recursive(leaves, _structured, max_leaves=6)
roots = st.builds(
    lambda main, one, two: (
        {"allOf": [main], "$defs": {"one": one, "two": two}}
        if isinstance(main, bool) or "$ref" in main
        else {**main, "$defs": {"one": one, "two": two}}
    ),
    schemas,
    # Definitions that lead in a circle without descending have no meaning.
    keywords | st.builds(lambda p: {"properties": p}, st.fixed_dictionaries({"a": leaves})),
    keywords,
)


def pool():
    """Documents that between them fit and miss most small schemas."""
    flat = [*SCALARS, [], {}]
    small = [
        *flat,
        *([one] for one in flat),
        *([one, other] for one in flat[3:10] for other in flat[6:13]),
        *({name: one} for name in NAMES for one in flat),
        *({"a": one, "b": other} for one in flat for other in flat[::2]),
        *({"b": one, "c": other} for one in flat[::2] for other in flat[1::2]),
        {"a": "a", "b": 1, "c": None},
        [1, 1, 1],
        ["a", "b", "abc", 0],
    ]
    return [
        *small,
        *([one] for one in small[-60:]),
        *({"a": one} for one in small[20:]),
        *({"b": one} for one in small[20::3]),
    ]


POOL = pool()
#: Keywords below which stand schemas by name.
NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")


def places(schema, found, named=False):
    """Every schema inside a schema that is not just true or false."""
    if isinstance(schema, dict):
        if not named:
            found.append(schema)
        for name, value in schema.items():
            if named or name not in ("enum", "const", "required", "type", "dependentRequired"):
                places(value, found, named=not named and name in NAMED)
    elif isinstance(schema, list):
        for value in schema:
            places(value, found)
    return found


@st.composite
def pairs(draw):
    """A schema and, mostly, one that differs in a place or two."""
    old = draw(roots)
    if draw(st.integers(0, 4)) == 0:
        return old, draw(roots)
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(places(new, [])))
        removable = sorted(place.keys() - {"$defs"})
        if removable and draw(st.booleans()):
            del place[draw(st.sampled_from(removable))]
        else:
            changes = draw(keywords.filter(bool))
            name = draw(st.sampled_from(sorted(changes)))
            place[name] = copy.deepcopy(changes[name])
    return old, new


def usable(schema):
    try:
        return contracts.compile_schema(schema)
    except contracts.SchemaError:
        return None


@settings(max_examples=400)
@given(pairs())
def test_silence_can_be_relied_on(pair):
    old, new = pair
    before, after = usable(old), usable(new)
    assume(before and after)
    changes = schema_compat.compare(old, new, strict=True)
    writers = any(change.breaks_writers for change in changes)
    readers = any(change.breaks_readers for change in changes)
    event(f"writers {writers}, readers {readers}")
    for document in POOL:
        accepted = before.is_valid(document), after.is_valid(document)
        assert writers or accepted != (True, False), (changes, document)
        assert readers or accepted != (False, True), (changes, document)


# -- the assumption about undeclared members ------------------------------------------------------

plain = st.recursive(
    keywords,
    lambda inner: st.one_of(
        st.builds(
            lambda p, r, closed: (
                {"type": "object", "properties": p, "required": r}
                | ({"additionalProperties": False} if closed else {})
            ),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
            st.lists(st.sampled_from(NAMES), unique=True, max_size=1),
            st.booleans(),
        ),
        st.builds(lambda s: {"type": "array", "items": s}, inner),
        st.builds(lambda s: {"anyOf": [{"type": "null"}, s]}, inner),
    ),
    max_leaves=5,
)


def declared(schema, document):
    """``document`` without the members that ``schema`` does not name."""
    for form in schema.get("anyOf", ()):
        document = declared(form, document)
    if isinstance(document, list):
        return [declared(schema.get("items", {}), item) for item in document]
    if isinstance(document, dict) and "anyOf" not in schema:
        known = schema.get("properties", {})
        return {n: declared(known[n], v) for n, v in document.items() if n in known}
    return document


@settings(max_examples=400)
@given(plain, plain, st.data())
def test_undeclared_members_are_the_only_exception(old, other, data):
    new = copy.deepcopy(old)
    objects = [place for place in places(new, []) if "properties" in place]
    assume(objects)
    data.draw(st.sampled_from(objects))["properties"][data.draw(st.sampled_from(NAMES))] = other
    changes = schema_compat.compare(old, new)
    before, after = usable(old), usable(new)
    assume(before and after)
    if not any(change.breaks_writers for change in changes):
        for document in (declared(old, candidate) for candidate in POOL):
            assert not before.is_valid(document) or after.is_valid(document), (changes, document)
    if not any(change.breaks_readers for change in changes):
        for document in (declared(new, candidate) for candidate in POOL):
            assert not after.is_valid(document) or before.is_valid(document), (changes, document)


@given(roots)
def test_nothing_changed_is_no_change(schema):
    assume(usable(schema))
    assert schema_compat.compare(schema, copy.deepcopy(schema)) == []
