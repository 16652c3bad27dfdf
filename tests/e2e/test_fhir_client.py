"""FHIR against a public server: signed in by SMART, created, updated over versions, and raced."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.e2e.conftest import EAGER, Suite, running_suite
from tests.e2e.fhir_peers import Ehr, SmartServer, clinical_system
from tests.e2e.fhir_world import Hospital
from tests.harness import Database

SEARCH = "Task?identifier=urn:odoo:order|"
#: Wraps what the mapping of the world makes, as another mapping would.
TRANSACTION = """{
    resourceType: 'Bundle', type: 'transaction', entry: [
        {fullUrl: fhir_urn('order', root.order_number),
         request: {method: 'POST', url: 'Basic',
                   ifNoneExist: join('', ['identifier=urn:odoo:bundle%7C', root.order_number])},
         resource: {resourceType: 'Basic', code: {text: root.lines[0].item.name},
                    identifier: [{system: 'urn:odoo:bundle', value: root.order_number}]}},
        {request: {method: 'PUT',
                   url: join('', ['Task?identifier=urn:odoo:task%7C', root.order_number])},
         resource: {resourceType: 'Task', status: 'requested', intent: 'order',
                    identifier: [{system: 'urn:odoo:task', value: root.order_number}],
                    focus: {reference: fhir_urn('order', root.order_number)}}}]
}"""
_SENT = """
from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools import payload_codec
ring = keys.ring(env.cr)
env.cr.execute(
    "SELECT m.uuid, p.body, p.encoding FROM integration_message m JOIN integration_payload p "
    "ON p.message_id = m.id AND p.kind = 'sent' ORDER BY m.id")
result = [payload_codec.decode(bytes(body), encoding, uuid, "sent", ring).decode()
          for uuid, body, encoding in env.cr.fetchall()]
"""


@pytest.fixture(scope="module")
def suite(database: Database) -> Iterator[Suite]:
    with running_suite(database, integration=EAGER) as suite:
        yield suite


@pytest.fixture(scope="module")
def ehr(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ehr]:
    """A public FHIR server whose SMART client's keys are read from where we publish them."""
    with clinical_system(tmp_path_factory.mktemp("ehr")) as ehr:
        yield ehr


@pytest.fixture(scope="module")
def hospital(suite: Suite, ehr: Ehr) -> Hospital:
    return Hospital.of(suite, ehr.trust)


def connected(hospital: Hospital, ehr: Ehr, algorithm: str = "RS384", **values: Any) -> int:
    """An active interface that signs in at the public server by SMART Backend Services."""
    client = f"odoo-{len(ehr.clients)}"
    credential = hospital.key_pair(ehr.token_url, client, algorithm)
    interface = hospital.outbound(ehr.url, credential, **values)
    # The server is told of the client while it stands still.
    ehr.stop()
    ehr.clients[client] = hospital.keys_url(interface)
    ehr.start()
    hospital.suite.office.activate(interface)
    return interface


def numbers(hospital: Hospital, count: int = 1) -> list[Any]:
    return hospital.suite.office.confirmed(hospital.supplier, count)


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_orders_reach_a_public_server_by_smart(
    hospital: Hospital, ehr: Ehr, algorithm: str
) -> None:
    interface = connected(hospital, ehr, algorithm)
    check = hospital.test(interface)
    assert not check["bad"], check["bad"]
    assert check["release"] == "4.0.1"
    assert check["token_url"] == ehr.token_url
    assert any("gave us a token" in line for line in check["good"])
    orders = numbers(hospital, 3)
    hospital.wait_settled(interface, 3)
    for order in orders:
        (found,) = ehr.resources(SEARCH + order.name)
        assert found["input"][0]["valueDecimal"] == 5
        link = hospital.suite.database.scalar(
            "SELECT res_id FROM integration_record_link WHERE external_id = %s",
            [f"Task/{found['id']}"],
        )
        assert link == order.id
    hospital.suite.admin.call("integration.interface", "action_retire", [interface])


