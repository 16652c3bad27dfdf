from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine.assessment import assess
from ..tools import acts
from ..tools.acts import Act

# Messages of one act: what an operator can still oversee, and what ends within seconds.
LIMIT = 10_000
# From here on the dialog says plainly that this is a lot.
MANY = 500


class IntegrationMessageOperation(models.TransientModel):
    """One act on a selection of messages: says what it will do, asks for a note, does it.

    Holds the ids of the messages and the operator's note, never content.
    """

    _name = "integration.message.operation"
    _description = "Act on Messages"

    act = fields.Selection(
        [
            ("retry", "Retry"),
            ("replay", "Replay"),
            ("park", "Park"),
            ("release", "Release"),
            ("cancel", "Cancel"),
            ("resolve", "Resolve"),
        ],
        required=True,
        readonly=True,
    )
    selected = fields.Json(
        default=lambda self: self._default_selected(), readonly=True, help="Ids of the messages."
    )
    total = fields.Integer(compute="_compute_preview")
    possible = fields.Integer(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    warning = fields.Text(compute="_compute_preview")
    note = fields.Text(help="Others will read it in the history of the messages.")
    needs_note = fields.Boolean(compute="_compute_needs_note")

    @api.model
    def _default_selected(self):
        """Ids from the context, as a list or a form hands them over, oldest first."""
        context = self.env.context
        if context.get("active_model") != "integration.message":
            return []
        if "active_ids" in context:
            return sorted(context["active_ids"])
        domain = Domain(context.get("active_domain") or Domain.FALSE)
        return self.env["integration.message"].search(domain, order="id", limit=LIMIT + 1).ids

    @api.depends("act")
    def _compute_needs_note(self):
        for operation in self:
            operation.needs_note = operation.act in acts.NOTED

    @api.depends("act", "selected")
    def _compute_preview(self):
        for operation in self:
            ids = operation.selected or []
            operation.total = min(len(ids), LIMIT)
            # sudo: what may happen depends on interfaces and content that an operator may not read
            found = assess(operation._messages().sudo(), Act(operation.act or "retry"))
            operation.possible = len(found.possible)
            operation.preview = operation._render(found)
            operation.warning = operation._warning(len(ids), len(found.possible))

    def _messages(self):
        """The selected messages that the user may see, at most :data:`LIMIT`, oldest first."""
        self.ensure_one()
        ids = (self.selected or [])[:LIMIT]
        return self.env["integration.message"].search([("id", "in", ids)], order="id")

    def _render(self, found):
        """What will happen, and to how many; built from our own sentences only."""
        rows = [
            Markup("<li><i class='fa fa-fw fa-check text-success'></i> <b>%s</b> %s</li>")
            % (count, self.env._(acts.EFFECTS[code]))
            for code, count in found.effects.most_common()
        ]
        if found.possible and not rows:
            done = {
                Act.PARK: self.env._("will be held until somebody releases them."),
                Act.RELEASE: self.env._("will go back into their queue."),
                Act.CANCEL: self.env._("will not be sent or applied any more."),
                Act.RESOLVE: self.env._("will be closed and not be tried again."),
            }
            rows.append(
                Markup("<li><i class='fa fa-fw fa-check text-success'></i> <b>%s</b> %s</li>")
                % (len(found.possible), done[found.act])
            )
        rows += [
            Markup("<li><i class='fa fa-fw fa-times text-danger'></i> %s</li>") % line
            for line in self.env["integration.message"]._refusal_lines(found.refused)
        ]
        return Markup("<ul class='list-unstyled mb-0'>%s</ul>") % Markup().join(rows)

    def _warning(self, selected, possible):
        lines = []
        if selected > LIMIT:
            lines.append(
                self.env._(
                    "You selected more than %(limit)s messages. The oldest %(limit)s are dealt "
                    "with now; do the same again for the rest.",
                    limit=LIMIT,
                )
            )
        elif possible >= MANY:
            lines.append(
                self.env._(
                    "These are %s messages at once. Is the cause mended? If not, try one of them "
                    "first.",
                    possible,
                )
            )
        return "\n".join(lines)

    def action_apply(self):
        self.ensure_one()
        if not self.possible:
            raise UserError(self.env._("There is nothing that this is possible for."))
        return self._messages()._operate(Act(self.act), self.note or "")
