from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_core.engine.inbound_run import Received
from odoo.addons.integration_core.tests import upgrading
from odoo.addons.integration_core.tools.ticks import Place, tick

from .common import ProcurementCase
from .test_cost_centre import CostCentreCase
from .test_item import ItemCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def at(hour):
    return f"2026-03-02T{hour:02d}:00:00Z"


@tagged("post_install", "-at_install")
class TestItemTimes(ItemCase):
    """What is older than what a system said of an item changes nothing, whenever it comes."""

    def assert_passed_over(self, message, number="I-1"):
        message.invalidate_recordset()
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual((message.res_model, message.res_id), self.document(number))
        notes = [str(one.body) for one in self.known(number).message_ids]
        self.assertTrue([one for one in notes if message.uuid in one], "it is told")

    def document(self, number="I-1"):
        return "product.product", self.known(number).id

    def again(self, message):
        message.action_replay("to see")
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message.replay_ids.sorted("id")[-1]

    def test_what_waited_for_a_person_is_as_old_as_it_was(self):
        waited = self.refuse(
            "unknown_category", self.item(name="Old", category="DRS", active=False)
        )
        self.bring_well(self.item(name="New"))
        category = self.env["product.category"].create({"name": "Dressings"})
        self.links._link(self.system.id, category, "DRS")
        waited.action_retry()
        self.drain(self.inbound)
        self.assert_passed_over(waited)
        self.assertEqual((self.known().name, self.known().active), ("New", True))
        self.assertNotEqual(self.known().categ_id, category)

    def test_a_replay_is_as_old_as_its_original(self):
        first = self.bring_well(self.item(name="First"))
        second = self.bring_well(self.item(name="Second"))
        self.assert_passed_over(self.again(first))
        self.assertEqual(self.known().name, "Second")
        self.known().name = "By hand"
        self.again(second)
        self.assertEqual(self.known().name, "Second", "the newest is applied once more")

    def test_what_is_said_earlier_and_comes_later(self):
        self.bring_well(self.item(name="Noon", issued_at=at(12)))
        late = self.bring_well(self.item(name="Ten", issued_at=at(10)))
        self.assert_passed_over(late)
        self.assertEqual(self.known().name, "Noon")
        self.bring_well(self.item(name="One", issued_at=at(13)))
        self.assertEqual(self.known().name, "One")

    def test_of_two_of_the_same_time_the_later_one_counts(self):
        first = self.bring_well(self.item(name="First", issued_at=at(12)))
        self.bring_well(self.item(name="Second", issued_at=at(12)))
        self.assertEqual(self.known().name, "Second")
        self.assert_passed_over(self.again(first))
        self.assertEqual(self.known().name, "Second")

    def test_in_a_batch(self):
        self.bring_well(
            self.item("I-1", name="Noon", issued_at=at(12)),
            self.item("I-2", name="Noon", issued_at=at(12)),
        )
        messages = self.bring_well(
            self.item("I-1", name="Ten", issued_at=at(10)),
            self.item("I-2", name="One", issued_at=at(13)),
            self.item("I-3", name="Nine", issued_at=at(9)),
            self.item("I-1", name="Two", issued_at=at(14)),
            self.item("I-1", name="Two again", issued_at=at(14)),
        )
        self.assertEqual(
            [self.known(number).name for number in ("I-1", "I-2", "I-3")],
            ["Two again", "One", "Nine"],
        )
        self.assert_passed_over(messages[0])
        self.assertEqual([one.res_id for one in messages], [
            self.known(number).id for number in ("I-1", "I-2", "I-3", "I-1", "I-1")
        ])  # fmt: skip

    def test_in_the_wrong_order_in_a_batch(self):
        messages = self.bring_well(
            self.item("I-1", name="Noon", issued_at=at(12)),
            self.item("I-1", name="Ten", issued_at=at(10), reference="R-10"),
            self.item("I-2", name="Other", issued_at=at(9)),
        )
        self.assert_passed_over(messages[1])
        self.assertEqual((self.known().name, self.known().default_code), ("Noon", False))
        self.assertEqual(self.known("I-2").name, "Other")

    def test_by_whatever_number(self):
        self.bring_well(self.item("I-1", name="Noon", issued_at=at(12)))
        self.links._link(self.system.id, self.known("I-1"), "I-9", alias=True)
        late = self.bring_well(self.item("I-9", name="Ten", issued_at=at(10)))
        self.assert_passed_over(late, "I-9")
        self.bring_well(self.item("I-9", name="One", issued_at=at(13)))
        self.assert_passed_over(self.bring_well(self.item("I-1", name="N", issued_at=at(12))))
        self.assertEqual(self.known().name, "One")

    def test_each_system_has_its_own_times(self):
        self.bring_well(self.item(name="Noon", issued_at=at(12)))
        other = self.env["integration.system"].create(
            {
                "name": "Another",
                "code": "ANOTHER",
                "kind": "other",
                "company_id": self.system.company_id.id,
            }
        )
        self.links._link(other.id, self.known(), "I-1")
        handler = self.env["integration.handler.item"].with_user(self.service_user)
        handler._process(
            Received(10**9, "elsewhere", None, None, None, other.id),
            self.item(name="Ten", issued_at=at(10)),
        )
        self.assertEqual(self.known().name, "Ten", "of the other system it is the newest")
        self.bring_well(self.item(name="Eleven", issued_at=at(11)))
        self.assertEqual(self.known().name, "Ten", "of this one it is not")

    def test_nobody_speaks_from_the_future(self):
        """What is older would change nothing until then."""
        self.refuse("moment_in_future", self.item(issued_at="2199-01-01T00:00:00Z"))

    def test_a_batch_costs_as_many_statements_as_a_message(self):
        self.bring_well(*(self.item(f"I-{n}", issued_at=at(12)) for n in range(40)))
        handler = self.env["integration.handler.item"].with_user(self.service_user)
        costs = []
        for count in (1, 2, 40):  # the first one fills caches
            messages = [
                (
                    Received(10**9 + n, f"m{n}", None, None, None, self.system.id),
                    self.item(f"I-{n}", issued_at=at(13)),
                )
                for n in range(count)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            handler._process_batch(messages)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*costs[1:])

    def test_existing_links_get_the_time_of_the_newest_message(self):
        first = self.bring_well(self.item(name="First"))
        self.bring_well(self.item(name="Second"), self.item("I-2"))
        link = self.links.search([("external_id", "=", "I-1")])
        known = link.newest
        self.assertTrue(known)
        self.env.cr.execute("UPDATE integration_record_link SET newest = NULL")
        script = upgrading.script("19.0.2.3.0", "post-newest", MIGRATIONS)
        script.migrate(self.env.cr, "19.0.2.2.0")
        self.env.invalidate_all()
        self.assertEqual(link.newest, known)
        self.assert_passed_over(self.again(first))
        self.assertEqual(self.known().name, "Second")


