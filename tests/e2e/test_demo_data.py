"""The demo data of the suite: it installs without a warning, fills the screens, and stays."""

from collections.abc import Iterator

import pytest

from setup import suite_addons, templates
from tests.harness import Database, Harness

ALL_STATES = """
from odoo.addons.integration_core.tools.states import State
result = [str(state) for state in State]
"""
DRAIN_ALL = """
for lane in env["integration.lane"].search([]):
    lane._drain()
env["integration.lane"]._cron_watchdog()
"""
STATES = "SELECT uuid, state, held_reason FROM integration_message ORDER BY uuid"


@pytest.fixture(scope="module")
def demo(harness: Harness) -> Iterator[Database]:
    """A database with the demo data of the suite.

    Odoo's own demo data, which takes minutes and which ours does not need, is taken as loaded.
    """
    with harness.database(harness.base_template) as database:
        database.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'")
        names = suite_addons.names(harness.machine.settings.addons)
        found = templates.install(harness.machine, database.name, names, "--with-demo")
        assert not found, "installing the demo data logged:\n" + "\n".join(found)
        yield database


def test_messages_stand_in_every_state(demo: Database) -> None:
    states = {row["state"] for row in demo.sql(STATES)}
    assert states == set(demo.run(ALL_STATES))
    reasons = demo.sql("SELECT DISTINCT held_reason FROM integration_message WHERE state = 'held'")
    assert {row["held_reason"] for row in reasons} >= {"paused", "parked"}


def test_interfaces_stand_in_every_state(demo: Database) -> None:
    states = {row["state"] for row in demo.sql("SELECT state FROM integration_interface")}
    assert states == {"draft", "in_review", "approved", "active", "deprecated", "retired"}
    assert demo.scalar("SELECT state FROM integration_breaker") == "forced_open"


@pytest.mark.parametrize(
    "table",
    [
        "integration_attempt",
        "integration_payload",
        "integration_event",
        "integration_record_link",
        "integration_record_sync",
        "integration_audit_entry",
        "integration_contract_version",
        "integration_value_map_line",
        "integration_waiver",
    ],
)
def test_no_screen_is_empty(demo: Database, table: str) -> None:
    assert demo.scalar(f"SELECT count(*) FROM {table}") > 1


def test_a_bulk_retry_has_been_made(demo: Database) -> None:
    (task,) = demo.sql(
        "SELECT state, total, done_count, refused_count FROM integration_replay_task"
    )
    assert task == {"state": "done", "total": 3, "done_count": 2, "refused_count": 1}
    assert demo.scalar("SELECT count(*) FROM integration_replay_item") == 3


def test_every_status_of_orders_is_there(demo: Database) -> None:
    found = demo.sql(
        "SELECT DISTINCT state FROM integration_record_sync WHERE res_model = 'purchase.order'"
    )
    assert {row["state"] for row in found} == {
        "pending",
        "waiting",
        "synchronised",
        "failed",
        "conflict",
        "cancelled",
    }


def test_people_can_log_in_with_their_role(demo: Database) -> None:
    roles = demo.run(
        """
result = {}
for login, group in (("ana", "administrator"), ("ben", "approver"), ("olga", "operator"),
                     ("aud", "auditor")):
    user = env["res.users"].search([("login", "=", login)])
    user.with_user(user)._check_credentials(
        {"type": "password", "login": login, "password": login}, {"interactive": True})
    result[login] = user.has_group(f"integration_core.group_{group}")
bea = env["res.users"].search([("login", "=", "bea")])
result["bea"] = not bea.has_group("integration_core.group_observer")
"""
    )
    assert roles == dict.fromkeys(("ana", "ben", "olga", "aud", "bea"), True)


def test_content_can_be_read(demo: Database) -> None:
    contents = demo.run("result = env['integration.payload'].search([]).mapped('content')")
    assert len(contents) > 20
    assert not [content for content in contents if "cannot be read" in content]


def test_drains_leave_the_story_alone(demo: Database) -> None:
    """Running jobs must not spoil it: nothing is sent, handled or returned."""
    before = demo.sql(STATES)
    demo.run(DRAIN_ALL)
    assert demo.sql(STATES) == before


def test_loading_it_again_changes_nothing(demo: Database) -> None:
    before = demo.sql(STATES)
    audited = demo.scalar("SELECT count(*) FROM integration_audit_entry")
    demo.run(
        """
env["integration.demo"]._load_core()
env["integration.demo"]._load_procurement()
"""
    )
    demo.upgrade(["integration_core"])
    assert demo.sql(STATES) == before
    assert demo.scalar("SELECT count(*) FROM integration_audit_entry") == audited
