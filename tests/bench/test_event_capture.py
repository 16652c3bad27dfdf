"""How a round of event_capture is divided between its arms, without a database."""

from tests.bench import event_capture


class FakeOffice:
    def __init__(self):
        self.calls = []

    def confirm(self, _products, count, *, active):
        self.calls.append(active)
        return [0.2 if active else 0.1] * count


def test_a_round_measures_both_arms_in_blocks_and_each_begins_as_often():
    office = FakeOffice()
    pair = event_capture.Pair(office, [])
    assert round(pair.measure(active=False)) == 100
    assert round(pair.measure(active=True)) == 200
    blocks = event_capture.TRANSACTIONS // event_capture.BLOCK
    assert office.calls[:4] == [False, True, True, False]
    assert len(office.calls) == 2 * blocks


def test_each_arm_is_told_a_round_once():
    office = FakeOffice()
    pair = event_capture.Pair(office, [])
    for active in (False, True, True, False):
        pair.measure(active=active)
    assert len(office.calls) == 4 * event_capture.TRANSACTIONS // event_capture.BLOCK
