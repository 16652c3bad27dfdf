"""What the doctor finds, by what was read."""

import pytest

from tests.unit.load_monitoring import load

doctor = load("doctor")
GOOD, ADVICE, WRONG = doctor.Grade.GOOD, doctor.Grade.ADVICE, doctor.Grade.WRONG

#: What is wrong, how that is found, and how grave it is.
FOUND = [
    ("database.filter", WRONG, {"database_filter": "^prod$"}),
    ("database.unnamed", WRONG, {"database_named": False}),
    ("database.listed", ADVICE, {"list_databases": True}),
    ("workers.threads", ADVICE, {"workers": 0}),
    ("workers.few", WRONG, {"workers": 4, "job_capacity": 4}),
    ("channels.unreadable", WRONG, {"job_capacity": None}),
    ("channels.none", WRONG, {"job_capacity": 0}),
    ("channels.background", ADVICE, {"background_capacity": 4}),
    ("crons.none", WRONG, {"cron_threads": 0}),
    ("crons.late", WRONG, {"cron_late": 301.0}),
    ("runner.not_loaded", WRONG, {"server_wide": frozenset({"integration_monitoring"})}),
    ("runner.unseen", WRONG, {"runner_age": None}),
    ("runner.down", WRONG, {"runner_age": 181.0}),
    ("runner.slow", ADVICE, {"oldest_job": 121.0}),
    ("health.not_loaded", ADVICE, {"server_wide": frozenset({"queue_job"})}),
    ("key_ring.missing", WRONG, {"key_ring": "missing"}),
    ("key_ring.unreadable", WRONG, {"key_ring": "it is too short"}),
    ("audit_key.missing", WRONG, {"audit_key": "missing"}),
    ("audit_key.unreadable", WRONG, {"audit_key": "it is too short"}),
    ("proxy.mode_off", WRONG, {"proxy_mode": False}),
    ("proxy.untrusted", ADVICE, {"trusted_proxies": 0}),
    ("clock.off", WRONG, {"clock_offset": -2.1}),
    ("postgres.connections", ADVICE, {"connections_wanted": 100}),
    ("postgres.idle_timeout", WRONG, {"idle_timeout": 30}),
    ("postgres.not_durable", WRONG, {"durable": False}),
    ("postgres.statements", ADVICE, {"statement_logging": "error"}),
    ("timeouts.long", WRONG, {"longest_timeout": 120.0}),
    ("environment.unnamed", ADVICE, {"environment": ""}),
    ("state.unwritable", WRONG, {"state_writable": False}),
    ("disk.full", WRONG, {"disk_free": 0.09}),
]


def test_a_good_set_up_has_nothing_but_good_answers():
    assert {one.grade for one in doctor.examine(doctor.Setup())} == {GOOD}


@pytest.mark.parametrize(("code", "grade", "read"), FOUND, ids=[one[0] for one in FOUND])
def test_what_is_wrong_is_found_and_nothing_else(code, grade, read):
    found = doctor.examine(doctor.Setup(**read))
    assert [(one.code, one.grade) for one in found if one.grade] == [(code, grade)]


@pytest.mark.parametrize(
    "read",
    [
        {"clock_offset": 2.0},
        {"runner_age": 180.0},
        {"cron_late": 300.0},
        {"workers": 5, "job_capacity": 4},
        {"connections_wanted": 99},
        {"longest_timeout": 119.0},
        {"request_seconds": 0, "longest_timeout": 10_000.0},
        {"proxy_mode": False, "trusted_proxies": 0},
        {"disk_free": 0.1},
    ],
    ids=str,
)
def test_what_is_just_right_is_not_found_fault_with(read):
    assert {one.grade for one in doctor.examine(doctor.Setup(**read))} == {GOOD}


def test_the_worst_comes_first():
    grades = [
        one.grade
        for one in doctor.examine(doctor.Setup(list_databases=True, durable=False, workers=0))
    ]
    assert grades == sorted(grades, reverse=True)


def test_every_code_is_known_and_reached():
    good = {one.code for one in doctor.examine(doctor.Setup())}
    assert good | {code for code, _grade, _read in FOUND} == doctor.CODES
