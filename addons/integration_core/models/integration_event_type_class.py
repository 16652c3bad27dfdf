from odoo import api, fields, models

from ..engine import triggers
from .integration_payload import DATA_CLASSES


class IntegrationEventType(models.Model):
    """How sensitive the documents are that events tell of."""

    _inherit = "integration.event.type"  # pylint: disable=consider-merging-classes-inherited

    least_class = fields.Selection(
        DATA_CLASSES,
        string="Content at least",
        compute="_compute_least_class",
        help="How sensitive the documents are that the event tells of. Its content is encrypted "
        "accordingly, and only interfaces of this class, or a stricter one, can take it.",
    )

    @api.depends("model_name", "field_ids.path")
    def _compute_least_class(self):
        for event_type in self:
            paths = [path for path in event_type.field_ids.mapped("path") if path]
            event_type.least_class = triggers.least_class(
                self.env, event_type.model_name or "", paths
            )

    @api.constrains("model_name", "field_ids")
    def _check_subscribers_class(self):
        # sudo: subscribers of other companies count as well
        self.sudo().with_context(active_test=False).interface_ids._check_event_classes()
