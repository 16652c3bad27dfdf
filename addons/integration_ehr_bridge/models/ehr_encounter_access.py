from datetime import timedelta

from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain

#: Characters of a message's id that its name shows.
SHOWN = 8
#: How long before and after the messages that told of a visit others may be about it.
AROUND = timedelta(days=30)
#: States of a visit of which nothing more is to come.
OVER = ("discharged", "cancelled")


class EhrEncounter(models.Model):
    """Who has seen what clinical systems sent about a visit."""

    _inherit = "ehr.encounter"  # pylint: disable=consider-merging-classes-inherited

    def action_open_access(self):
        """The report for auditors: who saw the content of messages about this visit, when, why."""
        self.ensure_one()
        if not self.env.user.has_group("integration_core.group_auditor"):
            raise AccessError(self.env._("Who has seen content is for auditors."))
        access = self.env["integration.access"]
        name = self.env._("Who has seen messages about visit %s", self.display_name)
        return {**access._screen(list(self._access_domain())), "name": name}

    def _access_domain(self):
        """Looks at messages that told of this visit, or that may have.

        Beside those that were handled, these are messages about the same patient that belong to no
        document: filtered, or waiting in quarantine. What was purged since is known by its name,
        which the audit trail keeps.
        """
        about = {name: ids for name, ids in self._access_documents().items() if ids}
        domain = Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", ids)
            for model, ids in about.items()
        )
        # sudo: which messages told of the visit, and nothing of them
        ledger = self.env["integration.message"].sudo()
        uuids = self._access_uuids(about)
        told = ledger.search([("uuid", "in", list(uuids))])
        told += ledger.search(
            Domain.OR(
                Domain("res_model", "=", model) & Domain("res_id", "in", ids)
                for model, ids in about.items()
            )
        )
        seen = told | self._about_nobody(told)
        domain |= Domain("content_model", "=", ledger._name) & Domain("content_id", "in", seen.ids)
        gone = uuids - set(told.mapped("uuid"))
        return domain | Domain.OR(
            Domain("content_model", "=", ledger._name)
            & Domain("content_name", "=like", f"% {uuid[:SHOWN]}")
            for uuid in gone
        )

    def _access_documents(self):
        """Ids of the records that messages about these visits touch, by model.

        These are the visits, their appointments, and every document that belongs to a visit.
        """
        found = {self._name: self.ids, "ehr.appointment": self.appointment_ids.ids}
        for name in sorted(self.env.registry.descendants(["ehr.visit.document"], "_inherit")):
            model = self.env[name]
            if not model._abstract:
                # sudo: which documents there are, and nothing of them
                found[name] = model.sudo().search([("encounter_id", "in", self.ids)]).ids
        return found

    def _access_uuids(self, about):
        """The messages that the visits and their documents remember to have come from."""
        uuids = set(self.move_ids.mapped("message_uuid"))
        for name, ids in about.items():
            if "message_uuid" in self.env[name]._fields:
                # sudo: as of the documents
                uuids |= set(self.env[name].sudo().browse(ids).mapped("message_uuid"))
        return uuids - {False}

    def _access_time(self, told):
        """Since when, and until when, messages may be about these visits; the end may be open."""
        arrived = told.mapped("created_at")
        since = min([*arrived, *self.mapped("create_date")]) - AROUND
        if any(visit.state not in OVER for visit in self):
            return since, None
        left = [visit.discharged_at for visit in self if visit.discharged_at]
        return since, max([*arrived, *left]) + AROUND

    def _about_nobody(self, told):
        """Messages of the time of these visits that somebody looked at, that belong to no document,
        and that have an ordering key of those that told of them.

        That is the patient's; a merge has those of both patients.
        """
        named = {(one.interface_id.id, one.partition_key) for one in told.filtered("partition_key")}
        if not named:
            return told.browse()
        since, until = self._access_time(told)
        looks = self.env["integration.access"].search_fetch(
            Domain("content_model", "=", told._name)
            & Domain("interface_id", "in", told.interface_id.ids)
            & Domain("res_id", "=", False)
            & Domain("occurred_at", ">=", since),
            ["content_id"],
        )
        arrived = Domain("created_at", ">=", since)
        if until:
            arrived &= Domain("created_at", "<=", until)
        looked = told.search(Domain("id", "in", list(set(looks.mapped("content_id")))) & arrived)
        # sudo: as above
        further = self.env["integration.message.key"].sudo()
        keys = further.search([("message_id", "in", looked.ids)])
        merges = keys.filtered(lambda one: (one.interface_id.id, one.key) in named).message_id
        return merges | looked.filtered(
            lambda one: (one.interface_id.id, one.partition_key) in named
        )
