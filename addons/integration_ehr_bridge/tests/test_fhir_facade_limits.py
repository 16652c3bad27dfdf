import logging
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import psycopg2

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine import fhir_cost, fhir_log
from .fhir_facade_case import FhirFacadeData

LOG = "odoo.addons.integration_ehr_bridge.engine.fhir_log"
LOGIN = {"Authorization": "Basic ZWhyOnMzY3JldCBwYXNzd29yZA=="}


@tagged("post_install", "-at_install")
class TestFhirFacadeLimits(FhirFacadeData):
    """What a partner neither sees nor does, whatever it asks and whatever happens meanwhile."""

    def post(self, path, **form):
        self.env.flush_all()
        address = f"/integration/fhir/{self.interface.token}/{path}"
        return self.url_open(address, data=form, headers=LOGIN)

    # ------------------------------------------------------------------
    # limits stay limits
    # ------------------------------------------------------------------

    def test_who_is_archived_limits_still(self):
        """Not: nobody is chosen any more, so everybody is shown."""
        chosen = self.suppliers[0]
        self.change(fhir_vendor_ids=[(6, 0, chosen.ids)])
        chosen.active = False
        self.interface.invalidate_recordset()
        self.assertEqual(self.interface.fhir_vendor_ids, chosen)
        self.assertEqual(self.interface._fhir_scope().vendors, tuple(chosen.ids))
        self.assertEqual(self.ids("Organization?name=Facade Supplies"), self.ids_[:1])
        # A proposal begins with the same limits.
        [copied] = self.interface.copy_data()
        self.assertIn(chosen.id, [number for command in copied["fhir_vendor_ids"]
                                  for number in command[2] or [command[1]]])  # fmt: skip

    def test_a_place_that_is_archived_limits_still(self):
        stock = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        shelf = self.env["stock.location"].create(
            {"name": "Facade Shelf", "location_id": stock.lot_stock_id.id}
        )
        self.change(fhir_location_ids=[(6, 0, shelf.ids)])
        shelf.active = False
        self.interface.invalidate_recordset()
        self.assertEqual(self.interface._fhir_scope().locations, tuple(shelf.ids))

    @mute_logger("odoo.sql_db")
    def test_what_limits_is_not_deleted(self):
        self.change(fhir_vendor_ids=[(6, 0, self.suppliers[0].ids)])
        with self.assertRaises(psycopg2.IntegrityError), self.cr.savepoint():
            self.suppliers[0].unlink()

    @mute_logger("odoo.addons.integration_core.security")
    def test_a_service_user_who_is_archived_reads_no_more(self):
        self.assertEqual(self.ask("Location").status_code, 200)
        self.reader.active = False
        self.refused(self.ask("Location"), 503, "no_user")

    # ------------------------------------------------------------------
    # what a question costs
    # ------------------------------------------------------------------

    def test_what_takes_too_long_is_given_up(self):
        view = self.env.registry["integration.fhir.view.organization"]

        def slow(one, *_arguments):
            one.env.cr.execute("SELECT pg_sleep(%s), %s", [5, "number 4711"])

        with (
            patch.object(view, "_find", slow),
            patch.object(fhir_cost, "LONGEST_STATEMENT", timedelta(milliseconds=50)),
            self.assertLogs("odoo.sql_db", "ERROR") as logs,
        ):
            answer = self.ask("Organization?identifier=4711")
            one = self.ask("Organization/supplier-1")
        for given in (answer, one):
            self.refused(given, 503, "too_costly")
            self.assertIn("Retry-After", given.headers)
        self.assertNotIn("4711", str(logs.output))
        # It was this question's matter alone.
        self.env.cr.execute("SHOW statement_timeout")
        self.assertEqual(self.env.cr.fetchone()[0], "0")
        self.assertEqual(self.ask("Organization?identifier=FS0").status_code, 200)

    def test_a_trial_that_takes_too_long_is_given_up(self):
        view = self.env.registry["integration.fhir.view.organization"]
        admin = new_test_user(self.env, "fhir.slow.admin", "integration_core.group_administrator")
        trial = self.env["integration.fhir.trial"].with_user(admin).create(
            {"interface_id": self.interface.id, "resource": "Organization"}
        )  # fmt: skip
        slow = "SELECT pg_sleep(5)"
        with (
            patch.object(view, "_find", lambda one, *_arguments: one.env.cr.execute(slow)),
            patch.object(fhir_cost, "LONGEST_STATEMENT", timedelta(milliseconds=50)),
            mute_logger("odoo.sql_db"),
        ):
            self.assertIn("too_costly", trial.action_ask()["context"]["default_answer"])
        # What came before is still there.
        self.assertEqual(trial.exists(), trial)

    def test_a_long_search_has_pages(self):
        """Its next link holds all of it, and is not refused for its length."""

        def many():
            others = [uuid4().hex for _one in range(90)]
            return ",".join([*self.ids_, *others])

        form = [("_id", many()) for _one in range(3)] + [("_id", many()), ("_count", "2")]
        answer = self.url_open(
            f"/integration/fhir/{self.interface.token}/Organization/_search",
            data=form, headers=LOGIN,
        )  # fmt: skip
        self.assertEqual(answer.status_code, 200, answer.text)
        links = {link["relation"]: link["url"] for link in answer.json()["link"]}
        rest = self.found(links["next"].partition(self.interface.token)[2][1:])
        self.assertEqual([e["resource"]["id"] for e in rest["entry"]], self.ids_[2:4])

    # ------------------------------------------------------------------
    # what is written down
    # ------------------------------------------------------------------

    def test_the_log_of_the_server_has_no_addresses(self):
        """What a real server logs is looked at beside Odoo."""
        logger = logging.getLogger("werkzeug")
        line = f"GET /integration/fhir/{self.interface.token}/Organization/7?identifier=4711 HTTP"
        record = logger.makeRecord("werkzeug", logging.INFO, "", 0, '"%s" %s', (line, 200), None)
        [guard] = [one for one in logger.filters if type(one).__module__ == LOG]
        self.assertTrue(guard.filter(record))
        self.assertEqual(record.getMessage(), '"GET /integration/fhir/…/Organization… HTTP" 200')
        other = "GET /web/login?identifier=4711 HTTP"
        self.assertEqual(fhir_log.shortened(other), other)

    def test_each_answer_has_a_line_without_what_was_asked(self):
        with patch.object(fhir_log._logger, "info") as log:
            self.ask("Organization?identifier=FS0")
            self.ask("Organization?identifier=FS0&telecom=4711")
            self.ask("Patient/4711")
        lines = [call.args[0] % call.args[1:] for call in log.call_args_list]
        text = "\n".join(lines)
        for hidden in (self.interface.token, "FS0", "4711", "telecom"):
            self.assertNotIn(hidden, text)
        [first, second, third] = lines
        told = f"interface {self.interface.id}: method GET, type Organization, status 200, "
        self.assertIn(f"{told}resources 1, ", first)
        self.assertIn("status 400, code unknown_parameter", second)
        self.assertIn("method GET, status 404, code unknown_address", third)

    def entries(self):
        domain = [("act", "=", "view"), ("res_id", "=", self.interface.id)]
        return self.env["integration.audit.entry"].search(domain, order="id")

    def clinical(self):
        view = self.env.registry["integration.fhir.view.organization"]
        self.addCleanup(setattr, view, "_clinical", False)
        view._clinical = True

    def test_a_count_tells_something_as_well(self):
        self.clinical()
        before = self.entries()
        self.found("Organization?_summary=count")
        self.found("Organization?identifier=nobody&_summary=count")
        self.assertEqual(self.entries(), before)
        for query in ("identifier=FS0&_summary=count", "identifier=FS0&_count=0"):
            self.found(f"Organization?{query}")
        [first, second] = self.entries() - before
        for entry in (first, second):
            self.assertIn("counted only", str(entry.changes))
            self.assertNotIn("FS0", str(entry.changes))

    def test_further_pages_tell_what_was_asked(self):
        self.clinical()
        before = self.entries()
        self.follow("Organization?name=Facade&_count=3&_sort=-_id")
        entries = self.entries() - before
        self.assertEqual(len(entries), 2)
        for entry in entries:
            self.assertIn("_count, _sort, name", str(entry.changes))

    def test_names_that_a_partner_makes_up_are_not_written_down(self):
        self.clinical()
        before = self.entries()
        self.found("Organization?identifier=FS0&Roe4711=x", Prefer="handling=lenient")
        [entry] = self.entries() - before
        self.assertNotIn("4711", str(entry.changes))

    # ------------------------------------------------------------------
    # searching
    # ------------------------------------------------------------------

    def test_what_can_be_done_is_said_truthfully(self):
        self.assertEqual(self.ask("Organization", method="PATCH").headers["Allow"], "GET, HEAD")
        routing = self.env.ref("integration_ehr_bridge.routing_fhir_r4_standard")
        taking = self.new_interface({"fhir_show_organization": True, "routing_id": routing.id})
        answer = self.ask("Organization", method="PATCH", interface=taking)
        self.refused(answer, 405, "read_only")
        self.assertEqual(answer.headers["Allow"], "GET, HEAD, POST, PUT")

    def test_one_resource_is_not_searched(self):
        self.refused(self.post(f"Organization/{self.ids_[0]}/_search", _count="1"), 404, "http_404")

    def test_wishes_of_the_client(self):
        query = "Organization?telecom=4711&identifier=FS0"
        for wish in ("handling=lenient", "return=minimal, Handling = lenient; x=1"):
            self.assertEqual(self.ids(query, Prefer=wish), self.ids_[:1], wish)
        for wish in ("handling=strict", "handling=lenient-not", "nothandling=lenient"):
            self.refused(self.ask(query, Prefer=wish), 400, "unknown_parameter")

    def test_all_but(self):
        others = self.ids("Organization?name=Facade Supplies&identifier:not=FS0,FS1")
        self.assertEqual(others, self.ids_[2:])
        self.suppliers[4].ref = False
        self.assertIn(self.ids_[4], self.ids("Organization?name=Facade&identifier:not=FS0"))
        self.assertNotIn(self.ids_[0], self.ids(f"Organization?_id:not={self.ids_[0]}&type=bus"))
        self.assertEqual(self.ids("Organization?type:not=bus,pay"), [])
        self.refused(self.ask("Organization?active:missing=true"), 400, "unknown_modifier")

    def test_before_after_and_not_at(self):
        self.env.flush_all()
        for number, one in enumerate(self.suppliers):
            self.env.cr.execute(
                "UPDATE res_partner SET write_date = %s WHERE id = %s",
                [f"2026-03-0{number + 1} 08:00:00", one.id],
            )
        query = "Organization?name=Facade Supplies&_lastUpdated="
        for value, expected in (
            ("ne2026-03-02", [0, 2, 3, 4]),
            ("sa2026-03-03", [3, 4]),
            ("eb2026-03-03", [0, 1]),
            ("ne2026-03-02T08:00:00.5Z", [0, 1, 2, 3, 4]),
        ):
            self.assertEqual(self.ids(query + value), [self.ids_[at] for at in expected], value)
        self.refused(self.ask(f"{query}ap2026-03-02"), 400, "bad_value")

    def test_kinds_of_places(self):
        self.assertEqual(self.ids("Location?name=Facade&physical-type=wa"),
                         [f"place-{self.unit.id}"])  # fmt: skip
        beds = self.ids("Location?physical-type=bd")
        self.assertIn(f"place-{self.bed.id}", beds)
        self.assertTrue(all(one.startswith("place-") for one in beds))

    def test_records_that_nobody_dated_are_shown(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = NULL WHERE id IN %s", [tuple(self.suppliers.ids)]
        )
        self.env.invalidate_all()
        self.assertEqual(self.ids("Organization?name=Facade Supplies"), self.ids_)
        answer = self.ask(f"Organization/{self.ids_[0]}")
        self.assertEqual(answer.status_code, 200, answer.text)
        made = self.suppliers[0].create_date.isoformat()
        self.assertTrue(answer.json()["meta"]["lastUpdated"].startswith(made[:19]))

    def test_values_of_blanks_are_none(self):
        self.suppliers[0].ref = "   "
        self.assertNotIn("identifier", self.ask(f"Organization/{self.ids_[0]}").json())
