"""Which records of a server's log count as errors of it."""

from tests.harness.server import errors_in

STAMP = "2026-11-28 23:02:03,967 23768"
CONFLICT = "could not serialize access due to concurrent update"


def record(level: str, message: str) -> str:
    return f"{STAMP} {level} suite odoo.sql_db: {message}\n"


def test_errors_are_found_between_others() -> None:
    log = record("INFO", "ready") + record("ERROR", "one\nTraceback") + record("CRITICAL", "two")
    assert errors_in(log) == [record("ERROR", "one").strip(), record("CRITICAL", "two").strip()]


def test_repeated_transaction_is_none() -> None:
    assert not errors_in(record("ERROR", f"bad query: b'SELECT 1\nFOR UPDATE'\nERROR: {CONFLICT}"))


def test_query_that_fails_for_another_reason_is_one() -> None:
    bad = record("ERROR", "bad query: SELECT\nERROR: syntax error")
    repeated = record("ERROR", f"bad query: SELECT\nERROR: {CONFLICT}")
    assert errors_in(bad + repeated) == [record("ERROR", "bad query: SELECT").strip()]


def test_error_that_only_names_a_conflict_is_one() -> None:
    assert errors_in(record("ERROR", f"the job gave up: {CONFLICT}"))
