from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine import audit, routes, uses
from ..tools.value_maps import Entry, first_overlap

# Set by the model itself; a form or an import may not claim that somebody confirmed a value.
STAMPS = frozenset({"proposed_by_id", "confirmed_by_id", "confirmed_at"})
CONTENT = frozenset({"map_id", "source", "target", "valid_from", "valid_to"})


class IntegrationValueMapLine(models.Model):
    """One translated value: proposed by an operator, confirmed by an administrator."""

    _name = "integration.value.map.line"
    _description = "Integration Value Map Line"
    _inherit = ["integration.closed.columns", "integration.audited"]
    _closed_fields = STAMPS
    _audit_excluded = tuple(STAMPS)  # the entry itself tells who did it and when
    _order = "map_id, source, valid_from, id"

    map_id = fields.Many2one(
        "integration.value.map",
        required=True,
        index=True,
        ondelete="cascade",
        help="The list that this value belongs to.",
    )
    source = fields.Char(
        string="The partner says",
        required=True,
        help="Exactly as the partner writes it. Everybody with a role in Integrations can read "
        "it: codes belong here, names of people do not.",
    )
    target = fields.Char(
        string="It means",
        required=True,
        help="What Odoo understands, such as a unit or a code of its own.",
    )
    valid_from = fields.Date(
        string="Valid from",
        help="First day on which this holds, in the time zone of the partner's system. The day "
        "on which the message arrived (or the event happened) decides. Empty: always.",
    )
    valid_to = fields.Date(string="Valid until", help="Last day on which this holds.")
    state = fields.Selection(
        [("proposed", "Proposed"), ("confirmed", "Confirmed")],
        required=True,
        default=lambda self: "confirmed" if self._may_confirm() else "proposed",
        help="Only confirmed values are applied.",
    )
    proposed_by_id = fields.Many2one("res.users", string="Proposed by", readonly=True, copy=False)
    confirmed_by_id = fields.Many2one("res.users", string="Confirmed by", readonly=True, copy=False)
    confirmed_at = fields.Datetime(string="Confirmed on", readonly=True, copy=False)
    origin_message_id = fields.Many2one(
        "integration.message",
        string="Found in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Message in which the value was met first.",
    )

    _source_filled = models.Constraint(
        "CHECK(source <> '' AND target <> '')",
        "An empty value cannot be mapped: that would be a default.",
    )

    @api.depends("source", "target")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.source or ''} → {line.target or ''}"

    def _may_confirm(self):
        return self.env.su or self.env.user.has_group("integration_core.group_administrator")

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("map_id", "source", "valid_from", "valid_to", "state")
    def _check_validity(self):
        """A day and a value have one meaning; proposals may contradict it until confirmed."""
        self._touch()
        for value_map, lines in self.grouped("map_id").items():
            siblings = self.search(
                [("map_id", "=", value_map.id), ("source", "in", lines.mapped("source"))]
            )
            for state, ours in siblings.grouped("state").items():
                try:
                    pair = first_overlap(ours._as_entries())
                except ValueError as exc:
                    raise ValidationError(
                        self.env._("“Valid until” lies before “Valid from”.")
                    ) from exc
                if pair:
                    self._raise_overlap(value_map, pair, state)

    def _touch(self):
        """Change the maps along with their lines: ``engine.value_maps`` reads them again.

        And of two people who add the same value at once, the second one is run again and is told.
        The maps are changed and not only locked, because a transaction that waited for a lock
        alone would go on with its old snapshot.
        """
        self.env.cr.execute(
            "UPDATE integration_value_map SET write_date = now() AT TIME ZONE 'UTC' "
            "WHERE id = ANY(%s)",
            [self.map_id.ids],
        )

    def _as_entries(self):
        return [
            Entry(line.source, line.target, line.valid_from or None, line.valid_to or None)
            for line in self
        ]

    def _raise_overlap(self, value_map, pair, state):
        if state == "proposed":
            raise ValidationError(
                self.env._(
                    "“%(map)s”: “%(value)s” is proposed already. An administrator has to confirm "
                    "it.",
                    map=value_map.display_name,
                    value=pair[0].source,
                )
            )
        raise ValidationError(
            self.env._(
                "“%(map)s”: “%(value)s” has two meanings on the same day: %(first)s and "
                "%(second)s. End the older one the day before the newer one begins.",
                map=value_map.display_name,
                value=pair[0].source,
                first=pair[0].target,
                second=pair[1].target,
            )
        )

    # ------------------------------------------------------------------
    # who may write what
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        may_confirm = self._may_confirm()
        prepared = []
        for values in vals_list:
            # Whoever is said to have confirmed it: it is whoever does so now.
            vals = {name: value for name, value in values.items() if name not in STAMPS}
            vals.setdefault("state", "confirmed" if may_confirm else "proposed")
            if vals["state"] == "confirmed" and not may_confirm:
                raise AccessError(self.env._("Only an administrator confirms values."))
            prepared.append(vals)
        lines = super().create(prepared)
        lines.filtered(lambda line: line.state == "confirmed")._stamp()
        proposed = lines.filtered(lambda line: line.state == "proposed")
        # sudo: nobody chooses who proposed a value
        proposed.sudo().write({"proposed_by_id": self.env.uid})
        proposed.map_id._ask_to_confirm()
        return lines

    def write(self, vals):
        if not self.env.su and vals.get("state") == "proposed":
            raise UserError(
                self.env._("A confirmed value does not become a proposal again. End it instead.")
            )
        self._touch()
        res = super().write(vals)
        if CONTENT & set(vals) or vals.get("state") == "confirmed":
            # Whoever changes a confirmed value answers for it.
            self.filtered(lambda line: line.state == "confirmed")._stamp()
        return res

    def _stamp(self):
        # sudo: nobody chooses who confirmed a value
        self.sudo().write({"confirmed_by_id": self.env.uid, "confirmed_at": fields.Datetime.now()})

    def unlink(self):
        self._touch()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        for line in self.filtered(lambda line: line.state == "confirmed"):
            maps = line.map_id.ids
            used = uses.approved_interfaces(
                self.env,
                routes.with_mapping("value_map_ids", "in", maps),
                retired=False,
                limit=1,
            )
            if used:
                raise UserError(
                    self.env._(
                        "“%(interface)s” has used “%(value)s”. Do not delete it, enter the day on "
                        "which it ends.",
                        interface=used.display_name,
                        value=line.source,
                    )
                )

    # ------------------------------------------------------------------
    # confirmation
    # ------------------------------------------------------------------

    def action_confirm(self):
        """Apply proposed values from now on, and offer to go on with what waits for them."""
        if not self._may_confirm():
            raise AccessError(self.env._("Only an administrator confirms values."))
        proposed = self.filtered(lambda line: line.state == "proposed")
        if not proposed:
            raise UserError(self.env._("These values are confirmed already."))
        proposed.write({"state": "confirmed"})
        audit.record(proposed, "confirm")
        proposed.map_id._settle_proposals()
        return proposed.map_id.action_reprocess_waiting()

    def action_reject(self):
        """Drop proposals."""
        if not self._may_confirm():
            raise AccessError(self.env._("Only an administrator rejects values."))
        if any(line.state != "proposed" for line in self):
            raise UserError(self.env._("Only proposed values can be rejected."))
        maps = self.map_id
        self.unlink()
        maps._settle_proposals()
        return True
