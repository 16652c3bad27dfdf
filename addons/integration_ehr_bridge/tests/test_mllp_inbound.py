"""Inbound MLLP interfaces: what they need, what the listener is told, what the ledger gets."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.integration_core.engine import acknowledgements, intake, keys

from ..engine.listener_report import Report, sharers
from ..models.integration_mllp_refusal import REASONS
from ..tools.mllp.committer import Answered, Dropped, Waits
from ..tools.mllp.counters import Reason, Refusal, Tally
from ..tools.mllp.door import Tls
from ..tools.mllp.listener import PortStatus
from ..tools.mllp.rules import ORDERS
from .mllp_case import ADT, ArrivalCase, MllpCase


@tagged("post_install", "-at_install")
class TestMllpInbound(MllpCase):
    def missing(self, **values):
        draft = self.feed.copy({"mllp_port": 22580, **values})
        draft.invalidate_recordset()
        return draft.missing or ""

    # -- what is missing -------------------------------------------------------------------

    def test_a_port_is_needed_and_belongs_to_one(self):
        self.assertIn("Port is empty", self.missing(mllp_port=0))
        self.assertIn("belongs to “Feed”", self.missing(mllp_port=22575))
        self.assertNotIn("ort", self.missing(mllp_port=22581).replace("support", ""))

    def test_a_port_of_the_system_is_refused(self):
        for port in (80, 70000, -1):
            with self.assertRaises(ValidationError):
                self.feed.copy({"mllp_port": port})

    def test_two_live_interfaces_never_share_a_port(self):
        """The database says so even when two activations cross."""
        index = self.env["integration.interface"]._mllp_port_unique
        self.assertIn("mllp_port", index.get_definition(self.env.registry))

    def test_client_certificates_need_an_authority(self):
        told = self.missing(mllp_tls="client")
        self.assertIn("Trusted certificates: it holds no certificate", told)
        told = self.missing(mllp_tls="client", mllp_client_fingerprints="ab:cd")
        self.assertIn("Only these certificates: a SHA-256 fingerprint", told)

    def test_a_port_for_everybody_does_not_go_live(self):
        told = "Everybody who reaches the port could send"
        self.assertIn(told, self.missing(mllp_tls="server"))
        self.assertNotIn(told, self.missing(mllp_tls="server", source_networks="10.1.0.0/16"))
        self.assertNotIn(told, self.missing(mllp_tls="client"))
        self.assertNotIn(told, self.missing(mllp_tls="none"))  # of this machine only
        draft = self.feed.copy({"mllp_port": 22580})
        with patch.object(type(draft), "_mllp_plaintext_allowed", lambda _self: True):
            self.assertIn(told, draft._missing_mllp_proof()[0])

    def test_orders_of_supplies_wait_for_their_handling(self):
        self.assertEqual(self.feed.hl7_respond, "usual")
        self.assertEqual(self.feed._hl7_rules().handled_types, ORDERS)
        self.feed._write_approved({"hl7_respond": "stored"})
        self.assertFalse(self.feed._hl7_rules().handled_types)

    def test_limits_have_limits(self):
        for values in (
            {"mllp_idle_timeout": 1},
            {"mllp_max_connections": 0},
            {"hl7_respond_deadline": 0},
            {"hl7_dedupe_hours": -1},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.feed.copy({"mllp_port": 22582, **values})

    def test_an_approved_port_changes_by_proposals_only(self):
        with self.assertRaises(UserError):
            self.feed.write({"mllp_port": 22599})

    def test_choosing_the_transport_chooses_format_and_class(self):
        form = Form(self.env["integration.interface"])
        form.name = "New feed"
        form.system_id = self.system
        form.direction = "inbound"
        form.transport = "mllp"
        self.assertEqual((form.body_codec, form.data_class), ("hl7", "clinical"))

    # -- what the listener is told ---------------------------------------------------------

    def doors(self):
        return self.env["integration.interface"]._mllp_doors()

    def test_a_door(self):
        self.feed._write_approved(
            {"source_networks": "10.1.0.0/16", "body_limit": 2, "hl7_respond": "handled"}
        )
        door = self.doors()[self.feed.id]
        self.assertEqual((door.port, door.tls, door.everywhere), (22575, Tls.NONE, False))
        self.assertEqual([str(one) for one in door.networks], ["10.1.0.0/16"])
        self.assertEqual((door.rules.limits.size, door.rules.handled), (2048, True))
        self.assertEqual(door.rules.processing, {"T"})  # of a system of tests

    def test_ports_are_closed_while_nothing_may_be_received(self):
        self.assertIn(self.feed.id, self.doors())
        self.feed.action_stop_receiving()
        self.assertNotIn(self.feed.id, self.doors())
        self.assertIn("receiving is stopped", self.feed.mllp_status)
        self.feed.action_resume()
        # Paused: what arrives is kept, and waits.
        self.feed.action_pause()
        self.assertIn(self.feed.id, self.doors())
        self.feed.action_resume()
        self.feed.awaits_release = True
        self.assertNotIn(self.feed.id, self.doors())
        self.feed.awaits_release = False
        self.feed.action_retire()
        self.assertNotIn(self.feed.id, self.doors())

    def test_plaintext_reaches_other_machines_by_a_waiver_and_never_if_clinical(self):
        for data_class, expected in (("internal", True), ("clinical", False)):
            feed = self._interface(
                data_class,
                direction="inbound",
                transport="mllp",
                body_codec="hl7",
                mllp_port=22590 + expected,
                mllp_tls="none",
                data_class="internal",
            )
            self.assertFalse(self.doors()[feed.id].everywhere)
            self.env["integration.waiver"].create(
                {
                    "rule": "plaintext",
                    "interface_id": feed.id,
                    "reason": "The old engine knows no TLS",
                    "valid_until": fields.Date.today() + timedelta(days=30),
                    "state": "approved",
                }
            )
            feed._write_approved({"data_class": data_class})
            self.assertEqual(self.doors()[feed.id].everywhere, expected)

    def test_one_that_is_set_up_wrongly_closes_no_other_port(self):
        bad = self._interface(
            "Bad",
            direction="inbound",
            transport="mllp",
            body_codec="hl7",
            data_class="clinical",
            mllp_port=22576,
            mllp_tls="none",
        )
        self.env.cr.execute(
            "UPDATE integration_interface SET source_networks = 'nonsense' WHERE id = %s", [bad.id]
        )
        bad.invalidate_recordset()
        with self.assertLogs("odoo.addons.integration_ehr_bridge", "ERROR"):
            self.assertEqual(list(self.doors()), [self.feed.id])

    def test_tls_listens_everywhere(self):
        self.feed._write_approved({"mllp_tls": "server"})
        self.assertTrue(self.doors()[self.feed.id].everywhere)

    # -- what listeners report ---------------------------------------------------------------

    def report(self, report, *, ended=False, error="", refusals=None):
        status = PortStatus(self.feed.id, 22575, error, 3, Tally(messages=7))
        report.save(self.env.cr, [status], refusals or {}, ended=ended)
        self.env.invalidate_all()

    def test_operators_see_listeners(self):
        report = Report("19.0.1.0.0")
        self.report(report)
        listener = self.env["integration.mllp.listener"].search(
            [("instance", "=", report.instance)]
        )
        self.assertEqual((listener.state, listener.connections), ("running", 3))
        self.assertEqual((listener.open_count, listener.closed_count), (1, 0))
        self.assertEqual(listener.port_ids.action_open_interface()["res_id"], self.feed.id)
        self.assertEqual(listener.port_ids.messages, 7)
        self.assertIn("3 connections", self.feed.mllp_status)
        self.assertEqual(sharers(self.env.cr).get(self.feed.id), 1)
        self.report(Report("19.0.1.0.0"))
        self.assertEqual(sharers(self.env.cr).get(self.feed.id), 2)
        self.env.cr.execute(
            "UPDATE integration_mllp_listener SET seen_at = seen_at - interval '2 minutes'"
        )
        self.env.invalidate_all()
        self.assertEqual(listener.state, "stale")
        self.assertIn("No listener runs", self.feed.mllp_status)
        self.report(report, ended=True)
        self.assertEqual(listener.state, "stopped")
        self.assertFalse(listener.port_ids)

    def test_why_a_port_is_closed_is_told_on_the_interface(self):
        self.report(Report("1"), error="Port 22575 is taken by another program.")
        self.assertIn("taken by another program", self.feed.mllp_status)

    def test_a_machine_that_cannot_serve_is_told_although_another_one_can(self):
        with patch("socket.gethostname", return_value="north"):
            self.report(Report("1"))
        with patch("socket.gethostname", return_value="south"):
            self.report(Report("1"), error="The server has no certificate.")
        self.assertEqual(
            self.feed.mllp_status,
            "Open on north, 3 connections. Closed on south: The server has no certificate.",
        )
        with patch("socket.gethostname", return_value="north"):
            self.report(Report("1"), error="Port 22575 is taken by another program.")
        self.assertNotIn("taken", self.feed.mllp_status)

    def test_refusals_add_up(self):
        refusals = {self.feed.id: {Reason.ADDRESS: Refusal(2, None, "192.0.2.1")}}
        refusals[self.feed.id][Reason.ADDRESS].last_at = fields.Datetime.now()
        report = Report("1")
        self.report(report, refusals=refusals)
        refusals[self.feed.id][Reason.ADDRESS].address = "192.0.2.2"
        self.report(report, refusals=refusals)
        refusal = self.env["integration.mllp.refusal"].search([("interface_id", "=", self.feed.id)])
        self.assertEqual((refusal.count, refusal.last_address), (4, "192.0.2.2"))
        action = self.feed.action_open_mllp_refusals()
        self.assertEqual(self.env["integration.mllp.refusal"].search(action["domain"]), refusal)

    def test_every_reason_has_a_name(self):
        self.assertEqual({code for code, _label in REASONS}, set(Reason))

    def test_what_is_old_goes(self):
        report = Report("1")
        self.report(report)
        self.env.cr.execute(
            "UPDATE integration_mllp_listener SET seen_at = seen_at - interval '40 days'"
        )
        self.env.invalidate_all()
        listeners = self.env["integration.mllp.listener"]
        listeners._gc_listeners()
        self.assertFalse(listeners.search([("instance", "=", report.instance)]))


@tagged("post_install", "-at_install")
class TestHl7Arrival(ArrivalCase):
    """Parts into the ledger and answers out of it, in one transaction."""

    def test_keys_and_what_it_is_about_are_pseudonyms(self):
        (receipt,), _results = self.store(ADT % (b"ID-4711", b"4711"))
        message = self.env["integration.message"].search([("uuid", "=", receipt.uuid)])
        self.assertEqual(message.message_type, "ADT^A01")
        for value in (message.external_key, message.partition_key):
            self.assertTrue(value.startswith(intake.PSEUDONYM))
            self.assertNotIn("4711", value)

    def test_a_repetition_gets_its_answer_and_a_conflict_another(self):
        _receipts, (first,) = self.store(ADT % (b"R1", b"1"))
        _receipts, (again, other) = self.store(ADT % (b"R1", b"1"), ADT % (b"R1", b"2"))
        self.assertEqual(again, Answered(first.content, new=False))
        self.assertNotEqual(other.content, first.content)
        self.assertIn(b"MSA|AA|R1", other.content)

    def test_what_is_answered_after_handling_waits(self):
        self.feed._write_approved({"hl7_respond": "handled"})
        (receipt,), (result,) = self.store(ADT % (b"W1", b"1"))
        self.assertEqual(result, Waits(receipt.uuid))
        _receipts, (again,) = self.store(ADT % (b"W1", b"1"))
        self.assertEqual(again, Waits(receipt.uuid))
        ring = keys.optional_ring(self.env.cr)
        kept = acknowledgements.Acknowledgement(b"MSH|later", "text/plain")
        acknowledgements.keep(self.env.cr, receipt.uuid, kept, "clinical", ring)
        _receipts, (again,) = self.store(ADT % (b"W1", b"1"))
        self.assertEqual(again, Answered(b"MSH|later", new=False))

    def test_evidence_is_kept_once(self):
        _receipts, (first,) = self.store(b"no message at all")
        _receipts, (again,) = self.store(b"no message at all")
        self.assertEqual(first.content, again.content)
        message = self.env["integration.message"].search(
            [("interface_id", "=", self.feed.id), ("state", "=", "quarantined")]
        )
        self.assertEqual(message.mapped("error_code"), ["hl7_syntax"])

    # -- answers after handling ----------------------------------------------------------------

    def test_what_was_handled_is_accepted_once(self):
        receipt, part = self.waiting_part(b"H1")
        self.assertIsNone(self.settle(receipt, part))
        self.end(receipt, "done")
        first = self.settle(receipt, part)
        self.assertIn(b"MSA|AA|H1", first.content)
        self.assertEqual(self.settle(receipt, part), first)

    def test_what_failed_is_an_error_with_its_place(self):
        receipt, part = self.waiting_part(b"H2")
        self.end(receipt, "quarantined", "unmapped_value", "PV1-2: the class is not mapped")
        content = self.settle(receipt, part).content
        self.assertIn(b"MSA|AE|H2", content)
        self.assertIn(b"ERR||PV1^1^2^1|103^", content)
        self.end(receipt, "done")  # an operator mended it: the answer stays what it was
        self.assertEqual(self.settle(receipt, part).content, content)

    def test_what_is_no_fault_of_the_content_is_rejected(self):
        for control_id, state, code, told in (
            (b"N1", "quarantined", "no_handler", b"MSA|AR|N1"),
            (b"N2", "dead", "transient", b"MSA|AR|N2"),
            (b"N3", "cancelled", None, b"MSA|AR|N3"),
            (b"N4", "quarantined", "unknown_location", b"MSA|AE|N4"),
            (b"N5", "quarantined", "in_future", b"MSA|AE|N5"),
        ):
            with self.subTest(state=state, code=code):
                receipt, part = self.waiting_part(control_id)
                self.end(receipt, state, code, "What is to be done.")
                self.assertIn(told, self.settle(receipt, part).content)

    def test_what_is_late_is_accepted_or_told_to_come_again(self):
        receipt, part = self.waiting_part(b"H3")
        self.assertIn(b"MSA|AR|H3", self.settle(receipt, part, late=True, over=True).content)
        self.end(receipt, "done")
        self.assertIn(b"MSA|AA|H3", self.settle(receipt, part, late=True).content)
        receipt, part = self.waiting_part(b"H4")
        self.assertIn(b"MSA|AA|H4", self.settle(receipt, part, over=True).content)

    def test_an_answer_that_cannot_be_made_holds_up_no_other(self):
        receipt, part = self.waiting_part(b"H5")
        self.end(receipt, "done")
        part.waiting = None
        with self.assertLogs("odoo.addons.integration_ehr_bridge", "ERROR"):
            self.assertEqual(self.settle(receipt, part), Dropped())
