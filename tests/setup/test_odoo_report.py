"""Reading what Odoo's own test runner logged, and comparing it with what is known to fail."""

import pytest

from setup import odoo_report
from setup.odoo_report import Comparison, Report

HEAD = "2026-03-22 10:00:00,123 4711"
TESTS = "odoo.addons.purchase.tests"


def record(level, logger, text):
    return f"{HEAD} {level} suite_odoo {logger}: {text} \n"  # the space is Odoo's


def started(test, file="test_purchase"):
    return record("INFO", f"{TESTS}.{file}", f"Starting {test} ...")


TOTAL = record("INFO", "odoo.tests.result", "0 failed, 1 error(s) of 3 tests when loading database")
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "test_purchase.py", line 7, in test_bad\n'
    "    self.assertEqual(1, 2)\n"
    "AssertionError: 1 != 2\n"
)


def failure(test, flavour="FAIL", file="test_purchase"):
    return record("ERROR", f"{TESTS}.{file}", f"{flavour}: {test}\n{TRACEBACK}")


def read(*parts):
    return odoo_report.read("".join(parts))


def test_what_began_and_did_not_fail_has_passed():
    report = read(started("TestOrder.test_good"), started("TestOrder.test_bad"))
    assert report.passed == {
        "test_purchase:TestOrder.test_good",
        "test_purchase:TestOrder.test_bad",
    }
    assert not report.failed


@pytest.mark.parametrize("flavour", ["FAIL", "ERROR"])
def test_a_failure_has_its_traceback_and_nothing_of_the_next_record(flavour):
    report = read(
        started("TestOrder.test_bad"),
        failure("TestOrder.test_bad", flavour),
        started("TestOrder.test_good"),
    )
    assert report.passed == {"test_purchase:TestOrder.test_good"}
    (text,) = report.failed.values()
    assert text.rstrip().endswith("AssertionError: 1 != 2")


def test_files_tell_tests_of_one_name_apart():
    report = read(
        started("TestOrder.test_one"),
        started("TestOrder.test_one", "test_invoice"),
        failure("TestOrder.test_one", file="test_invoice"),
    )
    assert set(report.failed) == {"test_invoice:TestOrder.test_one"}
    assert report.passed == {"test_purchase:TestOrder.test_one"}


def test_parts_of_a_test_count_as_the_test():
    report = read(
        started("TestOrder.test_bad"),
        failure("Subtest TestOrder.test_bad (<subtest>) [kind='a']"),
        failure("Subtest TestOrder.test_bad (kind='b')"),
    )
    assert set(report.failed) == {"test_purchase:TestOrder.test_bad"}
    assert not report.passed
    (text,) = report.failed.values()
    assert "kind='a'" in text
    assert "kind='b'" in text


def test_a_class_that_cannot_be_prepared_is_a_failure():
    text = f"ERROR: setUpClass ({TESTS}.test_purchase.TestOrder)\n{TRACEBACK}"
    report = read(record("ERROR", "odoo.tests.suite", text))
    assert set(report.failed) == {"test_purchase:TestOrder.setUpClass"}


def test_what_is_skipped_has_not_passed():
    report = read(
        started("TestUi.test_tour"),
        record("INFO", f"{TESTS}.test_purchase", "skipped TestUi.test_tour : Chrome not found"),
    )
    assert not report.passed
    assert report.skipped == {"test_purchase:TestUi.test_tour": "Chrome not found"}


def test_what_passed_when_it_was_repeated_has_passed():
    test = "TestUi.test_tour"
    text = f"FAIL: {test}\n_Traceback_ (most recent call last):\nAssertionError: slow"
    report = read(
        started(test), record("_ERROR", f"{TESTS}.test_purchase", text), started(test), TOTAL
    )
    assert report.passed == {f"test_purchase:{test}"}


def test_errors_that_are_no_outcome_of_a_test_are_none():
    report = read(
        started("TestOrder.test_good"),
        record("ERROR", "odoo.sql_db", "bad query: SELECT 1"),
        record("ERROR", "odoo.modules.loading", "Module purchase: 1 failures, 0 errors of 3 tests"),
        record("INFO", f"{TESTS}.test_purchase", "FAIL: TestOrder.test_good"),
    )
    assert not report.failed


def test_a_run_is_complete_when_it_was_added_up():
    assert not read(started("TestOrder.test_good")).complete
    assert read(started("TestOrder.test_good"), TOTAL).complete


# -- known failures ------------------------------------------------------------------------------


def report_of(started, failed):
    return Report(frozenset(started), dict.fromkeys(failed, "text"), {}, True)


def test_every_failure_is_new_or_known():
    found = Comparison.of(report_of("abcd", "cba"), frozenset("b"))
    assert found == Comparison(new=("a", "c"), known=("b",), mended=(), missing=())


def test_listed_tests_that_pass_or_do_not_run_are_told():
    found = Comparison.of(report_of("ab", "a"), frozenset("abz"))
    assert found == Comparison(new=(), known=("a",), mended=("b",), missing=("z",))


def test_a_failed_class_is_known_though_it_is_no_test_that_began():
    report = report_of([], ["test_a:A.setUpClass"])
    found = Comparison.of(report, frozenset({"test_a:A.setUpClass"}))
    assert found.known == ("test_a:A.setUpClass",)
    assert not found.new


def test_a_list_that_was_written_is_read_as_what_failed(tmp_path):
    report = read(
        started("TestOrder.test_bad"),
        failure("TestOrder.test_bad"),
        started("TestOrder.test_other"),
        record("ERROR", f"{TESTS}.test_purchase", "FAIL: TestOrder.test_other\nKeyError: 'a#b'"),
    )
    path = tmp_path / "purchase.txt"
    path.write_text(odoo_report.format_list("purchase", report))
    assert odoo_report.read_list(path) == set(report.failed)
    assert "TestOrder.test_bad  # AssertionError: 1 != 2\n" in path.read_text()


def test_a_list_of_nothing_names_nothing(tmp_path):
    path = tmp_path / "purchase.txt"
    path.write_text(odoo_report.format_list("purchase", Report()))
    assert odoo_report.read_list(path) == frozenset()
