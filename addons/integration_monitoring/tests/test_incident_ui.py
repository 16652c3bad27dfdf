from odoo.tests import HttpCase, tagged

from .incident_case import IncidentCase, Signal


@tagged("post_install", "-at_install")
class TestIncidentUi(IncidentCase, HttpCase):
    def test_an_operator_deals_with_an_incident(self):
        self.operator.password = "incident.operator"
        self.outbound.write(
            {
                "failure_impact": "No orders reach the supplier.",
                "runbook": "<p>Call the partner.</p>",
            }
        )
        incident = self.open_one()
        self.take(self.of_suite(Signal.AUDIT_CHAIN))
        self.deliver()
        self.start_tour(
            "/odoo/integration-incidents",
            "integration_monitoring_incident",
            login=self.operator.login,
        )
        self.env.invalidate_all()
        self.assertEqual(incident.state, "resolved")
        self.assertEqual(incident.user_id, self.operator)
        self.assertEqual(incident.resolution, "The certificate was renewed")
