"""Two hospitals in one database: the same orders, items, lots and numbers, other currencies."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setup.odoo_server import free_port
from tests.e2e.conftest import Suite
from tests.e2e.mllp_peer import Ack, Peer
from tests.e2e.mllp_receiver import MllpReceiver
from tests.harness import Client, Shell, wait_until
from tests.unit.wire_server import Authority

#: A company with books that value stock at once, a store and a ward, and items of both kinds.
_COMPANY = """
env.ref("product.decimal_price").digits = 3
currency = env["res.currency"].with_context(active_test=False).search([("name", "=", money)])
currency.active = True
company = env["res.company"].create({
    "name": f"Hospital {money}", "currency_id": currency.id})
env.user.company_ids |= company
env = env(context=dict(env.context, allowed_company_ids=company.ids))
company = env["res.company"].browse(company.id)
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
company.write({"currency_id": currency.id, "ehr_create_locations": True,
               "ehr_create_accounts": True, "ehr_charge_direction": direction})

accounts = env["account.account"].create([
    {"name": "Used up", "code": "990001", "account_type": "expense"},
    {"name": "Stock", "code": "990002", "account_type": "asset_current"}])
company.account_stock_journal_id = env["account.journal"].create(
    {"name": "Stock moves", "code": "STKX", "type": "general"})
category = env["product.category"].create({"name": f"Valued {money}"})
category.write({"property_valuation": "real_time", "property_cost_method": "standard",
                "property_stock_valuation_account_id": accounts[1].id})

box = env["uom.uom"].search([("integration_code", "=", "BX")], limit=1) or env["uom.uom"].create({
    "name": "Box of 12", "relative_uom_id": env.ref("uom.product_uom_unit").id,
    "relative_factor": 12, "integration_code": "BX"})
vendor = env["res.partner"].create({"name": "Supplies", "is_company": True})
common = {"type": "consu", "is_storable": True, "categ_id": category.id, "company_id": company.id,
          "taxes_id": False, "supplier_taxes_id": False}
vial, stem = env["product.product"].create([
    {"name": "Vial", "default_code": "VIAL", "tracking": "lot", "standard_price": cost,
     "lst_price": price, "uom_ids": [(4, box.id)],
     "seller_ids": [(0, 0, {"partner_id": vendor.id, "price": box_price, "company_id": company.id,
                            "currency_id": currency.id, "product_uom_id": box.id})], **common},
    {"name": "Stem", "default_code": "STEM", "tracking": "serial", "standard_price": cost,
     **common}])
used_up = vial.with_company(company).property_stock_production
used_up.valuation_account_id = accounts[0]

warehouse = env["stock.warehouse"].create(
    {"name": f"Store {money}", "code": money, "company_id": company.id})
centre = env["account.analytic.account"].create({
    "name": "Ward", "plan_id": env.ref("analytic.analytic_plan_projects").id,
    "company_id": company.id})
ward = env["stock.location"].create({
    "name": "Ward 3W", "barcode": "3W", "location_id": warehouse.view_location_id.id,
    "company_id": company.id})
env["ehr.location"].create({
    "facility": "NORTH", "point_of_care": "3W", "kind": "unit", "stock_location_id": ward.id,
    "analytic_account_id": centre.id, "company_id": company.id})
route = {"source_location_id": warehouse.lot_stock_id.id, "company_id": company.id,
         "picking_type_id": warehouse.int_type_id.id, "shortage": "purchase"}
env["ehr.supply.route"].create([
    {"name": "Ward", "code": "3W", "destination_location_id": ward.id, **route},
    {"name": "Theatre", "code": "OR", "destination_location_id": used_up.id, **route}])
quants = env["stock.quant"]
for product, name, quantity, place in ((vial, "L1", 24, warehouse.lot_stock_id),
                                       (stem, "SN1", 1, ward)):
    lot = env["stock.lot"].create(
        {"name": name, "product_id": product.id, "company_id": company.id})
    quants._update_available_quantity(product, place, quantity, lot_id=lot)

fund = env["res.partner"].create({"name": f"Fund {money}", "is_company": True})
env["ehr.payer"].create(
    {"code": "FUND", "name": "Fund", "partner_id": fund.id, "company_id": company.id})
service = env["product.product"].create({
    "name": "Medication", "type": "service", "taxes_id": False, "company_id": company.id})
env["ehr.charge.code"].create({
    "code": "MED", "product_id": (vial if direction == "out" else service).id,
    "company_id": company.id})
