from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from ..engine import mllp_leases
from ..engine.listener_report import Report
from ..engine.mllp_leases import State
from ..tools.mllp.counters import Reason, Refusal, Tally
from ..tools.mllp.listener import PortStatus
from .feed_case import FeedCase
from .test_hl7_outbound import Hl7OutboundCase


class Watching:
    """Somebody who may see what goes on, and change nothing."""

    def watch(self, tour, url="/odoo"):
        new_test_user(self.env, "tour.observer", "integration_core.group_observer")
        self.env.flush_all()
        self.start_tour(url, f"integration_ehr_bridge_{tour}", login="tour.observer")


@tagged("post_install", "-at_install")
class TestListenerUi(Watching, FeedCase, HttpCase):
    def report(self, host, *ports, refusals=None):
        with patch("socket.gethostname", return_value=host):
            Report("19.0.1.0.0").save(self.env.cr, ports, refusals or {}, ended=False)

    def test_listeners_and_what_they_refused(self):
        laboratory = self.feed.copy({"name": "Laboratory", "mllp_port": 12576})
        refusal = Refusal(3, fields.Datetime.now(), "192.0.2.7")
        self.env["integration.mllp.listener"].search([]).unlink()
        served = PortStatus(self.feed.id, 12575, "", 3, Tally(messages=7))
        self.report("south", served)
        self.env.cr.execute(
            "UPDATE integration_mllp_listener SET seen_at = seen_at - interval '5 minutes'"
        )
        closed = PortStatus(laboratory.id, 12576, "The server has no certificate.", 0, Tally())
        self.report("north", served, closed, refusals={self.feed.id: {Reason.ADDRESS: refusal}})
        self.watch("listeners")

    def test_who_gets_in_while_it_is_set_up(self):
        draft = self.feed.copy({"mllp_port": 12577, "mllp_tls": "none", "source_networks": False})
        new_test_user(self.env, "tour.administrator", "integration_core.group_administrator")
        self.env.flush_all()
        self.start_tour(
            f"/odoo/integration-interfaces/{draft.id}",
            "integration_ehr_bridge_draft",
            login="tour.administrator",
        )


@tagged("post_install", "-at_install")
class TestConnectionUi(Watching, Hl7OutboundCase, HttpCase):
    def test_the_connection_to_a_partner(self):
        lease = mllp_leases.acquire(self.env.cr, self.hl7.id, 1)
        now = fields.Datetime.now()
        mllp_leases.renew(self.env.cr, [State(lease.token, now, now, 12, 17)])
        self.watch("connections", f"/odoo/integration-interfaces/{self.hl7.id}")
