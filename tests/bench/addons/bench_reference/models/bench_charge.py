from odoo import api, models

from odoo.addons.integration_core.engine import intake
from odoo.addons.integration_core.engine.inbound_batch import Received
from odoo.addons.integration_core.tools import correlation
from odoo.addons.integration_ehr_bridge.tools.hl7 import document, message

GROUPS = ("base.group_user", "account.group_account_invoice", "integration_ehr_bridge.group_feed")
HANDLER = "integration.handler.ehr_charge"
MAPPING = "integration_ehr_billing.mapping_hl7_charges"
CODES = 8


class BenchCharge(models.AbstractModel):
    """Charges of visits, and the books that they are invoiced in."""

    _name = "bench.charge"
    _description = "Benchmark Charges"

    @api.model
    def _open(self):
        """Books, codes, a payer, and an interface; what the benchmark needs of them."""
        company = self.env.company
        self.env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        self.env.ref("base.EUR").active = True
        company.ehr_create_locations = True
        fund = self.env["res.partner"].create({"name": "Fund", "is_company": True})
        self.env["ehr.payer"].create({"code": "FUND", "name": "Fund", "partner_id": fund.id})
        for number in range(CODES):
            product = self.env["product.product"].create(
                {"name": f"Service {number}", "type": "service", "lst_price": 25}
            )
            self.env["ehr.charge.code"].create({"code": f"CODE{number}", "product_id": product.id})
        self.env["ehr.location"].create({"point_of_care": "W1"})
        users = self.env["bench.fixture"]
        jobs = users._service_user("charge_jobs", GROUPS)
        return {"interface": self._interface(users).id, "user": jobs.id}

    def _interface(self, users):
        system = users._system("charges")
        system.kind = "ehr"
        interface = self.env["integration.interface"].create(
            {
                "name": "Charges",
                "system_id": system.id,
                "direction": "inbound",
                "transport": "mllp",
                "body_codec": "hl7",
                "data_class": "clinical",
                "mllp_port": 12999,
                "mllp_tls": "none",
                "routing_id": self.env.ref("integration_ehr_billing.routing_hl7_v2_charges").id,
                "user_id": users._service_user("charges", GROUPS).id,
            }
        )
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
        return interface

    @api.model
    def _visits(self, numbers):
        """Visits that are charged."""
        patients = self.env["ehr.patient"]._resolve(
            [("GENERAL", f"P{number[1:]}") for number in numbers]
        )
        self.env["ehr.encounter"].create(
            [
                {
                    "visit_number": number,
                    "visit_assigner": "GENERAL",
                    "state": "present",
                    "encounter_class": "inpatient",
                    "patient_id": patients["GENERAL", f"P{number[1:]}"].id,
                }
                for number in numbers
            ]
        )

    @api.model
    def _store(self, interface_id, messages):
        """Store ``{control id: text}`` as the listener does, without waking a drain."""
        spec = self.env["integration.interface"].browse(interface_id)._inbound_spec()
        ring = self.env["integration.credential"]._key_ring()
        for key, body in messages.items():
            intake.store(
                self.env.cr,
                spec,
                intake.Incoming(
                    external_key=key,
                    message_type="DFT^P03",
                    body=body.encode(),
                    content_type="application/hl7-v2",
                    correlation_id=correlation.new_id(),
                    trace_parent=str(correlation.new_traceparent()),
                ),
                ring,
            )

    @api.model
    def _enqueue(self, bodies, user_id):
        """Create a queue job for each message."""
        for body in self.env["bench.body"].create([{"body": body} for body in bodies]):
            self.with_delay(channel="root")._handle(body.id, user_id)

    def _handle(self, body_id, user_id):
        """Job: read and map a message, and hand it to the handler."""
        raw = self.env["bench.body"].browse(body_id).body.encode()
        root = document.view(message.parse(raw))
        mapping = self.env.ref(MAPPING)
        maps = {
            one.code: {line.source: line.target for line in one.line_ids}
            for one in mapping.value_map_ids
        }
        context = {"system": "charge_jobs", "zone": "UTC", "company": self.env.company.id}
        data = mapping._compiled().apply(root, maps, context)
        system = self.env["integration.system"].search([("code", "=", "charges")])
        received = Received(body_id, str(body_id), None, None, None, system.id)
        self.env[HANDLER].with_user(user_id)._process(received, data)
