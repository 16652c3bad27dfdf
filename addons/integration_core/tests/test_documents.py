from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import documents

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestDocuments(EngineCase):
    """What screens call the documents that messages, events and links point to."""

    def link(self, model, res_id, identifier):
        self.env.cr.execute(
            "INSERT INTO integration_record_link"
            " (system_id, company_id, res_model, res_id, external_id)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING id",
            [self.system.id, self.system.company_id.id, model, res_id, identifier],
        )
        return self.env["integration.record.link"].browse(self.env.cr.fetchone()[0])

    def test_names_of_what_the_user_may_read(self):
        country = self.env["res.country"].create({"name": "Zedland", "code": "ZZ"})
        admin = self.env.ref("base.user_admin")
        gone = self.env["res.country"].create({"name": "Gone", "code": "ZG"})
        links = (
            self.link("res.country", country.id, "1")
            + self.link("res.country", gone.id, "2")
            + self.link("res.users", admin.id, "3")
            + self.link("not.installed", 7, "4")
            + self.link("ir.cron", self.env.ref("integration_core.ir_cron_watchdog").id, "5")
        )
        # Behind Odoo's back: what it deletes takes its links along.
        self.env.cr.execute("DELETE FROM res_country WHERE id = %s", [gone.id])
        self.env.invalidate_all()
        user = new_test_user(self.env, "reads", "integration_core.group_observer")
        self.assertEqual(
            documents.readable_names(links.with_user(user)),
            {
                ("res.country", country.id): "Zedland",
                ("res.users", admin.id): admin.display_name,
            },
        )
        self.assertEqual(links.with_user(user)[-1:].record_name, False)

    def test_kinds_have_names_for_everybody(self):
        env = self.env(user=new_test_user(self.env, "reads", "base.group_user"))
        self.assertEqual(documents.kind_name(env, "res.country"), "Country")
        self.assertEqual(documents.kind_name(env, "integration.system"), "Integration System")
        self.assertEqual(documents.short_kind_name(env, "integration.system"), "System")
        self.assertEqual(documents.kind_name(env, "not.installed"), "not.installed")
        self.assertEqual(documents.kind_name(env, None), "")
