"""A demo that lacks its data is no demo: ``make run`` says so instead of going on."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from setup import demo_run, templates
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
