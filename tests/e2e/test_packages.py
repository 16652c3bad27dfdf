"""An interface goes from one environment to another as a text, through review."""

import base64
import json
from typing import Any

import pytest

from tests.e2e.office import Office, approver, new_secret
from tests.harness import Client, Harness, RpcError, Server


def export(admin: Client, *interface_ids: int) -> str:
    """Export through the dialog; return the text of the package."""
    values = {"interface_ids": [[6, 0, list(interface_ids)]]}
    (dialog,) = admin.call("integration.package.export", "create", [values])
    admin.call("integration.package.export", "action_export", [dialog])
    (row,) = admin.call("integration.package.export", "read", [dialog], ["file"])
    return base64.b64decode(row["file"]).decode()


def import_(admin: Client, text: str, **place: Any) -> str:
    """Import through the dialog with the same values for each interface; return what was made."""
    file = base64.b64encode(text.encode()).decode()
    (dialog,) = admin.call("integration.package.import", "create", [{"file": file}])
    admin.call("integration.package.import", "action_check", [dialog])
    (row,) = admin.call("integration.package.import", "read", [dialog], ["line_ids"])
    admin.call("integration.package.import.line", "write", row["line_ids"], place)
    answer = admin.call("integration.package.import", "action_import", [dialog])
    return answer["params"]["message"]


def approve_everything(office: Office) -> None:
    """What a colleague does after an import: look at each draft, and agree."""
    for model in ("integration.contract.version", "integration.mapping"):
        drafts = office.call(model, "search", [["state", "=", "draft"]])
        for one in drafts:
            office.call(model, "action_submit", [one])
            office.approve(model, "action_approve", [one])
    for interface in office.call("integration.interface", "search", [["state", "=", "draft"]]):
        office.activate(interface)


@pytest.fixture(scope="module")
def package(harness: Harness) -> str:
    """Two interfaces of one environment, one with a mapping that is made there."""
    with harness.database() as database, database.server(job_runner=False) as server:
        admin = server.login()
        office = Office(admin.call, approver(admin, server).call)
        supplier = office.supplier("MedSupply")
        outbound = office.outbound(supplier, "http://127.0.0.1:9/orders", name="Orders")
        inbound = office.inbound(supplier, office.buyer("service"), runbook="<p>Call us</p>")
        text = export(admin, outbound.id, inbound.id)
        assert outbound.secret[6:] not in text
        assert inbound.path.rsplit("/", 1)[1] not in text
        assert export(admin, inbound.id, outbound.id) == text
        return text


@pytest.fixture(scope="module")
def target(harness: Harness) -> Any:
    with harness.database() as database, database.server(job_runner=False) as server:
        yield server


def test_round_trip(package: str, target: Server) -> None:
    admin = target.login()
    office = Office(admin.call, approver(admin, target).call)
    # What has the same name here is proposed: the service user, the credential.
    office.buyer("service")
    office.credential(new_secret())
    made = import_(admin, package)
    assert "draft" in made
    interfaces = admin.call("integration.interface", "search_read", [], ["state"])
    assert {one["state"] for one in interfaces} == {"draft"}
    assert len(interfaces) == 2
    approve_everything(office)
    ids = [one["id"] for one in interfaces]
    states = admin.call("integration.interface", "read", ids, ["state"])
    assert {one["state"] for one in states} == {"active"}
    assert export(admin, *ids) == package
    # Once more: everything is here, and nothing is made.
    assert "here already" in import_(admin, package)
    assert not admin.call("integration.revision", "search", [["state", "=", "draft"]])


def test_newer_package_is_refused(package: str, target: Server) -> None:
    document = json.loads(package)
    document["suite"] = "19.0.7.0.0"
    with pytest.raises(RpcError, match=r"Upgrade to 19\.0\.7\.0\.0 or later"):
        import_(target.login(), json.dumps(document))
