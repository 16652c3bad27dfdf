import importlib.util
from pathlib import Path
from types import ModuleType

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
