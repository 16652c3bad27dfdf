"""A hospital with an interface for each fault, all of them well until the faults are planted."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from tests.e2e.conftest import Suite
from tests.e2e.mllp_peer import Peer, adt
from tests.e2e.mllp_receiver import MllpReceiver
from tests.e2e.mllp_stage import Hospital, hospital
from tests.e2e.office import Inbound, Order, Outbound, Supplier
from tests.e2e.planted import Planted
from tests.e2e.receivers import Answer, Receiver
from tests.e2e.senders import new_session
from tests.harness import Database, wait_until

ORDERS = 12
#: Seconds that slow partners take; messages of real time are promised within five.
SLOW = 7.0
ADT = """{
    type: 'ADT', trigger: 'A08', structure: 'ADT_A01',
    segments: [{id: 'EVN', f1: 'A08'}, {id: 'PV1', f19: root.order_number}]
}"""
#: A feed of three messages a minute, around the clock, whose last one came ``ago`` seconds ago.
QUIET = """
import time
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_monitoring.engine import watch_rows
from odoo.addons.integration_monitoring.tools.hours_of_week import HALVES, SLOTS
from odoo.addons.integration_monitoring.tools.traffic_profile import Basis, Expectation, Profile
import json
usual = Expectation(15.0, 15.0 ** 0.5, 15.0, 8, Basis.HOUR_OF_WEEK)
profile = Profile(5, (usual,) * SLOTS, (3.0,) * HALVES).to_dict()
with own_cursor(env.registry) as cr:
    watch_rows.wait(cr)
    cr.execute("SELECT state FROM integration_watch WHERE interface_id = %s", [interface])
    state = cr.fetchone()[0]
    since, until = time.time() - ago, state["gap"][1]
    state["gap"] = [since, until, (until - since) / 60 * 3.0]
    cr.execute("UPDATE integration_watch SET profile = %s::jsonb, state = %s::jsonb"
               " WHERE interface_id = %s",
               [json.dumps(profile), json.dumps(state), interface])
