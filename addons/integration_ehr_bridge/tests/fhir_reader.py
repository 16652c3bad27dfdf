"""A partner that reads over FHIR, without HTTP; what it gets is looked at by another library."""

import json
import re
from urllib.parse import parse_qsl, urlencode

from fhir.resources import get_fhir_model_class as r5_class
from fhir.resources.R4B import get_fhir_model_class as r4b_class

from odoo.tests import new_test_user

from odoo.addons.integration_ehr_bridge.engine import fhir_facade
from odoo.addons.integration_ehr_bridge.tools.fhir.operation_outcome import Refusal

BASE = "https://odoo.example/integration/fhir/token"
R5_TYPES = ("InventoryReport",)


def checked(resource):
    """A resource that the standard accepts, as its library reads it back.

    :raises pydantic.ValidationError: it does not
    """
    kind = resource["resourceType"]
    if kind == "Bundle":
        return checked_bundle(resource)
    reader = r5_class if kind in R5_TYPES else r4b_class
    model = reader(kind)(**resource)
    again = json.loads(model.model_dump_json())
    missing = set(resource) - set(again)
    assert not missing, f"{kind}: {missing}"
    return resource


def checked_bundle(bundle):
    """A Bundle, and each of its resources: of R5 where one of them is."""
    kinds = {entry["resource"]["resourceType"] for entry in bundle.get("entry", ())}
    reader = r5_class if kinds & set(R5_TYPES) else r4b_class
    for entry in bundle.get("entry", ()):
        checked(entry["resource"])
    reader("Bundle")(**bundle)
    return bundle


class FhirReader:
    """For cases: an interface that shows, and questions to it."""

    @classmethod
    def make_reader(cls, *switches, groups="integration_ehr_bridge.group_fhir_reader", **values):
        cls.partner_user = new_test_user(cls.env, "fhir.partner", f"base.group_user,{groups}")
        cls.facade = cls.env["integration.interface"].create(
            {
                "name": "What the EHR may see",
                "system_id": cls.system.id,
                "direction": "inbound",
                "transport": "fhir",
                "data_class": "clinical",
                "user_id": cls.partner_user.id,
                "policy_id": cls.policy.id,
                **dict.fromkeys(switches, True),
                **values,
            }
        )

    def ask(self, path, query="", **headers):
        """The answer, its text read."""
        self.env.flush_all()
        self.env.invalidate_all()
        asked = fhir_facade.Asked(
            base=BASE,
            path=tuple(path.split("/")),
            pairs=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            fresh=False,
        )
        scope = self.facade._fhir_scope()
        found = checked(json.loads(fhir_facade.answer(self.env, scope, asked).body))
        for one in (found, *(entry["resource"] for entry in found.get("entry", ()))):
            if one["resourceType"] in scope.views:
                # What is sent is what the view and its documentation say.
                elements = self.env[scope.views[one["resourceType"]]]._elements
                self.assertLessEqual(set(one), {"resourceType", "id", "meta", *elements})
        return found

    def found(self, path, query="", mode="match"):
        """The resources of a search."""
        entries = self.ask(path, query).get("entry", ())
        return [one["resource"] for one in entries if one["search"]["mode"] == mode]

    def assert_found_by_what_is_told(self, path, query=""):
        """Each identifier that a resource has finds it."""
        every = self.found(path, query)
        self.assertTrue(every)
        for one in every:
            for told in one.get("identifier", ()):
                value = re.sub(r"([\\,|$])", r"\\\1", told["value"])
                asked = urlencode({"identifier": f"{told['system']}|{value}"})
                self.assertIn(one["id"], [other["id"] for other in self.found(path, asked)], told)

    def refused(self, path, query=""):
        """Status and code of a refusal."""
        with self.assertRaises(Refusal) as caught:
            self.ask(path, query)
        checked(caught.exception.outcome())
        return caught.exception.status, caught.exception.issue.code
