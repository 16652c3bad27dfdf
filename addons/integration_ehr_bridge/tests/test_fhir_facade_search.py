from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_ehr_bridge.engine import fhir_facade, fhir_search
from odoo.addons.integration_ehr_bridge.tools.fhir import page

from .fhir_facade_case import JSON, FhirFacadeData

LOG = "odoo.addons.integration_core.security"


@tagged("post_install", "-at_install")
class TestFhirFacadeSearch(FhirFacadeData):
    """Searches: conditions, parts, pages, polls."""

    def test_parameters(self):
        ns = f"{self.interface.get_base_url()}/integration/ns"
        [first, second, *_rest] = self.ids_
        for query, expected in (
            ("identifier=FS0", [first]),
            ("identifier=FS0,FS1", [first, second]),
            (f"identifier={ns}/supplier|FS0", [first]),
            ("identifier=http://elsewhere|FS0", []),
            ("identifier=|FS0", []),
            ("name=facade supplies&identifier=FS1", [second]),
            ("name:exact=facade supplies 0", []),
            ("name:exact=Facade Supplies 0", [first]),
            ("name:contains=upplies 0", [first]),
            ("name=%25upplies", []),
            ("name=Facade_Supplies", []),
            (f"_id={first},{second},nonsense", [first, second]),
            ("identifier=FS0&active=false", []),
            ("type=pay&identifier=FAOK", [f"payer-{self.payer.id}"]),
        ):
            self.assertEqual(self.ids(f"Organization?{query}"), expected, query)
        self.suppliers[0].active = False
        self.assertEqual(self.ids("Organization?identifier=FS0&active=false"), [first])

    def test_unknown_parameters_are_refused_or_named(self):
        text = self.refused(
            self.ask("Organization?telecom=4711&identifier=FS0"), 400, "unknown_parameter"
        )
        self.assertIn("telecom", text)
        self.assertNotIn("4711", text)
        bundle = self.found("Organization?telecom=4711&identifier=FS0", Prefer="handling=lenient")
        modes = [entry["search"]["mode"] for entry in bundle["entry"]]
        self.assertEqual(modes, ["match", "outcome"])
        issue = bundle["entry"][1]["resource"]["issue"][0]
        self.assertEqual(issue["expression"], ["telecom"])
        self.assertNotIn("telecom", bundle["link"][0]["url"])
        self.assertNotIn("4711", str(bundle))

    def test_no_search_takes_a_name_of_a_patient(self):
        for name in ("subject", "patient", "subject.name", "patient:Patient.name", "_has:Patient"):
            answer = self.ask(f"Organization?{name}=Roe")
            self.assertNotIn("Roe", self.refused(answer, 400, "unknown_parameter"))

    def test_counting_and_parts(self):
        bundle = self.found("Organization?identifier=FS0,FS1&_summary=count")
        self.assertEqual((bundle["total"], "entry" in bundle), (2, False))
        self.assertEqual(self.found("Organization?identifier=FS0&_count=0")["total"], 1)
        [one] = self.resources("Organization?identifier=FS0&_elements=name")
        self.assertEqual(set(one), {"resourceType", "id", "meta", "name"})
        self.assertEqual(one["meta"]["tag"][0]["code"], "SUBSETTED")
        whole = self.ask(f"Organization/{self.ids_[0]}").json()
        self.assertEqual(one["meta"]["versionId"], whole["meta"]["versionId"])
        self.refused(self.ask("Organization?_summary=text"), 400, "bad_summary")
        self.refused(self.ask("Organization?_elements=telecom"), 400, "unknown_element")

    def test_pages_go_on_where_they_were(self):
        path = "Organization?name=Facade Supplies&_count=2"
        first = self.found(f"{path}&_total=accurate")
        self.assertEqual((first["total"], len(first["entry"])), (5, 2))
        ids, pages = self.follow(path)
        self.assertEqual((ids, pages), (self.ids_, 3))
        # What comes and goes meanwhile moves nothing.
        links = {link["relation"]: link["url"] for link in first["link"]}
        self.suppliers[0].unlink()
        more = self.found(links["next"].partition(self.interface.token)[2][1:])
        self.assertEqual([e["resource"]["id"] for e in more["entry"]], self.ids_[2:4])

    def test_pages_in_every_order(self):
        query = "Organization?name=Facade&_count=2&_sort="
        payer = f"payer-{self.payer.id}"
        every = [*self.ids_, payer]
        self.assertEqual(self.follow(f"{query}_id")[0], every)
        self.assertEqual(self.follow(f"{query}-_id")[0], every[::-1])
        moments = dict(zip([*self.suppliers, self.payer], (3, 1, 2, 2, 5, 2), strict=True))
        self.env.flush_all()
        for record, minutes in moments.items():
            self.env.cr.execute(
                f"UPDATE {record._table} SET write_date = '2026-03-02 08:00:00.5'::timestamp "
                "+ %s * interval '1 minute' WHERE id = %s",
                [minutes, record.id],
            )
        self.env.invalidate_all()
        order = [self.ids_[at] for at in (1, 2, 3)] + [payer, self.ids_[0], self.ids_[4]]
        self.assertEqual(self.follow(f"{query}_lastUpdated")[0], order)
        self.assertEqual(self.follow(f"{query}-_lastUpdated")[0], order[::-1])

    def test_pages_cannot_be_forged_moved_or_kept(self):
        bundle = self.found("Organization?name=Facade&_count=2")
        token = bundle["link"][1]["url"].partition("_page=")[2]
        other = self.new_interface({"fhir_show_organization": True})
        self.refused(self.ask(f"Organization?_page={token}", interface=other), 400, "bad_page")
        self.refused(self.ask(f"Location?_page={token}"), 400, "bad_page")
        self.refused(self.ask(f"Organization?_page={token}&name=x"), 400, "bad_page")
        changed = ("A" if token[30] != "A" else "B").join((token[:30], token[31:]))
        for wrong in (changed, token[:-4], "", "x", "é", "%00"):
            self.refused(self.ask(f"Organization?_page={wrong}"), 400, "bad_page")
        with patch.object(fhir_facade.time, "time", lambda: 4e9):
            self.refused(self.ask(f"Organization?_page={token}"), 410, "page_expired")
        # What is not shown any more is not shown on further pages either.
        self.change(fhir_show_organization=False)
        self.refused(self.ask(f"Organization?_page={token}"), 404, "unknown_address")

    def test_last_updated_divides_moments_in_two(self):
        self.env.flush_all()
        for one, fraction in zip(self.suppliers, ("0", "000001", "5", "999999", "0"), strict=True):
            second = "01" if one == self.suppliers[4] else "00"
            self.env.cr.execute(
                "UPDATE res_partner SET write_date = %s WHERE id = %s",
                [f"2026-03-02 08:00:{second}.{fraction}", one.id],
            )
        self.env.invalidate_all()
        for moment in ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00.000001Z",
                       "2026-03-02T10:00:00.5%2B02:00", "2026-03-02T08:00Z", "2026-03-02",
                       "2026-03-02T08:00:00.999999Z"):  # fmt: skip
            query = "Organization?name=Facade Supplies&_lastUpdated="
            for one, other in (("gt", "le"), ("ge", "lt")):
                found = self.ids(f"{query}{one}{moment}"), self.ids(f"{query}{other}{moment}")
                self.assertEqual(sorted(found[0] + found[1]), sorted(self.ids_), moment)
        self.assertEqual(
            self.ids("Organization?_lastUpdated=2026-03-02T08:00:00.000001Z"), [self.ids_[1]]
        )
        self.assertEqual(
            self.ids("Organization?_lastUpdated=eq2026-03-02T08:00:00Z"), self.ids_[:4]
        )
        self.assertEqual(
            self.ids("Organization?_lastUpdated=gt2026-03-02T08:00:00.5Z"
                     "&_lastUpdated=lt2026-03-02T08:00:01Z"), [self.ids_[3]]
        )  # fmt: skip

    def test_a_poll_is_told_until_when_it_is_complete(self):
        moment = self.env.cr.now() - timedelta(seconds=1)
        with patch.object(fhir_search, "horizon", lambda _cr: moment):
            self.env.cr.execute(
                "UPDATE res_partner SET write_date = %s WHERE id = %s",
                [moment + timedelta(microseconds=1), self.suppliers[1].id],
            )
            self.env.cr.execute(
                "UPDATE res_partner SET write_date = %s WHERE id IN %s",
                [moment, tuple((self.suppliers - self.suppliers[1]).ids)],
            )
            self.env.invalidate_all()
            bundle = self.found("Organization?name=Facade Supplies&_sort=_lastUpdated")
        found = [entry["resource"]["id"] for entry in bundle["entry"]]
        self.assertEqual(found, [self.ids_[at] for at in (0, 2, 3, 4)])
        told = bundle["meta"]["lastUpdated"]
        later = moment + timedelta(minutes=1)
        with patch.object(fhir_search, "horizon", lambda _cr: later):
            following = self.ids(f"Organization?name=Facade Supplies&_lastUpdated=gt{told}")
        self.assertEqual(following, [self.ids_[1]])

    def test_suppliers_are_limited(self):
        self.change(fhir_vendor_ids=[(6, 0, self.suppliers[:2].ids)])
        self.assertEqual(self.ids("Organization?name=Facade Supplies"), self.ids_[:2])
        self.refused(self.ask(f"Organization/{self.ids_[3]}"), 404, "unknown_resource")

    def test_stock_locations_are_limited(self):
        stock = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        shelf = self.env["stock.location"].create(
            {"name": "Facade Shelf", "location_id": stock.lot_stock_id.id, "barcode": "FSHELF"}
        )
        aisle = self.env["stock.location"].create(
            {"name": "Facade Aisle", "location_id": stock.lot_stock_id.id}
        )
        both = [f"stock-{shelf.id}", f"stock-{aisle.id}"]
        self.assertEqual(self.ids("Location?name=Facade&identifier=FSHELF"), both[:1])
        self.assertEqual(
            [one for one in self.ids("Location?name=Facade") if one.startswith("stock")], both
        )
        [one] = self.resources("Location?identifier=FSHELF")
        self.assertEqual(one["partOf"], {"reference": f"Location/stock-{stock.lot_stock_id.id}"})
        self.change(fhir_location_ids=[(6, 0, shelf.ids)])
        [one] = self.resources("Location?name=Facade&_id=" + ",".join(both))
        self.assertEqual((one["id"], "partOf" in one), (both[0], False))

    def test_a_search_by_post(self):
        pair = {"Authorization": "Basic ZWhyOnMzY3JldCBwYXNzd29yZA=="}
        address = f"/integration/fhir/{self.interface.token}/Organization/_search"
        self.env.flush_all()
        answer = self.url_open(address, data={"identifier": "FS0"}, headers=pair)
        self.assertEqual(
            [e["resource"]["id"] for e in answer.json()["entry"]], self.ids_[:1], answer.text
        )
        wrong = self.url_open(address, data=b"{}", headers={**pair, "Content-Type": JSON})
        self.refused(wrong, 415, "only_forms")

    def test_too_much_is_refused(self):
        many = "&".join(f"name=x{number}" for number in range(31))
        self.refused(self.ask(f"Organization?{many}"), 400, "too_many_parameters")
        self.refused(self.ask("Organization?_id=" + ",".join(["x"] * 101)), 400, "too_many_values")
        self.assertEqual(self.ask("Organization?name=" + "x" * 17000).status_code, 413)
        self.assertLessEqual(len(self.found("Organization?_count=100000")["entry"]), 100)

    @mute_logger("odoo.http", LOG)
    def test_a_failure_tells_nothing(self):
        def fail(*_args, **_options):
            raise ZeroDivisionError("hidden")

        with patch.object(fhir_facade, "_search", fail):
            answer = self.ask("Organization")
        self.assertNotIn("hidden", answer.text)
        self.refused(answer, 500, "http_500")

    def test_nothing_is_audited_that_is_not_clinical(self):
        before = self.env["integration.audit.entry"].search_count([("act", "=", "view")])
        self.found("Organization?identifier=FS0")
        after = self.env["integration.audit.entry"].search_count([("act", "=", "view")])
        self.assertEqual(before, after)

    def test_links_live_a_quarter_of_an_hour(self):
        self.assertEqual(page.LIFETIME, 900)
