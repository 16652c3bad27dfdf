import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_core.engine import disclosure, triggers
from odoo.addons.integration_core.tools import closed_models, field_paths

from ..engine import ledger_counts, open_messages
from ..tools import lateness

_logger = logging.getLogger(__name__)

#: Late documents that one rule keeps: beyond that it says "more", which is reason enough to act.
MOST = 5000
#: Models of the suite that say what became of documents, with the states in which they still wait;
#: other ones of its own are closed. Their tables hold everything that ever happened: only by these
#: states, whatever else a condition says, do partial indexes find what it asks for.
WAITS = {
    "integration.message": open_messages.OPEN,
    "integration.record.sync": ("pending", "sent", "waiting", "failed", "conflict"),
    "integration.batch": ("open", "incomplete"),
}
POINTERS = tuple(WAITS)
#: What goes by itself: somebody wrote the same rows, or the database had no time.
_PASSING = (psycopg2.OperationalError,)
_TIMED = ("date", "datetime")


def _waits(model):
    """What may be late at all: of the ledger only what is not finished."""
    states = WAITS.get(model._name)
    return Domain("state", "in", list(states)) if states else Domain.TRUE


class IntegrationBusinessRule(models.Model):
    """What has to happen with documents or messages in time, and who is asked when it does not.

    A rule is a condition, a date from which time counts, and a threshold. It is looked at from time
    to time; what is late is kept as :class:`IntegrationBusinessBreach` until it is not any more. So
    screens count a few rows, and never search documents.
    """

    _name = "integration.business.rule"
    _description = "Business Rule of Monitoring"
    _inherit = ["integration.audited", "mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"
    _audit_excluded = ("checked_at", "next_check", "problem", "more")

    name = fields.Char(
        required=True, translate=True, help="As people read it: “Orders not acknowledged”."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    explanation = fields.Text(
        string="What it means, and what to do",
        translate=True,
        help="Shown beside what is late, for those who work with the documents.",
    )
    area = fields.Selection(
        [
            ("purchase", "Procurement"),
            ("stock", "Stock"),
            ("finance", "Finance"),
            ("clinical", "Clinical"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    model_id = fields.Many2one(
        "ir.model",
        string="Kind of document",
        required=True,
        ondelete="cascade",
        domain="[('transient', '=', False), ('abstract', '=', False)]",
    )
    model_name = fields.Char(related="model_id.model", string="Model")
    condition = fields.Char(
        default="[]",
        required=True,
        help="Documents that still wait. It holds fixed values and relative dates.",
    )
    date_field_id = fields.Many2one(
        "ir.model.fields",
        string="Waiting since",
        required=True,
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('ttype', 'in', ('date', 'datetime')),"
        " ('store', '=', True)]",
        help="From this date on time counts. After a date without a time, from the end of the day.",
    )
    threshold = fields.Integer(string="Late after", required=True, default=1, aggregator=None)
    threshold_unit = fields.Selection(
        [("minutes", "minutes"), ("hours", "hours"), ("days", "days")],
        required=True,
        default="days",
    )
    company_id = fields.Many2one(
        "res.company", index=True, help="Only documents of this company. Empty: of all."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("integration_core.group_observer").ids)
        ],
        help="Is given an activity when something is late.",
    )
    breach_ids = fields.One2many("integration.business.breach", "rule_id", readonly=True)
    breach_count = fields.Integer(string="Late", compute="_compute_breach_count")
    more = fields.Boolean(readonly=True, copy=False, help="There are more late ones than are kept.")
    checked_at = fields.Datetime(string="Last looked at", readonly=True, copy=False)
    next_check = fields.Datetime(readonly=True, copy=False, index=True)
    problem = fields.Char(readonly=True, copy=False, help="Why the last look failed.")

    @api.depends("breach_ids.state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_breach_count(self):
        counts = self.env["integration.business.breach"]._open_counts(self)
        for rule in self:
            rule.breach_count = counts.get(rule.id, 0)

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("threshold")
    def _check_threshold(self):
        if any(rule.threshold <= 0 for rule in self):
            raise ValidationError(self.env._("Say after how long something is late: 1 or more."))

    @api.constrains("model_id", "date_field_id")
    def _check_date_field(self):
        for rule in self:
            field = rule._model()._fields.get(rule.date_field_id.name)
            if (
                rule.date_field_id.model_id != rule.model_id
                or field is None
                or field.type not in _TIMED
                or not field.store
            ):
                raise ValidationError(
                    self.env._("“Waiting since” has to be a stored date of such documents.")
                )

    @api.constrains("model_id", "condition")
    def _check_condition(self):
        for rule in self:
            model = rule._model()
            try:
                domain = triggers.parse_domain(rule.condition)
                domain.validate(model)
                model._search(domain, limit=1)
                never = (domain & _waits(model)).optimize_full(model).is_false()
            except (ValueError, TypeError, KeyError) as exc:
                raise ValidationError(
                    self.env._(
                        "The condition cannot be used: %s. It may hold fixed values and relative "
                        "dates, but nothing that has to be calculated.",
                        exc,
                    )
                ) from exc
            if never:
                raise ValidationError(
                    self.env._(
                        "The condition finds nothing that waits: what is finished is never late."
                    )
                )

    def _model(self):
        """The model of the documents.

        :raises ValidationError: there is none that may be watched
        """
        model = self.env.get(self.model_name or "")
        if model is None or model._abstract or model._transient or not model._auto:
            raise ValidationError(self.env._("There is no model “%s”.", self.model_name))
        if closed_models.is_closed(model._name) and model._name not in POINTERS:
            raise ValidationError(
                self.env._("“%s” is no business document. It cannot be watched.", model._name)
            )
        return model

    def _require_rights(self):
        """Whoever has documents watched learns of them: so he must be allowed to see them.

        Not a constraint: those run as superuser.
        """
        for rule in self:
            model = rule._model()
            model.check_access("read")
            condition = triggers.parse_domain(rule.condition)
            model._search(condition, limit=1)
            if model._name in POINTERS:
                continue
            try:
                disclosure.check_condition(model, condition)
                # sudo: what fields are called is no secret, but ir.model.fields is closed
                disclosure.check_watched(model, rule.date_field_id.sudo().name)
            except field_paths.PathError as exc:
                raise ValidationError(
                    self.env._("Documents cannot be watched by this: %s.", str(exc))
                ) from exc

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        if not self.env.su:
            rules._require_rights()
        return rules

    def write(self, vals):
        res = super().write(vals)
        what = {"model_id", "condition", "date_field_id"} & set(vals)
        if what and not self.env.su:
            self._require_rights()
        if what or {"threshold", "threshold_unit", "company_id", "active"} & set(vals):
            self._look_soon()
        return res

    def _look_soon(self):
        self.filtered("next_check").next_check = False

    # ------------------------------------------------------------------
    # looking
    # ------------------------------------------------------------------

    def _span(self):
        return lateness.span(self.threshold, self.threshold_unit)

    def _late_domain(self):
        """What is late now, as a domain of the documents."""
        self.ensure_one()
        model = self._model()
        domain = triggers.parse_domain(self.condition) & _waits(model)
        name = self.date_field_id.name
        if model._fields[name].type == "date":
            domain &= Domain(name, "<=", lateness.last_day(fields.Date.today(), self._span()))
        else:
            domain &= Domain(name, "<=", lateness.limit(fields.Datetime.now(), self._span()))
        if self.company_id and "company_id" in model._fields:
            domain &= Domain("company_id", "=", self.company_id.id)
        return domain

    @api.model
    def _cron_business_rules(self):
        """Look at the rules that are due, each in a transaction of its own."""
        now = fields.Datetime.now()
        due = self.search(
            ["|", ("next_check", "=", False), ("next_check", "<=", now)], order="next_check, id"
        )
        for done, rule in enumerate(due, 1):
            if rule._locked():
                rule._look()
            self.env["ir.cron"]._commit_progress(1, remaining=len(due) - done)
        off = [("active", "=", False), ("breach_ids.state", "in", ["open", "acknowledged"])]
        self.search(off)._heal_all()

    def _locked(self):
        """Whether this process has the rule for itself until the end of its transaction."""
        self.env.cr.execute(
            "SELECT 1 FROM integration_business_rule WHERE id = %s FOR UPDATE SKIP LOCKED",
            [self.id],
        )
        return bool(self.env.cr.fetchone())

    def _look(self):
        """Bring the late documents of a rule up to date, and tell its owner of the first ones."""
        self.ensure_one()
        now = fields.Datetime.now()
        try:
            with self.env.cr.savepoint():
                before = self._open_breaches()
                late = self._find_late()
                self.env["integration.business.breach"]._keep(self, late)
                after = self._open_breaches()
                self._tell(before, after)
            problem = False
        except _PASSING as exc:
            # Such as somebody who acknowledged a document just now: no fault of the rule.
            _logger.info("Business rule %s is looked at again: %s", self.id, type(exc).__name__)
            self._note(checked_at=now, next_check=fields.Datetime.add(now, minutes=1))
            return
        except Exception as exc:
            # Such as a field that is gone, or a person who cannot be told: others, which may stand
            # behind this one for good, are looked at all the same.
            _logger.warning("Business rule %s cannot be looked at: %s", self.id, type(exc).__name__)
            late, problem = None, self._problem_text(exc)
        self._note(
            checked_at=now,
            next_check=lateness.next_look(now, self._span()),
            problem=problem,
            more=bool(late) and len(late) > MOST,
        )

    def _problem_text(self, exc):
        if isinstance(exc, psycopg2.Error):
            return self.env._("The database refused the condition. Correct the rule.")
        return self.env._("The rule cannot be used (%s). Correct it.", exc)

    def _find_late(self):
        """Late documents, the oldest first, one more than are kept."""
        name = self.date_field_id.name
        # sudo: a rule counts for everybody; who sees which document is decided when it is shown
        model = self._model().sudo().with_context(active_test=True)
        if model._name not in POINTERS:
            return model.search(self._late_domain(), order=f"{name}, id", limit=MOST + 1)
        # Statistics of tables that grow are of yesterday; the indexes of what is open are right.
        ledger_counts.plan_by_indexes(self.env.cr)
        late = model.search(self._late_domain(), order=f"{name}, id", limit=MOST + 1)
        ledger_counts.plan_freely(self.env.cr)
        return late

    def _open_breaches(self):
        return self.env["integration.business.breach"].search_count(
            [("rule_id", "=", self.id), ("state", "!=", "healed")]
        )

    def _tell(self, before, after):
        """An activity for the owner while something is late: one, however many there are."""
        kind = "integration_monitoring.mail_activity_business_late"
        if after and not before and self.user_id:
            self.activity_schedule(
                kind,
                user_id=self.user_id.id,
                summary=self.env._("%(rule)s: %(count)s", rule=self.name, count=after),
            )
        elif before and not after:
            self.activity_feedback([kind], feedback=self.env._("Nothing is late any more."))

    def _note(self, **values):
        """Keep books of the looks.

        SQL: no audit entry for each look, and nobody's change collides with it.
        """
        self.flush_recordset(list(values))
        assignments = SQL(", ").join(
            SQL("%s = %s", SQL.identifier(name), None if value is False else value)
            for name, value in values.items()
        )
        self.env.cr.execute(
            SQL("UPDATE integration_business_rule SET %s WHERE id = %s", assignments, self.id)
        )
        self.invalidate_recordset(list(values))

    def _heal_all(self):
        """A rule that is switched off has nothing late."""
        for rule in self:
            self.env["integration.business.breach"]._keep(rule, None)
            rule._tell(1, 0)

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def action_look_now(self):
        """Look at the rule at once, so that whoever writes it sees what it finds."""
        self.ensure_one()
        self.check_access("write")
        if not self._locked():
            raise UserError(self.env._("The rule is being looked at just now. Try again."))
        # sudo: late documents are kept for everybody; the right to the rule was checked above
        self.sudo()._look()
        return self.action_open_breaches()

    def action_open_breaches(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitoring.action_integration_business_breach"
        )
        action["domain"] = [("rule_id", "=", self.id), ("state", "!=", "healed")]
        action["context"] = {}
        action["display_name"] = self.name
        return action
