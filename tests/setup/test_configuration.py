import base64
import configparser
import stat

from setup import key_ring, odoo_conf, templates
from setup.__main__ import main


def test_values_are_written_as_they_are(tmp_path):
    path = odoo_conf.write(
        tmp_path / "etc" / "odoo.conf",
        {"options": {"db_host": "", "workers": 2, "list_db": False, "log": "%(levelname)s"}},
    )
    parser = configparser.RawConfigParser()
    parser.read(path)
    # An empty host would be taken for one; left out, libpq's default holds.
    assert dict(parser["options"]) == {"workers": "2", "list_db": "False", "log": "%(levelname)s"}


def test_a_configuration_is_private(tmp_path):
    path = tmp_path / "odoo.conf"
    path.touch(mode=0o644)
    odoo_conf.write(path, {"integration": {"key_ring": "secret"}})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_ring_is_made_once(tmp_path):
    path = tmp_path / "key-ring"
    first = key_ring.kept(path)
    key_id, key = first.split(":")
    assert key_id == "demo"
    assert len(base64.b64decode(key)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_ring.kept(path) == first


def test_a_new_key_for_a_ring(capsys):
    assert main(["key", "2026a"]) == 0
    name, key = capsys.readouterr().out.strip().split(":")
    assert name == "2026a"
    assert len(base64.b64decode(key)) == 32
    for arguments in ([], ["a", "b"], ["not a name"], ["x" * 33]):
        assert main(["key", *arguments]) == 2


def test_problems_are_log_records_not_their_continuation():
    log = (
        "2026-01-02 03:04:05,678 42 INFO db odoo.modules.loading: WARNING is only a word here\n"
        "2026-01-02 03:04:05,679 42 WARNING db odoo.fields: unknown parameter\n"
        "  File 'x.py', line 1, in ERROR\n"
        "2026-01-02 03:04:05,680 42 ERROR db odoo.sql_db: bad query\n"
    )
    assert [line.split()[3] for line in templates.problems(log)] == ["WARNING", "ERROR"]
