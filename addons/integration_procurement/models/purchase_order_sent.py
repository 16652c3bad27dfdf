from contextlib import contextmanager

from psycopg2.errors import LockNotAvailable

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.integration_core.engine import dispatcher, operations, withdrawals
from odoo.addons.integration_core.engine.cursors import own_cursor

WAYS = [
    ("phone", "Phone"),
    ("mail", "E-mail"),
    ("portal", "Supplier's portal"),
    ("letter", "Letter or fax"),
    ("other", "Another way"),
]
# An interface is telling of the order, or could not.
OPEN = ("pending", "sent", "waiting", "failed")


class PurchaseOrder(models.Model):
    """An order that reached its supplier by other means than its interface."""

    _inherit = "purchase.order"  # pylint: disable=consider-merging-classes-inherited

    sent_otherwise = fields.Selection(
        WAYS, string="Sent by", readonly=True, copy=False, tracking=False
    )
    sent_otherwise_reason = fields.Char(string="Why not by interface", readonly=True, copy=False)
    sent_otherwise_at = fields.Datetime(string="Said on", readonly=True, copy=False)
    sent_otherwise_user_id = fields.Many2one(
        "res.users", string="Said by", readonly=True, copy=False, ondelete="set null"
    )
    # {"messages": [id], "interfaces": [id]}: what an undo sends after all.
    sent_otherwise_withdrawn = fields.Json(readonly=True, copy=False)
    integration_may_be_sent_otherwise = fields.Boolean(
        compute="_compute_integration_may_be_sent_otherwise",
        compute_sudo=True,  # whoever may read the order may know whether it got through
        groups="base.group_user",
    )

    def _compute_integration_may_be_sent_otherwise(self):
        """Whether an interface that leads to the supplier has something to do with the order.

        Where a system belongs to no contact, nobody knows whether it does: it is asked once.
        """
        self._origin.flush_recordset(["partner_id", "sent_otherwise"])
        self.env.cr.execute(
            SQL(
                """
                SELECT s.res_id
                  FROM integration_record_sync s
                  JOIN integration_interface i ON i.id = s.interface_id
                  JOIN integration_system y ON y.id = i.system_id
                  LEFT JOIN res_partner theirs ON theirs.id = y.partner_id
                  JOIN purchase_order o ON o.id = s.res_id
                  JOIN res_partner supplier ON supplier.id = o.partner_id
                 WHERE s.res_model = %(model)s AND s.res_id = ANY(%(ids)s)
                   AND s.state = ANY(%(states)s) AND i.direction = 'outbound'
                   AND (theirs.commercial_partner_id = supplier.commercial_partner_id
                        OR theirs.id IS NULL
                           AND (i.awaits_confirmation OR o.sent_otherwise IS NULL))
                 UNION
                SELECT res_id FROM integration_event
                 WHERE res_model = %(model)s AND res_id = ANY(%(ids)s) AND dispatched_at IS NULL
                """,
                model=self._name,
                ids=list(self._origin.ids),
                states=list(OPEN),
            )
        )
        found = {row[0] for row in self.env.cr.fetchall()}
        for order in self:
            order.integration_may_be_sent_otherwise = order._origin.id in found

    # ------------------------------------------------------------------
    # acts
    # ------------------------------------------------------------------

    def action_ask_sent_otherwise(self):
        """Ask how and why, and show what has left already."""
        self.ensure_one()
        self.check_access("write")
        with self._apart() as order:
            rows = order._integration_under_way()
        if not rows:
            raise UserError(self.env._("No interface sends this order, so nothing is to be said."))
        supplier = self.partner_id.commercial_partner_id.id
        wizard = self.env["integration.sent.otherwise"].create(
            {
                "order_id": self.id,
                "line_ids": [
                    fields.Command.create(
                        {
                            "interface": row.interface_id,
                            "name": row.name,
                            "state": self._integration_words(row),
                            "may_have_left": row.may_have_left,
                            # A system without a contact is asked for confirmation only if it
                            # leads to the supplier.
                            "chosen": row.partner_id == supplier
                            or (not row.partner_id and row.awaits_confirmation),
                        }
                    )
                    for row in rows
                ],
            }
        )
        return self._ask_sent_otherwise(wizard, self.env._("Sent by other means"))

    def action_ask_undo_sent_otherwise(self):
        """Ask whether the interfaces shall send it after all."""
        self.ensure_one()
        self.check_access("write")
        wizard = self.env["integration.sent.otherwise"].create({"order_id": self.id, "undo": True})
        return self._ask_sent_otherwise(wizard, self.env._("Not sent by other means"))

    def _ask_sent_otherwise(self, wizard, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def _set_sent_otherwise(self, way, reason, interface_ids, certain):
        """The order reached the supplier by ``way``; what interfaces were to tell is withdrawn.

        Committed at once, as acts on messages are that drains may be sending.

        :param certain: the user knows that it may have left by an interface as well
        :raises UserError: it may have left, and the user does not know
        """
        self.ensure_one()
        self.check_access("write")
        with self._apart() as order:
            rows = [
                row for row in order._integration_under_way() if row.interface_id in interface_ids
            ]
            if not certain:
                order._require_none_left(rows)
            by = dict(order._fields["sent_otherwise"]._description_selection(order.env))[way]
            text = order.env._("Sent by other means (%(way)s): %(reason)s", way=by, reason=reason)
            moved = withdrawals.withdraw(order, rows, text, text, certain=certain)
            order.write(
                {
                    "sent_otherwise": way,
                    "sent_otherwise_reason": reason,
                    "sent_otherwise_at": fields.Datetime.now(),
                    "sent_otherwise_user_id": order.env.uid,
                    "sent_otherwise_withdrawn": {
                        "messages": moved,
                        "interfaces": [row.interface_id for row in rows],
                    },
                }
            )
            order.message_post(body=text, subtype_xmlid="mail.mt_note")
        self.env.invalidate_all()

    def _require_none_left(self, rows):
        left = [row for row in rows if row.may_have_left]
        if left:
            raise UserError(
                self.env._(
                    "%s\nAgree with the supplier that it is one and the same order, confirm that, "
                    "and go on.",
                    "\n".join(f"{row.name}: {self._integration_words(row)}" for row in left),
                )
            )

    def _undo_sent_otherwise(self):
        """It was not sent by other means after all: the interfaces send it."""
        self.ensure_one()
        self.check_access("write")
        with self._apart() as order:
            withdrawn = order.sent_otherwise_withdrawn
            if not withdrawn:
                raise UserError(self.env._("The order was not sent by other means."))
            if order.state == "cancel":
                raise UserError(self.env._("A cancelled order is not sent any more."))
            text = order.env._("Not sent by other means after all; the interface sends it.")
            withdrawals.undo(order, withdrawn["messages"], withdrawn["interfaces"], text)
            order.write(
                {
                    "sent_otherwise": False,
                    "sent_otherwise_reason": False,
                    "sent_otherwise_at": False,
                    "sent_otherwise_user_id": False,
                    "sent_otherwise_withdrawn": False,
                }
            )
            order.message_post(body=text, subtype_xmlid="mail.mt_note")
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # what interfaces are doing
    # ------------------------------------------------------------------

    @contextmanager
    def _apart(self):
        """This order in a READ COMMITTED transaction of its own, committed at the end.

        Drains take messages all the time: what was one in the snapshot of this request may be
        another by now, and must be seen as it is before somebody is told that it was stopped.
        """
        registry = self.env.registry
        if not dispatcher.dispatch_now(registry, self._name, self.id):
            raise UserError(
                self.env._("Much else is about to be sent before this order. Try again later.")
            )
        try:
            with own_cursor(registry) as cr:
                cr.execute("SELECT set_config('lock_timeout', %s, true)", [operations.LOCK_TIMEOUT])
                yield self.with_env(self.env(cr=cr))
        except LockNotAvailable as exc:
            raise UserError(
                self.env._("Somebody else is changing this order or its messages. Try again.")
            ) from exc

    def _integration_under_way(self):
        """What interfaces are telling of this order, or have told of it."""
        self.env.flush_all()
        return withdrawals.under_way(self.env.cr, self)

    def _integration_words(self, row) -> str:
        """Where the order stands at an interface, for a buyer."""
        if row.leaving:
            return self.env._("It is being sent at this very moment.")
        if row.unsure:
            return self.env._("Sending it was tried; nobody knows whether it arrived.")
        if row.left_at:
            return self.env._(
                "It has left already, on %s.",
                fields.Datetime.to_string(
                    fields.Datetime.context_timestamp(self, row.left_at).replace(tzinfo=None)
                ),
            )
        if row.failed:
            return self.env._("It could not be sent; it will not be tried again.")
        if row.pending:
            return self.env._("It has not been sent yet, and will not be.")
        return self.env._("It was withdrawn.")
