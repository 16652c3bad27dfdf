"""How a round of audit_cost is divided between its arms, without a database."""

from tests.bench import audit_cost


class FakeDesk:
    def __init__(self):
        self.calls = []

    def save(self, model, count, *, audited):
        self.calls.append((model, audited))
        return [0.012 if audited else 0.01] * count


def test_a_round_measures_both_arms_in_blocks_and_each_begins_as_often():
    desk = FakeDesk()
    pair = audit_cost.Pair(desk, "m")
    assert round(pair.measure(audited=False)) == 10
    assert round(pair.measure(audited=True)) == 12
    blocks = audit_cost.TRANSACTIONS // audit_cost.BLOCK
    assert desk.calls[:4] == [("m", False), ("m", True), ("m", True), ("m", False)]
    assert len(desk.calls) == 2 * blocks


def test_a_ratio_is_a_round_of_its_own():
    desk = FakeDesk()
    assert round(audit_cost.Pair(desk, "m").ratio(), 2) == 1.2
    assert len(desk.calls) == 2 * audit_cost.TRANSACTIONS // audit_cost.BLOCK
