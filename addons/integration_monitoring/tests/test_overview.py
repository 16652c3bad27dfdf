from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..models import integration_overview
from .overview_case import OverviewCase, numbers

DAY = 86400


@tagged("post_install", "-at_install")
class TestOverview(OverviewCase):
    def _traffic(self):
        for interface in (self.inbound, self.outbound, self.foreign):
            for state in ("dead", "quarantined", "held", "retry", "queued"):
                values = {"held_reason": "parked"} if state == "held" else {}
                self.store_message(interface, state, 600, **values)
            for ago in (90, 300, 3 * 3600, 8 * 3600):
                self.store_message(interface, "done", ago)
            self.store_message(interface, "done", 30 * 3600)
            self.store_message(interface, "done", 7 * DAY + 300)
            self.roll(interface)
        self.beat()

    def _card(self, answer, interface):
        cards = [card for system in answer["systems"] for card in system["interfaces"]]
        return next((card for card in cards if card["id"] == interface.id), None)

    def test_every_number_opens_the_list_that_it_counts(self):
        self._traffic()
        self._incident(self.inbound)
        self._incident(self.foreign)
        overview = self.overview()
        found = list(numbers(overview.load_overview()))
        self.assertGreater(len(found), 15)
        for number in found:
            opened = number["open"]
            with self.subTest(name=opened["name"], domain=opened["domain"]):
                model = overview.env[opened["model"]].with_context(**opened["context"])
                self.assertEqual(model.search_count(opened["domain"]), number["value"])

    def test_every_number_of_a_system_and_of_an_interface_does_so_too(self):
        self._traffic()
        self._incident(self.inbound)
        overview = self.overview()
        answers = [overview.load_system(self.system.id), overview.load_interface(self.inbound.id)]
        found = list(numbers(answers))
        self.assertGreater(len(found), 12)
        for number in found:
            opened = number["open"]
            with self.subTest(name=opened["name"]):
                model = overview.env[opened["model"]].with_context(**opened["context"])
                self.assertEqual(model.search_count(opened["domain"]), number["value"])

    def test_numbers_are_those_of_the_traffic(self):
        self._traffic()
        answer = self.overview().load_overview()
        card = self._card(answer, self.inbound)
        states = {key: card[key]["value"] for key in ("waiting", "held", "dead", "quarantined")}
        self.assertEqual(states, {"waiting": 2, "held": 1, "dead": 1, "quarantined": 1})
        self.assertGreaterEqual(card["oldest"], 600)
        self.assertEqual(sum(card["spark"]), card["done_day"])
        self.assertIn(card["done_day"], (3, 4))  # the fourth may lie before the first hour
        self.assertAlmostEqual(card["p95"], 1.0, delta=0.5)
        self.assertEqual(card["error_rate"], 0.0)

    def test_a_reader_sees_his_companies_only(self):
        self._traffic()
        everybody = self.overview().load_overview()
        self.assertIsNone(self._card(everybody, self.foreign))
        with self.assertRaises(AccessError):
            self.overview().load_interface(self.foreign.id)
        with self.assertRaises(AccessError):
            self.overview().load_system(self.other_system.id)
        self.observer.company_ids += self.other_company
        both = self.overview().with_context(
            allowed_company_ids=(self.env.company + self.other_company).ids
        )
        self.assertIsNotNone(self._card(both.load_overview(), self.foreign))

    def test_without_the_role_nothing_is_told(self):
        user = new_test_user(self.env, "no.role", "base.group_user")
        for call in (
            lambda one: one.load_overview(),
            lambda one: one.load_interface(self.inbound.id),
            lambda one: one.load_system(self.system.id),
        ):
            with self.assertRaises(AccessError):
                call(self.overview(user))

    def test_the_trend_compares_with_a_week_before(self):
        for at in range(12):
            self.store_message(self.inbound, "done", 300 + at)
            self.store_message(self.inbound, "done", 320 + at)
            self.store_message(self.inbound, "done", 7 * DAY + 300 + at)
        self.roll(self.inbound)
        self.beat()
        totals = {one["key"]: one for one in self.overview().load_overview()["totals"]["numbers"]}
        before = totals["done"]["before"]
        self.assertGreaterEqual(before, 12)
        self.assertEqual(
            totals["done"]["change"], round((totals["done"]["value"] - before) / before, 2)
        )

    def test_old_measurements_are_called_old(self):
        self.beat(ago=10)
        self.assertFalse(self.overview().load_overview()["stale"])
        self.beat(ago=900)
        self.env.cr.execute("DELETE FROM integration_rollup")
        answer = self.overview().load_overview()
        self.assertTrue(answer["stale"])
        card = self._card(answer, self.inbound)
        self.assertEqual(card["light"], "unknown")
        self.assertEqual(card["reasons"][0]["code"], "unmeasured")

    def test_a_quiet_minute_does_not_make_it_old(self):
        """No row is written of a minute in which nothing happened."""
        self.store_message(self.inbound, "done", 3600)
        self.roll(self.inbound)
        self.beat(ago=20)
        self.assertFalse(self.overview().load_overview()["stale"])

    def test_what_a_person_decided_goes_before(self):
        self._traffic()
        self.env.cr.execute(
            "UPDATE integration_interface SET processing_paused = true WHERE id = %s",
            [self.inbound.id],
        )
        card = self._card(self.overview().load_overview(), self.inbound)
        self.assertEqual(card["light"], "paused")
        self.assertEqual(card["reasons"][0]["code"], "paused")
        self.assertIn("dead_letters", [one["code"] for one in card["reasons"]])

    def test_incidents_come_with_the_worst_first(self):
        self._incident(self.inbound, severity="3")
        self._incident(self.outbound, severity="1")
        found = self.overview().load_overview()["incidents"]
        ours = [row for row in found["rows"] if row["interface_id"] in self._ids()]
        self.assertEqual([row["severity"] for row in ours], ["1", "3"])

    def _ids(self):
        return (self.inbound.id, self.outbound.id)

    def _incident(self, interface, severity="2"):
        since = fields.Datetime.now() - timedelta(minutes=5)
        return self.env["integration.incident"].create(
            {
                "subject": "interface",
                "subject_ref": interface.id,
                "interface_id": interface.id,
                "company_id": interface.company_id.id,
                "severity": severity,
                "signals": {},
                "findings": [],
                "started_at": since,
                "detected_at": since,
            }
        )


