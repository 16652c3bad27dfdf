import pytest

from setup import suite_addons
from setup.console import SetupError


@pytest.fixture
def folder(tmp_path):
    for name in ("beta", "alpha"):
        (tmp_path / name / "models").mkdir(parents=True)
        (tmp_path / name / "__manifest__.py").write_text("{}")
        (tmp_path / name / "models" / "thing.py").write_text("")
    (tmp_path / "not_an_addon").mkdir()
    return tmp_path


def test_addons_are_found_by_their_manifests(folder):
    assert suite_addons.names(folder, {}) == ["alpha", "beta"]


def test_the_environment_can_restrict_them(folder):
    assert suite_addons.names(folder, {"SUITE_ADDONS": "beta"}) == ["beta"]
    with pytest.raises(SetupError, match="gamma"):
        suite_addons.names(folder, {"SUITE_ADDONS": "beta, gamma"})


def test_the_fingerprint_follows_what_is_installed(folder):
    before = suite_addons.fingerprint(folder, ["alpha"])
    for name in ("tests", "static", "__pycache__"):
        (folder / "alpha" / name).mkdir()
        (folder / "alpha" / name / "file").write_text("anything")
    assert suite_addons.fingerprint(folder, ["alpha"]) == before
    (folder / "alpha" / "models" / "thing.py").write_text("changed = True")
    assert suite_addons.fingerprint(folder, ["alpha"]) != before


def test_the_fingerprint_sees_a_renamed_file(folder):
    before = suite_addons.fingerprint(folder, ["alpha"])
    (folder / "alpha" / "models" / "thing.py").rename(folder / "alpha" / "models" / "other.py")
    assert suite_addons.fingerprint(folder, ["alpha"]) != before
