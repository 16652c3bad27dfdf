import subprocess
import sys

from setup.machine import Machine
from setup.postgres import Server
from setup.settings import Settings


def test_what_python_compiled_is_kept_although_the_environment_forbids_it(tmp_path, monkeypatch):
    """Odoo takes three times as long to start where it is compiled anew."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    module = tmp_path / "tree" / "a_module.py"
    module.parent.mkdir()
    module.touch()
    machine = Machine(Settings(home=tmp_path / "home"), tmp_path, Server({}))
    command = [sys.executable, "-c", "import a_module"]
    subprocess.run(command, cwd=module.parent, env=machine.environ, check=True)
    assert [path.name.partition(".")[0] for path in kept(tmp_path / "home", module)] == ["a_module"]
    assert not (module.parent / "__pycache__").exists(), "the tree may be read-only, or in git"


def kept(home, module):
    return list((home / "pycache").joinpath(*module.parent.parts[1:]).glob("*.pyc"))
