"""What tests of incidents share: changes made by hand, a clock, and delivery at a moment."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user

from odoo.addons.integration_core.tests.common import EngineCase

from ..engine import incident_book, notice_delivery
from ..tools.causes import SUITE, Node, Place, Subject
from ..tools.detector import Change, Step
from ..tools.findings import Finding, Grade, Signal
from ..tools.incidents import CALM
from ..tools.observed import Observed

MINUTE, HOUR = 60, 3600
__all__ = ["CALM", "HOUR", "MINUTE", "SUITE", "IncidentCase", "Signal", "Step", "Subject"]


class IncidentCase(EngineCase):
    """Interfaces of a partner, an owner, an operator, and channels that tests choose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = new_test_user(
            cls.env, "incident.owner", "integration_core.group_observer", email="owner@example.com"
        )
        cls.operator = new_test_user(
            cls.env, "incident.operator", "integration_core.group_operator", email="op@example.com"
        )
        cls.business = new_test_user(
            cls.env, "incident.business", "integration_core.group_observer", email="b@example.com"
        )
        cls.system.business_owner_id = cls.business
        interfaces = cls.inbound | cls.outbound
        interfaces.write({"owner_id": cls.owner.id, "criticality": "high"})
        cls.activities = cls.env.ref("integration_monitoring.alert_channel_owner")
        cls.chat = cls.env.ref("integration_monitoring.alert_channel_operators")
        cls.webhook = cls.env.ref("integration_monitoring.alert_channel_webhook")

    def setUp(self):
        super().setUp()
        self.clock = incident_book.seconds(fields.Datetime.now())
        self.patch(incident_book, "now", lambda: self.clock)

    # -- signals ---------------------------------------------------------------------------

    def change(self, signal, step=Step.STARTED, at=None, since=None, grade=Grade.PAGE, **facts):
        at = self.clock if at is None else at
        finding = Finding(signal, 2.0, grade, facts)
        return Change(step, at, at if since is None else since, finding, 2.0)

    def of_interface(self, interface, *args, **kwargs):
        place = Place(interface.id, interface.system_id.id, interface.direction)
        return Observed(Node(Subject.INTERFACE, interface.id), self.change(*args, **kwargs), place)

    def of_suite(self, *args, **kwargs):
        return Observed(SUITE, self.change(*args, **kwargs))

    def of_system(self, system, *args, **kwargs):
        return Observed(Node(Subject.SYSTEM, system.id), self.change(*args, **kwargs))

    def take(self, *observed):
        self.env["integration.incident"]._take_changes(list(observed))

    def incidents(self, *domain):
        return self.env["integration.incident"].search(list(domain), order="id")

    def open_one(self, signal=Signal.BREAKER_OPEN, interface=None, **facts):
        """An incident of the outbound interface."""
        interface = interface or self.outbound
        self.take(self.of_interface(interface, signal, **facts))
        return self.incidents(("interface_id", "=", interface.id), ("state", "!=", "closed"))

    # -- time ------------------------------------------------------------------------------

    def later(self, seconds):
        """Let time pass, and what is done each minute be done."""
        self.clock += seconds
        self.minute()

    def minute(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env["integration.incident"]._cron_incidents()
        self.env.invalidate_all()

    def deliver(self, now=None):
        """Tell what is due at the present of the test."""
        self.env.flush_all()
        count = 0
        with self.enter_registry_test_mode():
            while notice_delivery.deliver_one(self.env.registry, now or self.clock):
                count += 1
        self.env.invalidate_all()
        return count

    # -- what was told ---------------------------------------------------------------------

    def notices(self, incident, channel=None, **values):
        """Kinds of notices, oldest first."""
        domain = [("incident_id", "=", incident.id)]
        domain += [("channel_id", "=", channel.id)] if channel else []
        domain += [(name, "=", value) for name, value in values.items()]
        found = self.env["integration.incident.notice"].search(domain, order="id")
        return found.mapped("kind")

    def posts(self):
        """What stands in the operators' channel, newest first."""
        return self.env["mail.message"].search(
            [
                ("model", "=", "discuss.channel"),
                ("res_id", "=", self.chat.discuss_channel_id.id),
                ("message_type", "=", "comment"),
            ]
        )

    def tasks(self, user, archived=False):
        return (
            self.env["mail.activity"]
            .with_context(active_test=not archived)
            .search([("user_id", "=", user.id), ("res_model", "=", "integration.incident")])
        )

    def window(self, hours=2, **values):
        now = incident_book.moment(self.clock)
        values = values or {"system_ids": [(6, 0, self.system.ids)]}
        return self.env["integration.maintenance"].create(
            {
                "name": "The partner moves",
                "begin_at": now,
                "end_at": now + timedelta(hours=hours),
                **values,
            }
        )
