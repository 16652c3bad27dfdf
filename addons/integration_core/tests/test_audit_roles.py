import json

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import memberships

TRAIL = "odoo.addons.integration_core.models.integration_audit_trail"
OPERATOR = "Integrations / Operator"
OBSERVER = "Integrations / Observer"


@tagged("post_install", "-at_install")
class TestAuditRoles(TransactionCase):
    """Every way in which somebody gets or loses a role of the suite leaves an entry."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls.env.ref("integration_core.group_operator")
        cls.admin = new_test_user(cls.env, "roles.admin", "base.group_erp_manager")
        cls.kim = new_test_user(cls.env, "kim")
        memberships.compare(cls.env)

    def told(self, user_id, since=0):
        """Act, roles and login of the actor of each entry about a user."""
        found = self.env["integration.audit.entry"].search(
            [
                ("res_model", "=", "res.users"),
                ("res_id", "=", user_id),
                ("act", "in", ("grant", "withdraw")),
            ],
            order="id",
        )
        rows = []
        for entry in found:
            old, new = json.loads(entry.changes)["group_ids"]
            rows.append((entry.act, new or old, entry.actor_login))
        return rows

    def as_admin(self, record):
        return record.with_user(self.admin)

    def test_from_the_person_and_back(self):
        self.as_admin(self.kim).group_ids = [Command.link(self.operator.id)]
        self.as_admin(self.kim).group_ids = [Command.unlink(self.operator.id)]
        self.assertEqual(
            self.told(self.kim.id),
            [
                ("grant", f"{OBSERVER}, {OPERATOR}", "roles.admin"),
                ("withdraw", f"{OBSERVER}, {OPERATOR}", "roles.admin"),
            ],
        )

    def test_what_does_not_concern_the_suite_is_not_told(self):
        self.kim.group_ids = [Command.link(self.env.ref("base.group_partner_manager").id)]
        self.kim.write({"name": "Kim Other"})
        self.assertEqual(self.told(self.kim.id), [])

    def test_from_the_group(self):
        self.as_admin(self.operator).user_ids = [Command.link(self.kim.id)]
        self.assertEqual(self.told(self.kim.id)[0][0], "grant")
        self.as_admin(self.operator).write({"user_ids": [Command.unlink(self.kim.id)]})
        self.assertEqual([row[0] for row in self.told(self.kim.id)], ["grant", "withdraw"])

    def test_through_all_user_ids(self):
        self.operator.all_user_ids = self.operator.all_user_ids | self.kim
        self.assertEqual([row[0] for row in self.told(self.kim.id)], ["grant"])

    def test_through_a_group_that_implies_it(self):
        group = self.env["res.groups"].create(
            {"name": "Night shift", "user_ids": [Command.link(self.kim.id)]}
        )
        self.assertEqual(self.told(self.kim.id), [])
        group.implied_ids = [Command.link(self.operator.id)]
        self.assertEqual([row[0] for row in self.told(self.kim.id)], ["grant"])
        self.operator.implied_by_ids = [Command.unlink(group.id)]
        self.assertEqual([row[0] for row in self.told(self.kim.id)], ["grant", "withdraw"])
        group._apply_group(self.operator)
        group.unlink()
        self.assertEqual([row[0] for row in self.told(self.kim.id)], 2 * ["grant", "withdraw"])

    def test_created_archived_deleted(self):
        lee = new_test_user(self.env, "lee", "integration_core.group_auditor")
        self.assertEqual([row[0] for row in self.told(lee.id)], ["grant"])
        lee.active = False
        lee.active = True
        lee_id = lee.id
        lee.unlink()
        self.assertEqual(
            [row[0] for row in self.told(lee_id)], ["grant", "withdraw", "grant", "withdraw"]
        )
        last = self.env["integration.audit.entry"].search([("res_id", "=", lee_id)], limit=1)
        self.assertIn("lee", last.res_name)

    def test_copied(self):
        self.kim.group_ids = [Command.link(self.operator.id)]
        copy = self.kim.copy({"login": "kim2"})
        self.assertEqual(self.told(copy.id)[0][:2], ("grant", f"{OBSERVER}, {OPERATOR}"))

    def test_through_another_record(self):
        company = self.env["res.company"].create({"name": "Annex"})
        company.user_ids = [
            Command.create(
                {
                    "name": "Max",
                    "login": "max",
                    "company_id": company.id,
                    "company_ids": [Command.link(company.id)],
                    "group_ids": [Command.link(self.operator.id)],
                }
            )
        ]
        user = self.env["res.users"].search([("login", "=", "max")])
        self.assertEqual([row[0] for row in self.told(user.id)], ["grant"])
        entry = self.env["integration.audit.entry"].search([("res_id", "=", user.id)], limit=1)
        self.assertEqual(entry.company_id, company.id)

    def test_a_group_that_leaves_the_privilege(self):
        self.kim.group_ids = [Command.link(self.operator.id)]
        self.operator.privilege_id = False
        self.assertEqual(self.told(self.kim.id)[-1][0], "withdraw")

    def test_what_failed_is_not_told(self):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env.ref("base.user_root").unlink()
        self.kim.group_ids = [Command.link(self.operator.id)]
        self.assertEqual(len(self.told(self.kim.id)), 1)

    @mute_logger(TRAIL)
    def test_changed_in_the_database(self):
        """Nobody answers for it who merely writes next."""
        self.env.cr.execute(
            "INSERT INTO res_groups_users_rel (gid, uid) VALUES (%s, %s)",
            [self.env.ref("integration_core.group_approver").id, self.kim.id],
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        self.as_admin(self.kim).group_ids = [Command.link(self.operator.id)]
        self.assertEqual(
            self.told(self.kim.id),
            [
                ("grant", "Integrations / Observer, Integrations / Approver", "__system__"),
                ("grant", OPERATOR, "roles.admin"),
            ],
        )
        first = self.env["integration.audit.entry"].search(
            [("res_id", "=", self.kim.id), ("act", "=", "grant")], order="id", limit=1
        )
        self.assertIn("outside Odoo", first.reason)
        trail = self.env.ref("integration_core.audit_trail")
        self.assertIn("Roles were changed outside Odoo", trail.activity_ids.mapped("summary"))
        self.assertEqual(memberships.compare(self.env), 0)

    def test_the_audit_of_roles_begins_with_those_that_are_held(self):
        """As after an upgrade: nobody changed anything."""
        self.env.cr.execute("DELETE FROM integration_audit_membership")
        self.env.cr.execute("ALTER TABLE integration_audit_entry DISABLE TRIGGER USER")
        self.env.cr.execute("DELETE FROM integration_audit_entry")
        self.env.cr.execute("ALTER TABLE integration_audit_entry ENABLE TRIGGER USER")
        self.assertGreater(memberships.compare(self.env), 1)
        reasons = self.env["integration.audit.entry"].search([]).mapped("reason")
        self.assertEqual(set(reasons), {"Held when the audit of roles began."})
        self.assertFalse(self.env.ref("integration_core.audit_trail").activity_ids)
