"""A ward with stock, whose system keeps visits, dispenses and orders as FHIR resources."""

from odoo.addons.integration_ehr_bridge.tests.fhir_feed_case import FhirFeedCase, coded, moment, mrn

from .usage_case import UsageCase

ROUTINGS = ("fhir_r4_standard", "fhir_r4_usage")


class FhirUsageCase(UsageCase, FhirFeedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        routings = cls.env["integration.routing"]
        made = routings.create({"name": "FHIR of the ward", "code": "test_fhir_ward"})
        for code in ROUTINGS:
            made._take_rules(routings.search([("code", "=", code)]))
        made.action_submit()
        made.action_approve()
        cls.fhir = cls._fhir_interface("FHIR of the ward", routing_id=made.id)

    def tell(self, *resources):
        """Store resources and handle them; their records in the ledger."""
        stored = self.keep(*resources, feed=self.fhir)
        self.drain(self.fhir)
        self.env.invalidate_all()
        return stored

    def tell_done(self, *resources):
        told = self.tell(*resources)
        self.assert_done(told)
        return told

    def again(self, message):
        """Handle a message once more, as when its waiting time is over."""
        message.action_retry()
        self.drain(self.fhir)
        self.env.invalidate_all()
        return message

    def tell_places(self):
        """The ward and the theatre, as they are known by other feeds."""
        site = {"resourceType": "Location", "id": "site", "identifier": [{"value": "MAIN"}],
                "physicalType": coded("si")}  # fmt: skip
        units = [
            {"resourceType": "Location", "id": name, "identifier": [{"value": code}],
             "physicalType": coded("wa"), "partOf": {"reference": "Location/site"}}
            for name, code in (("ward", "3W"), ("theatre", "OR"))
        ]  # fmt: skip
        self.tell_done(*(self.version(one, 1, "06:00") for one in (site, *units)))

    def tell_visit(self, number="V1", **more):
        """A visit on the ward."""
        self.tell_places()
        one = self.encounter(number, places=[("ward", "08:00")], **more)
        self.tell_done(self.version(one, 1, "08:05"))
        return self.visit(number)

    def dispense(self, number, item="SWAB", amount=2, unit="1", **more):
        found = {
            "resourceType": "MedicationDispense", "id": f"disp-{number}", "status": "completed",
            "identifier": [{"value": number}],
            "medicationCodeableConcept": {"coding": [{"code": item}], "text": "for Canary"},
            "subject": {"reference": "Patient/pat-V1", "display": "Carol Canary"},
            "context": {"reference": "Encounter/enc-V1"},
            "authorizingPrescription": [{"reference": "MedicationRequest/RX1"}],
            "quantity": {"value": amount, "code": unit},
            "whenHandedOver": moment("08:30"),
            "note": [{"text": "Canary has a fever"}],
        }  # fmt: skip
        return {name: value for name, value in (found | more).items() if value is not None}

    def medication(self, item, lot=None, expires=None):
        """Members of a dispense of a contained Medication."""
        batch = {"lotNumber": lot, **({"expirationDate": expires} if expires else {})}
        contained = {"resourceType": "Medication", "id": "med", "code": coded(item), "batch": batch}
        return {
            "medicationCodeableConcept": None,
            "medicationReference": {"reference": "#med"},
            "contained": [contained],
        }

    def service(self, number, code, /, **more):
        found = {
            "resourceType": "ServiceRequest", "id": f"serv-{number}", "status": "active",
            "intent": "order", "identifier": [{"value": number}],
            "code": {**coded(code), "text": "blood of Canary"},
            "subject": {"reference": "Patient/pat-V1"},
            "encounter": {"reference": "Encounter/enc-V1"},
            "authoredOn": moment("08:20"), "reasonCode": [{"text": "Canary coughs"}],
        }  # fmt: skip
        return {name: value for name, value in (found | more).items() if value is not None}


__all__ = ["FhirUsageCase", "coded", "moment", "mrn"]
