"""All that happens at the canary test's hospital, from the first admission to the last bill."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.canary_business import Business
from tests.e2e.canary_fhir import Resources
from tests.e2e.canary_fhir_orders import FhirOrders
from tests.e2e.canary_goods import Goods
from tests.e2e.canary_hospital import Hospital
from tests.e2e.canary_payer import Payers
from tests.e2e.canary_people import People
from tests.e2e.canary_stage import EchoServer
from tests.e2e.canary_told import AS_HL7, FAILED
from tests.e2e.canary_ward import EchoingReceiver, Ward
from tests.e2e.conftest import Suite, running_suite
from tests.harness import Harness, MllpListener, Shell
from tests.unit.wire_server import Authority

#: A log that tells all it can.
LOUD = {"log_level": "debug", "log_handler": "odoo.sql_db:DEBUG,odoo.service.model:DEBUG"}


@dataclass
class Run:
    """What the tests look at after everything has happened.

    :ivar cluster_log: of the PostgreSQL server, unless it is somebody else's
    """

    suite: Suite
    listener: MllpListener
    ward: Ward
    business: Business
    resources: Resources
    goods: Goods
    fhir_orders: FhirOrders
    payers: Payers
    people: People
    shell: Shell
    feed: int
    told: dict[str, int]
    echoed: list[str]
    merchant: list[bytes]
    seen: set[str]
    cluster_log: Path | None

    def codes(self, *interfaces: int) -> set[str]:
        """Codes of what failed, now or once."""
        rows = self.suite.database.sql(
            "SELECT m.error_code AS code FROM integration_message m WHERE interface_id = ANY(%s) "
            "UNION SELECT a.error_code FROM integration_attempt a "
            "JOIN integration_message m ON m.id = a.message_id WHERE interface_id = ANY(%s)",
            [list(interfaces), list(interfaces)],
        )
        return {row["code"] for row in rows if row["code"]}


@contextmanager
def full_run(harness: Harness, folder: Path, receiver: Path) -> Iterator[Run]:
    """Let everything happen once; the suite runs on while somebody looks.

    :param folder: for files of the partner that echoes
    :param receiver: for those of the pharmacy
    """
    ward, authority = Ward(), Authority.make()
    tls = authority.server_context(receiver, "localhost")
    with (
        harness.database() as database,
        EchoServer(folder, authority) as web,
        EchoingReceiver("AA", "AE", "AR", tls=tls) as peer,
        running_suite(
            database, environ={"SSL_CERT_FILE": str(web.authority_file)}, options=LOUD
        ) as suite,
        database.shell() as shell,
        ExitStack() as stack,
    ):
        hospital = Hospital(suite, ward)
        business, people = Business(hospital, shell), People(hospital, shell)
        # Cost centres change what models there are: a listener begins anew after that.
        listener = stack.enter_context(database.listener(options=LOUD))
        feed = hospital.inbound("Feed")
        strict = hospital.inbound(
            "Orders", hl7_respond="handled", hl7_respond_deadline=60, hl7_conflict="reject"
        )
        mllp = {
            "url": peer.url,
            "transport": "mllp",
            "hl7_application": "ODOO",
            "credential_id": False,
            "mllp_ca": authority.pem,
            "allowed_networks": "127.0.0.0/8, ::1",
        }
        as_hl7 = suite.office.mapping(name="Visits as HL7", header=AS_HL7)
        told = {
            "web 200": hospital.outbound("Kitchen", web.url(200)),
            "web 500": hospital.outbound("Laundry", web.url(500)),
            "mllp": hospital.outbound("Pharmacy", mapping_id=as_hl7, **mllp),
        }
        business.tell_others(web.url(200), web.url(202), mllp)
        place = folder / "payer"
        place.mkdir()
        payers = Payers(hospital, shell, place, authority)
        stack.enter_context(payers.peer)
        for port in (feed.port, strict.port, *(door.port for door in business.doors)):
            listener.wait_open(port)
        hospital.speak(feed.port, strict.port)
        resources = Resources(hospital)
        resources.speak()
        goods = Goods(resources, business)
        goods.speak()
        hospital.post()
        hospital.settle()
        hospital.enter_by_hand(feed.port)
        hospital.settle()
        fhir_orders = FhirOrders(resources, business, web.url(200))
        live(hospital, business, people, fhir_orders, payers)
        seen = {row["error_code"] for row in suite.database.sql(FAILED)}
        hospital.look()
        people.again(door.id for door in business.doors)
        hospital.settle()
        hospital.keep_house()
        hospital.settle()
        echoed = [body.decode() for body in web.received] + [one.text for one in peer.received]
        merchant = web.by_path.get("/202", [])
        cluster = harness.machine.server.cluster
        log = cluster.log if cluster else None
        yield Run(
            suite, listener, ward, business, resources, goods, fhir_orders, payers, people, shell,
            feed.id, told,
            echoed, merchant, seen, log,
        )  # fmt: skip


def live(
    hospital: Hospital, business: Business, people: People, orders: FhirOrders, payers: Payers
) -> None:
    """Goods are ordered, used, billed and claimed, and people do their part of it."""
    business.speak()
    hospital.settle()
    people.work()
    people.mend()
    hospital.settle()
    business.tell_late(people.clerk)
    people.decide()  # once an account is closed, no price of it is decided any more
    business.after()
    hospital.settle()
    payers.portal(people)
    for _round in range(2):  # what is decided may raise another question
        people.decide()
    business.post_charges()
    hospital.settle()
    people.charge()
    hospital.settle()
    business.as_hl7.export()
    hospital.settle()
    orders.speak()
    payers.live(business.patient, people)
