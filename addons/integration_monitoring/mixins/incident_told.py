from markupsafe import Markup

from odoo import api, models
from odoo.tools import plaintext2html

from odoo.addons.integration_core.engine.snapshots import Snapshot, rfc3339

from ..tools.escalation import Audience
from ..tools.findings import Signal

ACTIVITY = "integration_monitoring.mail_activity_incident"
#: More sentences than that are read by nobody on a telephone.
_SENTENCES = 8


class IntegrationIncidentTold(models.AbstractModel):
    """What is told of an incident, and to whom. Part of ``integration.incident``.

    Names of the configuration, numbers and sentences made of them; never content of a message.
    """

    _name = "integration.incident.told"
    _description = "What Is Told of an Incident"

    # ------------------------------------------------------------------
    # words
    # ------------------------------------------------------------------

    def _sentences(self, lasting=False):
        """What is wrong, a sentence for each signal, in the reader's language.

        :param lasting: only what has not ended
        """
        self.ensure_one()
        ends = self.signals or {}
        return [
            self._sentence(signal, (self.findings or {}).get(signal, {}).get("facts") or {})
            for signal in sorted(ends, key=lambda one: (bool(ends[one]), one))
            if not (lasting and ends[signal])
        ]

    def _sentence(self, signal, facts):
        """One finding as a sentence."""
        return self.env["integration.finding.text"]._sentence(Signal(signal), facts)

    def _advice(self):
        """What to do, as sentences."""
        texts = self.env["integration.finding.text"]
        found = [texts._advice(Signal(signal)) for signal in sorted(self.signals or {})]
        return list(dict.fromkeys(text for text in found if text))

    def _told_subject(self, notice):
        """The heading of a notice."""
        self.ensure_one()
        severities = dict(self._fields["severity"]._description_selection(self.env))
        words = {"what": self.name, "severity": severities[notice.severity]}
        if notice.kind == "end":
            return self.env._("Healed: %s", self.name)
        if notice.kind == "worse":
            return self.env._("Worse, now %(severity)s: %(what)s", **words)
        if notice.kind == "step":
            return self.env._("Escalated, %(severity)s: %(what)s", **words)
        if notice.kind == "again":
            return self.env._("Opened again, %(severity)s: %(what)s", **words)
        return self.env._("%(severity)s: %(what)s", **words)

    def _told_text(self, notice):
        """The body of a notice: lines of plain text."""
        self.ensure_one()
        since = rfc3339(self.started_at)
        if notice.kind == "end":
            healed = rfc3339(self.closed_at or self.started_at)
            return self.env._("It lasted from %(begin)s to %(end)s UTC.", begin=since, end=healed)
        lines = [*self._sentences()[:_SENTENCES], self.env._("Since %s UTC.", since)]
        if self.effect_ids:
            lines.append(self.env._("Interfaces concerned: %s.", len(self.effect_ids.interface_id)))
        if self.interface_id.failure_impact:
            lines.append(self.env._("What it means: %s", self.interface_id.failure_impact))
        if self.user_id and notice.kind == "step":
            lines.append(self.env._("Looked after by %s.", self.user_id.name))
        return "\n".join(lines)

    def _told_html(self, notice):
        """The same with a link, escaped."""
        link = Markup('<p><a href="%s">%s</a></p>') % (
            self._told_url(),
            self.env._("Open the incident"),
        )
        return plaintext2html(self._told_text(notice)) + link

    def _told_url(self):
        return f"{self.get_base_url()}/odoo/integration-incidents/{self.id}"

    # ------------------------------------------------------------------
    # people
    # ------------------------------------------------------------------

    def _people(self, audience, channel):
        """Users of an audience who are to be told through a channel.

        :param audience: values of :class:`..tools.escalation.Audience`
        """
        self.ensure_one()
        users = self.env["res.users"]
        for one in audience:
            if Audience(one) in channel._audience():
                users |= self._people_of(Audience(one), channel)
        return users.filtered(lambda user: user.active and not user.share)

    def _people_of(self, audience, channel):
        """Who that is; who is not named, or has left, is stood in for, so that no step is lost."""
        if audience is Audience.SUPPORT:
            return self._members(channel.support_ids, "integration_core.group_operator")
        managers = self._members(channel.manager_ids, "integration_core.group_administrator")
        if audience is Audience.MANAGERS:
            return managers
        owners = self.interface_id.owner_id or self.system_id.interface_ids.owner_id
        business = self.system_id.business_owner_id
        named = (owners, business) if audience is Audience.OWNER else (business, owners)
        return next((users for one in named if (users := one.filtered("active"))), managers)

    def _members(self, chosen, group):
        """Those who were chosen, else the members of a group, of the company of the incident."""
        users = chosen or self.env.ref(group).all_user_ids
        company = self.company_id
        return users.filtered(lambda user: not company or company in user.company_ids)

    def _ask_to_look_after(self, user):
        """A task in the list of whoever was asked to look after these."""
        for incident in self:
            told = incident.sudo().with_context(  # sudo: operators do not write incidents
                lang=user.lang, mail_activity_quick_update=True
            )
            told._settle_activities(user)
            told.activity_schedule(
                ACTIVITY,
                user_id=user.id,
                summary=told.env._("Look after it: %s", told.name),
                note=plaintext2html("\n".join(told._sentences())),
            )

    def _settle_activities(self, user=None):
        """Nobody has to do anything about it any more."""
        activities = self.activity_ids
        if user:
            activities = activities.filtered(lambda one: one.user_id == user)
        activities.action_archive()

    def _closed(self):
        """It is healed."""
        self.sudo()._settle_activities()  # sudo: activities of others

    # ------------------------------------------------------------------
    # as an event
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        """What other systems are told: names of the configuration, states and moments."""
        return {
            incident.id: Snapshot(
                incident._told_data(), incident.company_id.id or None, incident.name
            )
            for incident in self
        }

    @api.model
    def _told_moment(self, at):
        return rfc3339(at) if at else None

    def _told_data(self):
        ends, findings = self.signals or {}, self.findings or {}
        return {
            "incident_id": str(self.id),
            "subject": self.subject,
            "name": self.name,
            "interface": self.interface_id.name or None,
            "system": self.system_id.code or None,
            "criticality": self.interface_id.criticality or None,
            "severity": int(self.severity),
            "state": self.state,
            "started_at": self._told_moment(self.started_at),
            "detected_at": self._told_moment(self.detected_at),
            "ended_at": self._told_moment(self.closed_at),
            "interfaces_concerned": len(self.effect_ids.interface_id) or 1,
            "signals": [
                {
                    "signal": signal,
                    "lasting": not ends[signal],
                    "level": f"{findings.get(signal, {}).get('level') or 0:.3f}",
                }
                for signal in sorted(ends)
            ],
        }
