from odoo.addons.integration_core.engine import capture, muting

from .common import EngineCase


class MuteCase(EngineCase):
    """Records to change, mutes to change them under, and the cron that catches up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # what was cached before the interface was activated below the ORM
        cls.event_type._triggers_changed()

    def setUp(self):
        super().setUp()
        self.snapshot_countries()

    def mute(self, *, start=True, **values):
        mute = self.env["integration.event.mute"].create(
            {
                "event_type_ids": [(6, 0, self.event_type.ids)],
                "reason": "First load",
                "user_id": False,
                **values,
            }
        )
        if start:
            mute.action_mute()
        return mute

    def countries(self, count=3):
        self.made = getattr(self, "made", 0)
        numbers = range(self.made, self.made + count)
        self.made += count
        # two signs that no real country has
        found = self.env["res.country"].create(
            [
                {"name": f"Z{n}", "code": chr(0x4E00 + n // 99) + chr(0x4E00 + n % 99)}
                for n in numbers
            ]
        )
        self.env.cr.flush()
        return found

    def reach(self, records):
        records.phone_code = 999
        self.env.cr.flush()

    def events(self):
        return self.env["integration.event"].search([("type_id", "=", self.event_type.id)])

    def rows(self, mute):
        self.env.cr.execute(
            "SELECT res_id FROM integration_event_muted WHERE mute_id = %s ORDER BY id", [mute.id]
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def catch_up(self, mute, limit=1000):
        step = muting.catch_up(self.env, mute.id, limit, capture.caught_up)
        self.env.cr.flush()
        self.env.invalidate_all()
        return step

    def run_cron(self):
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_kwargs: 60.0)
        self.env["integration.event.mute"]._cron_mutes()
        self.env.cr.flush()
        self.env.invalidate_all()
