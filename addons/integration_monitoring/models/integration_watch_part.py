from odoo import api, fields, models

from ..tools.causes import Subject
from .integration_incident import SUBJECTS


class IntegrationWatchPart(models.Model):
    """What is known of the suite, a listener or a partner system from minute to minute.

    Written by ``engine.watch_parts`` alone, together with the incidents that follow.
    """

    _name = "integration.watch.part"
    _description = "Watch of a Part of the Suite"
    _log_access = False
    _order = "open_count desc, subject, subject_ref"

    subject = fields.Selection(SUBJECTS, required=True, readonly=True)
    subject_ref = fields.Integer(readonly=True, aggregator=None, help="0: the suite as a whole.")
    system_id = fields.Many2one(
        "integration.system",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Of a partner system: those of other companies are not shown.",
    )
    state = fields.Json(readonly=True, help="States of the detectors by signal.")
    facts = fields.Json(readonly=True, help="The numbers of each signal that is open.")
    open_count = fields.Integer(string="Open signals", readonly=True)
    updated_at = fields.Datetime(string="Last looked at", readonly=True)
    name = fields.Char(string="What", compute="_compute_name")
    reasons_text = fields.Text(string="What is wrong", compute="_compute_reasons_text")

    _part_unique = models.UniqueIndex("(subject, subject_ref)")

    @api.depends("subject", "subject_ref")
    @api.depends_context("lang", "uid")
    def _compute_name(self):
        labels = dict(self._fields["subject"]._description_selection(self.env))
        models_of = {
            Subject.LISTENER.value: "integration.heartbeat",
            Subject.SYSTEM.value: "integration.system",
        }
        for part in self:
            model = models_of.get(part.subject)
            named = self.env[model].browse(part.subject_ref).exists() if model else None
            part.name = named.display_name if named else labels.get(part.subject)

    @api.depends("name")
    def _compute_display_name(self):
        for part in self:
            part.display_name = part.name

    @api.depends("facts")
    @api.depends_context("lang")
    def _compute_reasons_text(self):
        texts = self.env["integration.finding.text"]
        for part in self:
            part.reasons_text = "\n".join(
                texts._sentence(signal, facts) for signal, facts in (part.facts or {}).items()
            )
