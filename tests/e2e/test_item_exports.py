"""Items and stock on hand leave over the real sender: on change, and in full with totals."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from setup.odoo_server import free_port
from tests.e2e.conftest import EAGER, Suite, running_suite
from tests.e2e.mllp_receiver import MllpReceiver, ack
from tests.harness import Database, Shell, wait_until

_INTERFACE = """
system = env["integration.system"].create({
    "name": name, "code": name, "kind": "other", "environment": "production",
    "tz": "Europe/Brussels"})
policy = env.ref("integration_ehr_bridge.policy_hl7").copy({"name": name})
types = env["integration.event.type"].search(["|"] * (len(codes) - 1)
    + [("code", "=like", code) for code in codes])
made = env["integration.interface"].create({
    "name": name, "system_id": system.id, "direction": "outbound", "transport": "mllp",
    "url": url, "allowed_networks": "127.0.0.0/8", "policy_id": policy.id,
    "mapping_id": env.ref(mapping).id, "event_type_ids": [(6, 0, types.ids)],
    "hl7_application": "ODOO", "hl7_facility": "HUB", "latency_class": "realtime"})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""
_STOCKED = """
warehouse = env["stock.warehouse"].search([], limit=1)
env["stock.quant"].search([("location_id.usage", "=", "internal")]).write({"quantity": 0})
shelf = env["stock.location"].create({
    "name": "Shelf", "barcode": "SHELF", "location_id": warehouse.lot_stock_id.id})
ward = env["stock.location"].create({
    "name": "Ward 3W", "barcode": "WARD-3W", "location_id": warehouse.lot_stock_id.id})
products = env["product.product"].create([
    {"name": f"Stocked {n}", "default_code": f"ST-{n}", "type": "consu", "is_storable": True}
    for n in range(count)])
for number, product in enumerate(products, 1):
    env["stock.quant"]._update_available_quantity(product, shelf, number)
result = {"products": products.ids, "shelf": shelf.id, "ward": ward.id}
"""
_MOVE = """
move = env["stock.move"].create({
    "product_id": product, "product_uom_qty": quantity, "location_id": source,
    "location_dest_id": target,
    "move_line_ids": [(0, 0, {"product_id": product, "quantity": quantity,
                              "location_id": source, "location_dest_id": target})]})
move.picked = True
move._action_done()
"""
_AT_ONCE = """
with env.registry.cursor() as one, env.registry.cursor() as two:
    for cr, quantity in ((one, 2), (two, 3)):
        cr.execute("SET LOCAL lock_timeout = '5s'")
        move = env(cr=cr)["stock.move"].create({
            "product_id": product, "product_uom_qty": quantity, "location_id": source,
            "location_dest_id": target,
            "move_line_ids": [(0, 0, {"product_id": product, "quantity": quantity,
                                      "location_id": source, "location_dest_id": target})]})
        move.picked = True
        move._action_done()
        cr.flush()
    one.commit()
    two.commit()
"""
_EXPORT = """
ask = env["integration.export.ask"].create({"interface_id": interface, "kind": kind})
action = ask.action_begin()
result = {"id": action["res_id"], "records": ask.record_count, "parts": ask.part_count}
"""


@pytest.fixture(scope="module")
def suite(database: Database) -> Iterator[Suite]:
    with running_suite(database, integration=EAGER) as suite:
        yield suite


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


def line(shell: Shell, url: str, name: str, mapping: str, *codes: str) -> int:
    return shell.run(
        _INTERFACE,
        name=name,
        url=url,
        mapping=f"integration_ehr_supply.mapping_hl7_{mapping}_out",
        codes=codes,
    )


def segments(text: str, name: str) -> list[list[str]]:
    return [one.split("|") for one in text.split("\r") if one.startswith(f"{name}|")]


def test_items_and_stock_leave_and_the_receiver_can_count_them(suite: Suite, shell: Shell) -> None:
    with MllpReceiver() as receiver:
        interface = line(shell, receiver.url, "STOCKOUT", "stock_on_hand", "ehr.stock_on_hand.%")
        made = shell.run(_STOCKED, count=600)
        wait_until(lambda: suite.ledger.states(interface) in ({}, {"done": 1}), what="quiet")
        receiver.received.clear()
        export = shell.run(_EXPORT, interface=interface, kind="stock")
        assert (export["records"], export["parts"]) == (600, 3)
        suite.office.run_scheduled("integration_ehr_supply.ir_cron_ehr_export")
        suite.wait_watched(
            lambda: suite.office.read("ehr.export", export["id"], "is_complete")["is_complete"],
            timeout=240,
            what="a complete export",
        )
        texts = [one.text for one in receiver.received]
        totals = [segments(text, "ZCT")[0] for text in texts]
        assert [one[1:6] for one in totals] == [
            [str(export["id"]), str(part), "3", str(rows), str(so_far)]
            for part, rows, so_far in ((1, 250, 250), (2, 250, 500), (3, 100, 600))
        ]
        quantities = [float(one[12]) for text in texts for one in segments(text, "IIM")]
        assert len(quantities) == 600
        assert sum(quantities) == float(totals[-1][7]) == 600 * 601 / 2
        assert all("MFN^M15^MFN_M15" in text for text in texts)

        receiver.received.clear()
        shell.run(
            _MOVE,
            product=made["products"][9],
            quantity=4,
            source=made["shelf"],
            target=made["ward"],
        )
        suite.wait_watched(lambda: receiver.received, what="the change")
        (change,) = (one.text for one in receiver.received)
        rows = {one[6].split("^")[0]: one[12] for one in segments(change, "IIM")}
        assert rows == {"SHELF": "6", "WARD-3W": "4"}


