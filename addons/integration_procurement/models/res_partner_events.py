from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

CONTRACT = "procurement.supplier"
TEXTS = ("vat", "street", "street2", "zip", "city", "phone", "email", "website")


class ResPartner(models.Model):
    """Suppliers leave as business events."""

    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    integration_is_supplier = fields.Boolean(
        string="Is a supplier for other systems",
        compute="_compute_integration_is_supplier",
        store=True,
        precompute=True,
        groups="base.group_user",
        help="Something was bought there, or it was created as a supplier. Contact persons and "
        "addresses belong to their company. It stays so for good.",
    )

    def _auto_init(self):
        # In one statement for all contacts that exist, as _compute_integration_is_supplier.
        if not column_exists(self.env.cr, self._table, "integration_is_supplier"):
            create_column(self.env.cr, self._table, "integration_is_supplier", "boolean")
            self.env.cr.execute(
                """
                UPDATE res_partner SET integration_is_supplier = TRUE
                 WHERE supplier_rank > 0 AND (is_company OR parent_id IS NULL)
                """
            )
        return super()._auto_init()

    @api.depends("supplier_rank", "is_company", "parent_id")
    def _compute_integration_is_supplier(self):
        # Once a supplier, always one: ranks go up with each purchase, some reset them to nothing,
        # and nobody is to be told twice that the same supplier is new.
        for partner in self:
            whole = partner.is_company or not partner.parent_id  # its own commercial partner
            known = partner.supplier_rank > 0 or partner.integration_is_supplier
            partner.integration_is_supplier = whole and known

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            partner.id: Snapshot(
                data=partner._integration_supplier(),
                company_id=partner.company_id.id or None,
                subject=partner.name or "",
                partner_id=partner.commercial_partner_id.id,
            )
            for partner in self
        }

    def _integration_supplier(self) -> dict:
        """This contact as the canonical object ``procurement.supplier`` 1.1.0.

        Its number is Odoo's own, which is there from the beginning and never changes.
        """
        self.ensure_one()
        return {
            "number": str(self.id),
            "reference": canonical.text(self.ref),
            "name": self.name,
            **{name: canonical.text(self[name]) for name in TEXTS},
            "country": self.country_id.code or None,
            "active": self.active,
        }
