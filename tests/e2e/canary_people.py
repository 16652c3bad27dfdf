"""Those who work with stock, purchases and books at the canary test's hospital."""

import json
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from typing import Any

import requests

from tests.e2e.canary_hospital import Hospital
from tests.harness import RpcError, Shell

#: No part in the census, and none in clinical content.
CLERK = (
    "stock.group_stock_user", "purchase.group_purchase_user", "account.group_account_invoice",
    "base.group_allow_export",
)  # fmt: skip
#: What belongs to visits, and may be read by clerks.
DOCUMENTS = (
    "stock.picking", "account.move", "purchase.order", "ehr.requisition", "ehr.consumption",
    "ehr.kit.request", "ehr.charge", "ehr.uncharged", "ehr.eligibility", "ehr.authorization",
    "ehr.claim", "ehr.denial",
)  # fmt: skip
#: What else comes of the same messages.
PARTS = (
    "stock.move", "stock.move.line", "account.move.line", "purchase.order.line",
    "ehr.requisition.line", "ehr.account", "ehr.coverage", "ehr.claim.line", "ehr.claim.answer",
    "integration.exception", "mail.message",
)  # fmt: skip
#: Buttons that lead from charges to goods and back.
TRACES = (
    ("ehr.charge", "action_open_usage"),
    ("ehr.charge", "action_open_stock_entries"),
    ("ehr.consumption", "action_open_charges"),
    ("stock.picking", "action_open_ehr_charges"),
    ("ehr.uncharged", "action_open_codes"),
)
#: What somebody does about what was used and not charged, beginning with what is refused to him.
ACTS = ("action_never", "action_take_up", "action_charge", "action_leave", "action_take_up")
#: What is printed, of which documents.
PRINTED = (
    ("account.account_invoices", "account.move"),
    ("stock.action_report_picking", "stock.picking"),
    ("stock.action_report_delivery", "stock.picking"),
    ("purchase.action_report_purchase_order", "purchase.order"),
)
_KEY = """
from datetime import datetime, timedelta
user = env["res.users"].search([("login", "=", login)])
result = env(user=user.id)["res.users.apikeys"]._generate(
    "rpc", "canary", datetime.now() + timedelta(days=1))
"""
#: Printed as people see it in a browser; the PDF is made of the same pages.
_PRINT = """
# The image of a number needs a library that is not everywhere.
env.registry["ir.actions.report"].barcode = lambda *args, **options: b""
result = ""
for xmlid, model in printed:
    documents = env[model].search([("encounter_id", "!=", False)])
    if model == "account.move":
        documents = documents.filtered(lambda move: move.is_invoice())
    assert documents, model
    page, _kind = env["ir.actions.report"]._render_qweb_html(xmlid, documents.ids)
    result += page.decode()
"""


