"""An interface that receives HL7 v2 by the standard routing, and messages as they arrive."""

import itertools

from odoo.addons.integration_core.engine import intake, keys
from odoo.addons.integration_core.tests.common import EngineCase


class FeedCase(EngineCase):
    """Messages are stored as a door does, and handled by drains."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.ehr_create_locations = True
        cls.service_user.group_ids += cls.env.ref("integration_ehr_bridge.group_feed")
        cls.system.write({"code": "EHR", "kind": "ehr", "tz": "Europe/Brussels"})
        cls.feed = cls.env["integration.interface"].create(
            {
                "name": "ADT and schedule",
                "system_id": cls.system.id,
                "policy_id": cls.policy.id,
                "user_id": cls.service_user.id,
                "direction": "inbound",
                "transport": "mllp",
                "body_codec": "hl7",
                "data_class": "clinical",
                "mllp_port": 12575,
                "mllp_tls": "none",
                "routing_id": cls.env.ref("integration_ehr_bridge.routing_hl7_v2_standard").id,
            }
        )
        cls.feed.action_submit()
        cls.feed.action_approve()
        cls.feed.action_activate()
        cls.numbers = itertools.count(1)

    def adt(self, trigger, visit, *, cls="I", place="3W^301^1^MAIN", at="20250302080000", **more):
        """A message of a visit. ``more``: fields of PV1 by number, such as ``f10="SURG"``."""
        fields = {1: "1", 2: cls, 3: place, 19: f"{visit}^^^MAIN"}
        fields |= {int(name[1:]): value for name, value in more.items()}
        pv1 = "|".join(["PV1", *(fields.get(n, "") for n in range(1, max(fields) + 1))])
        person = f"PID|1||47{visit}^^^MAIN^MR||Canary^Carol||19700102|F"
        return self.message(f"ADT^{trigger}", f"EVN|{trigger}|{at}", person, pv1)

    def message(self, kind, *segments):
        control = f"C{next(self.numbers)}"
        header = f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20250302080000||{kind}|{control}|P|2.5.1"
        return control, kind, ("\r".join([header, *segments]) + "\r").encode()

    def arrive(self, *messages):
        """Store messages and handle them; their records in the ledger."""
        ring = keys.optional_ring(self.env.cr)
        stored = self.env["integration.message"]
        for control, kind, raw in messages:
            incoming = intake.Incoming(
                control, kind, raw, "application/hl7-v2", f"corr-{control}", None
            )
            receipt = intake.store(self.env.cr, self.feed._inbound_spec(), incoming, ring)
            stored |= self.message_of(receipt)
        self.drain(self.feed)
        self.env.invalidate_all()
        return stored

    def message_of(self, receipt):
        return self.env["integration.message"].search([("uuid", "=", receipt.uuid)])

    def visits(self, *numbers):
        return self.env["ehr.encounter"].search([("visit_number", "in", numbers)])
