"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import (
    NOTHING,
    OPERATIONS,
    READ,
    ROLES,
    Rights,
)
from odoo.addons.integration_core.tests.common import EngineCase

THRESHOLDS = ("procurement.stock.threshold", "procurement.stock.threshold.due")
BUDGETS = ("purchase.budget.check",)
ANNOUNCEMENTS = (
    "integration.shipment",
    "integration.shipment.event",
    "integration.shipment.line",
)
CORRECTIONS = ("integration.stock.adjustment", "integration.stock.adjustment.line")
# Of the roles of integrations none has a right on what is the business of others.
MATRIX = {
    THRESHOLDS: dict.fromkeys(ROLES, NOTHING),
    BUDGETS: dict.fromkeys(ROLES, NOTHING),
    ANNOUNCEMENTS: dict.fromkeys(ROLES, NOTHING),
    CORRECTIONS: dict.fromkeys(ROLES, NOTHING),
}
# Those who may write receipts.
MAY_CALL = {"integration.shipment": {"action_mark_arrived": set()}}
RECEIVERS = ("stock.group_stock_user", "purchase.group_purchase_user")


def shipment(case):
    partner = case.env["res.partner"].create({"name": "Supplier"})
    order = case.env["purchase.order"].create({"partner_id": partner.id})
    return case.env["integration.shipment"].create(
        {
            "name": "DN-1",
            "digest": "0",
            "order_id": order.id,
            "partner_id": partner.id,
            "company_id": order.company_id.id,
        }
    )


SAMPLES = {"integration.shipment": shipment}
STOCK_PEOPLE = {
    "stock.group_stock_user": READ,
    "stock.group_stock_manager": set(OPERATIONS.values()),
}


@tagged("post_install", "-at_install")
class TestProcurementAccess(Rights, EngineCase):
    def test_matrix(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"procurement.{role}", group)
            for models, rights in MATRIX.items():
                self.check_rights(models, user, rights[role])

    def test_stock_people(self):
        for group, allowed in STOCK_PEOPLE.items():
            user = new_test_user(self.env, f"{group}.test", group)
            self.check_rights(["procurement.stock.threshold"], user, allowed)
            self.check_rights(["procurement.stock.threshold.due"], user, NOTHING)

    def test_those_who_receive_read_announcements(self):
        for group in RECEIVERS:
            user = new_test_user(self.env, f"{group}.announcements", group)
            self.check_rights(ANNOUNCEMENTS, user, READ)
