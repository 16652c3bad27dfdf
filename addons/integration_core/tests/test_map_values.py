from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..engine import operations, unmapped
from ..mixins import unmapped as mixin
from ..models import integration_value_map_waiting as waiting
from .common import delivered
from .test_mapping import ADMINISTRATOR, MappingCase

OPERATOR = "integration_core.group_operator"
VIEWER = "integration_core.group_content_viewer"
CLINICAL = "integration_core.group_clinical_viewer"


@tagged("post_install", "-at_install")
class TestMapValues(MappingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(cls.env, "values.administrator", ADMINISTRATOR)
        cls.operator = new_test_user(cls.env, "values.operator", f"{OPERATOR},{VIEWER}")
        cls.blind = new_test_user(cls.env, "values.blind", OPERATOR)
        cls.observer = new_test_user(cls.env, "values.observer", "integration_core.group_observer")
        cls.second = cls._interface("Second", direction="inbound")
        cls._use(cls.mapping, cls.second)

    def row(self, value="blau", target="blue", **values):
        return {"map_id": self.value_map.id, "value": value, "target": target, **values}

    def maps(self, user):
        return self.env["integration.value.map"].with_user(user)

    def test_the_missing_values_of_messages(self):
        messages = self.quarantine("blau", "blau", "gelb", "rot")
        self.assertEqual(messages.mapped("waits_for_value"), [True] * 3 + [False])
        found = messages.with_user(self.operator).unmapped_values()
        self.assertEqual(
            [(r["value"], r["count"]) for r in found["values"]], [("blau", 2), ("gelb", 1)]
        )
        self.assertEqual(found["values"][0]["map_id"], self.value_map.id)
        self.assertEqual(found["values"][0]["place"], "header")
        self.assertFalse(found["may_confirm"])
        self.assertTrue(messages.with_user(self.administrator).unmapped_values()["may_confirm"])
        action = messages.with_user(self.operator).action_map_values()
        self.assertNotIn("blau", str(action))

    def test_how_many_wait(self):
        self.quarantine("blau", "blau", "gelb")
        self.quarantine("blau", interface=self.second)
        choices = self.maps(self.operator).value_choices([self.row("blau"), self.row("gelb")])
        self.assertEqual([c["waiting"] for c in choices], [3, 1])
        self.assertEqual(choices[0]["targets"], ["red"])
        with patch.object(unmapped, "PAGE", 1):
            choices = self.maps(self.operator).value_choices([self.row("blau")])
            self.assertEqual((choices[0]["waiting"], choices[0]["more"]), (3, False))
        with patch.object(unmapped, "PAGE", 1), patch.object(waiting, "COUNT_SECONDS", 0):
            choices = self.maps(self.operator).value_choices([self.row("blau")])
        self.assertTrue(choices[0]["more"], "there was no time to count all")

    def test_an_administrator_maps_and_all_that_wait_go_on(self):
        ours = self.quarantine("blau", "gelb")
        theirs = self.quarantine("blau", interface=self.second)
        maps = self.maps(self.administrator)
        done = maps.map_values([self.row(message_id=ours[0].id, valid_from="2020-01-01")])
        self.assertEqual(done, {"confirmed": True, "map_ids": self.value_map.ids})
        line = self.value_map.line_ids.filtered(lambda one: one.source == "blau")
        self.assertEqual((line.state, line.origin_message_id), ("confirmed", ours[0]))
        self.assertEqual(line.valid_from.isoformat(), "2020-01-01")
        value_map = maps.browse(done["map_ids"])
        self.assertEqual(value_map.count_waiting(), {"waiting": 3, "ready": 2, "more": False})
        result = value_map.reprocess_waiting([0, 0])
        self.assertEqual(result, {"retried": 2, "left": 1, "after": False})
        self.env.invalidate_all()
        self.assertEqual((ours | theirs).mapped("state"), ["queued", "quarantined", "queued"])
        self.drain(self.inbound)
        self.drain(self.second)
        self.env.invalidate_all()
        self.assertEqual((ours | theirs).mapped("state"), ["done", "quarantined", "done"])

    def test_messages_that_cannot_be_retried_do_not_stop_the_others(self):
        self.quarantine("blau")
        self.maps(self.administrator).map_values([self.row()])
        value_map = self.value_map.with_user(self.operator)
        with patch.object(operations, "operate", side_effect=UserError("gone")):
            result = value_map.reprocess_waiting()
        self.assertEqual(result, {"retried": 0, "left": 1, "after": False})

    def test_reprocessing_goes_part_by_part(self):
        messages = self.quarantine(*["blau"] * 7)
        self.maps(self.administrator).map_values([self.row()])
        value_map = self.value_map.with_user(self.operator)
        after, retried, calls = [0, 0], 0, 0
        with patch.object(unmapped, "PAGE", 3), patch.object(waiting, "REPROCESS_SECONDS", 0):
            while after:
                part = value_map.reprocess_waiting(after)
                after, retried, calls = part["after"], retried + part["retried"], calls + 1
                self.assertLess(calls, 9)
        self.assertEqual((retried, calls), (7, 3))
        self.env.invalidate_all()
        self.assertEqual(set(messages.mapped("state")), {"queued"})

    def test_an_operator_proposes(self):
        message = self.quarantine("blau")
        done = self.maps(self.operator).map_values([self.row(message_id=message.id)])
        self.assertFalse(done["confirmed"])
        self.assertEqual(self.value_map.activity_ids.summary, "Confirm proposed values: Colours")
        self.assertEqual(self.value_map.with_user(self.operator).reprocess_waiting()["retried"], 0)
        choices = self.maps(self.administrator).value_choices([self.row()])
        self.assertEqual(choices[0]["proposed"], "blue")
        # The administrator corrects the proposal while confirming it.
        self.maps(self.administrator).map_values([self.row(target="azure")])
        line = self.value_map.line_ids.filtered(lambda one: one.source == "blau")
        self.assertEqual((line.target, line.state), ("azure", "confirmed"))
        self.assertEqual((line.proposed_by_id, line.origin_message_id), (self.operator, message))
        self.assertFalse(self.value_map.activity_ids)

    def test_confirming_offers_to_go_on(self):
        self.quarantine("blau")
        self.maps(self.operator).map_values([self.row()])
        line = self.value_map.line_ids.filtered(lambda one: one.state == "proposed")
        action = line.with_user(self.administrator).action_confirm()
        self.assertEqual(action["tag"], "integration_core.reprocess_waiting")
        self.assertEqual(action["params"], {"map_ids": self.value_map.ids})

    def test_who_may_see_and_map(self):
        message = self.quarantine("blau")
        found = message.with_user(self.blind).unmapped_values()
        self.assertFalse(found["values"])
        self.assertIn("Content viewer", found["refused"])
        for call in (
            lambda: message.with_user(self.observer).unmapped_values(),
            lambda: message.with_user(self.observer).action_map_values(),
            lambda: self.maps(self.observer).map_values([self.row()]),
            lambda: self.maps(self.observer).value_choices([self.row()]),
            lambda: self.value_map.with_user(self.observer).reprocess_waiting(),
            lambda: self.value_map.with_user(self.observer).count_waiting(),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_an_empty_value_cannot_be_mapped(self):
        message = self.quarantine("")
        self.assertEqual(message.unmapped_values()["values"][0]["value"], "")
        for row in (self.row(""), self.row("blau", " ")):
            with self.assertRaises(UserError):
                self.maps(self.administrator).map_values([row])
        with self.assertRaises(UserError):
            self.maps(self.administrator).map_values([])

    def test_clinical_values_need_the_role_and_a_reason(self):
        message = self.quarantine("blau")
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        found = message.with_user(self.operator).unmapped_values("because")
        self.assertFalse(found["values"])
        self.assertIn("Clinical", found["refused"])
        nurse = new_test_user(self.env, "values.clinical", f"{OPERATOR},{CLINICAL}")
        found = message.with_user(nurse).unmapped_values(" ")
        self.assertTrue(found["needs_reason"])
        self.assertFalse(found["values"])
        found = message.with_user(nurse).unmapped_values("The ward waits")
        self.assertEqual(found["values"][0]["value"], "blau")
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", message._name), ("res_id", "=", message.id), ("act", "=", "reveal")]
        )
        self.assertEqual((entry.reason, entry.actor_id), ("The ward waits", nurse.id))
        self.assertNotIn("blau", str(entry.read()))

    def test_a_forecast_for_clinical_messages_is_for_clinical_viewers(self):
        """Which messages a value would help tells whether they hold it."""
        self.quarantine("blau")
        self.quarantine("blau", interface=self.second)
        self.maps(self.administrator).map_values([self.row()])
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        counts = self.value_map.with_user(self.operator).count_waiting()
        self.assertEqual(counts, {"waiting": 1, "ready": 1, "more": True})
        nurse = new_test_user(self.env, "values.clinical", f"{OPERATOR},{CLINICAL}")
        counts = self.value_map.with_user(nurse).count_waiting()
        self.assertEqual(counts, {"waiting": 2, "ready": 2, "more": False})
        # To go on with them needs no knowledge of what is in them.
        result = self.value_map.with_user(self.operator).reprocess_waiting()
        self.assertEqual(result["retried"], 2)

    def test_other_companies_stay_untouched(self):
        self.quarantine("blau")
        company = self.env["res.company"].create({"name": "Other hospital"})
        stranger = new_test_user(
            self.env,
            "values.stranger",
            ADMINISTRATOR,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.maps(stranger).map_values([self.row()])
        result = self.value_map.with_user(stranger).reprocess_waiting()
        self.assertEqual(result, {"retried": 0, "left": 0, "after": False})

    def test_outbound_messages_wait_as_well(self):
        self._use(self.mapping, self.outbound)
        self.mapping.header = "{key: lookup('colour', root.key)}"
        self.send_with(lambda _message: self.fail("must not be sent"))
        self.fire("blau")
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual((message.state, message.error_code), ("quarantined", "missing_value"))
        self.assertEqual(message.unmapped_values()["values"][0]["value"], "blau")

    def test_the_mapping_of_an_event_type_waits_as_well(self):
        self.env.cr.execute(
            "UPDATE integration_event_type SET mapping_id = %s WHERE id = %s",
            [self.mapping.id, self.event_type.id],
        )
        self.env.invalidate_all()
        self.mapping.header = "{key: lookup('colour', root.key)}"
        sent = []
        self.send_with(lambda message: sent.append(message.document) or delivered(message))
        self.fire("blau")
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual(message.error_code, "missing_value")
        self.assertEqual(message.unmapped_values()["values"][0]["value"], "blau")
        maps = self.maps(self.administrator)
        maps.map_values([self.row()])
        self.assertEqual(maps.browse(self.value_map.id).reprocess_waiting()["retried"], 1)
        self.drain(self.outbound)
        self.assertEqual(sent, [{"key": "blue"}])
        # The interface's own mapping would start from what the event type's has made.
        found = self.mapping.with_user(self.administrator).trial_input(
            self.messages(self.outbound).id
        )
        self.assertIn("blue", found["text"])

    def test_the_walk_has_an_index_of_its_own(self):
        """Which messages come into question is read without looking at any other."""
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = %s",
            ["integration_message_unmapped_idx"],
        )
        definition = self.env.cr.fetchone()[0]
        self.assertIn("(interface_id, id)", definition)
        self.assertIn("missing_value", definition)

    def test_counting_is_content(self):
        message = self.quarantine("blau")
        with self.assertRaises(AccessError):
            self.maps(self.blind).value_choices([self.row()])
        self.env.cr.execute("UPDATE integration_interface SET data_class = 'clinical'")
        self.env.invalidate_all()
        self.assertEqual(self.maps(self.operator).value_choices([self.row()])[0]["waiting"], 0)
        nurse = new_test_user(self.env, "values.nurse", f"{OPERATOR},{CLINICAL}")
        self.assertEqual(self.maps(nurse).value_choices([self.row()])[0]["waiting"], 0)
        message.with_user(nurse).unmapped_values("The ward waits for it")
        self.assertEqual(self.maps(nurse).value_choices([self.row()])[0]["waiting"], 1)

    def test_large_maps_are_offered_in_part(self):
        lines = [(0, 0, {"source": f"s{n}", "target": f"t{n}"}) for n in range(5)]
        self.value_map.line_ids = [*lines, (0, 0, {"source": "s9", "target": "t1"})]
        with patch.object(waiting, "MAX_TARGETS", 3):
            choices = self.maps(self.operator).value_choices([self.row("s2")])[0]
            found = self.value_map.with_user(self.operator).search_targets("T4")
        self.assertEqual(choices["targets"], ["red", "t0", "t1"])
        self.assertEqual([one["target"] for one in choices["periods"]], ["t2"])
        self.assertEqual(found, ["t4"])

    def test_looking_for_values_ends_in_time(self):
        messages = self.quarantine("blau", "gelb")
        self.assertFalse(messages.unmapped_values()["more"])
        with patch.object(mixin, "SECONDS", -1):
            found = messages.unmapped_values()
        self.assertEqual((len(found["values"]), found["more"]), (1, True))
