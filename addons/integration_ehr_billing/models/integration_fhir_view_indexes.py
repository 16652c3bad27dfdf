from odoo import models

# What partners look for, in one place; the models are defined elsewhere.

#: As the view of invoices has it.
_OF_CHARGES = "COALESCE(ehr_account_id, encounter_id, ehr_payer_id) IS NOT NULL"


class EhrCharge(models.Model):
    """By what partners that read over FHIR look for charges."""

    _inherit = "ehr.charge"  # pylint: disable=consider-merging-classes-inherited

    _told_number_idx = models.Index("(number)")


class AccountMove(models.Model):
    """In what order they are told of invoices of charges; other entries are not shown."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    _ehr_told_idx = models.Index(f"(write_date, id) WHERE {_OF_CHARGES}")
    _ehr_shown_idx = models.Index(f"(id) WHERE {_OF_CHARGES}")
    _ehr_number_idx = models.Index(f"(name) WHERE {_OF_CHARGES}")
