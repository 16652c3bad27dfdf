from odoo import api, fields, models

#: Who may know of which visit a document is.
VISIT_GROUPS = "integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_user"


class EhrVisitDocument(models.AbstractModel):
    """A business document that belongs to a visit.

    Those who may see the census open the visit from it. Others see a reference that says which
    documents belong together, and not whose they are.
    """

    _name = "ehr.visit.document"
    _description = "Document of a Visit"

    encounter_id = fields.Many2one(
        "ehr.encounter",
        string="Visit",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
        groups=VISIT_GROUPS,
    )
    visit_reference = fields.Char(
        string="Visit reference",
        # sudo: that documents belong together is no secret, to whom they belong is one
        compute="_compute_visit_reference",
        compute_sudo=True,
        search="_search_visit_reference",
        help="Documents of one visit have the same. The visit itself is for those who may see the "
        "census.",
    )

    @api.depends("encounter_id.reference")
    def _compute_visit_reference(self):
        for document in self:
            document.visit_reference = document.encounter_id.reference

    @api.model
    def _search_visit_reference(self, operator, value):
        # sudo: as above; which of the found ones the reader may see is up to his rules
        found = self.sudo()._search([("encounter_id.reference", operator, value)])
        return [("id", "in", found)]