@tagged("post_install", "-at_install")
class TestSupplierTimes(ProcurementCase):
    def test_an_older_supplier_changes_nothing(self):
        self.service_user.group_ids += self.env.ref("base.group_partner_manager")
        self.reconfigure(self.inbound, handler="integration.handler.supplier")
        for hour, name, expected in ((12, "Noon", "Noon"), (10, "Ten", "Noon"), (13, "One", "One")):
            message = self.confirm(
                f"s-{hour}",
                {"number": "S-1", "name": name, "issued_at": at(hour), "active": hour != 10},
            )
            self.assertEqual(message.state, "done", message.error_message)
            partner = self.env["res.partner"].browse(message.res_id)
            self.assertEqual((partner.name, partner.active), (expected, True))


@tagged("post_install", "-at_install")
class TestCostCentreTimes(CostCentreCase):
    def bring(self, handler, key, data):
        self.reconfigure(self.inbound, handler=f"integration.handler.{handler}")
        message = self.confirm(key, data)
        self.assertEqual(message.state, "done", message.error_message)
        return message

    def known(self):
        self.env.invalidate_all()
        return self.env["integration.record.link"]._find_record(
            self.system.id, "account.analytic.account", "4100"
        )

    def again(self, message):
        message.action_replay("to see")
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(message.replay_ids.mapped("state"), ["done"])

    def told(self, message):
        notes = [str(one.body) for one in self.known().message_ids]
        return any(message.replay_ids.uuid in one for one in notes)

    def test_what_is_older_changes_nothing(self):
        entry = {"number": "4100", "name": "First", "plan": "WARDS"}
        first = self.bring("cost_centre", "k1", entry)
        self.bring("cost_centre", "k2", {**entry, "name": "Second"})
        self.again(first)
        self.assertEqual(self.known().name, "Second")
        self.assertTrue(self.told(first))

    def test_nor_does_an_older_list(self):
        entry = {"number": "4100", "name": "First", "plan": "WARDS"}
        listed = self.bring("cost_centre_list", "k1", {"complete": False, "cost_centres": [entry]})
        self.bring("cost_centre", "k2", {**entry, "name": "Second"})
        self.reconfigure(self.inbound, handler="integration.handler.cost_centre_list")
        self.again(listed)
        self.assertEqual(self.known().name, "Second")
        self.assertTrue(self.told(listed))


@tagged("post_install", "-at_install")
class TestTicks(ItemCase):
    def test_a_tick_that_is_older_does_not_replace(self):
        self.bring_well(self.item())
        link = self.links.search([("external_id", "=", "I-1")])
        moment = self.env.cr.now()
        for place, expected in ((7, 7), (6, 7), (8, 8)):
            self.links._remember_newest(
                self.system.id,
                "product.product",
                {"I-1": tick(moment.replace(year=2150), Place(place))},
            )
            self.assertEqual(link.newest, tick(moment.replace(year=2150), Place(expected)))
