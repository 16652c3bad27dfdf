"""What ``make run`` does to have its database.

A demo that lacks its data is no demo: it says so instead of going on. And with a new database the
hospital and the partners begin anew, too.
"""

from pathlib import Path
from types import SimpleNamespace

import pytest

from setup import demo_clinic_run, demo_run, templates
from setup.console import SetupError

WARNING = "2026-11-29 21:16:15,116 1 WARNING demo odoo.modules.loading: "
LACKING = f"{WARNING}Module integration_ehr_supply demo data failed to install, installed without"


@pytest.fixture
def ready(tmp_path: Path) -> SimpleNamespace:
    return SimpleNamespace(settings=SimpleNamespace(logs=tmp_path, etc=tmp_path, home=tmp_path))


def test_data_that_could_not_be_loaded_end_the_start(ready, monkeypatch):
    monkeypatch.setattr(demo_run, "_integration", lambda _settings: {})
    monkeypatch.setattr(templates, "install", lambda *_args, **_options: [LACKING])
    with pytest.raises(SetupError, match=r"(?s)integration_ehr_supply .*install-demo\.log"):
        demo_run._install(ready, "demo", ["integration_ehr_supply"])


def test_other_warnings_do_not(ready, monkeypatch):
    monkeypatch.setattr(demo_run, "_integration", lambda _settings: {})
    monkeypatch.setattr(templates, "install", lambda *_args, **_options: [f"{WARNING}Careful"])
    demo_run._install(ready, "demo", ["integration_ehr_supply"])


class _Databases:
    """A server on which there is the demo database, or is not."""

    def __init__(self, label: str | None) -> None:
        self.found = label

    def __call__(self, _ready: object) -> "_Databases":
        return self

    def exists(self, _name: str) -> bool:
        return self.found is not None

    def label(self, _name: str) -> str:
        return self.found or ""

    def set_label(self, _name: str, text: str) -> None:
        self.found = text

    def clone(self, _template: str, _name: str) -> None:
        pass

    def rename(self, _old: str, _new: str) -> None:
        self.found = ""


@pytest.fixture
def provide(ready, monkeypatch):
    """Have ``make run`` provide its database, and return what lies in the demo's folder then."""
    folder = ready.settings.home / "demo"
    folder.mkdir()
    ready.settings.addons = ready.settings.home
    kept = ("partners.json", "clinic.json")
    for name in (
        "hospital.json",
        "clinic-state.json",
        "medsupply.sqlite",
        "flaky.sqlite-wal",
        *kept,
    ):
        (folder / name).touch()
    for name in ("_install", "_connect"):
        monkeypatch.setattr(demo_run, name, lambda *_args, **_options: None)

    def provide(label: str | None) -> set[str]:
        monkeypatch.setattr(demo_run, "Databases", _Databases(label))
        demo_run._provide_database(ready, ready.settings.etc, folder / "partners.json")
        return {path.name for path in folder.iterdir()}

    return provide


def test_with_a_new_database_nobody_remembers_the_one_before(provide):
    assert provide(None) == {"partners.json", "clinic.json"}


@pytest.mark.parametrize("label", ["", "as the addons were"])
def test_who_goes_on_remembers(provide, label):
    assert len(provide(label)) == 6


@pytest.mark.parametrize(("label", "connected"), [(None, True), ("former", True), ("same", False)])
def test_the_clinic_is_connected_with_the_database(provide, monkeypatch, label, connected):
    """With a new one, and when the addons have changed: it may have come with them."""
    found = []

    def connect(_ready, _config, script, environ):
        found.append((script.name, environ))

    monkeypatch.setattr(demo_run, "_connect", connect)
    monkeypatch.setattr(demo_run.suite_addons, "names", lambda _folder: ["integration_ehr_bridge"])
    monkeypatch.setattr(demo_run.suite_addons, "fingerprint", lambda *_args: "same")
    provide(label)
    environs = [environ for name, environ in found if name == "connect_clinic.py"]
    assert len(environs) == connected
    assert all(Path(one["DEMO_CLINIC"]).name == "clinic.json" for one in environs)


def test_the_clinic_opens_with_what_it_needs(ready, monkeypatch):
    ready.settings.python, ready.settings.pace = Path("python"), 20.0
    ready.environ = {}
    program = demo_clinic_run.program(ready, "http://127.0.0.1:8069")
    options = [str(one) for one in program.command[2:]]
    folder = ready.settings.home / "demo"
    assert options == [
        f"--config={folder / 'clinic.json'}",
        f"--state={folder / 'clinic-state.json'}",
        "--odoo-url=http://127.0.0.1:8069",
        "--pace=6.0",
    ]
