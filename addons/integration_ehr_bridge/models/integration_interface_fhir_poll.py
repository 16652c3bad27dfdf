from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import fhir_poll
from ..tools.fhir import address

MAX_SECONDS = 24 * 3600
MAX_OVERLAP = 24 * 3600
MAX_COUNT = 1000
MAX_PAGES = 100_000


class IntegrationInterface(models.Model):
    """An inbound FHIR interface that asks for what has changed, instead of being told."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    fhir_poll_interface_id = fields.Many2one(
        "integration.interface",
        string="Polls through",
        governed=True,
        of_environment=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="[('system_id', '=', system_id), ('direction', '=', 'outbound'), "
        "('transport', '=', 'fhir'), ('revision_of_id', '=', False)]",
        help="The outbound FHIR interface of the same system whose server is asked. Its address, "
        "credential, networks and policy hold. Empty: nothing is polled.",
    )
    fhir_poll_search = fields.Text(
        string="Searches",
        governed=True,
        tracking=True,
        help="One a line, such as “Encounter?class=IMP”. What was changed since the last poll is "
        "asked for by itself.",
    )
    fhir_poll_seconds = fields.Integer(
        string="Every (seconds)",
        default=60,
        governed=True,
        help="Between the end of a poll and the next one.",
    )
    fhir_poll_overlap = fields.Integer(
        string="Overlap (seconds)",
        default=120,
        governed=True,
        help="Each poll goes back by so much: servers show changes later than they stamp them, by "
        "the length of their longest transaction. What was read already is recognised.",
    )
    fhir_poll_count = fields.Integer(
        string="Resources of a page",
        default=100,
        governed=True,
        help="What is asked for (_count). The server may give fewer.",
    )
    fhir_poll_pages = fields.Integer(
        string="Pages at most",
        default=1000,
        governed=True,
        help="Of one search by links, so that a server whose paging has no end is noticed.",
    )
    fhir_poll_ids = fields.One2many("integration.fhir.poll", "interface_id", string="Polls")
    fhir_polled_ids = fields.One2many("integration.interface", "fhir_poll_interface_id")

    @api.constrains("fhir_poll_search")
    def _check_fhir_poll_search(self):
        for interface in self:
            for line in interface._fhir_searches():
                try:
                    address.parse_search(line)
                except ValueError as exc:
                    raise ValidationError(self.env._("Searches: %s.", exc)) from exc

    @api.constrains("fhir_poll_seconds", "fhir_poll_overlap", "fhir_poll_count", "fhir_poll_pages")
    def _check_fhir_poll_numbers(self):
        limits = {
            "fhir_poll_seconds": (1, MAX_SECONDS),
            "fhir_poll_overlap": (0, MAX_OVERLAP),
            "fhir_poll_count": (1, MAX_COUNT),
            "fhir_poll_pages": (1, MAX_PAGES),
        }
        for interface in self:
            for name, (least, most) in limits.items():
                if not least <= interface[name] <= most:
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” is %(least)s to %(most)s.",
                            field=self._fields[name]._description_string(self.env),
                            least=least,
                            most=most,
                        )
                    )

    @api.constrains("fhir_poll_interface_id", "system_id")
    def _check_fhir_poll_interface(self):
        """Whose answer is taken for a partner's content is not left to a proposal alone."""
        for interface in self.filtered("fhir_poll_interface_id"):
            # sudo: which system it is, whatever the user may read
            source = interface.fhir_poll_interface_id.sudo()
            if source.system_id != interface.system_id or source.revision_of_id:
                raise ValidationError(
                    self.env._(
                        "The interface that is polled through belongs to another system. Choose or "
                        "create one of this system."
                    )
                )

    # ------------------------------------------------------------------
    # what the engine asks
    # ------------------------------------------------------------------

    def _fhir_searches(self) -> list[str]:
        self.ensure_one()
        lines = ((self.fhir_poll_search or "").splitlines()) if self else []
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def _polls(self) -> bool:
        """Whether it is set up to ask a server for what has changed."""
        self.ensure_one()
        fhir = self.transport == "fhir" and self.direction == "inbound"
        return fhir and bool(self.fhir_poll_interface_id)

    def _polls_now(self) -> bool:
        """Whether the server may be asked now. What is only paused goes on being stored."""
        self.ensure_one()
        # sudo: whoever asks, the interface that is read through may not be for him to see
        source = self.sudo().fhir_poll_interface_id
        return (
            self._polls()
            and self._carries_traffic()
            and not self.receiving_stopped
            and source._carries_traffic()
            and not source.processing_paused
            and not source._stop_if_unwaived()
        )

    def _configuration_changed(self):
        res = super()._configuration_changed()
        self._fhir_keep_polls()
        return res

    def _fhir_keep_polls(self):
        """A row for each search of those that poll, and the lane that reads them."""
        for interface in self:
            if interface.revision_of_id:
                continue
            wanted = interface._fhir_searches() if interface._polls() else []
            # sudo: machinery, of which people see what it says
            polls = interface.sudo().fhir_poll_ids
            known = set(polls.mapped("query"))
            if not wanted and not known:
                continue
            polls.filtered(lambda one, wanted=wanted: one.query not in wanted).unlink()
            self.env["integration.fhir.poll"].sudo().create(  # sudo: as above
                [
                    {"interface_id": interface.id, "query": query}
                    for query in wanted
                    if query not in known
                ]
            )
            if wanted:
                interface._fhir_ensure_lane()

    def _fhir_ensure_lane(self):
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO integration_lane (interface_id, kind, number, wanted)
            SELECT %(id)s, %(kind)s, %(number)s, false
             WHERE NOT EXISTS (SELECT 1 FROM integration_lane
                                WHERE interface_id = %(id)s AND number = %(number)s)
            ON CONFLICT DO NOTHING
            """,
            {"id": self.id, "kind": fhir_poll.LANE, "number": fhir_poll.LANE_NUMBER},
        )
        if self._is_open():
            self._wake()

    def _fhir_poll_wanted(self):
        res = super()._fhir_poll_wanted()
        for interface in self.filtered(lambda one: one._polls() and one._is_open()):
            # sudo: what was missed is to be asked for, whoever found that
            interface.sudo().fhir_poll_ids._due_now()
            interface._wake()
        return res

    # ------------------------------------------------------------------
    # what people see
    # ------------------------------------------------------------------

    @api.depends("fhir_poll_ids.failures")
    def _compute_light(self):
        res = super()._compute_light()
        for interface in self:
            if interface.light == "ok" and any(interface.fhir_poll_ids.mapped("failures")):
                interface.light = "failing"
        return res

    def action_poll_now(self):
        """Ask the server now for all searches."""
        self.ensure_one()
        self._require_operator()
        return self.fhir_poll_ids.action_poll_now()

    def action_ask_read_again(self):
        """Ask from when everything is to be read again, and why."""
        self.ensure_one()
        self._require_operator()
        return self.fhir_poll_ids.action_ask_read_again()

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        # sudo: an approver asks as well, who may not read all that it refers to
        interface = self.sudo()
        if interface._polls():
            missing += interface._missing_of_polling()
        return missing

    def _missing_fhir(self):
        missing = super()._missing_fhir()
        if self._polls() and not self.credential_id and self.hl7_proof != "certificate":
            # Nobody can prove himself at its address, so it only polls.
            without = self._missing_of_proof()
            return [line for line in missing if line not in without]
        return missing

    def _missing_of_polling(self) -> list[str]:
        source, missing = self.fhir_poll_interface_id, []
        if not self._fhir_searches():
            missing.append(self.env._("“Searches” is empty: what is to be asked for?"))
        rules = self._fhir_rules()
        for name in sorted({address.parse_search(one)[0] for one in self._fhir_searches()}):
            if not rules.takes(name):
                missing.append(
                    self.env._("%s is asked for, and no rule of the routing takes it.", name)
                )
        if not source._speaks_fhir():
            missing.append(
                self.env._("“%s” asks no FHIR server. Choose another one.", source.display_name)
            )
        if not source._is_open():
            missing.append(
                self.env._(
                    "“%s”, which is polled through, is not active. Have it approved and activated "
                    "first.",
                    source.display_name,
                )
            )
        if source.data_class != self.data_class:
            missing.append(
                self.env._(
                    "“%s” has another data class. What one of the two reads is content of the "
                    "other, so both need the same.",
                    source.display_name,
                )
            )
        return missing

    def action_retire(self):
        for interface in self:
            # sudo: the name of what would stop working, whoever retires
            polled = interface.sudo().fhir_polled_ids.filtered(
                lambda one: one._is_open() and one._polls()
            )
            if polled:
                raise UserError(
                    self.env._(
                        "“%s” polls through this interface. Retire or change that one first.",
                        polled[0].display_name,
                    )
                )
        return super().action_retire()
