"""A hospital that sends its orders to a FHIR server and polls it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e.conftest import Suite
from tests.e2e.fhir_peers import Trust
from tests.e2e.office import EVENT, Supplier

#: A confirmed order as a Task, with what its first line says. Its number recognises it.
TASK = """{
    resourceType: 'Task',
    identifier: [{system: 'urn:odoo:order', value: root.order_number}],
    status: 'requested', intent: 'order',
    description: root.lines[0].item.name,
    input: [{type: {text: 'quantity'}, valueDecimal: fhir_decimal(root.lines[0].quantity)}]
}"""
NETWORKS = "127.0.0.0/8, ::1"


@dataclass
class Hospital:
    """The suite as one that speaks with a FHIR server."""

    suite: Suite
    trust: Trust
    supplier: Supplier

    @classmethod
    def of(cls, suite: Suite, trust: Trust) -> "Hospital":
        return cls(suite, trust, suite.office.supplier(f"EHR {uuid.uuid4().hex[:6]}"))

    def key_pair(self, token_url: str, client: str, algorithm: str = "RS384") -> int:
        """A credential whose private key is made here."""
        office = self.suite.office
        credential = office.create(
            "integration.credential",
            name=f"SMART {uuid.uuid4().hex[:6]}",
            kind="private_key_jwt",
            client_id=client,
            token_url=token_url,
            scope="system/*.cruds",
            algorithm=algorithm,
        )
        office.call("integration.credential", "rotate", [credential], {"generate": True}, "")
        return credential

    def outbound(
        self,
        url: str,
        credential: int | bool,
        policy: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> int:
        """A draft that sends confirmed orders."""
        office = self.suite.office
        mapping = values.pop("mapping", TASK)
        sends = values.get("fhir_purpose", "send") == "send"
        return office.create(
            "integration.interface",
            **{
                "name": f"FHIR {uuid.uuid4().hex[:6]}",
                "system_id": self.supplier.system_id,
                "direction": "outbound",
                "transport": "fhir",
                "url": url,
                "allowed_networks": NETWORKS,
                "credential_id": credential,
                "policy_id": office.policy(**(policy or {})),
                "fhir_ca": self.trust.authority.pem,
                "data_class": "clinical",
                "event_type_ids": [[6, 0, [office.ref(EVENT)] if sends else []]],
                "mapping_id": sends
                and office.mapping(name=f"FHIR {uuid.uuid4().hex[:6]}", header=mapping),
                "fhir_types": "Task" if sends else False,
                **values,
            },
        )

    def keys_url(self, interface_id: int) -> str:
        """Where the interface publishes its keys."""
        found = self.suite.office.read("integration.interface", interface_id, "public_id")
        return f"{self.suite.server.url}/integration/jwks/{found['public_id']}.json"

    def polling(self, source_id: int, search: str, user_id: int, **values: Any) -> int:
        """An active interface that polls through another one; what it gets is filtered."""
        office = self.suite.office
        name = f"polled_{uuid.uuid4().hex[:6]}"
        routing = office.create(
            "integration.routing",
            name=name,
            code=name,
            line_ids=[
                [0, 0, {"message_type": kind, "action": "filter"}]
                for kind in {line.partition("?")[0] for line in search.splitlines()}
            ],
        )
        office.call("integration.routing", "action_submit", [routing])
        office.approve("integration.routing", "action_approve", [routing])
        interface = office.create(
            "integration.interface",
            **{
                "name": name,
                "system_id": self.supplier.system_id,
                "direction": "inbound",
                "transport": "fhir",
                "body_codec": "fhir",
                "data_class": "clinical",
                "routing_id": routing,
                "policy_id": office.policy(),
                "user_id": user_id,
                "fhir_poll_interface_id": source_id,
                "fhir_poll_search": search,
                "fhir_poll_seconds": 1,
                **values,
            },
        )
        office.activate(interface)
        return interface

    def test(self, interface_id: int) -> dict[str, Any]:
        """Press “Test connection”; what it shows, with the lines by their level."""
        call = self.suite.admin.call
        action = call("integration.interface", "action_test_fhir_connection", [interface_id])
        (check,) = call("integration.fhir.check", "read", [action["res_id"]])
        lines = call("integration.fhir.check.line", "read", check["line_ids"])
        for level in ("good", "remark", "bad"):
            check[level] = [
                f"{one['name']}: {one['text']}" for one in lines if one["level"] == level
            ]
        return check

    def states(self, interface_id: int) -> list[tuple[str, str | None]]:
        """State and error code of each message."""
        rows = self.suite.ledger.messages(interface_id)
        return [(row["state"], row["error_code"]) for row in rows]

    def wait_settled(self, interface_id: int, count: int, timeout: float = 120) -> None:
        """Wait until so many messages are done, and none is anything else."""

        def settled() -> bool:
            found = self.states(interface_id)
            return len(found) >= count and all(state == "done" for state, _code in found)

        self.suite.wait_watched(
            settled, timeout, what=f"{count} messages: {self.states(interface_id)[:5]}"
        )
