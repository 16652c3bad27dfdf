from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import uses
from ..tools import backoff, breaker, retention

STANDARD_WEBHOOKS_SCHEDULE = "0s, 5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h"


class IntegrationPolicy(models.Model):
    """How an interface behaves in time: deadlines, retries, breaker, ordering, rate, retention."""

    _name = "integration.policy"
    _description = "Integration Policy"
    _inherit = ["integration.audited"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: every company may use this policy."
    )
    locked = fields.Boolean(
        compute="_compute_locked", help="An interface was approved with this policy."
    )
    # deadlines, in seconds
    connect_timeout = fields.Float(
        string="Time to connect",
        default=5.0,
        required=True,
        help="How long the partner may take to accept a connection.",
    )
    read_timeout = fields.Float(
        string="Silence",
        default=15.0,
        required=True,
        help="Longest silence of the partner during its answer.",
    )
    total_timeout = fields.Float(
        string="Time limit",
        default=30.0,
        required=True,
        help="Longest duration of one attempt, from connecting to the last byte of the answer.",
    )
    # retries
    max_attempts = fields.Integer(
        string="Attempts",
        default=10,
        required=True,
        help="After so many failed attempts the message goes to the dead letters.",
    )
    retry_mode = fields.Selection(
        [
            ("exponential", "Growing, by chance (exponential with full jitter)"),
            ("schedule", "By a schedule (±20 %)"),
        ],
        string="Pauses",
        required=True,
        default="exponential",
        help="Growing pauses suit most partners. A schedule suits webhooks, which try for days.",
    )
    backoff_base = fields.Float(
        string="First pause",
        default=2.0,
        required=True,
        help="Seconds. Each pause is random, below a limit that starts here and doubles.",
    )
    backoff_cap = fields.Float(
        string="Longest pause",
        default=900.0,
        required=True,
        help="Seconds. No pause is longer than this.",
    )
    retry_schedule = fields.Char(
        string="Schedule",
        default=STANDARD_WEBHOOKS_SCHEDULE,
        help="Pause before each attempt, such as “0s, 5s, 5m, 30m, 2h”. "
        "The first entry is the pause before the first attempt.",
    )
    # circuit breaker
    breaker_enabled = fields.Boolean(
        default=True,
        help="Stop calling a partner that fails, and probe it now and then until it recovers.",
    )
    breaker_failure_percent = fields.Integer(
        string="Share of failures",
        default=50,
        required=True,
        help="From this share of failed calls on, the partner is left alone for a while.",
    )
    breaker_min_calls = fields.Integer(
        string="Calls that count",
        default=10,
        required=True,
        help="Calls within a minute before the failure rate counts.",
    )
    breaker_open_seconds = fields.Float(
        string="Pause of calls",
        default=30.0,
        required=True,
        help="First pause; it doubles up to ten minutes.",
    )
    # flow
    concurrency = fields.Integer(
        default=4,
        required=True,
        help="At most so many requests are under way to the partner at once, per lane.",
    )
    lanes = fields.Integer(
        default=1,
        required=True,
        help="Parallel workers of an interface. Messages of one key always use the same lane.",
    )
    ordering = fields.Selection(
        [("none", "None"), ("key", "Per key"), ("strict", "Strict")],
        required=True,
        default="key",
        help="Per key: messages about one record keep their order, others overtake. "
        "Strict: the whole interface is one queue.",
    )
    failure_blocks_key = fields.Boolean(
        string="Failed message blocks its key",
        help="A quarantined or dead message holds back the later messages of its key until a "
        "person has retried, replayed or resolved it.",
    )
    rate_per_second = fields.Float(
        string="Messages a second",
        default=0.0,
        help="Of each interface, on average; 0 is unlimited. In: more requests are refused with "
        "429 and the time after which to try again. Out: more messages wait in the queue, and "
        "every attempt counts, repetitions included.",
    )
    rate_burst = fields.Integer(
        string="After a pause",
        default=20,
        help="What may come in, or leave, at once after a pause. Out: with a low rate, a few "
        "seconds' worth of messages lets the queue be worked off in gulps, without a worker that "
        "waits.",
    )
    # retention, in days
    payload_days = fields.Integer(
        string="Content",
        default=30,
        required=True,
        help="Days after which the content of a finished message is removed. What needs a person "
        "(quarantined, dead, held) is kept until it is resolved; the days count from then.",
    )
    clinical_payload_days = fields.Integer(
        string="Clinical content",
        default=7,
        required=True,
        help="The same for interfaces of the data class clinical. It goes first.",
    )
    metadata_days = fields.Integer(
        string="Messages",
        default=400,
        required=True,
        help="Days after which a finished message is removed with its attempts: what it was "
        "about, when, and how it ended. The audit trail is kept.",
    )
    key_days = fields.Integer(
        string="Idempotency keys",
        default=730,
        required=True,
        help="Days for which a partner may repeat a message and is recognised. Longer than "
        "messages are kept: a repetition after that would be applied a second time.",
    )

    @api.constrains("clinical_payload_days", "payload_days", "metadata_days", "key_days")
    def _check_retention(self):
        problems = {
            "clinical": self.env._("Clinical content may not be kept longer than other content."),
            "payload": self.env._("Content cannot be kept longer than the message it belongs to."),
            "key": self.env._(
                "Idempotency keys must be kept at least as long as messages. Otherwise a partner's "
                "repetition would be applied a second time."
            ),
        }
        for policy in self:
            problem = retention.order_problem(
                policy.clinical_payload_days,
                policy.payload_days,
                policy.metadata_days,
                policy.key_days,
            )
            if problem:
                raise ValidationError(
                    self.env._(
                        "“%(policy)s”: %(problem)s", policy=policy.name, problem=problems[problem]
                    )
                )

    @api.constrains("retry_mode", "retry_schedule")
    def _check_retry_schedule(self):
        for policy in self.filtered(lambda p: p.retry_mode == "schedule"):
            try:
                backoff.parse_schedule(policy.retry_schedule or "")
            except ValueError as exc:
                raise ValidationError(
                    self.env._(
                        "Retry schedule of “%(policy)s”: %(reason)s",
                        policy=policy.name,
                        reason=str(exc),
                    )
                ) from exc

    @api.constrains(
        "connect_timeout", "read_timeout", "total_timeout", "max_attempts", "concurrency",
        "lanes", "backoff_base", "backoff_cap", "breaker_failure_percent", "breaker_min_calls",
        "breaker_open_seconds", "rate_per_second", "rate_burst",
        "clinical_payload_days", "payload_days", "metadata_days", "key_days",
    )  # fmt: skip
    def _check_ranges(self):
        ranges = {
            "connect_timeout": (0.1, 60),
            "read_timeout": (0.1, 300),
            "total_timeout": (0.5, 600),
            "max_attempts": (1, 100),
            "concurrency": (1, 32),
            "lanes": (1, 16),
            "backoff_base": (0.1, 3600),
            "backoff_cap": (1, 86400),
            "breaker_failure_percent": (1, 100),
            "breaker_min_calls": (1, 1000),
            "breaker_open_seconds": (1, 600),
            "rate_per_second": (0, 100000),
            "rate_burst": (1, 100000),
            "clinical_payload_days": (1, 36500),
            "payload_days": (1, 36500),
            "metadata_days": (1, 36500),
            "key_days": (1, 36500),
        }
        for policy in self:
            for name, (low, high) in ranges.items():
                if not low <= policy[name] <= high:
                    raise ValidationError(
                        self.env._(
                            "%(field)s of “%(policy)s” must lie between %(low)s and %(high)s.",
                            field=self._fields[name]._description_string(self.env),
                            policy=policy.name,
                            low=low,
                            high=high,
                        )
                    )

    def write(self, vals):
        if set(vals) - {"name", "active", "company_id"}:
            self._raise_if_in_use()
        res = super().write(vals)
        # The HTTP door caches the rate and the number of lanes of its interfaces.
        # sudo: a shared policy serves interfaces of companies that its editor may not see
        interfaces = (
            self.env["integration.interface"]
            .sudo()
            .with_context(active_test=False)
            .search([("policy_id", "in", self.ids)])
        )
        interfaces._configuration_changed()
        interfaces._wake()
        return res

    def _compute_locked(self):
        used = uses.approved_interfaces(self.env, [("policy_id", "in", self.ids)])
        for policy in self:
            policy.locked = policy in used.policy_id

    def action_duplicate(self):
        """Open a copy, which may be changed."""
        self.ensure_one()
        return self.copy({"name": self.env._("%s (copy)", self.name)}).get_formview_action()

    def _raise_if_in_use(self):
        """A policy that was approved with an interface does not change under it."""
        if self.env.su:
            return  # installation and upgrade
        used = uses.approved_interfaces(self.env, [("policy_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "“%s” uses this policy and was approved with it. Duplicate the policy, change "
                    "the copy, and propose the copy as a change of the interface.",
                    used.display_name,
                )
            )

    def _retry_plan(self):
        """The pure retry plan (:class:`backoff.RetryPlan`) of this policy."""
        self.ensure_one()
        schedule = self.retry_mode == "schedule"
        return backoff.RetryPlan(
            mode=self.retry_mode,
            base=self.backoff_base,
            cap=self.backoff_cap,
            schedule=backoff.parse_schedule(self.retry_schedule) if schedule else (),
            max_attempts=self.max_attempts,
        )

    def _breaker_config(self):
        """The pure breaker configuration (:class:`breaker.BreakerConfig`) of this policy."""
        self.ensure_one()
        return breaker.BreakerConfig(
            failure_ratio=self.breaker_failure_percent / 100,
            min_calls=self.breaker_min_calls,
            open_seconds=self.breaker_open_seconds,
        )