@tagged("post_install", "-at_install")
class TestOverviewNotices(OverviewCase):
    """Screens hear that something has changed, and nobody else does."""

    def test_one_notice_for_many_changes(self):
        integration_overview._told.clear()
        told = []
        bus = type(self.env["bus.bus"])
        with patch.object(bus, "_sendone", lambda _bus, *args: told.append(args)):
            self.assertTrue(self.env["integration.overview"]._changed())
            self.assertFalse(self.env["integration.overview"]._changed())
            integration_overview._told[self.env.cr.dbname] -= 60
            self.assertTrue(self.env["integration.overview"]._changed())
        group = self.env.ref("integration_core.group_observer")
        self.assertEqual(
            told, [((group, "integration.overview"), "integration.overview/changed", {})] * 2
        )

    def test_observers_alone_can_listen(self):
        group = self.env.ref("integration_core.group_observer")
        stranger = new_test_user(self.env, "no.role", "base.group_user")
        self.assertIn((group, "integration.overview"), self._channels(self.observer))
        self.assertNotIn((group, "integration.overview"), self._channels(stranger))
        self.assertNotIn((group, "integration.overview"), self._channels(self.observer, []))

    def test_the_name_alone_is_no_channel(self):
        for user in (self.observer, new_test_user(self.env, "no.role", "base.group_user")):
            self.assertNotIn("integration.overview", self._channels(user))

    def _channels(self, user, asked=("integration.overview",)):
        websocket = self.env["ir.websocket"].with_user(user)
        parent = "odoo.addons.bus.models.ir_websocket.IrWebsocket._build_bus_channel_list"
        with patch(parent, lambda _self, channels: channels):
            return websocket._build_bus_channel_list(list(asked))


@tagged("post_install", "-at_install")
class TestOverviewMenu(OverviewCase):
    def test_the_overview_is_the_first_screen_and_the_cards_stay(self):
        menus = self.env["ir.ui.menu"].with_user(self.observer)
        self.env.registry.clear_all_caches()
        shown = menus.load_web_menus(False)
        root = shown[self.env.ref("integration_core.menu_root").id]
        overview = self.env.ref("integration_monitoring.action_overview")
        self.assertEqual((root["actionID"], root["actionModel"]), (overview.id, overview._name))
        self.assertNotIn(self.env.ref("integration_core.menu_overview").id, shown)
        cards = shown[self.env.ref("integration_monitoring.menu_cards").id]
        action = self.env.ref("integration_monitoring.action_cards")
        self.assertEqual(cards["actionID"], action.id)
        # The screen of the core, under the name of the entry.
        core = self.env.ref("integration_core.action_integration_interface_overview")
        self.assertEqual(
            (action.name, action.res_model, action.view_mode, action.domain),
            ("Cards", core.res_model, core.view_mode, core.domain),
        )
