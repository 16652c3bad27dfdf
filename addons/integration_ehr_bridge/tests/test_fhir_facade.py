from functools import partial
from unittest.mock import patch

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools.net_guard import parse_networks
from odoo.addons.integration_ehr_bridge.models.integration_interface_fhir_facade import Taken
from odoo.addons.integration_ehr_bridge.tools.fhir.capability_statement import Served

from .fhir_facade_case import JSON, FhirFacadeData

LOG = "odoo.addons.integration_core.security"


@tagged("post_install", "-at_install")
class TestFhirFacade(FhirFacadeData):
    """Who may ask, what is answered, and what is not."""

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

    def test_metadata_says_what_is_taken_as_well(self):
        taken = Taken(
            resources=(
                Served("Location", reads=False, creates=("create",), doc="Taken."),
                Served("Encounter", reads=False, creates=("create", "update")),
            ),
            interactions=("transaction",),
            remarks=("Subscriptions tell us.",),
        )
        with patch.object(
            self.env.registry["integration.interface"], "_fhir_taken_served", lambda *_: taken
        ):
            [rest] = self.ask("metadata").json()["rest"]
        codes = {
            one["type"]: [interaction["code"] for interaction in one["interaction"]]
            for one in rest["resource"]
        }
        self.assertEqual(codes["Encounter"], ["create", "update"])
        self.assertEqual(codes["Location"], ["read", "search-type", "create"])
        self.assertEqual(rest["interaction"], [{"code": "transaction"}])
        self.assertIn("Subscriptions tell us.", rest["documentation"])

    @mute_logger(LOG)
    def test_a_client_certificate_as_the_proxy_tells_of_it(self):
        print_ = "ab" * 32
        other = self.new_interface(
            {
                "fhir_show_location": True, "hl7_proof": "certificate", "credential_id": False,
                "hl7_certificate_header": "X-Cert", "mllp_client_fingerprints": print_,
            }
        )  # fmt: skip
        proxies = parse_networks("127.0.0.0/8, ::1")
        with patch.object(settings, "trusted_proxies", lambda: proxies):
            ask = partial(self.ask, "Location", password="", interface=other)
            self.assertEqual(ask(X_Cert=print_).status_code, 200)
            self.refused(ask(X_Cert="cd" * 32), 401, "http_401")
        self.refused(ask(X_Cert=print_), 401, "http_401")

    def test_a_former_address_goes_on_for_a_time(self):
        before = self.interface.token
        self.interface._renew_address("Strangers know it", 1)
        self.interface._configuration_changed()
        self.assertEqual(self.ask("metadata").status_code, 200)
        self.interface.invalidate_recordset()
        pair = {"Authorization": "Basic ZWhyOnMzY3JldCBwYXNzd29yZA=="}
        answer = self.url_open(f"/integration/fhir/{before}/Organization?_count=1", headers=pair)
        self.assertEqual(answer.status_code, 200)
        # Links lead to where the client asked.
        self.assertIn(before, answer.json()["link"][0]["url"])

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
        later = {"If_Modified_Since": "Wed, 01 Jan 2120 00:00:00 GMT"}
        # A place says what it is part of: its own moment does not tell of all that it says.
        self.assertEqual(self.ask(path, **later).status_code, 200)
        path = f"Organization/{self.ids_[0]}"
        self.assertEqual(self.ask(path, **later).status_code, 304)
        self.assertEqual(self.ask(path, If_Modified_Since="nonsense").status_code, 200)
        kinds = {
            one["type"]: one["conditionalRead"]
            for one in self.ask("metadata").json()["rest"][0]["resource"]
        }
        self.assertEqual(kinds, {"Organization": "full-support", "Location": "not-match"})

    def test_a_change_of_the_interface_is_a_change_of_what_it_says(self):
        path = f"Organization/{self.ids_[0]}"
        moment = "Mon, 02 Mar 2026 08:00:00 GMT"
        for table, since in (("res_partner", 8), ("integration_interface", 9)):
            self.env.flush_all()
            self.env.cr.execute(f"UPDATE {table} SET write_date = '2026-03-02 0{since}:00'")
        self.interface.invalidate_recordset()
        self.interface._configuration_changed()
        self.assertEqual(self.ask(path, If_Modified_Since=moment).status_code, 200)
        after = "Mon, 02 Mar 2026 09:00:00 GMT"
        self.assertEqual(self.ask(path, If_Modified_Since=after).status_code, 304)

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
        both = f"{newer}, application/fhir+json; fhirVersion=4.0; q=0.5"
        self.assertEqual(self.ask(path, Accept=both).status_code, 200)
        self.assertIn("\n  ", self.ask(f"{path}?_pretty=true").text)
