"""What lies beside a database in the file system, and belongs to it alone."""

from types import SimpleNamespace

from setup.databases import Databases


def test_a_database_takes_nothing_over_from_one_of_its_name(tmp_path, monkeypatch):
    """That one was dropped by other means than ours, which would have dropped its files too."""
    monkeypatch.setattr(Databases, "query", lambda *_args: "")
    databases = Databases(SimpleNamespace(settings=SimpleNamespace(data_dir=tmp_path)))
    for folder in (
        databases.filestore("demo"),
        databases.outside("demo"),
        databases.filestore("demo_partial"),
    ):
        folder.mkdir(parents=True)
        (folder / f"of {folder.name}").touch()
    databases.rename("demo_partial", "demo")
    assert [path.name for path in databases.filestore("demo").iterdir()] == ["of demo_partial"]
    assert not databases.outside("demo").exists()
    assert not databases.filestore("demo_partial").exists()
