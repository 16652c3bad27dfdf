"""A partner that reads over FHIR from a real server, and what it may read."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from fhir.resources import get_fhir_model_class as r5_class
from fhir.resources.R4B import get_fhir_model_class as r4b_class

from tests.harness import Database, Server, Shell

PASSWORD = "a-password-of-the-test"
_MAKE = """
user = env["res.users"].create({"name": name, "login": name, "group_ids": [
    (4, env.ref("base.group_user").id),
    (4, env.ref("integration_ehr_bridge.group_fhir_reader").id)]})
credential = env["integration.credential"].create({"name": name, "kind": kind, **terms})
env["integration.credential.version"].create(
    {"credential_id": credential.id, "secret": password, **login})
system = env["integration.system"].create({"name": name, "code": name.upper()})
policy = env["integration.policy"].create({"name": name, **policy})
made = env["integration.interface"].create({
    "name": name, "system_id": system.id, "direction": "inbound", "transport": "fhir",
    "data_class": "clinical", "credential_id": credential.id, "user_id": user.id,
    "policy_id": policy.id, **values})
other = env["res.users"].create({"name": f"{name} approver", "login": f"{name}.approver",
    "group_ids": [(4, env.ref("integration_core.group_approver").id)]})
made.action_submit()
made.with_user(other).action_approve()
made.action_activate()
env.cr.commit()
result = [made.id, made.token]
"""
SWITCHES = (
    "organization", "location", "item", "inventory", "supply_request", "supply_delivery",
    "charge", "invoice",
)  # fmt: skip


@dataclass
class Partner:
    """Who reads, and how it proves itself."""

    server: Server
    interface: int
    token: str
    headers: dict[str, str] = field(repr=False)

    @property
    def base(self) -> str:
        return f"{self.server.url}/integration/fhir/{self.token}"

    def ask(self, path: str, *, method: str = "GET", **options: Any) -> requests.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        address = path if path.startswith("http") else f"{self.base}/{path}"
        return requests.request(method, address, headers=headers, timeout=60, **options)

    def search(self, path: str) -> dict[str, Any]:
        """The Bundle of a search, which the standard accepts."""
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = accepted(answer.json())
        return found

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """A search with all its pages."""
        while path:
            bundle = self.search(path)
            yield bundle
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            # The address that partners are given is that of the parameter web.base.url.
            path = links.get("next", "").partition(f"/{self.token}/")[2]


def accepted(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource that an independent library reads, as R4B or, where it has that shape, as R5."""
    inner = [entry["resource"] for entry in resource.get("entry", ())]
    newer = resource.get("fhirVersion") == "5.0.0" or any(
        one["resourceType"] == "InventoryReport" for one in (resource, *inner)
    )
    reader = r5_class if newer else r4b_class
    for one in (resource, *inner):
        reader(one["resourceType"])(**one)
    return resource


def partner(
    database: Database | Shell, server: Server, name: str, *, kind: str = "basic", **values: Any
) -> Partner:
    """Make a partner whose interface a second person has approved.

    :param database: a database, or a shell on it that makes several
    """
    pair = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
    headers = {
        "basic": {"Authorization": f"Basic {pair}"},
        "bearer": {"Authorization": f"Bearer {PASSWORD}"},
        "header": {"X-Partner-Key": PASSWORD},
    }[kind]
    made, token = database.run(
        _MAKE,
        name=name,
        kind=kind,
        password=PASSWORD,
        terms={"header_name": "X-Partner-Key"} if kind == "header" else {},
        login={"login": name} if kind == "basic" else {},
        policy=values.pop("policy", {}),
        values={f"fhir_show_{one}": True for one in values.pop("shown", SWITCHES)} | values,
    )
    return Partner(server, made, token, headers)
