from odoo.tests import new_test_user

from .common import EngineCase


class OwnedCase(EngineCase):
    """Payroll is the system of record for names and e-mail addresses of contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payroll = cls.env["integration.system"].create(
            {"name": "Payroll", "code": "PAYROLL", "kind": "hr"}
        )
        manager = cls.env.ref("base.group_partner_manager")
        cls.service_user.group_ids += manager
        cls.clerk = new_test_user(
            cls.env, "owned.clerk", "base.group_user,base.group_partner_manager"
        )
        cls.steward = new_test_user(
            cls.env,
            "owned.steward",
            "base.group_partner_manager,integration_core.group_steward",
        )
        cls.person = cls.env["res.partner"].create(
            {"name": "Jane", "email": "jane@old.example", "phone": "1"}
        )

    @classmethod
    def own(cls, *names, system=None, **values):
        """An ownership in force."""
        return cls.env["integration.ownership"].create(
            {
                "system_id": (system or cls.payroll).id,
                "model_name": "res.partner",
                "scope": "fields" if names else "all",
                "field_ids": [(0, 0, {"name": name}) for name in names],
                "steward_id": cls.steward.id,
                "state": "approved",
                **values,
            }
        )

    def as_user(self, user, record=None):
        self.env.flush_all()
        return (record or self.person).with_user(user)

    def audit(self, act, record):
        return self.env["integration.audit.entry"].search(
            [("act", "=", act), ("res_model", "=", record._name), ("res_id", "=", record.id)]
        )

    def bring(self, key, **values):
        """A message of another system that writes on the contact, handled."""
        person = self.person

        def process(handler, _received, data):
            record = handler.env["res.partner"].browse(person.id)
            record.write({**values, "ref": data["key"]})
            return record

        self.handle_with(process)
        message = self.receive(key, {"key": key})
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message
