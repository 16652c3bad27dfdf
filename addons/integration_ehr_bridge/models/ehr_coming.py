import hashlib
import json
import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.engine import causation, disputes
from odoo.addons.integration_core.engine.inbound_run import Received
from odoo.addons.integration_core.tools import errors

_logger = logging.getLogger(__name__)
#: What could not be applied for so long is brought before somebody.
OVERDUE = timedelta(days=1)
LOCATION = ("point_of_care", "room", "bed", "facility")


class EhrComing(models.Model):
    """A part of a list of staff or places that takes effect later: applied when its time has come.

    The message that brought it is done. What takes effect at the same time is applied together or
    not at all; what stands in the way is told here, and tried again.
    """

    _name = "ehr.coming"
    _description = "Coming Change of Staff or Places"
    _order = "effective_at, id"
    _check_company_auto = True
    _integration_data_class = "confidential"

    kind = fields.Selection(
        [("staff", "Staff"), ("location", "Places")], string="Of what", required=True, readonly=True
    )
    name = fields.Char(string="Whom it concerns", required=True, readonly=True)
    effective_at = fields.Datetime(string="Takes effect", required=True, readonly=True)
    records = fields.Json(
        required=True,
        readonly=True,
        help="Pairs of position in the list of the message and record, as the contract has them.",
    )
    state = fields.Selection(
        [("waiting", "Waits"), ("applied", "Applied"), ("given_up", "Given up")],
        required=True,
        readonly=True,
        default="waiting",
    )
    problem = fields.Char(
        string="What stands in the way",
        readonly=True,
        help="Why it could not be applied when its time had come. It is tried again every hour.",
    )
    applied_at = fields.Datetime(readonly=True)
    digest = fields.Char(required=True, readonly=True, help="Tells a repetition from another one.")
    message_uuid = fields.Char(string="Message", readonly=True)
    arrived = fields.Integer(
        string="Order of arrival",
        readonly=True,
        help="Puts changes that take effect at the same time in order: the number that the message "
        "got when it arrived.",
    )
    system_id = fields.Many2one("integration.system", readonly=True, ondelete="restrict")
    user_id = fields.Many2one(
        "res.users", string="Service user", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)

    # What was given up may be told again: only one of them waits.
    _waiting_unique = models.UniqueIndex("(company_id, system_id, digest) WHERE state = 'waiting'")
    _due_idx = models.Index("(effective_at) WHERE state = 'waiting'")

    # ------------------------------------------------------------------
    # told by a message
    # ------------------------------------------------------------------

    @api.model
    def _keep(self, kind, received, numbered, at):
        """Keep what takes effect later, with the rights of the service user who is told it.

        The same again changes nothing while it waits. What was given up waits anew when another
        message tells it; a retry or a replay of the message that told it does not undo what was
        decided.

        :param numbered: pairs of position and record
        :param at: when it takes effect, naive UTC
        """
        said = [kind, at.isoformat(), [record for _position, record in numbered]]
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
        # sudo: a service user needs no right on what waits
        coming = self.sudo()
        company = self.env.company
        known = coming.search(
            [
                ("company_id", "=", company.id),
                ("system_id", "=", received.system_id),
                ("digest", "=", digest),
                ("state", "in", ("waiting", "given_up")),
            ]
        )
        source = coming._source(received)
        for one in known:
            if one.state == "waiting" or one.message_uuid == source:
                return one.sudo(self.env.su)
        found = coming.create(
            {
                "kind": kind,
                "name": self._named(kind, [record for _position, record in numbered]),
                "effective_at": at,
                "records": numbered,
                "digest": digest,
                "message_uuid": source,
                "arrived": received.arrived,
                "system_id": received.system_id,
                "user_id": self.env.uid,
                "company_id": company.id,
            }
        )
        # sudo: wakes a scheduled job, and nothing of it
        self.env.ref("integration_ehr_bridge.ir_cron_coming").sudo()._trigger(at)
        return found.sudo(self.env.su)

    @api.model
    def _source(self, received):
        """The id of a message, or of the one that it repeats if it is a replay."""
        message = self.env["integration.message"].browse(received.original_id or ())
        return message.exists().uuid or received.uuid

    @api.model
    def _named(self, kind, records):
        """The numbers of some staff, or the codes of some places."""
        if kind == "staff":
            names = [one["staff"]["number"] for one in records]
        else:
            places = [[one["location"].get(name) or "" for name in LOCATION] for one in records]
            names = ["^".join(place).rstrip("^") for place in places]
        return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")

    # ------------------------------------------------------------------
    # applied when the time has come
    # ------------------------------------------------------------------

    @api.model
    def _cron_due(self):
        """Apply what has taken effect by now; what stands in the way of one keeps no other.

        What failed before comes last: it may need all the time there is.
        """
        due = self.search(
            [("state", "=", "waiting"), ("effective_at", "<=", fields.Datetime.now())]
        ).sorted(lambda one: bool(one.problem))
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for one in due:
            one._apply_apart()
            if not cron._commit_progress(1):
                return
        # What else the census has to do from time to time.
        self.env["ehr.encounter"]._adopt_late()

    def _apply_apart(self):
        """As :meth:`_apply`; what stands in the way is written down."""
        try:
            with self.env.cr.savepoint():
                self._apply()
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            raise  # the transaction is to be repeated, or the database is away
        except Exception as exc:  # whatever stands in the way of one must not keep the others
            # What the database refuses is one of these: the savepoint has repaired it.
            known = isinstance(exc, (UserError, errors.IntegrationError))
            if not known:
                # The type alone: the text of an unknown exception may quote what was told.
                _logger.error("Coming change %s failed with %s", self.id, type(exc).__name__)
            self.problem = str(exc) if known else self.env._("An error of the server: see its log.")
            self._ask_when_overdue()

    def _ask_when_overdue(self):
        """Nobody may look at the list: what fails for a day is to be decided by a person."""
        exceptions = self.env["integration.exception"]
        if self.effective_at > fields.Datetime.now() - OVERDUE or exceptions._of(self):
            return
        exceptions._raise_for(
            None,
            self,
            "coming",
            self.env._("A change that was announced could not be applied when its day had come."),
            area="census",
            lines=[(self.env._("What stands in the way"), "", self.problem)],
        )

    def _apply(self):
        """Apply it as the message would: with the rights of its user, in the name of its system.

        :raises errors.IntegrationError, UserError: it cannot be applied
        """
        self.ensure_one()
        system = self.system_id.id
        received = Received(self.arrived, self.message_uuid, None, None, None, system)
        handler = (
            self.env[f"integration.handler.ehr_{self.kind}_list"]
            .with_user(self.user_id)
            .with_company(self.company_id)
        )
        cause = causation.Cause(self.message_uuid, None, None, system, 1)
        with causation.caused_by(cause), disputes.collecting(handler.env):
            handler._apply_all(received, self.records)
        self.write({"state": "applied", "applied_at": fields.Datetime.now(), "problem": False})
        self.env["integration.exception"]._settle(self)

    @api.autovacuum
    def _gc_over(self):
        """Remove what is over once the content of its message is: it says the same."""
        self.env.cr.execute(
            "SELECT c.id FROM ehr_coming c WHERE c.state <> 'waiting' AND NOT EXISTS ("
            "SELECT 1 FROM integration_message m JOIN integration_payload p "
            "ON p.message_id = m.id WHERE m.uuid = c.message_uuid)"
        )
        self.browse(row[0] for row in self.env.cr.fetchall()).unlink()

    # ------------------------------------------------------------------
    # what people decide
    # ------------------------------------------------------------------

    def action_apply(self):
        """What stood in the way is mended: try it now."""
        for one in self._decided_upon():
            if one.effective_at > fields.Datetime.now():
                raise UserError(self.env._("Its time has not come yet."))
            try:
                with self.env.cr.savepoint():
                    one._apply()
            except errors.IntegrationError as exc:
                raise UserError(str(exc)) from exc

    def action_give_up(self):
        """It is not to take effect: the sender took it back, or it was done by hand."""
        coming = self._decided_upon()
        coming.write({"state": "given_up"})
        self.env["integration.exception"]._settle(coming)

    def _decided_upon(self):
        """These changes, for whoever may decide about them.

        :raises AccessError, UserError: not the user's business, or over
        """
        self.check_access("read")
        if not self.env.user.has_group("integration_ehr_bridge.group_census_manager"):
            raise AccessError(self.env._("Census managers decide about coming changes."))
        # sudo: changes are written by messages and by these buttons; the role was checked
        coming = self.sudo()
        coming.lock_for_update()
        coming.invalidate_recordset(["state"])
        if any(one.state != "waiting" for one in coming):
            raise UserError(self.env._("One of these changes was applied or given up already."))
        return coming
