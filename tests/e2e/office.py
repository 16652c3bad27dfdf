"""The hospital's side of a test: makes users, suppliers, interfaces and orders in Odoo."""

import secrets
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.harness import Client, RpcError, Server, Shell, wait_until

Call = Callable[..., Any]

#: JMESPath of MedSupply's confirmation, as an administrator would type it.
CONFIRMATION_HEADER = (
    "{order_number: root.order_no, supplier_reference: root.supplier_ref,"
    " confirmed_at: root.confirmed_at}"
)
CONFIRMATION_LINE = (
    "{line_reference: item.pos, quantity: decimal(item.qty), unit: item.unit,"
    " promised_date: item.promised}"
)
#: More would not fit into a schedule.
ATTEMPTS = 50
EVENT = "integration_procurement.event_type_purchase_order_confirmed"


def approver(admin: Client, server: Server) -> Client:
    """Make a colleague of the administrator who approves, and log in as her."""
    office = Office(admin.call, admin.call)
    office.user("ben", "integration_core.group_approver")
    return server.login("ben", "ben")


def through_shell(shell: Shell) -> Call:
    """Return a function like ``Client.call`` that works in a shell, without a server."""

    def call(model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return shell.run(
            "from odoo.service.model import call_kw\n"
            "result = call_kw(env[model], method, args, kwargs)",
            model=model,
            method=method,
            args=args,
            kwargs=kwargs,
        )

    return call


def new_secret() -> str:
    """Return a random Standard Webhooks secret."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Supplier:
    """A partner organisation and its system."""

    partner_id: int
    system_id: int


@dataclass(frozen=True)
class Outbound:
    """An active interface that sends."""

    id: int
    policy_id: int
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Inbound:
    """An active interface that receives."""

    id: int
    policy_id: int
    path: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Order:
    """A purchase order; each of its lines orders five pieces."""

    id: int
    name: str
    line_ids: tuple[int, ...]
    quantity: str = "5"

    def confirmation(self, promised: str = "2030-05-17", **changes: Any) -> dict[str, Any]:
        """Return what MedSupply sends to confirm this order, with other values on demand."""
        return {
            "type": "order.confirmed",
            "order_no": self.name,
            "supplier_ref": f"SO-{self.id}",
            "confirmed_at": "2026-05-01T10:00:00Z",
            "positions": [
                {"pos": str(line), "qty": self.quantity, "unit": "C62", "promised": promised}
                for line in self.line_ids
            ],
            **changes,
        }


@dataclass
class Office:
    """Works in Odoo as its administrator."""

    call: Call
    #: The same of a colleague who approves; what the superuser does needs no approval.
    approve: Call
    _product_id: int = 0
    _refs: dict[str, int] = field(default_factory=dict)

    def ref(self, xmlid: str) -> int:
        """Return the id of a record by its external id, which stays the same."""
        if xmlid not in self._refs:
            module, _dot, name = xmlid.partition(".")
            domain = [["module", "=", module], ["name", "=", name]]
            (found,) = self.call("ir.model.data", "search_read", domain, ["res_id"])
            self._refs[xmlid] = found["res_id"]
        return self._refs[xmlid]

    def create(self, model: str, **values: Any) -> int:
        return self.call(model, "create", [values])[0]

    def write(self, model: str, record_id: int, **values: Any) -> None:
        self.call(model, "write", [record_id], values)

    def read(self, model: str, record_id: int, *names: str) -> dict[str, Any]:
        return self.call(model, "read", [record_id], list(names))[0]

    # -- people and partners -------------------------------------------------------------

    def user(self, login: str, *groups: str) -> int:
        """Create a user whose password is the login."""
        group_ids = [self.ref("base.group_user"), *map(self.ref, groups)]
        values = {
            "name": login.title(),
            "login": login,
            "password": login,
            "email": f"{login}@hospital.example",
            "group_ids": [[6, 0, group_ids]],
        }
        # No mail that invites: to make it and to fail to send it takes half of the time.
        context = {"no_reset_password": True}
        return self.call("res.users", "create", [values], context=context)[0]

    def buyer(self, login: str = "buyer") -> int:
        return self.user(login, "purchase.group_purchase_user")

    def supplier(self, name: str) -> Supplier:
        # The dates that tests promise are of their own making: being late is no matter here.
        # Released versions have no tolerances yet.
        lenient = {
            "property_supplier_own_tolerances": True,
            "property_supplier_late_tolerance": 3650,
        }
        if not self.call("res.partner", "fields_get", list(lenient)):
            lenient = {}
        partner_id = self.create("res.partner", name=name, is_company=True, **lenient)
        system_id = self.create(
            "integration.system",
            name=name,
            code=name.upper().replace(" ", "_"),
            kind="supplier",
            partner_id=partner_id,
        )
        return Supplier(partner_id, system_id)

    # -- interfaces ----------------------------------------------------------------------

    def policy(self, **values: Any) -> int:
        """Create a policy that retries within a second or two, so that tests are quick.

        It does so for a minute, so that a test which mends something is in time.
        """
        patient = {
            "name": "test",
            "retry_mode": "schedule",
            "retry_schedule": ", ".join(["0s", *["1s"] * (ATTEMPTS - 1)]),
            "max_attempts": ATTEMPTS,
            "breaker_enabled": False,
        }
        return self.create("integration.policy", **{**patient, **values})

    def credential(self, secret: str) -> int:
        return self.create(
            "integration.credential", name="test", version_ids=[[0, 0, {"secret": secret}]]
        )

    def confirmation_mapping(self) -> int:
        """Create an approved mapping of MedSupply's confirmations."""
        line = {"target": "lines", "source": "positions", "expression": CONFIRMATION_LINE}
        return self.mapping(
            name=f"MedSupply's confirmation {uuid.uuid4().hex[:8]}",
            header=CONFIRMATION_HEADER,
            section_ids=[[0, 0, line]],
        )

    def mapping(self, **values: Any) -> int:
        """Create an approved mapping."""
        mapping_id = self.create("integration.mapping", **values)
        self.call("integration.mapping", "action_submit", [mapping_id])
        self.approve("integration.mapping", "action_approve", [mapping_id])
        return mapping_id

    def outbound(
        self,
        supplier: Supplier,
        url: str,
        secret: str | None = None,
        policy: dict[str, Any] | None = None,
        **values: Any,
    ) -> Outbound:
        """Create and activate an interface that sends confirmed orders to ``url``."""
        secret = secret or new_secret()
        policy_id = self.policy(**(policy or {}))
        interface_id = self.create(
            "integration.interface",
            **{
                "name": f"Orders to {url}",
                "system_id": supplier.system_id,
                "direction": "outbound",
                "transport": "webhook",
                "url": url,
                "allowed_networks": "127.0.0.0/8",
                "credential_id": self.credential(secret),
                "policy_id": policy_id,
                "event_type_ids": [[6, 0, [self.ref(EVENT)]]],
                **values,
            },
        )
        self.activate(interface_id)
        return Outbound(interface_id, policy_id, secret)

    def inbound(
        self,
        supplier: Supplier,
        user_id: int,
        policy: dict[str, Any] | None = None,
        *,
        active: bool = True,
        **values: Any,
    ) -> Inbound:
        """Create an interface that takes MedSupply's confirmations; activate it if asked to."""
        secret = new_secret()
        policy_id = self.policy(**(policy or {}))
        interface_id = self.create(
            "integration.interface",
            **{
                "name": "Confirmations",
                "system_id": supplier.system_id,
                "direction": "inbound",
                "transport": "webhook",
                "handler": "integration.handler.order_confirmation",
                "mapping_id": self.confirmation_mapping(),
                "credential_id": self.credential(secret),
                "policy_id": policy_id,
                "user_id": user_id,
                **values,
            },
        )
        if active:
            self.activate(interface_id)
        token = self.read("integration.interface", interface_id, "token")["token"]
        return Inbound(interface_id, policy_id, f"/integration/webhook/{token}", secret)

    def activate(self, interface_id: int) -> None:
        self.call("integration.interface", "action_submit", [interface_id])
        self.approve("integration.interface", "action_approve", [interface_id])
        self.call("integration.interface", "action_activate", [interface_id])

    def change(self, interface_id: int, **values: Any) -> int:
        """Change an approved interface by a revision; return its id."""
        action = self.call("integration.interface", "action_propose_change", [interface_id])
        proposal_id = action["res_id"]
        self.write("integration.interface", proposal_id, **values)
        (revision,) = self.call(
            "integration.revision", "search", [["proposal_id", "=", proposal_id]]
        )
        self.write("integration.revision", revision, summary="test")
        self.call("integration.revision", "action_submit", [revision])
        self.approve("integration.revision", "action_approve", [revision])
        return revision

    # -- orders --------------------------------------------------------------------------

    def product(self, **values: Any) -> int:
        """Create a service: unlike goods it needs no receipt, which keeps tests quick."""
        untaxed = {"name": "Sterilisation", "type": "service", "supplier_taxes_id": [[5]]}
        return self.create("product.product", **{**untaxed, **values})

    def orders(
        self, supplier: Supplier, count: int, *, lines: int = 1, product_id: int | None = None
    ) -> list[Order]:
        """Create quotations for five pieces a line."""
        self._product_id = self._product_id or self.product()
        line = {
            "product_id": product_id or self._product_id,
            "product_qty": 5,
            "price_unit": 12.5,
            "date_planned": "2030-05-10 12:00:00",
        }
        values = {
            "partner_id": supplier.partner_id,
            "order_line": [[0, 0, line] for _line in range(lines)],
        }
        ids = self.call("purchase.order", "create", [values] * count)
        rows = self.call("purchase.order", "read", ids, ["name", "order_line"])
        return [Order(row["id"], row["name"], tuple(row["order_line"])) for row in rows]

    def order(self, supplier: Supplier, **values: Any) -> Order:
        return self.orders(supplier, 1, **values)[0]

    def confirm(self, orders: Iterable[Order], call: Call | None = None) -> None:
        """Confirm orders in one transaction, as another user if asked to."""
        (call or self.call)("purchase.order", "button_confirm", [order.id for order in orders])

    def confirmed(self, supplier: Supplier, count: int = 1) -> list[Order]:
        """Create and confirm orders."""
        orders = self.orders(supplier, count)
        self.confirm(orders)
        return orders

    # -- time ----------------------------------------------------------------------------

    def run_scheduled(self, xmlid: str) -> None:
        """Do now what a scheduled action does every minute or hour, from its beginning.

        The server's scheduler may be at it: a run that began before what is to be seen does not
        count, so it is waited for.
        """
        cron = self.ref(xmlid)
        wait_until(lambda: self._run(cron), what=f"a run of {xmlid}")

    def _run(self, cron_id: int) -> bool:
        """Run a scheduled action in this process; false when another process is at it."""
        try:
            # Anything but True is an error that was caught, logged, and sent to be shown.
            return self.call("ir.cron", "method_direct_trigger", [cron_id]) is True
        except RpcError as error:
            if "already executing" not in error.message:
                raise
            return False
