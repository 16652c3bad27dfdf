from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import data_classes

from ..engine import fhir_statement
from ..engine.fhir_scope import Scope
from ..tools.fhir.capability_statement import Served


@dataclass(frozen=True)
class Taken:
    """What an interface accepts over FHIR, beside what it shows.

    :ivar interactions: of the whole system, such as transaction and batch
    :ivar remarks: sentences for the documentation, in Markdown
    """

    resources: tuple[Served, ...] = ()
    interactions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class IntegrationInterface(models.Model):
    """What an interface shows of Odoo over FHIR: nothing, unless somebody chose it."""

    # A file of its own: what arrives over FHIR is another matter.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    fhir_show_organization = fields.Boolean(
        string="Organizations",
        governed=True,
        help="Suppliers that are companies, and payers: name, code, whether in use.",
    )
    fhir_show_location = fields.Boolean(
        string="Locations",
        governed=True,
        help="Stock locations, and the units, rooms and beds of the census: name, code, state.",
    )
    fhir_location_ids = fields.Many2many(
        "stock.location",
        "integration_interface_fhir_location_rel",
        "interface_id",
        "location_id",
        string="Only these stock locations",
        # What is archived goes on limiting, and what limits is not deleted: nobody is to see all
        # because what he was to see is gone.
        context={"active_test": False},
        ondelete="restrict",
        governed=True,
        of_environment=True,
        help="With all that is in them. Limits stock locations, stock on hand, orders and "
        "deliveries. Empty: all that the service user may see.",
    )
    fhir_vendor_ids = fields.Many2many(
        "res.partner",
        "integration_interface_fhir_vendor_rel",
        "interface_id",
        "partner_id",
        string="Only these suppliers",
        domain="[('is_company', '=', True)]",
        context={"active_test": False},
        ondelete="restrict",
        governed=True,
        of_environment=True,
        help="Limits which suppliers are shown. Empty: all that the service user may see.",
    )
    fhir_shows = fields.Char(
        string="Shown", compute="_compute_fhir_shows", help="Types of resources that are shown."
    )

    @api.depends(lambda self: tuple(self._fhir_switches()))
    def _compute_fhir_shows(self):
        for interface in self:
            interface.fhir_shows = ", ".join(sorted(interface._fhir_views())) or False

    # ------------------------------------------------------------------
    # which views there are
    # ------------------------------------------------------------------

    @api.model
    def _fhir_all_views(self):
        """Models of all views by type of resource."""
        base = self.env.registry["integration.fhir.view"]
        return {
            model._resource: name
            for name, model in self.env.registry.items()
            if issubclass(model, base) and model._resource
        }

    @api.model
    def _fhir_switches(self):
        """Fields that switch views on."""
        views = self._fhir_all_views()
        return [self.env.registry[name]._switch for name in views.values()]

    def _fhir_views(self):
        """Models of the views that this interface has switched on, by type of resource."""
        self.ensure_one()
        if not self._receives_fhir():
            return {}
        return {
            resource: name
            for resource, name in self._fhir_all_views().items()
            if self[self.env[name]._switch]
        }

    def _fhir_only_shows(self):
        """Whether it takes nothing, so that it needs no handler."""
        self.ensure_one()
        return bool(self._fhir_views()) and not self.handler and not self.routing_id

    def _receives_messages(self):
        return super()._receives_messages() and not self._fhir_only_shows()

    # ------------------------------------------------------------------
    # what the door asks
    # ------------------------------------------------------------------

    def _inbound_spec(self):
        spec = super()._inbound_spec()
        if not self._receives_fhir():
            return spec
        since = fhir_statement.moment_of(self.write_date)
        return spec | {"fhir_scope": self._fhir_scope(), "fhir_since": since}

    def _fhir_scope(self) -> Scope:
        """How far this interface shows Odoo."""
        self.ensure_one()
        user = self.user_id
        # Without a user, or as the superuser, nothing is shown.
        known = user and user.active and not user._is_superuser()
        return Scope(
            interface_id=self.id,
            name=self.name,
            company_id=self.company_id.id or 0,
            user_id=user.id if known else 0,
            lang=user.lang or "en_US",
            server=self.get_base_url(),
            views=self._fhir_views(),
            locations=tuple(self.fhir_location_ids.ids),
            vendors=tuple(self.fhir_vendor_ids.ids),
            since=self.write_date,
        )

    @api.model
    def _fhir_taken_served(self, _spec):
        """What is accepted over FHIR at an interface, for the statement of what is served.

        :param _spec: the specification of the interface, as the door has it
        :rtype: Taken
        """
        return Taken()

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self._receives_fhir() and self._fhir_views():
            # sudo: an approver asks as well, who may not read all that is shown
            missing += self.sudo()._missing_fhir_views()
        return missing

    def _missing_fhir_views(self) -> list[str]:
        missing = []
        if settings.optional_key_ring() is None:
            missing.append(
                self.env._(
                    "The server has no key ring, and links to further pages are sealed with it. "
                    "Have its administrator configure one."
                )
            )
        clinical = [
            resource for resource, name in self._fhir_views().items() if self.env[name]._clinical
        ]
        if clinical and self.data_class != data_classes.CLINICAL:
            missing.append(
                self.env._(
                    "What is shown tells what was done for patients (%s): the data class must be "
                    "clinical.",
                    ", ".join(sorted(clinical)),
                )
            )
        return missing + self._missing_fhir_rights()

    def _missing_fhir_rights(self) -> list[str]:
        """Views that the service user may not read."""
        scope = self._fhir_scope()
        if not scope.user_id:
            return []  # said already
        inner = self.env["integration.fhir.view"].with_user(scope.user_id)
        closed = []
        for resource, name in self._fhir_views().items():
            view = inner.env[name]
            try:
                models_ = {source.model for source in view._sources(scope)}
                allowed = all(inner.env[model].has_access("read") for model in models_)
            except AccessError:
                allowed = False
            if not allowed:
                closed.append(resource)
        return [
            self.env._(
                "The service user may not read what %s is made of. Give it the group “FHIR "
                "reader”.",
                resource,
            )
            for resource in sorted(closed)
        ]
