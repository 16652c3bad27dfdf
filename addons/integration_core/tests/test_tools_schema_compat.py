import time

from odoo.tests import BaseCase, tagged

from odoo.addons.integration_core.tools import schema_compat, semver
from odoo.addons.integration_core.tools.semver import Level

NULLABLE = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/address"}]}
ORDER = {
    "type": "object",
    "required": ["number", "lines"],
    "properties": {
        "number": {"type": "string", "minLength": 1, "maxLength": 64},
        "status": {"enum": ["open", "closed"]},
        "total": {"type": "number", "minimum": 0},
        "address": NULLABLE,
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {
        "line": {
            "type": "object",
            "required": ["item"],
            "properties": {"item": {"type": "string"}, "lines": {"$ref": "#/properties/lines"}},
        },
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def obj(properties=None, required=(), **more):
    return {
        "type": "object",
        "properties": properties or {},
        "required": list(required),
        **more,
    }


TEXT = {"type": "string"}
#: (what, old, new, readers break, writers break)
CASES = [
    ("optional member in an open object", obj(), obj({"a": TEXT}), False, False),
    (
        "optional member in a closed object",
        obj(additionalProperties=False),
        obj({"a": TEXT}, additionalProperties=False),
        True,
        False,
    ),
    ("required member", obj(), obj({"a": TEXT}, ["a"]), False, True),
    ("member gone", obj({"a": TEXT}), obj(), True, False),
    (
        "member gone from a closed object",
        obj({"a": TEXT}, additionalProperties=False),
        obj(additionalProperties=False),
        True,
        True,
    ),
    ("now required", obj({"a": TEXT}), obj({"a": TEXT}, ["a"]), False, True),
    ("no longer required", obj({"a": TEXT}, ["a"]), obj({"a": TEXT}), True, False),
    ("object closed", obj(), obj(additionalProperties=False), False, True),
    ("object opened", obj(additionalProperties=False), obj(), True, False),
    ("type narrowed", {"type": ["string", "null"]}, TEXT, False, True),
    ("type widened", {"type": "integer"}, {"type": "number"}, True, False),
    ("type replaced", TEXT, {"type": "integer"}, True, True),
    ("value added", {"enum": ["a"]}, {"enum": ["a", "b"]}, True, False),
    ("value removed", {"enum": ["a", "b"]}, {"const": "a"}, False, True),
    ("values instead of text", TEXT, {"type": "string", "enum": ["a"]}, False, True),
    ("text instead of values", {"enum": ["a"]}, TEXT, True, False),
    ("a pattern that all values fit", {"enum": ["a"]}, {"pattern": "^a$"}, True, False),
    ("pattern added", TEXT, {"type": "string", "pattern": "^a"}, False, True),
    ("pattern changed", {"pattern": "^a"}, {"pattern": "^ab"}, True, True),
    ("format added", TEXT, {"type": "string", "format": "date"}, False, True),
    ("longer text", {"maxLength": 5}, {"maxLength": 9}, True, False),
    ("shorter text", {"minLength": 0}, {"minLength": 2}, False, True),
    ("limit excluded", {"minimum": 1}, {"exclusiveMinimum": 1}, False, True),
    ("limit written twice", {"minimum": 1}, {"minimum": 1, "exclusiveMinimum": 0}, False, False),
    ("finer steps", {"multipleOf": 10}, {"multipleOf": 5}, True, False),
    ("items unique", {"type": "array"}, {"type": "array", "uniqueItems": True}, False, True),
    ("items changed", {"items": TEXT}, {"items": {"type": ["string", "null"]}}, True, False),
    ("tuple", {"prefixItems": [TEXT]}, {"prefixItems": [TEXT, TEXT]}, False, True),
    ("form added", {"anyOf": [TEXT]}, {"anyOf": [TEXT, {"type": "null"}]}, True, False),
    ("made nullable by a form", TEXT, {"anyOf": [TEXT, {"type": "null"}]}, True, False),
    ("form gone", {"oneOf": [TEXT, {"type": "null"}]}, {"oneOf": [TEXT]}, False, True),
    ("overlapping oneOf", {"oneOf": [TEXT]}, {"oneOf": [TEXT, {"minLength": 3}]}, True, True),
    ("same through $ref", {"$ref": "#/$defs/a", "$defs": {"a": TEXT}}, TEXT, False, False),
    ("same by allOf", {"allOf": [TEXT, {"maxLength": 3}]}, {**TEXT, "maxLength": 3}, False, False),
    ("not", {"not": TEXT}, {"not": {"type": "integer"}}, True, True),
    ("unknown keyword", {}, {"frobnicate": 3}, False, True),
    ("own annotation", {}, {"x-label": "Name"}, False, False),
    (
        "members by pattern",
        {"patternProperties": {"^a": TEXT}},
        {"patternProperties": {"^b": TEXT}},
        True,
        True,
    ),
    (
        "rest by unevaluatedProperties",
        {"allOf": [{"properties": {"a": TEXT}}], "unevaluatedProperties": False},
        {"properties": {"a": TEXT}, "additionalProperties": False},
        False,
        False,
    ),
    (
        "rest after a choice",
        {"anyOf": [{"properties": {"a": TEXT}}], "unevaluatedProperties": False},
        {"additionalProperties": False},
        True,
        True,
    ),
    ("anchors", {"$anchor": "a"}, {"$anchor": "a", "type": "string"}, True, True),
]  # fmt: skip


@tagged("post_install", "-at_install")
class TestSchemaCompat(BaseCase):
    def test_cases(self):
        for what, old, new, readers, writers in CASES:
            with self.subTest(what):
                changes = schema_compat.compare(old, new)
                found = (
                    any(change.breaks_readers for change in changes),
                    any(change.breaks_writers for change in changes),
                )
                self.assertEqual(found, (readers, writers), changes)

    def test_place_and_sentence(self):
        new = {**ORDER, "$defs": {**ORDER["$defs"]}}
        new["$defs"]["line"] = obj({"item": {"type": "string", "maxLength": 10}}, ["item"])
        changes = {change.pointer: change for change in schema_compat.compare(ORDER, new)}
        self.assertEqual(changes["/lines/*/item"].sentence, "The longest text is now 10")
        self.assertEqual(changes["/lines/*/lines"].kind, "property_removed")

    def test_nullable_object_gets_an_optional_member(self):
        new = {**ORDER, "$defs": {**ORDER["$defs"]}}
        new["$defs"]["address"] = obj({"city": TEXT, "zip": TEXT})
        del new["$defs"]["address"]["required"]
        changes = schema_compat.compare(ORDER, new)
        self.assertEqual([change.pointer for change in changes], ["/address/zip"])
        self.assertEqual(schema_compat.level(changes), Level.MINOR)

    def test_undeclared_members_count_when_asked(self):
        changes = schema_compat.compare(obj(), obj({"a": TEXT}), strict=True)
        self.assertTrue(changes[0].breaks_writers)

    def test_level(self):
        compare, level = schema_compat.compare, schema_compat.level
        self.assertEqual(level(compare(ORDER, ORDER)), Level.NONE)
        self.assertEqual(level(compare(ORDER, {**ORDER, "title": "Order"})), Level.PATCH)
        self.assertEqual(level(compare(obj(), obj({"a": TEXT}))), Level.MINOR)
        self.assertEqual(level(compare({"maxLength": 2}, {"maxLength": 1})), Level.MAJOR)

    def test_schemas_that_lead_in_a_circle_or_explode(self):
        for old in (
            {"$ref": "#"},
            {"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"},
            {"$ref": "#/$defs/missing"},
        ):
            changes = schema_compat.compare(old, {"type": "string"})
            self.assertTrue(changes[0].breaks_readers and changes[0].breaks_writers)
        names = [f"n{number}" for number in range(30)]
        defs = {
            name: {"properties": {key: {"$ref": f"#/$defs/{after}"} for key in "ab"}}
            for name, after in zip(names, [*names[1:], "end"], strict=True)
        }  # fmt: skip
        bomb = {"$ref": "#/$defs/n0", "$defs": {**defs, "end": TEXT}}
        other = {"$ref": "#/$defs/n0", "$defs": {**defs, "end": {"type": "integer"}}}
        started = time.thread_time()
        changes = schema_compat.compare(bomb, other)
        self.assertLess(time.thread_time() - started, 20)
        self.assertTrue(changes[0].breaks_readers and changes[0].breaks_writers)

    def test_recursive_schema(self):
        tree = {"properties": {"children": {"items": {"$ref": "#"}}, "name": TEXT}}
        new = {
            "properties": {"children": {"items": {"$ref": "#"}}, "name": {"maxLength": 3, **TEXT}}
        }
        places = [change.pointer for change in schema_compat.compare(tree, new)]
        self.assertIn("/name", places)


@tagged("post_install", "-at_install")
class TestSemver(BaseCase):
    def test_parse(self):
        self.assertEqual(semver.parse("1.20.3"), (1, 20, 3))
        for text in ("1.0", "01.0.0", "1.0.0-rc1", "1.0.٣", "", "1.0.0\n"):
            with self.subTest(text), self.assertRaises(ValueError):
                semver.parse(text)

    def test_rise_and_bump(self):
        self.assertEqual(semver.rise((1, 2, 3), (2, 0, 0)), Level.MAJOR)
        self.assertEqual(semver.rise((1, 2, 3), (1, 3, 0)), Level.MINOR)
        self.assertEqual(semver.rise((1, 2, 3), (1, 2, 4)), Level.PATCH)
        self.assertEqual(semver.rise((1, 2, 3), (1, 2, 3)), Level.NONE)
        self.assertEqual(semver.rise((1, 2, 3), (1, 2, 2)), Level.NONE)
        for level in (Level.PATCH, Level.MINOR, Level.MAJOR):
            self.assertEqual(semver.rise((1, 2, 3), semver.bump((1, 2, 3), level)), level)
        taken = {(2, 0, 0), (3, 0, 0)}
        self.assertEqual(semver.next_free((1, 2, 3), Level.MAJOR, taken), (4, 0, 0))
        self.assertEqual(semver.text((1, 2, 3)), "1.2.3")
