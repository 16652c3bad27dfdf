"""The store, theatre and books of the canary test's hospital, and the feeds that they live by."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.canary_charges import Charges
from tests.e2e.canary_hospital import Door, Hospital
from tests.e2e.canary_kits import LateKits
from tests.e2e.canary_lists import Lists
from tests.e2e.canary_orders import THEATRE, Orders, Patient
from tests.e2e.canary_pharmacy import Pharmacy
from tests.e2e.canary_told import Told
from tests.e2e.canary_ward import BED
from tests.e2e.mllp_peer import Peer
from tests.harness import Shell

#: What a partner without the clinical role is told of the same business.
TOLD = (
    "integration_procurement.event_type_customer_invoice_posted",
    "integration_procurement.event_type_goods_receipt_validated",
    "integration_procurement.event_type_purchase_order_confirmed",
    "integration_procurement.event_type_stock_move_done",
)
CLINICAL_EVENTS = (
    "integration_ehr_billing.event_type_charge_drafted",
    "integration_ehr_billing.event_type_charge_changed",
    "integration_ehr_billing.event_type_charge_posted",
    "integration_ehr_supply.event_type_requisition_changed",
    "integration_ehr_supply.event_type_outsourced_changed",
)

_STORE = """
company = env.company
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
warehouse = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
stock = warehouse.lot_stock_id
ward, theatre, sterile = env["stock.location"].create([
    {"name": name, "barcode": code, "location_id": warehouse.view_location_id.id}
    for name, code in (("Ward 4W", "WARD-4W"), ("Theatre", "OR1"), ("Sterile store", "STERILE"))])
centre = env["account.analytic.account"].create({
    "name": "Surgery", "code": "4120",
    "plan_id": env["account.analytic.plan"].create({"name": "Cost centres"}).id})
vendor, fund, debtor, laboratory = env["res.partner"].create([
    {"name": name, "ref": ref, "is_company": True} for name, ref in (
        ("Vendor", "SUP1"), ("Fund", "FUND"), ("Patients", "PAT"), ("Laboratory", "LAB"))])
goods = {code: env["product.product"].create({
    "name": code, "default_code": code, "type": "consu", "is_storable": code != "CATH",
    "tracking": {"VIAL": "lot", "STEM": "serial"}.get(code, "none"), "standard_price": 2,
    "lst_price": 3, "taxes_id": False,
    "seller_ids": [(0, 0, {"partner_id": vendor.id, "price": 2})]})
    for code in ("GLV", "MSK", "CATH", "SWAB", "VIAL", "STEM")}
services = {code: env["product.product"].create({
    "name": f"Service {code}", "type": "service", "lst_price": price, "taxes_id": False})
    for code, price in (("OR-HOUR", 450), ("DRESSING", 12.5), ("LABSVC", 20))}
put = env["stock.quant"]._update_available_quantity
for code, quantity, places in (("GLV", 100, [stock, ward]), ("MSK", 4, [stock]),
                               ("SWAB", 20, [stock, ward, theatre, sterile])):
    for place in places:
        put(goods[code], place, quantity)
for code, names, place in (("VIAL", ["L1"], ward), ("STEM", ["SN1", "SN2"], theatre),
                           ("STEM", ["SN3"], sterile)):
    for name in names:
        lot = env["stock.lot"].create({"name": name, "product_id": goods[code].id})
        put(goods[code], place, 20 if code == "VIAL" else 1, lot_id=lot)
"""
_PLACES = """
places = env["ehr.location"]
unit, room = places.create([
    {"facility": "MAIN", "point_of_care": point, "kind": kind, "stock_location_id": place.id,
     "analytic_account_id": centre.id}
    for point, kind, place in (("4W", "unit", ward), ("OR", "theatre", theatre))])
room.kit_source_id = sterile
env["ehr.supply.route"].create({
    "name": "Ward 4W", "code": "4W", "place_id": unit.id, "source_location_id": stock.id,
    "destination_location_id": ward.id, "picking_type_id": warehouse.int_type_id.id})
env["ehr.case.kit"].create([
    {"name": "Hip", "code": "27130", "line_ids": [
        (0, 0, {"product_id": goods["SWAB"].id, "quantity": 2}),
        (0, 0, {"product_id": goods["STEM"].id, "quantity": 1})]},
    {"name": "Glucose", "code": "KGLUC", "kind": "test", "line_ids": [
        (0, 0, {"product_id": goods["SWAB"].id, "quantity": 1}),
        (0, 0, {"product_id": services["LABSVC"].id, "quantity": 1,
                "supplier_id": laboratory.id})]},
    {"name": "Knee", "code": "27447", "line_ids": [
        (0, 0, {"product_id": goods["SWAB"].id, "quantity": 4})]},
    {"name": "CT", "code": "KCT", "kind": "test", "line_ids": [
        (0, 0, {"product_id": goods["SWAB"].id, "quantity": 1})]}])
