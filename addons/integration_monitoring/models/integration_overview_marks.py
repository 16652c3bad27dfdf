from datetime import UTC, datetime

from odoo import models
from odoo.fields import Domain

#: Marks on a chart at most: the latest.
MOST = 60
#: What people did with an interface that may explain a change of its traffic.
ACTS = ("approve", "activate", "apply", "rollback", "break_glass", "pause", "resume", "rearm")
#: Changes of modules within so many seconds are one deployment.
TOGETHER = 900
#: Addons of one deployment that are named.
SHOWN_ADDONS = 3


class IntegrationOverviewMarks(models.AbstractModel):
    """What changed about an interface, for the marks on its charts, as far as the reader may know.

    Changes that came into force are everybody's; the audit trail is read by those who may, and so
    are credentials. Nobody else learns of them here.
    """

    _inherit = "integration.overview"  # pylint: disable=consider-merging-classes-inherited

    def _marks(self, interface, begin, end):
        """Marks in a range of seconds: ``{"at": seconds, "kind": …, "text": …, "open": …}``."""
        since, until = (datetime.fromtimestamp(at, UTC).replace(tzinfo=None) for at in (begin, end))
        marks = [
            *self._revision_marks(interface, since, until),
            *self._act_marks(interface, since, until),
            *self._credential_marks(interface, since, until),
            *self._deployment_marks(since, until),
        ]
        marks.sort(key=lambda mark: mark["at"])
        return marks[-MOST:]

    def _mark(self, at, kind, text, record=None):
        return {
            "at": int(at.replace(tzinfo=UTC).timestamp()),
            "kind": kind,
            "text": text,
            "open": {"model": record._name, "id": record.id} if record else False,
        }

    def _revision_marks(self, interface, since, until):
        revisions = self.env["integration.revision"].search(
            [
                ("interface_id", "=", interface.id),
                ("applied_at", ">=", since),
                ("applied_at", "<=", until),
            ],
            order="applied_at desc",
            limit=MOST,
        )
        return [
            self._mark(
                one.applied_at,
                "change",
                self.env._("Change %(number)s: %(summary)s", number=one.number, summary=one.summary)
                if one.summary
                else self.env._("Change %s came into force", one.number),
                one,
            )
            for one in revisions
        ]

    def _act_marks(self, interface, since, until):
        entries = self.env["integration.audit.entry"]
        if not entries.has_access("read"):
            return []
        acts = dict(entries._fields["act"]._description_selection(self.env))
        found = entries.search(
            [
                ("res_model", "=", interface._name),
                ("res_id", "=", interface.id),
                ("act", "in", ACTS),
                ("occurred_at", ">=", since),
                ("occurred_at", "<=", until),
            ],
            limit=MOST,
        )
        return [
            self._mark(
                one.occurred_at,
                "approval" if one.act in ("approve", "activate") else "act",
                self.env._("%(act)s by %(who)s", act=acts[one.act], who=one.actor_login or ""),
                one,
            )
            for one in found
        ]

    def _credential_marks(self, interface, since, until):
        """When another secret came into use."""
        versions = self.env["integration.credential.version"]
        if not versions.has_access("read"):
            return []
        # sudo: which credential it has; its versions are read with the rights of the reader
        credential = interface.sudo().credential_id
        if not credential:
            return []
        between = [
            Domain(name, ">=", since) & Domain(name, "<=", until)
            for name in ("sign_from", "create_date")
        ]
        found = versions.search(
            Domain("credential_id", "=", credential.id) & Domain.OR(between), limit=MOST
        )
        return [
            self._mark(
                one.sign_from or one.create_date,
                "rotation",
                self.env._("Secret %s came into use", one.number),
                credential.with_env(self.env),
            )
            for one in found
            if since <= (one.sign_from or one.create_date) <= until
        ]

    def _deployment_marks(self, since, until):
        # sudo: that addons of the suite were installed or updated, and when, is no secret
        modules = (
            self.env["ir.module.module"]
            .sudo()
            .search(
                [
                    ("name", "=like", "integration\\_%"),
                    ("state", "=", "installed"),
                    ("write_date", ">=", since),
                    ("write_date", "<=", until),
                ],
                order="write_date",
            )
        )
        groups = []
        for module in modules:
            if (
                groups
                and (module.write_date - groups[-1][-1].write_date).total_seconds() < TOGETHER
            ):
                groups[-1].append(module)
            else:
                groups.append([module])
        return [
            self._mark(
                group[-1].write_date,
                "deployment",
                self._deployed([one.shortdesc or one.name for one in group]),
            )
            for group in groups
        ]

    def _deployed(self, names):
        """What was deployed, in one line: an upgrade of everything names a few."""
        shown = ", ".join(names[:SHOWN_ADDONS])
        if len(names) <= SHOWN_ADDONS:
            return self.env._("Deployed: %s", shown)
        return self.env._(
            "Deployed: %(names)s and %(more)s more", names=shown, more=len(names) - SHOWN_ADDONS
        )
