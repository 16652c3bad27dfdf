import json

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .fhir_case import FhirCase

CAPABLE = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "software": {"name": "Ward EHR", "version": "7"},
    "format": ["json"],
    "rest": [
        {
            "mode": "server",
            "interaction": [{"code": "transaction"}],
            "resource": [
                {
                    "type": "Basic",
                    "interaction": [{"code": "create"}, {"code": "update"}],
                    "conditionalCreate": True,
                    "versioning": "versioned-update",
                }
            ],
        }
    ],
}


@tagged("post_install", "-at_install")
class TestFhirCheck(FhirCase):
    def check(self, metadata=None, smart=None, **values):
        """Press the button; the result."""
        if metadata is None:
            metadata = CAPABLE

        def answer(asked):
            if asked.path.endswith("/metadata"):
                return metadata if isinstance(metadata, tuple) else (200, metadata)
            return (404, None) if smart is None else (200, smart)

        self.server = self.serve(answer, **values)
        action = self.fhir.action_test_fhir_connection()
        return self.env["integration.fhir.check"].browse(action["res_id"])

    def said(self, check, level):
        return {
            line.name: line.text for line in check.line_ids.filtered(lambda x: x.level == level)
        }

    def test_a_server_that_can_do_it_all(self):
        check = self.check()
        self.assertEqual((check.release, check.software), ("4.0.1", "Ward EHR 7"))
        self.assertFalse(self.said(check, "bad"))
        self.assertEqual(check.verdict, "remark", "nobody signs in")
        entry = self.env["integration.audit.entry"].search(
            [("act", "=", "try_connection")], limit=1
        )
        self.assertEqual(entry.res_id, self.fhir.id)
        self.assertTrue(all(one.method == "GET" for one in self.server.asked))

    def test_what_it_does_not_offer_is_said(self):
        less = json.loads(json.dumps(CAPABLE))
        less["rest"][0]["resource"][0].pop("conditionalCreate")
        check = self.check(less)
        self.assertEqual(check.verdict, "bad")
        self.assertIn("Create, unless it is there", self.said(check, "bad")["Basic"])
        self.assertIn("does not offer it", self.said(check, "bad")["Basic"])

    def test_what_is_polled_through_it_counts(self):
        self._interface(
            "FHIR in",
            direction="inbound",
            transport="fhir",
            fhir_poll_interface_id=self.fhir.id,
            fhir_poll_search="Encounter?class=IMP",
        )
        check = self.check(fhir_purpose="read")
        self.assertIn("Search", self.said(check, "bad")["Encounter"])

    def test_another_version_of_fhir(self):
        check = self.check({**CAPABLE, "fhirVersion": "3.0.2"})
        self.assertIn("It speaks FHIR 3.0.2", self.said(check, "bad")["FHIR server"])

    def test_what_is_no_fhir_server(self):
        for metadata, words in (
            ((200, {"hello": "Jane Roe"}), "cannot be read"),
            ((404, None), "Check the base address"),
            ((401, None), "our sign-in is not accepted"),
            ((500, None), "The server failed"),
        ):
            with self.subTest(metadata=metadata):
                check = self.check(metadata)
                self.assertEqual(check.verdict, "bad")
                self.assertIn(words, self.said(check, "bad")["FHIR server"])
                self.assertNotIn("Jane", self.said(check, "bad")["FHIR server"])

    def test_nobody_answers(self):
        self.set_up(url="http://127.0.0.1:1/fhir")
        action = self.fhir.action_test_fhir_connection()
        check = self.env["integration.fhir.check"].browse(action["res_id"])
        self.assertEqual(check.verdict, "bad")

    def _credential(self, token_url):
        credential = self.env["integration.credential"].create(
            {
                "name": "SMART",
                "kind": "private_key_jwt",
                "client_id": "odoo",
                "token_url": token_url,
                "algorithm": "RS384",
            }
        )
        credential.rotate({"generate": True})
        return credential

    def test_another_token_address_is_noticed(self):
        credential = self._credential("https://127.0.0.1:1/old")
        smart = {"token_endpoint": "https://127.0.0.1:1/token"}
        check = self.check(smart=smart, credential_id=credential.id)
        bad = self.said(check, "bad")
        self.assertIn("https://127.0.0.1:1/token", bad["SMART discovery"])
        self.assertIn("Sign-in", bad)
        self.assertEqual(check.token_url, "https://127.0.0.1:1/token")

    def test_another_algorithm_is_noticed(self):
        credential = self._credential("https://127.0.0.1:1/token")
        smart = {
            "token_endpoint": "https://127.0.0.1:1/token",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES384"],
        }
        check = self.check(smart=smart, credential_id=credential.id)
        self.assertIn("does not take RS384, but ES384", self.said(check, "bad")["SMART discovery"])

    def test_who_may_test(self):
        self.serve(lambda _asked: (200, CAPABLE))
        for role, allowed in (("observer", False), ("operator", True), ("administrator", True)):
            user = new_test_user(self.env, f"fhir.{role}", f"integration_core.group_{role}")
            fhir = self.fhir.with_user(user)
            if allowed:
                fhir.action_test_fhir_connection()
            else:
                with self.assertRaises(UserError):
                    fhir.action_test_fhir_connection()
        with self.assertRaises(UserError):
            self.inbound.action_test_fhir_connection()
