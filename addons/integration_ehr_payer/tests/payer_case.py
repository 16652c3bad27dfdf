"""A payer that is asked and claimed of, a patient whom it covers, and who works with that."""

import json

from odoo.tests import new_test_user

from odoo.addons.integration_core.engine import payloads
from odoo.addons.integration_ehr_billing.tests.charge_case import ChargeCase

MEMBER = "A123456789"
ANSWERS = "integration.handler.ehr_claim_answer"
TYPES = (
    "eligibility_asked",
    "claim_submitted",
    "claim_cancelled",
    "authorization_asked",
    "authorization_cancelled",
    "portal_appointment_booked",
    "portal_appointment_changed",
    "portal_appointment_cancelled",
    "portal_invoice_posted",
    "portal_invoice_changed",
)


class PayerCase(ChargeCase):
    """Canonical messages through the ledger, handled with the rights of a feed's service user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payer.write({"takes_claims": True, "appeal_days": 30})
        # No more than the documents say that it needs.
        cls.feeder = new_test_user(cls.env, "payer.feed", "integration_ehr_bridge.group_feed")
        cls.biller = new_test_user(cls.env, "payer.bills", "account.group_account_invoice")
        cls.releaser = new_test_user(
            cls.env, "payer.releases", "integration_ehr_payer.group_eligibility_override"
        )
        cls.types = cls.env["integration.event.type"].union(
            *(cls.env.ref(f"integration_ehr_payer.event_type_{name}") for name in TYPES)
        )
        cls.payer_system = cls.env["integration.system"].create(
            {"name": "Payer", "code": "PAYER", "kind": "payer"}
        )
        cls.reconfigure(
            cls.outbound,
            system_id=cls.payer_system.id,
            data_class="clinical",
            event_type_ids=[(6, 0, cls.types.ids)],
        )

    # -- messages --------------------------------------------------------------------------

    def take(self, handler, document, key=None, state="done"):
        """Deliver a message to a handler of payers; the record that it touched."""
        handler = f"integration.handler.{handler}"
        self.reconfigure(self.inbound, handler=handler, user_id=self.feeder.id)
        message = self.deliver(document, key)
        self.reconfigure(self.inbound, handler=self.handler, user_id=self.service_user.id)
        self.env.invalidate_all()
        self.assertEqual(message.state, state, message.error_message)
        if state == "done":
            return self.env[message.res_model].browse(message.res_id)
        return message

    def cover_told(self, **members):
        return {
            "record": "Coverage/7",
            "stated_at": "2026-03-01T08:00:00Z",
            "status": "active",
            "patient": {"number": "P1"},
            "payer": {"code": "AOK"},
            "member": MEMBER,
            **members,
        }

    def cover(self, **members):
        return self.take("ehr_coverage", self.cover_told(**members))

    def answered(self, question, in_force=True, at="2026-03-02T10:00:00Z", **members):
        document = {
            "request": {"number": question.number},
            "outcome": "complete",
            "answered_at": at,
            "in_force": in_force,
            **members,
        }
        return self.take("ehr_eligibility_answer", document)

    def decided(self, claim, *lines, at="2026-03-20T08:00:00Z", **members):
        """The payer's decision on lines: ``(sequence, paid)``, with ``reasons`` if there are."""
        return self.take("ehr_claim_answer", self.decision(claim, *lines, at=at, **members))

    def decision(self, claim, *lines, at="2026-03-20T08:00:00Z", **members):
        return {
            "use": "claim",
            "request": {"number": claim.number},
            "outcome": "complete",
            "answered_at": at,
            "currency": self.currency.name,
            "lines": [
                {
                    "sequence": number,
                    "paid": paid,
                    **({"reasons": list(reasons)} if reasons else {}),
                }
                for number, paid, *reasons in lines
            ],
            **members,
        }

    def has_reached(self, question, hours=0):
        """What is asked has arrived at the payer, so many hours ago."""
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO integration_record_sync (res_model, res_id, interface_id, state, "
            "changed_at) VALUES (%s, %s, %s, 'waiting', now() AT TIME ZONE 'UTC' - %s * "
            "interval '1 hour') ON CONFLICT (res_model, res_id, interface_id) DO UPDATE "
            "SET state = EXCLUDED.state, changed_at = EXCLUDED.changed_at",
            [question._name, question.id, self.outbound.id, hours],
        )
        self.env.invalidate_all()

    def retire(self):
        """No interface tells payers anything any more."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'retired' WHERE id = %s", [self.outbound.id]
        )
        self.env.invalidate_all()

    # -- documents -------------------------------------------------------------------------

    def invoice(self, *charges):
        """A draft invoice to the payer: a theatre hour and a dressing, 906.00 and 13.25 gross."""
        parts = charges or (self.one("TX-1"), self.one("TX-2", "DRESSING", "1", "12.50"))
        return self.post(*parts).move_id

    def claim(self, *charges):
        """A submitted claim of a posted invoice of the covered patient."""
        if not self.env["ehr.coverage"].search([]):
            self.cover()
        move = self.invoice(*charges)
        move.action_post()
        move.with_user(self.biller).action_submit_claim()
        return move.ehr_claim_ids

    def heard(self):
        """Codes and contents of the events since the last call."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.cr.execute(
            "SELECT type_code, uuid, data, body, encoding FROM integration_event "
            "WHERE dispatched_at IS NULL ORDER BY id"
        )
        ring = self.env["integration.credential"]._key_ring()
        found = [
            (
                code.removeprefix("ehr."),
                json.loads(payloads.open_event(data, body and bytes(body), encoding, uuid, ring)),
            )
            for code, uuid, data, body, encoding in self.env.cr.fetchall()
        ]
        self.dispatch()
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()
        for code, data in found:
            event_type = self.types.filtered(lambda one, code=code: one.code == f"ehr.{code}")
            validator = event_type.contract_id.current_version_id._validator()
            self.assertEqual(validator.violations(data), [], code)
        return found
