from pathlib import Path

import pytest

from setup.console import SetupError
from setup.settings import DEFAULT_PORT, REPOSITORY, Settings


def test_defaults_stay_inside_the_checkout():
    settings = Settings.from_environ({})
    assert settings.home == REPOSITORY / ".local"
    assert settings.port == DEFAULT_PORT
    assert settings.odoo_dir is None
    assert not settings.strict


def test_environment_is_read():
    environ = {"SUITE_HOME": "/srv/suite", "ODOO_DIR": "odoo", "PORT": "8123", "CI": "true"}
    settings = Settings.from_environ(environ)
    assert settings.home == Path("/srv/suite")
    assert settings.odoo_dir == Path.cwd() / "odoo"
    assert settings.port == 8123
    assert settings.strict


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_bad_port_is_named(port):
    with pytest.raises(SetupError, match="PORT="):
        Settings.from_environ({"PORT": port})


def test_checkouts_have_names_of_their_own(tmp_path):
    one = Settings(home=tmp_path, repository=tmp_path / "one")
    two = Settings(home=tmp_path, repository=tmp_path / "two")
    assert one.checkout != two.checkout


def test_processes_are_as_many_as_processors_and_few(monkeypatch):
    for processors, processes in ((1, 1), (2, 2), (64, 3)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _pid, n=processors: set(range(n)))
        assert Settings.from_environ({}).processes == processes
    assert Settings.from_environ({"TEST_PROCESSES": "1"}).processes == 1


@pytest.mark.parametrize("number", ["many", "0", "-1"])
def test_a_bad_number_of_processes_is_named(number):
    with pytest.raises(SetupError, match="TEST_PROCESSES="):
        Settings.from_environ({"TEST_PROCESSES": number})


def test_the_pace_of_the_hospital():
    assert Settings.from_environ({}).pace == 20
    assert Settings.from_environ({"PACE": "90"}).pace == 90
    assert Settings.from_environ({"PACE": "0"}).pace == 0


@pytest.mark.parametrize("pace", ["quick", "-1", "6001"])
def test_a_bad_pace_is_named(pace):
    with pytest.raises(SetupError, match="PACE="):
        Settings.from_environ({"PACE": pace})
