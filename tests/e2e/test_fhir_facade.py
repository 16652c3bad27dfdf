"""Reading over FHIR from a real server: who may, what comes, and that polls miss nothing."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.e2e.fhir_stage import SWITCHES, Partner, accepted, partner
from tests.harness import Database, Server

_DATA = """
from datetime import datetime
suppliers = env["res.partner"].create([
    {"name": f"Polled {n:02}", "ref": f"P{n}", "is_company": True, "supplier_rank": 1}
    for n in range(30)])
payer = env["ehr.payer"].create({"code": "AOK", "name": "AOK"})
unit = env["ehr.location"].create({"point_of_care": "F4W", "kind": "unit"})
env["ehr.location"].create(
    {"point_of_care": "F4W", "room": "1", "bed": "A", "kind": "bed", "parent_id": unit.id})
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
product = env["product.product"].create({
    "name": "Gloves", "default_code": "FGLV", "barcode": "4006381333931", "type": "consu",
    "is_storable": True})
env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 40)
route = env["ehr.supply.route"].create({
    "name": "F4W", "code": "F4W", "place_id": unit.id,
    "source_location_id": warehouse.lot_stock_id.id,
    "destination_location_id": warehouse.wh_input_stock_loc_id.id,
    "picking_type_id": warehouse.int_type_id.id})
order = env["ehr.requisition"].with_user(env.ref("base.user_admin")).create({
    "route_id": route.id, "hand_reason": "feed down",
    "line_ids": [(0, 0, {"product_id": product.id, "quantity": 4})]})
order.action_supply()
env["ehr.charge"].create([
    {"number": f"FC{n}", "kind": "charge", "charged_at": datetime(2026, 3, 2),
     "charge_code": "CODE", "product_id": product.id, "quantity": 1,
     "currency_id": env.company.currency_id.id} for n in range(3)])
income, due = env["account.account"].create([
    {"name": "Income of the test", "code": "799990", "account_type": "income"},
    {"name": "Due of the test", "code": "499990", "account_type": "asset_receivable",
     "reconcile": True}])
journal = env["account.journal"].create({
    "name": "Invoices of the test", "code": "FHIRT", "type": "sale",
    "default_account_id": income.id})
fund = env["res.partner"].create({
    "name": "Fund", "is_company": True, "property_account_receivable_id": due.id})
invoices = env["account.move"].create([{
    "move_type": kind, "partner_id": fund.id, "journal_id": journal.id, "ehr_payer_id": payer.id,
    "invoice_date": "2026-03-02",
    "invoice_line_ids": [(0, 0, {"name": "Private words", "price_unit": 9.5,
                                 "account_id": income.id, "tax_ids": []})]}
    for kind in ("out_invoice", "out_refund", "out_invoice")])
