"""Events that an administrator defines in the browser reach a partner process."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.office import Supplier, new_secret
from tests.e2e.receivers import Receiver
from tests.harness import wait_until


@dataclass
class Definition:
    """An event type on contacts, and the interface that takes it to ``receiver``."""

    suite: Suite
    receiver: Receiver
    type_id: int
    interface_id: int

    def told(self) -> list[dict[str, Any]]:
        """Return the contents that arrived, in the order of arrival."""
        return [json.loads(one.request.body)["data"] for one in list(self.receiver.received)]

    def wait_told(self, *names: str) -> list[dict[str, Any]]:
        """Wait until exactly these contacts were told of."""

        def arrived() -> list[dict[str, Any]] | None:
            told = self.told()
            return told if sorted(one["name"] for one in told) == sorted(names) else None

        return wait_until(arrived, what=f"events of {names}")

    def events(self) -> int:
        return self.suite.database.scalar(
            "SELECT count(*) FROM integration_event WHERE type_id = %s", [self.type_id]
        )


class World:
    """Defines events as the administrator does: with calls that the browser makes."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.office = suite.office
        self.number = 0

    def define(
        self, receiver: Receiver, company_id: int | None = None, **values: Any
    ) -> Definition:
        office = self.office
        self.number += 1
        type_id = office.create(
            "integration.event.type",
            **{
                "name": f"Contact {self.number}",
                "code": f"test.contact_{self.number}.event",
                "model_name": "res.partner",
                "field_ids": [[0, 0, {"path": path}] for path in ("name", "ref", "country_id")],
                **values,
            },
        )
        self._approve_contract(type_id)
        system_id = office.create(
            "integration.system",
            name=f"CRM {self.number}",
            code=f"CRM_{self.number}",
            kind="crm",
            **({"company_id": company_id} if company_id else {}),
        )
        credential_id = office.credential(new_secret())
        if company_id:
            office.write("integration.credential", credential_id, company_id=company_id)
        interface = office.outbound(
            Supplier(partner_id=0, system_id=system_id),
            receiver.url,
            name=f"To CRM {self.number}",
            event_type_ids=[[6, 0, [type_id]]],
            credential_id=credential_id,
        )
        return Definition(self.suite, receiver, type_id, interface.id)

    def _approve_contract(self, type_id: int) -> None:
        """Let the contract be written from an example, and approved by a colleague."""
        example = self.contact("Example")
        self.office.call("integration.event.type", "write_contract", [type_id], example)
        tried = self.office.call("integration.event.type", "try_on", [type_id], example)
        assert (tried["violations"], tried["problem"]) == ([], False)
        contract = self.office.read("integration.event.type", type_id, "contract_id")
        (version,) = self.office.call(
            "integration.contract.version",
            "search",
            [["contract_id", "=", contract["contract_id"][0]]],
        )
        self.office.call("integration.contract.version", "action_submit", [version])
        self.office.approve("integration.contract.version", "action_approve", [version])

    def contact(self, name: str, **values: Any) -> int:
        return self.office.create("res.partner", name=name, **values)

    def check_conditions(self, type_id: int) -> None:
        """Do now what happens every minute, as if the interval were over.

        The scheduler may be at it already, and may have begun before what is to be seen: only a
        check that began from now on counts (its beginning is kept in whole seconds).
        """
        begun = self.suite.database.scalar("SELECT now() AT TIME ZONE 'UTC'")
        wait_until(lambda: self._checked(type_id, begun), timeout=90, what="the check")

    def _checked(self, type_id: int, begun: datetime) -> bool:
        self.office.call("integration.event.type", "action_check_now", [type_id])
        self.office.run_scheduled("integration_core.ir_cron_conditions")
        checked = self.suite.database.scalar(
            "SELECT checked_at FROM integration_event_type WHERE id = %s", [type_id]
        )
        return bool(checked and checked >= begun)


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_field_reaches_a_value(world: World, receiver: Receiver) -> None:
    defined = world.define(receiver, trigger="reaches", field_name="type", field_value="delivery")
    contact = world.contact("Ada", ref="A-1")
    assert defined.events() == 0
    world.office.write("res.partner", contact, type="delivery")
    told = defined.wait_told("Ada")
    assert told == [{"id": contact, "name": "Ada", "ref": "A-1", "country_id": None}]
    world.office.write("res.partner", contact, type="delivery", ref="A-2")
    world.office.write("res.partner", contact, type="invoice")
    assert defined.events() == 1


def test_deletion(world: World, receiver: Receiver) -> None:
    defined = world.define(receiver, trigger="deleted", condition="[('ref', '!=', False)]")
    kept_quiet, told = world.contact("Nobody"), world.contact("Ada", ref="A-1")
    world.office.call("res.partner", "unlink", [kept_quiet, told])
    assert defined.wait_told("Ada")[0]["id"] == told


def test_condition_fires_once(world: World, receiver: Receiver) -> None:
    world.contact("Long ago", ref="late")
    defined = world.define(receiver, trigger="scheduled", condition="[('ref', '=', 'late')]")
    world.check_conditions(defined.type_id)
    assert defined.events() == 0, "what matched before is remembered only"
    contact = world.contact("Ada", ref="late")
    for _again in range(2):
        world.check_conditions(defined.type_id)
    defined.wait_told("Ada")
    world.office.write("res.partner", contact, ref="in time")
    world.check_conditions(defined.type_id)
    world.office.write("res.partner", contact, ref="late")
    world.check_conditions(defined.type_id)
    defined.wait_told("Ada", "Ada")


def test_event_of_one_company_never_reaches_the_other(world: World) -> None:
    people = world.office.call("res.users", "search", [["login", "in", ["admin", "ben"]]])
    theirs = world.office.create("res.company", name="Another hospital")
    world.office.call("res.users", "write", people, {"company_ids": [[4, theirs]]})
    with Receiver() as here, Receiver() as there:
        trigger = {"trigger": "reaches", "field_name": "type", "field_value": "other"}
        mine = world.define(here, **trigger)
        yours = world.define(there, company_id=theirs, **trigger)
        (main,) = world.office.call("res.company", "search", [["id", "!=", theirs]])
        world.contact("Mine", company_id=main, type="other")
        world.contact("Yours", company_id=theirs, type="other")
        world.contact("Shared", type="other")
        mine.wait_told("Mine", "Shared")
        yours.wait_told("Yours", "Shared")
