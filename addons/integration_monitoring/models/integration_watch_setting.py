from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.findings import Signal

SIGNALS = [
    (Signal.SILENCE.value, "Silence"),
    (Signal.VOLUME_LOW.value, "Too few messages"),
    (Signal.VOLUME_HIGH.value, "Too many messages"),
    (Signal.AVAILABILITY.value, "Failures use up the budget"),
    (Signal.LATENCY.value, "Slowness uses up the budget"),
    (Signal.RECOVERY.value, "Not healed in time"),
    (Signal.DURABILITY.value, "Acknowledged and not kept"),
    (Signal.QUEUE_AGE.value, "Messages wait too long"),
    (Signal.DEAD_LETTER.value, "Dead letters"),
    (Signal.DUPLICATES.value, "Too many duplicates"),
    (Signal.ERROR_GROUP.value, "New kind of failure"),
    (Signal.BREAKER_OPEN.value, "Circuit breaker open"),
    (Signal.PROBE_FAILED.value, "Probe failed"),
    (Signal.EXPIRY.value, "Secret or certificate ends"),
    (Signal.LISTENER_DOWN.value, "Listener down"),
    (Signal.RUNNER_DOWN.value, "Job runner down"),
    (Signal.RETENTION.value, "Retention fails"),
    (Signal.AUDIT_CHAIN.value, "Audit trail broken"),
    (Signal.DATABASE.value, "PostgreSQL near a limit"),
]
#: Signals with a limit that a person understands and may set.
LIMITED = frozenset(
    {
        Signal.QUEUE_AGE.value,
        Signal.DEAD_LETTER.value,
        Signal.DUPLICATES.value,
        Signal.EXPIRY.value,
        Signal.PROBE_FAILED.value,
    }
)
#: Signals of the suite as a whole: they are set for all interfaces.
OF_SUITE = frozenset(
    {
        Signal.LISTENER_DOWN.value,
        Signal.RUNNER_DOWN.value,
        Signal.RETENTION.value,
        Signal.AUDIT_CHAIN.value,
        Signal.DATABASE.value,
    }
)


class Settings(NamedTuple):
    """What is set, read at once for a round of the watch.

    :param general: by signal: whether it is watched, and its limit (0: as shipped).
    :param own: the same by interface, which goes before.
    """

    general: dict[Signal, tuple[bool, float]]
    own: dict[int, dict[Signal, tuple[bool, float]]]

    def of(self, interface_id: int) -> tuple[frozenset[Signal], dict[Signal, float]]:
        """What is switched off for an interface, and its limits."""
        mine = {**self.general, **self.own.get(interface_id, {})}
        off = frozenset(signal for signal, (watched, _limit) in mine.items() if not watched)
        return off, {signal: limit for signal, (_watched, limit) in mine.items() if limit > 0}

    @property
    def off(self) -> frozenset[Signal]:
        """What is switched off everywhere."""
        return frozenset(signal for signal, (watched, _l) in self.general.items() if not watched)


class IntegrationWatchSetting(models.Model):
    """A signal that is switched off, or has a limit of its own: for one interface or for all."""

    _name = "integration.watch.setting"
    _description = "Setting of the Watch"
    _inherit = ["integration.audited"]
    _audit_parent = "interface_id"
    _order = "interface_id, signal, id"

    watch_id = fields.Many2one(
        "integration.watch",
        string="Interface watched",
        index=True,
        ondelete="cascade",
        help="Empty: for all interfaces, and for the suite.",
    )
    interface_id = fields.Many2one(related="watch_id.interface_id", store=True)
    company_id = fields.Many2one(related="interface_id.company_id")
    signal = fields.Selection(SIGNALS, required=True)
    watched = fields.Boolean(
        default=True,
        help="Whether it is judged. What is switched off ends at once, and raises no alert.",
    )
    limit_value = fields.Float(
        string="Limit",
        digits=(12, 1),
        help="From where on it is told; 0: as shipped. Messages wait too long: seconds. Dead "
        "letters, duplicates: how many. Secret or certificate ends: days before. Probe failed: "
        "successive failures. Others follow from objectives and from what is usual.",
    )
    note = fields.Char(string="Why", help="Those who look at the wall next year want to know.")

    _signal_unique = models.UniqueIndex(
        "((coalesce(watch_id, 0)), signal)", "There is a line for this signal already."
    )

    @api.depends("interface_id.name", "signal")
    @api.depends_context("lang")
    def _compute_display_name(self):
        names = dict(self._fields["signal"]._description_selection(self.env))
        for setting in self:
            parts = (setting.interface_id.name, names.get(setting.signal))
            setting.display_name = ": ".join(filter(None, parts))

    @api.constrains("signal", "limit_value", "watch_id")
    def _check_limit(self):
        for setting in self:
            if setting.limit_value < 0 or (setting.limit_value and setting.signal not in LIMITED):
                raise ValidationError(
                    self.env._(
                        "This signal has no limit of its own: set the objective, or switch it off."
                        " Where there is one, it is above 0."
                    )
                )
            if setting.watch_id and setting.signal in OF_SUITE:
                raise ValidationError(
                    self.env._("This signal is about the suite: set it without an interface.")
                )

    @api.model
    def _known(self):
        """All settings, for a round of the watch."""
        general: dict[Signal, tuple[bool, float]] = {}
        own: dict[int, dict[Signal, tuple[bool, float]]] = {}
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT interface_id, signal, coalesce(watched, false), coalesce(limit_value, 0)
              FROM integration_watch_setting
            """
        )
        for interface, signal, watched, limit in self.env.cr.fetchall():
            mine = own.setdefault(interface, {}) if interface else general
            mine[Signal(signal)] = (watched, float(limit))
        return Settings(general, own)
