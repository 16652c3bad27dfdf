"""A request of many messages of which the database refuses one."""

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.deliveries import World
from tests.e2e.test_webhook_door import ARRAY, call, interface

SERVER = {"workers": 2, "channels": "root:1"}
# The refusal, which is all that happens here.
EXPECTED_ERRORS = ("Exception during request handling",)


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


def test_all_messages_of_a_request_or_none(world: World) -> None:
    """The database refuses the last of them: nothing is stored, and nothing is acknowledged."""
    own = interface(world, **ARRAY)
    content = [{"supplier_ref": f"all-{number}"} for number in range(10)]
    sql = world.suite.database.sql
    sql(
        "CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.external_key = 'all-9' THEN RAISE EXCEPTION 'refused by the test'; END IF;"
        " RETURN NEW; END $$"
    )
    sql(
        "CREATE TRIGGER refuse_one BEFORE INSERT ON integration_message FOR EACH ROW"
        " EXECUTE FUNCTION refuse_one()"
    )
    try:
        assert call(world, own, content).status_code == 500
        assert world.suite.ledger.count(own.id) == 0
        keys = "SELECT count(*) FROM integration_idempotency WHERE interface_id = %s"
        assert world.suite.database.scalar(keys, [own.id]) == 0
    finally:
        sql("DROP FUNCTION refuse_one CASCADE")
    assert len(call(world, own, content).json()["receipts"]) == 10
    assert world.suite.ledger.count(own.id) == 10
    assert len(world.suite.server.errors()) == 1
    assert "all-9" not in world.suite.server.log_text(), "content and ids stay out of the log"
