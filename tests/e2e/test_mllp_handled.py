"""Answers that say what became of a message: a listener beside a server that drains."""

from collections.abc import Iterator

import pytest

from tests.e2e.mllp_peer import Peer, adt
from tests.e2e.mllp_stage import Hospital, hospital
from tests.harness import Database


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[Hospital]:
    with database.server(workers=2, channels="root:1"), hospital(database) as world:
        yield world
        errors = world.listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


def test_the_answer_says_what_became_of_the_message(world: Hospital) -> None:
    feed = world.interface(hl7_respond="handled", hl7_respond_deadline=60)
    with Peer(feed.port) as peer:
        assert peer.ask(adt("GOOD")).code == "AA"
        bad = adt("BAD", trigger="A99")
        answer = peer.ask(bad)
        assert (answer.code, answer.control_id) == ("AR", "BAD")
        assert answer.condition == "200"
        assert answer.field("ERR", 7) == "no_handler"
        assert "ADT^A99" in answer.field("ERR", 8).replace("\\S\\", "^")
        assert peer.ask(bad).raw == answer.raw
    assert world.states(feed) == ["filtered", "quarantined"]


def test_in_enhanced_mode_the_receipt_comes_first(world: Hospital) -> None:
    feed = world.interface(hl7_respond="handled", hl7_respond_deadline=60)
    with Peer(feed.port) as peer:
        message = adt("BOTH", f15="AL", f16="AL")
        answers = [peer.ask(message), peer.receive()]
        assert [answer.code for answer in answers] == ["CA", "AA"]
        assert [peer.ask(message).raw, peer.receive().raw] == [one.raw for one in answers]
        # Only errors are wanted, and there is none.
        assert peer.ask(adt("FINE", f15="AL", f16="ER")).code == "CA"
        worse = adt("WORSE", trigger="A99", f15="AL", f16="ER")
        assert [peer.ask(worse).code, peer.receive().code] == ["CA", "AR"]


def test_orders_of_supplies_are_answered_when_they_are_handled(world: Hospital) -> None:
    """Without being told so: their senders want to know what became of them."""
    feed = world.interface(hl7_respond_deadline=60)
    with Peer(feed.port) as peer:
        order = adt("ORDER", f9="OMS^O05^OMS_O05")
        answer = peer.ask(order)
        assert (answer.code, answer.condition) == ("AR", "200")
        assert peer.ask(adt("STAY", trigger="A99")).code == "AA"
        assert peer.ask(order).raw == answer.raw


@pytest.mark.parametrize(("late", "code"), [("accept", "AA"), ("error", "AR")])
def test_what_takes_too_long(world: Hospital, late: str, code: str) -> None:
    feed = world.interface(hl7_respond="handled", hl7_respond_deadline=2, hl7_late=late)
    world.call(feed, "action_pause")
    with Peer(feed.port) as peer:
        first = peer.ask(adt("LATE"))
        assert first.code == code
        world.call(feed, "action_resume")
        world.write(feed, hl7_respond_deadline=60)
        again = peer.ask(adt("LATE"))
        assert again.code == "AA"
        # What was answered as stored is answered so for ever; an error was not the last word.
        assert (again.raw == first.raw) == (late == "accept")
    assert world.count(feed) == 1


def test_an_order_that_takes_too_long_hears_of_its_lines_later(world: Hospital) -> None:
    """Its answer says more than that it was stored: a repetition gets the real one."""
    feed = world.interface(hl7_respond_deadline=2)
    world.call(feed, "action_pause")
    with Peer(feed.port) as peer:
        order = adt("LATE-ORDER", f9="OMS^O05^OMS_O05")
        assert peer.ask(order).code == "AA"
        world.call(feed, "action_resume")
        world.write(feed, hl7_respond_deadline=60)
        again = peer.ask(order)
        assert (again.code, again.condition) == ("AR", "200"), "no handler takes it here"
        assert peer.ask(order).raw == again.raw
    assert world.count(feed) == 1
