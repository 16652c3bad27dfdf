from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class EhrEncounter(models.Model):
    """Who has seen what clinical systems sent about a visit."""

    _inherit = "ehr.encounter"  # pylint: disable=consider-merging-classes-inherited

    def action_open_access(self):
        """The report for auditors: who saw the content of messages about this visit, when, why."""
        self.ensure_one()
        if not self.env.user.has_group("integration_core.group_auditor"):
            raise AccessError(self.env._("Who has seen content is for auditors."))
        access = self.env["integration.access"]
        domain = Domain("res_model", "=", self._name) & Domain("res_id", "=", self.id)
        uuids = [uuid for uuid in self.move_ids.mapped("message_uuid") if uuid]
        # sudo: which messages told of the visit, and nothing of them
        messages = self.env["integration.message"].sudo().search([("uuid", "in", uuids)])
        domain |= Domain("content_model", "=", messages._name) & Domain(
            "content_id", "in", messages.ids
        )
        name = self.env._("Who has seen messages about visit %s", self.display_name)
        return {**access._screen(list(domain)), "name": name}
