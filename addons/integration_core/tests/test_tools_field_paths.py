from odoo.tests import BaseCase, tagged

from odoo.addons.integration_core.tools import contracts, field_paths, schema_infer


@tagged("post_install", "-at_install")
class TestFieldPaths(BaseCase):
    def test_tree(self):
        self.assertEqual(
            field_paths.tree(["name", "lines.product.code", "lines.quantity"]),
            {"name": {}, "lines": {"product": {"code": {}}, "quantity": {}}},
        )

    def test_refused(self):
        for path in ("", ".", "a..b", "a.", "A", "a-b", "a b", "ä", "1a.b.c.d.e", "a.b.c.d.e"):
            with self.subTest(path=path), self.assertRaises(field_paths.PathError):
                field_paths.tree([path])
        with self.assertRaises(field_paths.PathError):
            field_paths.tree(f"f{n}" for n in range(field_paths.MAX_PATHS + 1))

    def test_secrets(self):
        for name in ("password", "new_password", "api_key", "access_token", "client_secret"):
            self.assertTrue(field_paths.looks_secret(name), name)
        for name in ("name", "tokenized", "pinned", "key", "secretary_id", "shipping_date"):
            self.assertFalse(field_paths.looks_secret(name), name)


@tagged("post_install", "-at_install")
class TestSchemaInfer(BaseCase):
    def test_infer(self):
        schema = schema_infer.infer(
            {"a": 1, "b": None, "c": [{"x": "1", "y": True}, {"x": None}], "d": []}
        )
        self.assertEqual(schema["required"], ["a", "b", "c", "d"])
        properties = schema["properties"]
        self.assertEqual(properties["a"], {"type": "integer"})
        self.assertEqual(properties["b"], {})
        items = properties["c"]["items"]
        self.assertEqual(items["required"], ["x"])
        self.assertEqual(
            items["properties"], {"x": {"type": ["string", "null"]}, "y": {"type": "boolean"}}
        )
        self.assertEqual(properties["d"]["items"], {})

    def test_accepts_its_example_and_holds_no_value(self):
        for example in (
            {"a": "secret"},
            {"l": [1, "two", None]},
            {"l": [{"a": 1}, {"b": 2}, {"a": None, "b": "x"}]},
            {"n": {"m": [[1], ["a"]]}},
        ):
            schema = schema_infer.infer(example)
            self.assertEqual(contracts.compile_schema(schema).violations(example), [], example)
            self.assertNotIn("secret", str(schema))