invoices[:2].action_post()
env.cr.commit()
result = suppliers.ids
"""
#: Seconds after which what is committed is told to who polls, and some more.
SETTLING = 1.5
_TYPES = {
    "Organization", "Location", "DeviceDefinition", "InventoryReport", "SupplyRequest",
    "SupplyDelivery", "ChargeItem", "Invoice",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(database: Database) -> Iterator[Server]:
    # Scheduled jobs of a new database take their time, and a poll waits for what is under way.
    options = {"max_cron_threads": 0}
    with database.server(workers=2, job_runner=False, options=options) as server:
        yield server
        errors = server.errors()
    assert not errors, "the server logged errors:\n" + "\n".join(errors)


@pytest.fixture(scope="module")
def suppliers(database: Database) -> list[int]:
    found: list[int] = database.run(_DATA)
    return found


@pytest.fixture(scope="module")
def ehr(database: Database, server: Server, suppliers: list[int]) -> Partner:
    return partner(database, server, "ehr")


def test_everything_that_is_served_is_of_the_standard(ehr: Partner) -> None:
    statement = accepted(ehr.ask("metadata", headers={"Authorization": ""}).json())
    newer = ehr.ask("metadata", headers={"Accept": "application/fhir+json; fhirVersion=5.0"})
    told = {
        one["type"]
        for said in (statement, accepted(newer.json()))
        for one in said["rest"][0]["resource"]
    }
    assert told == _TYPES
    for kind in sorted(_TYPES):
        bundle = ehr.search(f"{kind}?_count=5&_total=accurate")
        found = [entry["resource"] for entry in bundle.get("entry", ())]
        assert found, kind
        assert "Private words" not in str(bundle)
        for one in found:
            answer = ehr.ask(f"{kind}/{one['id']}")
            assert accepted(answer.json()) == one
            tag = {"If-None-Match": answer.headers["ETag"]}
            assert ehr.ask(f"{kind}/{one['id']}", headers=tag).status_code == 304
            parts = ehr.search(f"{kind}?_id={one['id']}&_summary=true")
            assert parts["entry"][0]["resource"]["meta"]["versionId"] == one["meta"]["versionId"]


def test_every_search_parameter_that_is_told_of_is_served(ehr: Partner) -> None:
    values = {
        "token": "x", "string": "x", "date": "2026-03-02", "reference": "7",
    }  # fmt: skip
    for version in ("4.0", "5.0"):
        accept = {"Accept": f"application/fhir+json; fhirVersion={version}"}
        [rest] = ehr.ask("metadata", headers=accept).json()["rest"]
        for one in rest["resource"]:
            for param in one["searchParam"]:
                text = param["documentation"]
                value = values[param["type"]]
                if "One of " in text:
                    value = text.partition("One of ")[2].partition(".")[0].split(", ")[0]
                answer = ehr.ask(f"{one['type']}?{param['name']}={value}")
                assert answer.status_code == 200, (one["type"], param, answer.text)
            for include in one.get("searchInclude", ()):
                assert ehr.ask(f"{one['type']}?_include={include}").status_code == 200


@pytest.mark.parametrize("kind", ["bearer", "header"])
def test_other_ways_to_prove_oneself(
    database: Database, server: Server, suppliers: list[int], kind: str
) -> None:
    other = partner(database, server, f"by{kind}", kind=kind, shown=("organization",))
    assert len(other.search("Organization?name=Polled&_count=100")["entry"]) == 30
    other.headers = {name: f"{value}x" for name, value in other.headers.items()}
    answer = other.ask("Organization")
    assert answer.status_code == 401
    assert accepted(answer.json())["issue"][0]["code"] == "login"


def test_each_switch_opens_its_own_resource_alone(
    database: Database, server: Server, suppliers: list[int]
) -> None:
    opened = Counter[str]()
    with database.shell() as shell:
        partners = [
            partner(shell, server, f"only{switch.replace('_', '')}", shown=(switch,))
            for switch in SWITCHES
        ]
    for one in partners:
        statuses = {kind: one.ask(kind).status_code for kind in sorted(_TYPES)}
        [kind] = [kind for kind, status in statuses.items() if status == 200]
        assert set(statuses.values()) == {200, 404}
        opened[kind] += 1
    assert set(opened) == _TYPES
    assert set(opened.values()) == {1}


def test_errors_are_outcomes(ehr: Partner, server: Server) -> None:
    nobody = Partner(server, 0, "nobody-knows-this", ehr.headers)
    for path, status in (
        ("Organization?telecom=1", 400),
        ("Organization/supplier-999999999", 404),
        ("Patient", 404),
        ("Organization?_page=x", 400),
        ("Organization?" + "name=x&" * 200, 413),
        ("Organization?_lastUpdated=%00", 400),
        ("Organization?name=%ED%A0%80", 200),
        ("Organization?_id=1%00", 400),
    ):
        answer = ehr.ask(path)
        assert answer.status_code == status, (path, answer.text)
        accepted(answer.json())
    assert accepted(nobody.ask("metadata").json())["resourceType"] == "OperationOutcome"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = ehr.ask("Organization", method=method, json={"resourceType": "Organization"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
        accepted(answer.json())
    head = ehr.ask("Organization", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_clinical_answers_leave_one_entry_each(database: Database, ehr: Partner) -> None:
    def entries() -> list[dict[str, Any]]:
        return database.sql(
            "SELECT actor_login, changes FROM integration_audit_entry "
            "WHERE act = 'view' AND res_model = 'integration.interface' AND res_id = %s "
            "ORDER BY id",
            [ehr.interface],
        )

    before = len(entries())
    assert len(ehr.search("ChargeItem?identifier=FC0,FC1,FC2")["entry"]) == 3
    [entry] = entries()[before:]
    assert entry["actor_login"] == "ehr"
    assert '"records": ["", "3"]' in entry["changes"]
    assert "FC1" not in entry["changes"]
    # Nothing was told: nothing to record.
    ehr.search("ChargeItem?identifier=none")
    ehr.search("ChargeItem?_summary=count")
    ehr.search("Organization?_count=1")
    assert len(entries()) == before + 1
    # How many there are of a kind does tell something.
    assert ehr.search("ChargeItem?code=CODE&_summary=count")["total"] == 3
    assert '"records": ["", "3"]' in entries()[before + 1]["changes"]


def test_the_log_has_neither_the_address_nor_the_search(ehr: Partner, server: Server) -> None:
    ehr.search("ChargeItem?identifier=FC0,number-of-somebody")
    assert ehr.ask("ChargeItem/4711007?_format=json").status_code == 404
    deadline = time.monotonic() + 10
    while "type ChargeItem, status 404" not in server.log_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    text = server.log_text()
    assert '"GET /integration/fhir/…/ChargeItem… HTTP/1.1" 200' in text
    assert f"FHIR interface {ehr.interface}: method GET, type ChargeItem, status 404" in text
    for hidden in (ehr.token, "number-of-somebody", "4711007"):
        assert hidden not in text


def test_what_a_transaction_under_way_writes_is_told_later(
    database: Database, ehr: Partner, suppliers: list[int]
) -> None:
    """A poll in the middle of it does not pass it by."""
    query = "Organization?name=Polled&_sort=_lastUpdated&_count=100"
    since = ehr.search(query)["meta"]["lastUpdated"]
    with closing(database.connect()) as slow, slow.cursor() as cursor:
        cursor.execute("SELECT now()")
        _touch(cursor, suppliers[0])
        # Begun later and committed sooner.
        _commit_touch(database, suppliers[1])
        time.sleep(SETTLING)
        between = ehr.search(f"{query}&_lastUpdated=gt{since}")
        assert "entry" not in between
        slow.commit()
    time.sleep(SETTLING)
    after = ehr.search(f"{query}&_lastUpdated=gt{between['meta']['lastUpdated']}")
    open_ = database.sql(
        "SELECT pid, state, now() - xact_start AS age, query FROM pg_stat_activity "
        "WHERE datname = current_database() AND xact_start IS NOT NULL"
    )
    found = [entry["resource"]["id"] for entry in after.get("entry", ())]
    assert found, open_
    assert found == [f"supplier-{suppliers[0]}", f"supplier-{suppliers[1]}"]


def test_polls_among_writers_miss_nothing_and_tell_nothing_twice(
    database: Database, ehr: Partner, suppliers: list[int]
) -> None:
    query = "Organization?name=Polled&_sort=_lastUpdated&_count=7"
    since = ehr.search(query)["meta"]["lastUpdated"]
    writers = [_Writer(database, suppliers[number::3]) for number in range(3)]
    seen = Counter[tuple[str, str]]()
    for writer in writers:
        writer.start()
    end = time.monotonic() + 6
    while time.monotonic() < end or any(writer.is_alive() for writer in writers):
        since = _poll(ehr, query, since, seen)
        if time.monotonic() >= end:
            for writer in writers:
                writer.stopped.set()
    # What was under way at the last poll.
    time.sleep(SETTLING)
    _poll(ehr, query, since, seen)
    assert not any(writer.error for writer in writers)
    final = database.sql("SELECT id, write_date FROM res_partner WHERE id = ANY(%s)", [suppliers])
    told = {key for key, _count in seen.items()}
    for row in final:
        key = (f"supplier-{row['id']}", row["write_date"].isoformat(timespec="microseconds") + "Z")
        assert key in told
    assert set(seen.values()) == {1}
    assert len(seen) > len(suppliers)


def _poll(ehr: Partner, query: str, since: str, seen: Counter[tuple[str, str]]) -> str:
    """One poll with all its pages; from when the next one asks."""
    moments = set()
    for bundle in ehr.pages(f"{query}&_lastUpdated=gt{since}"):
        moments.add(bundle["meta"]["lastUpdated"])
        for entry in bundle.get("entry", ()):
            one = entry["resource"]
            seen[one["id"], one["meta"]["lastUpdated"]] += 1
    [moment] = moments
    return str(moment)


class _Writer(threading.Thread):
    """Changes partners of its own, in transactions of different lengths."""

    def __init__(self, database: Database, ids: list[int]) -> None:
        super().__init__(daemon=True)
        self.database, self.ids = database, ids
        self.stopped = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with closing(self.database.connect()) as connection, connection.cursor() as cursor:
                number = 0
                while not self.stopped.is_set():
                    number += 1
                    cursor.execute("SELECT now()")
                    _touch(cursor, self.ids[number % len(self.ids)])
                    time.sleep((number % 4) * 0.15)
                    connection.commit()
        except Exception as exc:
            self.error = exc


def _touch(cursor: Any, partner_id: int) -> None:
    """As the ORM does: the moment of a change is the beginning of its transaction."""
    cursor.execute(
        "UPDATE res_partner SET write_date = now() AT TIME ZONE 'UTC' WHERE id = %s", [partner_id]
    )


def _commit_touch(database: Database, partner_id: int) -> None:
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        _touch(cursor, partner_id)
        connection.commit()


def test_pages_stand_still_while_others_write(
    database: Database, ehr: Partner, suppliers: list[int]
) -> None:
    pages = ehr.pages("Organization?name=Polled&_count=4")
    seen: list[str] = []
    with database.shell() as shell:
        for number, bundle in enumerate(pages):
            seen += [entry["resource"]["id"] for entry in bundle["entry"]]
            _commit_touch(database, suppliers[number])
            if number < 9:
                shell.run(
                    "env['res.partner'].create({'name': 'Polled new', 'is_company': True,"
                    " 'supplier_rank': 1})"
                )
    ours = [f"supplier-{one}" for one in suppliers]
    assert seen[: len(ours)] == ours
    assert len(seen) == len(set(seen))
