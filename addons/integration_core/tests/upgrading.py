import importlib.util
from pathlib import Path
from types import ModuleType

from odoo.tools import SQL

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def script(version: str, name: str, migrations: Path = MIGRATIONS) -> ModuleType:
    """An upgrade script, such as ``post-event_company``, as a module.

    :param migrations: the folder of another addon
    """
    path = migrations / version / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class RenewalMixin:
    """For tests of scripts that renew shipped mappings (``engine.shipped.renew``).

    Such a script says in ``MODULE``, ``NAMES``, ``FIELD``, ``OLD`` and ``NEW`` what it replaces.
    """

    def assert_renews(self, script: ModuleType, before: str) -> None:
        """Each mapping has a new version that reads as the addon ships it, however often.

        :param before: the version of the addon from which the database comes
        """
        for name in script.NAMES:
            with self.subTest(name):
                self._assert_renews(script, f"{script.MODULE}.{name}", before)

    def _assert_renews(self, script: ModuleType, name: str, before: str) -> None:
        shipped = self.env.ref(name)
        new = _holder(shipped, script)[script.FIELD]
        old = new.replace(script.NEW, script.OLD)
        self.assertNotEqual(new, old)
        self._put(shipped, script, old)
        for _time in range(2):
            script.migrate(self.env.cr, before)
            self.env.invalidate_all()
            made = self.env.ref(name)
            self.assertEqual((made.state, made.version, made.previous_id), ("approved", 2, shipped))
            self.assertEqual(_holder(made, script)[script.FIELD], new)
            self.assertEqual(made.value_map_ids, shipped.value_map_ids)
            self.assertEqual(
                (shipped.state, _holder(shipped, script)[script.FIELD]), ("approved", old)
            )

    def assert_leaves_alone(self, script: ModuleType, before: str) -> None:
        """What people changed, retired or deleted of the mappings stays as it is."""
        for name in script.NAMES:
            mapping = self.env.ref(f"{script.MODULE}.{name}")
            shipped = _holder(mapping, script)[script.FIELD].replace(script.NEW, script.OLD)
            for case, text, state in (
                ("edited", shipped.replace(script.OLD, "other"), "approved"),
                ("doubled", f"{shipped}{script.OLD}", "approved"),
                ("retired", shipped, "retired"),
            ):
                with self.subTest(f"{name} {case}"):
                    self._put(mapping, script, text, state)
                    self._assert_untouched(script, mapping, name, before)
            with self.subTest(f"{name} renewed by people"):
                self._put(mapping, script, shipped)
                mapping.action_new_version()
                self._assert_untouched(script, mapping, name, before)

    def _assert_untouched(self, script: ModuleType, mapping, name: str, before: str) -> None:
        count = mapping.version_count
        script.migrate(self.env.cr, before)
        self.env.invalidate_all()
        self.assertEqual(self.env.ref(f"{script.MODULE}.{name}"), mapping)
        self.assertEqual(mapping.version_count, count)

    def _put(self, mapping, script: ModuleType, text: str, state: str = "approved") -> None:
        """Let an approved mapping read otherwise, which nobody can by its model."""
        self.env.flush_all()
        holder = _holder(mapping, script)
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(holder._table),
                SQL.identifier(script.FIELD),
                text,
                holder.id,
            )
        )
        self.env.cr.execute(
            "UPDATE integration_mapping SET state = %s WHERE id = %s", (state, mapping.id)
        )
        self.env.invalidate_all()


def _holder(mapping, script: ModuleType):
    return mapping if script.FIELD == "header" else mapping.section_ids