env.ref("integration_ehr_supply.value_map_hl7_test").line_ids = [
    (0, 0, {"source": "GLUC", "target": "KGLUC"}), (0, 0, {"source": "CT", "target": "KCT"})]
"""
_BOOKS = """
env["ehr.payer"].create({"code": "PAYER3", "name": "Fund", "partner_id": fund.id,
                         "plan_ids": [(0, 0, {"code": "P1", "name": "Plan"})]})
env["ehr.charge.code"].create([
    {"code": code, "product_id": product.id}
    for code, product in (("OR-HOUR", services["OR-HOUR"]), ("DRESSING", services["DRESSING"]),
                          ("SWAB", goods["SWAB"]))])
company.write({
    "ehr_create_locations": True, "ehr_create_accounts": True, "ehr_patient_debtor_id": debtor.id,
    "ehr_charge_price_rule": "compare", "ehr_late_days": 0, "ehr_late_rule": "decide",
    "integration_adjustment_value": 1, "integration_adjustment_percent": 1,
    "ehr_usage_shortage": "emergency", "ehr_usage_buyer_id": env.ref("base.user_admin").id})
made = {}
supply = "integration_ehr_supply.routing_hl7_v2_"
others = [supply + name for name in ("general_orders", "pharmacy_orders")]
for name, first in (("Business", ()), ("Radiology", [supply + "radiology"]), ("Pharmacy", others),
                    ("Dispensing", [supply + "encoded_orders"])):
    routing = env["integration.routing"].create({"name": name, "code": name.lower()})
    for xmlid in (*first, *routings):
        routing._take_rules(env.ref(xmlid))
    routing.action_submit()
    routing.action_approve()
    made[name] = routing.id
user = env["res.users"].create({
    "name": "Business", "login": "interface.business",
    "group_ids": [(4, env.ref(group).id) for group in (
        "integration_ehr_bridge.group_feed", "stock.group_stock_manager",
        "product.group_product_manager", "account.group_account_invoice",
        "purchase.group_purchase_user")]})
