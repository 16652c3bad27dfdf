"""Item lists over the real listener: entry by entry into products, and an answer for each."""

import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.e2e.item_lists import count, feed, file, item, products, rows
from tests.e2e.mllp_peer import Peer
from tests.e2e.mllp_stage import Hospital, hospital
from tests.harness import Database, wait_until

_ON_HAND = """
product = env["product.product"].search([("default_code", "=", reference)])
place = env["stock.location"].search([("barcode", "=", "WARD-3W")])
if quantity is not None:
    env["stock.quant"]._update_available_quantity(product, place, quantity)
result = env["stock.quant"]._get_available_quantity(product, place)
"""


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[Hospital]:
    with database.server(workers=2, channels="root:1"), hospital(database) as world:
        world.shell.run(
            "env.company.write({'integration_adjustment_value': 1000, "
            "'integration_adjustment_percent': 10})"
        )
        yield world
        errors = world.listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


def test_each_row_is_answered(world: Hospital) -> None:
    line = feed(world)
    message = file("LIST1", item("A-1"), item("A-2", unit="NOSUCH"), item("A-3"))
    with Peer(line.port) as peer:
        answer = peer.ask(message)
        assert answer.field("MSH", 9) == "MFK^M16^MFK_M01"
        assert (answer.code, answer.control_id) == ("AE", "LIST1")
        assert rows(answer) == [("R-A-1", "S"), ("R-A-2", "U^missing_value"), ("R-A-3", "S")]
        assert answer.field("ERR", 2) == "MFE^2"
        assert peer.ask(message).raw == answer.raw, "a repetition gets the same answer"
    assert products(world, "A-") == 2
    assert world.states(line) == ["done", "done", "quarantined", "done"]


def test_who_does_not_ask_is_answered_at_once(world: Hospital) -> None:
    line = feed(world)
    world.call(line, "action_pause")
    with Peer(line.port) as peer:
        assert peer.ask(file("LIST2", item("B-1"), level="NE")).code == "AA"
        assert peer.ask(file("LIST3", item("B-2"), level="")).code == "AA"
    world.call(line, "action_resume")
    wait_until(lambda: products(world, "B-") == 2, timeout=120, what="the items")


def test_in_enhanced_mode_the_rows_come_second(world: Hospital) -> None:
    line = feed(world)
    with Peer(line.port) as peer:
        first = peer.ask(file("LIST4", item("C-1"), f15="AL", f16="AL"))
        assert first.code == "CA"
        second = peer.receive()
        assert (second.code, rows(second)) == ("AA", [("R-C-1", "S")])


def test_many_rows_and_ten_bad_ones(world: Hospital) -> None:
    line = feed(world)
    entries = [item(f"D-{n}", f"Item {n}", "EA" if n % 60 else "NOSUCH") for n in range(1, 601)]
    with Peer(line.port) as peer:
        answer = peer.ask(file("LIST5", *entries, level="ER"))
    assert answer.code == "AE"
    assert [one for one, _fate in rows(answer)] == [f"R-D-{n}" for n in range(60, 601, 60)]
    assert products(world, "D-") == 590
    assert Counter(world.states(line)) == {"done": 591, "quarantined": 10}


def test_stock_on_hand(world: Hospital) -> None:
    line = feed(world)
    with Peer(line.port) as peer:
        assert peer.ask(file("LIST6", item("E-1"))).code == "AA"
        world.shell.run(_ON_HAND, reference="E-1", quantity=36)
        new = file("STOCK1", count("E-1", 35, "20260302040000"), trigger="M15")
        assert rows(peer.ask(new)) == [("C-E-1", "S")]
        old = file("STOCK2", count("E-1", 30, "20260302030000"), trigger="M15")
        assert rows(peer.ask(old)) == [("C-E-1", "U^older_report")]
    assert world.shell.run(_ON_HAND, reference="E-1", quantity=None) == 35


PYTHON_SENDER = """
import sys, hl7
from hl7.client import MLLPClient

with MLLPClient("127.0.0.1", int(sys.argv[1])) as client:
    answer = hl7.parse(client.send_message(sys.stdin.buffer.read()).decode().strip("\\x0b\\x1c\\r"))
    print(answer.segment("MSA")[1])
    for row in answer.segments("MFA"):
        print(row[2], row[4])
"""


def test_a_public_client_reads_the_answer(world: Hospital) -> None:
    line = feed(world)
    message = file("LIST7", item("F-1"), item("F-2", unit="NOSUCH"))
    found = subprocess.run(
        [subprocess.sys.executable, "-c", PYTHON_SENDER, str(line.port)],
        input=message,
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert found.stdout.decode().split("\n")[:3] == ["AE", "R-F-1 S", "R-F-2 U^missing_value"]
