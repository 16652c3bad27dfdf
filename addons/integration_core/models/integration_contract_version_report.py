import difflib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..engine import contract_impact, contract_samples

# More is no longer read by a person; the schema itself is one tab away.
SHOWN_CHANGES = 200
SHOWN_DIFF = 1500
SHOWN_PLACES = 10


class IntegrationContractVersion(models.Model):
    """What a version changes, whom that breaks, and who has to know."""

    _inherit = "integration.contract.version"

    waiver_ids = fields.One2many("integration.waiver", "contract_version_id")
    report = fields.Html(string="Changes", compute="_compute_report", sanitize=False)
    consumers = fields.Html(compute="_compute_report", sanitize=False)
    diff = fields.Html(string="Differences", compute="_compute_report", sanitize=False)
    obstacles = fields.Text(
        compute="_compute_report", help="What stands against the approval of this version."
    )
    warnings = fields.Text(compute="_compute_report", help="What an approver should know.")
    compared_with_id = fields.Many2one(
        "integration.contract.version",
        compute="_compute_report",
        help="The approved version before this one: what changes is told against it.",
    )
    sampled_at = fields.Datetime(string="Tried on", readonly=True, copy=False)
    sample_text = fields.Text(
        string="Recent messages",
        readonly=True,
        copy=False,
        help="Recent messages of the contract's interfaces, tried on this version. Clinical "
        "interfaces are left out.",
    )

    @api.depends("schema", "version", "state", "contract_id.version_ids.state")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_report(self):
        for version in self:
            try:
                # sudo: consumers of other companies count; their names are not shown
                impact = contract_impact.impact(version.sudo())
            except ValueError:  # being edited: not JSON yet, or not a version number
                version.update(dict.fromkeys(("report", "consumers", "diff"), False))
                version.update({"obstacles": False, "warnings": False, "compared_with_id": False})
                continue
            changing = version.state in ("draft", "in_review")
            obstacles = version._obstacles(impact) if changing else []
            version.update(
                {
                    "report": version._render_report(impact),
                    "consumers": version._render_consumers(impact),
                    "diff": version._render_diff(impact.base),
                    "obstacles": "\n".join(obstacles) or False,
                    "warnings": "\n".join(version._warnings(impact)) if changing else False,
                    "compared_with_id": impact.base,
                }
            )

    # ------------------------------------------------------------------
    # what stands against an approval
    # ------------------------------------------------------------------

    def _obstacles(self, impact) -> list[str]:
        obstacles = [self._number_text(impact)] if impact.right_number else []
        if impact.stopped and not self._break_is_waived():
            obstacles.append(self._stopped_text(impact))
        return obstacles

    def _warnings(self, impact) -> list[str]:
        warnings = []
        if not impact.takes_over:
            warnings.append(
                self.env._(
                    "A higher version is approved already and stays in force: nobody follows this "
                    "one by itself."
                )
            )
        if impact.own_writers:
            warnings.append(
                self.env._(
                    "Odoo's own events may no longer fit; messages that do not fit are quarantined."
                )
            )
        if impact.own_readers:
            warnings.append(
                self.env._(
                    "Odoo's own handler (%s) was written for the former version. Make sure that it "
                    "copes with the new one.",
                    self.contract_id.handler_names,
                )
            )
        if impact.stopped and self._break_is_waived():
            warnings.append(self.env._("A waiver allows this version to break its consumers."))
        return warnings

    def _break_is_waived(self) -> bool:
        """Whether a waiver lets this version break those who follow."""
        return self.env["integration.waiver"]._covers("contract_break", self)

    def action_ask_waiver(self):
        """The form for a waiver of this version."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask for a waiver"),
            "res_model": "integration.waiver",
            "view_mode": "form",
            "context": {
                "default_rule": "contract_break",
                "default_contract_version_id": self.id,
            },
        }

    def _number_text(self, impact) -> str:
        return self.env._(
            "%(version)s is too small a step from %(base)s for these changes. The number must be "
            "%(right)s.",
            version=self.version,
            base=impact.base.version,
            right=impact.right_number,
        )

    def _stopped_text(self, impact) -> str:
        return self.env._(
            "This version would break interfaces that carry traffic and follow it by themselves: "
            "%s. Make the change compatible, move these interfaces first, or have a waiver "
            "approved for this version.",
            ", ".join(self._names([consumer.interface for consumer in impact.stopped])),
        )

    def _names(self, interfaces) -> list[str]:
        """Names of the interfaces that the user may see, and how many others there are."""
        every = self.env["integration.interface"].browse(one.id for one in interfaces)
        mine = every._filtered_access("read")
        names = mine.mapped("display_name")
        if len(every) > len(mine):
            names.append(self.env._("%s of other companies", len(every) - len(mine)))
        return names

    def _require_right_number(self):
        for version in self:
            impact = contract_impact.impact(version.sudo())  # sudo: as in _compute_report
            if impact.right_number:
                raise UserError(version._number_text(impact))

    def _require_consumers(self):
        """No version breaks an interface behind its back, unless a waiver says so."""
        for version in self:
            impact = contract_impact.impact(version.sudo())  # sudo: as in _compute_report
            if impact.stopped and not version._break_is_waived():
                raise UserError(version._stopped_text(impact))

    # ------------------------------------------------------------------
    # recent messages
    # ------------------------------------------------------------------

    def action_try_samples(self):
        self.check_access("write")
        self._try_samples()

    def _try_samples(self):
        for version in self.sudo():  # sudo: reads contents; only places and counts are shown
            samples = contract_samples.check(version)
            version.write(
                {"sampled_at": fields.Datetime.now(), "sample_text": version._sample_text(samples)}
            )

    def _sample_text(self, samples) -> str:
        if not samples.tried:
            return self.env._("There are no recent messages to try this version on.")
        if not samples.refused:
            return self.env._("All %s recent messages fit.", samples.tried)
        lines = [
            self.env._(
                "%(refused)s of %(tried)s recent messages would be refused, at:",
                refused=samples.refused,
                tried=samples.tried,
            )
        ]
        lines += [f"{place}: {count}" for place, count in samples.places.most_common(SHOWN_PLACES)]
        return "\n".join(lines)

    # ------------------------------------------------------------------
    # on the screen
    # ------------------------------------------------------------------

    def _render_report(self, impact):
        return self.env["ir.qweb"]._render(
            "integration_core.contract_changes",
            {
                "base": impact.base,
                "changes": impact.changes[:SHOWN_CHANGES],
                "more": max(0, len(impact.changes) - SHOWN_CHANGES),
            },
        )

    def _render_consumers(self, impact):
        mine = set(
            self.env["integration.interface"]
            .browse(consumer.interface.id for consumer in impact.consumers)
            ._filtered_access("read")
            .ids
        )
        shown = [consumer for consumer in impact.consumers if consumer.interface.id in mine]
        states = dict(
            self.env["integration.interface"]._fields["state"]._description_selection(self.env)
        )
        return self.env["ir.qweb"]._render(
            "integration_core.contract_consumers",
            {
                "consumers": shown,
                "states": states,
                "others": len(impact.consumers) - len(shown),
                "base": impact.base,
            },
        )

    def _render_diff(self, base):
        old = _pretty(base.schema) if base else []
        lines = list(difflib.unified_diff(old, _pretty(self.schema), lineterm=""))
        return self.env["ir.qweb"]._render(
            "integration_core.contract_diff",
            {"lines": lines[2 : SHOWN_DIFF + 2], "cut": len(lines) > SHOWN_DIFF + 2, "base": base},
        )

    # ------------------------------------------------------------------
    # telling people
    # ------------------------------------------------------------------

    def _change_text(self, impact) -> str:
        lines = [f"{change.pointer}: {change.sentence}" for change in impact.changes[:20]]
        if len(impact.changes) > len(lines):
            lines.append(self.env._("and %s more", len(impact.changes) - len(lines)))
        return "\n".join(lines)

    def _tell_consumers(self):
        self.ensure_one()
        impact = contract_impact.impact(self.sudo())  # sudo: owners in other companies as well
        for consumer in impact.consumers:
            text = (
                self.env._(
                    "%(version)s is in force from now on and this interface follows it.",
                    version=self.display_name,
                )
                if consumer.follows
                else self.env._(
                    "%(version)s was approved. This interface stays with %(base)s until somebody "
                    "moves it.",
                    version=self.display_name,
                    base=impact.base.version,
                )
            )
            if consumer.breaks:
                text += " " + self.env._("The changes break its partner or its mapping.")
            self._tell_owner(
                consumer.interface, f"{text}\n{self._change_text(impact)}", consumer.breaks
            )

    def _tell_owner(self, interface, text, must_act):
        """A note for the owner; what may break is a task as well. Runs as superuser."""
        owner = interface.owner_id
        interface.message_post(
            body=plaintext2html(text),
            partner_ids=owner.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )
        if must_act and owner:
            interface.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=owner.id,
                summary=self.env._("Contract changed: %s", self.display_name),
                note=plaintext2html(text),
            )

    def _retirement_text(self) -> str:
        """What retiring this version means for those who follow it."""
        self.ensure_one()
        contract = self.contract_id
        if contract.current_version_id != self:
            return self.env._("%s stays in force.", contract.current_version_id.version)
        approved = contract.version_ids.filtered(lambda v: v.state == "approved") - self
        former = approved.sorted(lambda v: v._semver())[-1:]
        if not former:
            return self.env._("No version is left in force: nothing can be checked against it.")
        changes = contract_impact.compare(self, former)
        readers = any(change.breaks_readers for change in changes)
        writers = any(change.breaks_writers for change in changes)
        following = contract_impact.followers(contract.sudo())  # sudo: as in _compute_report
        broken = following.filtered(
            lambda i: readers if i.direction == "outbound" else writers  # as in contract_impact
        )
        text = self.env._(
            "%(former)s is in force again at once, for %(count)s interfaces that follow.",
            former=former.version,
            count=len(following),
        )
        if broken:
            text += " " + self.env._(
                "The way back may break: %s.", ", ".join(self._names(list(broken)))
            )
        return text

    def _tell_of_retirement(self, text):
        following = contract_impact.followers(self.contract_id.sudo())  # sudo: as above
        for interface in following:
            self._tell_owner(
                interface, self.env._("%s was retired.", self.display_name) + " " + text, False
            )

    def action_write_to_partners(self):
        """A prepared mail to the support contacts of the systems concerned; nothing is sent yet."""
        self.ensure_one()
        impact = contract_impact.impact(self.sudo())  # sudo: filtered to the user's own below
        interfaces = self.env["integration.interface"].browse(
            consumer.interface.id for consumer in impact.consumers
        )
        contacts = interfaces._filtered_access("read").system_id.support_contact_id
        if not contacts:
            raise UserError(self.env._("No system of a consumer has a support contact."))
        body = self.env._(
            "%(contract)s changes from version %(base)s to %(version)s:",
            contract=self.contract_id.name,
            base=impact.base.version,
            version=self.version,
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to partners"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": contacts.ids,
                "default_subject": self.env._(
                    "%(contract)s: version %(version)s",
                    contract=self.contract_id.name,
                    version=self.version,
                ),
                "default_body": plaintext2html(f"{body}\n{self._change_text(impact)}"),
            },
        }


def _pretty(schema) -> list[str]:
    return json.dumps(json.loads(schema), indent=2, ensure_ascii=False).splitlines()