def test_stock_that_two_take_at_once_is_told_as_it_is(suite: Suite, shell: Shell) -> None:
    """Each transaction sees its own move only: 8 and 7 are told first, and 5 are left."""
    with MllpReceiver() as receiver:
        line(shell, receiver.url, "ATONCE", "stock_on_hand", "ehr.stock_on_hand.changed")
        made = shell.run(_STOCKED.replace("SHELF", "RACK").replace("WARD-3W", "WARD-4W"), count=10)
        shell.run(_AT_ONCE, product=made["products"][9], source=made["shelf"], target=made["ward"])

        def rows() -> list[tuple[str, str]]:
            found = [one for text in receiver.received for one in segments(text.text, "IIM")]
            return [(one[6].split("^")[0], one[12]) for one in found]

        suite.wait_watched(lambda: len(rows()) >= 6, what="both moves, and what is left")
        assert sorted(rows()[:4]) == [
            ("RACK", "7"),
            ("RACK", "8"),
            ("WARD-4W", "2"),
            ("WARD-4W", "3"),
        ]
        assert sorted(rows()[4:]) == [("RACK", "5"), ("WARD-4W", "5")]


PYTHON_LISTENER = """
import asyncio, sys
import hl7.mllp

async def serve(reader, writer):
    while not writer.is_closing():
        message = await reader.readmessage()
        print(str(message.segment("MSH")[9]), len(message.segments("ITM")),
              str(message.segment("ZCT")[4]), flush=True)
        writer.writemessage(message.create_ack())
        await writer.drain()

async def main():
    server = await hl7.mllp.start_hl7_server(serve, host="127.0.0.1", port=int(sys.argv[1]))
    print("listening", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def test_a_public_listener_reads_the_items(suite: Suite, shell: Shell) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", PYTHON_LISTENER, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout.readline().strip() == "listening"

        url = f"mllp://127.0.0.1:{port}"
        interface = line(shell, url, "ITEMSOUT", "item", "ehr.item.full")
        export = shell.run(_EXPORT, interface=interface, kind="items")
        suite.office.run_scheduled("integration_ehr_supply.ir_cron_ehr_export")
        suite.wait_watched(
            lambda: suite.office.read("ehr.export", export["id"], "is_complete")["is_complete"],
            timeout=240,
            what="a complete export",
        )
        told = suite.office.read("ehr.export", export["id"], "row_count", "part_count")
    finally:
        process.kill()
        process.wait()
    lines = [one.split() for one in process.stdout.read().splitlines()]
    assert {one[0] for one in lines} == {"MFN^M16^MFN_M16"}
    assert len(lines) == told["part_count"] == export["parts"]
    assert sum(int(one[1]) for one in lines) == told["row_count"]
    assert all(one[1] == one[2] for one in lines)


def test_a_part_that_is_refused_is_seen_and_retried(suite: Suite, shell: Shell) -> None:
    with MllpReceiver(lambda identifier: ack(identifier, "AE")) as receiver:
        interface = line(shell, receiver.url, "REFUSING", "item", "ehr.item.full")
        export = shell.run(_EXPORT, interface=interface, kind="items")
        suite.office.run_scheduled("integration_ehr_supply.ir_cron_ehr_export")
        names = ("failed_count", "is_complete")
        suite.wait_watched(
            lambda: suite.office.read("ehr.export", export["id"], *names)["failed_count"] == 1,
            timeout=240,
            what="a refused part",
        )
        refused = [one for one in suite.ledger.messages(interface) if one["state"] == "quarantined"]
        suite.admin.call("integration.message", "action_retry", [refused[0]["id"]])
        suite.wait_watched(
            lambda: suite.office.read("ehr.export", export["id"], *names)["is_complete"],
            timeout=240,
            what="a complete export",
        )
