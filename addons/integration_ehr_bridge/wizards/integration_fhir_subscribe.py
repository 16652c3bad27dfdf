from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.fhir import address


class IntegrationFhirSubscribe(models.TransientModel):
    """Asks what a partner's server is to tell."""

    _name = "integration.fhir.subscribe"
    _description = "Create a FHIR Subscription"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    topic_url = fields.Char(
        string="Topic",
        help="Canonical URL of a topic of the server (R5 backport for R4). Its notifications are "
        "counted, so that a gap is seen. Empty: plain R4, by criteria alone.",
    )
    criteria = fields.Char(
        help="A search such as “Encounter?class=IMP”. With a topic: which of what it tells."
    )
    content = fields.Selection(
        [
            ("full-resource", "The resources"),
            ("id-only", "Their names"),
            ("empty", "That there is something"),
        ],
        string="Notifications carry",
        required=True,
        default="full-resource",
        help="What does not carry resources has the partner's server asked for them.",
    )
    heartbeat = fields.Integer(
        string="Heartbeat (seconds)",
        default=60,
        help="How often the server tells that it lives when nothing happens. 0: never.",
    )

    @api.constrains("criteria", "topic_url", "heartbeat", "content")
    def _check_wish(self):
        for one in self:
            if not one.criteria and not one.topic_url:
                raise ValidationError(self.env._("Say what is to be told: a topic, or criteria."))
            if one.heartbeat < 0:
                raise ValidationError(self.env._("The heartbeat cannot be negative."))
            if one.criteria:
                try:
                    name = address.parse_search(one.criteria)[0]
                except ValueError as exc:
                    raise ValidationError(str(exc)) from exc
                if not one.interface_id._fhir_rules().takes(name):
                    raise ValidationError(
                        self.env._("No rule of the routing takes resources of type %s.", name)
                    )

            one._require_followed()

    def _require_followed(self):
        """What is not told in full has to be asked for: the door refuses it otherwise."""
        if self.content == "full-resource":
            return
        polled = self.interface_id._fhir_polled_types()
        name = address.parse_search(self.criteria)[0] if self.criteria else ""
        if not polled or (name and name not in polled):
            raise ValidationError(
                self.env._(
                    "Nobody would ask for what such a notification leaves out: no search on the "
                    "page “Polling” reads that type. Have it carry the resources, or add a search."
                )
            )

    def action_subscribe(self):
        """Ask the server; it appears on the form."""
        self.ensure_one()
        values = {
            "criteria": self.criteria or False,
            "topic_url": self.topic_url or False,
            "content": self.content,
            "heartbeat": self.heartbeat if self.topic_url else 0,
        }
        self.env["integration.fhir.subscription"]._subscribe(self.interface_id, values)
        return {"type": "ir.actions.act_window_close"}
