from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

ACTIVITY = "integration_hr.mail_activity_leaver"
ADMINISTRATORS = "base.group_erp_manager"


class IntegrationLeaverAccess(models.AbstractModel):
    """What becomes of the user account of somebody who leaves. Part of ``integration.leaver``.

    A message only proposes; an administrator of users decides, with the rights that he has.
    """

    _name = "integration.leaver.access"
    _description = "Leaver: User Account"

    user_id = fields.Many2one(
        "res.users", string="User account", readonly=True, ondelete="set null", index=True
    )
    user_login = fields.Char(string="Login", compute="_compute_user_login", compute_sudo=True)
    access_state = fields.Selection(
        [
            ("none", "No user account"),
            ("open", "To be decided"),
            ("closed", "Deactivated"),
            ("kept", "Kept"),
            ("void", "No longer needed"),
            ("back", "To be given back?"),
            ("restored", "Given back"),
        ],
        string="User account is",
        required=True,
        readonly=True,
        default="none",
        tracking=True,
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_at = fields.Datetime(readonly=True)
    note = fields.Char(string="Why", help="In the words of whoever decides.")
    obstacle = fields.Char(compute="_compute_obstacle", groups=ADMINISTRATORS)
    subordinate_names = fields.Char(
        string="Manager of", compute="_compute_hand_over", compute_sudo=True
    )
    department_names = fields.Char(
        string="Leads departments", compute="_compute_hand_over", compute_sudo=True
    )
    open_tasks = fields.Char(
        compute="_compute_hand_over", compute_sudo=True, help="Activities that nobody else has."
    )
    session_count = fields.Integer(
        string="Open sessions", compute="_compute_keys", groups=ADMINISTRATORS
    )
    key_count = fields.Integer(string="API keys", compute="_compute_keys", groups=ADMINISTRATORS)

    # ------------------------------------------------------------------
    # what whoever decides has to know
    # ------------------------------------------------------------------

    @api.depends("user_id")
    def _compute_user_login(self):
        for leaver in self:
            leaver.user_login = leaver.user_id.login

    @api.depends("user_id", "state", "employee_id")
    def _compute_hand_over(self):
        for leaver in self:
            employee = leaver.employee_id
            subordinates = leaver.subordinate_ids if leaver.state == "left" else employee.child_ids
            leaver.subordinate_names = ", ".join(subordinates.mapped("name"))
            led = self.env["hr.department"].search([("manager_id", "=", employee.id)])
            leaver.department_names = ", ".join(led.mapped("name"))
            leaver.open_tasks = self._tasks_in_words(leaver.user_id or employee.user_id)

    def _tasks_in_words(self, user) -> str:
        """How many activities of which kinds of documents: no more than that is told of them."""
        if not user:
            return ""
        counted = self.env["mail.activity"]._read_group(
            [("user_id", "=", user.id), ("res_model", "!=", False)], ["res_model"], ["__count"]
        )
        names = self.env["ir.model"]
        return ", ".join(f"{count} {names._get(model).name}" for model, count in counted)

    @api.depends("user_id", "access_state")
    @api.depends_context("uid")
    def _compute_keys(self):
        for leaver in self:
            leaver.session_count = len(leaver._devices())
            leaver.key_count = len(leaver._keys())

    def _devices(self):
        # sudo: administrators of users may end the sessions of whom they deactivate
        devices = self.env["res.device"].sudo()
        return devices.search([("user_id", "=", self.user_id.id)]) if self.user_id else devices

    def _keys(self):
        # sudo: as above; only counted and removed
        keys = self.env["res.users.apikeys"].sudo()
        return keys.search([("user_id", "=", self.user_id.id)]) if self.user_id else keys

    @api.depends("user_id", "access_state")
    @api.depends_context("uid")
    def _compute_obstacle(self):
        for leaver in self:
            leaver.obstacle = leaver._obstacle() if leaver.access_state == "open" else False

    def _obstacle(self) -> str | bool:
        """Why the present user cannot deactivate the account; ``False`` if he can."""
        user = self.user_id.sudo()  # sudo: what else depends on the account
        if not user:
            return self.env._("The user account is gone.")
        if user._is_superuser():
            return self.env._("Odoo itself works with this account. It cannot be deactivated.")
        if user == self.env.user:
            return self.env._("This is your own account. Let another administrator decide.")
        others = self._other_jobs(user)
        if others:
            return self.env._(
                "The user still works elsewhere: %s.",
                ", ".join(f"{one.name} ({one.company_id.name})" for one in others),
            )
        if self._is_last_administrator(user):
            return self.env._("This is the last administrator. Name another one first.")
        served = self._served(user)
        if served:
            return self.env._(
                "Interfaces work with this account: %s. Choose another service user for them "
                "first.",
                ", ".join(served.mapped("name")),
            )
        return False

    def _other_jobs(self, user):
        # sudo: employees of other companies, too
        employees = self.env["hr.employee"].sudo()
        return employees.search(
            [
                ("user_id", "=", user.id),
                ("id", "!=", self.employee_id.id),
                ("active", "=", True),
            ]
        )

    def _is_last_administrator(self, user) -> bool:
        if not user.has_group("base.group_system"):
            return False
        everyone = self.env.ref("base.group_system").sudo().all_user_ids  # sudo: as in _obstacle
        return not everyone.filtered(
            lambda one: one.active and one != user and not one._is_superuser()
        )

    def _served(self, user):
        # sudo: of all companies
        interfaces = self.env["integration.interface"].sudo()
        return interfaces.search(
            [("user_id", "=", user.id), ("state", "in", ("active", "deprecated"))]
        )

    # ------------------------------------------------------------------
    # proposed by messages
    # ------------------------------------------------------------------

    def _access_to_be_decided(self):
        """The employee has left: ask, unless there is nothing to decide or it was decided."""
        user = self.employee_id.user_id.sudo()  # sudo: whether there is an account, no more
        leaver = self.sudo()  # sudo: written by messages only
        if not user.active:
            if leaver.access_state in ("void", "back"):
                leaver.access_state = "none"
            return
        if leaver.access_state in ("open", "kept") and leaver.user_id == user:
            return
        leaver.write({"user_id": user.id, "access_state": "open", "decided_by_id": False})
        self._ask(self.env._("Deactivate the user account of somebody who has left?"))

    def _access_needed_again(self):
        """The employee is not leaving, or is back."""
        leaver = self.sudo()  # sudo: written by messages only
        if leaver.access_state == "closed" and leaver.user_id and not leaver.user_id.active:
            leaver.access_state = "back"
            self._ask(self.env._("Give the user account back to somebody who came back?"))
        elif leaver.access_state == "open":
            leaver.access_state = "void"
            leaver.activity_unlink([ACTIVITY])

    def _ask(self, summary):
        """A task for an administrator of users; without one the list of leavers shows it."""
        leaver = self.sudo()  # sudo: tasks are given by messages
        leaver.activity_unlink([ACTIVITY])
        administrator = self._administrator()
        if administrator:
            leaver.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY, user_id=administrator.id, summary=summary
            )

    def _administrator(self):
        """Who is asked: the owner of the interface if he administers users, else the first who
        does so in the company."""
        leaver = self.sudo()  # sudo: who the administrators are
        them = leaver.env.ref(ADMINISTRATORS).all_user_ids.filtered(
            lambda one: (
                one.active
                and not one._is_superuser()
                and one != leaver.employee_id.user_id
                and leaver.company_id in one.company_ids
            )
        )
        owner = leaver.message_ref_id.interface_id.owner_id
        return (them & owner) or them.sorted("id")[:1]

    # ------------------------------------------------------------------
    # decisions
    # ------------------------------------------------------------------

    def action_deactivate_user(self):
        """Deactivate the user account, and end its sessions and keys."""
        for leaver in self:
            leaver._check_decider("open")
            if obstacle := leaver._obstacle():
                raise UserError(obstacle)
            leaver.user_id.action_archive()
            # A later return must not bring old keys and sessions back.
            leaver._keys().unlink()
            devices = leaver._devices()
            if devices:
                devices._revoke()
            leaver._decided("closed")

    def action_keep_user(self):
        """The account stays as it is."""
        for leaver in self:
            leaver._check_decider("open", "back")
            leaver._decided("kept" if leaver.access_state == "open" else "closed")

    def action_give_back_user(self):
        """Activate the account of somebody who came back. Sessions and keys stay ended."""
        for leaver in self:
            leaver._check_decider("back")
            leaver.user_id.action_unarchive()
            leaver._decided("restored")

    def action_decide_again(self):
        """What was kept is to be decided once more."""
        for leaver in self:
            leaver._check_decider("kept")
            # sudo: the fields of a decision are closed; checked above
            leaver.sudo().write({"access_state": "open", "decided_by_id": False})

    def _check_decider(self, *states):
        """:raises AccessError, UserError: no administrator of users, or decided meanwhile"""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(ADMINISTRATORS):
            raise AccessError(self.env._("Only administrators of users decide about accounts."))
        # sudo: a lock needs the right to write, which nobody has but by deciding
        self.sudo().lock_for_update()
        self.invalidate_recordset(["access_state"])
        if self.access_state not in states:
            raise UserError(self.env._("This was decided, or settled itself, meanwhile."))

    def _decided(self, state):
        # sudo: the fields of a decision are closed; the decider was checked
        leaver = self.sudo()
        leaver.write(
            {
                "access_state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        leaver.activity_feedback([ACTIVITY], feedback=self.note or "")
