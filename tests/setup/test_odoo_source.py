import pytest

from setup import odoo_source
from setup.console import SetupError
from setup.settings import Settings


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    return tmp_path


def test_a_tree_of_ones_own_is_used(tree, tmp_path):
    settings = Settings(home=tmp_path / "home", odoo_dir=tree)
    assert odoo_source.provide(settings) == tree


def test_another_series_is_refused(tree):
    (tree / "odoo" / "release.py").write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    with pytest.raises(SetupError, match=r"not Odoo 19\.0"):
        odoo_source.provide(Settings(home=tree, odoo_dir=tree))


def test_a_folder_without_odoo_is_refused(tmp_path):
    with pytest.raises(SetupError, match="ODOO_DIR"):
        odoo_source.provide(Settings(home=tmp_path, odoo_dir=tmp_path))


def test_an_unpacked_package_is_reused(tmp_path):
    unpacked = tmp_path / "odoo/usr/lib/python3/dist-packages"
    unpacked.mkdir(parents=True)
    assert odoo_source.provide(Settings(home=tmp_path)) == unpacked


def test_addons_beside_the_package_are_found(tree):
    assert odoo_source.addons_paths(tree) == []
    (tree / "addons" / "web").mkdir(parents=True)
    (tree / "addons" / "web" / "__manifest__.py").touch()
    assert odoo_source.addons_paths(tree) == [tree / "addons"]
