"""What a person sees at once: nothing lies off the screen of a phone, and all can be read."""

from odoo.tests import HttpCase, tagged

from .error_group_case import ErrorGroupCase
from .incident_case import IncidentCase
from .test_ui_monitoring import MonitoringUiCase

OVERVIEW = "/odoo/integration-overview"
PHONE = "390x844"


@tagged("post_install", "-at_install")
class TestPhoneOverview(MonitoringUiCase):
    browser_size = PHONE
    touch_enabled = True

    def test_overview_and_interface(self):
        # Names as long as people give them, also of objectives.
        self.outbound.name = "Tour orders of all wards on all floors of both hospitals"
        slos = self.env["integration.slo"]
        if not slos.search([("interface_id", "=", self.outbound.id)]):
            slos.create({"interface_id": self.outbound.id, "kind": "durability", "target": 99.9})
        self._dead()
        self.store_message(self.outbound, "done", 120)
        self.roll(self.outbound)
        self.beat()
        self.play("phone_overview", OVERVIEW)


@tagged("post_install", "-at_install")
class TestPhoneTriage(ErrorGroupCase, HttpCase):
    browser_size = PHONE
    touch_enabled = True

    def test_triage(self):
        self.operator.password = self.operator.login
        self.fail(text="no such unit: BX in the order of the ward on the second floor", n=3)
        self.collect()
        action = "integration_monitoring.action_integration_error_group"
        self.start_tour(
            f"/odoo/action-{action}",
            "integration_monitoring_phone_triage",
            login=self.operator.login,
        )


@tagged("post_install", "-at_install")
class TestPhoneIncident(IncidentCase, HttpCase):
    browser_size = PHONE
    touch_enabled = True

    def test_incident(self):
        self.operator.write({"name": "Olga Operator", "password": self.operator.login})
        self.outbound.write(
            {
                "failure_impact": "No orders reach the supplier.",
                "runbook": "<p>Call the partner.</p>",
            }
        )
        incident = self.open_one()
        self.deliver()
        self.start_tour(
            "/odoo/integration-incidents",
            "integration_monitoring_phone_incident",
            login=self.operator.login,
        )
        self.env.invalidate_all()
        self.assertEqual((incident.state, incident.user_id), ("acknowledged", self.operator))


@tagged("post_install", "-at_install")
class TestSmallScreen(MonitoringUiCase):
    browser_size = "1280x800"

    def test_the_menu_bar_fits(self):
        administrators = self.env.ref("integration_core.group_administrator")
        self.operator.group_ids += administrators + self.env.ref("base.group_multi_company")
        self.env.company.name = "Hospital of Saint Anna"
        self.play("menu")


@tagged("post_install", "-at_install")
class TestColors(MonitoringUiCase):
    """Overview and page of an interface, in each theme that the web client may have."""

    def _traffic(self):
        self._dead()
        for ago in (120, 600, 5000):
            self.store_message(self.outbound, "done", ago)
        self.roll(self.outbound, failed=1)
        self.beat()

    def test_light(self):
        self._traffic()
        self.play("light", OVERVIEW)

    def test_a_wish_for_dark_that_odoo_does_not_fulfil(self):
        """The cookie alone changes no style in Odoo Community: charts must not follow it."""
        self._traffic()
        self.play("light", OVERVIEW, cookies={"color_scheme": "dark"})

    def test_dark(self):
        """With an addon that brings dark mode, as this test does for itself."""
        self.env["ir.asset"].create(
            {
                "name": "Dark",
                "bundle": "web.assets_web_dark",
                "directive": "before",
                "target": "web/static/src/scss/primary_variables.scss",
                "path": "integration_monitoring/static/tests/dark.scss",
                "sequence": 99,
            }
        )
        self.patch(self.registry["ir.http"], "color_scheme", lambda _self: "dark")
        self._traffic()
        self.play("dark", OVERVIEW, cookies={"color_scheme": "dark"})
