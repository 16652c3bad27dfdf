"""Each rule finds messages of its kinds that are not handled in time, and names no patient."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_monitoring.tests.message_rules import MessageRulesMixin


@tagged("post_install", "-at_install")
class TestClinicalRules(MessageRulesMixin, TransactionCase):
    kinds = {
        "integration_monitoring_ehr.business_rule_admissions": {
            "ehr.encounter",
            "ehr.patient",
            "ehr.patient_merge",
            "ehr.bed",
        },
        "integration_monitoring_ehr.business_rule_appointments": {"ehr.appointment"},
    }
