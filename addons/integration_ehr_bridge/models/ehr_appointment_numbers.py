from odoo import api, models
from odoo.fields import Domain
from odoo.tools import split_every

from odoo.addons.integration_core.engine import keys

from ..tools import clinical, schedule_numbers
from ..tools.schedule_numbers import ORDERS, ROLES


class EhrAppointment(models.Model):
    """Numbers of appointments that are those of a visit or of a record as well."""

    _inherit = "ehr.appointment"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _hide_numbers(self):
        """Keep pseudonyms of numbers that stand in clear and must not.

        Messages are looked at when they arrive; this is for what was kept before that.

        :return: how many had such a number, and of how many nobody can say without a key ring
        """
        numbered = Domain.OR(Domain(name, "!=", False) for name in _clear_fields())
        theirs = Domain("patient_id", "!=", False) | Domain("encounter_id", "!=", False)
        # sudo: all companies', for an upgrade
        suspects = self.sudo().search(numbered & theirs, order="id")
        if keys.working_ring(self.env.cr) is None:
            return 0, len(suspects)
        hidden = 0
        for ids in split_every(1000, suspects.ids):
            for one in suspects.browse(ids):
                if values := one._hidden_numbers():
                    one.write(values)
                    hidden += 1
            self.env.flush_all()
            self.env.invalidate_all()
        return hidden, 0

    def _hidden_numbers(self):
        """Values without the numbers that must not stand in clear."""
        self.ensure_one()
        patient, ring = self.patient_id, keys.require(self.env.cr)
        records = patient | patient.with_context(active_test=False).merged_ids
        visits = (self.encounter_id | patient.encounter_ids).mapped("visit_number")
        values = {}
        for name in _clear_fields():
            number = self[name]
            if not number or not (
                schedule_numbers.is_one_of(number, visits) or records._has_number(number)
            ):
                continue
            values[name] = False
            if name not in ORDERS:
                role = name.removesuffix("_number")
                assigner = self[f"{role}_assigner"] or ""
                context = schedule_numbers.context(self.company_id.id, assigner)
                values[f"{role}_key"] = ring.pseudonym(number, context)
        return values

    def _told_number(self, role):
        """A number as others are told it; that of the visit where it is the appointment's as well.

        They are told the number of the visit besides. Where it is not known yet, there is none.
        """
        number, assigner = self[f"{role}_number"], self[f"{role}_assigner"]
        # sudo: whoever makes the event, its receivers are told of the visit
        key, visited = self.sudo()[f"{role}_key"], self.encounter_id.visit_number
        ring = keys.working_ring(self.env.cr) if key and visited else None
        if ring:
            context = schedule_numbers.context(self.company_id.id, assigner or "")
            if key in ring.pseudonyms(visited, context).values():
                number = visited
        return clinical.identifier(number, assigner)


def _clear_fields():
    return [*(f"{role}_number" for role in ROLES), *ORDERS]
