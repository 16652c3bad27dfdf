"""Events of contacts, defined and subscribed to as an administrator does it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.e2e.conftest import Suite
from tests.e2e.office import Outbound, Supplier, new_secret
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


class Contacts:
    """Defines events as the administrator does: with calls that the browser makes."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.office = suite.office
        self.number = 0

    def define(
        self, receiver: Receiver, company_id: int | None = None, **values: Any
    ) -> Definition:
        type_id = self.event_type(**values)
        interface = self.subscribe(receiver, [type_id], company_id)
        return Definition(self.suite, receiver, type_id, interface.id)

    def event_type(self, **values: Any) -> int:
        """Define an event, with a contract that a colleague has approved."""
        self.number += 1
        type_id = self.office.create(
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
        return type_id

    def subscribe(
        self,
        receiver: Receiver,
        type_ids: list[int],
        company_id: int | None = None,
        policy: dict[str, Any] | None = None,
    ) -> Outbound:
        """Make a system, and an active interface that sends events to it."""
        self.number += 1
        system_id = self.office.create(
            "integration.system",
            name=f"CRM {self.number}",
            code=f"CRM_{self.number}",
            kind="crm",
            **({"company_id": company_id} if company_id else {}),
        )
        credential_id = self.office.credential(new_secret())
        if company_id:
            self.office.write("integration.credential", credential_id, company_id=company_id)
        return self.office.outbound(
            Supplier(partner_id=0, system_id=system_id),
            receiver.url,
            policy=policy,
            name=f"To CRM {self.number}",
            event_type_ids=[[6, 0, type_ids]],
            credential_id=credential_id,
        )

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
