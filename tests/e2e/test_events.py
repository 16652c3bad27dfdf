"""Events that an administrator defines in the browser reach a partner process."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.contacts import Contacts
from tests.e2e.receivers import Receiver


@pytest.fixture(scope="module")
def world(suite: Suite) -> Contacts:
    return Contacts(suite)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_field_reaches_a_value(world: Contacts, receiver: Receiver) -> None:
    defined = world.define(receiver, trigger="reaches", field_name="type", field_value="delivery")
    contact = world.contact("Ada", ref="A-1")
    assert defined.events() == 0
    world.office.write("res.partner", contact, type="delivery")
    told = defined.wait_told("Ada")
    assert told == [{"id": contact, "name": "Ada", "ref": "A-1", "country_id": None}]
    world.office.write("res.partner", contact, type="delivery", ref="A-2")
    world.office.write("res.partner", contact, type="invoice")
    assert defined.events() == 1


def test_deletion(world: Contacts, receiver: Receiver) -> None:
    defined = world.define(receiver, trigger="deleted", condition="[('ref', '!=', False)]")
    kept_quiet, told = world.contact("Nobody"), world.contact("Ada", ref="A-1")
    world.office.call("res.partner", "unlink", [kept_quiet, told])
    assert defined.wait_told("Ada")[0]["id"] == told


def test_condition_fires_once(world: Contacts, receiver: Receiver) -> None:
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


def test_event_of_one_company_never_reaches_the_other(world: Contacts) -> None:
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