def test_a_repetition_makes_no_second_one(hospital: Hospital, ehr: Ehr) -> None:
    interface = connected(hospital, ehr)
    (order,) = numbers(hospital)
    hospital.wait_settled(interface, 1)
    (message,) = hospital.suite.ledger.messages(interface)
    hospital.suite.database.sql(
        "UPDATE integration_message SET state = 'queued' WHERE id = %s", [message["id"]]
    )
    hospital.wait_settled(interface, 1)
    assert len(ehr.resources(SEARCH + order.name)) == 1
    hospital.suite.admin.call("integration.interface", "action_retire", [interface])


def test_several_matches_are_for_a_person(hospital: Hospital, ehr: Ehr) -> None:
    interface = connected(hospital, ehr, fhir_interaction="conditional_update")
    (order,) = hospital.suite.office.orders(hospital.supplier, 1)
    theirs = {
        "resourceType": "Task",
        "identifier": [{"system": "urn:odoo:order", "value": order.name}],
        "status": "requested",
        "intent": "order",
    }
    for _time in range(2):
        assert ehr.ask("POST", "Task", theirs)[0] == 201
    hospital.suite.office.confirm([order])
    hospital.suite.wait_watched(
        lambda: hospital.states(interface) == [("quarantined", "fhir_several_matches")],
        what="a conflict",
    )
    assert len(ehr.resources(SEARCH + order.name)) == 2
    hospital.suite.admin.call("integration.interface", "action_retire", [interface])


def test_a_transaction_is_made_as_a_whole(hospital: Hospital, ehr: Ehr) -> None:
    interface = connected(
        hospital,
        ehr,
        mapping=TRANSACTION,
        fhir_interaction="transaction",
        fhir_types="Basic, Task",
    )
    assert any("Transaction" in line for line in hospital.test(interface)["good"])
    (order,) = numbers(hospital)
    hospital.wait_settled(interface, 1)
    (request,) = ehr.resources(f"Basic?identifier=urn:odoo:bundle|{order.name}")
    (task,) = ehr.resources(f"Task?identifier=urn:odoo:task|{order.name}")
    assert task["focus"]["reference"].endswith(f"Basic/{request['id']}")
    known = hospital.suite.database.sql(
        "SELECT resource_type, fhir_id FROM integration_fhir_known WHERE res_id = %s"
        " AND interface_id = %s ORDER BY place",
        [order.id, interface],
    )
    assert [(row["resource_type"], row["fhir_id"]) for row in known] == [
        ("Basic", request["id"]),
        ("Task", task["id"]),
    ]
    hospital.suite.admin.call("integration.interface", "action_retire", [interface])


def test_updates_that_race_lose_nothing(hospital: Hospital, ehr: Ehr) -> None:
    """Somebody else writes the same resources all the time: each of our updates was made over the
    version that we knew, or is a conflict for a person; none of theirs is covered up unseen."""
    interface = connected(hospital, ehr, fhir_interaction="update")
    orders = numbers(hospital, 6)
    hospital.wait_settled(interface, 6)
    ids = {order.name: ehr.resources(SEARCH + order.name)[0]["id"] for order in orders}
    stop, written = threading.Event(), []

    def somebody() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            for order in orders[::2]:
                path = f"Task/{ids[order.name]}"
                _status, found, headers = ehr.ask("GET", path)
                note = {**found, "priority": "urgent", "reasonCode": {"text": f"turn {turn}"}}
                status, *_ = ehr.ask("PUT", path, note, {"If-Match": headers["etag"]})
                if status == 200:
                    written.append((order.name, f"turn {turn}"))

    thread = threading.Thread(target=somebody)
    thread.start()
    try:
        _told_again(hospital, orders)
        hospital.suite.wait_watched(
            lambda: (
                all(state in ("done", "quarantined") for state, _code in hospital.states(interface))
                and len(hospital.states(interface)) == 12
            ),
            what="the end of twelve messages",
        )
    finally:
        stop.set()
        thread.join()
    _assert_no_lost_update(hospital, ehr, interface, ids, written)


