"""Approvals of contract versions by several people at once, on a real server."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Suite
from tests.harness import Client, RpcError, wait_until

VERSION = "integration.contract.version"
# Odoo logs the statement of the slower one of two people; the request is tried again or refused.
EXPECTED_ERRORS = (
    "UPDATE integration_contract SET write_date",
    'UPDATE "integration_contract_version"',
    "FOR UPDATE",
    "FOR NO KEY UPDATE",
)
# Somebody has written on a contract and not committed yet.
HELD = """
    SELECT count(*) FROM pg_locks
     WHERE relation = 'integration_contract'::regclass AND mode = 'RowExclusiveLock'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def schema(*names: str) -> str:
    return json.dumps({"type": "object", "properties": {name: {} for name in names}})


@pytest.fixture
def approvers(suite: Suite) -> tuple[Client, Client]:
    for login in ("carla", "dora"):
        suite.office.user(login, "integration_core.group_approver")
    return suite.server.login("carla", "carla"), suite.server.login("dora", "dora")


def submitted(suite: Suite, contract: int, number: str, *names: str) -> int:
    version = suite.office.create(
        VERSION, contract_id=contract, version=number, schema=schema(*names)
    )
    suite.office.call(VERSION, "action_submit", [version])
    return version


def test_two_decisions_on_one_contract_know_of_each_other(
    suite: Suite, approvers: tuple[Client, Client]
) -> None:
    carla, dora = approvers
    contract = suite.office.create("integration.contract", name="Raced", code="test.raced")
    first = submitted(suite, contract, "1.0.0", "a")

    def approve(client: Client) -> object:
        try:
            return client.call(VERSION, "action_approve", [first])
        except RpcError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(approve, approvers))
    (late,) = [result for result in results if isinstance(result, RpcError)]
    assert "Only what is in review" in late.message

    # Each is a small step from 1.0.0; from 1.1.0, the other one takes a member away.
    one = submitted(suite, contract, "1.1.0", "a", "b")
    other = submitted(suite, contract, "1.2.0", "a", "c")
    with suite.database.shell() as shell:
        shell.send(
            "import time\n"
            "env['integration.contract.version'].browse(one).with_user(user).action_approve()\n"
            "env.flush_all()\n"
            "time.sleep(2)\n"
            "result = True",
            one=one,
            user=carla.uid,
        )
        wait_until(lambda: suite.database.scalar(HELD), what="the lock of the first decision")
        with pytest.raises(RpcError) as caught:
            dora.call(VERSION, "action_approve", [other])
        assert "must be 2.0.0" in caught.value.message
        assert shell.receive()
    assert suite.office.read(VERSION, other, "state")["state"] == "in_review"
