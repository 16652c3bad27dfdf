from pathlib import Path

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.tests import upgrading

MIGRATIONS = Path(__file__).parents[1] / "migrations"
BEFORE, VERSION = "19.0.1.0.0", "19.0.1.1.0"


@tagged("post_install", "-at_install")
class TestUpgrade(TransactionCase):
    def test_failures_are_grouped_by_one_action_only(self):
        script = upgrading.script(VERSION, "post-group_action", MIGRATIONS)
        cron = self.env["ir.cron"].create(
            {
                "name": "Integrations: group failures",
                "model_id": self.env["ir.model"]._get_id("integration.error.group"),
                "state": "code",
                "code": "model._cron_collect()",
            }
        )
        module, _dot, name = script.CRON.partition(".")
        self.env["ir.model.data"].create(
            {
                "module": module,
                "name": name,
                "model": "ir.cron",
                "res_id": cron.id,
                "noupdate": True,
            }
        )
        action = cron.ir_actions_server_id
        for _time in range(2):
            script.migrate(self.env.cr, BEFORE)
        self.assertFalse(self.env.ref(script.CRON, raise_if_not_found=False))
        self.assertFalse(cron.exists())
        self.assertFalse(action.exists())
