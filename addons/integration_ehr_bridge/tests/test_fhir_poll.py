from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_ehr_bridge.engine.fhir_poll import PollDrain

from .fhir_case import FhirCase, outcome

BEGIN = datetime(2026, 11, 30, 3, 0)
NOW = BEGIN + timedelta(hours=1)


def stamp(seconds):
    return (BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds") + "Z"


def basic(number, seconds, version=1):
    return {
        "resourceType": "Basic",
        "id": str(number),
        "meta": {"versionId": str(version), "lastUpdated": stamp(seconds)},
        "code": {"text": f"thing {number}"},
    }


class Pages:
    """A server with resources in memory, which pages as it is told.

    :param sorts: whether it sorts by ``_lastUpdated``, and says so; else by id
    :param size: resources of a page, whatever is asked for
    """

    def __init__(self, *resources, sorts=True, size=2):
        self.resources = {one["id"]: one for one in resources}
        self.sorts = sorts
        self.size = size
        self.before = lambda _number: None
        self.link = lambda path, offset: f"{path}&_offset={offset}"
        self.count = 0

    def __call__(self, asked):
        self.count += 1
        self.before(self.count)
        parts = urlsplit(asked.path)
        query = parse_qs(parts.query)
        offset = int(query.get("_offset", ["0"])[0])
        since = query.get("_lastUpdated", ["ge0"])[0].removeprefix("ge")
        found = [r for r in self.resources.values() if r["meta"]["lastUpdated"] >= since]
        by = (lambda r: r["meta"]["lastUpdated"]) if self.sorts else (lambda r: int(r["id"]))
        found.sort(key=by)
        size = self.size(self.count) if callable(self.size) else self.size
        page = found[offset : offset + size]
        path = asked.path.replace(f"&_offset={offset}", "")
        used = path if self.sorts else path.replace("_sort=_lastUpdated", "_x=1")
        links = [{"relation": "self", "url": used}]
        if offset + size < len(found):
            links.append({"relation": "next", "url": self.link(path, offset + size)})
        bundle = {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": links,
            "entry": [{"resource": one, "search": {"mode": "match"}} for one in page],
        }
        return 200, bundle, {"Date": format_datetime(NOW.replace(tzinfo=UTC), usegmt=True)}


class PollCase(FhirCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fhir._write_approved({"fhir_purpose": "read", "event_type_ids": []})
        cls.feed = cls._interface(
            "FHIR in",
            direction="inbound",
            transport="fhir",
            body_codec="fhir",
            fhir_poll_interface_id=cls.fhir.id,
            fhir_poll_search="Basic?code=country",
        )

    def poll(self):
        """Let the search be due, and drain; its row."""
        self.env.cr.execute("UPDATE integration_fhir_poll SET next_at = NULL")
        lane = self.env["integration.lane"].search(
            [("interface_id", "=", self.feed.id), ("kind", "=", "fhir_poll")]
        )
        self._run(PollDrain, lane)
        self.env.invalidate_all()
        return self.feed.fhir_poll_ids

    def keys(self):
        return self.messages(self.feed).mapped("external_key")


@tagged("post_install", "-at_install")
class TestFhirPoll(PollCase):
    def test_pages_become_messages_and_the_watermark_moves(self):
        pages = Pages(*(basic(n, n) for n in range(1, 6)))
        server = self.serve(pages)
        poll = self.poll()
        self.assertEqual(self.keys(), [f"Basic/{n}/_history/1" for n in range(1, 6)])
        self.assertEqual(poll.watermark, BEGIN + timedelta(seconds=5))
        self.assertEqual((poll.state, poll.stored, poll.failures), ("ok", 5, 0))
        self.assertFalse(poll.error_message)
        message = self.messages(self.feed)[0]
        self.assertEqual((message.message_type, message.partition_key), ("Basic", "Basic/1"))
        self.assertEqual((message.state, message.direction), ("queued", "inbound"))
        first = parse_qs(urlsplit(server.asked[0].path).query)
        self.assertEqual(first["_sort"], ["_lastUpdated"])
        self.assertEqual(first["_count"], ["100"])
        self.assertEqual(first["code"], ["country"])
        self.assertNotIn("_lastUpdated", first, "everything, at first")

    def test_what_is_known_is_stored_once(self):
        pages = Pages(basic(1, 1), basic(2, 2))
        server = self.serve(pages)
        self.poll()
        pages.resources["2"] = basic(2, 9, version=2)
        poll = self.poll()
        self.assertEqual(
            self.keys(), ["Basic/1/_history/1", "Basic/2/_history/1", "Basic/2/_history/2"]
        )
        self.assertEqual((poll.stored, poll.last_stored), (3, 1))
        asked = parse_qs(urlsplit(server.asked[-1].path).query)
        self.assertEqual(asked["_lastUpdated"], [f"ge{stamp(2 - 120)}"], "back by the overlap")

    def test_resources_that_change_meanwhile_hide_none(self):
        """Number 1 leaves the first page; counted pages would pass over number 3."""
        pages = Pages(*(basic(n, n * 10) for n in range(1, 7)))

        def change(number):
            if number == 2:
                pages.resources["1"] = basic(1, 1000, version=2)

        pages.before = change
        self.serve(pages)
        self.poll()
        self.assertEqual(
            set(self.keys()),
            {f"Basic/{n}/_history/1" for n in range(1, 7)} | {"Basic/1/_history/2"},
        )

    def test_links_are_followed_where_the_server_does_not_sort(self):
        pages = Pages(*(basic(n, 100 - n) for n in range(1, 6)), sorts=False)
        server = self.serve(pages)
        poll = self.poll()
        self.assertEqual(len(self.keys()), 5)
        self.assertEqual(len(server.asked), 3)
        self.assertIn("_offset=4", server.asked[2].path)
        self.assertEqual(poll.watermark, BEGIN + timedelta(seconds=99))

    def test_the_watermark_waits_for_the_last_page_of_an_unsorted_search(self):
        pages = Pages(*(basic(n, 100 - n) for n in range(1, 6)), sorts=False)
        self.serve(lambda asked: pages(asked) if "_offset=4" not in asked.path else (500, None))
        poll = self.poll()
        self.assertEqual((poll.state, len(self.keys())), ("failing", 4))
        self.assertFalse(poll.watermark)
        self.assertIn("HTTP 500", poll.error_message)
        self.assertTrue(poll.next_at)
        self.env.cr.execute("SELECT walk FROM integration_fhir_poll WHERE id = %s", [poll.id])
        (walk,) = self.env.cr.fetchone()
        self.assertTrue(walk.startswith("k:"), "links hold what servers like to put into them")
        self.set_up(url=self.serve(pages).url)
        poll = self.poll()
        self.assertEqual((poll.state, len(self.keys())), ("ok", 5))

    def test_a_page_of_one_instant_is_passed(self):
        pages = Pages(*(basic(n, 7) for n in range(1, 6)), basic(6, 9))
        self.serve(pages)
        poll = self.poll()
        self.assertEqual(len(self.keys()), 6)
        self.assertEqual(poll.watermark, BEGIN + timedelta(seconds=9))

    def test_a_server_that_changes_the_size_of_pages(self):
        for sorts in (True, False):
            with self.subTest(sorts=sorts):
                pages = Pages(
                    *(basic(f"{int(sorts)}{n}", n) for n in range(1, 10)),
                    sorts=sorts,
                    size=lambda count: 1 + count % 3,
                )
                self.serve(pages)
                self.assertEqual(self.poll().state, "ok")
        self.assertEqual(len(self.keys()), 18)

    def test_a_link_to_another_host_is_not_followed(self):
        pages = Pages(*(basic(n, n) for n in range(1, 6)), sorts=False)
        pages.link = lambda path, offset: f"https://evil.example{path}&_offset={offset}"
        server = self.serve(pages)
        poll = self.poll()
        self.assertEqual((poll.error_code, poll.state), ("fhir_link_refused", "failing"))
        self.assertNotIn("evil", poll.error_message)
        self.assertEqual((len(server.asked), len(self.keys())), (1, 2), "the page itself is kept")
        self.assertFalse(poll.watermark)
        self.assertEqual(self.feed.light, "failing")

    def test_a_repeated_page_is_noticed(self):
        pages = Pages(*(basic(n, n) for n in range(1, 6)), sorts=False)
        numbers = iter(range(1000))
        pages.link = lambda path, _offset: f"{path}&_page={next(numbers)}"
        server = self.serve(pages)
        poll = self.poll()
        self.assertEqual((poll.error_code, len(server.asked)), ("fhir_page_repeated", 2))
        self.assertFalse(poll.watermark)

    def test_a_search_has_so_many_pages_at_most(self):
        pages = Pages(*(basic(n, n) for n in range(1, 20)), sorts=False, size=1)
        self.set_up(self.feed, fhir_poll_pages=3)
        server = self.serve(pages)
        poll = self.poll()
        self.assertEqual((poll.error_code, len(server.asked)), ("fhir_too_many_pages", 3))

    def test_a_link_that_the_server_forgot_begins_anew(self):
        pages = Pages(*(basic(n, n) for n in range(1, 6)), sorts=False)
        self.serve(lambda asked: pages(asked) if "_offset" not in asked.path else (410, None))
        self.assertEqual(self.poll().error_code, "fhir_link_lost")
        self.serve(pages)
        self.assertEqual(self.poll().state, "ok")
        self.assertEqual(len(self.keys()), 5)
        self.assertFalse(self.fhir.endpoint_disabled)

    def test_a_date_in_the_future_hides_nothing(self):
        pages = Pages(basic(1, 1), basic(2, 3600 * 24 * 365))
        self.serve(pages)
        poll = self.poll()
        self.assertEqual(poll.watermark, NOW)
        pages.resources["3"] = basic(3, 3600 + 5)
        self.poll()
        self.assertEqual(len(self.keys()), 3)

    def test_what_is_no_page_stores_nothing(self):
        bad = {"resourceType": "Bundle", "type": "searchset", "entry": [{"fullUrl": "x"}]}
        for answer in ((200, bad), (200, {"resourceType": "Basic"}), (200, None)):
            with self.subTest(answer=answer):
                self.serve(lambda _asked, answer=answer: answer)
                self.assertEqual(self.poll().error_code, "fhir_page")
        self.assertFalse(self.keys())

    def test_an_odd_resource_does_not_stop_the_others(self):
        odd = basic(2, 2) | {"id": "Jane Roe"}
        pages = Pages(basic(1, 1), basic(3, 3), size=10)
        pages.resources["2"] = odd
        self.serve(pages)
        poll = self.poll()
        self.assertEqual((poll.state, len(self.keys())), ("ok", 3))
        (failed,) = self.messages(self.feed).filtered(lambda one: one.state == "quarantined")
        self.assertEqual(failed.error_code, "invalid_id")
        self.assertNotIn("Jane", failed.error_message)

    def test_keys_of_private_content_are_pseudonyms(self):
        for interface in (self.fhir, self.feed):
            self.set_up(interface, data_class="confidential")
        self.serve(Pages(basic(1, 1)))
        self.poll()
        message = self.messages(self.feed)
        self.assertTrue(message.partition_key.startswith("p:"))
        self.assertEqual(message.payload_ids.data_class, "confidential")

    def test_types_that_nobody_takes_are_named_and_not_stored(self):
        self.set_up(self.feed, handler=False, routing_id=self._routing().id)
        pages = Pages(basic(1, 1), basic(2, 2), basic(3, 3), size=1)
        pages.resources["2"] |= {"resourceType": "Patient", "name": [{"family": "Roe"}]}
        self.serve(pages)
        poll = self.poll()
        self.assertEqual(self.keys(), ["Basic/1/_history/1", "Basic/3/_history/1"])
        self.assertIn("not stored: Patient", poll.remark)
        self.poll()
        self.assertIn("Patient", poll.remark)

    def _routing(self):
        routing = self.env["integration.routing"].create(
            {
                "name": "Basic",
                "code": "basic_only",
                "line_ids": [(0, 0, {"message_type": "Basic", "action": "filter"})],
            }
        )
        routing.action_submit()
        routing.action_approve()
        return routing

    def test_a_token_that_ends_in_the_middle_of_paging_is_replaced(self):
        class Access:
            token = "old"

            def make_ready(self):
                pass

            def headers(self):
                return {"authorization": f"Bearer {self.token}"}

            def refused(self, _headers):
                self.token = "new"
                return True

        pages = Pages(*(basic(n, 10 - n) for n in range(1, 6)), sorts=False)
        server = self.serve(
            lambda asked: (
                (401, outcome("expired"))
                if "_offset" in asked.path and "old" in asked.headers["authorization"]
                else pages(asked)
            )
        )
        access = Access()
        transport = type(self.env["integration.transport.fhir"])
        self.patch(transport, "_access", lambda *_args: access)
        poll = self.poll()
        self.assertEqual((poll.state, poll.failures, len(self.keys())), ("ok", 0, 5))
        self.assertEqual(len(server.asked), 4, "three pages, one of them twice")

    def test_what_the_server_remarks_is_shown(self):
        pages = Pages(basic(1, 1))

        def answer(asked):
            status, bundle, headers = pages(asked)
            remark = outcome("not-supported", "warning", diagnostics="code is ignored")
            bundle["entry"].append({"resource": remark, "search": {"mode": "outcome"}})
            return status, bundle, headers

        self.serve(answer)
        poll = self.poll()
        self.assertIn("code is ignored", poll.remark)
        self.assertEqual(len(self.keys()), 1)

    # -- as all other traffic --------------------------------------------------------------

    def test_a_failing_server_opens_the_breaker(self):
        self.policy.write({"breaker_enabled": True, "breaker_min_calls": 2})
        server = self.serve(lambda _asked: (500, None))
        for _time in range(4):
            self.poll()
        self.assertEqual(len(server.asked), 2)
        self.assertEqual(self.fhir.breaker_state, "open")
        self.assertTrue(self.fhir.failing_since)

    def test_the_rate_holds_for_pages(self):
        self.policy.write({"rate_per_second": 1, "rate_burst": 1})
        server = self.serve(Pages(*(basic(n, n) for n in range(1, 9))))
        self.poll()
        self.assertEqual(len(server.asked), 1)

    def test_nothing_is_asked_while_it_is_paused(self):
        server = self.serve(Pages(basic(1, 1)))
        self.fhir.action_pause()
        self.poll()
        self.fhir.action_resume()
        self.feed.action_stop_receiving()
        self.poll()
        self.assertFalse(server.asked)
        self.feed.action_resume()
        self.poll()
        self.assertTrue(server.asked)

    # -- by people -------------------------------------------------------------------------

    def test_an_operator_lets_it_be_read_again(self):
        self.serve(Pages(basic(1, 1), basic(2, 500)))
        poll = self.poll()
        operator = new_test_user(self.env, "fhir.operator", "integration_core.group_operator")
        observer = new_test_user(self.env, "fhir.observer", "integration_core.group_observer")
        moment = BEGIN + timedelta(seconds=60)
        with self.assertRaises(UserError), self.enter_registry_test_mode():
            poll.with_user(observer)._read_again(moment, "Not for me")
        values = {"poll_ids": [(6, 0, poll.ids)], "moment": moment, "reason": "A page was lost"}
        with self.assertRaises(AccessError):
            self.env["integration.fhir.reread"].with_user(observer).create(values)
        wizard = self.env["integration.fhir.reread"].with_user(operator).create(values)
        with self.enter_registry_test_mode():
            wizard.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(poll.watermark, moment + timedelta(seconds=120))
        entry = self.env["integration.audit.entry"].search([("act", "=", "reread")], limit=1)
        self.assertEqual((entry.actor_login, entry.reason), ("fhir.operator", "A page was lost"))

    def test_searches_are_checked(self):
        draft = self.feed.copy({"fhir_poll_search": "Basic?code=a\nEncounter"})
        self.assertEqual(draft.fhir_poll_ids.mapped("query"), ["Basic?code=a", "Encounter"])
        for wrong in ("basic", "Basic?_lastUpdated=ge2020", "Basic?code", "Basic?a b=c"):
            with self.assertRaises(UserError):
                draft.fhir_poll_search = wrong
        draft.fhir_poll_search = "Encounter"
        self.assertEqual(draft.fhir_poll_ids.mapped("query"), ["Encounter"])

    def test_what_is_polled_through_must_be_of_the_same_system(self):
        other = self.env["integration.system"].create({"name": "O", "code": "O", "kind": "ehr"})
        with self.assertRaises(UserError):
            self.feed.copy({"system_id": other.id})
        draft = self.feed.copy({"data_class": "confidential"})
        self.assertIn("another data class", "\n".join(draft._missing_for_traffic()))
        with self.assertRaises(UserError):
            self.fhir.action_retire()