def _told_again(hospital: Hospital, orders: list[Any]) -> None:
    """Cancel and confirm orders once more: the same documents, a second message."""
    ids = [order.id for order in orders]
    call = hospital.suite.office.call
    call("purchase.order", "button_cancel", ids)
    call("purchase.order", "button_draft", ids)
    call("purchase.order", "button_confirm", ids)


def _assert_no_lost_update(
    hospital: Hospital, ehr: Ehr, interface: int, ids: dict[str, str], written: list[Any]
) -> None:
    codes = [code for state, code in hospital.states(interface) if state == "quarantined"]
    assert set(codes) <= {"fhir_version_conflict"}
    assert written, "somebody else wrote, too"
    for name, number in ids.items():
        versions = ehr.history(f"Task/{number}")
        theirs = [one for one in versions if "reasonCode" in one]
        ours = [one for one in versions[1:] if "reasonCode" not in one]
        turns = [one["reasonCode"]["text"] for one in theirs]
        assert turns == [turn for order, turn in written if order == name], "all are there, once"
        if theirs and ours:
            # It was made over our own first version, so before the first of theirs.
            assert int(ours[0]["meta"]["versionId"]) == 2
    assert codes, "at least one of three met a newer version"


def test_tokens_and_keys_are_rotated_under_traffic(
    hospital: Hospital, suite: Suite, tmp_path: Any
) -> None:
    """Tokens live for two seconds and the key changes twice: no delivery fails."""
    with SmartServer(hospital.trust, lifetime=2) as smart:
        credential = hospital.key_pair(smart.token_url, smart.CLIENT, "ES384")
        interface = hospital.outbound(smart.url, credential, fhir_interaction="create")
        smart.keys_url = hospital.keys_url(interface)
        suite.office.activate(interface)
        total = 0
        for keys in (1, 2, 3):
            # Until something was signed with the latest key, and a little on.
            while (
                len({grant.key_id for grant in smart.grants.values()}) < keys or total < 15 * keys
            ):
                assert total < 300, "the new key is not used"
                total += len(numbers(hospital, 5))
                suite.wait_watched(
                    lambda total=total: len(smart.resources) >= total - 5, what="traffic"
                )
            if keys < 3:
                values = {"generate": True, "lead_hours": 0.0005, "overlap_hours": 1}
                suite.office.call("integration.credential", "rotate", [credential], values, "")
        hospital.wait_settled(interface, total)
        assert len(smart.resources) == total
        assert not smart.refusals
        attempts = suite.database.scalar(
            "SELECT count(*) FROM integration_attempt a JOIN integration_message m"
            " ON m.id = a.message_id WHERE m.interface_id = %s",
            [interface],
        )
        assert attempts == total, "each was tried once"
    suite.admin.call("integration.interface", "action_retire", [interface])


@pytest.mark.parametrize("seconds", [-400, 400])
def test_a_clock_that_differs_is_no_obstacle(
    hospital: Hospital, suite: Suite, seconds: float
) -> None:
    """An assertion by our clock would be over, or good for too long."""
    with SmartServer(hospital.trust, clock=seconds) as smart:
        credential = hospital.key_pair(smart.token_url, smart.CLIENT)
        interface = hospital.outbound(smart.url, credential)
        smart.keys_url = hospital.keys_url(interface)
        suite.office.activate(interface)
        numbers(hospital)
        hospital.wait_settled(interface, 1)
        assert len(smart.refusals) == 1
        assert "not good now" in smart.refusals[0]
    suite.admin.call("integration.interface", "action_retire", [interface])


def test_what_is_sent_is_of_the_standard(hospital: Hospital, suite: Suite) -> None:
    """An independent reader accepts each body that the tests before have sent."""
    bodies = [json.loads(body) for body in suite.database.run(_SENT)]
    assert len(bodies) >= 6
    assert {"Bundle", "Task"} <= {body["resourceType"] for body in bodies}
    for body in bodies:
        get_fhir_model_class(body["resourceType"]).model_validate(body)


def test_the_server_logged_no_error(suite: Suite) -> None:
    assert not suite.server.errors()
