"""An interface that receives FHIR by the standard routing, and resources as they arrive."""

import copy

from odoo.fields import Command

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tests.common import EngineCase

from ..engine import fhir_arrival
from ..tools.fhir import arriving

MRN = "http://main.example/mrn"
VISITS = "http://main.example/visits"
STAFF = "http://main.example/staff"
BOOKINGS = "http://main.example/appointments"


def mrn(number):
    return {"type": {"coding": [{"code": "MR"}]}, "system": MRN, "value": number}


class FhirFeedCase(EngineCase):
    """Resources are stored as the door does, and handled by drains."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.ehr_create_locations = True
        cls.service_user.group_ids += cls.env.ref("integration_ehr_bridge.group_feed")
        cls.system.write({"code": "EHR", "kind": "ehr", "tz": "Europe/Brussels"})
        cls.env.ref("integration_ehr_bridge.value_map_fhir_assigner").line_ids = [
            Command.create({"source": uri, "target": "MAIN", "state": "confirmed"})
            for uri in (MRN, VISITS, STAFF, BOOKINGS)
        ]
        cls.policy.write({"ordering": "key"})
        cls.feed = cls._fhir_interface("FHIR")

    @classmethod
    def _fhir_interface(cls, name, **values):
        credential = cls.env["integration.credential"].create(
            {"name": f"{name}'s login", "kind": "basic"}
        )
        cls.env["integration.credential.version"].create(
            {"credential_id": credential.id, "login": "ehr", "secret": "s3cret password"}
        )
        feed = cls.env["integration.interface"].create(
            {
                "name": name,
                "system_id": cls.system.id,
                "policy_id": cls.policy.id,
                "user_id": cls.service_user.id,
                "direction": "inbound",
                "transport": "fhir",
                "body_codec": "fhir",
                "data_class": "clinical",
                "credential_id": credential.id,
                "routing_id": cls.env.ref("integration_ehr_bridge.routing_fhir_r4_standard").id,
                **values,
            }
        )
        feed.action_submit()
        feed.action_approve()
        feed.action_activate()
        return feed

    def keep(self, *resources, feed=None):
        """Store resources as the door does; their records in the ledger."""
        feed = feed or self.feed
        spec, ring = feed._inbound_spec(), keys.optional_ring(self.env.cr)
        found = [
            fhir_arrival.incoming(spec, arriving.arrived(one, spec["fhir_rules"]), ring)
            for one in resources
        ]
        receipts, _outcomes = fhir_arrival.store(self.env.cr, spec, found, ring)
        stored = self.env["integration.message"]
        for one in receipts:
            stored |= stored.search([("uuid", "=", one.uuid)])
        return stored

    def arrive(self, *resources, feed=None):
        """Store resources and handle them; their records in the ledger."""
        stored = self.keep(*resources, feed=feed)
        self.drain(feed or self.feed)
        self.env.invalidate_all()
        return stored

    def assert_done(self, messages):
        for message in messages:
            self.assertEqual(message.state, "done", f"{message.error_code} {message.error_message}")

    def assert_put_aside(self, message, code, state="quarantined"):
        self.assertEqual((message.state, message.error_code), (state, code), message.error_message)

    # -- resources -------------------------------------------------------------------------

    def version(self, resource, number, at, **changes):
        """A version of a resource; ``at`` is a clock time of the day of the tests."""
        found = copy.deepcopy(resource) | changes
        found["meta"] = {"versionId": str(number), "lastUpdated": moment(at)}
        return {name: value for name, value in found.items() if value is not None}

    def ward(self, name="3W", **more):
        return {
            "resourceType": "Location", "id": f"ward-{name}", "status": "active",
            "identifier": [{"value": name}], "physicalType": coded("wa"), **more,
        }  # fmt: skip

    def bed(self, number, ward="3W", **more):
        return {
            "resourceType": "Location", "id": f"bed-{ward}-{number}", "status": "active",
            "identifier": [{"value": str(number)}], "physicalType": coded("bd"),
            "partOf": {"reference": f"Location/ward-{ward}"}, **more,
        }  # fmt: skip

    def encounter(
        self, number, status="in-progress", *, places=(), start="08:00", end=None, **more
    ):
        """A visit. ``places``: pairs of the id of a Location and a clock time."""
        period = {"start": moment(start), **({"end": moment(end)} if end else {})}
        return {
            "resourceType": "Encounter", "id": f"enc-{number}", "status": status,
            "identifier": [{"system": VISITS, "value": number}], "class": {"code": "IMP"},
            "subject": {"reference": f"Patient/pat-{number}", "identifier": mrn(f"47{number}")},
            "period": period,
            "location": [
                {
                    "location": {"reference": f"Location/{place}"},
                    "period": {"start": moment(at)} if at else {},
                }
                for place, at in places
            ],
            **more,
        }  # fmt: skip

    def places(self, *beds):
        """A ward with beds is told of."""
        found = [self.version(self.ward(), 1, "06:00")]
        found += [self.version(self.bed(one), 1, "06:00") for one in beds]
        self.assert_done(self.arrive(*found))

    def visit(self, number):
        return self.env["ehr.encounter"].search([("visit_number", "=", number)])


def moment(clock):
    return f"2025-03-02T{clock}:00+01:00"


def coded(*codes):
    return {"coding": [{"code": code} for code in codes]}
