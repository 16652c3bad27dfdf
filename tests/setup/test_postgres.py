from pathlib import Path

import pytest

from setup import postgres
from setup.console import SetupError
from setup.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def test_a_named_server_is_used_as_it_is(settings):
    environ = {"PGHOST": "db.example", "PGPASSWORD": "secret", "HOME": "/root"}
    server = postgres.find(settings, environ)
    assert server.cluster is None
    assert server.environ == {"PGHOST": "db.example", "PGPASSWORD": "secret"}


def test_a_port_alone_names_a_server(settings):
    assert postgres.find(settings, {"PGPORT": "5433"}).cluster is None


def test_the_address_that_env_sh_exports_is_the_private_cluster(settings):
    private = postgres.find(settings, {})
    assert private.cluster
    assert postgres.find(settings, dict(private.environ)).cluster


def test_a_socket_keeps_within_the_length_that_the_system_allows(tmp_path):
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 4)
    assert len(str(postgres.Cluster(deep).sockets)) < 90


@pytest.mark.parametrize("running", [True, False])
def test_a_cluster_of_before_keeps_statements_out_of_its_log(tmp_path, monkeypatch, running):
    cluster = postgres.Cluster(tmp_path, account=None)
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("17\n")
    conf = cluster.data / "postgresql.conf"
    conf.write_text("max_connections = 200\n")
    said, started = [], []
    monkeypatch.setattr(postgres.Cluster, "is_running", lambda self: running)
    monkeypatch.setattr(postgres.Cluster, "_admin", lambda self, sql: said.append(sql) or "")
    monkeypatch.setattr(postgres.Cluster, "_program", lambda self, name: Path(name))
    monkeypatch.setattr(postgres, "run", lambda command, **_how: started.append(command))
    for _time in range(2):
        assert cluster.start() is not running
    text = conf.read_text()
    assert text.startswith("max_connections = 200\n")
    assert text.count("log_min_error_statement = panic\n") == 1
    assert text.count("log_error_verbosity = terse\n") == 1
    assert said.count("SELECT pg_reload_conf()") == running, "others go on with it"
    assert bool(started) is not running


def test_a_stale_pid_file_is_removed(tmp_path):
    cluster = postgres.Cluster(tmp_path, account=None)
    cluster.data.mkdir(parents=True)
    pid_file = cluster.data / "postmaster.pid"
    # Process 1 exists and is not PostgreSQL, like one that got the number of a killed server.
    pid_file.write_text("1\n/data\n")
    cluster._remove_stale_pid_file()
    assert not pid_file.exists()


def test_data_of_a_version_that_is_gone_are_refused(tmp_path):
    (tmp_path / "PG_VERSION").write_text("9\n")
    with pytest.raises(SetupError, match="PostgreSQL 9"):
        postgres.binaries(tmp_path)
