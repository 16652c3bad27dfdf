import json
from datetime import datetime

from odoo.tests import tagged

from odoo.addons.integration_core.engine.outbound_sources import Outgoing

from .fhir_case import FhirCase, created, in_turn, outcome


@tagged("post_install", "-at_install")
class TestFhirAnswers(FhirCase):
    """What a server's refusals become, how resources are read, and what is asked before traffic."""

    # -- refusals --------------------------------------------------------------------------

    def test_an_outcome_becomes_words(self):
        said = outcome(
            "required", expression=["Basic.code"], diagnostics="Basic.code is missing for Jane Roe"
        )
        self.serve(lambda _asked: (422, said))
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("dead", "http_422"))
        self.assertIn(
            "error, required: something that is required is missing (at Basic.code)",
            message.error_message,
        )
        self.assertIn("Jane Roe", message.error_message, "an internal interface repeats it")
        self.assertEqual(message.fault, "own")

    def test_of_private_content_nothing_is_repeated(self):
        said = outcome(
            "value",
            expression=["Basic.Zedland.extension", "Basic.code"],
            diagnostics="Jane Roe of Zedland",
            details={"text": "Jane Roe", "coding": [{"code": "Zedland"}]},
        )
        self.serve(lambda _asked: (422, said), data_class="confidential")
        message = self.sent()
        self.assertEqual(message.state, "dead")
        self.assertIn("error, value: a value is not valid", message.error_message)
        self.assertIn("Basic.code", message.error_message)
        for word in ("Jane", "Roe", "Zedland"):
            self.assertNotIn(word, message.error_message)

    def test_statuses(self):
        expected = {
            400: ("dead", "permanent"),
            401: ("retry", "transient"),
            403: ("retry", "transient"),
            404: ("retry", "transient"),
            405: ("dead", "permanent"),
            409: ("retry", "transient"),
            429: ("retry", "throttled"),
            500: ("retry", "transient"),
            503: ("retry", "throttled"),
        }
        for number, (status, (state, error_class)) in enumerate(expected.items()):
            with self.subTest(status=status):
                self.serve(lambda _asked, status=status: (status, None))
                self.fire(f"Land {number}", f"{number}Z")
                self.dispatch()
                message = self.drained()
                self.assertEqual((message.state, message.error_class), (state, error_class))
                self.env.cr.execute(
                    "UPDATE integration_message SET state = 'cancelled' WHERE id = %s", [message.id]
                )

    def test_a_lock_at_the_server_passes(self):
        self.serve(in_turn((422, outcome("lock-error")), created()))
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("retry", "fhir_busy"))
        self.make_due(message)
        self.assertEqual(self.drained().state, "done")

    def test_secrets_stay_out_of_what_is_kept(self):
        credential = self.env["integration.credential"].create(
            {
                "name": "Token",
                "kind": "bearer",
                "version_ids": [(0, 0, {"secret": "abcdefghijklmnop1234"})],
            }
        )
        said = outcome("login", diagnostics="Bearer abcdefghijklmnop1234 is not known")
        server = self.serve(lambda _asked: (401, said), credential_id=credential.id)
        message = self.sent()
        self.assertEqual(server.asked[0].headers["authorization"], "Bearer abcdefghijklmnop1234")
        self.assertNotIn("abcdefghijklmnop", message.error_message)
        (response,) = message.payload_ids.filtered(lambda one: one.kind == "response")
        self.assertNotIn("abcdefghijklmnop", response.content)

    def test_an_expired_token_is_replaced_and_the_message_goes(self):
        class Access:
            tokens = ["old", "new"]

            def make_ready(self):
                pass

            def headers(self):
                return {"authorization": f"Bearer {self.tokens[0]}"}

            def refused(self, _headers):
                self.tokens.pop(0)
                return True

        server = self.serve(
            lambda asked: (
                created()(asked)
                if asked.headers["authorization"] == "Bearer new"
                else (401, outcome("expired"))
            )
        )
        transport = type(self.env["integration.transport.fhir"])
        self.patch(transport, "_access", lambda *_args: Access())
        self.assertEqual(self.sent().state, "done")
        self.assertEqual(len(server.asked), 2)

    # -- read --------------------------------------------------------------------------------

    def test_a_resource_is_read_by_its_type_and_id(self):
        theirs = {"resourceType": "Basic", "id": "7", "code": {"text": "theirs"}}
        server = self.serve(
            in_turn((200, theirs), (404, None), (410, outcome("deleted")), (500, None)),
            fhir_purpose="read",
            event_type_ids=[],
        )
        sender = self.env["integration.transport.fhir"]._sender(self.fhir)
        sender.make_ready()
        found = sender(self.asked("Basic/7"))
        self.assertIsNone(found.error)
        self.assertEqual(json.loads(found.fetched.body), theirs)
        self.assertEqual((server.asked[0].method, server.asked[0].path), ("GET", "/fhir/Basic/7"))
        codes = [sender(self.asked("Basic/7/_history/2")).error.code for _time in range(3)]
        self.assertEqual(codes, ["content_missing", "http_410", "http_500"])
        for wrong in ("Basic", "Basic/../7", "https://else.example/Basic/7", "Basic?x=1", None):
            self.assertEqual(sender(self.asked(wrong)).error.code, "not_subscribed")
        self.assertEqual(len(server.asked), 4)

    def asked(self, what):
        """A message that asks for something."""
        return Outgoing(
            1, "m-1", 1, "integration.fetch", "e-1", datetime(2026, 11, 30), {"resource": what},
            "c-1", None,
        )  # fmt: skip

    # -- before traffic --------------------------------------------------------------------

    def test_what_is_missing_is_said(self):
        draft = self.fhir.copy({"url": False, "mapping_id": False, "fhir_types": False})
        missing = "\n".join(draft._missing_for_traffic())
        for text in ("base address", "Mapping is empty", "Resource types is empty"):
            self.assertIn(text, missing)
        draft.url = "https://ehr.example/fhir?x=1"
        self.assertIn("ends before any", "\n".join(draft._missing_for_traffic()))
        draft.url = "http://ehr.example/fhir"
        draft.data_class = "clinical"
        self.assertIn("https://", "\n".join(draft._missing_for_traffic()))

    def test_the_base_has_one_slash(self):
        server = self.serve(created())
        self.set_up(url=server.url + "/")
        self.assertEqual(self.sent().state, "done")
        self.assertEqual(server.asked[0].path, "/fhir/Basic")
