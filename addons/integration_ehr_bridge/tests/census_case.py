"""A hospital with a ward, and words for what its feed says."""

import itertools
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.engine.inbound_batch import Received
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

#: Midnight of a day that is over.
DAY = datetime(2026, 3, 2)


def at(clock, day=0):
    """The moment of a clock time such as ``8:30``, as Odoo keeps it."""
    hour, minute = map(int, clock.split(":"))
    return DAY + timedelta(days=day, hours=hour, minutes=minute)


def moment(clock, day=0):
    """The same as messages write it."""
    return at(clock, day).replace(tzinfo=UTC).isoformat()


def bed(number, unit="W4", room="401", **pieces):
    return {"point_of_care": unit, "room": room, "bed": str(number), **pieces}


class CensusCase(TransactionCase):
    """Handlers with the rights of a feed's service user, without an interface."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: cls.ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        cls.env["integration.arming"]._remember("The tests' own database")
        cls.company = cls.env.company
        cls.company.ehr_create_locations = True
        cls.feed = new_test_user(
            cls.env, "ehr.feed.test", "base.group_user,integration_ehr_bridge.group_feed"
        )
        cls.numbers = itertools.count(1)

    def handler(self, name, company=None):
        return (
            self.env[f"integration.handler.{name}"]
            .with_user(self.feed)
            .with_company(company or self.company)
        )

    def received(self):
        number = next(self.numbers)
        return Received(number, f"uuid-{number}", None, None, None, 0)

    def process(self, name, *bodies, company=None):
        """Handle messages one by one; return what the last one touched."""
        record = None
        for body in bodies:
            record = self.handler(name, company)._process(self.received(), body)
        self.env.flush_all()
        self.env.invalidate_all()
        return record

    def adt(self, event, clock, visit="V1", *, recorded=None, place=None, patient="P1", **said):
        """A message of the contract ``ehr.encounter``; ``place`` is the number of a bed."""
        body = {
            "event": event,
            "occurred_at": moment(clock),
            "visit": {"number": visit},
            "patient": {"number": patient},
            **said,
        }
        if recorded:
            body["recorded_at"] = moment(recorded)
        if place is not None:
            body["location"] = bed(place)
        return body

    def tell(self, event, clock, visit="V1", **said):
        """Handle one message about a visit; return the visit."""
        return self.process("ehr_encounter", self.adt(event, clock, visit, **said))

    def visit(self, number="V1", assigner=""):
        return self.env["ehr.encounter"].search(
            [("visit_number", "=", number), ("visit_assigner", "=", assigner)]
        )

    def bed(self, number):
        return self.env["ehr.location"].search(
            [("bed", "=", str(number)), ("company_id", "=", self.company.id)]
        )

    def requests(self, number):
        return self.env["ehr.housekeeping"].search([("location_id", "=", self.bed(number).id)])
