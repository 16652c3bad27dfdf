from datetime import timedelta
from unittest.mock import patch

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_ehr_bridge.engine import fhir_facade, fhir_search
from odoo.addons.integration_ehr_bridge.tools.fhir import page

from .fhir_facade_case import JSON, FhirFacadeCase

LOG = "odoo.addons.integration_core.security"


@tagged("post_install", "-at_install")
class TestFhirFacade(FhirFacadeCase):
    """Who may ask, what is answered, and what is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.suppliers = partners.create(
            [
                {
                    "name": f"Facade Supplies {number}",
                    "ref": f"FS{number}",
                    "is_company": True,
                    "supplier_rank": 1,
                    "email": "secret@example.org",
                    "phone": "+49 30 1234567",
                    "street": "Hidden Road 1",
                }
                for number in range(5)
            ]
        )
        cls.person = partners.create(
            {"name": "Facade Jane Roe", "ref": "FS-P", "supplier_rank": 1, "is_company": False}
        )
        cls.payer = cls.env["ehr.payer"].create({"code": "FAOK", "name": "Facade AOK"})
        cls.unit = cls.env["ehr.location"].create(
            {"point_of_care": "F4W", "kind": "unit", "name": "Facade Ward"}
        )
        cls.bed = cls.env["ehr.location"].create(
            {
                "point_of_care": "F4W", "room": "1", "bed": "A", "kind": "bed",
                "parent_id": cls.unit.id,
            }
        )  # fmt: skip
        cls.ids_ = [f"supplier-{one.id}" for one in cls.suppliers]

    # ------------------------------------------------------------------
    # who may ask
    # ------------------------------------------------------------------

    @mute_logger(LOG)
    def test_who_does_not_prove_himself_gets_nothing(self):
        for password in ("", "wrong"):
            answer = self.ask("Organization", password=password)
            self.refused(answer, 401, "http_401")
            self.assertIn("Basic", answer.headers["WWW-Authenticate"])
        self.refused(self.ask(f"Organization/{self.ids_[0]}", password=""), 401, "http_401")

    def test_metadata_is_for_whoever_has_the_address(self):
        answer = self.ask("metadata", password="")
        self.assertEqual(answer.status_code, 200, answer.text)
        statement = answer.json()
        self.assertEqual(statement["fhirVersion"], "4.0.1")
        served = {one["type"]: one for one in statement["rest"][0]["resource"]}
        self.assertEqual(set(served), {"Organization", "Location"})
        names = {one["name"] for one in served["Organization"]["searchParam"]}
        self.assertEqual(names, {"_id", "_lastUpdated", "identifier", "name", "active", "type"})
        self.assertEqual(
            statement["rest"][0]["security"]["service"][0]["coding"][0]["code"], "Basic"
        )

    def test_nothing_is_shown_that_was_not_chosen(self):
        none = self.new_interface({})
        self.refused(self.ask("Organization", interface=none), 404, "unknown_address")
        self.assertNotIn("resource", self.ask("metadata", interface=none).json()["rest"][0])
        self.refused(self.ask("Patient"), 404, "unknown_address")
        one = self.new_interface({"fhir_show_location": True})
        self.refused(
            self.ask(f"Organization/{self.ids_[0]}", interface=one), 404, "unknown_address"
        )

    @mute_logger(LOG)
    def test_an_interface_that_is_not_active_answers_nobody(self):
        for state, status in (("draft", 503), ("retired", 410)):
            other = self.new_interface({"fhir_show_location": True}, state=state)
            self.assertEqual(self.ask("Location", interface=other).status_code, status)
        self.interface.sudo().receiving_stopped = True
        self.interface._configuration_changed()
        answer = self.ask("Location")
        self.refused(answer, 503, "http_503")
        self.assertIn("Retry-After", answer.headers)

    @mute_logger(LOG)
    def test_a_rate_limits_reads(self):
        self.interface.policy_id.write({"rate_per_second": 0.001, "rate_burst": 2})
        self.interface._configuration_changed()
        statuses = [self.ask("metadata").status_code for _one in range(4)]
        self.assertEqual((statuses[0], statuses[-1]), (200, 429))

    def test_the_service_users_rights_count(self):
        reader = new_test_user(self.env, "fhir.reader.none", "base.group_portal")
        self.change(user_id=reader.id)
        self.refused(self.ask("Location"), 403, "service_user_may_not_read")
        self.change(user_id=False)
        self.refused(self.ask("Location"), 503, "no_user")
        self.change(user_id=self.env.ref("base.user_root").id)
        self.refused(self.ask("Location"), 503, "no_user")

    def test_other_companies_are_not_shown(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        payer = self.env["ehr.payer"].create({"code": "X", "name": "X", "company_id": other.id})
        self.reader.company_ids += other
        id_ = f"payer-{payer.id}"
        self.assertNotIn(id_, self.ids("Organization?type=pay"))
        self.refused(self.ask(f"Organization/{id_}"), 404, "unknown_resource")
        self.assertEqual(self.ids(f"Organization?_id={id_}"), [])

    def test_writing_is_refused(self):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = self.ask("Organization", method=method)
            self.refused(answer, 405, "read_only")
            self.assertEqual(answer.headers["Allow"], "GET, HEAD")

    # ------------------------------------------------------------------
    # reading
    # ------------------------------------------------------------------

    def test_an_organization_has_few_elements(self):
        answer = self.ask(f"Organization/{self.ids_[0]}")
        self.assertEqual(answer.status_code, 200, answer.text)
        found = answer.json()
        self.assertEqual(
            set(found),
            {"resourceType", "id", "meta", "identifier", "active", "type", "name"},
        )
        self.assertEqual(found["name"], "Facade Supplies 0")
        for secret in ("secret@", "1234567", "Hidden"):
            self.assertNotIn(secret, answer.text)
        self.assertEqual(answer.headers["ETag"], f'W/"{found["meta"]["versionId"]}"')
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertTrue(answer.headers["Content-Type"].startswith(f"{JSON}; fhirVersion=4.0"))

    def test_persons_are_not_shown(self):
        self.refused(self.ask(f"Organization/supplier-{self.person.id}"), 404, "unknown_resource")
        self.assertEqual(self.ids("Organization?identifier=FS-P"), [])

    def test_ids_that_are_none(self):
        for id_ in ("supplier-0", "supplier-007", "supplier-99999999999999999999", "place-1", "1",
                    "supplier-%D9%A1", "supplier-", "-1"):  # fmt: skip
            self.refused(self.ask(f"Organization/{id_}"), 404, "unknown_resource")
        self.refused(self.ask(f"Organization/{self.ids_[0]}/_history/1"), 404, "unknown_address")
        self.refused(self.ask(""), 404, "unknown_address")

    def test_what_the_client_has_is_not_sent_again(self):
        path = f"Location/place-{self.bed.id}"
        tag = self.ask(path).headers["ETag"]
        again = self.ask(path, If_None_Match=tag)
        self.assertEqual((again.status_code, again.content), (304, b""))
        self.assertEqual(again.headers["ETag"], tag)
        self.bed.name = "Window"
        self.assertEqual(self.ask(path, If_None_Match=tag).status_code, 200)
        later = "Wed, 01 Jan 2120 00:00:00 GMT"
        self.assertEqual(self.ask(path, If_Modified_Since=later).status_code, 304)
        self.assertEqual(self.ask(path, If_Modified_Since="nonsense").status_code, 200)

    def test_head_has_no_body(self):
        whole = self.ask(f"Organization/{self.ids_[0]}")
        head = self.ask(f"Organization/{self.ids_[0]}", method="HEAD")
        self.assertEqual((head.status_code, head.content), (200, b""))
        self.assertEqual(head.headers["ETag"], whole.headers["ETag"])

    def test_a_bed_tells_its_state_and_of_nobody(self):
        self.bed.sudo().bed_state = "dirty"
        found = self.ask(f"Location/place-{self.bed.id}").json()
        self.assertEqual(found["operationalStatus"]["code"], "K")
        self.assertEqual(found["partOf"], {"reference": f"Location/place-{self.unit.id}"})
        self.assertEqual(self.ids("Location?name=A&operational-status=K&partof=Location/"
                                  f"place-{self.unit.id}"), [f"place-{self.bed.id}"])  # fmt: skip

    def test_forms_of_answers(self):
        path = f"Organization/{self.ids_[0]}"
        self.refused(self.ask(path, Accept="application/fhir+xml"), 406, "only_json")
        self.refused(self.ask(f"{path}?_format=xml"), 406, "only_json")
        newer = "application/fhir+json; fhirVersion=5.0"
        self.refused(self.ask(path, Accept=newer), 406, "other_version")
        self.assertEqual(self.ask(f"{path}?_format=json", Accept="text/html").status_code, 200)
        self.assertIn("\n  ", self.ask(f"{path}?_pretty=true").text)

    # ------------------------------------------------------------------
    # searching
    # ------------------------------------------------------------------

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