result = since + 300
"""


class Landscape:
    """The interfaces, their partners, and how each is broken and healed."""

    def __init__(self, suite: Suite, database: Database, stack: ExitStack) -> None:
        self.suite, self.database = suite, database
        self.office = suite.office
        self.user = self.office.buyer("interface")
        self.policy = self.office.ref("integration_core.policy_default")
        self.confirmations: dict[str, list[dict[str, object]]] = {}
        self.feed = self.receiving("Feed of prices")
        self.quiet = suite.sender(self.feed)
        self.quiet.deliver(self.confirmations["Feed of prices"].pop())
        self.hospital: Hospital = stack.enter_context(hospital(database))
        self.admissions = self.hospital.interface(opened=False)
        self.refusing = stack.enter_context(Receiver())
        self.slow = stack.enter_context(Receiver())
        self.clinic = stack.enter_context(MllpReceiver())
        self.orders: dict[int, list[Order]] = {}
        self.outage = self.sending("Outage", self.refusing.url)
        self.late = self.sending("Slow", self.slow.url)
        policy = {"ordering": "strict", "breaker_enabled": True, "retry_mode": "exponential"}
        self.acks = self.sending("Acks", self.clinic.url, policy)
        self.malformed = self.receiving("Malformed")
        self.storm = self.receiving("Storm")
        self.session = stack.enter_context(new_session())

    def receiving(self, name: str) -> Inbound:
        supplier = self.office.supplier(name)
        confirmed = self.office.confirmed(supplier, 2)
        self.confirmations[name] = [order.confirmation() for order in confirmed]
        return self.office.inbound(
            supplier, self.user, name=name, policy_id=self.policy, latency_class="realtime"
        )

    def sending(self, name: str, url: str, hl7: dict[str, object] | None = None) -> Outbound:
        supplier: Supplier = self.office.supplier(name)
        values: dict[str, object] = {"policy_id": self.policy}
        if hl7:
            values = {
                "transport": "mllp",
                "mapping_id": self.office.mapping(name=f"As HL7 {name}", header=ADT),
                "hl7_application": "ODOO",
                "credential_id": False,
            }
        made = self.office.outbound(
            supplier, url, None, hl7, name=name, latency_class="realtime", **values
        )
        self.orders[made.id] = self.office.orders(supplier, 2 * ORDERS)
        return made

    def send(self, interface: Outbound) -> None:
        """Send half of the orders."""
        orders = self.orders[interface.id]
        self.orders[interface.id] = orders[ORDERS:]
        self.office.confirm(orders[:ORDERS])

    def warm_up(self) -> None:
        """Everything works, and is seen to work."""
        sending = (self.outage, self.late, self.acks)
        for interface in sending:
            self.send(interface)
        self.hospital.listener.wait_open(self.admissions.port)
        with Peer(self.admissions.port) as peer:
            assert [ack.code for ack in peer.ask_all(adt(f"W{n}") for n in range(3))] == ["AA"] * 3
        for name, interface in (("Malformed", self.malformed), ("Storm", self.storm)):
            answer = self.suite.sender(interface).deliver(self.confirmations[name].pop())
            assert answer.status_code == 202
        done = {"done": ORDERS}
        for interface in sending:
            wait_until(
                lambda key=interface.id: self.suite.ledger.states(key) == done,
                what=f"what {interface.id} sends at first",
            )

    def wait_seen(self) -> None:
        """Wait until the watch knows the traffic of all interfaces."""
        unknown = "SELECT count(*) FROM integration_watch WHERE light = 'unknown'"
        wait_until(lambda: not self.database.scalar(unknown), what="lights")
        gap = "SELECT state->'gap'->>0 FROM integration_watch WHERE interface_id = %s"
        wait_until(
            lambda: self.database.scalar(gap, [self.feed.id]), what="the last message of the feed"
        )

    # -- faults ----------------------------------------------------------------------------

    def silence(self) -> Planted:
        """The feed is silent by the moment at which that becomes significant."""
        fault = Planted("silent feed", self.feed.id, "silence", "silent")
        at = self.hospital.shell.run(QUIET, interface=self.feed.id, ago=260)
        fault.began = time.monotonic() + at - time.time()
        return fault

    def break_all(self) -> list[Planted]:
        """Plant every fault but a stopped job runner; each begins before its first failure."""
        faults = [
            self._planted(
                Planted(
                    "stopped listener", self.admissions.id, "listener_down", "down", "listener"
                ),
                self.hospital.listener.kill,
            ),
            self._planted(
                Planted(
                    "endpoint outage", self.outage.id, "breaker_open", "down", error="transient"
                ),
                self.refusing.close,
                lambda: self.send(self.outage),
            ),
            self._planted(
                Planted("slow partner", self.late.id, "latency", "degraded"),
                lambda: setattr(self.slow, "default", Answer(delay=SLOW)),
                lambda: self.send(self.late),
            ),
            self._planted(
                Planted("delayed acknowledgements", self.acks.id, "latency", "degraded"),
                lambda: setattr(self.clinic, "delay", SLOW),
                lambda: self.send(self.acks),
            ),
            self._planted(
                Planted(
                    "malformed feed", self.malformed.id, "error_group", "degraded", error="contract"
                ),
                self._deliver_malformed,
            ),
            Planted("duplicate storm", self.storm.id, "duplicates", "degraded"),
        ]
        faults[-1].plant()
        threading.Thread(target=self._deliver_again, daemon=True).start()
        return faults

    def heal_all(self) -> None:
        """Everything works again, and what waited for a person was dealt with."""
        self.hospital.listener.start()
        self.refusing.open()
        self.slow.default = Answer()
        self.slow.hurry()
        self.clinic.delay = 0
        self.quiet.deliver(self.confirmations["Feed of prices"].pop())
        waiting = [["state", "in", ["quarantined", "dead"]]]
        ids = self.suite.admin.call("integration.message", "search", waiting)
        self.suite.admin.call("integration.message", "action_resolve", ids, "mended at the source")

    @staticmethod
    def _planted(fault: Planted, *acts: Callable[[], None]) -> Planted:
        fault.plant()
        for act in acts:
            act()
        return fault

    def _deliver_malformed(self) -> None:
        sender = self.suite.sender(self.malformed)
        for number in range(6):
            body = {**self.confirmations["Malformed"][0], "confirmed_at": f"soon {number}"}
            assert sender.deliver(body, session=self.session).status_code == 202

    def _deliver_again(self) -> None:
        sender, body = self.suite.sender(self.storm), self.confirmations["Storm"][0]
        with new_session() as session:
            for _time in range(60):
                sender.deliver(body, "msg_same", session=session)
                time.sleep(0.1)