system = env["integration.system"].create({
    "name": f"EHR {money}", "code": f"EHR{money}", "kind": "ehr", "environment": "production",
    "tz": "Europe/Brussels", "company_id": company.id})
result = {"company": company.id, "system": system.id, "ward": ward.id,
          "items": (vial | stem).ids}
"""
_INBOUND = """
company = env["res.company"].browse(company)
routing = env["integration.routing"].search([("code", "=", "whole")])
if not routing:
    routing = env["integration.routing"].create({"name": "A whole hospital", "code": "whole"})
    for one in ("integration_ehr_billing.routing_hl7_v2_charges",
                "integration_ehr_supply.routing_hl7_v2_supply",
                "integration_ehr_supply.routing_hl7_v2_usage",
                "integration_ehr_bridge.routing_hl7_v2_standard"):
        routing._take_rules(env.ref(one))
    routing.action_submit()
    routing.action_approve()
def user(login, *groups):
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": login, "login": login, "password": login, "company_id": company.id,
        "company_ids": [(6, 0, company.ids)],
        "group_ids": [(4, env.ref(group).id) for group in ("base.group_user", *groups)]})
feed = user(f"feed{company.id}", "account.group_account_invoice", "stock.group_stock_user",
            "integration_ehr_bridge.group_feed")
person = user(f"person{company.id}", "account.group_account_invoice", "stock.group_stock_user",
              "stock.group_production_lot", "uom.group_uom", "purchase.group_purchase_user",
              "integration_core.group_observer", "integration_ehr_bridge.group_census_user")
made = env["integration.interface"].create({
    "name": f"Feed {company.id}", "system_id": system, "direction": "inbound",
    "transport": "mllp", "body_codec": "hl7", "data_class": "clinical", "mllp_port": port,
    "mllp_tls": "none", "routing_id": routing.id, "user_id": feed.id,
    "latency_class": "realtime", "hl7_respond_deadline": 60})
made.action_submit()
made.action_approve()
made.action_activate()
result = {"interface": made.id, "person": person.login}
"""
_OUTBOUND = """
# Another one than that of the feed, which does not hear what its own messages did.
partner = env["integration.system"].browse(system).copy(
    {"name": f"{event} {system}", "code": f"OUT{system}{len(event)}"})
policy = env.ref("integration_ehr_bridge.policy_hl7").copy({"name": f"{event} {system}"})
made = env["integration.interface"].create({
    "name": f"{event} {system}", "system_id": partner.id, "direction": "outbound",
    "transport": "mllp", "data_class": data_class, "url": url, "mllp_ca": authority,
    "allowed_networks": "127.0.0.0/8, ::1", "policy_id": policy.id,
    "mapping_id": env.ref(mapping).id, "hl7_application": "ODOO", "hl7_facility": "HUB",
    "event_type_ids": [(6, 0, env["integration.event.type"].search([("code", "=", event)]).ids)],
    "latency_class": "realtime"})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""
#: What people do: a buyer orders and enters the bill, a storekeeper receives and hands out.
_WORK = """
person = env["res.users"].search([("login", "=", login)])
env = env(user=person, context={"allowed_company_ids": person.company_ids.ids})

def validate(picking):
    picking.with_context(skip_backorder=True).button_validate()
    assert picking.state == "done", (picking.name, picking.state)

order = env["ehr.requisition.line"].search([("order_number", "=", "PO1")]).requisition_id
validate(order.picking_ids)
[purchase] = order.purchase_ids
purchase.button_confirm()
[receipt] = purchase.picking_ids
receipt.move_ids.move_line_ids.lot_name = "L2"
validate(receipt)
rest = order.picking_ids.filtered(lambda one: one.state != "done")
rest.action_assign()
validate(rest)
purchase.action_create_invoice()
[bill] = purchase.invoice_ids
bill.invoice_date = "2026-11-01"
bill.action_post()
bought = purchase.order_line
result = {
    "unit": bought.product_uom_id.name, "quantity": bought.product_qty,
    "received": receipt.move_ids.product_qty, "price": bought.price_unit,
    "money": bill.currency_id.name, "bill": bill.amount_total, "state": order.state}
"""
#: What was used up at once is handed out of what was bought.
_HAND_OUT = """
person = env["res.users"].search([("login", "=", login)])
env = env(user=person, context={"allowed_company_ids": person.company_ids.ids})
order = env["ehr.requisition.line"].search([("order_number", "=", number)]).requisition_id
order.picking_ids.with_context(skip_backorder=True).button_validate()
result = order.picking_ids.mapped("state")
"""


