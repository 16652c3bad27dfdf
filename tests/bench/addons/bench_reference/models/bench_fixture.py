from datetime import timedelta

from odoo import api, fields, models, sql_db

from odoo.addons.integration_core.engine import intake, wakeup
from odoo.addons.integration_core.engine.inbound import InboundDrain
from odoo.addons.integration_core.tools import correlation

# A supplier's own shape of an order confirmation, turned into the canonical one.
MAPPING = {
    "name": "Supplier's confirmation",
    "header": "{order_number: root.orderNo, supplier_reference: root.ourRef, "
    "confirmed_at: datetime_utc(root.at, 'Europe/Berlin')}",
    "section_ids": [
        (
            0,
            0,
            {
                "target": "lines",
                "source": "positions",
                "expression": "{line_reference: item.ref, quantity: decimal(item.qty), "
                "unit: lookup('units', item.uom), "
                "promised_date: date(item.deliveryDate, '%d.%m.%Y')}",
            },
        )
    ],
}
UNITS = {"name": "Units", "code": "units", "line_ids": [(0, 0, {"source": "PCE", "target": "C62"})]}


class BenchFixture(models.AbstractModel):
    """What the benchmarks prepare through Odoo."""

    _name = "bench.fixture"
    _description = "Benchmark Fixture"

    @api.model
    def _interface(
        self,
        name,
        *,
        secret,
        mapped=False,
        rate=0.0,
        handler="integration.handler.bench",
        ordering="order_number",
        groups=(),
        **values,
    ):
        """An active inbound webhook interface with the shipped default policy.

        :param secret: ``whsec_…`` secret that its sender signs with
        :param mapped: whether the sender uses its own shape (:data:`MAPPING`)
        :param rate: requests per second that it accepts; 0 is unlimited
        :param handler: model of the handler
        :param ordering: path of what messages are ordered by
        :param groups: external ids of groups of its service user
        :param values: further fields of the interface
        """
        policy = self.env.ref("integration_core.policy_default")
        if rate:
            policy = policy.copy({"rate_per_second": rate, "rate_burst": int(rate)})
        interface = self.env["integration.interface"].create(
            {
                "name": name,
                "system_id": self._system(name).id,
                "direction": "inbound",
                "transport": "webhook",
                "handler": handler,
                "user_id": self._service_user(name, groups).id,
                "credential_id": self._credential(name, secret).id,
                "policy_id": policy.id,
                "mapping_id": self._mapping().id if mapped else False,
                "ordering_key_path": "orderNo" if mapped else ordering,
                **values,
            }
        )
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
        return interface

    def _system(self, name):
        return self.env["integration.system"].create(
            {"name": name, "code": name, "kind": "supplier"}
        )

    def _service_user(self, name, groups=()):
        return self.env["res.users"].create(
            {
                "name": name,
                "login": f"bench_{name}",
                "group_ids": [(4, self.env.ref(group).id) for group in groups],
            }
        )

    @api.model
    def _api_key(self, name, groups):
        """A key for Odoo's own API, of a new user with these groups."""
        user = self._service_user(name, groups)
        keys = self.env["res.users.apikeys"].with_user(user)
        expires = fields.Datetime.now() + timedelta(days=1)
        return keys.sudo()._generate("rpc", "Benchmark", expires)

    @api.model
    def _statements_of_drain(self, interface_id):
        """How many SQL statements it takes to drain an interface in this process."""
        lane = self.env["integration.lane"].search([("interface_id", "=", interface_id)])
        before = sql_db.sql_counter
        InboundDrain(self.env.registry, lane.id).run(patient=False)
        return sql_db.sql_counter - before

    @api.model
    def _statements_of_creation(self, values):
        """How many SQL statements it takes to create a product, for these one by one."""
        products = self.env["product.product"]
        before = sql_db.sql_counter
        for one in values:
            products.create([one])
            self.env.flush_all()
        return (sql_db.sql_counter - before) / len(values)

    def _credential(self, name, secret):
        return self.env["integration.credential"].create(
            {"name": name, "version_ids": [(0, 0, {"secret": secret})]}
        )

    def _mapping(self):
        value_map = self.env["integration.value.map"].create(UNITS)
        mapping = self.env["integration.mapping"].create(
            {**MAPPING, "value_map_ids": value_map.ids}
        )
        mapping.action_submit()
        mapping.action_approve()
        return mapping

    @api.model
    def _store(self, interface_id, messages, message_type=None, content_type="application/json"):
        """Store ``{key: body}`` as the door does, without waking a drain."""
        interface = self.env["integration.interface"].browse(interface_id)
        spec = interface._inbound_spec()
        ring = self.env["integration.credential"]._key_ring()
        for key, body in messages.items():
            intake.store(
                self.env.cr,
                spec,
                intake.Incoming(
                    external_key=key,
                    message_type=message_type,
                    body=body.encode(),
                    content_type=content_type,
                    correlation_id=correlation.new_id(),
                    trace_parent=str(correlation.new_traceparent()),
                ),
                ring,
            )

    @api.model
    def _wake(self, interface_id):
        """Wake the lanes of an interface, as the door does after a commit."""
        wakeup.wake_interfaces_after_commit(self.env.cr, [interface_id])

    @api.model
    def _enqueue_noops(self, count):
        """Create ``count`` queue jobs that do nothing."""
        for _number in range(count):
            self.with_delay(channel="root")._noop()

    def _noop(self):
        """Job: nothing."""
