import pytest

from setup import junit

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="ok"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="bad"><error message="teardown, too"/></testcase>
<testcase classname="a" name="later"><skipped message="not today"/></testcase>
<testcase classname="h" name="page">
  <properties><property name="http_case" value="yes"/></properties>
</testcase>
<testcase classname="h" name="tour">
  <properties><property name="http_case" value="yes"/></properties>
  <skipped message="Chrome executable not found"/>
</testcase>
</testsuite></testsuites>"""


@pytest.fixture
def totals(tmp_path):
    report = tmp_path / "junit.xml"
    report.write_text(REPORT)
    return junit.read(report)


def test_a_test_counts_once_and_by_its_worst_outcome(totals):
    assert str(totals) == "2 passed, 1 failed, 2 skipped"


def test_http_cases_are_told_apart(totals):
    assert totals.http_cases == 1
    assert totals.skipped_http_cases == ("h.tour: Chrome executable not found",)


def test_totals_add_up(totals):
    both = totals + totals
    assert str(both) == "4 passed, 2 failed, 4 skipped"
    assert both.http_cases == 2
    assert len(both.skipped_http_cases) == 2
