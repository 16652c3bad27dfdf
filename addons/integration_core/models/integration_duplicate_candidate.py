from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import documents


class IntegrationDuplicateCandidate(models.Model):
    """A record that a message may be about."""

    _name = "integration.duplicate.candidate"
    _description = "Possible Duplicate: Record"
    _inherit = ["integration.reason.mixin"]
    _log_access = False
    _order = "id"
    _rec_name = "record_name"
    _reason_acts = ("action_link",)

    duplicate_id = fields.Many2one(
        "integration.duplicate", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="duplicate_id.company_id")
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", required=True, readonly=True
    )
    record_name = fields.Char(string="Record", compute="_compute_record_name")
    known_as = fields.Char(
        string="Known to the system as",
        compute="_compute_known_as",
        help="Identifiers under which the sender knows this record already.",
    )
    is_open = fields.Boolean(related="duplicate_id.is_open")

    _record_idx = models.Index("(res_model, res_id)")

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_record_name(self):
        names = documents.readable_names(self)
        for one in self:
            one.record_name = names.get((one.res_model, one.res_id), False)

    @api.depends("res_model", "res_id", "duplicate_id.system_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_known_as(self):
        links = self.env["integration.record.link"].search(
            [
                ("system_id", "in", self.duplicate_id.system_id.ids),
                ("res_model", "in", self.mapped("res_model")),
                ("res_id", "in", self.mapped("res_id")),
            ]
        )
        for one in self:
            place = (one.duplicate_id.system_id, one.res_model, one.res_id)
            names = [
                link.external_id
                for link in links
                if (link.system_id, link.res_model, link.res_id) == place
            ]
            one.known_as = ", ".join(names)

    def _record(self):
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("This record is gone. Choose another one."))
        return record

    def action_open_record(self):
        return self._record().get_formview_action()

    def action_ask_link(self):
        record = self._record()
        return self._ask_reason(
            "action_link",
            self.env._("Link to this record"),
            warning=self.env._(
                "From now on the system's identifier “%(identifier)s” names “%(record)s”. The "
                "message is handled again and brings that record up to date.",
                identifier=self.duplicate_id.external_id,
                record=record.display_name,
            ),
        )

    def action_link(self, reason):
        """It is this record; by a data steward who may change it."""
        self.check_access("read")
        self.duplicate_id._link_to(self._record(), reason)
