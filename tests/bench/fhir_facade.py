"""Pages of 100 items per second over the FHIR facade, against Odoo's own JSON-2 API.

One server, one load generator, the same 100 products in the same order. Ours admits the address,
limits the rate (switched on, never reached), opens and compares the password, searches with the
rights of the service user, and writes a searchset of DeviceDefinitions with versions, moments of
change, a sealed link to the next page and totals left out; the reference is ``search_read`` of the
same columns with the rights of the same user, under an API key. Its answers have a sixth
of the bytes.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from tests.bench import figures, load, rules, runner, stage
from tests.harness import Database, Harness

NAME = "fhir_facade"
UNIT = "pages/s"
TARGET = figures.Target(1.0)

PAGES = 300
ITEMS = 1000
PAGE = 100
CONNECTIONS = 4
WORKERS = 2
RATE_LIMIT = 100_000.0
PASSWORD = "a password of the benchmark"
_OK = 200
_FIELDS = ["name", "default_code", "barcode", "active", "uom_id", "write_date"]
_PREPARE = """
from datetime import datetime, timedelta
env["product.product"].create([
    {"name": f"Item {number}", "default_code": f"I{number}", "type": "consu",
     "barcode": f"{4006381000000 + number}"} for number in range(items)])
user = env["res.users"].create({"name": "Reader", "login": "fhir.bench", "group_ids": [
    (4, env.ref("base.group_user").id),
    (4, env.ref("integration_ehr_bridge.group_fhir_reader").id)]})
key = env(user=user.id)["res.users.apikeys"]._generate(
    "rpc", "bench", datetime.now() + timedelta(days=1))
credential = env["integration.credential"].create({"name": "Bench", "kind": "basic"})
env["integration.credential.version"].create(
    {"credential_id": credential.id, "login": "bench", "secret": password})
system = env["integration.system"].create({"name": "EHR", "code": "BENCH"})
policy = env["integration.policy"].create(
    {"name": "Bench", "rate_per_second": rate, "rate_burst": rate})
made = env["integration.interface"].create({
    "name": "Facade", "system_id": system.id, "direction": "inbound", "transport": "fhir",
    "data_class": "clinical", "credential_id": credential.id, "user_id": user.id,
    "policy_id": policy.id, "fhir_show_item": True, "fhir_show_charge": True})
env.flush_all()
env.cr.execute("UPDATE integration_interface SET state = 'active', "
               "activated_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [made.id])
env["integration.arming"]._remember("The benchmark")
made.invalidate_recordset()
made._configuration_changed()
product = env["product.product"].search([], limit=1)
env["ehr.charge"].create([
    {"number": f"C{number}", "kind": "charge", "charged_at": datetime(2026, 3, 2), "charge_code":
     "CODE", "product_id": product.id, "quantity": 1, "currency_id": env.company.currency_id.id}
    for number in range(page)])
env.cr.commit()
result = [made.token, key]
"""


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with stage.database(harness) as database:
        with stage.shell(database) as shell:
            token, key = shell.run(
                _PREPARE, items=ITEMS, page=PAGE, password=PASSWORD, rate=RATE_LIMIT
            )
        with stage.server(database, workers=WORKERS, job_runner=False) as server:
            ours = FacadeArm(database, server.port, f"/integration/fhir/{token}")
            reference = JsonArm(server.port, key)
            ours.check()
            reference.check()
            yield runner.Stage(
                database,
                ours=rules.Arm("FHIR facade", WORKERS, ours.measure),
                reference=rules.Arm("JSON-2", WORKERS, reference.measure),
                generator=lambda: _generator_alone(ours),
                remarks=(
                    f"a round is {PAGES} pages of {PAGE} items over {CONNECTIONS} connections to "
                    f"{WORKERS} workers; {ours.size} bytes a page over FHIR, {reference.size} over "
                    "JSON-2",
                ),
                extras=(
                    runner.Extra("polls for changes", lambda: ours.measure(POLL)),
                    runner.Extra("pages of 100 charges, audited", lambda: ours.measure(CHARGES)),
                ),
            )


SEARCH = f"DeviceDefinition?_count={PAGE}"
POLL = f"{SEARCH}&_sort=_lastUpdated&_lastUpdated=gt2020-01-01"
CHARGES = f"ChargeItem?_count={PAGE}"


@dataclass
class FacadeArm:
    """The suite's facade."""

    database: Database
    port: int
    path: str
    size: int = 0

    @property
    def headers(self) -> Mapping[str, str]:
        pair = base64.b64encode(f"bench:{PASSWORD}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def check(self) -> None:
        """All that is asked for comes, and a page of charges leaves one entry of the trail."""
        for query in (SEARCH, POLL, CHARGES):
            before = self._audited()
            answer = requests.get(
                f"http://localhost:{self.port}{self.path}/{query}", headers=self.headers, timeout=60
            )
            assert answer.status_code == _OK, answer.text
            assert len(answer.json()["entry"]) == PAGE, query
            assert self._audited() - before == (query == CHARGES), query
            self.size = self.size or len(answer.content)

    def _audited(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_audit_entry WHERE act = 'view'"
        )

    def measure(self, query: str = SEARCH) -> float:
        request = _get(f"{self.path}/{query}", self.headers)
        return _send(self.port, [request] * PAGES).rate


@dataclass
class JsonArm:
    """The reference: Odoo's own API."""

    port: int
    key: str
    size: int = 0

    @property
    def body(self) -> bytes:
        wanted = {
            "domain": [["type", "=", "consu"]],
            "fields": _FIELDS,
            "limit": PAGE,
            "order": "id",
            "context": {"active_test": False, "lang": "en_US"},
        }
        return json.dumps(wanted).encode()

    def check(self) -> None:
        """All that is asked for comes."""
        answer = requests.post(
            f"http://localhost:{self.port}{self.path}",
            data=self.body,
            headers={**self.headers, "Content-Type": "application/json"},
            timeout=60,
        )
        assert answer.status_code == _OK, answer.text
        assert len(answer.json()) == PAGE
        self.size = len(answer.content)

    @property
    def path(self) -> str:
        return "/json/2/product.product/search_read"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"bearer {self.key}"}

    def measure(self) -> float:
        return _send(self.port, [load.request(self.path, self.body, self.headers)] * PAGES).rate


def _get(path: str, headers: Mapping[str, str]) -> bytes:
    """The bytes of a GET that allows the server to keep the connection."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: keep-alive"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _send(port: int, wanted: list[bytes]) -> load.Load:
    found = load.send(port, wanted, CONNECTIONS)
    assert found.statuses == {_OK: PAGES}, f"not all were answered: {found.statuses}"
    return found


def _generator_alone(ours: FacadeArm) -> float:
    request = load.request(f"{ours.path}/{SEARCH}", b"", ours.headers)
    with load.sink() as port:
        return load.send(port, [request] * PAGES, CONNECTIONS).rate
