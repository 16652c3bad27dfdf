from odoo.tests import tagged

from .fhir_facade_case import FhirFacadeCase


@tagged("post_install", "-at_install")
class TestFhirFacadeUi(FhirFacadeCase):
    def test_somebody_looks_at_what_the_partner_gets(self):
        self.env["ehr.location"].create(
            {"point_of_care": "TW", "kind": "unit", "name": "Tour Ward"}
        )
        self.env.ref("base.user_admin").group_ids += self.env.ref(
            "integration_core.group_administrator"
        )
        action = self.env["ir.actions.act_window"].create(
            {"name": "Tour", "res_model": "integration.interface", "view_mode": "form"}
        )
        address = f"/odoo/action-{action.id}/{self.interface.id}"
        self.start_tour(address, "integration_ehr_bridge_fhir_facade", login="admin")
