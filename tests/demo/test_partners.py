"""The command as a real process: settings, start, stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from demo_partners import config

from setup.odoo_server import free_port

from .samples import SECRET_IN, SECRET_OUT, post

DEMO = Path(__file__).resolve().parents[2] / "setup" / "demo"
COMMAND = [sys.executable, str(DEMO / "partners.py")]


def run(*arguments, **environ):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DEMO_")}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=clean | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "partners.json"
    config.initialise(path)
    return path


@pytest.fixture
def free_ports():
    return [free_port() for _ in range(3)]


def port_options(ports):
    names = ("--medsupply-port", "--flaky-port", "--flaky-control-port")
    return [str(word) for pair in zip(names, ports, strict=True) for word in pair]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_start_and_clean_stop(config_file, free_ports, number):
    process = subprocess.Popen(
        [*COMMAND, "--config", str(config_file), *port_options(free_ports)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stdout:
            if line == "partners ready\n":
                break
        values = json.loads(config_file.read_text())
        supplier, deliveries, control = (f"http://127.0.0.1:{port}" for port in free_ports)
        with requests.Session() as http:
            assert post(http, f"{supplier}/orders", values["secret_out"]).status_code == 202
            assert post(http, deliveries, values["flaky_secret"]).status_code == 202
            state = http.get(f"{control}/state").json()
            assert state["deliveries"][0]["signature"] == "valid"
            started = time.monotonic()
            process.send_signal(number)
            output, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert time.monotonic() - started < 10
    assert errors == ""
    for name in ("secret_out", "secret_in", "flaky_secret", "inbound_token"):
        assert values[name] not in output


def test_taken_port(config_file, free_ports):
    with socket.create_server(("127.0.0.1", free_ports[1])):
        ended = run("--config", config_file, *port_options(free_ports))
    assert ended.returncode == 3
    assert "in use" in ended.stderr


def test_listens_on_the_loopback_only(supplier, flaky):
    for partner in (supplier, flaky):
        assert partner.url.startswith("http://127.0.0.1:")


def test_init_makes_a_private_file_once(tmp_path):
    path = tmp_path / "new" / "partners.json"
    assert "written" in run("--init-config", "--config", path).stdout
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    assert "is there already" in run("--init-config", "--config", path).stdout
    assert path.read_bytes() == before
    assert run("--init-config").returncode == 2


def test_file_that_others_may_read_is_refused(config_file):
    config_file.chmod(0o640)
    ended = run("--config", config_file)
    assert ended.returncode == 2
    assert "chmod 600" in ended.stderr


def test_secrets_have_no_option():
    assert run("--secret-out", SECRET_OUT).returncode == 2
    text = run("--help").stdout
    assert "--secret" not in text
    assert "DEMO_SECRET_OUT" in text


def test_environment_and_options_override_the_file(config_file):
    environ = {"DEMO_SECRET_IN": SECRET_IN, "DEMO_INBOUND_TOKEN": "token-1"}
    options = {"odoo_url": "http://localhost:8123/", "delay": 0.0, "state_dir": None}
    settings = config.load(config_file, environ, options)
    assert settings.secret_in == SECRET_IN
    assert settings.inbound_url == "http://localhost:8123/integration/webhook/token-1"
    assert settings.delay == 0.0
    assert settings.state_dir == config_file.parent
    assert SECRET_IN not in repr(settings)
    assert "token-1" not in repr(settings)


def test_settings_without_a_file(tmp_path):
    environ = {"DEMO_SECRET_OUT": SECRET_OUT, "DEMO_SECRET_IN": SECRET_IN}
    overrides = {"inbound_token": "t", "state_dir": str(tmp_path)}
    settings = config.load(None, environ, overrides)
    assert settings.secrets_out == (SECRET_OUT,)
    assert settings.flaky_secrets == ()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"colour": "red"}, "unknown setting: colour"),
        ({"secret_in": ""}, "secret_in is missing"),
        ({"secret_in": [SECRET_IN, SECRET_OUT]}, "secret_in is one secret"),
        ({"secret_out": "hunter2"}, "secret_out is not a secret"),
        ({"secret_out": [SECRET_OUT, 5]}, "secret_out is not a secret"),
        ({"secret_out": "whsec_c2hvcnQ="}, "secret_out has 5 bytes"),
        ({"flaky_port": "x"}, "whole numbers"),
        ({"flaky_port": 70000}, "from 0 to 65535"),
        ({"delay": -1}, "delay"),
    ],
)
def test_bad_settings_are_named(config_file, changes, text):
    values = json.loads(config_file.read_text()) | changes
    config_file.write_text(json.dumps(values))
    with pytest.raises(config.ConfigError, match=text) as caught:
        config.load(config_file, {}, {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_file_that_is_no_json_object(config_file, text):
    config_file.write_text(text)
    with pytest.raises(config.ConfigError):
        config.load(config_file, {}, {})


def test_missing_file(tmp_path):
    with pytest.raises(config.ConfigError, match="cannot be read"):
        config.load(tmp_path / "none.json", {}, {})


def test_state_folder_that_cannot_be_used(config_file):
    ended = run("--config", config_file, "--state-dir", config_file / "below-a-file")
    assert ended.returncode == 2
    assert "cannot be used" in ended.stderr
