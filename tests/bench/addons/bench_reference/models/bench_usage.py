from odoo import api, fields, models

from odoo.addons.integration_core.engine import intake, keys
from odoo.addons.integration_core.engine.inbound_batch import Received
from odoo.addons.integration_core.engine.inbound_plan import inbound_plan
from odoo.addons.integration_core.tools import correlation

# In the jobs' favour: the plan of an interface is made once in a process.
_PLANS = {}


class BenchUsage(models.AbstractModel):
    """Wards with stock, and messages in HL7 about what they use."""

    _inherit = "bench.fixture"

    @api.model
    def _usage_world(self, wards, items):
        """Wards with stock of many items, of which every second has lots; visits on the wards."""
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        )
        plan = self.env["account.analytic.plan"].create({"name": "Cost centres"})
        products = self.env["product.product"].create(
            [
                {
                    "name": f"Item {number}",
                    "default_code": f"ITM-{number}",
                    "is_storable": True,
                    "standard_price": 2,
                    "tracking": "lot" if number % 2 else "none",
                }
                for number in range(items)
            ]
        )
        lots = self.env["stock.lot"].create(
            [
                {"name": f"L{number}", "product_id": product.id}
                for product in products.filtered(lambda one: one.tracking == "lot")
                for number in range(3)
            ]
        )
        for ward in range(wards):
            stock = self.env["stock.location"].create(
                {"name": f"W{ward}", "location_id": warehouse.view_location_id.id}
            )
            place = self.env["ehr.location"].create(
                {
                    "facility": "GENERAL",
                    "point_of_care": f"W{ward}",
                    "stock_location_id": stock.id,
                    "analytic_account_id": self.env["account.analytic.account"]
                    .create({"name": f"W{ward}", "plan_id": plan.id})
                    .id,
                }
            )
            self.env["ehr.encounter"].create(
                [
                    {
                        "visit_number": f"V{ward}-{number}",
                        "visit_assigner": "GENERAL",
                        "location_id": place.id,
                        "state": "present",
                    }
                    for number in range(20)
                ]
            )
            for product in products:
                for lot in lots.filtered(lambda one, p=product: one.product_id == p) or [None]:
                    self.env["stock.quant"]._update_available_quantity(
                        product, stock, 1_000_000, lot_id=lot
                    )

    @api.model
    def _usage_interface(self, name, groups):
        """An active interface that gets HL7 by the routing of usage; its id."""
        interface = self.env["integration.interface"].create(
            {
                "name": name,
                "system_id": self._system(name).id,
                "direction": "inbound",
                "transport": "mllp",
                "mllp_port": 12999,
                "mllp_tls": "none",
                "body_codec": "hl7",
                "data_class": "clinical",
                "user_id": self._service_user(name, groups).id,
                "policy_id": self.env.ref("integration_core.policy_default").id,
                "routing_id": self.env.ref("integration_ehr_supply.routing_hl7_v2_usage").id,
            }
        )
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
        return interface.id

    @api.model
    def _store_hl7(self, interface_id, messages):
        """Store ``{control id: text}`` as the listener does, without waking a drain."""
        spec = self.env["integration.interface"].browse(interface_id)._inbound_spec()
        ring = keys.optional_ring(self.env.cr)
        for key, body in messages.items():
            intake.store(
                self.env.cr,
                spec,
                intake.Incoming(
                    external_key=key,
                    message_type="RDS^O13",
                    body=body.encode(),
                    content_type="application/hl7-v2",
                    correlation_id=correlation.new_id(),
                    trace_parent=str(correlation.new_traceparent()),
                ),
                ring,
            )

    @api.model
    def _enqueue_hl7(self, bodies, interface_id):
        """Create a queue job for each message, which does what the drain does with one."""
        for body in self.env["bench.body"].create([{"body": body} for body in bodies]):
            self.with_delay(channel="root")._handle_hl7(body.id, interface_id)

    def _handle_hl7(self, body_id, interface_id):
        """Job: read, map and validate a message, and hand it to its handler."""
        key = self.env.cr.dbname, interface_id
        if key not in _PLANS:
            _PLANS[key] = inbound_plan(self.env["integration.interface"].browse(interface_id))
        plan = _PLANS[key].of_type("RDS^O13")
        body = self.env["bench.body"].browse(body_id).body.encode()
        data = plan.convert(body, "application/hl7-v2", fields.Datetime.now())
        received = Received(body_id, str(body_id), "RDS^O13", None, None, plan.system_id)
        plan.handler(self.env)._process(received, data)
