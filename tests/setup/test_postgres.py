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
