"""What a round of dashboard_scale measures, with a shell that only pretends."""

import pytest

from tests.bench import dashboard_scale


class FakeShell:
    def __init__(self, seconds):
        self.seconds, self.asked = seconds, []

    def run(self, code, **values):
        self.asked.append((code, values))
        return self.seconds


def test_a_figure_is_the_median_without_the_loads_that_warm_up():
    shell = FakeShell([9.0, 9.0, 0.010, 0.012, 0.500])
    screens = dashboard_scale.Screens(None, shell, 7)
    assert screens.measure() == pytest.approx(12.0)
    assert screens.costs == [pytest.approx(12.0)]
    ((code, values),) = shell.asked
    assert "load_overview()" in code
    assert values == {"interface_id": 7, "loads": dashboard_scale.LOADS + 2}


@pytest.mark.parametrize("name", dashboard_scale.SCREENS)
def test_every_screen_can_be_asked_for(name):
    shell = FakeShell([0.0, 0.0, 0.02])
    assert dashboard_scale.Screens(None, shell, 7).load(name) == pytest.approx(20.0)
    assert dashboard_scale.SCREENS[name] in shell.asked[0][0]


def test_both_ledgers_have_as_much_open():
    assert dashboard_scale.LARGE.unfinished == dashboard_scale.SMALL.unfinished > 0
