from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_contract import LONGER, ContractCase


@tagged("post_install", "-at_install")
class TestContractInUse(ContractCase):
    def test_code_and_archiving_are_locked(self):
        contract = self.contract.with_user(self.ana)
        for values in ({"code": "test.other"}, {"active": False}):
            with self.assertRaisesRegex(UserError, "“Outbound”"):
                contract.write(values)
        contract.write({"code": contract.code, "active": True, "name": "Other words"})
        self.outbound.sudo().state = "draft"
        contract.write({"code": "test.other", "active": False})

    def test_handlers_and_wire_contracts_count(self):
        self.outbound.sudo().state = "retired"
        contract = self.contract.with_user(self.ana)
        self.pin(self.inbound, self.first)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "“Inbound”"):
            contract.code = "test.other"
        self.pin(self.inbound, self.env["integration.contract.version"])
        self.env.invalidate_all()
        contract.code = "test.other"
        self.handle_with(lambda *args: None, contract="test.other")
        with self.assertRaisesRegex(UserError, "“Inbound”"):
            contract.active = False

    def test_a_draft_is_no_wire_contract(self):
        draft = self.version("1.1.0", LONGER)
        self.pin(self.outbound, draft)
        self.env.invalidate_all()
        self.assertIn("test.thing 1.1.0", "".join(self.outbound._missing_for_traffic()))
        self.pin(self.outbound, self.first)
        self.env.invalidate_all()
        self.assertNotIn("wire contract", "".join(self.outbound._missing_for_traffic()))
