"""Each rule finds messages of its kinds that are not handled in time, and names no patient."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_monitoring.tests.message_rules import MessageRulesMixin


@tagged("post_install", "-at_install")
class TestClinicalRules(MessageRulesMixin, TransactionCase):
    kinds = {
        "integration_monitoring_ehr_supply.business_rule_dispenses": {"ehr.consumption"},
        "integration_monitoring_ehr_supply.business_rule_requisitions": {
            "ehr.requisition",
            "ehr.kit_request",
            "ehr.encoded_order",
            "ehr.general_order",
        },
        "integration_monitoring_ehr_supply.business_rule_stock_counts": {"ehr.stock_count"},
    }