@dataclass(frozen=True)
class House:
    """One of the two hospitals.

    :ivar dispensed: how many vials are dispensed; other than in the other one
    :ivar stock: hears of its stock, over MLLP
    :ivar billing: hears of its charges
    """

    suite: Suite
    shell: Shell
    money: str
    company: int
    ward: int
    items: Sequence[int]
    interface: int
    port: int
    person: str
    dispensed: int
    stock: MllpReceiver
    billing: MllpReceiver

    def tell(self, *messages: bytes) -> list[Ack]:
        """Send messages over the wire; wait until all of them are handled."""
        with Peer(self.port) as peer:
            answers = peer.ask_all(messages)
        busy = {"received", "queued", "processing", "retry", "waiting"}
        wait_until(lambda: not busy & set(self.states()), 120, what="an idle feed")
        assert self.states() <= {"done"}, self.problems()
        return answers

    def states(self) -> set[str]:
        query = "SELECT DISTINCT state FROM integration_message WHERE interface_id = %s"
        return {row["state"] for row in self.suite.database.sql(query, [self.interface])}

    def problems(self) -> list[dict[str, Any]]:
        return self.suite.database.sql(
            "SELECT message_type, error_code, error_message FROM integration_message "
            "WHERE interface_id = %s AND state <> 'done'",
            [self.interface],
        )

    def client(self) -> Client:
        """A person of this hospital, logged in."""
        return self.suite.server.login(self.person, self.person)

    def on_hand(self) -> dict[str, float]:
        """What lies on the ward, by lot and serial number."""
        rows = self.suite.database.sql(
            "SELECT l.name, sum(q.quantity)::float AS quantity FROM stock_quant q "
            "JOIN stock_lot l ON l.id = q.lot_id WHERE q.location_id = %s GROUP BY l.name",
            [self.ward],
        )
        return {row["name"]: row["quantity"] for row in rows if row["quantity"]}

    def work(self) -> dict[str, Any]:
        return self.shell.run(_WORK, login=self.person)

    def hand_out(self, number: str) -> list[str]:
        return self.shell.run(_HAND_OUT, login=self.person, number=number)


@contextmanager
def two_hospitals(suite: Suite, folder: Path) -> Iterator[tuple[House, House]]:
    """One whose money has no decimals and that invoices what it is told to charge, and one whose
    money has three and that tells another system what to charge.

    :param folder: an empty one, for certificates
    """
    authority = Authority.make()
    with ExitStack() as stack:
        shell = stack.enter_context(suite.database.shell())
        listener = stack.enter_context(suite.database.listener())
        houses = []
        for values in (
            {"money": "JPY", "direction": "in",
             "cost": 104, "price": 125, "box_price": 1249},
            {"money": "KWD", "direction": "out",
             "cost": 0.115, "price": 0.125, "box_price": 1.375},
        ):  # fmt: skip
            made = shell.run(_COMPANY, **values)
            port = free_port()
            system = made.pop("system")
            opened = shell.run(_INBOUND, company=made["company"], system=system, port=port)
            stock = stack.enter_context(MllpReceiver())
            shell.run(
                _OUTBOUND,
                system=system,
                url=stock.url,
                data_class="internal",
                authority=False,
                mapping="integration_ehr_supply.mapping_hl7_stock_on_hand_out",
                event="ehr.stock_on_hand.changed",
            )
            # What is charged to whom is clinical, and leaves over TLS alone.
            context = authority.server_context(folder, "localhost")
            billing = stack.enter_context(MllpReceiver(tls=context))
            is_out = values["direction"] == "out"
            shell.run(
                _OUTBOUND,
                system=system,
                url=billing.url,
                data_class="clinical",
                authority=authority.pem,
                mapping="integration_ehr_billing.mapping_charge_"
                + ("posted_hl7" if is_out else "status_hl7"),
                event="ehr.charge." + ("posted" if is_out else "drafted"),
            )
            listener.wait_open(port)
            houses.append(
                House(
                    suite,
                    shell,
                    values["money"],
                    port=port,
                    dispensed=5 if not houses else 7,
                    stock=stock,
                    billing=billing,
                    **made,
                    **opened,
                )
            )
        yield houses[0], houses[1]
        errors = listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)