result = {"routings": made, "user": user.id, "currency": company.currency_id.name}
"""
_ROUTINGS = (
    "integration_ehr_bridge.routing_hl7_v2_standard",
    "integration_ehr_supply.routing_hl7_v2_supply",
    "integration_ehr_supply.routing_hl7_v2_usage",
    "integration_ehr_supply.routing_hl7_v2_items",
    "integration_ehr_billing.routing_hl7_v2_charges",
)


class Business:
    """What the wards order and use, and what is billed for it.

    :ivar doors: the interfaces that bring it
    :ivar told: the interfaces that tell others of it, by name
    """

    def __init__(self, hospital: Hospital, shell: Shell) -> None:
        self.hospital, self.ward, self._shell = hospital, hospital.ward, shell
        made = shell.run(_STORE + _PLACES + _BOOKS, routings=_ROUTINGS)
        self._user = made["user"]
        self.doors = [self._open(name, routing) for name, routing in made["routings"].items()]
        self.orders, self.lists = Orders(self.ward), Lists(self.ward)
        self.charges = Charges(self.ward, made["currency"])
        self.pharmacy, self.kits = Pharmacy(self.orders), LateKits(hospital, self.orders)
        ward = self.ward
        self.patient = Patient(
            ward.number("a surgery"), ward.visit("surgery"), ward.account("of a surgery")
        )
        # An account that has the number of its visit.
        visit = ward.visit("billed under its number")
        self.other = Patient(ward.number(), visit, visit)
        self.told: dict[str, int] = {}

    def _open(self, name: str, routing: int) -> Door:
        return self.hospital.inbound(
            name, routing_id=routing, user_id=self._user, hl7_respond_deadline=60
        )

    def open_fhir(self, name: str, routing: str, credential: int) -> int:
        """An interface that takes FHIR, for whom works with goods and books.

        :param routing: code that makes it
        """
        return self.hospital.receiver(
            name, transport="fhir", body_codec="fhir", credential_id=credential,
            routing_id=self._shell.run(routing), user_id=self._user,
        )  # fmt: skip

    def tell_others(self, web: str, merchant: str, mllp: dict[str, Any]) -> None:
        """Let billing systems hear of it, and a merchant, who is none of the clinical ones."""
        hospital, ref = self.hospital, self.hospital.office.ref
        clinical = {"event_type_ids": [[6, 0, list(map(ref, CLINICAL_EVENTS))]]}
        status = {"event_type_ids": [[6, 0, list(map(ref, CLINICAL_EVENTS[:2]))]]}
        mapping = ref("integration_ehr_billing.mapping_charge_status_hl7")
        # Who supplies goods hears of his own documents alone; this one of all.
        system = hospital.office.create(
            "integration.system", name="Analytics", code="ANALYTICS", kind="other",
            environment="test",
        )  # fmt: skip
        plain = {
            "event_type_ids": [[6, 0, list(map(ref, TOLD))]],
            "data_class": "internal",
            "system_id": system,
        }
        self.told = {
            "biller": hospital.outbound("Biller", web, **clinical),
            "biller, HL7": hospital.outbound("Old biller", **mllp, **status, mapping_id=mapping),
            "merchant": hospital.outbound("Merchant", merchant, **plain),
        }
        self.as_hl7 = Told(hospital, self._shell, system, mllp)

    # -- what is said ----------------------------------------------------------------------

    def speak(self) -> None:
        """Everything once, and everything that cannot be handled."""
        ward, one, other = self.ward, self.patient, self.other
        business, radiology, pharmacy, dispensing = (door.port for door in self.doors)
        self._ask(
            business,
            [
                ward.adt("A01", one.number, one.visit, account=one.account, bed=BED.format(5)),
                # The account comes first, and is known to be a visit afterwards.
                self.charges.account("P01", Patient(other.number, "", other.account)),
                ward.adt(
                    "A01", other.number, other.visit, account=other.account, bed=BED.format(6)
                ),
                *self.kits.admissions(),
            ],
        )
        self.hospital.settle()
        self._ask(business, self._good())
        tests = [
            self.orders.general(one, "CT1", "CT", filler="CT1^RIS"),
            self.orders.general(one, "CT2", ward.wrong("a radiology order")),
        ]
        self._ask(radiology, tests)
        self._ask(pharmacy, self.pharmacy.orders_of_pharmacy(one, other))
        self._ask(pharmacy, self.pharmacy.general_orders(one, other))
        self._ask(dispensing, self.pharmacy.dispensed(one))
        self.hospital.settle()
        self._ask(business, self._wrong(), errors=True)
        self._ask(pharmacy, self.pharmacy.wrong_orders(one), errors=True)
        self._ask(pharmacy, self.pharmacy.wrong_general_orders(one), errors=True)
        self._ask(dispensing, self.pharmacy.wrong_dispensed(one), errors=True)

    def _good(self) -> Iterable[bytes]:
        return itertools.chain(self._supplies(), self._usage(), self._lists(), self._billing())

    def _supplies(self) -> Iterable[bytes]:
        one, orders = self.patient, self.orders
        blg = f"BLG||CH|{one.account}^^^MAIN"
        rows = (
            orders.rqd("GLV", "10"), blg,
            orders.orc("NW", "PO1"), orders.rqd("MSK", "10", at="2"), orders.note(2),
        )  # fmt: skip
        first = orders.supplies(one, "PO1", *rows)
        yield from (first, first)
        yield orders.supplies(one, "PO2", orders.rqd("CATH"), kind="OMN^O07")
        yield orders.supplies(one, "PO3", orders.rqd("GLV", centre="4120"), kind="ORM^O01")
        yield orders.supplies(one, "PO4", orders.rqd("GLV", "3"))
        yield orders.supplies(one, "PO5", orders.rqd("GLV", "3"), kind="OMG^O19")
        yield orders.supplies(one, "PO1", orders.rqd("GLV", "12"), control="XO")
        yield orders.supplies(one, "PO3", control="CA", kind="ORM^O01")
        yield orders.supplies(self.other, "PO6", orders.rqd("GLV"))

    def _usage(self) -> Iterable[bytes]:
        one, orders, ward = self.patient, self.orders, self.ward
        yield orders.dispense(one, "D1", orders.rxd("1", "SWAB", "2"))
        yield orders.dispense(one, "D2", orders.rxd("1", "VIAL", f18="L1"))
        # More than there is: an emergency receipt, which the buyer settles.
        yield orders.dispense(one, "D3", orders.rxd("1", "SWAB", "50"))
        yield orders.dispense(one, "D1", orders.rxd("1", "SWAB"), control="CA")
        yield orders.dispense(self.other, "D4", orders.rxd("1", "GLV"))
        yield orders.implant(one, "I1", ITEM="STEM", SERIAL="SN1", QUANTITY="1 EA")
        yield orders.implant(one, "I2", HAEMOGLOBIN=f"12 {ward.said['result']}")
        surgery = ward.appointment(
            "a surgery", one.number, one.visit, datetime.now(UTC) + timedelta(days=2)
        )
        yield surgery.replace(b"P1^", b"P7^").replace(b"F1^", b"F7^")
        yield orders.test(one, "L1", "GLUC")
        yield orders.test(one, "L2", "GLUC")
        yield orders.test(one, "L2", "GLUC", control="CA")
        yield orders.about("RDE^O11", one, orders.orc("NW", "RX9"), "RXE|1|SWAB|1||EA")

    def _lists(self) -> Iterable[bytes]:
        lists = self.lists
        supplier, priced = "VND|1|SUP1||X-1", f"PKG|1|EA||1|1.5&{self.charges.currency}"
        yield lists.file("M16", "LIST1", lists.item("N-1"), lists.item("N-2", priced, supplier))
        # Some by the limits of corrections, and some for a storekeeper.
        now = self.ward.now()
        yield lists.file(
            "M15", "LIST2", lists.count("GLV", "5", at=now), lists.count("SWAB", "1", at=now)
        )

    def _billing(self) -> Iterable[bytes]:
        one, other, charges = self.patient, self.other, self.charges
        ft1 = charges.ft1
        yield charges.account("P01", one)
        yield charges.account("P12", one)
        yield charges.account("P05", other)
        first = charges.charge(one, ft1("TX1"), ft1("TX2", f13="4120", f16=THEATRE), ft1("TX3"))
        yield from (first, first)
        # Another amount than the own price: somebody decides.
        yield charges.charge(
            one, ft1("TX4", "DRESSING", "1", "99"), ft1("TX5", "DRESSING", "1", "98")
        )
        yield charges.charge(other, ft1("TX6"), kind="DFT^P11")
        yield charges.charge(one, charges.credit("CR1", "TX2"))
        yield charges.charge(one, charges.credit("CR2", "TX3", "OR-HOUR", "1", "450"))

    def after(self) -> None:
        """Invoices were posted and transfers picked: what comes now comes late."""
        ward, one, charges = self.ward, self.patient, self.charges
        orders = self.orders
        gone = Patient(ward.number(), ward.visit(), ward.account())
        accounts = one.account, gone.account
        messages = [
            charges.charge(one, charges.credit("CR3", "TX1")),
            orders.supplies(one, "PO4", control="CA"),
            ward.adt("A01", gone.number, gone.visit, account=gone.account, bed=BED.format(7)),
            charges.charge(gone, charges.ft1("TX7")),
            ward.merge("a merge of accounts", one.number, gone.number, accounts),
            ward.adt("A03", one.number, one.visit, bed=BED.format(5)),
            charges.charge(one, charges.ft1("TX8"), charges.ft1("TX9")),
            charges.charge(self.other, charges.ft1("TX10"), payer="SELF", plan=""),
            charges.account("P06", one),
            charges.account("P02", self.other),
        ]  # fmt: skip
        self._ask(self.doors[0].port, messages)

    def tell_late(self, clerk: Any) -> None:
        """What was used of kits is told when those go back, and when they have."""
        kits, hospital = self.kits, self.hospital
        business = self.doors[0].port
        kits.bring(clerk)
        self._ask(business, kits.over())
        hospital.settle()
        kits.let_hours_pass()
        self._ask(business, [*kits.used("D31"), *kits.used_of_released("D32")])
        hospital.settle()
        kits.take_back(clerk)
        self._ask(business, kits.used("D33", "D34"))
        hospital.settle()

    def post_charges(self) -> None:
        """From now on another system invoices: what is used is posted to it."""
        office = self.hospital.office
        company = office.call("res.company", "search", [])
        office.call("res.company", "write", company, {"ehr_charge_direction": "out"})
        self._ask(
            self.doors[0].port,
            [self.orders.dispense(self.other, "D20", self.orders.rxd("1", "SWAB"))],
        )

    def _wrong(self) -> Iterable[bytes]:
        one, orders, lists = self.patient, self.orders, self.lists
        return itertools.chain(
            orders.wrong_supplies(one),
            orders.wrong_dispenses(one),
            orders.wrong_implants(one),
            orders.wrong_tests(one),
            [
                lists.file("M16", "LIST8", *lists.wrong_items()),
                lists.file("M15", "LIST9", *lists.wrong_counts()),
            ],
            self.charges.wrong_charges(one),
            self.charges.wrong_accounts(one),
        )

    def _ask(self, port: int, messages: Iterable[bytes], *, errors: bool = False) -> None:
        """Say something, and look whether the answer repeats what was wrong."""
        with Peer(port) as peer:
            answers = peer.ask_all(list(messages))
        codes = {answer.code for answer in answers}
        assert codes <= ({"AA", "AE", "AR"} if errors else {"AA"}), codes
        # The header of an answer has the trigger event of what it answers, whatever it is.
        bodies = b"".join(answer.raw.partition(b"\r")[2] for answer in answers)
        planted = self.ward.people.planted.items()
        assert not [label for label, one in planted if "wrong in" in label and one in bodies]
