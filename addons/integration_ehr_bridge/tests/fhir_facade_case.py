import base64
from unittest.mock import patch

from odoo.tests import HttpCase, new_test_user

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

JSON = "application/fhir+json"
SWITCHES = ("fhir_show_organization", "fhir_show_location")


class FhirFacadeCase(HttpCase):
    """A partner that reads over FHIR."""

    switches = SWITCHES
    groups = "base.group_user,integration_ehr_bridge.group_fhir_reader"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        cls.company = cls.env.company
        cls.system = cls.env["integration.system"].create(
            {"name": "EHR", "code": "EHR", "company_id": cls.company.id}
        )
        cls.credential = cls.env["integration.credential"].create(
            {"name": "EHR's login", "kind": "basic"}
        )
        cls.env["integration.credential.version"].create(
            {"credential_id": cls.credential.id, "login": "ehr", "secret": "s3cret password"}
        )
        cls.reader = new_test_user(cls.env, "fhir.reader.test", cls.groups)
        cls.interface = cls.new_interface(dict.fromkeys(cls.switches, True))
        cls.env["integration.arming"]._remember("The tests' own database")

    @classmethod
    def new_interface(cls, values, state="active"):
        interface = cls.env["integration.interface"].create(
            {
                "name": "What the EHR may see",
                "system_id": cls.system.id,
                "direction": "inbound",
                "transport": "fhir",
                "data_class": "clinical",
                "credential_id": cls.credential.id,
                "user_id": cls.reader.id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
                **values,
            }
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = %s, "
            "activated_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
            [state, interface.id],
        )
        interface.invalidate_recordset()
        interface._configuration_changed()
        return interface

    def change(self, **values):
        """Change the interface as an approved proposal does."""
        self.interface.with_context(integration_approved_change=True).write(values)

    def ask(self, path, *, method="GET", password="s3cret password", interface=None, **headers):
        self.env.flush_all()
        pair = base64.b64encode(f"ehr:{password}".encode()).decode()
        login = {"Authorization": f"Basic {pair}"} if password else {}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"/integration/fhir/{(interface or self.interface).token}"
        return self.url_open(
            f"{address}/{path}" if path else address, method=method, headers={**login, **names}
        )

    def found(self, path, **headers):
        """The Bundle that answers a search."""
        answer = self.ask(path, **headers)
        self.assertEqual(answer.status_code, 200, answer.text)
        bundle = answer.json()
        self.assertEqual((bundle["resourceType"], bundle["type"]), ("Bundle", "searchset"))
        return bundle

    def resources(self, path, mode="match", **headers):
        return [
            entry["resource"]
            for entry in self.found(path, **headers).get("entry", [])
            if entry["search"]["mode"] == mode
        ]

    def ids(self, path, **headers):
        return [one["id"] for one in self.resources(path, **headers)]

    def refused(self, answer, status, code):
        """The text of an OperationOutcome with this status and code."""
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertTrue(answer.headers["Content-Type"].startswith(JSON))
        outcome = answer.json()
        self.assertEqual(outcome["resourceType"], "OperationOutcome")
        [issue] = outcome["issue"]
        self.assertEqual(issue["details"]["coding"][0]["code"], code)
        return issue["diagnostics"]

    def follow(self, path):
        """Ids of all pages, and how many pages there are."""
        bundle, ids, pages = self.found(path), [], 1
        while True:
            ids += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            if "next" not in links:
                return ids, pages
            bundle = self.found(links["next"].partition(self.interface.token)[2][1:])
            pages += 1


class FhirFacadeData(FhirFacadeCase):
    """Suppliers, a payer, a ward and its bed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.suppliers = partners.create(
            [
                {
                    "name": f"Facade Supplies {number}",
                    "ref": f"FS{number}",
                    "is_company": True,
                    "supplier_rank": 1,
                    "email": "secret@example.org",
                    "phone": "+49 30 1234567",
                    "street": "Hidden Road 1",
                }
                for number in range(5)
            ]
        )
        cls.person = partners.create(
            {"name": "Facade Jane Roe", "ref": "FS-P", "supplier_rank": 1, "is_company": False}
        )
        cls.payer = cls.env["ehr.payer"].create({"code": "FAOK", "name": "Facade AOK"})
        cls.unit = cls.env["ehr.location"].create(
            {"point_of_care": "F4W", "kind": "unit", "name": "Facade Ward"}
        )
        cls.bed = cls.env["ehr.location"].create(
            {
                "point_of_care": "F4W", "room": "1", "bed": "A", "kind": "bed",
                "parent_id": cls.unit.id,
            }
        )  # fmt: skip
        cls.ids_ = [f"supplier-{one.id}" for one in cls.suppliers]
