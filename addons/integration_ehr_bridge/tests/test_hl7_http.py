import base64
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import intake_many, settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_ehr_bridge.tools.hl7 import message as hl7

from .hl7_peer import ack, control_id_of
from .test_hl7_outbound import Hl7OutboundCase

ADT = (
    "MSH|^~\\&|EHR|GENERAL|ODOO|HOSPITAL|20261129120000+0000||ADT^A01|{id}|{processing}|2.5.1"
    "|||{accept}|{handled}\rEVN|A01\rPID|||4711^^^HOSP^MR||{name}\rPV1||I\r"
)


def adt(control_id="M1", processing="T", accept="", handled="", name="Roe"):
    text = ADT.format(
        id=control_id, processing=processing, accept=accept, handled=handled, name=name
    )
    return text.encode()


@tagged("post_install", "-at_install")
class TestHl7HttpDoor(HttpCase):
    """HL7 over HTTP that arrives: as at the MLLP listener, the answer is the acknowledgement."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        cls.system = cls.env["integration.system"].create({"name": "EHR", "code": "EHR"})
        credential = cls.env["integration.credential"].create(
            {"name": "EHR's login", "kind": "basic"}
        )
        cls.env["integration.credential.version"].create(
            {"credential_id": credential.id, "login": "ehr", "secret": "s3cret password"}
        )
        cls.interface = cls.env["integration.interface"].create(
            {
                "name": "Admissions",
                "system_id": cls.system.id,
                "direction": "inbound",
                "transport": "hl7_http",
                "body_codec": "hl7",
                "data_class": "clinical",
                "credential_id": credential.id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
            }
        )
        cls.env.flush_all()
        # below the ORM: a handler of its own would only make the test longer
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'active', handler = 'integration.handler', "
            "activated_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
            [cls.interface.id],
        )
        cls.interface.invalidate_recordset()
        cls.interface._configuration_changed()
        cls.env["integration.arming"]._remember("The tests' own database")

    def post(self, body, password="s3cret password", **headers):
        pair = base64.b64encode(f"ehr:{password}".encode()).decode()
        login = {"Authorization": f"Basic {pair}"} if password else {}
        return self.url_open(
            f"/integration/hl7/{self.interface.token}",
            data=body,
            headers={"Content-Type": "application/hl7-v2", **login, **headers},
        )

    def messages(self):
        self.env.invalidate_all()
        return self.env["integration.message"].search(
            [("interface_id", "=", self.interface.id)], order="id"
        )

    def said(self, answer):
        """MSA-1 and MSA-2 of an answer, and the first condition."""
        self.assertEqual(answer.status_code, 200, answer.text)
        found = hl7.parse(answer.content)
        return found.get("MSA-1"), found.get("MSA-2"), found.get("ERR-3.1")

    def test_a_message_is_stored_encrypted_and_acknowledged(self):
        answer = self.post(adt())
        self.assertEqual(self.said(answer), ("AA", "M1", None))
        self.assertEqual(answer.headers["Content-Type"], "application/hl7-v2; charset=us-ascii")
        message = self.messages()
        self.assertEqual((message.state, message.message_type), ("queued", "ADT^A01"))
        self.assertTrue(message.external_key.startswith("p:"))
        received = message.payload_ids.filtered(lambda one: one.kind == "received")
        self.assertIn("aes256gcm", received.encoding)

    def test_a_repetition_gets_the_same_answer_and_another_content_is_a_conflict(self):
        first = self.post(adt())
        self.assertEqual(self.post(adt()).content, first.content)
        self.assertEqual(len(self.messages()), 1)
        self.assertEqual(self.said(self.post(adt(name="Doe")))[0], "AA")
        self.assertEqual(self.messages().mapped("state"), ["queued", "quarantined"])

    def test_another_environment_and_garbage_are_answered_negatively(self):
        self.assertEqual(self.said(self.post(adt(processing="P"))), ("AR", "M1", "202"))
        self.assertFalse(self.messages())
        code, _identifier, _condition = self.said(self.post(b"MSH|^~\\&|EHR\rnonsense"))
        self.assertEqual(code, "AE")
        self.assertEqual(self.messages().mapped("state"), ["quarantined"])

    def test_a_batch_is_answered_as_one_and_counts_as_many(self):
        whole = b"BHS|^~\\&|EHR|G\r" + adt("B1") + adt("B2") + b"BTS|2\r"
        charge = "odoo.addons.integration_core.controllers.door_checks.charge_items"
        with patch(charge) as charged:
            answer = self.post(whole)
        self.assertIn(2, [call.args[1] for call in charged.call_args_list])
        lines = answer.text.split("\r")
        self.assertEqual([one for one in lines if one[:3] == "MSA"], ["MSA|AA|B1", "MSA|AA|B2"])
        self.assertEqual(len(self.messages()), 2)
        self.assertIn("BTS|0", self.post(b"BHS|^~\\&|EHR|G\rBTS|0\r").text)

    def batches(self):
        self.env["integration.batch"]._cron_settle()
        self.env.invalidate_all()
        found = self.env["integration.batch"].search(
            [("interface_id", "=", self.interface.id)], order="id"
        )
        names = ("state", "declared", "absent_count", "failed_count", "open_count")
        return [tuple(one[name] for name in names) for one in found]

    def test_whether_all_messages_of_a_batch_came_is_known(self):
        start, end = b"BHS|^~\\&|EHR|G\r", b"BTS|2\r"
        whole = start + adt("B1") + adt("B2") + end
        self.post(whole)
        self.post(whole)
        self.assertEqual(self.batches(), [("open", 2, 0, 0, 2)], "once, however often it is sent")
        self.post(start + adt("B3") + adt("B4", processing="P") + end)
        self.assertEqual(self.batches()[1], ("incomplete", 2, 1, 0, 1), "one was refused")
        self.post(start + adt("B5") + end)
        self.assertEqual(
            self.batches()[2], ("incomplete", 1, 0, 1, 0), "cut short: it is kept as a whole"
        )
        self.post(adt("B6"))
        self.post(start + adt("B7") + b"BTS|1\r")
        self.assertEqual(len(self.batches()), 3)

    def test_in_the_enhanced_mode_there_is_one_answer(self):
        self.assertEqual(self.said(self.post(adt(accept="AL", handled="NE")))[0], "CA")
        self.assertEqual(self.said(self.post(adt("M2", accept="AL", handled="AL")))[0], "AA")
        self.assertEqual(self.post(adt("M3", accept="NE", handled="NE")).status_code, 204)
        self.assertEqual(len(self.messages()), 3)

    def test_who_does_not_prove_himself_is_not_heard(self):
        wrong = self.post(adt(), password="guess")
        self.assertEqual(wrong.status_code, 401)
        self.assertIn("Basic", wrong.headers["WWW-Authenticate"])
        self.assertEqual(self.post(adt(), password=None).status_code, 401)
        self.assertEqual(self.post(adt(), **{"Content-Type": "text/plain"}).status_code, 415)
        self.assertFalse(self.messages())

    def test_while_the_addons_are_updated_senders_come_again(self):
        """The program is new, the database is not yet: no message is refused for that."""
        change = "ALTER FUNCTION {} RENAME TO {}"
        self.env.cr.execute(change.format(intake_many._FULL, "intake_away"))
        with mute_logger("odoo.addons.integration_core.controllers.door_accept"):
            answer = self.post(adt())
        self.assertEqual(answer.status_code, 503, answer.text)
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.env.cr.execute(change.format("intake_away", intake_many._FULL))
        self.assertEqual(self.said(self.post(adt()))[0], "AA")
        self.assertEqual(len(self.messages()), 1)

    def test_what_is_missing_before_it_is_approved(self):
        draft = self.interface.copy({"name": "Draft", "hl7_respond": "handled"})
        self.assertIn("acknowledged when it is stored", " ".join(draft._missing_for_traffic()))
        draft.write({"hl7_respond": "stored", "hl7_proof": "certificate"})
        said = " ".join(draft._missing_for_traffic())
        self.assertIn("at least one fingerprint", said)
        self.assertIn("trusts no proxy", said)


class Web:
    """A partner's HTTP endpoint that answers ``(status, body)`` of ``answer(message, id)``."""

    def __init__(self, answer):
        web, self.requests = self, []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.requests.append((dict(self.headers), body))
                status, content = answer(body, control_id_of(body))
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args):
                """Nothing to the log of the tests."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hl7"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@tagged("post_install", "-at_install")
class TestHl7HttpSender(Hl7OutboundCase):
    def web(self, answer):
        web = Web(answer)
        self.addCleanup(web.close)
        self.set_up(transport="hl7_http", url=web.url)
        return web

    def test_the_acknowledgement_decides_whatever_the_status_says(self):
        codes = [(200, "AA")]
        web = self.web(lambda _m, identifier: (codes[0][0], ack(identifier, codes[0][1])[1:-2]))
        message = self.sent()
        self.assertEqual(message.state, "done", message.error_message)
        headers, body = web.requests[0]
        self.assertEqual(headers["content-type"], "application/hl7-v2; charset=utf-8")
        self.assertIn("date", {name.lower() for name in headers})
        self.assertEqual(hl7.parse(body).get("MSH-10"), message.wire_id)

    def test_refusals(self):
        answers = [(500, "AE"), (400, "AR")]

        def answer(_message, identifier):
            status, code = answers.pop(0)
            return status, ack(identifier, code)[1:-2]

        self.web(answer)
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("quarantined", "hl7_ae"))
        message.action_retry()
        message = self.drained()
        self.assertEqual((message.state, message.error_code), ("quarantined", "hl7_ar"))
        self.assertEqual(message.attempt_ids.mapped("http_status"), [500, 400])

    def test_an_answer_without_an_acknowledgement_of_this_message(self):
        answers = [(200, b"ok"), (200, ack("OTHER")[1:-2]), (503, b""), (400, b"")]
        self.web(lambda _message, _identifier: answers.pop(0))
        message = self.sent()
        for _time in range(3):
            self.assertEqual(message.state, "retry")
            self.make_due(message)
            message = self.drained()
        codes = message.attempt_ids.mapped("error_code")
        self.assertEqual(codes, ["no_ack", "no_ack", "http_503", "http_400"])
        self.assertEqual(message.state, "dead")

    def test_what_became_of_it_comes_later(self):
        self.web(lambda _message, identifier: (200, ack(identifier, "CA")[1:-2]))
        self.set_up(hl7_ack_mode="stored_handled", hl7_ack_deadline=600)
        message = self.sent()
        self.assertEqual(message.state, "waiting")
        left = message.available_at - self.env.cr.now()
        self.assertGreater(left, timedelta(minutes=9))