class People:
    """What clerks do with the documents that the feeds make, and what they see of them."""

    def __init__(self, hospital: Hospital, shell: Shell) -> None:
        self.hospital, self.office, self._shell = hospital, hospital.office, shell
        self.office.user("clerk", *CLERK)
        self.clerk = hospital.suite.server.login("clerk", "clerk")
        self._key: str = shell.run(_KEY, login="clerk")
        #: kinds of questions that were decided
        self.decided: set[str] = set()
        #: those that were not, and why
        self.refused: set[tuple[str, str, str]] = set()
        #: what they were answered when they charged what was not charged
        self.answers = b""

    # -- work ------------------------------------------------------------------------------

    def work(self) -> None:
        """Post what is charged, hand out one transfer, and begin another one."""
        office = self.office
        office.run_scheduled("integration_ehr_supply.ir_cron_kits")
        drafts = office.call(
            "account.move", "search", [["ehr_collects", "=", True], ["state", "=", "draft"]]
        )
        self.clerk.call("account.move", "action_post", drafts[:2])
        self._move("PO1", "button_validate")
        self._move("PO4", None)
        orders = office.call("purchase.order", "search", [["state", "=", "draft"]])
        office.call("purchase.order", "button_confirm", orders)

    def _move(self, number: str, then: str | None) -> None:
        """Pick what an order asked for."""
        wanted = [["order_number", "=", number]]
        lines = self.office.call("ehr.requisition.line", "search_read", wanted, ["move_ids"])
        moves = [move for line in lines for move in line["move_ids"]]
        self.clerk.call("stock.move", "write", moves, {"picked": True})
        found = self.clerk.call("stock.move", "read", moves, ["picking_id"])
        if then:
            pickings = list({one["picking_id"][0] for one in found})
            context = {"skip_backorder": True}
            self.clerk.call("stock.picking", then, pickings, context=context)

    def decide(self) -> None:
        """Accept one of each kind of question if that can be, and reject the others."""
        office, fields = self.office, ["kind"]
        rows = office.call("integration.exception", "search_read", [["state", "=", "open"]], fields)
        for row in rows:
            acts = ["action_accept", "action_reject"][row["kind"] in self.decided :]
            for act in acts:
                try:
                    office.call("integration.exception", act, [row["id"]])
                except RpcError as error:  # some need more than a button
                    self.refused.add((row["kind"], act, str(error)[-300:]))
                    continue
                self.decided.add(row["kind"])
                break

    def charge(self) -> None:
        """Work through what was used and not charged."""
        rows = self.json2("ehr.uncharged", "search_read", domain=[], fields=["reason"]).json()
        by_reason = {row["reason"]: row["id"] for row in rows}
        assert {"code", "late"} <= set(by_reason), by_reason
        # All at once is refused, and the answer names goods.
        wanted = [[row["id"] for row in rows], *([one] for one in by_reason.values())]
        for ids in wanted:
            for act in ACTS:
                self.answers += self.json2("ehr.uncharged", act, ids=ids).content

    def mend(self) -> None:
        """Add the payer that a charge waits for, and let it be tried again."""
        office = self.office
        fund = office.create("res.partner", name="New fund")
        office.create("ehr.payer", code="NEWFUND", name="New fund", partner_id=fund)
        waiting = [["error_code", "=", "unknown_payer"], ["state", "=", "quarantined"]]
        for one in office.call("integration.message", "search", waiting):
            office.call("integration.message", "action_retry", [one])

    def again(self, interfaces: Iterable[int]) -> None:
        """Try all again that waits, and let some of what was handled happen once more."""
        office = self.office
        mine = ["interface_id", "in", list(interfaces)]
        waiting = office.call(
            "integration.message", "search", [mine, ["state", "=", "quarantined"]]
        )
        handled = office.call("integration.message", "search", [mine, ["state", "=", "done"]])
        acts: list[tuple[list[int], str, list[str]]] = [
            (waiting, "action_retry", []),
            (handled[::4], "action_replay", ["for the test"]),
        ]
        for messages, act, arguments in acts:
            for one in messages:
                with suppress(RpcError):  # lists that were taken apart, and their rows
                    office.call("integration.message", act, [one], *arguments)

    # -- what they see ---------------------------------------------------------------------

    def json2(self, model: str, method: str, **arguments: Any) -> requests.Response:
        """Call a method as another program does, with the rights of a clerk."""
        return requests.post(
            f"{self.hospital.suite.server.url}/json/2/{model}/{method}",
            json=arguments,
            headers={"Authorization": f"bearer {self._key}"},
            timeout=120,
        )

    @cached_property
    def read(self) -> dict[str, bytes]:
        """All that a clerk can read of documents, by model."""
        found = {}
        for model in (*DOCUMENTS, *PARTS):
            ids = self.json2(model, "search", domain=[]).json()
            assert ids, model
            answer = self.json2(model, "read", ids=ids)
            assert answer.status_code == 200, (model, answer.text[:2000])
            found[model] = json.dumps(answer.json(), ensure_ascii=False).encode()
        return found

    @cached_property
    def traced(self) -> dict[str, bytes]:
        """By button, from charges to goods and back: what it answers, and what it opens."""
        found = {}
        for model, button in TRACES:
            text, opened = b"", 0
            for one in self.json2(model, "search", domain=[]).json():
                answer = self.json2(model, button, ids=[one])
                text += answer.content
                action = answer.json() if answer.ok else {}
                if not action.get("domain"):
                    continue
                shown = self.json2(action["res_model"], "search_read", domain=action["domain"])
                text += shown.content
                opened += bool(shown.ok and shown.json())
            found[button] = text
            # Stock has no entries here: its value is booked at the end of a period.
            assert opened or button in ("action_open_codes", "action_open_stock_entries"), button
        return found

    def screens(self) -> dict[str, str]:
        """The screens of documents, as a clerk gets them."""
        views = [[False, kind] for kind in ("form", "list", "search")]
        found = {}
        for model in DOCUMENTS:
            made = self.clerk.call(model, "get_views", views)["views"]
            found[model] = "".join(view["arch"] for view in made.values())
        return found

    @cached_property
    def printed(self) -> bytes:
        """What is printed of the documents of visits."""
        text: str = self._shell.run(_PRINT, printed=PRINTED)
        return text.encode()
