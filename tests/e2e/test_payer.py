"""A payer is asked, answers later, is claimed of and denies; processes die, and it is down."""

from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.e2e.conftest import SHORT, running_suite
from tests.e2e.fhir_peers import clinical_system
from tests.e2e.payer_world import PayerWorld
from tests.harness import Database, Faults, RpcError


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def world(
    database: Database, faults: Faults, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PayerWorld]:
    with (
        clinical_system(tmp_path_factory.mktemp("payer")) as peer,
        running_suite(database, environ=faults.environ, integration=SHORT) as suite,
        database.shell() as shell,
    ):
        yield PayerWorld(suite, shell, peer)


def accepted(resource: dict[str, Any]) -> None:
    """An independent reader of the standard takes it."""
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_an_invoice_waits_until_its_payer_has_answered(world: PayerWorld) -> None:
    case = world.case(covered=False)
    with pytest.raises(RpcError, match="was not asked yet"):
        world.biller.call("account.move", "action_post", [case.move])
    assert world.question(case)["state"] == "to_ask"
    world.tell_cover(case)
    world.wait_handled()
    question = world.wait_sent("eligibility", case)
    [asked] = world.at_payer("CoverageEligibilityRequest", question["number"])
    assert asked["patient"]["identifier"]["value"] == case.member
    assert case.number not in str(asked).replace(case.member, "")
    accepted(asked)
    with pytest.raises(RpcError, match="has not answered yet"):
        world.biller.call("account.move", "action_post", [case.move])
    world.notify(world.eligible(question["number"], in_force=False))
    world.wait_handled()
    with pytest.raises(RpcError, match="not in force"):
        world.biller.call("account.move", "action_post", [case.move])
    again = {**world.eligible(question["number"]), "created": "2026-03-02T10:00:00Z"}
    world.notify(again)
    world.wait_handled()
    assert world.question(case)["state"] == "eligible"
    world.biller.call("account.move", "action_post", [case.move])
    assert world.suite.office.read("account.move", case.move, "state")["state"] == "posted"


def test_an_invoice_is_released_for_a_reason(world: PayerWorld) -> None:
    case = world.case()
    world.wait_handled()
    with pytest.raises(RpcError, match="Release invoices without eligibility"):
        world.biller.call("account.move", "action_ask_eligibility_release", [case.move])
    action = world.releaser.call("account.move", "action_ask_eligibility_release", [case.move])
    context = action["context"]
    values = {"reason": "Confirmed on the phone"}
    made = world.releaser.call("integration.reason.wizard", "create", [values], context=context)
    world.releaser.call("integration.reason.wizard", "action_confirm", made, context=context)
    assert world.question(case)["state"] == "overridden"
    [entry] = world.suite.database.sql(
        "SELECT actor_login, reason FROM integration_audit_entry WHERE act = 'release' "
        "AND res_model = 'ehr.eligibility' AND res_id = %s",
        [world.question(case)["id"]],
    )
    assert entry == {"actor_login": "releaser", "reason": "Confirmed on the phone"}
    world.biller.call("account.move", "action_post", [case.move])


def test_a_claim_is_denied_and_stands_in_the_work_list(world: PayerWorld) -> None:
    case = world.case()
    claim = world.submit(case)
    world.wait_sent("claim", case)
    [sent] = world.at_payer("Claim", claim["number"])
    accepted(sent)
    assert [one["net"]["value"] for one in sent["item"]] == [900, 25]
    world.put(world.decision(claim["number"], 900, 0))
    world.put(world.decision(claim["number"], 900, 0))
    older = world.decision(claim["number"], 900, 25, created="2026-03-19T08:00:00Z")
    world.put({**older, "id": f"old-{claim['number']}"})
    world.wait_handled()
    claim = world.claim(case)
    assert (claim["state"], float(claim["denied_amount"])) == ("partial", 25)
    rows = world.biller.call(
        "ehr.denial", "search_read", [["claim_id", "=", claim["id"]]],
        ["amount", "state", "reason_codes", "reason_text", "deadline"],
    )  # fmt: skip
    assert [(one["amount"], one["state"], one["reason_codes"], one["reason_text"])
            for one in rows] == [(25, "to_work", "96", "Not covered")]  # fmt: skip
    assert rows[0]["deadline"] == "2026-04-19"


@pytest.mark.parametrize("point", ["dispatch_inserted", "outbound_claimed", "outbound_sent"])
def test_a_worker_that_dies_makes_no_second_claim(
    world: PayerWorld, faults: Faults, point: str
) -> None:
    """Also where the payer has it already, and nobody could note that."""
    case = world.case()
    world.wait_handled()
    question = world.wait_sent("eligibility", case)
    world.put(world.eligible(question["number"]))
    world.wait_handled()
    world.biller.call("account.move", "action_post", [case.move])
    faults.arm(point)
    world.biller.call("account.move", "action_submit_claim", [case.move])
    claim = world.wait_sent("claim", case)
    faults.wait_reached()
    assert len(world.at_payer("Claim", claim["number"])) == 1
    assert world.states("claim", claim["id"]) == {"done": 1}


def test_everything_dies_while_the_payer_is_down(world: PayerWorld) -> None:
    """``kill -9`` of the whole server between the claim and its delivery."""
    case = world.case()
    world.wait_handled()
    question = world.wait_sent("eligibility", case)
    world.put(world.eligible(question["number"]))
    world.wait_handled()
    world.biller.call("account.move", "action_post", [case.move])
    world.peer.stop()
    world.biller.call("account.move", "action_submit_claim", [case.move])
    claim = world.claim(case)
    world.suite.server.kill()
    world.suite.server.start()
    world.suite.server.wait_ready()
    world.login_again()
    world.suite.wait_watched(
        lambda: world.states("claim", claim["id"]).get("retry"), what="an attempt that failed"
    )
    with pytest.raises(RpcError, match=claim["number"]):
        world.biller.call("account.move", "action_submit_claim", [case.move])
    world.peer.start()
    world.wait_sent("claim", case)
    assert len(world.at_payer("Claim", claim["number"])) == 1
    assert (
        len(world.peer.history(f"Claim/{world.at_payer('Claim', claim['number'])[0]['id']}")) == 1
    )
    assert world.states("claim", claim["id"]) == {"done": 1}
    world.put(world.decision(claim["number"], 900, 25))
    world.wait_handled()
    assert world.claim(case)["state"] == "paid"


def test_a_claim_that_is_taken_back_is_one_claim_at_the_payer(world: PayerWorld) -> None:
    case = world.case()
    claim = world.submit(case)
    world.wait_sent("claim", case)
    world.biller.call("ehr.claim", "action_cancel", [claim["id"]], "Wrong cover")
    world.suite.wait_watched(
        lambda: world.states("claim", claim["id"]) == {"done": 2}, what="the cancellation"
    )
    [sent] = world.at_payer("Claim", claim["number"])
    assert sent["status"] == "cancelled"
    accepted(sent)
    world.put(world.decision(claim["number"], 900, 25))
    world.wait_handled("cancelled_claim_paid")
    assert world.claim(case)["state"] == "cancelled"
