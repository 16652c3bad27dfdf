"""An installation of a released version goes on after the upgrade as if nothing had happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from setup import odoo_conf, suite_addons, templates
from tests.e2e.audit_trail import AuditTrail
from tests.e2e.conftest import CHANNELS, running_suite
from tests.e2e.ledger import Ledger
from tests.e2e.office import Inbound, Order, Outbound
from tests.e2e.receivers import Receiver
from tests.e2e.senders import WebhookSender
from tests.harness import Database, Harness
from tests.upgrade import released, schema, shipped

pytestmark = pytest.mark.long


@dataclass
class Upgraded:
    """An installation after its upgrade, and what it did before.

    :ivar receiver: the partner, which refused everything between the last order and the upgrade
    :ivar waiting: the order that the partner has not got yet
    :ivar delivered: id and content of the delivery that Odoo accepted before
    :ivar audit: the audit entries before the upgrade
    """

    database: Database
    receiver: Receiver
    outbound: Outbound
    inbound: Inbound
    waiting: Order
    delivered: tuple[str, dict[str, Any]]
    audit: list[dict[str, Any]]
    logged: list[str]


@pytest.fixture(scope="module", params=released.COMMITS)
def upgraded(
    request: pytest.FixtureRequest, harness: Harness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    commit = released.COMMITS[request.param]
    repository = harness.machine.settings.repository
    if not released.has(repository, commit):
        pytest.skip(f"the history of this clone does not reach back to {request.param}")
    addons = released.extract(repository, commit, tmp_path_factory.mktemp("released"))
    with harness.database(harness.base_template) as database, Receiver() as receiver:
        path = _install(harness, database, addons)
        before = _live(database, receiver, {"addons_path": path})
        logged = database.upgrade(suite_addons.names(harness.machine.settings.addons))
        yield Upgraded(database, receiver, *before, logged=logged)


def _install(harness: Harness, database: Database, addons: Path) -> str:
    """Install the released addons; return the path that starts servers with them."""
    current = str(odoo_conf.options(harness.machine, database.name)["addons_path"])
    path = current.replace(str(harness.machine.settings.addons), str(addons))
    templates.install(
        harness.machine, database.name, suite_addons.names(addons, {}), f"--addons-path={path}"
    )
    return path


def _live(database: Database, receiver: Receiver, options: dict[str, str | int | bool]) -> Any:
    """Work with the released version: send, receive, and leave a message that still waits."""
    with running_suite(database, options=options) as suite:
        office = suite.office
        supplier = office.supplier("MedSupply")
        office.buyer()
        inbound = office.inbound(supplier, office.buyer("interface"))
        outbound = office.outbound(supplier, receiver.url)
        sent, waiting = office.order(supplier), office.order(supplier)
        office.confirm([sent])
        suite.ledger.wait_for_order(sent.id, outbound.id, "done")
        content = sent.confirmation()
        answer = suite.sender(inbound).deliver(content, "msg_before")
        suite.ledger.wait_for(answer.json()["receipt"], "done")
        receiver.close()
        office.confirm([waiting])
        suite.ledger.wait_for_order(waiting.id, outbound.id, "retry")
        # In peace: what its workers have in hand is given back.
        suite.server.stop()
    return outbound, inbound, waiting, ("msg_before", content), _audit(database)


def _audit(database: Database) -> list[dict[str, Any]]:
    return database.sql(
        "SELECT id, occurred_at, actor_id, actor_login, act, res_model, res_id, res_name, reason,"
        " changes FROM integration_audit_entry ORDER BY id"
    )


def test_the_upgrade_logs_no_problem(upgraded):
    assert upgraded.logged == []


def test_tables_are_those_of_a_new_installation(upgraded, harness):
    with harness.database() as fresh:
        expected = schema.lines(fresh)
    found = schema.lines(upgraded.database)
    assert sorted(expected - found) == []
    assert sorted(found - expected) == []


def test_what_the_addons_ship_is_as_in_a_new_installation(upgraded, harness):
    """Mappings, routings, contracts and value maps: all there, and none of them a draft."""
    with harness.database() as fresh:
        expected = shipped.states(fresh)
    assert {"approved", "confirmed"} <= set(expected.values())
    found = shipped.states(upgraded.database)
    assert dict(found.items() ^ expected.items()) == {}


def test_audit_entries_stay_as_they_were(upgraded):
    kept = {row["id"]: row for row in _audit(upgraded.database)}
    assert upgraded.audit
    assert [kept.get(row["id"]) for row in upgraded.audit] == upgraded.audit


def test_audit_entries_of_before_are_sealed(upgraded, tmp_path):
    """In the order of their ids, untouched; and whoever holds a role is told once."""
    trail = AuditTrail(upgraded.database, tmp_path)
    with trail.shell() as shell:
        trail.seal(shell)
        trail.assert_dense()
        assert trail.verify(shell) == []
    sealed = upgraded.database.sql("SELECT entry_id FROM integration_audit_seal ORDER BY sequence")
    before = [row["id"] for row in upgraded.audit]
    assert [row["entry_id"] for row in sealed][: len(before)] == before
    kept = {row["id"]: row for row in _audit(upgraded.database)}
    assert [kept[one] for one in before] == upgraded.audit
    reasons = upgraded.database.sql(
        "SELECT DISTINCT reason FROM integration_audit_entry WHERE act = 'grant'"
    )
    told = {row["reason"] for row in reasons}
    # In a version without an audit of roles the upgrade tells of them; later ones have told.
    began = not any(row["act"] == "grant" for row in upgraded.audit)
    assert ("Held when the audit of roles began." in told) is began
    assert not [reason for reason in told if "outside Odoo" in (reason or "")]


def test_traffic_goes_on(upgraded):
    """What waited is sent with its id and secret; what was received before is known."""
    ledger = Ledger(upgraded.database)
    upgraded.receiver.open()
    with upgraded.database.server(workers=4, channels=CHANNELS) as server:
        message = ledger.wait_for_order(
            upgraded.waiting.id, upgraded.outbound.id, "done", timeout=60
        )
        sender = WebhookSender(server.url + upgraded.inbound.path, upgraded.inbound.secret)
        key, content = upgraded.delivered
        again = sender.deliver(content, key)
        new = sender.deliver(upgraded.waiting.confirmation(), "msg_after")
        ledger.wait_for(new.json()["receipt"], "done")
        errors = server.errors()
    upgraded.receiver.verify(upgraded.outbound.secret)
    assert upgraded.receiver.accepted()[-1] == message["external_key"]
    assert again.status_code == 202
    assert ledger.count(upgraded.inbound.id) == 2
    assert errors == []
