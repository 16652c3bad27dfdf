from urllib.parse import parse_qsl

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_core.mixins.revealed import MIN_REASON, ROLES
from odoo.addons.integration_core.tools import data_classes

from ..engine import fhir_facade
from ..tools.fhir import written
from ..tools.fhir.operation_outcome import Refusal

#: Resources that a trial shows where nothing is said.
FEW = "_count=3"


class IntegrationFhirTrial(models.TransientModel):
    """What a partner would get over FHIR, for whoever configures the interface.

    The answer travels in the action that opens the next dialog, and is stored nowhere.
    """

    _name = "integration.fhir.trial"
    _description = "Try a FHIR View"

    interface_id = fields.Many2one("integration.interface", required=True, ondelete="cascade")
    resource = fields.Selection(
        selection="_selection_resource", required=True, help="What the partner asks for."
    )
    query = fields.Char(
        string="Search",
        default=FEW,
        help="What stands behind the question mark, such as “status=completed&_count=3”.",
    )
    is_clinical = fields.Boolean(compute="_compute_is_clinical")
    reason = fields.Char(help="Why you have to see it; auditors read it. No patient's name.")
    answer = fields.Text(store=False, readonly=True)

    @api.model
    def _selection_resource(self):
        return [
            (name, name) for name in sorted(self.env["integration.interface"]._fhir_all_views())
        ]

    @api.depends("resource")
    def _compute_is_clinical(self):
        views = self.env["integration.interface"]._fhir_all_views()
        for one in self:
            name = views.get(one.resource)
            one.is_clinical = bool(name) and self.env[name]._clinical

    def action_ask(self):
        """Show the answer, with the rights of the interface's service user.

        :raises AccessError: it is clinical, and the user may not see such content
        :raises UserError: the view is not chosen, or there is no reason for clinical content
        """
        self.ensure_one()
        interface = self.interface_id
        interface.check_access("write")
        views = interface._fhir_views()
        if self.resource not in views:
            raise UserError(
                self.env._(
                    "“%s” is not shown by this interface: the partner would get 404. Choose it "
                    "first.",
                    self.resource,
                )
            )
        reason = self._checked_reason() if self.is_clinical else ""
        text, shown = self._asked(interface)
        if reason and shown:
            changes = {"resource": ("", self.resource), "records": ("", str(len(shown)))}
            audit.record(interface, "reveal", reason=reason, changes=changes)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What the partner gets"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_interface_id": interface.id,
                "default_resource": self.resource,
                "default_query": self.query,
                "default_reason": self.reason,
                "default_answer": text,
            },
        }

    def _checked_reason(self):
        if not self.env.user.has_group(ROLES[data_classes.CLINICAL]):
            raise AccessError(
                self.env._(
                    "Clinical content is shown to people with the role “Clinical content viewer” "
                    "only."
                )
            )
        reason = " ".join((self.reason or "").split())
        if len(reason) < MIN_REASON:
            raise UserError(
                self.env._(
                    "Say in at least %s characters why you need this content. Your reason is "
                    "recorded with your name.",
                    MIN_REASON,
                )
            )
        return reason

    def _asked(self, interface):
        """The text of the answer, and ids of what it shows."""
        self.env.flush_all()
        # sudo: the whole configuration; what is shown is read as the service user
        scope = interface.sudo()._fhir_scope()
        asked = fhir_facade.Asked(
            base=f"{interface.get_base_url()}/integration/fhir/…",
            path=(self.resource,),
            pairs=tuple(parse_qsl(self.query or "", keep_blank_values=True)),
            fresh=False,
        )
        try:
            found = fhir_facade.answer(self.env, scope, asked)
        except Refusal as refusal:
            return written.indented(written.dumps(refusal.outcome())), ()
        return written.indented(found.body), found.shown
